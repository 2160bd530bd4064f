//! Figures as a NIST SP 1500-100 (version 2) election report in JSON. Pure.
//!
//! Units keep their tree (`ComposingGpUnitIds`) and their codes (`ExternalIdentifier`). The standard knows
//! no lines of a protocol: each becomes `BallotCounts` of the type `other`, named by its code. Where the
//! set-up says that lines count voters, ballots found or ballots not valid, these are said in the
//! standard's own words too. It has no place for evidence: receipts and signatures stay in bundles.
//!
//! Nothing is added up over units: a sum of the precincts that were observed would look like a result.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use hattama_proto::{
    id::UnitCode,
    pack::{Counted, FormLine, Names, Pack, Unit, UnitKind},
    time::UnixMillis,
};
use serde_json::{Value, json};

use super::{figures::Figures, piece::pieces};
use crate::merge::{CellKey, Cells};

/// Whose figures they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Ours, off observers' copies.
    Ours,
    /// The commission's, as they were archived.
    Official,
}

/// A report to be written.
#[derive(Clone, Debug)]
pub struct NistReport {
    pack: Arc<Pack>,
    figures: Figures,
    /// Where the figures of a unit are.
    places: HashMap<UnitCode, usize>,
    whose: Whose,
    at: UnixMillis,
}

impl NistReport {
    /// A report of these figures, in the order of the register, taken out at `at`.
    pub fn new(pack: Arc<Pack>, figures: Figures, whose: Whose, at: UnixMillis) -> Self {
        let place = |(at, (unit, _)): (usize, &(UnitCode, Cells))| (unit.clone(), at);
        let places = figures.iter().enumerate().map(place).collect();
        Self { pack, figures, places, whose, at }
    }
}

/// The report, piece by piece.
pub fn nist(report: NistReport) -> impl Iterator<Item = Bytes> + Send {
    let report = Arc::new(report);
    let of = |make: fn(&NistReport) -> String| {
        let report = Arc::clone(&report);
        std::iter::once_with(move || make(&report).into_bytes())
    };
    let units = report.pack.units.all().len();
    let known = report.figures.len();
    let contests: Vec<(usize, usize)> = report
        .pack
        .election
        .contests
        .iter()
        .enumerate()
        .flat_map(|(at, contest)| (0..contest.choices.len()).map(move |choice| (at, choice)))
        .collect();
    let unit = {
        let report = Arc::clone(&report);
        move |at| report.unit(at)
    };
    let ballots = {
        let report = Arc::clone(&report);
        move |at| report.ballots(at)
    };
    let selections = {
        let report = Arc::clone(&report);
        move |(at, choice)| selection(&report, at, choice)
    };
    pieces(
        of(NistReport::head)
            .chain(joined((0..units).map(unit)))
            .chain(of(NistReport::election))
            .chain(joined((0..known).flat_map(ballots)))
            .chain(std::iter::once(b"],\"Contest\":[".to_vec()))
            .chain(contests.into_iter().flat_map(selections))
            .chain(std::iter::once(b"]}]}\n".to_vec())),
    )
}

/// Values with commas between them.
fn joined(values: impl Iterator<Item = Value> + Send) -> impl Iterator<Item = Vec<u8>> + Send {
    values.enumerate().map(|(at, value)| {
        let comma = if at == 0 { "" } else { "," };
        format!("{comma}{value}").into_bytes()
    })
}

impl NistReport {
    /// All that stands before the units.
    fn head(&self) -> String {
        let election = &self.pack.election;
        let (issuer, abbreviation) = match self.whose {
            Whose::Ours => ("Observers' copies of protocols", "observers"),
            Whose::Official => ("The election commission, as archived by observers", "archived"),
        };
        let mut head = json!({
            "@type": "ElectionResults.ElectionReport",
            "Format": "precinct-level",
            "GeneratedDate": self.at.to_rfc3339(),
            "Issuer": issuer,
            "IssuerAbbreviation": abbreviation,
            "SequenceStart": 1,
            "SequenceEnd": 1,
            // We establish no result; whatever we have is a part.
            "Status": "unofficial-partial",
            "VendorApplicationId": concat!("hattama/", env!("CARGO_PKG_VERSION")),
            "IsTest": election.exercise.is_some(),
            "Notes": self.notes(),
        });
        if let Some(exercise) = &election.exercise {
            head["TestType"] = exercise.get("en").into();
        }
        let mut text = head.to_string();
        text.pop();
        text.push_str(",\"GpUnit\":[");
        text
    }

