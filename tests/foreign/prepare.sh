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

joserfc() {
    cmp -s "$here/joserfc/requirements.txt" "$to/joserfc/installed" && return
    python3 -m venv --clear "$to/joserfc/venv"
    twice "$to/joserfc/venv/bin/pip" install --quiet --disable-pip-version-check \
        --requirement "$here/joserfc/requirements.txt"
    cp "$here/joserfc/requirements.txt" "$to/joserfc/installed"
}

schemathesis() {
    cmp -s "$here/schemathesis/requirements.txt" "$to/schemathesis/installed" && return
    python3 -m venv --clear "$to/schemathesis/venv"
    twice "$to/schemathesis/venv/bin/pip" install --quiet --disable-pip-version-check \
        --requirement "$here/schemathesis/requirements.txt"
    cp "$here/schemathesis/requirements.txt" "$to/schemathesis/installed"
}

openmetrics() {
    cmp -s "$here/openmetrics/requirements.txt" "$to/openmetrics/installed" && return
    python3 -m venv --clear "$to/openmetrics/venv"
    twice "$to/openmetrics/venv/bin/pip" install --quiet --disable-pip-version-check \
        --requirement "$here/openmetrics/requirements.txt"
    cp "$here/openmetrics/requirements.txt" "$to/openmetrics/installed"
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
