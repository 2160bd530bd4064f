//! What headquarters does in the demonstration: a record is re-attributed, incidents are reviewed.

use hattama_server::review::IncidentState::{
    self, Confirmed, Duplicate, Escalated, Insufficient, Rejected, Resolved, Triaged, Verifying,
};

use super::{DemoError, play::Play, progress::Progress};

/// The steps that incidents take, one row after the other, over and over. Half of them nobody has
/// looked at yet, as on any election night.
const ROUTES: [&[IncidentState]; 14] = [
    &[],
    &[Triaged],
    &[Triaged, Verifying, Confirmed],
    &[],
    &[Triaged, Verifying],
    &[],
    &[Escalated, Resolved],
    &[],
    &[Triaged, Verifying, Insufficient],
    &[],
    &[Duplicate],
    &[],
    &[Triaged, Escalated],
    &[Triaged, Rejected],
];

/// Decides and reviews. False when it was told to stop before the end.
pub(super) fn of(play: &Play<'_>, progress: &Progress) -> Result<bool, DemoError> {
    let incidents = play.operator.incidents()?;
    let misplaced: Vec<_> = play.exercise.story.misplaced().collect();
    let phase = progress.phase("headquarters reviews", misplaced.len() + incidents.len());
    for (place, reading) in misplaced {
        let reason = format!(
            "The photograph shows the protocol of {}; the observer tapped {}.",
            reading.paper.unit, reading.typed.unit
        );
        play.operator.reattribute(play.record(place), &reading.paper.unit, &reason)?;
        phase.step();
    }
    for (incident, route) in incidents.iter().zip(ROUTES.iter().cycle()) {
        if play.stop.is_set() {
            return Ok(false);
        }
        for state in *route {
            play.operator.step(incident.id, state.name(), reason(*state))?;
        }
        phase.step();
    }
    Ok(true)
}

/// The words of the history. Whoever reads them shall see that nothing happened.
const fn reason(state: IncidentState) -> &'static str {
    match state {
        IncidentState::Received => "",
        Triaged => "Readable, in the right place, and of this election (exercise).",
        Verifying => "Asked the second observer of the precinct what she saw (exercise).",
        Confirmed => "Two observers tell the same independently (exercise).",
        Insufficient => "One voice, and nothing to hold beside it (exercise).",
        Rejected => "The observer took a rule for its breach (exercise).",
        Duplicate => "Tells the event of an earlier report (exercise).",
        Escalated => "Handed to the lawyer on duty (exercise).",
        Resolved => "Complained of in writing; the office has answered (exercise).",
    }
}
