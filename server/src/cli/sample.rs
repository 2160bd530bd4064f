//! `hattama sample`: how large a random sample must be, drawing it, and drawing it again.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use hattama_proto::{id::UnitCode, statement::Sample as Said};
use serde::Deserialize;
use serde_json::json;

use super::{
    CliError,
    access::Access,
    api::{Api, query, unexpected},
    output,
    table::Table,
};
use crate::sample::{Checked, check, register_of};

const AFTER_HELP: &str = "\
Example:
  hattama sample size --error 0.03                    how many precincts a margin takes
  hattama sample draw --seed 'dice 3 1 4 1 5' --size 500 --by region --dry-run
  hattama sample draw --seed 'dice 3 1 4 1 5' --size 500 --by region
  hattama sample check                                draw every sample again and compare

Throw the seed before witnesses and publish it: the ticket of a precinct is SHA-256 of the seed, a \
line feed and its code, and the smallest tickets of each stratum are its sample, so that anybody \
with the register draws the same. Special precincts (abroad, garrisons, hospitals, places of \
detention) are not drawn from. A draw is signed and logged; the first one counts, later ones are \
kept and shown as later. `check` fetches the register by its hash and draws on this machine.";

/// Flags of `hattama sample`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Sample {
    #[command(subcommand)]
    what: Option<What>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the draws in the order of the log; the first counts
    List,
    /// Draw a sample from the register
    Draw(Draw),
    /// Draw every sample again on this machine, and compare
    Check(Check),
    /// Say how many precincts a margin of error takes
    Size(Size),
}

#[derive(Debug, Args)]
struct Draw {
    /// What the tickets are made of, exactly as it was published
    #[arg(long, value_name = "TEXT")]
    seed: String,
    /// How many precincts
    #[arg(long, value_name = "N")]
    size: usize,
    /// Draw each region by itself, in proportion to its precincts
    #[arg(long, value_enum, default_value_t = By::Country)]
    by: By,
    /// Show what would be drawn; nothing is signed and nothing logged
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Country,
    Region,
}

#[derive(Debug, Args)]
struct Check {
    /// The register to draw from (`units.json` of the set-up), instead of the one that headquarters
    /// gives out
    #[arg(long, value_name = "FILE")]
    register: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Size {
    /// The margin of error, as a fraction: 0.01 is one point
    #[arg(long, value_name = "FRACTION")]
    error: f64,
    /// How sure, as a fraction
    #[arg(long, value_name = "FRACTION", default_value_t = 0.95)]
    confidence: f64,
    /// Voters in all precincts that can be drawn, if somebody knows
    #[arg(long, value_name = "N")]
    voters: Option<u64>,
    /// The turnout that is expected, as a fraction
    #[arg(long, value_name = "FRACTION", default_value_t = 0.7)]
    turnout: f64,
}

#[derive(Deserialize)]
struct Listed {
    id: Option<String>,
    position: Option<u64>,
    drawn_at: Option<hattama_proto::time::UnixMillis>,
    counts: bool,
    sample: Said,
    units: Vec<UnitCode>,
}

#[derive(Deserialize)]
struct Sizing {
    frame: u64,
    precincts_at_most: u64,
    precincts_at_least: Option<u64>,
    margin: f64,
}

impl Sample {
    /// Lists, draws, checks or computes.
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        match &self.what {
            None | Some(What::List) => self.list(&api),
            Some(What::Draw(draw)) => self.draw(&api, draw),
            Some(What::Check(check)) => self.check(&api, check),
            Some(What::Size(size)) => self.size(&api, size),
        }
    }

    fn list(&self, api: &Api) -> Result<(), CliError> {
        let answer = api.get("/v1/samples")?;
        if self.json {
            return output::say_json(&answer);
        }
        let all: Vec<Listed> = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let mut table = Table::new(["drawn at", "counts", "precincts", "of", "strata", "seed"]);
        for one in &all {
            table.push([
                one.drawn_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
                if one.counts { "yes" } else { "later" }.to_owned(),
                one.sample.size().to_string(),
                one.sample.frame().to_string(),
                one.sample.strata.len().to_string(),
                one.sample.seed.clone(),
            ]);
        }
        if table.is_empty() {
            return output::say("Nothing was drawn yet; see `hattama sample --help`.");
        }
        output::say(&table.render())
    }

