//! Which incidents are wanted, and in which order.

use crate::access::Scope;

/// Which incidents to list; what is none does not limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct IncidentFilter {
    /// In this state.
    pub state: Option<String>,
    /// Of this severity.
    pub severity: Option<String>,
    /// Of this phase.
    pub phase: Option<String>,
    /// Of this category, among others.
    pub category: Option<String>,
    /// At this unit.
    pub unit: Option<String>,
    /// Within this area: at a unit or below it, see [`area`](crate::store::incidents::area).
    pub area: Option<String>,
    /// Reported for this organisation.
    pub org: Option<String>,
    /// Looked after by this account.
    pub assignee: Option<String>,
    /// With this tag.
    pub tag: Option<String>,
    /// In this group.
    pub group: Option<String>,
    /// Received at or after, and before: Unix milliseconds.
    pub received: (Option<i64>, Option<i64>),
    /// Occurred at or after, and before; what does not say when does not fit then.
    pub occurred: (Option<i64>, Option<i64>),
    /// With these words: of each row at least one token; at most four rows.
    pub words: Vec<[String; 2]>,
    /// What whoever asks may see.
    pub scope: Scope,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IncidentOrder {
    /// The newest change first.
    #[default]
    Changed,
    /// The newest report first.
    Received,
}
