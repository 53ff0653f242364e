-- SPDX-License-Identifier: MIT
-- The schema of a library file (SQLite), in numbered versions. A new library gets all of them in order, an older one
-- those that it lacks. SQLite stores the text of these statements, and a library whose text differs in one character is
-- refused. So a statement is never changed here; each change is a new version.

-- version 1
--
-- frames: frame_id = video_id * 2^32 + frame_number is the row's key, so that a scan in the order of videos and frames
-- reads the table sequentially. The pictures, which are ten times as large, have a table of their own.
CREATE TABLE library (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  kind TEXT NOT NULL,
  schema_version INTEGER NOT NULL,
  created TEXT NOT NULL,
  model_name TEXT,
  weights_sha256 TEXT,
  dimensions INTEGER,
  preprocess_version INTEGER,
  normalized INTEGER
);

CREATE TABLE videos (
  video_id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  content_key TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  duration REAL NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  frame_rate REAL NOT NULL,
  codec TEXT NOT NULL,
  sampling TEXT NOT NULL,
  state TEXT NOT NULL,
  error TEXT NOT NULL,
  created TEXT NOT NULL,
  updated TEXT NOT NULL
);

CREATE INDEX videos_by_content ON videos (content_key);

CREATE TABLE frames (
  frame_id INTEGER PRIMARY KEY CHECK (frame_id = (video_id << 32) + frame_number),
  video_id INTEGER NOT NULL REFERENCES videos ON DELETE CASCADE,
  frame_number INTEGER NOT NULL CHECK (frame_number BETWEEN 1 AND 4294967295),
  time REAL NOT NULL,
  embedding_data BLOB NOT NULL,
  UNIQUE (video_id, frame_number)
);

CREATE TABLE frame_pictures (
  video_id INTEGER NOT NULL,
  frame_number INTEGER NOT NULL,
  frame_data BLOB NOT NULL,
  PRIMARY KEY (video_id, frame_number),
  FOREIGN KEY (video_id, frame_number) REFERENCES frames (video_id, frame_number)
    ON DELETE CASCADE
) WITHOUT ROWID;

CREATE VIEW frames_with_pictures AS
  SELECT frames.video_id, videos.path, frames.frame_number, frames.time,
    frames.embedding_data, frame_pictures.frame_data
  FROM frames JOIN videos USING (video_id)
  LEFT JOIN frame_pictures ON frame_pictures.video_id = frames.video_id
    AND frame_pictures.frame_number = frames.frame_number;

-- version 2: data derived from frames
--
-- derived_data: files beside the library that are computed from frames (see derived data in store.h). As long as it has
-- rows, the key of every changed frame is logged in frame_changes. If another program writes, these triggers log it.
-- reelvec logs it itself, because it never runs code that is in a file.
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

-- version 3: notes
--
-- library_notes: small texts by name, such as the path of the model's checkpoint.
CREATE TABLE library_notes (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
