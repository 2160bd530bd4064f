//! The incident review API: lists and single incidents. What changes one is in `change.rs`, files
//! are in `export.rs`, the stream is in `stream.rs`.

pub(super) mod change;
pub(super) mod export;
mod filter;
pub(super) mod stream;

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Json, Path, Query},
};
use hattama_proto::{
    id::{PhotoHash, RecordId},
    problem::ProblemCode,
    record::PhotoRole,
    time::UnixMillis,
    wire::ReceiptPart,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::filter::FilterQuery;
use super::HttpProblem;
use crate::{
    access::{Operator, Scope},
    app::Headquarters,
    incident_board::IncidentOrder,
    incident_file::IncidentFile,
    review::IncidentState,
    store::{self, incidents::StoredIncident},
};

/// Most incidents on one page.
const PAGE: u32 = 100;

/// An incident in a list.
#[derive(Serialize)]
pub(super) struct IncidentView {
    id: RecordId,
    state: String,
    version: u64,
    categories: Value,
    phase: String,
    severity: String,
    unit: Option<String>,
    region: Option<String>,
    org: Option<String>,
    reporter: Option<String>,
    occurred_at: Option<String>,
    received_at: UnixMillis,
    updated_at: UnixMillis,
    /// Log index of the report.
    index: u64,
    /// Log index of the last change.
    changed_index: u64,
    assignee: Option<String>,
    group: Option<String>,
    tags: Vec<String>,
    duplicate_of: Option<RecordId>,
    /// How often something was made public about it, withdrawals too.
    edition: u64,
}

impl IncidentView {
    pub(super) fn new(incident: StoredIncident, tags: Vec<String>) -> Self {
        Self {
            id: incident.record,
            state: incident.state,
            version: incident.version,
            categories: serde_json::from_str(&incident.categories).unwrap_or_default(),
            phase: incident.phase,
            severity: incident.severity,
            unit: incident.unit,
            region: incident.region,
            org: incident.org,
            reporter: incident.person,
            occurred_at: incident.occurred_at,
            received_at: incident.received_at,
            updated_at: incident.updated_at,
            index: incident.position,
            changed_index: incident.changed_position,
            assignee: incident.assignee,
            group: incident.group,
            tags,
            duplicate_of: incident.duplicate_of,
            edition: incident.edition,
        }
    }
}

/// Incidents with their tags, as far as `scope` reaches.
pub(super) async fn views(
    headquarters: &Headquarters,
    scope: &Scope,
    mut found: Vec<StoredIncident>,
) -> Result<Vec<IncidentView>, HttpProblem> {
    headquarters.veil(scope, &mut found).await?;
    let ids: Vec<RecordId> = found.iter().map(|incident| incident.record).collect();
    let tags = store::incidents::tags_of(&headquarters.db, &ids).await?;
    Ok(found.into_iter().zip(tags).map(|(one, tags)| IncidentView::new(one, tags)).collect())
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OrderQuery {
    /// The newest change first.
    #[default]
    Changed,
    /// The newest report first.
    Received,
}

/// Where a page of a list begins.
#[derive(Deserialize)]
pub(super) struct PageQuery {
    #[serde(default)]
    order: OrderQuery,
    after: Option<u64>,
    limit: Option<u32>,
}

/// One page of incidents.
#[derive(Serialize)]
pub(super) struct IncidentPage {
    incidents: Vec<IncidentView>,
    /// Pass as `after` for the next page; none when that was all.
    next: Option<u64>,
}

/// `GET /v1/incidents`: incidents that fit the filters, in this order.
pub(super) async fn list(
    operator: Operator,
    filter: Query<FilterQuery>,
    page: Query<PageQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<IncidentPage>, HttpProblem> {
    let filter = filter.into_inner().read(&headquarters, &operator.scope)?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let order = match page.order {
        OrderQuery::Changed => IncidentOrder::Changed,
        OrderQuery::Received => IncidentOrder::Received,
    };
    let board = headquarters.incident_board().await?;
    let found = board.page(&headquarters.db, &filter, order, page.after, limit as usize).await?;
    let more = u32::try_from(found.len()) == Ok(limit);
    let place = |incident: &StoredIncident| match order {
        IncidentOrder::Changed => incident.changed_position,
        IncidentOrder::Received => incident.position,
    };
    let next = found.last().map(place).filter(|_| more);
    let incidents = views(&headquarters, &operator.scope, found).await?;
    Ok(Json(IncidentPage { incidents, next }))
}

/// How many incidents fit the filters.
#[derive(Serialize)]
pub(super) struct CountsView {
    /// All that fit.
    reports: u64,
    /// Without those that tell the same event as another.
    events: u64,
    states: BTreeMap<String, u64>,
    severities: BTreeMap<String, u64>,
    /// An incident with two categories stands under both.
    categories: BTreeMap<String, u64>,
}

/// `GET /v1/incidents/counts`: how many incidents fit the filters, by state, severity and category.
pub(super) async fn counts(
    operator: Operator,
    filter: Query<FilterQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<CountsView>, HttpProblem> {
    let filter = filter.into_inner().read(&headquarters, &operator.scope)?;
    let mut counts = CountsView {
        reports: 0,
        events: 0,
        states: BTreeMap::new(),
        severities: BTreeMap::new(),
        categories: BTreeMap::new(),
    };
    let board = headquarters.incident_board().await?;
    for tally in board.tallies(&headquarters.db, &filter).await? {
        counts.reports += tally.count;
        if tally.state != IncidentState::Duplicate.name() {
            counts.events += tally.count;
        }
        *counts.states.entry(tally.state).or_default() += tally.count;
        *counts.severities.entry(tally.severity).or_default() += tally.count;
        let categories: Vec<String> = serde_json::from_str(&tally.categories).unwrap_or_default();
        for category in categories {
            *counts.categories.entry(category).or_default() += tally.count;
        }
    }
    Ok(Json(counts))
}

/// What an observer reported.
#[derive(Serialize)]
struct ReportView {
    words: String,
    language: String,
    place_words: Option<String>,
    refers_to: Option<RecordId>,
    attachments: Vec<AttachmentView>,
}

/// A file that a report names.
#[derive(Serialize)]
struct AttachmentView {
    sha256: PhotoHash,
    role: PhotoRole,
    page: u32,
    bytes: u64,
    /// Whether it has come whole.
    whole: bool,
}

/// A place in the chain of a device.
#[derive(Serialize)]
struct ChainView {
    kid: String,
    seq: Option<u64>,
    prev: Option<RecordId>,
}

/// What shows that the report is in the log.
#[derive(Serialize)]
struct ReceiptView {
    receipt: ReceiptPart,
    checkpoint: String,
}

/// One change of a review.
#[derive(Serialize)]
struct ChangeView {
    version: u64,
    at: UnixMillis,
    actor: String,
    /// Log index of its signed statement; none for a step of before changes were logged.
    index: Option<u64>,
    /// What was changed, as the statement says it.
    change: Value,
    /// The reason or the comment.
    words: Option<String>,
    /// What stands before the words in the hash that the statement carries.
    salt: Option<String>,
}

/// What was made public, or withdrawn.
#[derive(Serialize)]
struct EditionView {
    edition: u64,
    at: UnixMillis,
    actor: String,
    /// By language; null where nothing is public from here on.
    texts: Option<Value>,
}

/// One incident, whole.
#[derive(Serialize)]
pub(super) struct IncidentDetail {
    #[serde(flatten)]
    incident: IncidentView,
    /// What may follow now.
    next_states: Vec<&'static str>,
    report: Option<ReportView>,
    chain: ChainView,
    receipt: Option<ReceiptView>,
    /// Address of the evidence bundle.
    evidence: String,
    /// Every change, oldest first.
    history: Vec<ChangeView>,
    editions: Vec<EditionView>,
    /// Incidents that tell the same event; this one counts.
    duplicates: Vec<RecordId>,
    /// The others of its group.
    group_members: Vec<RecordId>,
    /// Others at the same unit, or in the region within an hour.
    neighbours: Vec<IncidentView>,
    /// The report as signed.
    jws: String,
}

/// `GET /v1/incidents/{id}`: one incident with all that is known of it. The `ETag` is its version.
pub(super) async fn show(
    operator: Operator,
    id: Path<RecordId>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let file = IncidentFile::gather(&headquarters, &id, &operator.scope).await?;
    let file = file.ok_or_else(not_found)?;
    let etag = etag(file.incident.version);
    let neighbours = views(&headquarters, &operator.scope, file.near.clone()).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, etag))
        .json(IncidentDetail::new(file, neighbours)))
}

impl IncidentDetail {
    fn new(file: IncidentFile, neighbours: Vec<IncidentView>) -> Self {
        let next_states = IncidentState::from_name(&file.incident.state)
            .map(|state| state.next().iter().map(|state| state.name()).collect())
            .unwrap_or_default();
        let report = file.report().map(|report| ReportView {
            words: report.words.clone(),
            language: report.language.clone(),
            place_words: report.place_words.clone(),
            refers_to: report.refers_to,
            attachments: report
                .attachments
                .iter()
                .map(|photo| AttachmentView {
                    sha256: photo.sha256,
                    role: photo.role,
                    page: photo.page,
                    bytes: photo.bytes,
                    whole: file.whole.contains(&photo.sha256),
                })
                .collect(),
        });
        let claims = file.record.as_ref().map(|record| &record.claims);
        Self {
            next_states,
            report,
            chain: ChainView {
                kid: file.stored.kid.clone(),
                seq: claims.map(|claims| claims.seq),
                prev: claims.and_then(|claims| claims.prev),
            },
            receipt: file.receipt.map(|(receipt, checkpoint)| ReceiptView { receipt, checkpoint }),
            evidence: format!("/v1/records/{}/evidence", file.incident.record),
            history: file
                .unlogged
                .into_iter()
                .map(|step| ChangeView {
                    version: step.version,
                    at: step.at,
                    actor: step.actor,
                    index: None,
                    change: serde_json::json!({
                        "kind": "step", "from": step.from, "to": step.to
                    }),
                    words: Some(step.reason),
                    salt: None,
                })
                .chain(file.changes.into_iter().map(|change| ChangeView {
                    version: change.version,
                    at: change.at,
                    actor: change.actor,
                    index: Some(change.position),
                    change: serde_json::from_str(&change.change).unwrap_or_default(),
                    words: change.words,
                    salt: change.salt,
                }))
                .collect(),
            editions: file
                .editions
                .into_iter()
                .map(|edition| EditionView {
                    edition: edition.edition,
                    at: edition.at,
                    actor: edition.actor,
                    texts: edition.texts.and_then(|texts| serde_json::from_str(&texts).ok()),
                })
                .collect(),
            duplicates: file.duplicates,
            group_members: file.group.iter().map(|other| other.record).collect(),
            neighbours,
            jws: file.stored.jws,
            incident: IncidentView::new(file.incident, file.tags),
        }
    }
}

/// The version of an incident as an `ETag`.
fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

fn not_found() -> HttpProblem {
    HttpProblem::new(ProblemCode::NotFound, "no incident has this id")
}
