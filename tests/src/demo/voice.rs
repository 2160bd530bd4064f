//! What the demonstration says. That nobody listens any more is no reason to end it half-way.

use std::io::Write as _;

/// Says something on stdout.
pub(super) fn say(words: &str) {
    let _nobody_listens = writeln!(std::io::stdout().lock(), "{words}");
}

/// Remarks something on stderr.
pub(super) fn remark(words: &str) {
    let _nobody_listens = writeln!(std::io::stderr().lock(), "{words}");
}
