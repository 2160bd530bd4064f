//! Who is expected where and when, who has come, and who is silent. Pure.
//!
//! Only a plan makes "silent" mean something: without one, nobody was expected. A move that nobody
//! planned is noted and never held against a record.

mod check_in;
mod silence;
mod table;
mod turnout;

pub use self::{
    check_in::{check_in, happened_at},
    silence::{Expected, SeatState, expected_at},
    table::{PlannedRow, RowError, read_plan},
    turnout::{
        TimeOfDay, TurnoutLine, TurnoutPoint, TurnoutSeries, TurnoutSum, turnout_of, turnout_sums,
    },
};

use hattama_proto::{
    id::{OrgId, PersonId, UnitCode},
    time::UnixMillis,
};
use serde::Serialize;

/// A seat in the plan: one person, one unit, one stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assignment {
    /// Its name.
    pub id: String,
    /// Who sits there, by pseudonym; nobody yet if none.
    pub person: Option<PersonId>,
    /// What the plan calls the seat.
    pub seat: String,
    /// The organisation.
    pub org: OrgId,
    /// Where.
    pub unit: UnitCode,
    /// In which region.
    pub region: Option<UnitCode>,
    /// As what.
    pub duty: Duty,
    /// The mobile team, for a stop of its route.
    pub team: Option<String>,
    /// Which stop of the route, from 1.
    pub stop: Option<u32>,
    /// From when.
    pub from: UnixMillis,
    /// Until when, exclusive.
    pub until: UnixMillis,
    /// Whether it still stands.
    pub stands: bool,
    /// Counts the changes.
    pub version: u64,
    /// Whether it was taken over from the round before and waits to be confirmed. It does not stand
    /// until then.
    pub carried: bool,
}

/// As what somebody is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// In a precinct, for the whole shift.
    Observer,
    /// In a mobile team, at one stop of its route.
    Mobile,
    /// At a territorial commission.
    Territorial,
}

impl Duty {
    /// Every duty.
    pub const ALL: [Self; 3] = [Self::Observer, Self::Mobile, Self::Territorial];

    /// The name in stores, files and the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Mobile => "mobile",
            Self::Territorial => "territorial",
        }
    }

    /// The duty with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|duty| duty.name() == name)
    }
}

/// An arrival, a departure or a handover, as somebody told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// Its name, or the id of the record that says so.
    pub id: String,
    /// Who.
    pub person: PersonId,
    /// Where.
    pub unit: UnitCode,
    /// In which region.
    pub region: Option<UnitCode>,
    /// Of which organisation.
    pub org: OrgId,
    /// What happened.
    pub what: PresenceKind,
    /// Who took over.
    pub to_person: Option<PersonId>,
    /// When, as told.
    pub at: UnixMillis,
    /// The account that noted it; a phone's record if none.
    pub noted_by: Option<String>,
    /// When it was noted.
    pub noted_at: UnixMillis,
}

/// What happened to a presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceKind {
    /// Somebody came.
    Arrived,
    /// Somebody left.
    Departed,
    /// Somebody left and another took the seat.
    HandedOver,
}

impl PresenceKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Arrived, Self::Departed, Self::HandedOver];

    /// The name in stores and the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Departed => "departed",
            Self::HandedOver => "handed_over",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
