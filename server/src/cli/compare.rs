//! `hattama compare`: where did the numbers change?

use clap::Args;
use hattama_proto::statement::Level;
use serde::Deserialize;

use super::{
    CliError,
    access::Access,
    api::{query, unexpected},
    output,
    table::Table,
};

const AFTER_HELP: &str = "\
Every unit's published figures are held against what was published below it, and a precinct's \
against our copy. The lowest level stands first: what changed there is part of every total above. \
A change is said by what is higher and what is lower in the published figures; figures cannot show \
from whom to whom. Nothing here is for the public: it is what is to be checked.

A precinct's change may look like a clerk's slip: one_digit, transposition, power_of_ten, \
rows_swapped, small. Precincts that were not published are open: what is left for them is tested \
for whether they can hold it, and for whether anything like it was seen in the region. What was \
published for a unit before and is not any more is listed apart.";

/// Flags of `hattama compare`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Compare {
    /// One contest only
    #[arg(long, value_name = "CODE")]
    contest: Option<String>,
    /// Also the figures of this unit and of those directly below it
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// How many changes to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Deserialize)]
struct Answer {
    log_size: u64,
    contests: Vec<Contest>,
}

#[derive(Deserialize)]
struct Contest {
    contest: String,
    changes: Vec<Change>,
    compared: Vec<(Level, usize)>,
    open: usize,
    #[serde(default)]
    replaced: Vec<Replaced>,
    #[serde(default)]
    unlikely: Vec<UnlikelyUnit>,
    #[serde(default)]
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Replaced {
    unit: String,
    level: Level,
    before: String,
    higher: Vec<(String, u64)>,
    lower: Vec<(String, u64)>,
    size: u64,
    withdrawn: bool,
}

#[derive(Deserialize)]
struct UnlikelyUnit {
    unit: String,
}

#[derive(Deserialize)]
struct Change {
    unit: String,
    level: Level,
    higher: Vec<(String, u64)>,
    lower: Vec<(String, u64)>,
    size: u64,
    slip: Option<String>,
    #[serde(default)]
    why: Vec<serde_json::Value>,
    replaced: Option<String>,
}

#[derive(Deserialize)]
struct Node {
    unit: String,
    level: Level,
    official: Option<Vec<Option<u64>>>,
    below: Below,
    verdict: Verdict,
}

#[derive(Deserialize)]
struct Below {
    votes: Option<Vec<Option<u64>>>,
    #[serde(default)]
    open: usize,
    ours: Option<OurSum>,
}

#[derive(Deserialize)]
struct OurSum {
    precincts: usize,
    votes: Vec<u64>,
}

#[derive(Deserialize)]
struct Verdict {
    verdict: String,
}

impl Compare {
    /// Asks and prints.
    pub(super) fn run(self) -> Result<(), CliError> {
        let asked = query(&[("contest", self.contest.clone()), ("unit", self.unit.clone())]);
        let answer = self.access.api()?.get(&format!("/v1/compare{asked}"))?;
        if self.json {
            return output::say_json(&answer);
        }
        let answer: Answer = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let mut text = String::new();
        for contest in &answer.contests {
            text.push_str(&contest.describe(self.limit));
        }
        text.push_str(&format!("Of the log's first {} entries.", answer.log_size));
        output::say(&output::printable(&text))
    }
}

impl Contest {
    fn describe(&self, limit: usize) -> String {
        let mut text = format!("contest {}\n{}\n", self.contest, self.sentences().join("\n"));
        let compared: Vec<String> = self
            .compared
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(level, count)| format!("{count} at the level {}", level.name()))
            .collect();
        if !compared.is_empty() {
            text.push_str(&format!("Compared: {}.\n", compared.join(", ")));
        }
        if self.open > 0 {
            let open = self.open;
            text.push_str(&format!("Open, because precincts were not published: {open} units.\n"));
        }
        if !self.changes.is_empty() {
            let mut table = Table::new(["level", "unit", "votes", "higher", "lower", "looks like"]);
            for change in self.changes.iter().take(limit) {
                table.push(change.cells());
            }
            text.push_str(&format!("\n{}\n", table.render()));
            let more = self.changes.len().saturating_sub(limit);
            if more > 0 {
                text.push_str(&format!("... and {more} more; see --limit\n"));
            }
        }
        text.push_str(&self.describe_replaced(limit));
        if !self.unlikely.is_empty() {
            let units: Vec<&str> =
                self.unlikely.iter().take(limit).map(|of| of.unit.as_str()).collect();
            text.push_str(&format!(
                "\nUnlikely and to be checked, {} units: {}{}\n",
                self.unlikely.len(),
                units.join(", "),
                if self.unlikely.len() > limit { ", ..." } else { "" }
            ));
        }
        if !self.nodes.is_empty() {
            let titles = ["level", "unit", "published", "below", "open", "our copies", "verdict"];
            let mut table = Table::new(titles);
            for node in &self.nodes {
                table.push(node.cells());
            }
            text.push_str(&format!("\n{}\n", table.render()));
        }
        text.push('\n');
        text
    }

