# SPDX-License-Identifier: MIT
"""Settings of Sphinx for the site: the project's pages as they lie in the tree, the README in front.

The pages are written for GitHub, and stay so: MyST reads the same Markdown, and what a site has besides, the groups of
its navigation, stands here. A page that is in no group is an error of the build.
"""
import pathlib
import re
import shutil

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = re.search(r'#define REELVEC_VERSION "([^"]+)"', (ROOT / "include/reelvec/version.h").read_text()).group(1)

project = "reelvec"
author = "the authors of reelvec"
project_copyright = author
version = release = VERSION
html_title = f"reelvec {VERSION}"
language = "en"

# Each group is a heading of the navigation. The README is the first page, above all of them.
GROUPS = {
    "The first hour": ["docs/first_hour/editor", "docs/first_hour/researcher", "docs/first_hour/programmer",
                       "docs/first_hour/administrator"],
    "Videos into a library": ["docs/indexing", "docs/folders", "docs/videos", "docs/models", "docs/checkpoints",
                              "docs/library_file"],
    "Asking": ["docs/asking", "docs/moments", "docs/hits", "docs/terminal", "docs/serve"],
    "Out of it": ["docs/timelines", "docs/clips"],
    "For programs": ["docs/python", "docs/python/README", "examples/python/README", "docs/sql", "docs/compatibility"],
    "For many": ["docs/packaging", "docs/platforms", "docs/stores", "docs/many_machines", "docs/scale", "docs/cuda"],
    "How well it works": ["docs/reliability", "SPEED", "bench/README", "models/demo/README"],
    "Taking part": ["CHANGELOG", "CONTRIBUTING", "SECURITY", "CODE_OF_CONDUCT", "ARCHITECTURE"],
}
# Pages that belong below another one: all of its folder.
BELOW = {"docs/python/README": "docs/python", "SPEED": "docs/speed", "ARCHITECTURE": "docs/internals"}

root_doc = "README"
include_patterns = ["README.md", "docs/*.md", "docs/**/*.md"] + [
    page + ".md" for pages in GROUPS.values() for page in pages if not page.startswith("docs/")]
exclude_patterns = ["build*", "out", "shared", "subprojects", "**/__pycache__", ".*"]

extensions = ["myst_parser", "sphinx_copybutton"]
myst_heading_anchors = 4
copybutton_prompt_text = r"\$ |>>> |\.\.\. |sqlite> | +\.\.\.> "  # lines behind these are copied; if there are none, all
copybutton_prompt_is_regexp = True

smartquotes = False
highlight_language = "none"
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False


def tree_of(pages, caption):
    return "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}" if caption else "", "",
                      *("/" + page for page in pages), "```", ""])


def add_navigation(_, name, source):
    if name == root_doc:
        source[0] += "".join(tree_of(pages, caption) for caption, pages in GROUPS.items())
    if name in BELOW:
        folder = ROOT / BELOW[name]
        pages = (page.relative_to(ROOT).with_suffix("").as_posix() for page in sorted(folder.glob("*.md")))
        source[0] += tree_of([page for page in pages if page != name], None)


def mend_styles(app, exception):
    """What Debian's furo lacks: a style sheet that it takes from where Debian's web servers have it, and the colours
    for systems that are dark, without which such a page is light and its code dark."""
    if exception is not None:  # which is told; there may be no sheet
        return
    sheet = pathlib.Path(app.outdir) / "_static/styles/furo.css"
    text = sheet.read_text()
    foreign = "/javascript/normalize.css/normalize.css"
    if foreign in text:
        shutil.copy("/usr/share" + foreign, sheet.parent)
        text = text.replace(foreign, "normalize.css")
    dark = re.search(r'body\[data-theme="dark"\] (\{[^}]*\})', text)
    if dark:
        text += '@media (prefers-color-scheme: dark) { body:not([data-theme="light"]) %s }\n' % dark.group(1)
    sheet.write_text(text)


def setup(app):
    app.connect("source-read", add_navigation)
    app.connect("build-finished", mend_styles)
