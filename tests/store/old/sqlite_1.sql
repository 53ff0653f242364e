-- SPDX-License-Identifier: MIT
-- A library file as the program of schema version 1 made it, with rows.

PRAGMA page_size = 16384;

PRAGMA auto_vacuum = INCREMENTAL;

PRAGMA journal_mode = WAL;

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

PRAGMA application_id = 1381385539;

PRAGMA user_version = 1;

INSERT INTO library VALUES (1, 'frames', 1, '2026-01-02T03:04:05Z', 'ViT-T/8', '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 2, 1, 1);

INSERT INTO videos (path, content_key, size_bytes, modified_ns, duration, width, height, frame_rate, codec, sampling, state, error,
  created, updated)
  VALUES ('/films/ä b.mp4', 'sha256:01', 1234, 1700000000123456789, 2.5, 640, 360, 29.97, 'h264', 'interval:1', 'complete', '',
  '2026-01-02T03:04:05Z', '2026-01-03T03:04:05Z');

INSERT INTO videos (path, content_key, size_bytes, modified_ns, duration, width, height, frame_rate, codec, sampling, state, error,
  created, updated)
  VALUES ('/films/broken.mp4', 'sha256:02', 0, -7, 0.5, 0, 0, 0.5, '', 'scene:0.3', 'failed', 'it''s broken',
  '2026-01-02T03:04:05Z', '2026-01-03T03:04:05Z');

INSERT INTO frames VALUES ((1 << 32) + 1, 1, 1, 0.5, x'0000803f00000000');

INSERT INTO frames VALUES ((1 << 32) + 2, 1, 2, 1.5, x'000000000000803f');

INSERT INTO frames VALUES ((1 << 32) + 3, 1, 3, 2.5, x'9a99193fcdcc4c3f');

INSERT INTO frames VALUES ((2 << 32) + 4294967295, 2, 4294967295, 7.25, x'000080bf00000000');

INSERT INTO frame_pictures VALUES (1, 1, x'5049435455524520312f31');

INSERT INTO frame_pictures VALUES (1, 3, x'5049435455524520312f33');
