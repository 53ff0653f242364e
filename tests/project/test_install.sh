#!/bin/sh
# shellcheck disable=SC2046 # what pkg-config prints are words
# SPDX-License-Identifier: MIT
# What `meson install` puts down starts at once, is found by name, and is enough to build programs with. The build alone
# is enough for that, too.
#   test_install.sh BUILD VERSION PREFIX LIBDIR PYTHON
# PYTHON is where Python's packages go; it is empty if the package is not installed.
set -eu
build=$1 version=$2 prefix=$3 libdir=$4 python_folder=${5%/}
unset LD_LIBRARY_PATH REELVEC_LIBRARY_PATH REELVEC_MODEL REELVEC_LIBRARY XDG_DATA_HOME XDG_DATA_DIRS
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export HOME="$place/home" TMPDIR="$place"
mkdir "$HOME"
failed=0
expect() {
    what=$1 wanted=$2 seen=$3
    case $seen in
    *"$wanted"*) echo "ok - $what" ;;
    *) echo "not ok - $what: wanted '$wanted', saw '$seen'"; failed=1 ;;
    esac
}

meson install -C "$build" --no-rebuild --quiet --destdir "$place" >/dev/null
libraries=$place$prefix/$libdir
reelvec=$place$prefix/bin/reelvec
shared=$place$prefix/share
pages=$shared/doc/reelvec
expect "the program starts without a loader's cache that names its library" "reelvec $version" \
    "$("$reelvec" --version 2>&1 || true)"
expect "it runs the library that was installed with it" "$libraries/libreelvec.so" \
    "$(realpath -m "$(ldd "$reelvec" | awk '/libreelvec.so/ {print $3}')")"
expect "doctor says where the SQLite extension lies" "$libraries/libreelvec_sqlite.so" \
    "$("$reelvec" doctor 2>&1 || true)"
expect "ldconfig would list the SQLite extension" "libreelvec_sqlite.so" \
    "$(PATH=$PATH:/sbin:/usr/sbin ldconfig -N -v -n "$libraries" 2>/dev/null)"

for file in "$shared/licenses/reelvec/LICENSE" "$pages/README.md" "$pages/docs/folders.md" "$pages/examples/media/demo.mp4" \
    "$pages/examples/notebook/video_embeddings.ipynb"; do
    expect "there is ${file#"$place"}" "yes" "$([ -s "$file" ] && echo yes || echo no)"
done

expect "what the pages link to is there" "0 missing" "$(/usr/bin/python3 -c '
import pathlib, re, sys
pages = sorted(pathlib.Path(sys.argv[1]).rglob("*.md"))
links = [(page, link) for page in pages
         for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()) if ":" not in link]
missing = sorted({f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()})
assert len(links) > 100, len(links)
print(*missing, len(missing), "missing")' "$pages" 2>&1 || true)"

# The model that lies in the installation is found by its name, and by the library that was made with it.
expect "the demo's model is listed" "$shared/reelvec/models/demo" "$("$reelvec" model list --format csv 2>&1 || true)"
expect "the demo's video is indexed with the demo's model" "96 frames" \
    "$("$reelvec" index --library "$place/a.db" --model demo "$pages/examples/media/demo.mp4" 2>&1 || true)"
expect "a text finds its frame" "0.79" \
    "$("$reelvec" search --library "$place/a.db" "ultra-fast ingestion" --top 1 2>&1 || true)"
expect "what all users have is not removed" "installed for all users" "$("$reelvec" model remove demo 2>&1 || true)"

