# From the output of Python's unittest: `passed failed skipped`. A failure that a test announces as
# expected is a test that passed; a success where it announced a failure is one that failed.
/^Ran [0-9]+ test/ { ran = $2 }
/^(OK|FAILED)( \(.*\))?$/ {
    gsub(/^[A-Z]+( \()?|\)$/, "")
    parts = split($0, part, /, /)
    for (i = 1; i <= parts; i++) {
        split(part[i], pair, "=")
        count[pair[1]] = pair[2]
    }
}
# The whole of it was left out.
/^skipped: python/ { ran++; count["skipped"]++ }
END {
    bad = count["failures"] + count["errors"] + count["unexpected successes"]
    print ran - bad - count["skipped"], bad, count["skipped"] + 0
}
