#!/usr/bin/env bash
# Builds the library and the wheel, compares the sources for Kotlin and Swift with the committed ones,
# and tests the wheel. Prints `skipped: why` where something is missing, unless HATTAMA_REQUIRE_PYTHON=1.
set -euo pipefail
cd "$(dirname "$0")/../../.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
if ! python3 -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 9)' 2>/dev/null; then
    echo "skipped: python: Python 3.9 with venv is not here"
    [ "${HATTAMA_REQUIRE_PYTHON:-}" != 1 ]
    exit
fi
if [ -z "${HATTAMA_BINDGEN:-}" ]; then
    if ! cargo build --quiet --manifest-path client-core/bindings/bindgen/Cargo.toml \
        --target-dir "$target/bindgen"; then
        echo "skipped: python: the generator of the bindings cannot be built"
        [ "${HATTAMA_REQUIRE_PYTHON:-}" != 1 ]
        exit
    fi
    export HATTAMA_BINDGEN=$target/bindgen/debug/uniffi-bindgen
fi
if [ -z "${HATTAMA_LIBRARY:-}" ]; then
    # With headquarters' program, so that both are built by one set of features.
    cargo rustc --quiet --package hattama-client-core --lib --crate-type cdylib --features ffi
    # Only one of the two is there.
    HATTAMA_LIBRARY=$(ls "$target"/debug/libhattama_client_core.{so,dylib} 2>/dev/null || true)
    export HATTAMA_LIBRARY
fi

client-core/bindings/generate.sh --check
client-core/bindings/swift/check.sh

rm -rf "$target/python"
wheel=$(python3 client-core/bindings/python/backend.py "$target/python" --debug)
python3 -m venv "$target/python/venv"
"$target/python/venv/bin/pip" install --quiet --no-index --no-deps "$wheel"
cd client-core/bindings/python/tests
"$target/python/venv/bin/python" -m unittest "$@"
