#!/usr/bin/env bash
# What people without a compiler take: programs that need no library of the machine, with the exercise
# inside, in target/dist/hattama-VERSION-MACHINE.tar.gz, with checksums beside it.
#
# Two programs, linked statically: `hattama`, which is headquarters and its commands and, as `hattama
# demo`, the exercise; and `hattama-observer`, a notebook on a laptop. Whether they run in an empty folder
# as the root of the file system is tried where this is run as root.
# Usage: server/deploy/dist.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
machine=$(rustc -vV | sed -n 's/^host: //p')
version=$(cargo metadata --no-deps --format-version 1 |
    sed -n 's/.*"name":"hattama-server","version":"\([^"]*\)".*/\1/p')

# With glibc the resolver of names comes along: since 2.34 files and DNS are part of it.
case $machine in
    *-linux-*) static="-C target-feature=+crt-static" ;;
    *) static="" ;;
esac
quiet=--quiet
[ -t 2 ] && quiet=
# With --target, what is only run while building is not linked statically.
RUSTFLAGS="${RUSTFLAGS:-} $static" cargo build $quiet --locked --release --target "$machine" \
    --target-dir "$target/static" \
    --features hattama-tests/allocator \
    --package hattama-tests --bin hattama-kit --package hattama-client-core --bin hattama-observer

name=hattama-$version-$machine
folder=$target/dist/$name
rm -rf "$folder"
mkdir -p "$folder/deploy"
built=$target/static/$machine/release
strip -o "$folder/hattama" "$built/hattama-kit"
strip -o "$folder/hattama-observer" "$built/hattama-observer"
# With all that they lead to.
cp -R LICENSE README.md CHANGELOG.md ARCHITECTURE.md CONTRIBUTING.md SECURITY.md docs "$folder/"
find server/deploy -maxdepth 1 -type f ! -name dist.sh -exec cp {} "$folder/deploy/" \;

# Does it start where nothing else is?
if [ "$(id -u)" = 0 ] && [ -n "$static" ]; then
    empty=$(mktemp -d)
    trap 'rm -rf "$empty"' EXIT
    cp "$folder/hattama" "$folder/hattama-observer" "$empty/"
    mkdir "$empty/tmp"
    chroot "$empty" /hattama --version
    chroot "$empty" /hattama-observer --version
    chroot "$empty" /hattama demo --precincts 12 --port 0 --exit --folder /demo >"$empty/said" || {
        cat "$empty/said" >&2
        exit 1
    }
    echo "the exercise ran in a file system that holds nothing but the programs"
fi

# The same files give the same archive, whoever makes it and when.
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" \
    -C "$target/dist" -cf - "$name" | gzip -n9 >"$target/dist/$name.tar.gz"
(cd "$target/dist" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
ls -l "$folder/hattama" "$folder/hattama-observer" "$target/dist/$name.tar.gz" |
    awk '{ printf "%10d bytes  %s\n", $5, $NF }'
