# SPDX-License-Identifier: MIT
"""POST /api/v1/export of `reelvec serve`: the files are those of the command."""
import io
import json
import unittest
import urllib.parse
import zipfile

from serving import SOURCE, ServedTest
from whole_runs import PROGRAM, run


class ExportTest(ServedTest):
    MOMENTS = [{"video": 1, "start": 2, "end": 4.5, "name": "first"}, {"video": 2, "start": 1, "end": 3, "name": "Größe, \"zwei\""},
               {"video": 1, "start": 10, "end": 12, "name": "third"}]

    def export(self, **body):
        return self.server.post("/api/v1/export", {"moments": self.MOMENTS, **body})

    def formats(self):
        description = json.loads((SOURCE / "apps/web/page/openapi.json").read_text())
        return description["components"]["schemas"]["Export"]["properties"]["format"]["enum"]

    def list_file(self):
        names = {video["id"]: video["path"] for video in self.server.json("/api/v1/videos")["videos"]}
        path = self.folder / "moments.json"
        path.write_text(json.dumps([{**one, "video": names[one["video"]], "time": one["start"]} for one in self.MOMENTS]))
        return path

    def test_files_are_those_of_the_command(self):
        path = self.list_file()
        self.assertGreater(len(self.formats()), 10)
        for number, name in enumerate(self.formats()):
            folder = self.folder / f"export{number}"
            folder.mkdir()
            run(PROGRAM, "timeline", "-q", path, "-o", folder / "out", "-f", name)
            wanted = {file.name: file.read_bytes() for file in folder.iterdir()}
            answer = self.check(self.export(format=name), 200)
            disposition = answer.headers["content-disposition"]
            self.assertTrue(disposition.startswith("attachment; filename*=UTF-8''reelvec."), disposition)
            if len(wanted) == 1:
                self.assertEqual([answer.body], list(wanted.values()), name)
                continue
            self.assertEqual(answer.headers["content-type"], "application/zip")
            with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
                self.assertIsNone(archive.testzip())
                self.assertEqual(sorted(archive.read(one) for one in archive.namelist()), sorted(wanted.values()), name)

    def test_the_title_is_the_name(self):
        answer = self.check(self.export(format="csv", title="../ä/b:c"), 200)
        self.assertEqual(answer.headers["content-disposition"], "attachment; filename*=UTF-8''_%C3%A4_b_c.csv")
        self.assertEqual(answer.headers["reelvec-moments-written"], "3")

    def test_what_lies_outside_is_left_out(self):
        moments = [self.MOMENTS[0], {"video": 1, "start": 5000, "end": 5001}]
        answer = self.check(self.export(format="otio", moments=moments), 200)
        self.assertEqual((answer.headers["reelvec-moments-written"], answer.headers["reelvec-moments-left-out"]), ("1", "1"))
        notes = urllib.parse.unquote(answer.headers["reelvec-notes"])
        self.assertRegex(notes, "part0.*is outside of its video")
        many = self.check(self.export(format="otio", moments=[moments[0]] + moments[1:] * 200), 200)
        self.assertRegex(urllib.parse.unquote(many.headers["reelvec-notes"]), "^200 moments are outside")
        self.assertNotIn("reelvec-notes", self.check(self.export(format="otio", moments=moments[:1]), 200).headers)
        self.check(self.export(format="otio", moments=moments[1:]), 404)

    def test_what_is_wrong_is_told(self):
        for body, status, code in (
                ({"format": "zzz"}, 400, "no_such_format"), ({}, 400, "no_such_format"), ({"format": 5}, 400, "bad_parameter"),
                ({"format": "otio", "moments": []}, 400, "no_moments"), ({"format": "otio", "moments": 5}, 400, "no_moments"),
                ({"format": "otio", "moments": [5]}, 400, "bad_moment"), ({"format": "otio", "more": 1}, 400, "bad_parameter"),
                ({"format": "otio", "moments": [{"video": 99, "start": 1, "end": 2}]}, 404, "no_such_video"),
                ({"format": "otio", "moments": [{"video": "/etc/passwd", "start": 1, "end": 2}]}, 400, "bad_moment"),
                ({"format": "otio", "moments": [{"video": 1, "start": 2, "end": 2}]}, 400, "bad_moment"),
                ({"format": "otio", "moments": [{"video": 1, "start": -1, "end": 2}]}, 400, "bad_moment"),
                ({"format": "otio", "moments": [{"video": 1, "start": 1, "end": 1e300}]}, 400, "bad_moment"),
                ({"format": "otio", "moments": [{"video": 1, "start": 1}]}, 400, "bad_moment"),
                ({"format": "otio", "moments": [{"video": 1, "start": 1, "end": 2, "name": 5}]}, 400, "bad_moment"),
                ({"format": "otio", "moments": [{"video": 1, "start": 1, "end": 2, "path": "x"}]}, 400, "bad_parameter"),
                ({"format": "otio", "moments": [{"video": 1, "start": 1, "end": 2}] * 10001}, 400, "too_many_moments"),
                ({"format": "otio", "rate": "x"}, 400, "bad_parameter"), ({"format": "otio", "rate": "0"}, 400, None),
                ({"format": "otio", "handles": -1}, 400, "bad_parameter"), ({"format": "otio", "record_start": "x"}, 400, None)):
            self.check(self.export(**body), status, code)
        self.assertTrue(self.server.is_well())


if __name__ == "__main__":
    unittest.main()
