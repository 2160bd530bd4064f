//! Review: what becomes of what was reported.

mod decide;
mod incident;

pub(crate) use self::decide::check_reason;
pub use self::decide::{Review, ReviewError};
pub use self::incident::{CriticalAnswers, IncidentState, TransitionError, critical_answers};
