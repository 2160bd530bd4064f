//! Turnout over the day on the pages of units and regions: a small drawing, and the figures.

use super::{
    frame::{Frame, Id},
    words::TurnoutWords,
};
use crate::{
    merge::UnitFile,
    roster::TurnoutSeries,
    turnout::{self, TurnoutSums},
};

mod chart;

use self::chart::Chart;

/// Turnout by one form, as a page shows it.
pub(super) struct TurnoutSection {
    pub(super) t: &'static TurnoutWords,
    pub(super) form: String,
    pub(super) chart: Option<Chart>,
    /// Of the unit itself.
    pub(super) points: Vec<PointView>,
    /// Of all below it.
    pub(super) hours: Vec<HourView>,
}

/// One figure of one observer.
pub(super) struct PointView {
    pub(super) line: usize,
    pub(super) who: String,
    pub(super) at: String,
    pub(super) figure: String,
    pub(super) flags: Vec<&'static str>,
    pub(super) record: Id,
}

/// The sums at one hour.
pub(super) struct HourView {
    pub(super) at: String,
    pub(super) units: u64,
    pub(super) fresh: u64,
    pub(super) lowest: String,
    pub(super) highest: String,
    pub(super) falls: bool,
}

/// Of the unit itself, off its file: a line for every observer.
pub(super) fn of_unit(frame: &Frame, file: &UnitFile) -> Vec<TurnoutSection> {
    turnout::reader(&frame.pack)(file).iter().map(|series| lines(frame, series)).collect()
}

/// Of all below a unit: the lowest and the highest sum.
pub(super) fn below(frame: &Frame, sums: &[TurnoutSums]) -> Vec<TurnoutSection> {
    sums.iter().map(|sums| hours(frame, sums)).collect()
}

fn lines(frame: &Frame, series: &TurnoutSeries) -> TurnoutSection {
    let t = &frame.w.turnout;
    let drawn: Vec<Vec<(u16, i64)>> = series
        .lines
        .iter()
        .map(|line| line.points.iter().map(|one| (one.at.minutes(), one.figure)).collect())
        .collect();
    let points = series.lines.iter().enumerate().flat_map(|(number, line)| {
        let who = line.person.as_ref().map_or_else(
            || frame.w.unknown_person.to_owned(),
            |person| match line.org.as_ref() {
                Some(org) => format!("{person}, {org}"),
                None => person.to_string(),
            },
        );
        line.points.iter().map(move |point| {
            let flags = [(point.falls, t.falls), (point.differs, t.differs), (line.told, t.told)];
            PointView {
                line: number + 1,
                who: who.clone(),
                at: point.at.to_string(),
                figure: signed(point.figure),
                flags: flags.into_iter().filter(|(is, _)| *is).map(|(_, text)| text).collect(),
                record: point.record.into(),
            }
        })
    });
    TurnoutSection {
        t,
        form: frame.form(&series.form),
        chart: Chart::new(&drawn),
        points: points.collect(),
        hours: Vec::new(),
    }
}

fn hours(frame: &Frame, sums: &TurnoutSums) -> TurnoutSection {
    let line = |pick: fn(&crate::roster::TurnoutSum) -> i64| -> Vec<(u16, i64)> {
        sums.hours.iter().map(|hour| (hour.at.minutes(), pick(hour))).collect()
    };
    TurnoutSection {
        t: &frame.w.turnout,
        form: frame.form(&sums.form),
        chart: Chart::new(&[line(|hour| hour.lowest), line(|hour| hour.highest)]),
        points: Vec::new(),
        hours: sums
            .hours
            .iter()
            .map(|hour| HourView {
                at: hour.at.to_string(),
                units: hour.units,
                fresh: hour.fresh,
                lowest: signed(hour.lowest),
                highest: signed(hour.highest),
                falls: hour.falls,
            })
            .collect(),
    }
}

/// A figure as it was said; a phone may have said a negative one.
fn signed(figure: i64) -> String {
    u64::try_from(figure).map_or_else(|_| figure.to_string(), super::figure::figure)
}