if command -v sqlite3 >/dev/null; then
    # The folder stands for the loader's cache, which a test does not change.
    expect "SQLite loads the extension by its name" "1.0" "$(LD_LIBRARY_PATH=$libraries sqlite3 :memory: \
        '.load libreelvec_sqlite' "SELECT dot_product(vector_from_json('[1, 0]'), vector_from_json('[1, 1]'))" 2>&1 || true)"
    expect "and the extension finds the model of a library" "7" "$(LD_LIBRARY_PATH=$libraries REELVEC_MODEL=demo \
        sqlite3 "$place/a.db" '.load libreelvec_sqlite' "SELECT frame_number FROM frames
        ORDER BY dot_product(embedding_data, embed_text('ultra-fast ingestion')) DESC LIMIT 1" 2>&1 || true)"
fi

# Programs get the header's folder and one library, and nothing of what the library is linked with.
export PKG_CONFIG_LIBDIR="$libraries/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$place"
expect "pkg-config knows the version" "$version" "$(pkg-config --modversion reelvec 2>&1 || true)"
expect "pkg-config asks for nothing else" "-I$place$prefix/include -L$libraries -lreelvec." \
    "$(pkg-config --cflags --libs reelvec 2>&1 | sed 's/ *$//').$(pkg-config --print-requires-private reelvec 2>&1)"
expect "the example in C is built without a warning" "built." "$(cc -std=c11 -Wall -Wextra -Wpedantic \
    "$pages/examples/c/find.c" -o "$place/find" $(pkg-config --cflags --libs reelvec) 2>&1 && echo built.)"
expect "and finds the moment" "demo.mp4" "$(LD_LIBRARY_PATH=$libraries "$place/find" demo "$place/b.db" \
    "$pages/examples/media/demo.mp4" "ultra-fast ingestion" 2>&1 || true)"

# A program can be built with a build that is not installed, too.
export PKG_CONFIG_LIBDIR="$build/meson-uninstalled"
unset PKG_CONFIG_SYSROOT_DIR
source=$(realpath "$(dirname "$0")/../..")
expect "of a build, pkg-config gives the headers of its source" "$source/include/reelvec/version.h" \
    "$(echo '#include <reelvec/version.h>' | cc -M -xc $(pkg-config --cflags reelvec 2>&1) - 2>&1 || true)"
expect "the folder where its library lies, and nothing else" "-L$build/src -lreelvec." \
    "$(pkg-config --libs reelvec 2>&1 | sed 's/ *$//').$(pkg-config --print-requires-private reelvec 2>&1)"
expect "the example in C is built with it without a warning" "built." "$(cc -std=c11 -Wall -Wextra -Wpedantic \
    "$pages/examples/c/find.c" -o "$place/find_build" $(pkg-config --cflags --libs reelvec) 2>&1 && echo built.)"
expect "and finds the moment with the build's library" "demo.mp4" "$(LD_LIBRARY_PATH=$build/src "$place/find_build" \
    "$shared/reelvec/models/demo" "$place/c.db" "$pages/examples/media/demo.mp4" "ultra-fast ingestion" 2>&1 || true)"

if [ -n "$python_folder" ]; then
    expect "Python imports the package" "$place$python_folder/reelvec/__init__.py 7" \
        "$(cd "$place" && LD_LIBRARY_PATH=$libraries PYTHONPATH=$place$python_folder /usr/bin/python3 -c '
import sys, reelvec
with reelvec.Library(sys.argv[1]) as library:
    print(reelvec.__file__, library.search("ultra-fast ingestion")[0].frame_number)' "$place/a.db" 2>&1 || true)"
fi
# A build for another machine cannot write them.
if [ -f "$build/apps/cli/pages/reelvec.1" ]; then
    if command -v man >/dev/null; then
        expect "man finds the page of a command" "find frames by text" \
            "$(MANPATH=$place$prefix/share/man man reelvec-search 2>&1 || true)"
    fi
    for file in bash-completion/completions/reelvec zsh/site-functions/_reelvec fish/vendor_completions.d/reelvec.fish; do
        expect "shells find $file" "--min-score" "$(cat "$place$prefix/share/$file" 2>&1 | sed 's/-l min-score/--min-score/')"
    done
fi
exit $failed
