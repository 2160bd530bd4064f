#!/usr/bin/env bash
# Installs the peers that `bench peers` measures beside Hattama, below target/peers or in
# HATTAMA_PEERS_DIR, each in the version that is named here, from its own registry by that registry's
# ordinary client. Does nothing for one that is there. The first time takes about a quarter of an hour,
# most of it compiling the two that are written in Rust.
#
# Peers are run and never linked, changed or shipped; these are their own licences:
#   atuin-server  MIT          by cargo; needs libssl-dev and pkg-config to build
#   rustus        MIT          by cargo
#   tusd          MIT          by go
#   @tus/server   MIT          by npm
#   Kinto         Apache-2.0   by pip
#
# Usage: tests/peers/prepare.sh
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
to=${HATTAMA_PEERS_DIR:-$here/../../target/peers}
mkdir -p "$to" && to=$(cd "$to" && pwd) || exit

atuin_version=18.24.4
rustus_version=0.5.10
tusd_version=v2.9.1

# Registries answer late or not at all now and then; a second try is cheaper than a run without.
twice() {
    "$@" || { sleep 5 && "$@"; }
}

# $1: what; $2: which version. Whether exactly that was installed here before.
is_there() {
    [ "$(cat "$to/$1.installed" 2>/dev/null)" = "$2" ]
}

# $1: a crate with a program of the same name; $2: its version, built with the lock file and profile
# that its authors published.
from_crates() {
    is_there "$1" "$2" && return
    twice env CARGO_TARGET_DIR="$to/build" cargo install --quiet --locked --root "$to" \
        --version "$2" "$1" && echo "$2" >"$to/$1.installed"
}

atuin() {
    from_crates atuin-server "$atuin_version"
}

rustus() {
    from_crates rustus "$rustus_version"
}

tusd() {
    is_there tusd "$tusd_version" && return
    twice env GOBIN="$to/bin" go install "github.com/tus/tusd/v2/cmd/tusd@$tusd_version" &&
        echo "$tusd_version" >"$to/tusd.installed"
}

node_tus() {
    mkdir -p "$to/node" && cp "$here/node/tus-server.mjs" "$to/node/" || return
    cmp -s "$here/node/package-lock.json" "$to/node/installed" && return
    cp "$here/node/package.json" "$here/node/package-lock.json" "$here/node/.npmrc" "$to/node/" &&
        (cd "$to/node" && twice npm ci --silent --no-audit --no-fund) &&
        cp "$here/node/package-lock.json" "$to/node/installed"
}

kinto() {
    cmp -s "$here/kinto/requirements.txt" "$to/kinto/installed" && return
    python3 -m venv --clear "$to/kinto" &&
        twice "$to/kinto/bin/pip" install --quiet --disable-pip-version-check \
            --requirement "$here/kinto/requirements.txt" &&
        cp "$here/kinto/requirements.txt" "$to/kinto/installed"
}

# One that cannot be had must not keep the others from being measured.
failed=
for one in tusd node_tus kinto atuin rustus; do
    "$one" || failed="$failed $one"
done
# What they were built from is of no further use.
rm -rf "$to/build"
if [ -n "$failed" ]; then
    echo "not installed:$failed" >&2
    exit 1
fi
