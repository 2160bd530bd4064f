//! Review: what becomes of what was reported.

mod incident;

pub use self::incident::{CriticalAnswers, IncidentState, TransitionError, critical_answers};
