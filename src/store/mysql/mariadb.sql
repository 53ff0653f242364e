-- SPDX-License-Identifier: MIT
-- The schema of a MariaDB library, in numbered versions. A new library gets all of them in order, an older one those
-- that it lacks. Statements that change tables end transactions here. So each statement can be repeated, also by two
-- processes at once: it does not change what exists already.
--
-- Text is compared byte by byte. A path and a content key may be longer than a key column, so their digests are stored
-- too.
-- embedding_data gets its dimensions when a model claims the library.

-- version 1
CREATE TABLE IF NOT EXISTS library (
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

CREATE TABLE IF NOT EXISTS videos (
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

CREATE TABLE IF NOT EXISTS frames (
  video_id BIGINT NOT NULL,
  frame_number BIGINT NOT NULL CHECK (frame_number BETWEEN 1 AND 4294967295),
  time DOUBLE NOT NULL,
  embedding_data VECTOR(1) NOT NULL,
  PRIMARY KEY (video_id, frame_number)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS frame_pictures (
  video_id BIGINT NOT NULL,
  frame_number BIGINT NOT NULL,
  frame_data LONGBLOB NOT NULL,
  PRIMARY KEY (video_id, frame_number)
) ENGINE = InnoDB;

CREATE OR REPLACE VIEW frames_with_pictures AS
  SELECT frames.video_id, videos.path, frames.frame_number, frames.time,
    frames.embedding_data, frame_pictures.frame_data
  FROM frames JOIN videos ON videos.video_id = frames.video_id
  LEFT JOIN frame_pictures ON frame_pictures.video_id = frames.video_id
    AND frame_pictures.frame_number = frames.frame_number;

-- version 2: notes
-- Programs that know only version 1 make this table too, with the first note.
CREATE TABLE IF NOT EXISTS library_notes (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  value LONGTEXT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
