//! `hattama forensics`: indicators over a whole election, for analysts.

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::{
    CliError,
    access::Access,
    api::{query, unexpected},
    output,
    table::Table,
};

const AFTER_HELP: &str = "\
Example:
  hattama forensics
  hattama forensics --choice saffron --mode 55

These are indicators for analysts and never for the public: an anomaly has innocent explanations and \
proves nothing by itself. Read effects before probabilities; with a hundred thousand precincts \
everything is significant. --mode names the turnout that is taken for honest, in whole per cent; \
headquarters writes it to the audit trail with your name.";

/// Flags of `hattama forensics`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Forensics {
    /// The contest; the first of the set-up if none is named
    #[arg(long, value_name = "CODE")]
    contest: Option<String>,
    /// The choice; the one with most votes if none is named
    #[arg(long, value_name = "CODE")]
    choice: Option<String>,
    /// Whose figures
    #[arg(long, value_enum, default_value_t = Source::Official)]
    source: Source,
    /// The turnout that is taken for honest, in whole per cent
    #[arg(long, value_name = "PERCENT")]
    mode: Option<u8>,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Source {
    Official,
    Ours,
}

#[derive(Deserialize)]
struct Found {
    caveat: String,
    contest: String,
    choice: String,
    precincts: u64,
    left_out: u64,
    integer: Integer,
    fingerprint: Fingerprint,
    last_digits: Option<Digits>,
    second_digit_mean: Option<f64>,
    turnout: Option<Moments>,
    share: Option<Moments>,
    window: Option<Window>,
    control: Option<Control>,
    regions: Vec<Region>,
}

#[derive(Deserialize)]
struct Integer {
    precincts: u64,
    either: Excess,
}

#[derive(Deserialize)]
struct Excess {
    observed: u64,
    expected: f64,
    deviation: f64,
}

#[derive(Deserialize)]
struct Fingerprint {
    corner: u64,
    complete: u64,
    correlation: Option<f64>,
}

#[derive(Deserialize)]
struct Digits {
    chi_squared: f64,
    p: f64,
    effect: f64,
}

#[derive(Deserialize)]
struct Moments {
    skewness: f64,
    kurtosis: f64,
}

#[derive(Deserialize)]
struct Window {
    window: (u64, u64),
    ratio: f64,
    votes: f64,
    of_leader: f64,
    share_without: f64,
}

#[derive(Deserialize)]
struct Control {
    districts: u64,
    controls: u64,
    given: u64,
    extrapolated: f64,
    excess: f64,
}

#[derive(Deserialize)]
struct Region {
    region: Option<String>,
    precincts: u64,
    integer: Integer,
    integer_stands_out: bool,
    last_digits: Option<Digits>,
    digits_stand_out: bool,
}

impl Excess {
    fn effect(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let observed = self.observed as f64;
        observed - self.expected
    }
}

impl Forensics {
    /// Asks and prints.
    pub(super) fn run(self) -> Result<(), CliError> {
        let source = if self.source == Source::Ours { "ours" } else { "official" };
        let asked = query(&[
            ("contest", self.contest.clone()),
            ("choice", self.choice.clone()),
            ("source", Some(source.to_owned())),
            ("mode", self.mode.map(|mode| mode.to_string())),
        ]);
        let answer = self.access.api()?.get(&format!("/v1/forensics{asked}"))?;
        if self.json {
            return output::say_json(&answer);
        }
        let found: Found = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        output::say(&output::printable(&found.describe()))
    }
}

impl Found {
    fn describe(&self) -> String {
        let mut lines = vec![
            self.caveat.clone(),
            format!(
                "contest {}, choice {}: {} precincts have all figures, {} lack one.",
                self.contest, self.choice, self.precincts, self.left_out
            ),
            self.integer.describe(),
            format!(
                "Fingerprint: {} precincts with at least 99 % of both, {} where everybody took \
                 part, correlation {}.",
                self.fingerprint.corner,
                self.fingerprint.complete,
                self.fingerprint.correlation.map_or("-".to_owned(), |r| format!("{r:.3}"))
            ),
        ];
        if let Some(digits) = &self.last_digits {
            let second = self.second_digit_mean.map_or("-".to_owned(), |mean| format!("{mean:.3}"));
            lines.push(format!(
                "Last digits: effect {:.4} (below 0.05 is small), chi-squared {:.2}, p {:.4}. Mean \
                 second digit {second} (4.187 expected).",
                digits.effect, digits.chi_squared, digits.p
            ));
        }
        for (name, moments) in [("Turnout", &self.turnout), ("Share", &self.share)] {
            if let Some(Moments { skewness, kurtosis }) = moments {
                lines.push(format!("{name}: skewness {skewness:.3}, kurtosis {kurtosis:.3}."));
            }
        }
        if let Some(window) = &self.window {
            lines.push(format!(
                "Window {} to {} %: {:.3} votes for one of all others; above it {:.0} votes beyond \
                 that ratio ({:.2} % of the choice's), without them its share is {:.2} %.",
                window.window.0,
                window.window.1,
                window.ratio,
                window.votes,
                window.of_leader * 100.0,
                window.share_without * 100.0
            ));
        }
        if let Some(control) = &self.control {
            lines.push(format!(
                "Matched control, {} precincts with our copy in {} districts, not placed at \
                 random: {} votes given, {:.0} extrapolated, difference {:.0}.",
                control.controls,
                control.districts,
                control.given,
                control.extrapolated,
                control.excess
            ));
        }
        let mut table = Table::new([
            "region",
            "precincts",
            "whole %: excess",
            "marked",
            "digits: effect",
            "marked",
        ]);
        let mark = |is: bool| if is { "stands out" } else { "" }.to_owned();
        for region in &self.regions {
            table.push([
                region.region.clone().unwrap_or_default(),
                region.precincts.to_string(),
                format!("{:.1}", region.integer.either.effect()),
                mark(region.integer_stands_out),
                region
                    .last_digits
                    .as_ref()
                    .map_or_else(String::new, |of| format!("{:.3}", of.effect)),
                mark(region.digits_stand_out),
            ]);
        }
        format!("{}\n\n{}", lines.join("\n"), table.render())
    }
}

impl Integer {
    fn describe(&self) -> String {
        format!(
            "Whole percentages: {} precincts of {} that qualify; chance gives {:.1} (standard \
             deviation {:.1}), the effect is {:.1} precincts.",
            self.either.observed,
            self.precincts,
            self.either.expected,
            self.either.deviation,
            self.either.effect()
        )
    }
}
