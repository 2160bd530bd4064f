# From the output of Python's unittest: `passed failed skipped`.
/^Ran [0-9]+ test/ { ran = $2 }
/^(OK|FAILED)/ {
    while (match($0, /(failures|errors|skipped)=[0-9]+/)) {
        split(substr($0, RSTART, RLENGTH), part, "=")
        count[part[1]] = part[2]
        $0 = substr($0, RSTART + RLENGTH)
    }
}
# The whole of it was left out.
/^skipped: python/ { ran++; count["skipped"]++ }
END {
    bad = count["failures"] + count["errors"]
    print ran - bad - count["skipped"], bad, count["skipped"] + 0
}
