#!/usr/bin/env bash
# Measures Hattama beside other servers on this machine, in one run: records beside atuin-server and
# Kinto, photographs beside tusd, rustus and @tus/server. Not a part of `make test`: the first time it
# installs and builds for a quarter of an hour, then each run takes a few minutes.
#
# Prints what was measured with which versions, two tables in Markdown and, last, one JSON object; the
# table of docs/performance.md is what this printed. What the figures mean is said there.
#
# What `bench peers` starts listens on free ports of loopback, keeps what it gets in folders of scratch
# (TMPDIR says on which disk), is stopped by its id, and is stopped too if the benchmark dies.
# PostgreSQL is a fresh one for each server, with fsync, synchronous_commit and full_page_writes on.
# With strace here, and allowed, it also counts how often each server waits for the disk.
#
# Usage: tests/peers/run.sh [--profile dev] [what else `bench peers` takes]
#   HATTAMA_PEERS_DIR   where the peers are installed; target/peers if nothing is said
set -euo pipefail
cd "$(dirname "$0")/../.."

profile=release
if [ "${1:-}" = --profile ]; then
    profile=$2
    shift 2
fi

HATTAMA_PEERS_DIR=${HATTAMA_PEERS_DIR:-$PWD/target/peers}
export HATTAMA_PEERS_DIR
tests/peers/prepare.sh || echo "going on without" >&2
cargo build --quiet --profile "$profile" --package hattama-tests --features allocator --bin bench

# One word of a line that a program says of itself, or of a list of packages.
version() {
    "$@" 2>/dev/null | head -n 1
}
pinned() {
    grep "^$1==" tests/peers/kinto/requirements.txt
}
npm_version() {
    sed -n 's/.*"version": "\(.*\)".*/\1/p' "$HATTAMA_PEERS_DIR/node/node_modules/$1/package.json"
}
cat <<END
$(date -u '+%e %B %Y'), $(nproc) cores, Linux $(uname -r), $profile profile
Hattama $(git describe --always --dirty)
$(version "$HATTAMA_PEERS_DIR/bin/atuin-server" --version)
rustus $(cat "$HATTAMA_PEERS_DIR/rustus.installed" 2>/dev/null)
tusd $(cat "$HATTAMA_PEERS_DIR/tusd.installed" 2>/dev/null), $(go version 2>/dev/null)
@tus/server $(npm_version @tus/server), @tus/file-store $(npm_version @tus/file-store), Node $(version node --version)
$(pinned kinto), $(pinned gunicorn), $(version "$HATTAMA_PEERS_DIR/kinto/bin/python" --version)
$(for pg in /usr/lib/postgresql/*/bin/postgres; do version "$pg" --version; done)

END

target=${CARGO_TARGET_DIR:-target}
folder=$profile
[ "$profile" = dev ] && folder=debug
exec "$target/$folder/bench" peers "$@"