    /// Units for which other votes were published before.
    fn describe_replaced(&self, limit: usize) -> String {
        if self.replaced.is_empty() {
            return String::new();
        }
        let mut table = Table::new(["level", "unit", "votes", "higher", "lower", "before"]);
        for replaced in self.replaced.iter().take(limit) {
            let (level, unit) = (replaced.level.name().to_owned(), replaced.unit.clone());
            let votes =
                if replaced.withdrawn { "withdrawn".to_owned() } else { replaced.size.to_string() };
            let (higher, lower) = (moved(&replaced.higher), moved(&replaced.lower));
            table.push([level, unit, votes, higher, lower, replaced.before.clone()]);
        }
        let count = self.replaced.len();
        format!("\nOther votes were published before for {count} units:\n{}\n", table.render())
    }

    /// The lowest level, and whatever changed again above it: by each level's first change.
    fn sentences(&self) -> Vec<String> {
        let Some(lowest) = self.changes.first() else {
            let nothing = if self.compared.iter().all(|(_, count)| *count == 0) {
                "Nothing can be compared yet: import what was published with `hattama official \
                 import`."
                    .to_owned()
            } else {
                "No difference was found in what could be compared.".to_owned()
            };
            return vec![nothing];
        };
        let first_of = |level| self.changes.iter().find(|change| change.level == level);
        let say = |first: &Change| self.sentence(first, first.level == lowest.level);
        Level::ALL.into_iter().filter_map(first_of).map(say).collect()
    }

    fn sentence(&self, first: &Change, lowest: bool) -> String {
        let same = self.changes.iter().filter(|change| change.level == first.level).count();
        let others = match same {
            1 => String::new(),
            _ => format!(" {same} units of this level differ."),
        };
        let against = match first.level {
            Level::Precinct => "what was published is not what our copy says",
            _ => "what was published is not what was published below it",
        };
        let begin = if lowest {
            "The lowest level at which the numbers changed is"
        } else {
            "They changed again at the level"
        };
        format!(
            "{begin} {}: at {} {against}: {}.{others}",
            first.level.name(),
            first.unit,
            first.words()
        )
    }
}

impl Change {
    fn words(&self) -> String {
        let side = |side: &[(String, u64)], word: &str| -> Vec<String> {
            let at_least = if self.why.is_empty() { "" } else { "at least " };
            let say =
                |(choice, by): &(String, u64)| format!("{choice} is {word} by {at_least}{by}");
            side.iter().map(say).collect()
        };
        let mut words = side(&self.higher, "higher");
        words.extend(side(&self.lower, "lower"));
        words.join(", ")
    }

    fn cells(&self) -> [String; 6] {
        let mut looks: Vec<String> = self.slip.iter().cloned().collect();
        if !self.why.is_empty() {
            looks.push("cannot be in what was not published".to_owned());
        }
        if let Some(before) = &self.replaced {
            looks.push(format!("replaced after {}", before.get(..8).unwrap_or(before)));
        }
        let looks = if looks.is_empty() { "-".to_owned() } else { looks.join("; ") };
        let votes = self.size.to_string();
        let level = self.level.name().to_owned();
        [level, self.unit.clone(), votes, moved(&self.higher), moved(&self.lower), looks]
    }
}

fn moved(side: &[(String, u64)]) -> String {
    side.iter().map(|(choice, by)| format!("{choice} {by}")).collect::<Vec<_>>().join(", ")
}

impl Node {
    fn cells(&self) -> [String; 7] {
        let votes = |votes: &Option<Vec<Option<u64>>>| -> String {
            let Some(votes) = votes else { return "-".to_owned() };
            let figure = |figure: &Option<u64>| figure.map_or("?".to_owned(), |f| f.to_string());
            votes.iter().map(figure).collect::<Vec<_>>().join(" ")
        };
        [
            self.level.name().to_owned(),
            self.unit.clone(),
            votes(&self.official),
            votes(&self.below.votes),
            self.below.open.to_string(),
            self.below.ours.as_ref().map_or_else(
                || "-".to_owned(),
                |ours| {
                    let sums: Vec<String> = ours.votes.iter().map(u64::to_string).collect();
                    format!("{}: {}", ours.precincts, sums.join(" "))
                },
            ),
            self.verdict.verdict.replace('_', " "),
        ]
    }
}
