BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
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
INSERT INTO "datasets" VALUES(1,'digits',1,'8aaebea2ccf55e9484ca69428f1fe28a447a6fda1f88ea2dfcd033403deef446','plugin digits','["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]','{"train": {"0": 126, "1": 138, "2": 126, "3": 122, "4": 138, "5": 124, "6": 135, "7": 123, "8": 121, "9": 122}, "validation": {"0": 26, "1": 22, "2": 25, "3": 34, "4": 23, "5": 34, "6": 27, "7": 21, "8": 23, "9": 32}, "test": {"0": 26, "1": 22, "2": 26, "3": 27, "4": 20, "5": 24, "6": 19, "7": 35, "8": 30, "9": 26}}','2026-11-30 11:59:52.924709');
CREATE TABLE epochs (
	run_id VARCHAR(12) NOT NULL, 
	number INTEGER NOT NULL, 
	metrics JSON NOT NULL, 
	seconds DOUBLE NOT NULL, 
	CONSTRAINT pk_epochs PRIMARY KEY (run_id, number), 
	CONSTRAINT fk_epochs_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "epochs" VALUES('2b0352512de9',1,'{"accuracy": 0.10039215534925461, "loss": 2.306217908859253, "val_accuracy": 0.10112359374761581, "val_loss": 2.3032939434051514, "learning_rate": 0.0010000000474974513}',1.77278908900007081683e+00);
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
INSERT INTO "metrics" VALUES('fdb546b2affe',1,'validation','loss',2.3032939145896680344e+00);
INSERT INTO "metrics" VALUES('fdb546b2affe',1,'validation','accuracy',1.01123595505617974721e-01);
INSERT INTO "metrics" VALUES('fdb546b2affe',1,'validation','precision',1.01503759398496231497e-02);
INSERT INTO "metrics" VALUES('fdb546b2affe',1,'validation','recall',0.1);
INSERT INTO "metrics" VALUES('fdb546b2affe',1,'validation','f1',1.84300341296928307799e-02);
INSERT INTO "metrics" VALUES('fdb546b2affe',1,'test','loss',2.30437483255472219667e+00);
INSERT INTO "metrics" VALUES('fdb546b2affe',1,'test','accuracy',7.45098039215686264169e-02);
INSERT INTO "metrics" VALUES('fdb546b2affe',1,'test','precision',7.45098039215686281516e-03);
INSERT INTO "metrics" VALUES('fdb546b2affe',1,'test','recall',0.1);
INSERT INTO "metrics" VALUES('fdb546b2affe',1,'test','f1',1.38686131386861304093e-02);
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
INSERT INTO "models" VALUES('fdb546b2affe','["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]',8,1,247,238,988,'12565a157f6d3a37c47b917d8429ee03b29a605c22543cff3e1c584b5d5c056b','2026-11-30 11:59:56.045072');
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
	error TEXT, 
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
INSERT INTO "runs" VALUES('2b0352512de9','train',1,'older','1','older.py','{"optimizer": "adam", "learning_rate": 0.001, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.2, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "augmentation": "none"}','{"epochs": 1, "seed": 0, "patience": 10, "class_weights": null, "oversample": null, "steps_per_epoch": null, "fraction": null, "image_size": 8, "channels": 1, "preset": null, "weights": null}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.18.0", "keras": "3.10.0"}',NULL,'completed','2026-11-30 11:59:52.968744','2026-11-30 11:59:56.045757',NULL,NULL,NULL,NULL,NULL,'fdb546b2affe',NULL);
CREATE TABLE searches (
	id VARCHAR(12) NOT NULL, 
	dataset_id INTEGER NOT NULL, 
	architecture VARCHAR(255) NOT NULL, 
	architecture_version VARCHAR(255) NOT NULL, 
	plugin TEXT NOT NULL, 
	algorithm VARCHAR(32) NOT NULL, 
	objective_name VARCHAR(64) NOT NULL, 
	objective_direction VARCHAR(3) NOT NULL, 
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
	error TEXT, 
	CONSTRAINT pk_searches PRIMARY KEY (id), 
	CONSTRAINT ck_searches_objective_direction CHECK (objective_direction IN ('max', 'min')), 
	CONSTRAINT ck_searches_state CHECK (state IN ('running', 'completed', 'failed', 'pruned', 'interrupted')), 
	CONSTRAINT fk_searches_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id)
);
CREATE INDEX ix_searches_dataset_id ON searches (dataset_id);
CREATE INDEX ix_runs_dataset_id ON runs (dataset_id);
CREATE INDEX ix_runs_parent_id ON runs (parent_id);
CREATE INDEX ix_aliases_model_id ON aliases (model_id);
COMMIT;
