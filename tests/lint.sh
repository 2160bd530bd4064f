#!/usr/bin/env bash
# Everything that is wrong without running anything. Goes through all of it, then says so.
# HATTAMA_INSTALL_DENY=1 installs cargo-deny first, which takes some minutes.
set -u
cd "$(dirname "$0")/.." || exit

failed=
check() {
    local name=$1
    shift
    "$@" || failed="$failed $name"
}

check format cargo fmt --all --check
check clippy cargo clippy --quiet --workspace --all-targets -- --deny warnings
# What phones carry is another build: nothing of the command line, and the interface for apps.
phone=(--package hattama-client-core --no-default-features --features ffi)
check clippy-of-the-phone cargo clippy --quiet "${phone[@]}" --all-targets -- --deny warnings
# The phone with its cipher, apart for the same reason as in tests/run.sh.
if [ -e /usr/include/openssl/evp.h ]; then
    check clippy-of-the-phone-at-rest cargo clippy --quiet --package hattama-client-core \
        --no-default-features --features sqlcipher,wipe-memory,ffi --all-targets -- --deny warnings
else
    echo "libcrypto's headers are not here: the phone with its cipher was not checked (libssl-dev)"
fi
RUSTDOCFLAGS="--deny warnings" \
    check documentation cargo doc --quiet --workspace --no-deps --document-private-items
RUSTDOCFLAGS="--deny warnings" check documentation-of-the-phone \
    cargo doc --quiet "${phone[@]}" --no-deps --document-private-items

if [ "${HATTAMA_INSTALL_DENY:-}" = 1 ] && ! cargo deny --version >/dev/null 2>&1; then
    check cargo-deny cargo install --quiet --locked cargo-deny
fi
if cargo deny --version >/dev/null 2>&1; then
    # Advisories need a database that cannot be fetched from everywhere.
    check dependencies cargo deny --log-level error check licenses bans sources
else
    echo "cargo-deny is not installed: licences and sources were not checked"
fi

# Scripts that run on other machines only, as for Android and iOS, are read at least by this.
if command -v shellcheck >/dev/null; then
    mapfile -t scripts < <(git ls-files '*.sh')
    check scripts shellcheck --severity=warning "${scripts[@]}"
else
    echo "shellcheck is not installed: scripts were not checked (apt-get install shellcheck)"
fi

# The lock file names packages by name, version and hash; where they come from is each machine's.
for lock in tests/foreign/jose tests/browser tests/peers/node; do
    lock=$lock/package-lock.json
    if grep -q '"resolved"' "$lock"; then
        echo "$lock names a registry" >&2
        failed="$failed lock-file"
    fi
done

if [ -n "$failed" ]; then
    echo "lint failed:$failed" >&2
    exit 1
fi
echo "lint passed"
