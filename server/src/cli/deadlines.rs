//! `hattama deadlines`: what the law sets a time for.

use clap::Args;
use hattama_proto::{pack::Names, time::UnixMillis};
use serde::Deserialize;

use super::{CliError, access::Access, api::unexpected, output, table::Table};

/// Milliseconds in an hour.
const HOUR_MS: i64 = 60 * 60 * 1000;

const AFTER_HELP: &str = "\
Deadlines are data of the election set-up (`deadlines` in election.json): at a moment, or so many hours \
after the last polls close (`polls_close_at`). What counts is the law itself.";

/// Flags of `hattama deadlines`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Deadlines {
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Deserialize)]
struct Answer {
    polls_close_at: Option<String>,
    deadlines: Vec<Deadline>,
}

#[derive(Deserialize)]
struct Deadline {
    code: String,
    names: Names,
    due_at: Option<UnixMillis>,
    left_ms: Option<i64>,
    law: Option<String>,
}

impl Deadlines {
    /// Asks and prints.
    pub(super) fn run(self) -> Result<(), CliError> {
        let answer = self.access.api()?.get("/v1/deadlines")?;
        if self.json {
            return output::say_json(&answer);
        }
        let answer: Answer = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let close = answer.polls_close_at.as_deref().unwrap_or("not named by the set-up");
        let mut table = Table::new(["deadline", "due", "left", "what", "law"]);
        for deadline in &answer.deadlines {
            table.push(deadline.cells());
        }
        let rows = if answer.deadlines.is_empty() {
            "The election set-up names no deadlines.".to_owned()
        } else {
            table.render()
        };
        output::say(&output::printable(&format!("The last polls close: {close}\n\n{rows}")))
    }
}

impl Deadline {
    fn cells(&self) -> [String; 5] {
        let left = match self.left_ms.map(|left| left.div_euclid(HOUR_MS)) {
            None => "-".to_owned(),
            Some(..0) => "passed".to_owned(),
            Some(hours) => format!("{} d {} h", hours / 24, hours % 24),
        };
        let due = self.due_at.map_or_else(|| "-".to_owned(), UnixMillis::to_rfc3339);
        let what = self.names.get("en").to_owned();
        [self.code.clone(), due, left, what, self.law.clone().unwrap_or_default()]
    }
}
