#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A library's frames as a table of LanceDB.

    to_lancedb.py LIBRARY FOLDER TEXT
"""
import sys

import lancedb

import reelvec


def main(path, folder, text):
    with reelvec.Library(path, read_only=True) as library:
        # Columns time, video, frame_number, video_id, and embedding as a list of one length. LanceDB brings pyarrow.
        table = lancedb.connect(folder).create_table("frames", library.embeddings().to_arrow(), mode="overwrite")
        query = library.model.encode_text(text)
        for row in table.search(query, vector_column_name="embedding").distance_type("dot").limit(5).to_list():
            print(f"{1 - row['_distance']:.4f}  {row['time']:.1f}  {row['video']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
