//! The play: who observes what, what the papers show and what the observers say.
//!
//! ```text
//! plan (who is where, which case) ──> acts (protocols, forms, incidents) ──> in order of time
//! ```
//!
//! Promises: the same seed and number give the same story; every category of incident and, from a
//! dozen precincts up, every case of [`Case`] is in it. Acts hold bodies as `proto` has them, without
//! photographs: whoever plays the story takes those and adds what the phone makes of them.

mod checklists;
mod clock;
mod flaws;
mod incidents;
mod paper;
mod plan;
mod protocols;

use std::collections::BTreeMap;

use hattama_proto::{
    id::{OrgId, PersonId, UnitCode},
    pack::UnitRegister,
    record::{FormAnswers, Incident, NotObtained, ResultsProtocol},
    statement::Mandate,
    time::ClaimedTime,
};

pub use self::{paper::Paper, plan::Case};
use super::{count::Count, figures::Figures};
use crate::form::{Sheet, Shot};

/// Precincts observed in a demonstration, unless told otherwise.
pub const PRECINCTS_OBSERVED: usize = 150;

/// The whole play.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Who plays.
    pub observers: Vec<Observer>,
    /// What they do, in order of time.
    pub acts: Vec<Act>,
    /// The precincts that somebody was meant to observe, by code, with what happens there.
    pub observed: BTreeMap<UnitCode, Case>,
    /// The two regions whose published total will be altered.
    pub altered: [UnitCode; 2],
    /// What the commission will publish for precincts where two copies differ: the later sheet.
    pub announced: BTreeMap<UnitCode, Count>,
}

/// A person with a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observer {
    /// The pseudonym under which protocols are signed.
    pub person: PersonId,
    /// The pseudonym under which incidents are signed; its number tells nothing of the other.
    pub reporter: PersonId,
    /// The organisation.
    pub org: OrgId,
    /// Where the person may observe.
    pub mandate: Mandate,
    /// The language the person writes in: `kk`, `ru` or `en`.
    pub language: &'static str,
}

/// Something that one observer does.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// Place of the observer in [`Story::observers`].
    pub observer: usize,
    /// When, by the observer's clock.
    pub at: ClaimedTime,
    /// What.
    pub deed: Deed,
}

/// What an observer does.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Photographs a protocol and types it.
    Protocol(Box<Reading>),
    /// Says that there was no copy.
    NotObtained(NotObtained),
    /// Reports an incident.
    Incident(Box<Report>),
    /// Fills in a checklist.
    Form(FormAnswers),
    /// Takes back what an earlier act said.
    Correction(Box<Amendment>),
}

/// One reading of one paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Why this paper is in the story.
    pub case: Case,
    /// What the observer types; its photographs are yet to be taken.
    pub typed: ResultsProtocol,
    /// What the paper shows, and whose it really is.
    pub paper: Paper,
    /// How it is photographed.
    pub shot: Shot,
}

impl Reading {
    /// Whether the observer tapped another unit than the one on the paper.
    pub fn is_misplaced(&self) -> bool {
        self.typed.unit != self.paper.unit
    }
}

/// One incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What is reported; its attachments are yet to be made.
    pub incident: Incident,
    /// What is attached, if anything is.
    pub scene: Option<Scene>,
}

/// An attachment to be drawn by [`crate::form::incident_scene`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// What it shows, in English.
    pub label: String,
    /// Chooses who stands where.
    pub seed: u64,
}

/// "That was wrong."
#[derive(Clone, Debug, PartialEq)]
pub struct Amendment {
    /// Place of the act that was wrong in [`Story::acts`].
    pub corrects: usize,
    /// Why, in the observer's words.
    pub reason: String,
    /// What it should have said.
    pub becomes: Reading,
}

impl Story {
    /// Invents a story in which `precincts` precincts are observed (at least one, at most all).
    pub fn invent(seed: u64, precincts: usize, register: &UnitRegister, figures: &Figures) -> Self {
        let plan = plan::Plan::make(seed, precincts, register);
        let mut script = Script::default();
        let announced = protocols::write(&mut script, seed, &plan, register, figures);
        checklists::write(&mut script, seed, &plan, figures);
        incidents::write(&mut script, seed, &plan);
        Self {
            acts: script.in_order(),
            observed: plan.visits.into_iter().map(|visit| (visit.unit, visit.case)).collect(),
            observers: plan.observers,
            altered: plan.altered,
            announced,
        }
    }

    /// Readings that were filed under the wrong unit, with their places in [`Story::acts`]: a
    /// decision has to put them right.
    pub fn misplaced(&self) -> impl Iterator<Item = (usize, &Reading)> {
        self.acts.iter().enumerate().filter_map(|(place, act)| match &act.deed {
            Deed::Protocol(reading) if reading.is_misplaced() => Some((place, reading.as_ref())),
            _ => None,
        })
    }
}

/// The form to photograph for this act, if the act has one.
pub fn sheet(act: &Act) -> Option<Sheet> {
    match &act.deed {
        Deed::Protocol(reading) => Some(reading.paper.sheet()),
        Deed::Correction(amendment) => Some(amendment.becomes.paper.sheet()),
        Deed::NotObtained(_) | Deed::Incident(_) | Deed::Form(_) => None,
    }
}

/// Acts as they are thought of, with the minute in which they happen (from 0:00 of the day).
#[derive(Default)]
struct Script(Vec<(i64, usize, Deed)>);

impl Script {
    /// Adds an act and returns its provisional place, for an amendment.
    fn add(&mut self, minute: i64, observer: usize, deed: Deed) -> usize {
        self.0.push((minute, observer, deed));
        self.0.len() - 1
    }

    /// The acts in order of time, amendments pointing at their new places.
    fn in_order(self) -> Vec<Act> {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|place| self.0[*place].0);
        let mut moved = vec![0; order.len()];
        order.iter().enumerate().for_each(|(now, before)| moved[*before] = now);
        let mut acts: Vec<_> = self.0.into_iter().map(Some).collect();
        let mut taken = order.into_iter().map(|place| acts[place].take().expect("taken once"));
        let act = |(minute, observer, mut deed)| {
            if let Deed::Correction(amendment) = &mut deed {
                amendment.corrects = moved[amendment.corrects];
            }
            Act { observer, at: clock::claimed(minute), deed }
        };
        taken.by_ref().map(act).collect()
    }
}
