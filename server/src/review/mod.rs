//! Review: what becomes of what was reported.

mod decide;
mod incident;

pub use self::decide::{Review, ReviewError};
pub use self::incident::{CriticalAnswers, IncidentState, TransitionError, critical_answers};
