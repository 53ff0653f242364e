#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check a built site: every link within it leads to a file and a place that are there, and nothing is loaded from elsewhere.

    check.py FOLDER         exit status 1 when something is wrong; each place is named
"""
import html.parser
import pathlib
import re
import sys
import urllib.parse

LOADED = {"script": "src", "img": "src", "source": "src", "video": "src", "audio": "src", "iframe": "src",
          "embed": "src", "object": "data", "link": "href", "use": "href", "input": "src", "track": "src"}


class Page(html.parser.HTMLParser):
    """The places (ids) of a page, where its links lead, and what is loaded with it."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loaded = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        places = ("id", "name") if tag == "a" else ("id",)
        self.ids.update(found[name] for name in places if found.get(name))
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if found.get(LOADED.get(tag)):
            self.loaded.append(found[LOADED[tag]])
        for part in (found.get("srcset") or "").split(","):
            self.loaded.extend(part.split()[:1])
        self.loaded.extend(addresses_of_styles(found.get("style") or ""))


def addresses_of_styles(text):
    """What a style sheet loads: url(...), and @import "..."."""
    return re.findall(r"""url\(\s*["']?([^"')]+)""", text) + re.findall(r"""@import\s+["']([^"']+)""", text)


def is_elsewhere(address):
    parts = urllib.parse.urlsplit(address)
    return bool(parts.scheme or parts.netloc)


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.pages = {path: Page(path.read_text()) for path in sorted(folder.rglob("*.html"))}

    def fault(self, path, address):
        """Why an address within the site leads nowhere, or None."""
        parts = urllib.parse.urlsplit(address)
        target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
        if self.folder not in target.parents:
            return "leads out of the site"
        if not target.is_file():
            return "leads nowhere"
        place = urllib.parse.unquote(parts.fragment)
        if place and target.suffix == ".html" and place not in self.pages[target].ids:
            return "leads to a page without such a place"
        return None

    def faults(self):
        for path, page in self.pages.items():
            for address in page.links:
                if not is_elsewhere(address) and self.fault(path, address):
                    yield path, address, self.fault(path, address)
            yield from self.faults_of_loading(path, page.loaded)
        for path in self.folder.rglob("*.css"):
            yield from self.faults_of_loading(path, addresses_of_styles(path.read_text()))

    def faults_of_loading(self, path, addresses):
        for address in addresses:
            if address.startswith("data:"):
                continue
            why = "is loaded from elsewhere" if is_elsewhere(address) else self.fault(path, address)
            if why:
                yield path, address, why


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    site = Site(folder)
    if folder / "index.html" not in site.pages:
        sys.exit(f"{folder} has no index.html; is it a site?")
    faults = sorted({f"{path.relative_to(folder)}: {address} {why}" for path, address, why in site.faults()})
    links = sum(len(page.links) for page in site.pages.values())
    print("\n".join(faults) if faults else f"{len(site.pages)} pages with {links} links are in order")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
