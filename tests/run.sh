#!/usr/bin/env bash
# All tests. Prints a line for each suite, what went wrong, what was left out, and closes with
# `N passed, N failed, N skipped`. Fails when a test failed, a suite died, nothing was built or
# nothing ran. The whole output of the tests is in target/test/log.txt.
#
# Usage: tests/run.sh [what to test instead of everything, as cargo names it: -p hattama-proto]
set -uo pipefail
cd "$(dirname "$0")/.." || exit

mkdir -p "${CARGO_TARGET_DIR:-target}/test"
out=$(cd "${CARGO_TARGET_DIR:-target}/test" && pwd)
: >"$out/log.txt"
: >"$out/skipped.txt"
: >"$out/counts.txt"

whole=
if [ $# = 0 ]; then
    whole=yes
    set -- --workspace
fi
quiet=--quiet
[ -t 2 ] && quiet=

# What could not be installed fails the tests that need it, and no others.
tests/setup.sh || echo "going on without" >&2
tests/foreign/prepare.sh || echo "going on without" >&2
tests/browser/prepare.sh || echo "going on without" >&2

export HATTAMA_REQUIRE_POSTGRES=1 HATTAMA_REQUIRE_FOREIGN=1 HATTAMA_REQUIRE_BROWSER=1
export HATTAMA_SKIP_LEDGER="$out/skipped.txt"

# Tests wait more than they compute: for a clock, a server, a browser.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-4}"

status=0
if cargo test $quiet "$@" --no-run; then
    cargo test "$@" --no-fail-fast 2>&1 |
        tee "$out/log.txt" |
        awk -v counts="$out/counts.txt" -f tests/totals.awk || status=1
else
    echo "the tests could not be built" >&2
    status=1
fi

read -r passed failed ignored <"$out/counts.txt" || { passed=0; failed=0; ignored=0; }
[ "$status" = 0 ] || [ "$failed" -gt 0 ] || failed=1

# The phone as it is built for phones, apart from the workspace: features are unified, and with the
# cipher anywhere headquarters' SQLite would be another one.
if [ "$whole" = yes ]; then
    phone=(--package hattama-client-core --no-default-features --features "sqlcipher,wipe-memory,ffi")
    # Where the cipher makes a difference: notebooks that are encrypted, were kept, are called by apps.
    phone+=(--lib --test at_rest --test released --test ffi)
    echo "the phone, encrypted at rest:"
    if cargo test $quiet "${phone[@]}" --no-run; then
        cargo test "${phone[@]}" --no-fail-fast 2>&1 |
            tee "$out/at-rest.txt" |
            awk -v counts="$out/at-rest-counts.txt" -f tests/totals.awk || phone_failed=yes
        read -r at_rest_passed at_rest_failed at_rest_ignored <"$out/at-rest-counts.txt"
    else
        echo "the phone could not be built with the feature sqlcipher" >&2
        at_rest_passed=0 at_rest_failed=1 at_rest_ignored=0
    fi
    [ "${phone_failed:-}" != yes ] || [ "$at_rest_failed" -gt 0 ] || at_rest_failed=1
    passed=$((passed + at_rest_passed))
    failed=$((failed + at_rest_failed))
    ignored=$((ignored + at_rest_ignored))
fi

# A test that skips itself counts as passed to cargo.
left_out=$(sed 's/^skipped: \([^ ]*\): .*/\1/' "$out/skipped.txt" | sort -u | wc -l)
sort -u "$out/skipped.txt"

# The interface for apps, through another language: takes its tests into the counts.
through() {
    local language=$1 script=$2 counter=$3 died="" good bad left
    "$script" >"$out/$language.txt" 2>&1 || died=yes
    read -r good bad left < <(awk -f "$counter" "$out/$language.txt")
    grep '^skipped: ' "$out/$language.txt"
    if [ "$died" = yes ]; then
        tail -n 60 "$out/$language.txt" >&2
        [ "$bad" -gt 0 ] || bad=1
    fi
    echo "$language: $good passed, $bad failed, $left skipped"
    passed=$((passed + good))
    failed=$((failed + bad))
    ignored=$((ignored + left))
}

# A library, a generator, a wheel and a Maven project of their own, which take as long to build as a
# quarter of everything else.
if [ "$whole" = yes ] && [ "${HATTAMA_BINDINGS:-}" = 1 ]; then
    through python client-core/bindings/python/test.sh tests/unittest.awk
    through kotlin client-core/bindings/kotlin/test.sh tests/kotlin.awk
elif [ "$whole" = yes ]; then
    for language in python kotlin; do
        echo "skipped: $language: tested by \`make $language\`, or here with HATTAMA_BINDINGS=1"
        ignored=$((ignored + 1))
    done
fi

printf '%d passed, %d failed, %d skipped\n' \
    "$((passed - left_out))" "$failed" "$((ignored + left_out))" | tee "$out/totals.txt"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
