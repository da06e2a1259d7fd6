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
INSERT INTO "datasets" VALUES(1,'blobs',1,'03d87f3699a886883f2fdecdc1bbbd142b06e175242b5eb52c6d59ed207de13a','plugin blobs','["dark", "light"]','{"train": {"dark": 46, "light": 46}, "validation": {"dark": 5, "light": 5}, "test": {"dark": 9, "light": 9}}','2026-11-30 03:48:16.817744');
INSERT INTO "datasets" VALUES(2,'blobs-reversed',1,'ad2cbdb1d8006be5bd469676530375e098e49da05f2d725f4a5b1e77733d9bbd','plugin blobs-reversed','["light", "dark"]','{"train": {"light": 45, "dark": 35}, "validation": {"light": 11, "dark": 13}, "test": {"light": 4, "dark": 12}}','2026-11-30 03:48:57.027161');
CREATE TABLE epochs (
	run_id VARCHAR(12) NOT NULL, 
	number INTEGER NOT NULL, 
	metrics JSON NOT NULL, 
	seconds DOUBLE NOT NULL, 
	CONSTRAINT pk_epochs PRIMARY KEY (run_id, number), 
	CONSTRAINT fk_epochs_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "epochs" VALUES('3c51d33a3041',1,'{"accuracy": 0.5, "loss": 0.6968073844909668, "val_accuracy": 0.5, "val_loss": 0.6930180788040161, "learning_rate": 0.019999999552965164}',5.13658164999992550292e+00);
INSERT INTO "epochs" VALUES('3c51d33a3041',2,'{"accuracy": 0.5, "loss": 0.6910131573677063, "val_accuracy": 0.5, "val_loss": 0.6883719563484192, "learning_rate": 0.019999999552965164}',6.47242679999635583953e-02);
INSERT INTO "epochs" VALUES('91cbe4093a85',1,'{"accuracy": 0.5, "loss": 0.5954254269599915, "val_accuracy": 0.6000000238418579, "val_loss": 0.5387390851974487, "learning_rate": 0.009999999776482582}',3.32628472599981250823e+00);
INSERT INTO "epochs" VALUES('91cbe4093a85',2,'{"accuracy": 0.5760869383811951, "loss": 0.5086744427680969, "val_accuracy": 0.8999999761581421, "val_loss": 0.44563716650009155, "learning_rate": 0.009999999776482582}',3.7636214000031031901e-02);
INSERT INTO "epochs" VALUES('91cbe4093a85',3,'{"accuracy": 0.717391312122345, "loss": 0.4248824417591095, "val_accuracy": 0.8999999761581421, "val_loss": 0.372754842042923, "learning_rate": 0.009999999776482582}',2.76561059999949065968e-02);
INSERT INTO "epochs" VALUES('1dce548ad172',1,'{"accuracy": 0.47826087474823, "loss": 0.6962028741836548, "val_accuracy": 0.5, "val_loss": 0.6931555867195129, "learning_rate": 0.009999999776482582}',4.64592841099988618225e+00);
INSERT INTO "epochs" VALUES('1dce548ad172',2,'{"accuracy": 0.5, "loss": 0.6934140920639038, "val_accuracy": 0.5, "val_loss": 0.6931509971618652, "learning_rate": 0.009999999776482582}',7.31157650000113790156e-02);
INSERT INTO "epochs" VALUES('1cd431230a4a',1,'{"accuracy": 0.5, "loss": 0.5954254269599915, "val_accuracy": 0.6000000238418579, "val_loss": 0.5387390851974487, "learning_rate": 0.009999999776482582}',4.09506614199995055969e+00);
INSERT INTO "epochs" VALUES('1cd431230a4a',2,'{"accuracy": 0.5760869383811951, "loss": 0.5086744427680969, "val_accuracy": 0.8999999761581421, "val_loss": 0.44563716650009155, "learning_rate": 0.009999999776482582}',2.123029879999194236e-01);
INSERT INTO "epochs" VALUES('1cd431230a4a',3,'{"accuracy": 0.717391312122345, "loss": 0.4248824417591095, "val_accuracy": 0.8999999761581421, "val_loss": 0.372754842042923, "learning_rate": 0.009999999776482582}',9.1617036999878109782e-02);
INSERT INTO "epochs" VALUES('246205d46e79',1,'{"accuracy": 0.16304348409175873, "loss": 0.7128643989562988, "val_accuracy": 0.6000000238418579, "val_loss": 0.693580687046051, "learning_rate": 0.009999999776482582}',5.35330510299991146894e+00);
INSERT INTO "epochs" VALUES('246205d46e79',2,'{"accuracy": 0.6195651888847351, "loss": 0.6897681355476379, "val_accuracy": 1.0, "val_loss": 0.6837620139122009, "learning_rate": 0.009999999776482582}',7.56433269998524338006e-02);
INSERT INTO "epochs" VALUES('4ee2ad27f284',1,'{"accuracy": 0.7250000238418579, "loss": 0.6866524815559387, "val_accuracy": 0.4583333432674408, "val_loss": 0.6890367865562439, "learning_rate": 0.009999999776482582}',2.17029737600000771635e+00);
INSERT INTO "epochs" VALUES('4ee2ad27f284',2,'{"accuracy": 0.5874999761581421, "loss": 0.6839922070503235, "val_accuracy": 0.4583333432674408, "val_loss": 0.6907284259796143, "learning_rate": 0.009999999776482582}',4.90245639998647675383e-02);
INSERT INTO "epochs" VALUES('4ee2ad27f284',3,'{"accuracy": 0.5625, "loss": 0.6853569149971008, "val_accuracy": 0.4583333432674408, "val_loss": 0.6924182772636414, "learning_rate": 0.009999999776482582}',1.21639701000049171852e-01);
INSERT INTO "epochs" VALUES('43f3c23ab846',1,'{"accuracy": 0.699999988079071, "loss": 0.6858488321304321, "val_accuracy": 0.5416666865348816, "val_loss": 0.6842872500419617, "learning_rate": 0.009999999776482582}',2.83719703199994910391e+00);
INSERT INTO "epochs" VALUES('43f3c23ab846',2,'{"accuracy": 0.637499988079071, "loss": 0.6810871362686157, "val_accuracy": 0.4583333432674408, "val_loss": 0.679924488067627, "learning_rate": 0.009999999776482582}',0.0725344560000849);
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
INSERT INTO "metrics" VALUES('ac3bdaa56142',1,'validation','loss',6.88371964458186491597e-01);
INSERT INTO "metrics" VALUES('ac3bdaa56142',1,'validation','accuracy',0.5);
INSERT INTO "metrics" VALUES('ac3bdaa56142',1,'validation','precision',0.25);
INSERT INTO "metrics" VALUES('ac3bdaa56142',1,'validation','recall',0.5);
INSERT INTO "metrics" VALUES('ac3bdaa56142',1,'validation','f1',3.33333333333333314829e-01);
INSERT INTO "metrics" VALUES('ac3bdaa56142',1,'test','loss',6.8676000146438420657e-01);
INSERT INTO "metrics" VALUES('ac3bdaa56142',1,'test','accuracy',6.66666666666666629659e-01);
INSERT INTO "metrics" VALUES('ac3bdaa56142',1,'test','precision',0.8);
INSERT INTO "metrics" VALUES('ac3bdaa56142',1,'test','recall',6.66666666666666629659e-01);
INSERT INTO "metrics" VALUES('ac3bdaa56142',1,'test','f1',0.625);
INSERT INTO "metrics" VALUES('3cf1b77d13c6',1,'validation','loss',3.72754848395713545006e-01);
INSERT INTO "metrics" VALUES('3cf1b77d13c6',1,'validation','accuracy',0.9);
INSERT INTO "metrics" VALUES('3cf1b77d13c6',1,'validation','precision',9.16666666666666740681e-01);
INSERT INTO "metrics" VALUES('3cf1b77d13c6',1,'validation','recall',0.9);
INSERT INTO "metrics" VALUES('3cf1b77d13c6',1,'validation','f1',0.898989898989899);
INSERT INTO "metrics" VALUES('3cf1b77d13c6',1,'test','loss',3.79466981550861504057e-01);
INSERT INTO "metrics" VALUES('3cf1b77d13c6',1,'test','accuracy',8.3333333333333337034e-01);
INSERT INTO "metrics" VALUES('3cf1b77d13c6',1,'test','precision',0.875);
INSERT INTO "metrics" VALUES('3cf1b77d13c6',1,'test','recall',8.33333333333333259318e-01);
INSERT INTO "metrics" VALUES('3cf1b77d13c6',1,'test','f1',8.28571428571428514331e-01);
INSERT INTO "metrics" VALUES('e7bb7270ca78',1,'validation','loss',3.72754848395713545006e-01);
INSERT INTO "metrics" VALUES('e7bb7270ca78',1,'validation','accuracy',0.9);
INSERT INTO "metrics" VALUES('e7bb7270ca78',1,'validation','precision',9.16666666666666740681e-01);
INSERT INTO "metrics" VALUES('e7bb7270ca78',1,'validation','recall',0.9);
INSERT INTO "metrics" VALUES('e7bb7270ca78',1,'validation','f1',0.898989898989899);
INSERT INTO "metrics" VALUES('e7bb7270ca78',1,'test','loss',3.79466981550861504057e-01);
INSERT INTO "metrics" VALUES('e7bb7270ca78',1,'test','accuracy',8.3333333333333337034e-01);
INSERT INTO "metrics" VALUES('e7bb7270ca78',1,'test','precision',0.875);
INSERT INTO "metrics" VALUES('e7bb7270ca78',1,'test','recall',8.33333333333333259318e-01);
INSERT INTO "metrics" VALUES('e7bb7270ca78',1,'test','f1',8.28571428571428514331e-01);
INSERT INTO "metrics" VALUES('1807e6fe1ef6',2,'validation','loss',6.8903675422236743131e-01);
INSERT INTO "metrics" VALUES('1807e6fe1ef6',2,'validation','accuracy',4.58333333333333314829e-01);
INSERT INTO "metrics" VALUES('1807e6fe1ef6',2,'validation','precision',2.29166666666666657414e-01);
INSERT INTO "metrics" VALUES('1807e6fe1ef6',2,'validation','recall',0.5);
INSERT INTO "metrics" VALUES('1807e6fe1ef6',2,'validation','f1',3.1428571428571427937e-01);
INSERT INTO "metrics" VALUES('1807e6fe1ef6',2,'test','loss',6.95590511685264423213e-01);
INSERT INTO "metrics" VALUES('1807e6fe1ef6',2,'test','accuracy',0.25);
INSERT INTO "metrics" VALUES('1807e6fe1ef6',2,'test','precision',0.125);
INSERT INTO "metrics" VALUES('1807e6fe1ef6',2,'test','recall',0.5);
INSERT INTO "metrics" VALUES('1807e6fe1ef6',2,'test','f1',0.2);
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
INSERT INTO "models" VALUES('ac3bdaa56142','["dark", "light"]',8,1,106,106,424,'91377f38bf32737f48b675502875c05abbb80c7e7faaf9b0e53fef2665e479da','2026-11-30 03:48:24.397018');
INSERT INTO "models" VALUES('3cf1b77d13c6','["dark", "light"]',8,1,106,106,424,'0e07ecc95b9067651e883683b34933675ca4f24e50e1cf435a1d26aa584a4ef7','2026-11-30 03:48:32.584461');
INSERT INTO "models" VALUES('e7bb7270ca78','["dark", "light"]',8,1,106,106,424,'0e07ecc95b9067651e883683b34933675ca4f24e50e1cf435a1d26aa584a4ef7','2026-11-30 03:48:48.226680');
INSERT INTO "models" VALUES('1807e6fe1ef6','["dark", "light"]',8,1,106,10,424,'1586a8e26876447656cee88a75d3ce50678284a30030337e2b607a8278f98f1d','2026-11-30 03:49:00.434073');
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
	CONSTRAINT ck_runs_state CHECK (state IN ('running', 'completed', 'failed', 'pruned', 'interrupted')), 
	CONSTRAINT fk_runs_dataset_id_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (id), 
	CONSTRAINT uq_runs_model_id UNIQUE (model_id), 
	CONSTRAINT ck_runs_model_of_completed CHECK (model_id IS NULL OR state = 'completed'), 
	CONSTRAINT uq_runs_search_id_trial_id UNIQUE (search_id, trial_id), 
	CONSTRAINT fk_runs_model_id_models FOREIGN KEY(model_id) REFERENCES models (id), 
	CONSTRAINT fk_runs_search_id_searches FOREIGN KEY(search_id) REFERENCES searches (id), 
	CONSTRAINT ck_runs_kind CHECK (kind IN ('train', 'trial', 'finetune')), 
	CONSTRAINT uq_runs_made_id UNIQUE (made_id)
);
INSERT INTO "runs" VALUES('3c51d33a3041','train',1,'tiny','1','/plugins/tiny.py','{"learning_rate": 0.02, "filters": 2, "optimizer": "adam", "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.2, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none"}','{"epochs": 2, "seed": 0, "patience": 10, "class_weights": null, "oversample": null, "steps_per_epoch": null, "fraction": 0.5, "cache_features": null, "cache_dtype": null, "cache_views": null, "image_size": 8, "channels": 1, "preset": null, "weights": null}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"}',NULL,'completed','2026-11-30 03:48:16.879692','2026-11-30 03:48:24.357496',NULL,NULL,NULL,NULL,NULL,'ac3bdaa56142',NULL,NULL,'example:7783:512','ac3bdaa56142');
INSERT INTO "runs" VALUES('91cbe4093a85','trial',1,'tiny','1','/plugins/tiny.py','{"optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none", "filters": 2}','{"epochs": 3, "seed": 5, "patience": 4, "class_weights": null, "oversample": true, "steps_per_epoch": null, "fraction": null, "cache_features": null, "cache_dtype": null, "cache_views": 2, "pruner": "none", "max_seconds": 3600.0, "target": null, "keep": 1, "image_size": 8, "channels": 1, "weights": null}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"}',NULL,'completed','2026-11-30 03:48:26.993879','2026-11-30 03:48:32.581264','94171d1f777b','0',1,'{"hyperparameters": {"architecture": "tiny", "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none", "tiny/filters": 2}, "epochs": 3, "initial_epoch": 0, "continues": null, "origin": "defaults", "after": 0, "deaths": []}',8.99999976158142089843e-01,'3cf1b77d13c6',NULL,'{"val_accuracy": 0.8999999761581421}','example:7783:512','3cf1b77d13c6');
INSERT INTO "runs" VALUES('1dce548ad172','trial',1,'large','1','/plugins/tiny.py','{"optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none", "filters": 2}','{"epochs": 3, "seed": 6, "patience": 4, "class_weights": null, "oversample": true, "steps_per_epoch": null, "fraction": null, "cache_features": null, "cache_dtype": null, "cache_views": 2, "pruner": "none", "max_seconds": 3600.0, "target": null, "keep": 1, "image_size": 16, "channels": 3, "weights": null}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"}',NULL,'interrupted','2026-11-30 03:48:32.594818','2026-11-30 03:48:38.633266','94171d1f777b','1',2,'{"hyperparameters": {"architecture": "large", "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none", "large/filters": 2}, "epochs": 3, "initial_epoch": 0, "continues": null, "origin": "defaults", "after": 1, "deaths": []}',NULL,NULL,NULL,NULL,'example:7783:512',NULL);
INSERT INTO "runs" VALUES('1cd431230a4a','trial',1,'tiny','1','/plugins/tiny.py','{"filters": 2, "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none"}','{"epochs": 3, "seed": 5, "patience": 4, "class_weights": null, "oversample": true, "steps_per_epoch": null, "fraction": null, "cache_features": null, "cache_dtype": null, "cache_views": 2, "image_size": 8, "channels": 1, "weights": null, "pruner": "none", "max_seconds": 3600.0, "target": null, "keep": 1}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"}',NULL,'completed','2026-11-30 03:48:41.128559','2026-11-30 03:48:48.202547','af125970da20','0',1,'{"hyperparameters": {"filters": 2, "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none"}, "epochs": 3, "initial_epoch": 0, "continues": null, "origin": "defaults", "after": 0, "deaths": []}',8.99999976158142089843e-01,'e7bb7270ca78',NULL,'{"val_accuracy": 0.8999999761581421}','example:7783:512','e7bb7270ca78');
INSERT INTO "runs" VALUES('246205d46e79','trial',1,'tiny','1','/plugins/tiny.py','{"filters": 4, "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none"}','{"epochs": 3, "seed": 6, "patience": 4, "class_weights": null, "oversample": true, "steps_per_epoch": null, "fraction": null, "cache_features": null, "cache_dtype": null, "cache_views": 2, "image_size": 8, "channels": 1, "weights": null, "pruner": "none", "max_seconds": 3600.0, "target": null, "keep": 1}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"}',NULL,'interrupted','2026-11-30 03:48:48.305686','2026-11-30 03:48:54.803992','af125970da20','1',2,'{"hyperparameters": {"filters": 4, "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none"}, "epochs": 3, "initial_epoch": 0, "continues": null, "origin": null, "after": 1, "deaths": []}',NULL,NULL,NULL,NULL,'example:7783:512',NULL);
INSERT INTO "runs" VALUES('4ee2ad27f284','trial',2,'tiny','1','/plugins/tiny.py','{"freeze": "all", "learning_rate": 0.01, "schedule": "constant", "warmup_epochs": 0, "filters": 2, "optimizer": "adam", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.2, "output": "softmax", "label_smoothing": 0.0, "unfreeze_rate": 0.1, "augmentation": "none"}','{"epochs": 3, "seed": 5, "patience": 10, "class_weights": null, "oversample": null, "steps_per_epoch": null, "fraction": null, "cache_features": "on", "cache_dtype": null, "cache_views": null, "image_size": 8, "channels": 1, "weights": null, "keeps_head": true, "parent": "ac3bdaa56142", "pruner": "none", "max_seconds": null, "target": null, "keep": 1}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"}','ac3bdaa56142','completed','2026-11-30 03:48:57.149631','2026-11-30 03:49:00.428717','f6b920d762e7','0',1,'{"hyperparameters": {"freeze": "all", "learning_rate": 0.01, "schedule": "constant", "warmup_epochs": 0, "filters": 2, "optimizer": "adam", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.2, "output": "softmax", "label_smoothing": 0.0, "unfreeze_rate": 0.1, "augmentation": "none"}, "epochs": 3, "initial_epoch": 0, "continues": null, "origin": "defaults", "after": 0, "deaths": []}',4.58333343267440795898e-01,'1807e6fe1ef6',NULL,'{"val_accuracy": 0.4583333432674408}','example:7783:512','1807e6fe1ef6');
INSERT INTO "runs" VALUES('43f3c23ab846','trial',2,'tiny','1','/plugins/tiny.py','{"freeze": "none", "learning_rate": 0.01, "schedule": "constant", "warmup_epochs": 0, "head_epochs": 0, "unfreeze_epochs": 0, "layer_decay": 0.75, "batchnorm": "train", "filters": 2, "optimizer": "adam", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.2, "output": "softmax", "label_smoothing": 0.0, "unfreeze_rate": 0.1, "augmentation": "none"}','{"epochs": 3, "seed": 6, "patience": 10, "class_weights": null, "oversample": null, "steps_per_epoch": null, "fraction": null, "cache_features": "on", "cache_dtype": null, "cache_views": null, "image_size": 8, "channels": 1, "weights": null, "keeps_head": true, "parent": "ac3bdaa56142", "pruner": "none", "max_seconds": null, "target": null, "keep": 1}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"}','ac3bdaa56142','interrupted','2026-11-30 03:49:00.484378','2026-11-30 03:49:03.897859','f6b920d762e7','1',2,'{"hyperparameters": {"freeze": "none", "learning_rate": 0.01, "schedule": "constant", "warmup_epochs": 0, "head_epochs": 0, "unfreeze_epochs": 0, "layer_decay": 0.75, "batchnorm": "train", "filters": 2, "optimizer": "adam", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.2, "output": "softmax", "label_smoothing": 0.0, "unfreeze_rate": 0.1, "augmentation": "none"}, "epochs": 3, "initial_epoch": 0, "continues": null, "origin": null, "after": 1, "deaths": []}',NULL,NULL,NULL,NULL,'example:7783:512',NULL);
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
INSERT INTO "searches" VALUES('94171d1f777b',1,'tiny,large','1,1','/plugins/tiny.py','random','[["val_accuracy", "max"]]',3,3,5,'{"learning_rate": 0.01, "pooling": "avg", "head_units": "0", "dropout": 0.0, "augmentation": "none"}','{"space": [{"class_name": "Choice", "config": {"name": "architecture", "default": "tiny", "conditions": [], "values": ["tiny", "large"], "ordered": false}}, {"class_name": "Fixed", "config": {"name": "optimizer", "conditions": [], "value": "adam"}}, {"class_name": "Fixed", "config": {"name": "learning_rate", "conditions": [], "value": 0.01}}, {"class_name": "Fixed", "config": {"name": "schedule", "conditions": [], "value": "constant"}}, {"class_name": "Fixed", "config": {"name": "weight_decay", "conditions": [], "value": 0.0}}, {"class_name": "Fixed", "config": {"name": "batch_size", "conditions": [], "value": 32}}, {"class_name": "Fixed", "config": {"name": "pooling", "conditions": [], "value": "avg"}}, {"class_name": "Fixed", "config": {"name": "head_units", "conditions": [], "value": "0"}}, {"class_name": "Fixed", "config": {"name": "dropout", "conditions": [], "value": 0.0}}, {"class_name": "Fixed", "config": {"name": "output", "conditions": [], "value": "softmax"}}, {"class_name": "Fixed", "config": {"name": "label_smoothing", "conditions": [], "value": 0.0}}, {"class_name": "Fixed", "config": {"name": "freeze", "conditions": [], "value": "none"}}, {"class_name": "Fixed", "config": {"name": "batchnorm", "conditions": [], "value": "train"}}, {"class_name": "Fixed", "config": {"name": "head_epochs", "conditions": [], "value": 0}}, {"class_name": "Fixed", "config": {"name": "unfreeze_epochs", "conditions": [], "value": 0}}, {"class_name": "Fixed", "config": {"name": "unfreeze_rate", "conditions": [], "value": 0.1}}, {"class_name": "Fixed", "config": {"name": "layer_decay", "conditions": [], "value": 1.0}}, {"class_name": "Fixed", "config": {"name": "warmup_epochs", "conditions": [], "value": 0}}, {"class_name": "Fixed", "config": {"name": "augmentation", "conditions": [], "value": "none"}}, {"class_name": "Int", "config": {"name": "tiny/filters", "default": 2, "conditions": [{"class_name": "Parent", "config": {"name": "architecture", "values": ["tiny"]}}], "min_value": 1, "max_value": 4, "step": 1, "sampling": "linear"}}, {"class_name": "Int", "config": {"name": "large/filters", "default": 2, "conditions": [{"class_name": "Parent", "config": {"name": "architecture", "values": ["large"]}}], "min_value": 1, "max_value": 4, "step": 1, "sampling": "linear"}}], "values": {"architecture": "tiny", "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none", "tiny/filters": 2}}','{"epochs": 3, "seed": 5, "patience": 4, "class_weights": null, "oversample": true, "steps_per_epoch": null, "fraction": null, "cache_features": null, "cache_dtype": null, "cache_views": 2, "tiny/image_size": 8, "tiny/channels": 1, "tiny/weights": null, "large/image_size": 16, "large/channels": 3, "large/weights": null, "pruner": "none", "max_seconds": 3600.0, "target": null, "keep": 1}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"}','interrupted','example:7783:512','2026-11-30 03:48:26.751791','2026-11-30 03:48:38.645095',NULL,'[[{"architecture": "tiny", "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none", "tiny/filters": 2}, "defaults"], [{"architecture": "large", "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none", "large/filters": 2}, "defaults"]]');
INSERT INTO "searches" VALUES('af125970da20',1,'tiny','1','/plugins/tiny.py','random','[["val_accuracy", "max"]]',3,3,5,'{"learning_rate": 0.01, "pooling": "avg", "head_units": "0", "dropout": 0.0, "augmentation": "none"}','{"space": [{"class_name": "Int", "config": {"name": "filters", "default": 2, "conditions": [], "min_value": 1, "max_value": 4, "step": 1, "sampling": "linear"}}, {"class_name": "Fixed", "config": {"name": "optimizer", "conditions": [], "value": "adam"}}, {"class_name": "Fixed", "config": {"name": "learning_rate", "conditions": [], "value": 0.01}}, {"class_name": "Fixed", "config": {"name": "schedule", "conditions": [], "value": "constant"}}, {"class_name": "Fixed", "config": {"name": "weight_decay", "conditions": [], "value": 0.0}}, {"class_name": "Fixed", "config": {"name": "batch_size", "conditions": [], "value": 32}}, {"class_name": "Fixed", "config": {"name": "pooling", "conditions": [], "value": "avg"}}, {"class_name": "Fixed", "config": {"name": "head_units", "conditions": [], "value": "0"}}, {"class_name": "Fixed", "config": {"name": "dropout", "conditions": [], "value": 0.0}}, {"class_name": "Fixed", "config": {"name": "output", "conditions": [], "value": "softmax"}}, {"class_name": "Fixed", "config": {"name": "label_smoothing", "conditions": [], "value": 0.0}}, {"class_name": "Fixed", "config": {"name": "freeze", "conditions": [], "value": "none"}}, {"class_name": "Fixed", "config": {"name": "batchnorm", "conditions": [], "value": "train"}}, {"class_name": "Fixed", "config": {"name": "head_epochs", "conditions": [], "value": 0}}, {"class_name": "Fixed", "config": {"name": "unfreeze_epochs", "conditions": [], "value": 0}}, {"class_name": "Fixed", "config": {"name": "unfreeze_rate", "conditions": [], "value": 0.1}}, {"class_name": "Fixed", "config": {"name": "layer_decay", "conditions": [], "value": 1.0}}, {"class_name": "Fixed", "config": {"name": "warmup_epochs", "conditions": [], "value": 0}}, {"class_name": "Fixed", "config": {"name": "augmentation", "conditions": [], "value": "none"}}], "values": {"filters": 2, "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none"}}','{"epochs": 3, "seed": 5, "patience": 4, "class_weights": null, "oversample": true, "steps_per_epoch": null, "fraction": null, "cache_features": null, "cache_dtype": null, "cache_views": 2, "image_size": 8, "channels": 1, "weights": null, "pruner": "none", "max_seconds": 3600.0, "target": null, "keep": 1}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"}','interrupted','example:7783:512','2026-11-30 03:48:40.980892','2026-11-30 03:48:54.833152',NULL,'[[{"filters": 2, "optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.0, "output": "softmax", "label_smoothing": 0.0, "freeze": "none", "batchnorm": "train", "head_epochs": 0, "unfreeze_epochs": 0, "unfreeze_rate": 0.1, "layer_decay": 1.0, "warmup_epochs": 0, "augmentation": "none"}, "defaults"]]');
INSERT INTO "searches" VALUES('f6b920d762e7',2,'tiny','1','/plugins/tiny.py','random','[["val_accuracy", "max"]]',3,3,5,'{"learning_rate": 0.01}','{"space": [{"class_name": "Choice", "config": {"name": "freeze", "default": "all", "conditions": [], "values": ["all", "front", "none"], "ordered": false}}, {"class_name": "Fixed", "config": {"name": "learning_rate", "conditions": [], "value": 0.01}}, {"class_name": "Choice", "config": {"name": "schedule", "default": "constant", "conditions": [], "values": ["constant", "cosine"], "ordered": false}}, {"class_name": "Choice", "config": {"name": "warmup_epochs", "default": 0, "conditions": [], "values": [0, 1], "ordered": true}}, {"class_name": "Choice", "config": {"name": "head_epochs", "default": 0, "conditions": [{"class_name": "Parent", "config": {"name": "freeze", "values": ["front", "none"]}}], "values": [0, 1], "ordered": true}}, {"class_name": "Choice", "config": {"name": "unfreeze_epochs", "default": 0, "conditions": [{"class_name": "Parent", "config": {"name": "freeze", "values": ["front", "none"]}}], "values": [0, 1], "ordered": true}}, {"class_name": "Choice", "config": {"name": "layer_decay", "default": 1.0, "conditions": [{"class_name": "Parent", "config": {"name": "freeze", "values": ["front", "none"]}}], "values": [1.0, 0.75, 0.5], "ordered": true}}, {"class_name": "Fixed", "config": {"name": "batchnorm", "conditions": [{"class_name": "Parent", "config": {"name": "freeze", "values": ["front", "none"]}}], "value": "train"}}, {"class_name": "Fixed", "config": {"name": "filters", "conditions": [], "value": 2}}, {"class_name": "Fixed", "config": {"name": "optimizer", "conditions": [], "value": "adam"}}, {"class_name": "Fixed", "config": {"name": "weight_decay", "conditions": [], "value": 0.0}}, {"class_name": "Fixed", "config": {"name": "batch_size", "conditions": [], "value": 32}}, {"class_name": "Fixed", "config": {"name": "pooling", "conditions": [], "value": "avg"}}, {"class_name": "Fixed", "config": {"name": "head_units", "conditions": [], "value": "0"}}, {"class_name": "Fixed", "config": {"name": "dropout", "conditions": [], "value": 0.2}}, {"class_name": "Fixed", "config": {"name": "output", "conditions": [], "value": "softmax"}}, {"class_name": "Fixed", "config": {"name": "label_smoothing", "conditions": [], "value": 0.0}}, {"class_name": "Fixed", "config": {"name": "unfreeze_rate", "conditions": [], "value": 0.1}}, {"class_name": "Fixed", "config": {"name": "augmentation", "conditions": [], "value": "none"}}], "values": {"freeze": "all", "learning_rate": 0.01, "schedule": "constant", "warmup_epochs": 0, "filters": 2, "optimizer": "adam", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.2, "output": "softmax", "label_smoothing": 0.0, "unfreeze_rate": 0.1, "augmentation": "none"}}','{"epochs": 3, "seed": 5, "patience": 10, "class_weights": null, "oversample": null, "steps_per_epoch": null, "fraction": null, "cache_features": "on", "cache_dtype": null, "cache_views": null, "image_size": 8, "channels": 1, "weights": null, "keeps_head": true, "parent": "ac3bdaa56142", "pruner": "none", "max_seconds": null, "target": null, "keep": 1}','{"zoo": "0.1.0", "python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"}','interrupted','example:7783:512','2026-11-30 03:48:57.082371','2026-11-30 03:49:03.907613',NULL,'[[{"freeze": "all", "learning_rate": 0.01, "schedule": "constant", "warmup_epochs": 0, "filters": 2, "optimizer": "adam", "weight_decay": 0.0, "batch_size": 32, "pooling": "avg", "head_units": "0", "dropout": 0.2, "output": "softmax", "label_smoothing": 0.0, "unfreeze_rate": 0.1, "augmentation": "none"}, "defaults"]]');
CREATE TABLE tensors (
	model_id VARCHAR(12) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_tensors PRIMARY KEY (model_id, digest), 
	CONSTRAINT fk_tensors_model_id_models FOREIGN KEY(model_id) REFERENCES models (id)
);
INSERT INTO "tensors" VALUES('ac3bdaa56142','4746f3f44db2c695ff99b6371b4becbc1d4f4d46db1642dfb8fee18a7433ac93');
INSERT INTO "tensors" VALUES('ac3bdaa56142','91377f38bf32737f48b675502875c05abbb80c7e7faaf9b0e53fef2665e479da');
INSERT INTO "tensors" VALUES('ac3bdaa56142','731f776689c97b024a82705c5c459857990af0be4308fca93a774255530f9e95');
INSERT INTO "tensors" VALUES('ac3bdaa56142','8422658016733b9df83a9d580adc8770c4c992af9450a0d73cba34ad98cda21e');
INSERT INTO "tensors" VALUES('ac3bdaa56142','9663b94e3739f7062a79d07cc70c2638a6ced7abc65040deae90064bba08a0e3');
INSERT INTO "tensors" VALUES('ac3bdaa56142','c39ef246f890df4c6c752e227878d361d7e8ad6a1549a5e41635354498b5dd72');
INSERT INTO "tensors" VALUES('ac3bdaa56142','e7be4d0773429091925180625b8c43c06460631d43b454e09c8c5721de008a4b');
INSERT INTO "tensors" VALUES('3cf1b77d13c6','41e72b3fe98906ca5688da2b241446b394fad543691802ba8529396bf1108184');
INSERT INTO "tensors" VALUES('3cf1b77d13c6','0e07ecc95b9067651e883683b34933675ca4f24e50e1cf435a1d26aa584a4ef7');
INSERT INTO "tensors" VALUES('3cf1b77d13c6','80f4fce41974246de8a3e1bffc5af51d84d1c8c1b5fdb72fd8a894f3d5c9fcf7');
INSERT INTO "tensors" VALUES('3cf1b77d13c6','c24e09fe663f7d703c38da41c5355a6d3c479419577a557e05673a21014885dc');
INSERT INTO "tensors" VALUES('3cf1b77d13c6','c359373a98fa313beaa73e42a634bbaba5dd0b3a4dd4db1403e7bf434a252980');
INSERT INTO "tensors" VALUES('3cf1b77d13c6','e3468819497247ae851603a9681d00f7637e55d2e6217e29ad5ce71028c7e29c');
INSERT INTO "tensors" VALUES('3cf1b77d13c6','f02cf06b4df888eb73b2043c3390bbc185209013e392a5441776ed79d388b8fc');
INSERT INTO "tensors" VALUES('e7bb7270ca78','41e72b3fe98906ca5688da2b241446b394fad543691802ba8529396bf1108184');
INSERT INTO "tensors" VALUES('e7bb7270ca78','0e07ecc95b9067651e883683b34933675ca4f24e50e1cf435a1d26aa584a4ef7');
INSERT INTO "tensors" VALUES('e7bb7270ca78','80f4fce41974246de8a3e1bffc5af51d84d1c8c1b5fdb72fd8a894f3d5c9fcf7');
INSERT INTO "tensors" VALUES('e7bb7270ca78','c24e09fe663f7d703c38da41c5355a6d3c479419577a557e05673a21014885dc');
INSERT INTO "tensors" VALUES('e7bb7270ca78','c359373a98fa313beaa73e42a634bbaba5dd0b3a4dd4db1403e7bf434a252980');
INSERT INTO "tensors" VALUES('e7bb7270ca78','e3468819497247ae851603a9681d00f7637e55d2e6217e29ad5ce71028c7e29c');
INSERT INTO "tensors" VALUES('e7bb7270ca78','f02cf06b4df888eb73b2043c3390bbc185209013e392a5441776ed79d388b8fc');
INSERT INTO "tensors" VALUES('1807e6fe1ef6','2a1c00ab28e178aceb57345b6a81a5ddf7b62f448a2280971699a41eb04cdc70');
INSERT INTO "tensors" VALUES('1807e6fe1ef6','1586a8e26876447656cee88a75d3ce50678284a30030337e2b607a8278f98f1d');
INSERT INTO "tensors" VALUES('1807e6fe1ef6','4746f3f44db2c695ff99b6371b4becbc1d4f4d46db1642dfb8fee18a7433ac93');
INSERT INTO "tensors" VALUES('1807e6fe1ef6','9663b94e3739f7062a79d07cc70c2638a6ced7abc65040deae90064bba08a0e3');
INSERT INTO "tensors" VALUES('1807e6fe1ef6','c39ef246f890df4c6c752e227878d361d7e8ad6a1549a5e41635354498b5dd72');
INSERT INTO "tensors" VALUES('1807e6fe1ef6','d7dbb8bf0e8c831b756a36f5e31a050ff8ed45b4c408c0ba3598952aade1c2c7');
INSERT INTO "tensors" VALUES('1807e6fe1ef6','e7be4d0773429091925180625b8c43c06460631d43b454e09c8c5721de008a4b');
CREATE INDEX ix_searches_dataset_id ON searches (dataset_id);
CREATE INDEX ix_tensors_digest ON tensors (digest);
CREATE INDEX ix_runs_dataset_id ON runs (dataset_id);
CREATE INDEX ix_runs_parent_id ON runs (parent_id);
CREATE INDEX ix_aliases_model_id ON aliases (model_id);
COMMIT;
