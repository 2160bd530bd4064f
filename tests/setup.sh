#!/bin/sh
# Sees to it that the programs are there that the tests start: PostgreSQL, Node, Python, Go,
# Chromium, age, and the headers of libcrypto.
# Installs what is missing from the system's packages where it may, else says what to install.
set -eu

has() {
    command -v "$1" >/dev/null 2>&1
}

has_postgresql() {
    has initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

has_python() {
    # Debian's python3 comes without what makes a virtual environment.
    has python3 && python3 -c 'import ensurepip, venv' 2>/dev/null
}

missing=
has cc || missing="$missing gcc libc6-dev"
has_postgresql || missing="$missing postgresql"
has node || missing="$missing nodejs"
has npm || missing="$missing npm"
has_python || missing="$missing python3-venv"
has go || missing="$missing golang-go"
has age && has age-keygen || missing="$missing age"
# What SQLCipher takes its ciphers from.
[ -e /usr/include/openssl/evp.h ] || missing="$missing libssl-dev"
# A browser without fonts measures nothing.
has chromium || has chromium-browser || missing="$missing chromium fonts-dejavu-core"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! has apt-get; then
    echo "the tests need these packages (names as in Debian), which are not here:$missing" >&2
    exit 1
fi
echo "installing$missing"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
if apt-get update >"$log" 2>&1 &&
    apt-get install --yes --no-install-recommends $missing >>"$log" 2>&1; then
    rm -f "$log"
else
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "these packages could not be installed:$missing" >&2
    exit 1
fi