    fn notes(&self) -> String {
        let precincts = self.pack.units.of_kind(UnitKind::Precinct).count();
        let is_precinct = |(unit, _): &&(UnitCode, Cells)| {
            self.pack.units.get(unit).is_some_and(|unit| unit.kind == UnitKind::Precinct)
        };
        let known = self.figures.iter().filter(is_precinct).count();
        let what = format!("Figures of {known} of {precincts} precincts.");
        match &self.pack.election.exercise {
            Some(exercise) => format!("{}. {what}", exercise.get("en")),
            None => what,
        }
    }

    fn cells(&self, unit: &UnitCode) -> Option<&Cells> {
        self.places.get(unit).map(|at| &self.figures[*at].1)
    }

    fn unit(&self, at: usize) -> Value {
        let unit = &self.pack.units.all()[at];
        let mut value = json!({
            "@id": unit_id(&unit.code),
            "@type": "ElectionResults.ReportingUnit",
            "Type": kind(unit.kind),
            "Number": unit.code.as_str(),
            "Name": text(&unit.names, unit.code.as_str()),
            "ExternalIdentifier": [{
                "@type": "ElectionResults.ExternalIdentifier",
                "Type": "other",
                "OtherType": "unit-code",
                "Value": unit.code.as_str(),
            }],
        });
        let children: Vec<String> =
            self.pack.units.children(&unit.code).map(|child: &Unit| unit_id(&child.code)).collect();
        if !children.is_empty() {
            value["ComposingGpUnitIds"] = children.into();
        }
        if let Some(cells) = self.cells(&unit.code) {
            if let Some(voters) = self.counted(cells, Counted::Voters) {
                value["VotersRegistered"] = voters.into();
            }
            if let Some(found) = self.counted(cells, Counted::Found) {
                value["VotersParticipated"] = found.into();
            }
        }
        value
    }

    fn lines(&self) -> impl Iterator<Item = &FormLine> {
        self.pack.forms.forms.iter().flat_map(|form| &form.lines)
    }

    /// Lines that count this, added up; none where there is none, or where one is not known.
    fn counted(&self, cells: &Cells, what: Counted) -> Option<u64> {
        let mut seen = std::collections::BTreeSet::new();
        let mut lines = self
            .lines()
            .filter(|line| line.counts == Some(what) && seen.insert(line.code.clone()))
            .filter(|line| {
                let key = CellKey::line(line.code.clone());
                cells.iter().any(|(known, _)| *known == key)
            });
        let first = cells.line(&lines.next()?.code)?;
        lines.try_fold(first, |sum, line| sum.checked_add(cells.line(&line.code)?))
    }

    /// All that stands between the units and the counts of ballots.
    fn election(&self) -> String {
        let election = &self.pack.election;
        let scope = self.pack.units.all().first().map(|unit| unit_id(&unit.code));
        let candidates: Vec<Value> = election
            .contests
            .iter()
            .flat_map(|contest| {
                contest.choices.iter().map(|choice| {
                    json!({
                        "@id": candidate_id(contest.code.as_str(), choice.code.as_str()),
                        "@type": "ElectionResults.Candidate",
                        "BallotName": text(&choice.names, choice.code.as_str()),
                    })
                })
            })
            .collect();
        let mut of = json!({
            "@type": "ElectionResults.Election",
            "ElectionScopeId": scope,
            "StartDate": election.date,
            "EndDate": election.date,
            "Type": if election.round > 1 { "runoff" } else { "general" },
            "Name": text(&election.names, election.id.as_str()),
            "ExternalIdentifier": [{
                "@type": "ElectionResults.ExternalIdentifier",
                "Type": "other",
                "OtherType": "election-id",
                "Value": election.id.as_str(),
            }],
            "Candidate": candidates,
        })
        .to_string();
        of.pop();
        format!("],\"Election\":[{of},\"BallotCounts\":[")
    }

