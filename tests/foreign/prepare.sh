#!/bin/sh
# Installs what the foreign verifiers need, below target/foreign, from the package registries'
# ordinary clients. Does nothing where nothing changed. Usage: tests/foreign/prepare.sh
set -eu

here=$(cd "$(dirname "$0")" && pwd)
to=${CARGO_TARGET_DIR:-$here/../../target}/foreign
mkdir -p "$to/jose" "$to/joserfc" "$to/schemathesis" "$to/openmetrics" "$to/go-tlog" "$to/go-torchwood"
to=$(cd "$to" && pwd)

# Registries answer late or not at all now and then; a second try is cheaper than a red run.
twice() {
    "$@" || { sleep 5 && "$@"; }
}

jose() {
    cmp -s "$here/jose/package-lock.json" "$to/jose/installed" && return
    cp "$here/jose/package.json" "$here/jose/package-lock.json" "$here/jose/.npmrc" "$to/jose/"
    (cd "$to/jose" && twice npm ci --silent --no-audit --no-fund)
    cp "$here/jose/package-lock.json" "$to/jose/installed"
}

# $1: a reader in Python, in an environment of its own.
python() {
    cmp -s "$here/$1/requirements.txt" "$to/$1/installed" && return
    python3 -m venv --clear "$to/$1/venv"
    twice "$to/$1/venv/bin/pip" install --quiet --disable-pip-version-check \
        --requirement "$here/$1/requirements.txt"
    cp "$here/$1/requirements.txt" "$to/$1/installed"
}

joserfc() {
    python joserfc
}

schemathesis() {
    python schemathesis
}

openmetrics() {
    python openmetrics
}

go_tlog() {
    (cd "$here/go-tlog" && twice go build -o "$to/go-tlog/go-tlog" .)
}

go_torchwood() {
    (cd "$here/go-torchwood" && twice go build -o "$to/go-torchwood/go-torchwood" .)
}

# One that fails must not keep the others from being there: their tests say which is missing.
failed=
for one in jose joserfc schemathesis openmetrics go_tlog go_torchwood; do
    (set -e; "$one") || failed="$failed $one"
done
if [ -n "$failed" ]; then
    echo "not prepared:$failed" >&2
    exit 1
fi
