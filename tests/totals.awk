# Reads what `cargo test` prints and says it shorter: one line per suite, and all of a suite's
# output when it failed or died. Writes `passed failed ignored` to the file named by `counts`.

function finish(    tests, verdict) {
    if (suite == "") return
    tests = suite_passed + suite_failed + suite_ignored
    if (results == 0) suite_failed++
    if (tests > 0 || suite_failed > 0) {
        verdict = suite_failed ? "FAILED" : "ok"
        printf "%-6s %4d passed", verdict, suite_passed
        if (suite_failed) printf ", %d failed", suite_failed
        if (suite_ignored) printf ", %d ignored", suite_ignored
        printf "  %s%s\n", suite, (results == 0 ? " (died)" : "")
        if (suite_failed) printf "%s", output
        fflush()
    }
    passed += suite_passed; failed += suite_failed; ignored += suite_ignored
    suite = output = ""
    suite_passed = suite_failed = suite_ignored = results = 0
}

# "     Running tests/store.rs (target/debug/deps/store-0123abcd)"
/^ +Running / {
    finish()
    suite = $0
    sub(/^ +Running (unittests )?/, "", suite)
    binary = suite
    sub(/^.*\//, "", binary); sub(/-[0-9a-f]+(\.exe)?\)$/, "", binary)
    sub(/ \(.*$/, "", suite)
    # Every crate has a src/lib.rs: say whose it is.
    suite = (suite ~ /^src\//) ? binary " " suite : suite
    next
}

/^ +Doc-tests / {
    finish()
    suite = $2 " examples in the documentation"
    next
}

# "test result: ok. 3 passed; 0 failed; 1 ignored; ..."
/^test result: / {
    results++
    suite_passed += $4; suite_failed += $6; suite_ignored += $8
    next
}

/^test .* \.\.\. (ok|ignored.*)$/ || /^running [0-9]+ tests?$/ || /^$/ { next }
/^all doctests ran in / { next }

suite != "" { output = output $0 "\n" }

END {
    finish()
    print passed + 0, failed + 0, ignored + 0 > counts
}
