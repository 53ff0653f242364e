#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check the shape of the sources: who includes whom.

    check_layers.py SOURCE_ROOT        exit status 1 if a rule is broken; each fault is named

Four rules: every #include of src/, apps/ and include/ is allowed by tools/layers.txt; headers of other libraries stay
behind their boundary; no files of src/ include each other in a circle (X.c and X.h count as one; a header that has no
.c counts as part of what includes it); a file that defines a table of operations exports nothing else.
"""
import pathlib
import re
import sys

# Headers of a library may be included by these files only (regular expressions on the path).
BOUNDARIES = {
    r"libav\w+/|libsw\w+/": r"^src/(video|pixels)/",
    r"sqlite3(ext)?\.h": r"^(src/store/sqlite/|apps/sqlite/)",
    r"libpq-fe\.h": r"^src/store/postgres/",
    r"mysql|mariadb": r"^src/store/mysql/",
    r"cuda|cublas|mma\.h": r"^src/compute/cuda/",
    r"turbojpeg\.h": r"^(src/pixels/|apps/cli/picture_surface|apps/web/sprite)",
    r"tiffio\.h|gif_lib\.h|webp/": r"^src/pixels/",
    r"curl/": r"^src/base/web",
    r"cairo": r"^apps/cli/",
    r"toml\+\+": r"^apps/cli/toml_read",
    r"microhttpd\.h|qrencode\.h": r"^apps/web/",
    r"pcre2\.h|unistr\.h|unictype\.h": r"^src/clip/",
    r"unicase\.h|uninorm\.h": r"^src/(clip|naming)/",  # texts; names of files that are one on other systems
    r"immintrin\.h|arm_neon\.h": r"^src/compute/kernels/",
}
EVERYWHERE = {"reelvec/status", "reelvec/log"}

# A type whose constants are tables of operations, by its name.
TABLE = re.compile(r"^const (\w+(?:Ops|Backend|Dialect|Kind|Kernels|Queue|Derived|Link)) (\w+)", re.M)


def read_rules(path):
    rules = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            folder, allowed = line.split(":")
            rules.setdefault(folder.strip(), []).extend(allowed.split())
    return rules


def layer_of(path, rules):
    """A public header is a layer of its own; of another file, the longest folder of the rules that it lies in."""
    if path.startswith("include/"):
        layer = path.removeprefix("include/").removesuffix(".h")
        return layer if layer in rules else None
    folders = [f for f in rules if path.startswith(f + "/")]
    return max(folders, key=len) if folders else None


def is_allowed(own, layer, rules):
    return (layer == own or layer in rules[own] or layer in EVERYWHERE or
            (layer.startswith("reelvec/") and "reelvec/*" in rules[own]))


def includes_of(file):
    """Line number, quote and header of every #include."""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, *match.groups()


def resolve(root, path, header):
    folders = ["src", "apps", "include", str(pathlib.PurePosixPath(path).parent)]
    return next((f"{folder}/{header}" for folder in folders if (root / folder / header).is_file()), None)


def include_faults(root, path, rules, pairs):
    """Faults of one file; what it includes is added to pairs."""
    own = layer_of(path, rules)
    if own is None:
        yield f"{path}: its place is not in tools/layers.txt"
        return
    for number, quote, header in includes_of(root / path):
        for pattern, home in BOUNDARIES.items():
            if quote == "<" and re.match(pattern, header) and not re.search(home, path):
                yield f"{path}:{number}: {header} belongs behind {home}"
        if quote == "<":
            continue
        target = resolve(root, path, header)
        if target is None:
            yield f"{path}:{number}: {header} is nowhere"
            continue
        pairs.setdefault(pair_of(path), set()).add(pair_of(target))
        layer = layer_of(target, rules)
        if not is_allowed(own, layer, rules):
            yield f"{path}:{number}: {own} may not include {layer} ({header})"


def pair_of(path):
    return path.rsplit(".", 1)[0]


def without_lone_headers(pairs, sources):
    """The same graph among files that have a source: a header alone is replaced by what it includes."""
    def behind(target, seen):
        if target in sources:
            return {target}
        if target in seen:
            return set()
        return {name for next_target in pairs.get(target, ()) for name in behind(next_target, seen | {target})}

    return {pair: {name for target in targets for name in behind(target, set())} - {pair}
            for pair, targets in pairs.items() if pair in sources}


def circles_of(pairs):
    """The sets of files that reach each other."""
    reach = {}
    for start in pairs:
        seen, todo = set(), [start]
        while todo:
            for target in pairs.get(todo.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        reach[start] = seen
    circles = {frozenset(b for b in reach[a] if a in reach.get(b, ())) for a in pairs if a in reach[a]}
    return {circle for circle in circles if len(circle) > 1}


def circle_faults(graph):
    for circle in circles_of(graph):
        arrows = [f"{a} -> {b}" for a in sorted(circle) for b in sorted(graph[a] & circle)]
        yield f"these files include each other in a circle: {', '.join(arrows)}"


def exports_of(text):
    """Names of functions and variables with external linkage that a C file defines."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
    text = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.M)
    at_top = r"^(?!static\b|typedef\b|extern\b|struct \w+ \{|enum\b|union\b)[A-Za-z_][^;={}]*[;={]"
    for declaration in re.findall(at_top, text, re.M):
        function = re.match(r"[^(]*?\b(\w+)\(", declaration)
        if function and declaration.endswith("{"):
            yield function.group(1)
        elif not function and declaration.endswith("="):
            yield re.search(r"(\w+)\s*(?:\[[^]]*\]\s*)*=", declaration).group(1)


def table_faults(root, paths):
    for path in paths:
        text = (root / path).read_text()
        tables = {name for _, name in TABLE.findall(text)}
        others = [name for name in exports_of(text) if name not in tables] if tables else []
        if others:
            yield f"{path}: defines {', '.join(sorted(tables))} and also exports {', '.join(others)}"


def main():
    root = pathlib.Path(sys.argv[1])
    rules = read_rules(root / "tools/layers.txt")
    paths = [f.relative_to(root).as_posix() for top in ("include", "src", "apps")
             for f in sorted((root / top).rglob("*")) if f.suffix in (".c", ".cc", ".h", ".cu")]
    if len(paths) < 10:
        sys.exit(f"{root}: only {len(paths)} source files found; is this the source root?")
    pairs: dict[str, set[str]] = {}
    faults = [fault for path in paths for fault in include_faults(root, path, rules, pairs)]
    sources = {pair_of(path) for path in paths if not path.endswith(".h")}
    faults += circle_faults(without_lone_headers(pairs, sources))
    faults += table_faults(root, [path for path in paths if path.startswith("src/") and not path.endswith(".h")])
    print("\n".join(faults) if faults else f"{len(paths)} files keep to the layers")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
