#!/bin/sh
# Installs what drives the browser, below target/browser, from the package registry's ordinary
# client. Does nothing where nothing changed. Usage: tests/browser/prepare.sh
set -eu

here=$(cd "$(dirname "$0")" && pwd)
to=${CARGO_TARGET_DIR:-$here/../../target}/browser/driver
mkdir -p "$to"
to=$(cd "$to" && pwd)

cmp -s "$here/package-lock.json" "$to/installed" && exit 0
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$to/"
cd "$to"
# Registries answer late or not at all now and then; a second try is cheaper than a red run.
npm ci --silent --no-audit --no-fund || { sleep 5 && npm ci --silent --no-audit --no-fund; }
cp "$here/package-lock.json" "$to/installed"
