#!/usr/bin/env bash
# What the phone's library weighs on this machine, stripped, with and without each feature, in bytes.
# Fails above 5 MB, or above 10 MB with the database's cipher, and if what phones carry depends on
# tokio, or on openssl anywhere but under that cipher. A phone's own library differs by some percent.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=client-core/bindings/flags.sh
. client-core/bindings/flags.sh
packed=()
[ "$(uname -s)" != Linux ] || packed=("${packed_linux[@]}")
limit=5000000
limit_with_cipher=10000000
target=${CARGO_TARGET_DIR:-target}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0

# $1: a crate that must not be there, $2: features.
without() {
    local tree
    # What the library is linked from, for every platform: not what builds it, nor what tests it.
    tree=$(cargo tree --quiet --package hattama-client-core --no-default-features --features "$2" \
        --edges normal --target all --prefix none)
    if grep -Eq "^$1(-[a-z0-9]+)* v" <<<"$tree"; then
        echo "the phone's library depends on $1 with the features $2:" >&2
        grep -E "^$1(-[a-z0-9]+)* v" <<<"$tree" | sort -u >&2
        status=1
    fi
}

weigh() {
    local features=$1 most=$2 library bytes
    cargo rustc --quiet --profile phone --package hattama-client-core --lib --crate-type cdylib \
        --no-default-features --features "$features" -- "${packed[@]}"
    # Only one of the two is there.
    library=$(ls "$target"/phone/libhattama_client_core.{so,dylib} 2>/dev/null || true)
    # Of a dylib only the local symbols may go.
    case $library in
        *.dylib) strip -x -o "$scratch/library" "$library" ;;
        *) strip --strip-all -o "$scratch/library" "$library" ;;
    esac
    bytes=$(wc -c <"$scratch/library")
    printf '%-36s %9d bytes, %d more than before\n' \
        "${features:-no feature}" "$bytes" "$((bytes - before))"
    before=$bytes
    if [ "$bytes" -gt "$most" ]; then
        echo "$features: $bytes bytes are more than $most" >&2
        status=1
    fi
}

without tokio ffi
without openssl ffi
before=0
weigh "" "$limit"
weigh ffi "$limit"
whole=$(client-core/bindings/features.sh)
if [ "$whole" != ffi ]; then
    without tokio "$whole"
    weigh "$whole" "$limit_with_cipher"
fi
exit $status
