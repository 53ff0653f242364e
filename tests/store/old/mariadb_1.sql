-- SPDX-License-Identifier: MIT
-- A MariaDB library as the program of schema version 1 made it, with rows, and before it what clears the database.

DROP VIEW IF EXISTS frames_with_pictures;

DROP TABLE IF EXISTS library_notes;

DROP TABLE IF EXISTS frame_pictures;

DROP TABLE IF EXISTS frames;

DROP TABLE IF EXISTS videos;

DROP TABLE IF EXISTS library;

CREATE TABLE library (
  id TINYINT PRIMARY KEY CHECK (id = 1),
  kind VARCHAR(64) NOT NULL,
  schema_version INT NOT NULL,
  created DATETIME NOT NULL,
  model_name TEXT,
  weights_sha256 TEXT,
  dimensions INT,
  preprocess_version INT,
  normalized BOOLEAN
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE TABLE videos (
  video_id BIGINT PRIMARY KEY AUTO_INCREMENT,
  path LONGTEXT NOT NULL,
  path_key CHAR(64) CHARACTER SET ascii NOT NULL UNIQUE,
  content_key LONGTEXT NOT NULL,
  content_hash CHAR(64) CHARACTER SET ascii NOT NULL,
  size_bytes BIGINT NOT NULL,
  modified_ns BIGINT NOT NULL,
  duration DOUBLE NOT NULL,
  width INT NOT NULL,
  height INT NOT NULL,
  frame_rate DOUBLE NOT NULL,
  codec LONGTEXT NOT NULL,
  sampling LONGTEXT NOT NULL,
  state VARCHAR(32) NOT NULL,
  error LONGTEXT NOT NULL,
  created DATETIME NOT NULL,
  updated DATETIME NOT NULL,
  KEY videos_by_content (content_hash)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE TABLE frames (
  video_id BIGINT NOT NULL,
  frame_number BIGINT NOT NULL CHECK (frame_number BETWEEN 1 AND 4294967295),
  time DOUBLE NOT NULL,
  embedding_data VECTOR(2) NOT NULL,
  PRIMARY KEY (video_id, frame_number)
) ENGINE = InnoDB;

CREATE TABLE frame_pictures (
  video_id BIGINT NOT NULL,
  frame_number BIGINT NOT NULL,
  frame_data LONGBLOB NOT NULL,
  PRIMARY KEY (video_id, frame_number)
) ENGINE = InnoDB;

CREATE VIEW frames_with_pictures AS
  SELECT frames.video_id, videos.path, frames.frame_number, frames.time,
    frames.embedding_data, frame_pictures.frame_data
  FROM frames JOIN videos ON videos.video_id = frames.video_id
  LEFT JOIN frame_pictures ON frame_pictures.video_id = frames.video_id
    AND frame_pictures.frame_number = frames.frame_number;

INSERT INTO library VALUES (1, 'frames', 1, '2026-01-02 03:04:05', 'ViT-T/8', '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 2, 1, 1);

INSERT INTO videos (path, path_key, content_key, content_hash, size_bytes, modified_ns, duration, width, height, frame_rate, codec, sampling,
  state, error, created, updated)
  VALUES ('/films/ä b.mp4', SHA2('/films/ä b.mp4', 256), 'sha256:01', SHA2('sha256:01', 256), 1234, 1700000000123456789, 2.5, 640, 360, 29.97, 'h264', 'interval:1', 'complete', '',
  '2026-01-02 03:04:05', '2026-01-03 03:04:05');

INSERT INTO videos (path, path_key, content_key, content_hash, size_bytes, modified_ns, duration, width, height, frame_rate, codec, sampling,
  state, error, created, updated)
  VALUES ('/films/broken.mp4', SHA2('/films/broken.mp4', 256), 'sha256:02', SHA2('sha256:02', 256), 0, -7, 0.5, 0, 0, 0.5, '', 'scene:0.3', 'failed', 'it''s broken',
  '2026-01-02 03:04:05', '2026-01-03 03:04:05');

INSERT INTO frames VALUES (1, 1, 0.5, X'0000803F00000000');

INSERT INTO frames VALUES (1, 2, 1.5, X'000000000000803F');

INSERT INTO frames VALUES (1, 3, 2.5, X'9A99193FCDCC4C3F');

INSERT INTO frames VALUES (2, 4294967295, 7.25, X'000080BF00000000');

INSERT INTO frame_pictures VALUES (1, 1, X'5049435455524520312F31');

INSERT INTO frame_pictures VALUES (1, 3, X'5049435455524520312F33');
