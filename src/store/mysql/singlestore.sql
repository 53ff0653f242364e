-- SPDX-License-Identifier: MIT
-- The schema of a SingleStore library, in numbered versions as in mariadb.sql. No server was available for the tests.
--
-- Small tables have a full copy on every node, so that they may have several unique keys. embedding_data gets its
-- dimensions when a model claims the library.

-- version 1
CREATE ROWSTORE REFERENCE TABLE IF NOT EXISTS library (id BIGINT NOT NULL PRIMARY KEY,
  kind VARCHAR(64) NOT NULL,
  schema_version INT NOT NULL,
  created DATETIME NOT NULL,
  model_name TEXT,
  weights_sha256 TEXT,
  dimensions INT,
  preprocess_version INT,
  normalized TINYINT);

CREATE ROWSTORE REFERENCE TABLE IF NOT EXISTS videos (video_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  path LONGTEXT NOT NULL,
  path_key CHAR(64) NOT NULL,
  content_key LONGTEXT NOT NULL,
  content_hash CHAR(64) NOT NULL,
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
  UNIQUE KEY (path_key),
  KEY (content_hash));

CREATE TABLE IF NOT EXISTS frames (video_id BIGINT NOT NULL,
  frame_number BIGINT NOT NULL,
  time DOUBLE NOT NULL,
  embedding_data VECTOR(1, F32) NOT NULL,
  SORT KEY (video_id, frame_number),
  SHARD KEY (video_id, frame_number),
  UNIQUE KEY (video_id, frame_number) USING HASH);

CREATE TABLE IF NOT EXISTS frame_pictures (video_id BIGINT NOT NULL,
  frame_number BIGINT NOT NULL,
  frame_data LONGBLOB NOT NULL,
  SORT KEY (video_id, frame_number),
  SHARD KEY (video_id, frame_number),
  UNIQUE KEY (video_id, frame_number) USING HASH);

CREATE OR REPLACE VIEW frames_with_pictures AS
  SELECT frames.video_id, videos.path, frames.frame_number,
    frames.time, frames.embedding_data, frame_pictures.frame_data
  FROM frames JOIN videos ON videos.video_id = frames.video_id
  LEFT JOIN frame_pictures ON frame_pictures.video_id = frames.video_id
    AND frame_pictures.frame_number = frames.frame_number;

-- version 2: notes
CREATE ROWSTORE REFERENCE TABLE IF NOT EXISTS library_notes (name VARCHAR(64) NOT NULL PRIMARY KEY,
  value LONGTEXT NOT NULL);
