BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE "aliases" (
	id INTEGER NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	model_id VARCHAR(12) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_aliases PRIMARY KEY (id)
);
INSERT INTO "aliases" VALUES(1,'champion','8336d9186e6f','2026-11-21 21:07:01.450131');
INSERT INTO "aliases" VALUES(2,'runner-up','019104c42ad6','2026-11-22 04:09:55.634838');
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
INSERT INTO "datasets" VALUES(1,'digits',1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','plugin digits','["one", "two"]','{"train": {"one": 3, "two": 4}, "validation": {"one": 1, "two": 1}}','2026-11-21 21:07:01.130120');
CREATE TABLE epochs (
	run_id VARCHAR(12) NOT NULL, 
	number INTEGER NOT NULL, 
	metrics JSON NOT NULL, 
	seconds DOUBLE NOT NULL, 
	CONSTRAINT pk_epochs PRIMARY KEY (run_id, number), 
	CONSTRAINT fk_epochs_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "epochs" VALUES('ead9c3dddcce',1,'{"loss": 0.4, "val_accuracy": 0.9}',1.5);
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
INSERT INTO "metrics" VALUES('8336d9186e6f',1,'validation','loss',0.3);
INSERT INTO "metrics" VALUES('8336d9186e6f',1,'validation','accuracy',0.9);
INSERT INTO "metrics" VALUES('8336d9186e6f',1,'test','accuracy',0.8);
INSERT INTO "metrics" VALUES('bf422c31577a',1,'validation','accuracy',0.7);
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
INSERT INTO "models" VALUES('8336d9186e6f','["one", "two"]',8,1,48,44,192,'be2c324a0b21ef142623e559d41dc4794430eb1a22d12c812817f49225ee00aa','2026-11-21 21:07:01.368945');
INSERT INTO "models" VALUES('bf422c31577a','["one", "two"]',8,1,48,44,192,'c92e428c45ebdbb1000f1d1c0c9923c059bd992d8de4feb3f46785d8f1be4dc1','2026-11-22 04:09:55.704378');
CREATE TABLE "runs" (
	id VARCHAR(12) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	dataset_id INTEGER NOT NULL, 
	architecture VARCHAR(255) NOT NULL, 
	architecture_version VARCHAR(255) NOT NULL, 
	plugin TEXT NOT NULL, 
	hyperparameters JSON NOT NULL, 
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
	image_size INTEGER NOT NULL, 
	channels INTEGER NOT NULL, 
	weights JSON, 
	keeps_head BOOLEAN, 
	preset VARCHAR(255), 
	training JSON NOT NULL, 
	data_check JSON NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY (id), 
	CONSTRAINT fk_runs_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id), 
	CONSTRAINT ck_runs_kind CHECK (kind IN ('train', 'trial', 'finetune')), 
	CONSTRAINT uq_runs_search_id_trial_id UNIQUE (search_id, trial_id), 
	CONSTRAINT fk_runs_search_id_searches FOREIGN KEY(search_id) REFERENCES searches (id), 
	CONSTRAINT ck_runs_state CHECK (state IN ('running', 'completed', 'failed', 'pruned', 'interrupted')), 
	CONSTRAINT fk_runs_model_id_models FOREIGN KEY(model_id) REFERENCES models (id), 
	CONSTRAINT uq_runs_model_id UNIQUE (model_id), 
	CONSTRAINT uq_runs_made_id UNIQUE (made_id), 
	CONSTRAINT ck_runs_model_of_completed CHECK (model_id IS NULL OR state = 'completed')
);
INSERT INTO "runs" VALUES('ead9c3dddcce','trial',1,'convnet','1','keras-zoo 0.1.0','{"filters": 16, "learning_rate": 0.001, "optimizer": "adam", "batch_norm": true}','{"zoo": "0.1.0", "python": "3.11"}',NULL,'completed','2026-11-21 21:07:01.220176','2026-11-21 21:07:01.360795','c9eebdbc82e6','01',1,'{"hyperparameters": {"filters": 8, "tuner/epochs": 2}, "epochs": 2, "initial_epoch": 0, "continues": null, "origin": null, "after": 0}',0.9,'8336d9186e6f',NULL,'{"val_accuracy": 0.9, "params": 48.0}','example:7783:512','8336d9186e6f',8,1,NULL,NULL,NULL,'{"epochs": 3, "seed": 0, "patience": 10, "image_size": null, "sampling": {"class_weights": null, "oversample": false, "steps_per_epoch": null, "fraction": 1.0}, "features": {"mode": "auto", "dtype": "float32", "copies": null}}','{}');
INSERT INTO "runs" VALUES('33f32c27d3a1','finetune',1,'convnet','1','keras-zoo 0.1.0','{"filters": 16, "learning_rate": 0.001, "optimizer": "adam", "batch_norm": true}','{"zoo": "0.1.0", "python": "3.11"}','8336d9186e6f','failed','2026-11-21 21:07:01.475477','2026-11-21 21:07:01.494342',NULL,NULL,NULL,NULL,NULL,NULL,'Traceback
ValueError: no',NULL,'example:7783:512',NULL,8,1,NULL,NULL,NULL,'{"epochs": 3, "seed": 0, "patience": 10, "image_size": null, "sampling": {"class_weights": null, "oversample": false, "steps_per_epoch": null, "fraction": 1.0}, "features": {"mode": "auto", "dtype": "float32", "copies": null}}','{}');
INSERT INTO "runs" VALUES('c591dd4883f1','finetune',1,'convnet','1','keras-zoo 0.1.0','{"filters": 16, "learning_rate": 0.001, "optimizer": "adam", "batch_norm": true}','{"zoo": "0.1.0", "python": "3.11"}','8336d9186e6f','completed','2026-11-22 04:09:55.476308','2026-11-22 04:09:55.582724',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'example:7783:512','019104c42ad6',8,1,NULL,NULL,NULL,'{"epochs": 3, "seed": 0, "patience": 10, "image_size": null, "sampling": {"class_weights": null, "oversample": false, "steps_per_epoch": null, "fraction": 1.0}, "features": {"mode": "auto", "dtype": "float32", "copies": null}}','{}');
INSERT INTO "runs" VALUES('70760b0b30e6','finetune',1,'convnet','1','keras-zoo 0.1.0','{"filters": 16, "learning_rate": 0.001, "optimizer": "adam", "batch_norm": true}','{"zoo": "0.1.0", "python": "3.11"}','019104c42ad6','completed','2026-11-22 04:09:55.642758','2026-11-22 04:09:55.696603',NULL,NULL,NULL,NULL,NULL,'bf422c31577a',NULL,NULL,'example:7783:512','bf422c31577a',8,1,NULL,NULL,NULL,'{"epochs": 3, "seed": 0, "patience": 10, "image_size": null, "sampling": {"class_weights": null, "oversample": false, "steps_per_epoch": null, "fraction": 1.0}, "features": {"mode": "auto", "dtype": "float32", "copies": null}}','{}');
INSERT INTO "runs" VALUES('8cbbb97883ea','trial',1,'convnet','1','keras-zoo 0.1.0','{"filters": 16, "learning_rate": 0.001, "optimizer": "adam", "batch_norm": true}','{"zoo": "0.1.0", "python": "3.11"}',NULL,'interrupted','2026-11-30 04:05:13.341352','2026-11-30 04:05:13.399607','20534d273108','01',1,'{"hyperparameters": {"filters": 8, "tuner/epochs": 2}, "epochs": 2, "initial_epoch": 0, "continues": null, "origin": null, "after": 0, "deaths": []}',NULL,NULL,NULL,NULL,'example:7783:512',NULL,8,1,'{"shown": "/net.h5", "sha256": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}',NULL,'small','{"epochs": 3, "seed": 0, "patience": 10, "image_size": null, "sampling": {"class_weights": null, "oversample": false, "steps_per_epoch": null, "fraction": 0.5}, "features": {"mode": "auto", "dtype": "float32", "copies": null}}','{"unreadable": 2}');
CREATE TABLE "searches" (
	id VARCHAR(12) NOT NULL, 
	dataset_id INTEGER NOT NULL, 
	fixed JSON NOT NULL, 
	space JSON NOT NULL, 
	environment JSON NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	owner VARCHAR(255) NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	error TEXT, 
	first JSON, 
	candidates JSON, 
	options JSON, 
	training JSON, 
	data_check JSON, 
	unread JSON, 
	CONSTRAINT pk_searches PRIMARY KEY (id), 
	CONSTRAINT fk_searches_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id), 
	CONSTRAINT ck_searches_state CHECK (state IN ('running', 'completed', 'failed', 'pruned', 'interrupted'))
);
INSERT INTO "searches" VALUES('c9eebdbc82e6',1,'{"optimizer": "adam"}','{"space": [{"class_name": "Int", "config": {"name": "filters", "min_value": 8}}]}','{"zoo": "0.1.0"}','completed','example:7783:512','2026-11-21 21:07:01.176566','2026-11-21 21:07:01.510702',NULL,NULL,'[{"architecture": "convnet", "version": "1", "plugin": "keras-zoo 0.1.0", "image_size": 8, "channels": 1, "weights": null, "parent_id": null, "keeps_head": null}]','{"algorithm": "random", "trials": 4, "objectives": [["val_accuracy", "max"], ["params", "min"]], "pruner": "none", "max_seconds": null, "target": null, "keep": null, "warm_start": true}','{"epochs": 2, "seed": 7, "patience": 10, "image_size": null, "sampling": {"class_weights": null, "oversample": false, "steps_per_epoch": null, "fraction": 1.0}, "features": {"mode": "auto", "dtype": "float32", "copies": null}}','{}',NULL);
INSERT INTO "searches" VALUES('20534d273108',1,'{"optimizer": "adam"}','{"space": [{"class_name": "Int", "config": {"name": "filters", "min_value": 8}}]}','{"zoo": "0.1.0"}','interrupted','example:7783:512','2026-11-20 08:00:00.000000','2026-11-30 04:05:13.416310',NULL,'[]','[{"architecture": "convnet", "version": "1", "plugin": "keras-zoo 0.1.0", "image_size": 8, "channels": 1, "weights": null, "parent_id": null, "keeps_head": null}, {"architecture": "other, one", "version": "2,1", "plugin": "keras-zoo 0.1.0", "image_size": 32, "channels": 3, "weights": {"shown": "/net.h5", "sha256": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}, "parent_id": null, "keeps_head": null}]','{"algorithm": "random", "trials": 4, "objectives": [["val_accuracy", "max"]], "pruner": "none", "max_seconds": 60.0, "target": null, "keep": 3, "warm_start": true}','{"epochs": 2, "seed": 7, "patience": 10, "image_size": null, "sampling": {"class_weights": null, "oversample": false, "steps_per_epoch": null, "fraction": 1.0}, "features": {"mode": "auto", "dtype": "float32", "copies": 2}}','{"unreadable": 2}',NULL);
CREATE TABLE tensors (
	model_id VARCHAR(12) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_tensors PRIMARY KEY (model_id, digest), 
	CONSTRAINT fk_tensors_model_id_models FOREIGN KEY(model_id) REFERENCES models (id)
);
INSERT INTO "tensors" VALUES('8336d9186e6f','3a515093b76b8b6dc254261ed78faa08bd5c5f400781985b1599c4a32f4967f2');
INSERT INTO "tensors" VALUES('8336d9186e6f','5887c115f3071955ccd177b6ef025c6032e973f88012cb1dcc0ef34e6f90beb0');
INSERT INTO "tensors" VALUES('8336d9186e6f','a6721b41c186fc377f60e74e4725221e8bb960da0fd9034ef42b08aef3e65d4c');
INSERT INTO "tensors" VALUES('8336d9186e6f','be2c324a0b21ef142623e559d41dc4794430eb1a22d12c812817f49225ee00aa');
INSERT INTO "tensors" VALUES('bf422c31577a','31a5465634530fcae4270d3ec60f80a1c8f0c50bf1dad1307b6853516d6b6de5');
INSERT INTO "tensors" VALUES('bf422c31577a','95b77f1869eab5bfe069f1a2a8330a814619535bb6262510794ed9379ebc8500');
INSERT INTO "tensors" VALUES('bf422c31577a','c92e428c45ebdbb1000f1d1c0c9923c059bd992d8de4feb3f46785d8f1be4dc1');
INSERT INTO "tensors" VALUES('bf422c31577a','d53d557858868f965cc9cbcec2ee523acad5ba8a18fb642c8fa9d78e487cb58c');
CREATE INDEX ix_tensors_digest ON tensors (digest);
CREATE INDEX ix_aliases_model_id ON aliases (model_id);
CREATE INDEX ix_searches_dataset_id ON searches (dataset_id);
CREATE INDEX ix_runs_dataset_id ON runs (dataset_id);
CREATE INDEX ix_runs_parent_id ON runs (parent_id);
COMMIT;
