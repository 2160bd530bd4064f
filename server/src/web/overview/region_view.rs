//! One region in words and figures, as the overview and the region's own page show it.

use hattama_proto::id::UnitCode;

use super::{
    gather::Region,
    shift::{Shift, estimates, shifts},
    waiting::Show,
};
use crate::{
    compare::{ChoiceSums, ContestSums, PrecinctSum},
    web::{
        chip::Chip,
        figure::{figure, figure_or_dash, signed},
        frame::{Frame, UnitLink},
        unit_list,
        words::fill,
    },
};

/// Precincts that are named in one breath; more of them are a list of their own.
const DIFFERING_MAX: usize = 20;

/// A region's part of a page.
pub(in crate::web) struct RegionView {
    pub(in crate::web) code: String,
    pub(in crate::web) address: String,
    pub(in crate::web) name: String,
    pub(in crate::web) precincts: String,
    pub(in crate::web) covered: String,
    pub(in crate::web) not_obtained: String,
    pub(in crate::web) published: String,
    /// Precincts whose figures are in the sums of our copies.
    pub(in crate::web) ours: String,
    /// Those of them that were published too.
    pub(in crate::web) ours_published: String,
    pub(in crate::web) chip: Chip,
    /// Precincts whose copy is not what was published.
    pub(in crate::web) differing: Vec<UnitLink>,
    /// The list of all of them, where they are many.
    pub(in crate::web) all_differing: Option<UnitLink>,
    pub(in crate::web) rows: Vec<SumRow>,
}

/// One line of the table of sums.
pub(in crate::web) struct SumRow {
    pub(in crate::web) heading: Option<String>,
    pub(in crate::web) number: String,
    pub(in crate::web) label: String,
    pub(in crate::web) total: String,
    pub(in crate::web) total_tone: &'static str,
    pub(in crate::web) published: String,
    pub(in crate::web) ours: String,
    pub(in crate::web) ours_tone: &'static str,
    /// Ours less what was published for the same precincts; empty where they are equal.
    pub(in crate::web) ours_delta: String,
    /// Our sum over the precincts that were published too; empty where those are all.
    pub(in crate::web) ours_published: String,
    pub(in crate::web) published_same: String,
    pub(in crate::web) notes: Vec<Note>,
}

/// What is to be checked in a line.
pub(in crate::web) struct Note {
    pub(in crate::web) tone: &'static str,
    pub(in crate::web) text: String,
}

/// A region whose total nothing explains, in a sentence.
pub(in crate::web) struct Finding {
    pub(in crate::web) address: String,
    pub(in crate::web) region: String,
    pub(in crate::web) text: String,
    /// Votes that nothing explains; the largest finding stands first.
    pub(in crate::web) size: u64,
}

/// Address of a region's page.
pub(in crate::web) fn address(code: &UnitCode) -> String {
    format!("/regions/{}", crate::web::frame::encoded(code.as_str()))
}

impl RegionView {
    pub(in crate::web) fn new(frame: &Frame, region: &Region) -> Self {
        let sums = |pick: fn(&ChoiceSums) -> PrecinctSum| {
            let choices = region.contests.iter().flat_map(|contest| &contest.choices);
            figure(choices.map(|choice| pick(choice).precincts as u64).max().unwrap_or(0))
        };
        Self {
            code: region.code.to_string(),
            address: address(&region.code),
            name: frame.unit(&region.code),
            precincts: figure(region.precincts as u64),
            covered: figure(region.covered as u64),
            not_obtained: figure(region.not_obtained as u64),
            published: figure(region.published as u64),
            ours: sums(|choice| choice.ours),
            ours_published: sums(|choice| choice.published_covered),
            chip: chip(frame, region),
            differing: region
                .differing
                .iter()
                .take(DIFFERING_MAX)
                .map(|code| UnitLink::new(frame, code))
                .collect(),
            all_differing: (region.differing.len() > DIFFERING_MAX).then(|| UnitLink {
                address: unit_list::address_of(Show::Official, Some(&region.code)),
                name: format!("… {}", figure(region.differing.len() as u64)),
            }),
            rows: region.contests.iter().flat_map(|contest| rows(frame, contest)).collect(),
        }
    }
}

impl RegionView {
    /// Whether some of our precincts were not published, so that two sums of ours are shown.
    pub(in crate::web) fn has_unpublished(&self) -> bool {
        self.rows.iter().any(|row| !row.ours_published.is_empty())
    }
}

fn chip(frame: &Frame, region: &Region) -> Chip {
    let all: Vec<Shift> = region.contests.iter().flat_map(shifts).collect();
    let w = frame.w;
    if all.iter().any(|shift| shift.unexplained() > 0) {
        Chip::alert(w.region_to_check)
    } else if all.contains(&Shift::Possible) {
        Chip::plain(w.region_possible)
    } else if all.contains(&Shift::Equal) {
        Chip::good(w.region_adds_up)
    } else {
        Chip::plain(w.region_unknown)
    }
}