    fn draw(&self, api: &Api, draw: &Draw) -> Result<(), CliError> {
        let by = if draw.by == By::Region { "region" } else { "country" };
        let body = json!({"seed": draw.seed, "size": draw.size, "by": by, "dry_run": draw.dry_run});
        let answer = api.post("/v1/samples", &body, &[])?;
        if self.json {
            return output::say_json(&answer);
        }
        let drawn: Listed = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        output::say(&output::printable(&drawn.describe()))
    }

    fn check(&self, api: &Api, how: &Check) -> Result<(), CliError> {
        let answer = api.get("/v1/samples")?;
        let all: Vec<Listed> = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let mut results = Vec::new();
        for one in &all {
            results.push((one, one.again(api, how.register.as_deref())?));
        }
        if self.json {
            let list: Vec<_> = results
                .iter()
                .map(|(one, checked)| json!({"id": one.id, "counts": one.counts, "check": checked}))
                .collect();
            output::say_json(&list)?;
        } else if results.is_empty() {
            output::say("Nothing was drawn yet.")?;
        } else {
            let lines: Vec<String> =
                results.iter().map(|(one, checked)| one.verdict(checked)).collect();
            output::say(&output::printable(&lines.join("\n")))?;
        }
        if results.iter().any(|(_, checked)| !checked.as_drawn) {
            return Err(CliError::Other("a sample is not what its seed draws".into()));
        }
        Ok(())
    }

    fn size(&self, api: &Api, size: &Size) -> Result<(), CliError> {
        let asked = query(&[
            ("error", Some(size.error.to_string())),
            ("confidence", Some(size.confidence.to_string())),
            ("voters", size.voters.map(|voters| voters.to_string())),
            ("turnout", Some(size.turnout.to_string())),
        ]);
        let answer = api.get(&format!("/v1/samples/size{asked}"))?;
        if self.json {
            return output::say_json(&answer);
        }
        let found: Sizing = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let least = found.precincts_at_least.map_or_else(
            || "Give --voters for the smaller number, were each precinct a mixture.".to_owned(),
            |least| format!("Were each precinct a mixture of all voters, {least} would do."),
        );
        output::say(&format!(
            "{} of {} precincts, were every precinct of one mind (margin {:.2} points). {least}\nThe \
             truth lies between; draw some more, since not every copy will be obtained and none may \
             be replaced.",
            found.precincts_at_most,
            found.frame,
            found.margin * 100.0
        ))
    }
}

impl Listed {
    fn describe(&self) -> String {
        let mut table = Table::new(["stratum", "precincts", "drawn"]);
        for stratum in &self.sample.strata {
            let name = stratum.unit.as_ref().map_or("the country", |unit| unit.as_str());
            table.push([name.to_owned(), stratum.frame.to_string(), stratum.drawn.to_string()]);
        }
        let codes: Vec<&str> = self.units.iter().map(UnitCode::as_str).collect();
        let what = match (&self.id, self.counts) {
            (None, _) => "A dry run: nothing was logged.".to_owned(),
            (Some(id), true) => {
                format!("Signed and logged as the sample that counts: statement {id}.")
            }
            (Some(id), false) => format!(
                "Signed and logged as statement {id}. An earlier draw stands before it, and that \
                 one counts."
            ),
        };
        let place = self.position.map_or_else(String::new, |at| format!(" Log index {at}."));
        format!(
            "{}\n{}\n{what}{place} {} of {} precincts; {} special ones were left out.",
            codes.join("\n"),
            table.render(),
            self.sample.size(),
            self.sample.frame(),
            self.sample.special
        )
    }

    /// Draws again from the register that the statement names.
    fn again(&self, api: &Api, own: Option<&Path>) -> Result<Checked, CliError> {
        let bytes = match own {
            Some(file) => {
                std::fs::read(file).map_err(|error| CliError::unreadable(file, &error))?
            }
            None => {
                let mut bytes = Vec::new();
                let path = format!("/v1/packs/{}", self.sample.register.to_hex());
                api.download(&path, Path::new("the register"), &mut bytes)?;
                bytes
            }
        };
        Ok(match register_of(&bytes, &self.sample.register) {
            Ok(register) => check(&self.sample, &self.units, &register),
            Err(why) => Checked { as_drawn: false, wrong: vec![why] },
        })
    }

    fn verdict(&self, checked: &Checked) -> String {
        let id = self.id.as_deref().unwrap_or("?");
        let place = if self.counts { "the sample that counts" } else { "a later draw" };
        if checked.as_drawn {
            format!("{id}: as drawn, {place}, {} precincts", self.units.len())
        } else {
            format!("{id}: NOT as drawn, {place}: {}", checked.wrong.join("; "))
        }
    }
}
