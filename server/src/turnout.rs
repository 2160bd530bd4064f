//! Turnout over the day, of a unit and of all below it, read from their files.

use hattama_proto::{
    id::{FormCode, QuestionCode, UnitCode},
    pack::Pack,
    time::ClaimedTime,
};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::{
    access::Scope,
    app::Headquarters,
    merge::UnitFile,
    picture::PictureError,
    roster::{TimeOfDay, TurnoutSeries, TurnoutSum, turnout_of, turnout_sums},
};

/// What is known of turnout in a unit.
#[derive(Clone, Debug, Serialize)]
pub struct TurnoutView {
    /// The unit.
    pub unit: UnitCode,
    /// What observers told of the unit itself, a line each.
    pub series: Vec<TurnoutSeries>,
    /// Sums over the unit and all below it.
    pub sums: Vec<TurnoutSums>,
}

/// The day's sums by one question of one form.
#[derive(Clone, Debug, Serialize)]
pub struct TurnoutSums {
    /// The form.
    pub form: FormCode,
    /// The question.
    pub question: QuestionCode,
    /// In the order of the day.
    pub hours: Vec<TurnoutSum>,
}

impl Headquarters {
    /// Turnout of `unit` and all below it, of what lies within `scope`. Empty where nothing was told.
    pub async fn turnout_within(
        &self,
        scope: &Scope,
        unit: &UnitCode,
    ) -> Result<TurnoutView, PictureError> {
        let pack = std::sync::Arc::clone(&self.book.read().pack);
        if scope.is_everything() {
            let digests = self.digests().await?;
            let told = digests.turnout();
            let below = |of: &UnitCode| of == unit || pack.units.is_within(of, unit);
            let all = told.iter().filter(|(of, _)| below(of)).flat_map(|(_, series)| series);
            let series = told.get(unit).cloned().unwrap_or_default();
            return Ok(TurnoutView { unit: unit.clone(), series, sums: sums(all) });
        }
        let files = self.unit_files_within(scope, unit).await?;
        let read = reader(&pack);
        let told: Vec<_> = files.iter().map(|file| (&file.unit, read(file))).collect();
        let own = told.iter().find(|(of, _)| *of == unit).map(|(_, series)| series.clone());
        let all = told.iter().flat_map(|(_, series)| series);
        Ok(TurnoutView { unit: unit.clone(), series: own.unwrap_or_default(), sums: sums(all) })
    }
}

/// Reads the turnout off unit files, in the time zone of the election.
pub(crate) fn reader(pack: &Pack) -> impl Fn(&UnitFile) -> Vec<TurnoutSeries> {
    let zone = TimeZone::get(&pack.election.time_zone).unwrap_or(TimeZone::UTC);
    move |file| turnout_of(file, pack, |claimed| time_of_day(claimed, &zone))
}

/// The sums over units, by question, in the order of their codes.
pub(crate) fn sums<'a>(all: impl IntoIterator<Item = &'a TurnoutSeries>) -> Vec<TurnoutSums> {
    let mut asked: Vec<Vec<&TurnoutSeries>> = Vec::new();
    for one in all {
        let is_same =
            |other: &&TurnoutSeries| other.form == one.form && other.question == one.question;
        match asked.iter_mut().find(|same| same.first().is_some_and(is_same)) {
            Some(same) => same.push(one),
            None => asked.push(vec![one]),
        }
    }
    let mut sums: Vec<TurnoutSums> = asked
        .into_iter()
        .filter_map(|same| {
            let first = same.first()?;
            let (form, question) = (first.form.clone(), first.question.clone());
            Some(TurnoutSums { form, question, hours: turnout_sums(same) })
        })
        .collect();
    sums.sort_by(|one, other| (&one.form, &one.question).cmp(&(&other.form, &other.question)));
    sums
}

/// The time of day at the election.
fn time_of_day(claimed: &ClaimedTime, zone: &TimeZone) -> TimeOfDay {
    let at = jiff::Timestamp::from_millisecond(claimed.to_unix_millis().0).unwrap_or_default();
    let local = zone.to_datetime(at);
    let minutes =
        u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
    TimeOfDay::after_midnight(minutes)
}