fn rows(frame: &Frame, contest: &ContestSums) -> Vec<SumRow> {
    let shifts = shifts(contest);
    // One contest needs no heading of its own.
    let many = frame.pack.election.contests.len() > 1;
    let mut heading = many.then(|| frame.contest(&contest.contest));
    let mut rows = Vec::new();
    for (choice, shift) in contest.choices.iter().zip(shifts) {
        let label = frame.choice(&contest.contest, &choice.choice);
        rows.push(row(frame, heading.take(), String::new(), label, Sums::of(choice), shift));
    }
    rows
}

/// The figures of one row.
#[derive(Clone, Copy)]
pub(in crate::web) struct Sums {
    pub(in crate::web) total: Option<u64>,
    pub(in crate::web) published: PrecinctSum,
    pub(in crate::web) ours: PrecinctSum,
    pub(in crate::web) ours_published: PrecinctSum,
    pub(in crate::web) published_covered: PrecinctSum,
}

impl Sums {
    const fn of(choice: &ChoiceSums) -> Self {
        Self {
            total: choice.published_total,
            published: choice.published_precincts,
            ours: choice.ours,
            ours_published: choice.ours_published,
            published_covered: choice.published_covered,
        }
    }
}

pub(in crate::web) fn row(
    frame: &Frame,
    heading: Option<String>,
    number: String,
    label: String,
    sums: Sums,
    shift: Shift,
) -> SumRow {
    let w = frame.w;
    let mut notes = Vec::new();
    let text = match shift {
        Shift::Lower(_) => Some(w.lower_note),
        Shift::Higher(_) => Some(w.higher_note),
        Shift::Unknown | Shift::Equal | Shift::Possible => None,
    };
    if let Some(text) = text {
        let by = figure(shift.unexplained());
        notes.push(Note { tone: "difference", text: fill(text, &[("by", &by)]) });
    }
    let by = i128::from(sums.ours_published.sum) - i128::from(sums.published_covered.sum);
    let same_precincts = sums.ours.precincts == sums.ours_published.precincts;
    SumRow {
        heading,
        number,
        label,
        total: figure_or_dash(sums.total),
        total_tone: if text.is_some() { "difference" } else { "" },
        published: known(sums.published),
        ours: known(sums.ours),
        ours_tone: if by == 0 { "" } else { "official" },
        ours_delta: if by == 0 { String::new() } else { signed(by) },
        ours_published: if same_precincts { String::new() } else { known(sums.ours_published) },
        published_same: known(sums.published_covered),
        notes,
    }
}

fn known(sum: PrecinctSum) -> String {
    figure_or_dash((sum.precincts > 0).then_some(sum.sum))
}

/// What to say of a region's total, if anything: what is certain, then what is likely.
pub(in crate::web) fn finding(frame: &Frame, region: &Region) -> Option<Finding> {
    let w = frame.w;
    let mut certain: Vec<(u64, String)> = Vec::new();
    let mut likely: Vec<(u64, String)> = Vec::new();
    for contest in &region.contests {
        let shifts = shifts(contest);
        if shifts.iter().all(|shift| shift.unexplained() == 0) {
            continue;
        }
        for ((choice, shift), estimate) in
            contest.choices.iter().zip(shifts).zip(estimates(contest))
        {
            let what = frame.choice(&contest.contest, &choice.choice);
            let say = |text, by: u64| (by, fill(text, &[("what", &what), ("by", &figure(by))]));
            match shift {
                Shift::Lower(by) => certain.push(say(w.lower_by, by)),
                Shift::Higher(by) => certain.push(say(w.higher_by, by)),
                Shift::Unknown | Shift::Equal | Shift::Possible => {}
            }
            let Some(estimate) = estimate else { continue };
            let by = u64::try_from(estimate.unsigned_abs()).unwrap_or(u64::MAX);
            let text = if estimate < 0 { w.about_lower } else { w.about_higher };
            likely.push(say(text, by));
        }
    }
    let size = certain.iter().map(|(by, _)| *by).max()?;
    // What the others of a contest lose or gain by chance is not worth a word.
    let largest = likely.iter().map(|(by, _)| *by).max().unwrap_or(0);
    likely.retain(|(by, _)| *by >= largest / LIKELY_SHARE);
    let mut text = joined(certain) + ".";
    if region.published < region.precincts && !likely.is_empty() {
        text.push(' ');
        text.push_str(&fill(w.likely, &[("what", &joined(likely))]));
    }
    Some(Finding { address: address(&region.code), region: frame.unit(&region.code), size, text })
}

/// Estimates smaller than this part of the largest are left out.
const LIKELY_SHARE: u64 = 4;

fn joined(mut said: Vec<(u64, String)>) -> String {
    said.sort_by_key(|(by, _)| std::cmp::Reverse(*by));
    said.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("; ")
}
