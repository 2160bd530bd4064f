#!/usr/bin/env bash
# Makes the Kotlin and Swift sources from the library as it is now; with --check, compares them with
# the committed ones and says what an app would notice.
#
# HATTAMA_LIBRARY and HATTAMA_BINDGEN name a built library and a built generator instead.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
library=${HATTAMA_LIBRARY:-}
if [ -z "$library" ]; then
    cargo rustc --quiet --package hattama-client-core --lib --crate-type cdylib --features ffi
    # Only one of the two is there.
    library=$(ls "$target"/debug/libhattama_client_core.{so,dylib} 2>/dev/null || true)
    library=$(head -n 1 <<<"$library")
fi
generator=${HATTAMA_BINDGEN:-}
if [ -z "$generator" ]; then
    cargo build --quiet --manifest-path client-core/bindings/bindgen/Cargo.toml \
        --target-dir "$target/bindgen"
    generator=$target/bindgen/debug/uniffi-bindgen
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for language in kotlin swift; do
    "$generator" generate "$library" --config client-core/bindings/names.toml \
        --language "$language" --no-format --out-dir "$scratch/$language" >&2
done

# Generated file, committed file.
pairs="kotlin/org/hattama/notebook/hattama.kt kotlin/src/main/kotlin/org/hattama/notebook/hattama.kt
swift/Hattama.swift swift/Sources/Hattama/Hattama.swift
swift/HattamaFFI.h swift/Sources/HattamaFFI/HattamaFFI.h
swift/HattamaFFI.modulemap swift/Sources/HattamaFFI/module.modulemap"

status=0
while read -r made kept; do
    # Nothing of the machine may be in them, and no blanks at the ends of lines.
    sed -i 's/[[:space:]]*$//' "$scratch/$made"
    kept=client-core/bindings/$kept
    if [ "${1:-}" = --check ]; then
        diff -u "$kept" "$scratch/$made" | head -n 60 || true
        cmp -s "$kept" "$scratch/$made" || status=1
    else
        mkdir -p "$(dirname "$kept")"
        cp "$scratch/$made" "$kept"
    fi
done <<<"$pairs"

if [ "$status" != 0 ]; then
    echo "the interface for apps changed: if it should, run client-core/bindings/generate.sh," >&2
    echo "commit the sources, and tell app developers in CHANGELOG.md" >&2
fi
exit $status
