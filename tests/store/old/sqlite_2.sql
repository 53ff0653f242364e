-- SPDX-License-Identifier: MIT
-- What the program of schema version 2 had more in a library file than that of version 1.

CREATE TABLE derived_data (
  name TEXT PRIMARY KEY,
  token BLOB,
  log_position INTEGER NOT NULL,
  schema_cookie INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE frame_changes (
  change_id INTEGER PRIMARY KEY AUTOINCREMENT,
  first_id INTEGER NOT NULL,
  last_id INTEGER NOT NULL
);

CREATE TRIGGER log_insert AFTER INSERT ON frames WHEN EXISTS (SELECT 1 FROM derived_data) BEGIN
  INSERT INTO frame_changes (first_id, last_id) VALUES (new.frame_id, new.frame_id);
END;

CREATE TRIGGER log_update AFTER UPDATE ON frames WHEN EXISTS (SELECT 1 FROM derived_data) BEGIN
  INSERT INTO frame_changes (first_id, last_id) VALUES (old.frame_id, old.frame_id);
  INSERT INTO frame_changes (first_id, last_id) VALUES (new.frame_id, new.frame_id);
END;

CREATE TRIGGER log_delete AFTER DELETE ON frames WHEN EXISTS (SELECT 1 FROM derived_data) BEGIN
  INSERT INTO frame_changes (first_id, last_id) VALUES (old.frame_id, old.frame_id);
END;

PRAGMA user_version = 2;

UPDATE library SET schema_version = 2;

INSERT INTO derived_data VALUES ('codes', NULL, 0, 1);

INSERT INTO frame_changes (first_id, last_id) VALUES ((1 << 32) + 1, (1 << 32) + 3);
