#!/bin/sh
# SPDX-License-Identifier: MIT
# After `meson install`: tell the loader's cache of the new libraries, so that programs and SQLite find them by name.
# Below DESTDIR (packages) and for users who may not, nothing is done.
set -eu
[ -z "${DESTDIR:-}" ] || exit 0
[ "$(id -u)" = 0 ] || exit 0
PATH=$PATH:/sbin:/usr/sbin
command -v ldconfig >/dev/null || exit 0
ldconfig || echo "ldconfig failed; other programs may not find libreelvec by its name" >&2