    /// Lines of one unit.
    fn ballots(&self, at: usize) -> Vec<Value> {
        let (unit, cells) = &self.figures[at];
        let mut counts = Vec::new();
        if let Some(found) = self.counted(cells, Counted::Found) {
            let mut total = json!({
                "@type": "ElectionResults.BallotCounts",
                "GpUnitId": unit_id(unit),
                "Type": "total",
                "BallotsCast": found,
            });
            if let Some(invalid) = self.counted(cells, Counted::Invalid) {
                total["BallotsRejected"] = invalid.into();
            }
            counts.push(total);
        }
        for (key, figure) in cells.iter() {
            let (CellKey::Line { line }, Some(figure)) = (key, figure) else { continue };
            counts.push(json!({
                "@type": "ElectionResults.BallotCounts",
                "GpUnitId": unit_id(unit),
                "Type": "other",
                "OtherType": format!("line:{line}"),
                "BallotsCast": figure,
            }));
        }
        counts
    }
}

/// One choice of a contest, unit by unit; with what opens the contest before its first choice, and what
/// ends it after its last.
fn selection(
    report: &Arc<NistReport>,
    at: usize,
    choice: usize,
) -> impl Iterator<Item = Vec<u8>> + Send + use<> {
    let report = Arc::clone(report);
    let contest = &report.pack.election.contests[at];
    let (first, last) = (choice == 0, choice + 1 == contest.choices.len());
    let code = &contest.choices[choice].code;
    let key = CellKey::vote(contest.code.clone(), code.clone());
    let id = candidate_id(contest.code.as_str(), code.as_str());
    let mut begin = String::new();
    if first {
        let scope = report.pack.units.all().first().map(|unit| unit_id(&unit.code));
        let mut opens = json!({
            "@id": format!("contest-{}", contest.code),
            "@type": "ElectionResults.CandidateContest",
            "ElectionDistrictId": scope,
            "Name": name(&contest.names, contest.code.as_str()),
            "VotesAllowed": contest.mandates,
        })
        .to_string();
        opens.pop();
        begin = format!("{}{opens},\"ContestSelection\":[", if at == 0 { "" } else { "," });
    }
    let mut opens = json!({
        "@id": format!("selection-{id}"),
        "@type": "ElectionResults.CandidateSelection",
        "CandidateIds": [id],
    })
    .to_string();
    opens.pop();
    begin.push_str(&format!("{}{opens},\"VoteCounts\":[", if first { "" } else { "," }));
    let end = if last { "]}]}" } else { "]}" };
    let units = report.figures.len();
    let counts = (0..units).filter_map(move |at| {
        let (unit, cells) = &report.figures[at];
        let votes = cells.get(&key)?;
        Some(json!({
            "@type": "ElectionResults.VoteCounts",
            "GpUnitId": unit_id(unit),
            "Type": "total",
            "Count": votes,
        }))
    });
    std::iter::once(begin.into_bytes())
        .chain(joined(counts))
        .chain(std::iter::once(end.as_bytes().to_vec()))
}

fn unit_id(code: &UnitCode) -> String {
    format!("unit-{code}")
}

fn candidate_id(contest: &str, choice: &str) -> String {
    format!("choice-{contest}-{choice}")
}

/// What the standard calls a level.
const fn kind(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Country => "country",
        UnitKind::Region => "state",
        UnitKind::District => "county",
        UnitKind::Precinct => "precinct",
    }
}

fn name<'a>(names: &'a Names, code: &'a str) -> &'a str {
    let name = names.get("en");
    if name.is_empty() { code } else { name }
}

/// A name in its languages; a code has none.
fn text(names: &Names, code: &str) -> Value {
    let mut texts: Vec<Value> = names
        .0
        .iter()
        .map(|(language, content)| {
            json!({
                "@type": "ElectionResults.LanguageString",
                "Language": language,
                "Content": content,
            })
        })
        .collect();
    if texts.is_empty() {
        texts.push(json!({
            "@type": "ElectionResults.LanguageString", "Language": "und", "Content": code,
        }));
    }
    json!({ "@type": "ElectionResults.InternationalizedText", "Text": texts })
}
