//! Turnout over the day, of a unit and of all below it, read from their files.

use hattama_proto::{
    id::{FormCode, QuestionCode, UnitCode},
    time::ClaimedTime,
};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::{
    access::Scope,
    app::Headquarters,
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
        let files = self.unit_files_within(scope, unit).await?;
        let pack = std::sync::Arc::clone(&self.book.read().pack);
        let zone = TimeZone::get(&pack.election.time_zone).unwrap_or(TimeZone::UTC);
        let local = |claimed: &ClaimedTime| time_of_day(claimed, &zone);
        let mut own = Vec::new();
        let mut all: Vec<TurnoutSeries> = Vec::new();
        for file in &files {
            let series = turnout_of(file, &pack, local);
            if file.unit == *unit {
                own.clone_from(&series);
            }
            all.extend(series);
        }
        let mut sums: Vec<TurnoutSums> = Vec::new();
        for one in &all {
            let is_same = |sum: &TurnoutSums| sum.form == one.form && sum.question == one.question;
            if !sums.iter().any(is_same) {
                let same = all
                    .iter()
                    .filter(|other| (&other.form, &other.question) == (&one.form, &one.question));
                let (form, question) = (one.form.clone(), one.question.clone());
                sums.push(TurnoutSums { form, question, hours: turnout_sums(same) });
            }
        }
        Ok(TurnoutView { unit: unit.clone(), series: own, sums })
    }
}

/// The time of day at the election.
fn time_of_day(claimed: &ClaimedTime, zone: &TimeZone) -> TimeOfDay {
    let at = jiff::Timestamp::from_millisecond(claimed.to_unix_millis().0).unwrap_or_default();
    let local = zone.to_datetime(at);
    let minutes =
        u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
    TimeOfDay::after_midnight(minutes)
}
