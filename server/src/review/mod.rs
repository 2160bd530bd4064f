//! Review: what becomes of what was reported.

mod archive;
mod ask;
mod assignee;
mod change;
mod decide;
mod incident;
mod words;

use std::collections::BTreeSet;

use hattama_proto::record::Incident;

pub use self::archive::{Archived, NewFile};
pub use self::ask::{Ask, AskError, LANGUAGES, Present};
pub use self::change::{Asked, Changed, fill_incidents, reported};
pub(crate) use self::decide::check_reason;
pub use self::decide::{Review, ReviewError};
pub use self::incident::{CriticalAnswers, IncidentState, TransitionError, critical_answers};
pub use self::words::{question, tokens};

/// What the search finds a report by.
pub fn found_by(incident: &Incident) -> BTreeSet<String> {
    let texts = [
        Some(incident.words.as_str()),
        incident.place_words.as_deref(),
        incident.unit.as_ref().map(|unit| unit.as_str()),
    ];
    tokens(texts.into_iter().flatten())
}
