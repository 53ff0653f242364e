#!/bin/sh
# SPDX-License-Identifier: MIT
# What `meson install` puts down starts at once and is found by name.
#   test_install.sh BUILD VERSION PREFIX LIBDIR
set -eu
build=$1 version=$2 prefix=$3 libdir=$4
unset LD_LIBRARY_PATH REELVEC_LIBRARY_PATH
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
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
expect "the program starts without a loader's cache that names its library" "reelvec $version" \
    "$("$place$prefix/bin/reelvec" --version 2>&1 || true)"
expect "it runs the library that was installed with it" "$libraries/libreelvec.so" \
    "$(realpath -m "$(ldd "$place$prefix/bin/reelvec" | awk '/libreelvec.so/ {print $3}')")"
expect "doctor says where the SQLite extension lies" "$libraries/libreelvec_sqlite.so" \
    "$(HOME=$place "$place$prefix/bin/reelvec" doctor 2>&1 || true)"
expect "ldconfig would list the SQLite extension" "libreelvec_sqlite.so" \
    "$(PATH=$PATH:/sbin:/usr/sbin ldconfig -N -v -n "$libraries" 2>/dev/null)"
if command -v sqlite3 >/dev/null; then
    # The folder stands for the loader's cache, which a test does not change.
    expect "SQLite loads the extension by its name" "1.0" "$(LD_LIBRARY_PATH=$libraries sqlite3 :memory: \
        '.load libreelvec_sqlite' "SELECT dot_product(vector_from_json('[1, 0]'), vector_from_json('[1, 1]'))" 2>&1 || true)"
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
