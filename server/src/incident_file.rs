//! All that is known of one incident: the report and its photographs, its place in the chain of its
//! device and in the log, what became of it, and what lies beside it.

use std::collections::HashSet;

use hattama_proto::{
    id::{PhotoHash, RecordId},
    record::{Body, Corrected, Incident, Record},
    statement::IncidentChange,
    wire::ReceiptPart,
};

use crate::{
    access::Scope,
    app::Headquarters,
    picture::PictureError,
    review::IncidentState,
    store::{
        self, StoreError,
        incidents::{Edition, LoggedChange, StoredIncident, Transition},
        records::StoredRecord,
    },
};

/// Other incidents that are shown beside one: what a reviewer looks through.
const NEAR_MAX: usize = 10;

/// Incidents of a group that are shown.
const GROUP_MAX: u32 = 50;

/// Before and after an event, in milliseconds, within which another one is beside it.
const AROUND_MS: i64 = 60 * 60 * 1000;

/// Everything about one incident.
#[derive(Debug)]
pub struct IncidentFile {
    /// As it stands.
    pub incident: StoredIncident,
    /// The record that reported it.
    pub stored: StoredRecord,
    /// The same, verified again and read; none where this version cannot read it.
    pub record: Option<Record>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Steps of before changes were logged.
    pub unlogged: Vec<Transition>,
    /// Every logged change, oldest first.
    pub changes: Vec<LoggedChange>,
    /// Everything that was made public about it, oldest first.
    pub editions: Vec<Edition>,
    /// Incidents that tell the same event; this one counts.
    pub duplicates: Vec<RecordId>,
    /// The other incidents of its group, as far as whoever asks sees them.
    pub group: Vec<StoredIncident>,
    /// Others at the same unit, or in the region around the same time.
    pub near: Vec<StoredIncident>,
    /// Which of the files that the report names have come whole.
    pub whole: HashSet<PhotoHash>,
    /// The receipt, and the checkpoint it stands on; none while the log does not answer.
    pub receipt: Option<(ReceiptPart, String)>,
}

impl IncidentFile {
    /// Gathers it; none where there is no such incident, or whoever asks does not see it.
    pub async fn gather(
        headquarters: &Headquarters,
        id: &RecordId,
        scope: &Scope,
    ) -> Result<Option<Self>, PictureError> {
        let db = &headquarters.db;
        let Some(mut incident) = store::incidents::by_id(db, id).await? else { return Ok(None) };
        if !scope.sees(incident.org.as_deref(), incident.region.as_deref()) {
            return Ok(None);
        }
        let Some(stored) = store::records::by_id(db, id).await? else { return Ok(None) };
        let record = headquarters.judge(&stored).await?.record;
        headquarters.veil(scope, std::slice::from_mut(&mut incident)).await?;
        let mut changes = store::incidents::history(db, id).await?;
        veil_changes(headquarters, scope, &mut changes).await?;
        let logged: HashSet<u64> = changes.iter().map(|change| change.version).collect();
        let mut unlogged = store::incidents::transitions(db, id).await?;
        unlogged.retain(|step| !logged.contains(&step.version));
        let group = match &incident.group {
            Some(group) => store::incidents::group_of(db, group, GROUP_MAX).await?,
            None => Vec::new(),
        };
        let seen = |other: &StoredIncident| {
            other.record != *id && scope.sees(other.org.as_deref(), other.region.as_deref())
        };
        let happened = record
            .as_ref()
            .and_then(report)
            .and_then(|report| Some(report.occurred_at.as_ref()?.to_unix_millis().0));
        let happened = happened.unwrap_or(incident.received_at.0);
        let around = (happened.saturating_sub(AROUND_MS), happened.saturating_add(AROUND_MS));
        let board = headquarters.incident_board().await?;
        let mut near = board.near(scope, &incident, around, NEAR_MAX);
        headquarters.veil(scope, &mut near).await?;
        let mut duplicates = store::incidents::duplicates(db, id).await?;
        let known = headquarters.records_within(scope, duplicates.iter().copied()).await?;
        duplicates.retain(|duplicate| known.contains(duplicate));
        let photos: Vec<PhotoHash> = record
            .iter()
            .flat_map(|record| record.claims.body.photos())
            .map(|photo| photo.sha256)
            .collect();
        let whole = store::photos::whole_among(db, &photos).await?.into_iter().collect();
        let receipt = headquarters.sequencer.receipts(&[stored.position]).await.ok();
        Ok(Some(Self {
            tags: store::incidents::tags(db, id).await?,
            editions: store::incidents::editions(db, id).await?,
            duplicates,
            group: group.into_iter().filter(seen).collect(),
            receipt: receipt
                .and_then(|(parts, note)| Some((parts.into_iter().next()?, note.to_string()))),
            incident,
            stored,
            record,
            unlogged,
            changes,
            near,
            whole,
        }))
    }

    /// The report; a checklist whose answers opened the incident is none.
    pub fn report(&self) -> Option<&Incident> {
        report(self.record.as_ref()?)
    }

    /// What is public about it now.
    pub fn public(&self) -> Option<&Edition> {
        self.editions.last().filter(|edition| edition.texts.is_some())
    }
}

/// What was marked as a duplicate of something outside the scope is told as the step that it was.
async fn veil_changes(
    headquarters: &Headquarters,
    scope: &Scope,
    changes: &mut [LoggedChange],
) -> Result<(), StoreError> {
    for change in changes {
        let Ok(said) = serde_json::from_str(&change.change) else { continue };
        let IncidentChange::Duplicate { from, of, reason } = said else { continue };
        if headquarters.records_within(scope, [of]).await?.is_empty() {
            let to = IncidentState::Duplicate.name().to_owned();
            let step = IncidentChange::Step { from, to, reason };
            change.change = serde_json::to_string(&step).expect("plain data");
        }
    }
    Ok(())
}

fn report(record: &Record) -> Option<&Incident> {
    match &record.claims.body {
        Body::Incident(incident) => Some(incident),
        Body::Correction(correction) => match &correction.becomes {
            Corrected::Incident(incident) => Some(incident),
            _ => None,
        },
        _ => None,
    }
}
