# shellcheck shell=sh disable=SC2086
# SPDX-License-Identifier: MIT
# Bare trees of Debian for the scripts beside this one, which source it. They need root and debootstrap, and no network
# but the mirror that this machine uses for itself. REELVEC_DEBIAN_MIRROR names another one.

# Where bare trees are kept between runs, some 60 MB each.
tree_cache=${XDG_CACHE_HOME:-$HOME/.cache}/reelvec-packaging

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# need_packages NAME...: fails with the names of those that are not installed.
need_packages() {
    missing=
    for package; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
    done
    [ -z "$missing" ] || fail "these packages are missing:$missing (\`tools/setup release\` installs them)"
}

# The address of Debian's archive (label Debian) or of its security updates (Debian-Security), as apt here knows it.
mirror_of() {
    apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        sed -n "s/^$1|//p" | sort -u | head -n 1
}

# make_tree SUITE FOLDER: a bare Debian, from the cache if it is there.
make_tree() {
    suite=$1 folder=$2
    [ "$(id -u)" = 0 ] || fail "needs root, for debootstrap and chroot"
    PATH=$PATH:/sbin:/usr/sbin
    command -v debootstrap >/dev/null || fail "debootstrap is missing; it is a package of Debian"
    mirror=${REELVEC_DEBIAN_MIRROR:-$(mirror_of Debian)}
    security=$(mirror_of Debian-Security)
    mkdir -p "$tree_cache" "$folder"
    if [ ! -f "$tree_cache/$suite.tar.gz" ]; then
        echo "Making a bare $suite ..."
        # Names of its own: another run may be making the same tree.
        debootstrap --variant=minbase "$suite" "$folder" $mirror >"$tree_cache/$suite.$$.log" 2>&1 ||
            fail "debootstrap failed; see $tree_cache/$suite.$$.log"
        tar -C "$folder" --exclude='./var/cache/apt/*' -czf "$tree_cache/$suite.$$.part" .
        mv "$tree_cache/$suite.$$.part" "$tree_cache/$suite.tar.gz"
        rm -f "$tree_cache/$suite.$$.log"
    else
        tar -C "$folder" -xzf "$tree_cache/$suite.tar.gz"
    fi
    if [ -n "$mirror" ]; then
        echo "deb $mirror $suite main" >"$folder/etc/apt/sources.list"
        [ -z "$security" ] || echo "deb $security $suite-security main" >>"$folder/etc/apt/sources.list"
    fi
    echo force-unsafe-io >"$folder/etc/dpkg/dpkg.cfg.d/bare-tree" # nobody misses the tree after a crash
    cp /etc/resolv.conf "$folder/etc/resolv.conf"
    printf '127.0.0.1 localhost\n' >"$folder/etc/hosts"
    in_tree "$folder" apt-get update -qq
}

# in_tree FOLDER COMMAND...: run it there, in namespaces of its own: what it mounts and starts ends with it.
in_tree() {
    folder=$1
    shift
    unshare --mount --pid --fork --mount-proc="$folder/proc" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        ${http_proxy:+http_proxy="$http_proxy"} ${SOURCE_DATE_EPOCH:+SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH"} \
        chroot "$folder" "$@"
}

# take_tree SUITE [FOLDER]: a tree with the commit in /source, for in_source. Sets tree. FOLDER is kept and taken again;
# without it the tree is removed when the shell ends. What did not change keeps its time, so that little is built anew.
take_tree() {
    tree=${2:-}
    if [ -z "$tree" ]; then
        work=$(mktemp -d "${TMPDIR:-/tmp}/reelvec-tree-XXXXXX")
        trap 'rm -rf --one-file-system "$work"' EXIT
        trap 'exit 1' INT TERM HUP
        tree=$work/tree
    fi
    [ -f "$tree/etc/debian_version" ] || make_tree "$1" "$tree"
    rm -rf "$tree/commit"
    mkdir -p "$tree/source" "$tree/commit"
    git archive HEAD | tar -C "$tree/commit" -x
    (cd "$tree/commit" && find . ! -type d | while IFS= read -r file; do
        cmp -s "$file" "../source/$file" || cp -dp --parents "$file" ../source
    done)
}

# in_source COMMAND...: run it in the tree's /source, with what tests want of /dev.
in_source() {
    in_tree "$tree" sh -c 'mount -t devpts -o ptmxmode=666 devpts /dev/pts && mount -t tmpfs tmpfs /dev/shm &&
        cd /source && exec "$@"' sh "$@"
}
