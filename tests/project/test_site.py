# SPDX-License-Identifier: MIT
"""packaging/site: the pages become a site whose links lead somewhere and which loads nothing from elsewhere."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["REELVEC_SOURCE"])
SITE = pathlib.Path(os.environ["REELVEC_BUILD"]) / "site"
TOOLS = SOURCE / "packaging/site"

FAULTS = {  # what is put into a page, and what is said of it
    '<a href="there.html#place">': "",
    '<a href="https://example.org/">': "",
    '<a href="gone.html">': "gone.html leads nowhere",
    '<a href="there.html#gone">': "there.html#gone leads to a page without such a place",
    '<a href="#gone">': "#gone leads to a page without such a place",
    '<a href="../outside.html">': "../outside.html leads out of the site",
    '<img src="gone.png">': "gone.png leads nowhere",
    '<img srcset="there.html 1x, //example.org/a.png 2x">': "//example.org/a.png is loaded from elsewhere",
    '<script src="https://example.org/a.js"></script>': "https://example.org/a.js is loaded from elsewhere",
    '<link rel="stylesheet" href="//example.org/a.css">': "//example.org/a.css is loaded from elsewhere",
    '<p style="background: url(http://example.org/a.png)">': "http://example.org/a.png is loaded from elsewhere",
    '<p style="background: url(data:image/png;base64,AA==)">': "",
}


class SiteTest(unittest.TestCase):
    def check(self, folder):
        return subprocess.run([sys.executable, str(TOOLS / "check.py"), folder], capture_output=True, text=True, check=False)

    def test_faults_are_found(self):
        for text, fault in FAULTS.items():
            with self.subTest(text), tempfile.TemporaryDirectory() as folder:
                pathlib.Path(folder, "index.html").write_text(text)
                pathlib.Path(folder, "there.html").write_text('<p id="place">')
                result = self.check(folder)
                self.assertEqual(result.returncode, 1 if fault else 0, result.stdout)
                if fault:
                    self.assertEqual(result.stdout, f"index.html: {fault}\n")

    def test_styles_that_load_from_elsewhere_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "index.html").write_text('<link rel="stylesheet" href="a.css">')
            pathlib.Path(folder, "a.css").write_text("@import 'https://example.org/b.css';")
            result = self.check(folder)
            self.assertEqual(result.stdout, "a.css: https://example.org/b.css is loaded from elsewhere\n")

    def test_the_site_is_built(self):
        result = subprocess.run([str(TOOLS / "build"), str(SITE)], capture_output=True, text=True, check=False)
        if result.returncode == 77:
            self.skipTest(result.stderr.strip())
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        front = (SITE / "index.html").read_text()
        for page in ("docs/first_hour/editor.html", "docs/python/library.html", "docs/internals/search.html", "SPEED.html"):
            self.assertTrue((SITE / page).is_file(), page)
            self.assertIn(f'href="{page}"', front)  # the navigation leads to every page
        for page in SOURCE.glob("docs/**/*.md"):
            self.assertTrue((SITE / page.relative_to(SOURCE)).with_suffix(".html").is_file(), page)


if __name__ == "__main__":
    unittest.main()
