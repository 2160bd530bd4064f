# From the output of client-core/bindings/kotlin/test.sh, a line for each suite: `passed failed skipped`.
/^kotlin: [0-9]+ tests, / { ran += $2; bad += $4 + $8; out += $6 }
# The whole of it was left out.
/^skipped: kotlin/ { ran++; out++ }
END { print ran - bad - out, bad + 0, out + 0 }
