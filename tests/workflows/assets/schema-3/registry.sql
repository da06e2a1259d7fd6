BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE "aliases" (
	id INTEGER NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	model_id VARCHAR(12) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_aliases PRIMARY KEY (id)
);
CREATE TABLE datasets (
	id INTEGER NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	version INTEGER NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	source TEXT NOT NULL, 
	class_names JSON NOT NULL, 
	counts JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_datasets PRIMARY KEY (id), 
	CONSTRAINT uq_datasets_name_fingerprint UNIQUE (name, fingerprint), 
	CONSTRAINT uq_datasets_name_version UNIQUE (name, version)
);
INSERT INTO "datasets" VALUES(1,'digits',1,'8aaebea2ccf55e9484ca69428f1fe28a447a6fda1f88ea2dfcd033403deef446','plugin digits','["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]','{"train": {"0": 126, "1": 138, "2": 126, "3": 122, "4": 138, "5": 124, "6": 135, "7": 123, "8": 121, "9": 122}, "validation": {"0": 26, "1": 22, "2": 25, "3": 34, "4": 23, "5": 34, "6": 27, "7": 21, "8": 23, "9": 32}, "test": {"0": 26, "1": 22, "2": 26, "3": 27, "4": 20, "5": 24, "6": 19, "7": 35, "8": 30, "9": 26}}','2026-11-30 11:59:28.312794');
CREATE TABLE epochs (
	run_id VARCHAR(12) NOT NULL, 
	number INTEGER NOT NULL, 
	metrics JSON NOT NULL, 
	seconds DOUBLE NOT NULL, 
	CONSTRAINT pk_epochs PRIMARY KEY (run_id, number), 
	CONSTRAINT fk_epochs_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "epochs" VALUES('6ae4ad86e8d2',1,'{"accuracy": 0.10039215534925461, "loss": 2.306217908859253, "val_accuracy": 0.10112359374761581, "val_loss": 2.3032939434051514, "learning_rate": 0.0010000000474974513}',3.11006429200097045395e+00);
CREATE TABLE metrics (
	model_id VARCHAR(12) NOT NULL, 
	dataset_id INTEGER NOT NULL, 
	split VARCHAR(16) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	value DOUBLE, 
	CONSTRAINT pk_metrics PRIMARY KEY (model_id, dataset_id, split, name), 
	CONSTRAINT ck_metrics_split CHECK (split IN ('train', 'validation', 'test')), 
	CONSTRAINT fk_metrics_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id), 
	CONSTRAINT fk_metrics_model_id_models FOREIGN KEY(model_id) REFERENCES models (id)
);
INSERT INTO "metrics" VALUES('c8165ce34519',1,'validation','accuracy',1.01123595505617974721e-01);
INSERT INTO "metrics" VALUES('c8165ce34519',1,'validation','loss',2.3032939108443732934e+00);
INSERT INTO "metrics" VALUES('c8165ce34519',1,'validation','f1',1.84300341296928307799e-02);
INSERT INTO "metrics" VALUES('c8165ce34519',1,'validation','precision',1.01503759398496231497e-02);
INSERT INTO "metrics" VALUES('c8165ce34519',1,'validation','recall',0.1);
INSERT INTO "metrics" VALUES('c8165ce34519',1,'test','accuracy',7.45098039215686264169e-02);
INSERT INTO "metrics" VALUES('c8165ce34519',1,'test','loss',2.30437483136497656133e+00);
INSERT INTO "metrics" VALUES('c8165ce34519',1,'test','f1',1.38686131386861304093e-02);
INSERT INTO "metrics" VALUES('c8165ce34519',1,'test','precision',7.45098039215686281516e-03);
INSERT INTO "metrics" VALUES('c8165ce34519',1,'test','recall',0.1);
CREATE TABLE models (
	id VARCHAR(12) NOT NULL, 
	class_names JSON NOT NULL, 
	image_size INTEGER NOT NULL, 
	channels INTEGER NOT NULL, 
	parameters BIGINT NOT NULL, 
	trainable_parameters BIGINT NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	manifest VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_models PRIMARY KEY (id)
);
INSERT INTO "models" VALUES('c8165ce34519','["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]',8,1,247,238,988,'8aa2654c82c60d45afba1234d8d0972940624ef74ef5d0c54a22f594449d92f8','2026-11-30 11:59:32.672946');
CREATE TABLE "runs" (
	id VARCHAR(12) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	dataset_id INTEGER NOT NULL, 
	architecture VARCHAR(255) NOT NULL, 
	architecture_version VARCHAR(255) NOT NULL, 
	plugin TEXT NOT NULL, 
	hyperparameters JSON NOT NULL, 
	settings JSON NOT NULL, 
	environment JSON NOT NULL, 
	parent_id VARCHAR(12), 
	state VARCHAR(16) NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	search_id VARCHAR(12), 
	trial_id VARCHAR(255), 
	trial_number INTEGER, 
	trial JSON, 
	score DOUBLE, 
	model_id VARCHAR(12), 
	error TEXT, 
	scores JSON, 
	owner VARCHAR(255), 
	made_id VARCHAR(12), 
	CONSTRAINT pk_runs PRIMARY KEY (id), 
	CONSTRAINT ck_runs_model_of_completed CHECK (model_id IS NULL OR state = 'completed'), 
	CONSTRAINT ck_runs_kind CHECK (kind IN ('train', 'trial', 'finetune')), 
	CONSTRAINT fk_runs_search_id_searches FOREIGN KEY(search_id) REFERENCES searches (id), 
	CONSTRAINT uq_runs_model_id UNIQUE (model_id), 
	CONSTRAINT fk_runs_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id), 
	CONSTRAINT fk_runs_model_id_models FOREIGN KEY(model_id) REFERENCES models (id), 
	CONSTRAINT uq_runs_search_id_trial_id UNIQUE (search_id, trial_id), 
	CONSTRAINT ck_runs_state CHECK (state IN ('running', 'completed', 'failed', 'pruned', 'interrupted')), 
	CONSTRAINT uq_runs_made_id UNIQUE (made_id)
);
INSERT INTO "runs" VALUES('6ae4ad86e8d2','train',1,'older','1','older.py','{"optimizer": "adam", "learning_rate": 0.001, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.2, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none"}','{"epochs": 1, "seed": 0, "patience": 10, "class_weights": null, "oversample": null, "steps_per_epoch": null, "fraction": null, "cache_features": null, "cache_dtype": null, "cache_views": null, "image_size": 8, "channels": 1, "preset": null, "weights": null}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.18.0", "keras": "3.10.0"}',NULL,'completed','2026-11-30 11:59:28.341643','2026-11-30 11:59:32.664364',NULL,NULL,NULL,NULL,NULL,'c8165ce34519',NULL,NULL,'vm:8424:14039','c8165ce34519');
CREATE TABLE "searches" (
	id VARCHAR(12) NOT NULL, 
	dataset_id INTEGER NOT NULL, 
	architecture TEXT NOT NULL, 
	architecture_version TEXT NOT NULL, 
	plugin TEXT NOT NULL, 
	algorithm VARCHAR(32) NOT NULL, 
	objectives JSON NOT NULL, 
	trials INTEGER NOT NULL, 
	epochs INTEGER NOT NULL, 
	seed BIGINT NOT NULL, 
	fixed JSON NOT NULL, 
	space JSON NOT NULL, 
	settings JSON NOT NULL, 
	environment JSON NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	owner VARCHAR(255) NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	error TEXT, first JSON, 
	CONSTRAINT pk_searches PRIMARY KEY (id), 
	CONSTRAINT fk_searches_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id), 
	CONSTRAINT ck_searches_state CHECK (state IN ('running', 'completed', 'failed', 'pruned', 'interrupted'))
);
CREATE TABLE tensors (
	model_id VARCHAR(12) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_tensors PRIMARY KEY (model_id, digest), 
	CONSTRAINT fk_tensors_model_id_models FOREIGN KEY(model_id) REFERENCES models (id)
);
INSERT INTO "tensors" VALUES('c8165ce34519','0052eb5511546747f61fee29904ac754173e609bf82296cce2149b095450f46b');
INSERT INTO "tensors" VALUES('c8165ce34519','0768ea510354f51ec08e6a5fd9f8e7d92c73d119a2462db4f9d686b7335d1b84');
INSERT INTO "tensors" VALUES('c8165ce34519','1bd3adcaec477abc78684a49010cf9ad5a8f359837328b21c28760b56dff805d');
INSERT INTO "tensors" VALUES('c8165ce34519','34885772c5e20dcd4483003dbc01c2663eb3bd433c7cf57ce83d5604805ff3d9');
INSERT INTO "tensors" VALUES('c8165ce34519','392c5a0942b0fb6bee58d0b8963646c0e39eca7c7e54a9431ee47e295c9701ef');
INSERT INTO "tensors" VALUES('c8165ce34519','447ba1148d87df3a9d0659b30ecbfeaca7f36a368db5abd5b430d15754cd73e4');
INSERT INTO "tensors" VALUES('c8165ce34519','657dd9b250844e20ecaebc8b403349c6d5477832f205e00f48c069a4e839e55d');
INSERT INTO "tensors" VALUES('c8165ce34519','6622d43795823116d3817456b4b5074ec41373feb550e7f48112d09b0cbbadbd');
INSERT INTO "tensors" VALUES('c8165ce34519','76608f5fcfbe93b156c8ec5f9ad3e5e31cbf7cfc4669fe0389dd340550eee872');
INSERT INTO "tensors" VALUES('c8165ce34519','8404fc5c1c76b83527d4502f876b9136cda795750fdf3debd399096ccd1a87aa');
INSERT INTO "tensors" VALUES('c8165ce34519','8aa2654c82c60d45afba1234d8d0972940624ef74ef5d0c54a22f594449d92f8');
INSERT INTO "tensors" VALUES('c8165ce34519','a7dd9ec72fd704b89607c891843ca0f0a63f86aa4fb97bb3060939d0abfd6a9c');
INSERT INTO "tensors" VALUES('c8165ce34519','ad4270cc773f7f64f35d7cf9c16640e709c55790c14ae71dae6d7d0c1aaf7497');
INSERT INTO "tensors" VALUES('c8165ce34519','c845966c8a7687b38b63b841a4a52770231a81ad2412e558d454ebd5a4503825');
INSERT INTO "tensors" VALUES('c8165ce34519','cc96291482f6b6e674c90af7e41e07cc58e4fb59f5137a0f9985f96f99823a74');
INSERT INTO "tensors" VALUES('c8165ce34519','cf1994abcffa98f1150f92c312271b452d23380ca25d1224e012c838270d2af7');
INSERT INTO "tensors" VALUES('c8165ce34519','d60c8f1b3eca95bf6d3c6afb382cf24a6138ce571806b117f278c25eb6c71e75');
INSERT INTO "tensors" VALUES('c8165ce34519','d9f453dbebe008477451940a1400b0ef38ac69357a98186054442509a1b495b4');
INSERT INTO "tensors" VALUES('c8165ce34519','dbc63c283cc70d70bf3ae472a22fb4d479bbaf17a63a9151fb485f53d9a88832');
INSERT INTO "tensors" VALUES('c8165ce34519','dfbf3323c345b159e40233d2b36c9aa243efd45f34478da8a4ad4f438bba5599');
INSERT INTO "tensors" VALUES('c8165ce34519','ec432ec82f3ddceb4eced7f17296ac056a9f35d6ca3babdce4e5a46bcdaaf5d2');
INSERT INTO "tensors" VALUES('c8165ce34519','f2fc5c7df27451ccf580829be372ad039571fa4cdba87fdae07bfec0c6ae274b');
INSERT INTO "tensors" VALUES('c8165ce34519','f3a87b7a6979710339f3a8acc27598133a5e6360aba9e7ede75bbc56bdd7e8ba');
INSERT INTO "tensors" VALUES('c8165ce34519','f9b2849da35e734ea01d437834130a6832319e3b9b117290bf96df4efb029a29');
CREATE INDEX ix_searches_dataset_id ON searches (dataset_id);
CREATE INDEX ix_tensors_digest ON tensors (digest);
CREATE INDEX ix_runs_dataset_id ON runs (dataset_id);
CREATE INDEX ix_runs_parent_id ON runs (parent_id);
CREATE INDEX ix_aliases_model_id ON aliases (model_id);
COMMIT;
