//! `hattama estimate`: what is known of the election, and what is not.

use std::collections::BTreeMap;

use clap::Args;
use serde::Deserialize;

use super::{
    CliError,
    access::Access,
    api::{query, unexpected},
    output,
    table::Table,
};

const AFTER_HELP: &str = "\
Coverage counts what we have and why we do not have more. Bounds, shares and margins rest on the \
random sample alone (`hattama sample`): drawn precincts that were not obtained count as unaltered, \
nothing is put in their place, and precincts that observers chose themselves say nothing of others. \
Special precincts are outside all of it. Nothing here is for the public.";

/// Flags of `hattama estimate`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Estimate {
    /// One contest only
    #[arg(long, value_name = "CODE")]
    contest: Option<String>,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Deserialize)]
struct Known {
    log_size: u64,
    confidence: f64,
    register: Register,
    contests: Vec<Contest>,
}

#[derive(Deserialize)]
struct Register {
    version: u32,
    precincts: u64,
    special: u64,
}

#[derive(Deserialize)]
struct Contest {
    contest: String,
    coverage: Coverage,
    volunteers: Counts,
    drawn: Option<Drawn>,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Coverage {
    all: Tally,
    regions: Vec<Region>,
    special: Vec<Special>,
}

#[derive(Deserialize)]
struct Region {
    region: Option<String>,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Deserialize)]
struct Special {
    special: String,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Deserialize)]
struct Tally {
    precincts: u64,
    covered: u64,
    unsettled: u64,
    not_obtained: u64,
    nothing: u64,
    missing: BTreeMap<String, u64>,
    compared: u64,
    differing: u64,
}

#[derive(Deserialize)]
struct Counts {
    covered: u64,
    compared: u64,
    differing: u64,
}

#[derive(Deserialize)]
struct Drawn {
    #[serde(flatten)]
    tally: Tally,
    altered: Bound,
    altered_unexplained: Bound,
    altered_transcribed: Bound,
}

#[derive(Deserialize)]
struct Bound {
    precincts: u64,
    share: f64,
    frame: u64,
    drawn: u64,
    not_obtained: u64,
}

#[derive(Deserialize)]
struct Choice {
    choice: String,
    estimate: Option<Share>,
}

#[derive(Deserialize)]
struct Share {
    share: f64,
    margin: Option<f64>,
    drawn: u64,
    obtained: u64,
    late: Vec<String>,
}

impl Estimate {
    /// Asks and prints.
    pub(super) fn run(self) -> Result<(), CliError> {
        let asked = query(&[("contest", self.contest.clone())]);
        let answer = self.access.api()?.get(&format!("/v1/estimate{asked}"))?;
        if self.json {
            return output::say_json(&answer);
        }
        let known: Known = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let mut text = format!(
            "Register of version {}: {} ordinary precincts, {} special ones apart. Of the log's \
             first {} entries.\n",
            known.register.version,
            known.register.precincts,
            known.register.special,
            known.log_size
        );
        for contest in &known.contests {
            text.push_str(&contest.describe(known.confidence));
        }
        output::say(&output::printable(&text))
    }
}

impl Contest {
    fn describe(&self, confidence: f64) -> String {
        let Tally { precincts, covered, unsettled, not_obtained, nothing, .. } = self.coverage.all;
        let mut text = format!(
            "\ncontest {}\nOf {precincts} precincts {covered} are covered by a copy that can be \
             used; {unsettled} have documents that cannot be used yet, from {not_obtained} no copy \
             was obtained{}, of {nothing} nothing is known.\n\n",
            self.contest,
            reasons(&self.coverage.all.missing)
        );
        let mut table = Table::new([
            "region",
            "precincts",
            "covered",
            "unsettled",
            "not obtained",
            "nothing",
            "compared",
            "differ",
        ]);
        let of = |name: &str, tally: &Tally| -> [String; 8] {
            let figures = [
                tally.precincts,
                tally.covered,
                tally.unsettled,
                tally.not_obtained,
                tally.nothing,
                tally.compared,
                tally.differing,
            ];
            let mut cells = [const { String::new() }; 8];
            name.clone_into(&mut cells[0]);
            for (cell, figure) in cells[1..].iter_mut().zip(figures) {
                *cell = figure.to_string();
            }
            cells
        };
        for region in &self.coverage.regions {
            table.push(of(region.region.as_deref().unwrap_or("-"), &region.tally));
        }
        for special in &self.coverage.special {
            table.push(of(&format!("special: {}", special.special), &special.tally));
        }
        text.push_str(&format!("{}\n", table.render()));
        match &self.drawn {
            None => text.push_str(
                "No sample was drawn, or it does not speak of this scope: nothing can be said of \
                 precincts that nobody saw.\n",
            ),
            Some(drawn) => {
                text.push_str(&drawn.describe(confidence));
                text.push_str(&self.shares());
            }
        }
        let Counts { covered, compared, differing } = self.volunteers;
        text.push_str(&format!(
            "Beside the sample observers chose {covered} precincts with a copy themselves; \
             {compared} could be compared, {differing} differ. They say nothing of others.\n"
        ));
        text
    }

    fn shares(&self) -> String {
        let mut table = Table::new(["choice", "share %", "margin", "obtained", "drawn"]);
        let mut late: &[String] = &[];
        for choice in &self.choices {
            let Some(share) = &choice.estimate else { continue };
            late = &share.late;
            let points = |part: f64| format!("{:.2}", part * 100.0);
            table.push([
                choice.choice.clone(),
                points(share.share),
                share.margin.map(points).unwrap_or_default(),
                share.obtained.to_string(),
                share.drawn.to_string(),
            ]);
        }
        if table.is_empty() {
            return "Nothing of the sample has come in yet.\n".to_owned();
        }
        let mut text = format!("{}\n", table.render());
        if !late.is_empty() {
            text.push_str(&format!(
                "WAIT: nothing has come from {}. Late strata are seldom like the others.\n",
                late.join(", ")
            ));
        }
        text
    }
}

impl Drawn {
    fn describe(&self, confidence: f64) -> String {
        let Bound { precincts, share, frame, drawn, not_obtained } = self.altered;
        format!(
            "With {:.0} % confidence at least {precincts} of {frame} precincts ({:.2} %) have other \
             figures published than observers' copies say; without what looks like a clerk's slip \
             at least {}, by differences that were transcribed alone at least {}. {drawn} were drawn, {} could be compared, {} differ; {not_obtained} were not \
             obtained and count as unaltered.\n\n",
            confidence * 100.0,
            share * 100.0,
            self.altered_unexplained.precincts,
            self.altered_transcribed.precincts,
            self.tally.compared,
            self.tally.differing
        )
    }
}

fn reasons(missing: &BTreeMap<String, u64>) -> String {
    if missing.is_empty() {
        return String::new();
    }
    let each: Vec<String> =
        missing.iter().map(|(why, count)| format!("{} {count}", why.replace('_', " "))).collect();
    format!(" ({})", each.join(", "))
}
