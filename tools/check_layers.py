#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check every #include of src/ and apps/ against tools/layers.txt, and that foreign headers stay behind their boundary.

    check_layers.py SOURCE_ROOT        exit status 1 when an include crosses a layer; each is named
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
    r"turbojpeg\.h": r"^(src/pixels/|apps/cli/picture_surface)",
    r"tiffio\.h|gif_lib\.h|webp/": r"^src/pixels/",
    r"curl/": r"^src/base/web",
    r"cairo": r"^apps/cli/",
    r"pcre2\.h|unicase\.h|uninorm\.h|unistr\.h|unictype\.h": r"^src/clip/",
    r"immintrin\.h|arm_neon\.h": r"^src/compute/kernels/",
}


def read_rules(path):
    rules = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            folder, allowed = line.split(":")
            rules[folder.strip()] = allowed.split()
    return rules


def layer_of(path, rules):
    """The longest folder of the rules that the path lies in."""
    folders = [f for f in rules if path.startswith(f + "/")]
    return max(folders, key=len) if folders else None


def faults_of(root, file, rules):
    path = file.relative_to(root).as_posix()
    own = layer_of(path, rules)
    if own is None:
        yield f"{path}: its folder is not in tools/layers.txt"
        return
    for number, line in enumerate(file.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        quote, header = match.groups()
        for pattern, home in BOUNDARIES.items():
            if quote == "<" and re.match(pattern, header) and not re.search(home, path):
                yield f"{path}:{number}: {header} belongs behind {home}"
        if quote == "<" or header.startswith("reelvec/"):
            continue
        candidates = [f"src/{header}", f"apps/{header}", f"{pathlib.PurePosixPath(path).parent}/{header}"]
        target = next((c for c in candidates if (root / c).is_file()), None)
        if target is None:
            yield f"{path}:{number}: {header} is nowhere"
            continue
        layer = layer_of(target, rules)
        if layer != own and layer not in rules[own]:
            yield f"{path}:{number}: {own} may not include {layer} ({header})"


def main():
    root = pathlib.Path(sys.argv[1])
    rules = read_rules(root / "tools/layers.txt")
    files = [f for top in ("src", "apps") for f in sorted((root / top).rglob("*")) if f.suffix in (".c", ".h", ".cu")]
    if len(files) < 10:
        sys.exit(f"{root}: only {len(files)} source files found; is this the source root?")
    faults = [fault for file in files for fault in faults_of(root, file, rules)]
    print("\n".join(faults) if faults else f"{len(files)} files keep to the layers")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
