//! What goes to the terminal.

use std::io::{self, Write as _};

use serde::Serialize;

use super::CliError;

/// Writes lines to stdout.
pub(super) fn say(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    let text = printable(text);
    let wrote = out
        .write_all(text.as_bytes())
        .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") })
        .and_then(|()| out.flush());
    wrote.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::Closed,
        _ => CliError::Other(format!("the output cannot be written: {error}")),
    })
}

/// Writes JSON for programs to stdout, indented so that people can read it too.
pub(super) fn say_json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| CliError::Other(format!("the answer cannot be written: {error}")))?;
    say(&text)
}

/// A note beside the result, to stderr. A closed stderr must not undo what was recorded.
pub(super) fn note(text: &str) {
    let _closed = writeln!(io::stderr(), "{}", printable(text));
}

/// The text without what could steer a terminal or turn the direction of reading: a decision's
/// words come from outside.
fn printable(text: &str) -> String {
    let steers = |c: char| {
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || (c.is_control() && c != '\n')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_outside_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\u{7}\nд"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\nд");
    }
}
