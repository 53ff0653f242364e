#!/bin/sh
# SPDX-License-Identifier: MIT
# A project that has reelvec below subprojects/ gets the library and nothing else; with REELVEC_SLOW_TESTS it is built and run.
#   test_subproject.sh SOURCE
set -eu
source=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export HOME="$place"
failed=0
expect() {
    what=$1 wanted=$2 seen=$3
    if [ "$seen" = "$wanted" ]; then echo "ok - $what"; else echo "not ok - $what: wanted '$wanted', saw '$seen'"; failed=1; fi
}

mkdir -p "$place/app/subprojects"
cp "$source"/examples/c/* "$place/app"
ln -s "$source" "$place/app/subprojects/reelvec"
build=$place/app/build
meson setup "$build" "$place/app" --buildtype=plain --wrap-mode=forcefallback -Dreelvec:cuda=disabled \
    -Dreelvec:postgres=disabled -Dreelvec:mysql=disabled >"$place/log" 2>&1 || { cat "$place/log"; exit 1; }
expect "the only program is that of the project" "find" "$(meson introspect --targets "$build" | python3 -c '
import json, sys
print(*(target["name"] for target in json.load(sys.stdin) if target["type"] == "executable"))')"
expect "headers, the library and its pkg-config file are installed" "h pc so" "$(meson introspect --installed "$build" |
    python3 -c '
import json, re, sys
print(*sorted({re.search(r"\.(so|[a-z]+)[.0-9]*$", name).group(1) for name in json.load(sys.stdin).values()}))')"
if [ -n "${REELVEC_SLOW_TESTS:-}" ]; then
    ninja -C "$build" >"$place/log" 2>&1 || { tail -n 30 "$place/log"; exit 1; }
    expect "what was built finds a moment" "3" "$("$build/find" "$source/models/demo" "$place/library.db" \
        "$source/examples/media/demo.mp4" "a rocket" | grep -c demo.mp4)"
fi
exit $failed
