#!/usr/bin/env bash
# Reads the Swift sources and the package's manifest as Swift: with the compiler where there is one, else
# with the grammar of tree-sitter, which sees what is no Swift and does not look at types. Prints
# `skipped: why` where neither is to be had, unless HATTAMA_REQUIRE_SWIFT=1.
set -euo pipefail
cd "$(dirname "$0")/../../.."

swift=client-core/bindings/swift
sources=("$swift/Package.swift" "$swift"/Sources/Hattama/*.swift)
if command -v swiftc >/dev/null; then
    for source in "${sources[@]}"; do
        swiftc -parse "$source"
    done
    echo "swift: ${#sources[@]} files parsed by swiftc"
    exit
fi

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
venv=$target/swift/venv
if ! "$venv/bin/python" -c 'import tree_sitter, tree_sitter_swift' 2>/dev/null; then
    rm -rf "$venv"
    mkdir -p "$target/swift"
    # Wheels only: what has to be built here or fetched from elsewhere is not taken.
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --only-binary :all: \
        --disable-pip-version-check --requirement "$swift/parser.txt"; } >"$target/swift/log.txt" 2>&1; then
        echo "skipped: swift: no swiftc is here, and its grammar cannot be installed ($target/swift/log.txt)"
        [ "${HATTAMA_REQUIRE_SWIFT:-}" != 1 ]
        exit
    fi
fi
"$venv/bin/python" "$swift/parse.py" "${sources[@]}"
