# SPDX-License-Identifier: MIT
"""The Python package's queries: what `then` and `within` may be. No library is opened."""
import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("REELVEC_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "python"))

import reelvec  # noqa: E402


class QueryTest(unittest.TestCase):
    def test_sequences_that_cannot_be_are_refused(self):
        library = reelvec.Library("/nothing.db")
        for options, kind, words in (
                ({"then": b"b"}, TypeError, "then must be a text, a Term or a list of parts, not bytes"),
                ({"then": 3}, TypeError, "not int"),
                ({"then": ["b", 3]}, TypeError, "not int"),
                ({"then": ["b", ["c", None]]}, TypeError, "not NoneType"),
                ({"within": 3}, reelvec.ArgumentError, "within is for sequences"),
                ({"then": None, "within": 3}, reelvec.ArgumentError, "within is for sequences"),
                ({"then": "b", "within": 0}, reelvec.ArgumentError, "within 0 s: must be above 0"),
                ({"then": "b", "within": "3"}, TypeError, "within must be a number"),
                ({"without": "a\ud800"}, reelvec.ArgumentError, "lone surrogate")):
            with self.assertRaisesRegex(kind, words):
                library.search("a", **options)
