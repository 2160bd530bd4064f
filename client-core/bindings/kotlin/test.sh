#!/usr/bin/env bash
# Tests the Kotlin interface on the JVM against the built library and a real headquarters, runs the
# sample there, and checks what can be checked of the AAR. Prints `skipped: why` where something is
# missing, unless HATTAMA_REQUIRE_KOTLIN=1.
#
# HATTAMA_LIBRARY names a built library, HATTAMA_PROGRAM a built `hattama` instead.
set -euo pipefail
cd "$(dirname "$0")/../../.."

skip() {
    echo "skipped: kotlin: $1"
    [ "${HATTAMA_REQUIRE_KOTLIN:-}" != 1 ]
    exit
}
command -v mvn >/dev/null || skip "Maven is not here"
command -v java >/dev/null || skip "no Java is here"

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
library=${HATTAMA_LIBRARY:-}
if [ -z "$library" ]; then
    cargo rustc --quiet --package hattama-client-core --lib --crate-type cdylib --features ffi
    # Only one of the two is there.
    library=$(ls "$target"/debug/libhattama_client_core.{so,dylib} 2>/dev/null || true)
fi
here=client-core/bindings/kotlin
reports=("$here/target/surefire-reports" "$here/sample/target/surefire-reports")
# Those of an earlier run would be counted.
rm -rf "${reports[@]}"
status=0
mvn --batch-mode --quiet --fail-at-end --file "$here/both.xml" test \
    -Dsurefire.failIfNoSpecifiedTests=false \
    -Dhattama.library="$(dirname "$(realpath "$library")")" "$@" || status=$?
for folder in "${reports[@]}"; do
    [ -d "$folder" ] || continue
    grep -ho '<testsuite [^>]*' "$folder"/*.xml |
        sed 's/.* tests="\([0-9]*\)" errors="\([0-9]*\)" skipped="\([0-9]*\)" failures="\([0-9]*\)".*/kotlin: \1 tests, \2 errors, \3 skipped, \4 failures/'
done
# What the AAR is made of is Linux's kind of library; elsewhere there is nothing to try it on.
if [ "$(uname -s)" = Linux ]; then
    "$here/aar.sh" --check || status=$?
fi
exit $status
