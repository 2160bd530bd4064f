//! Filters of incident lists as a query says them: the same for the API, the pages, the exports.

use hattama_proto::{id::UnitCode, problem::ProblemCode, record::Severity, time::ClaimedTime};
use serde::Deserialize;

use crate::{
    access::Scope,
    app::Headquarters,
    http::HttpProblem,
    incident_board::IncidentFilter,
    review::{IncidentState, question},
    store::incidents::area,
};

/// A filter as a query says it. What is missing or empty does not limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct FilterQuery {
    pub(crate) state: String,
    pub(crate) severity: String,
    pub(crate) phase: String,
    pub(crate) category: String,
    pub(crate) unit: String,
    /// A unit of the register, with all below it.
    pub(crate) region: String,
    pub(crate) org: String,
    pub(crate) assignee: String,
    pub(crate) tag: String,
    pub(crate) group: String,
    pub(crate) q: String,
    pub(crate) occurred_from: String,
    pub(crate) occurred_until: String,
    pub(crate) received_from: String,
    pub(crate) received_until: String,
}

/// What a filter says that nobody understands; the sentence says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct FilterError(String);

impl From<FilterError> for HttpProblem {
    fn from(error: FilterError) -> Self {
        Self::new(ProblemCode::Invalid, error.0)
    }
}

impl FilterQuery {
    /// The filter, within what whoever asks may see.
    pub(crate) fn read(
        self,
        headquarters: &Headquarters,
        scope: &Scope,
    ) -> Result<IncidentFilter, FilterError> {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        if !self.state.is_empty() && IncidentState::from_name(&self.state).is_none() {
            return Err(FilterError(format!("there is no state {:?}", self.state)));
        }
        if !self.severity.is_empty() && Severity::from_name(&self.severity).is_none() {
            return Err(FilterError(format!("there is no severity {:?}", self.severity)));
        }
        let area = match some(self.region) {
            None => None,
            Some(code) => {
                let pack = headquarters.book.read().pack.clone();
                let unit = UnitCode::new(&code).ok().filter(|code| pack.units.get(code).is_some());
                let unit =
                    unit.ok_or_else(|| FilterError(format!("the register has no {code:?}")))?;
                area(pack.units.upwards(&unit).map(|unit| unit.code.as_str()))
            }
        };
        let words = question(&self.q);
        if words.is_empty() && !self.q.trim().is_empty() {
            return Err(FilterError("a search has a word with letters or digits".to_owned()));
        }
        Ok(IncidentFilter {
            state: some(self.state),
            severity: some(self.severity),
            phase: some(self.phase),
            category: some(self.category),
            unit: some(self.unit),
            area,
            org: some(self.org),
            assignee: some(self.assignee),
            tag: some(self.tag),
            group: some(self.group),
            received: (time(&self.received_from)?, time(&self.received_until)?),
            occurred: (time(&self.occurred_from)?, time(&self.occurred_until)?),
            words,
            scope: scope.clone(),
        })
    }
}

fn time(text: &str) -> Result<Option<i64>, FilterError> {
    if text.is_empty() {
        return Ok(None);
    }
    let time: ClaimedTime = text.parse().map_err(|_| {
        FilterError(format!("{text:?} is no time; write 2030-12-08T20:00:00+05:00"))
    })?;
    Ok(Some(time.to_unix_millis().0))
}
