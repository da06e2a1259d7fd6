BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE aliases (
	id INTEGER NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	model_id VARCHAR(12) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_aliases PRIMARY KEY (id), 
	CONSTRAINT fk_aliases_model_id_models FOREIGN KEY(model_id) REFERENCES models (id)
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
INSERT INTO "datasets" VALUES(1,'digits',1,'8aaebea2ccf55e9484ca69428f1fe28a447a6fda1f88ea2dfcd033403deef446','plugin digits','["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]','{"train": {"0": 126, "1": 138, "2": 126, "3": 122, "4": 138, "5": 124, "6": 135, "7": 123, "8": 121, "9": 122}, "validation": {"0": 26, "1": 22, "2": 25, "3": 34, "4": 23, "5": 34, "6": 27, "7": 21, "8": 23, "9": 32}, "test": {"0": 26, "1": 22, "2": 26, "3": 27, "4": 20, "5": 24, "6": 19, "7": 35, "8": 30, "9": 26}}','2026-11-30 11:59:16.140827');
CREATE TABLE epochs (
	run_id VARCHAR(12) NOT NULL, 
	number INTEGER NOT NULL, 
	metrics JSON NOT NULL, 
	seconds DOUBLE NOT NULL, 
	CONSTRAINT pk_epochs PRIMARY KEY (run_id, number), 
	CONSTRAINT fk_epochs_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "epochs" VALUES('f72c7aa38158',1,'{"accuracy": 0.10039215534925461, "loss": 2.306217908859253, "val_accuracy": 0.10112359374761581, "val_loss": 2.3032939434051514, "learning_rate": 0.0010000000474974513}',2.10043775499980256427e+00);
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
INSERT INTO "metrics" VALUES('a5492f91cff2',1,'validation','loss',2.3032939145896680344e+00);
INSERT INTO "metrics" VALUES('a5492f91cff2',1,'validation','accuracy',1.01123595505617974721e-01);
INSERT INTO "metrics" VALUES('a5492f91cff2',1,'validation','precision',1.01503759398496231497e-02);
INSERT INTO "metrics" VALUES('a5492f91cff2',1,'validation','recall',0.1);
INSERT INTO "metrics" VALUES('a5492f91cff2',1,'validation','f1',1.84300341296928307799e-02);
INSERT INTO "metrics" VALUES('a5492f91cff2',1,'test','loss',2.30437483255472219667e+00);
INSERT INTO "metrics" VALUES('a5492f91cff2',1,'test','accuracy',7.45098039215686264169e-02);
INSERT INTO "metrics" VALUES('a5492f91cff2',1,'test','precision',7.45098039215686281516e-03);
INSERT INTO "metrics" VALUES('a5492f91cff2',1,'test','recall',0.1);
INSERT INTO "metrics" VALUES('a5492f91cff2',1,'test','f1',1.38686131386861304093e-02);
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
INSERT INTO "models" VALUES('a5492f91cff2','["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]',8,1,247,238,988,'12565a157f6d3a37c47b917d8429ee03b29a605c22543cff3e1c584b5d5c056b','2026-11-30 11:59:19.711405');
CREATE TABLE runs (
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
	error TEXT, scores JSON, owner VARCHAR(255), 
	CONSTRAINT pk_runs PRIMARY KEY (id), 
	CONSTRAINT ck_runs_kind CHECK (kind IN ('train', 'trial', 'finetune')), 
	CONSTRAINT ck_runs_model_of_completed CHECK (model_id IS NULL OR state = 'completed'), 
	CONSTRAINT ck_runs_state CHECK (state IN ('running', 'completed', 'failed', 'pruned', 'interrupted')), 
	CONSTRAINT fk_runs_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id), 
	CONSTRAINT fk_runs_model_id_models FOREIGN KEY(model_id) REFERENCES models (id), 
	CONSTRAINT fk_runs_parent_id_models FOREIGN KEY(parent_id) REFERENCES models (id), 
	CONSTRAINT fk_runs_search_id_searches FOREIGN KEY(search_id) REFERENCES searches (id), 
	CONSTRAINT uq_runs_model_id UNIQUE (model_id), 
	CONSTRAINT uq_runs_search_id_trial_id UNIQUE (search_id, trial_id)
);
INSERT INTO "runs" VALUES('f72c7aa38158','train',1,'older','1','older.py','{"optimizer": "adam", "learning_rate": 0.001, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.2, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none"}','{"epochs": 1, "seed": 0, "patience": 10, "class_weights": null, "oversample": null, "steps_per_epoch": null, "fraction": null, "image_size": 8, "channels": 1, "preset": null, "weights": null}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.18.0", "keras": "3.10.0"}',NULL,'completed','2026-11-30 11:59:16.158594','2026-11-30 11:59:19.703961',NULL,NULL,NULL,NULL,NULL,'a5492f91cff2',NULL,NULL,'vm:8153:14028');
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
INSERT INTO "tensors" VALUES('a5492f91cff2','05d4da92a737ac57c6435af4f0d9f3ab45324c4884e9206a74674d50c4499c76');
INSERT INTO "tensors" VALUES('a5492f91cff2','12565a157f6d3a37c47b917d8429ee03b29a605c22543cff3e1c584b5d5c056b');
INSERT INTO "tensors" VALUES('a5492f91cff2','14d1635a92a3aacdae7d405c8d51af1d4f528edac0bfa2c54b2555ef6baa88b6');
INSERT INTO "tensors" VALUES('a5492f91cff2','16de283f85cb6156be49c308b27f954f7e725afc2f4a198d06be1682c760c3d7');
INSERT INTO "tensors" VALUES('a5492f91cff2','25b0dccb8d4aa62a6199ccb57e1706c070831a36c451610eed5b06a900afcd69');
INSERT INTO "tensors" VALUES('a5492f91cff2','343b03ef7828560c78370b3036dbc251a5687d969860fe465f768b93a70ca4b9');
INSERT INTO "tensors" VALUES('a5492f91cff2','384d4c0bea1f91da9c3b8e031beb1ebfd7a255b2a91a8e013cac061434b6d62c');
INSERT INTO "tensors" VALUES('a5492f91cff2','50846b2b8d53e155c3744d455c5e78a4f44c352ac0fcad75f1af6e8fb51bd8d9');
INSERT INTO "tensors" VALUES('a5492f91cff2','627f24c53c5b0107713817f997bb95af8f8442b02b81275b8c0e588acc9bdb12');
INSERT INTO "tensors" VALUES('a5492f91cff2','6622d43795823116d3817456b4b5074ec41373feb550e7f48112d09b0cbbadbd');
INSERT INTO "tensors" VALUES('a5492f91cff2','70ee674cbc2bc76a3c3d87a5b90553b0017550a1b8a4e15f4ed9f93de83b8acb');
INSERT INTO "tensors" VALUES('a5492f91cff2','8404fc5c1c76b83527d4502f876b9136cda795750fdf3debd399096ccd1a87aa');
INSERT INTO "tensors" VALUES('a5492f91cff2','9cf84df6c5ce1a58a7853d9b02b561038198d999d29fd53222f47d49b1724588');
INSERT INTO "tensors" VALUES('a5492f91cff2','a8abe1d0658cee4d3e3b039a3c48b40750e2d84b04ff9eeb57b59cce29406e06');
INSERT INTO "tensors" VALUES('a5492f91cff2','b80a09ba000b4ce0dbf83d65f50378cc9fe465c981b8d44b33dec490a6cdc54a');
INSERT INTO "tensors" VALUES('a5492f91cff2','bc124dace3dc5eaebf5121d1cbedc564a643c5a62b452f3f5d7fbf13e1340717');
INSERT INTO "tensors" VALUES('a5492f91cff2','ca6423c8a8135406ff5f7f10f54afdf51f13af76838e338ea4efe9505d0d0064');
INSERT INTO "tensors" VALUES('a5492f91cff2','cbd72c37a65c7b8f26a47ad93b8c45259244ec8fcbecf3de2ca00e9c7cf3c643');
INSERT INTO "tensors" VALUES('a5492f91cff2','dbc63c283cc70d70bf3ae472a22fb4d479bbaf17a63a9151fb485f53d9a88832');
INSERT INTO "tensors" VALUES('a5492f91cff2','e1743acd36c344083853e6425a4ac9a305ebb9af41aa4cbb36bbcdc2a48b265b');
INSERT INTO "tensors" VALUES('a5492f91cff2','e30e2baeb2024a8f4a2257838c0e0cb552b33af51d4e496661675ed258422ffa');
INSERT INTO "tensors" VALUES('a5492f91cff2','ec01d781c863a919618caa683a2c7995e8efab52bde61e0003743d0fba3ee914');
INSERT INTO "tensors" VALUES('a5492f91cff2','f9b2849da35e734ea01d437834130a6832319e3b9b117290bf96df4efb029a29');
INSERT INTO "tensors" VALUES('a5492f91cff2','fc6ba4838a44a5a58135900a28bece0f281ee6d38197877af0ed88bdf65a8010');
CREATE INDEX ix_runs_dataset_id ON runs (dataset_id);
CREATE INDEX ix_runs_parent_id ON runs (parent_id);
CREATE INDEX ix_aliases_model_id ON aliases (model_id);
CREATE INDEX ix_searches_dataset_id ON searches (dataset_id);
CREATE INDEX ix_tensors_digest ON tensors (digest);
COMMIT;
