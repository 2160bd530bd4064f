//! Transcription over the interface for programs: take the next, show it, send what was typed.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use hattama_proto::{
    id::{CopyType, FormCode, PhotoHash, TableCode, UnitCode},
    problem::ProblemCode,
    statement::Reading,
    time::UnixMillis,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    desk::{Entry, Item, Kept, Typed, View},
    store::transcriptions::{ItemPlace, StoredItem},
    transcription::{ItemState, Page, Seat},
};

/// How the queue stands.
#[derive(Serialize)]
pub(super) struct QueueView {
    /// Items by state: `blind`, `third`, `open`, `settled`, and `put_aside`.
    states: BTreeMap<String, u64>,
    /// The same by region; what lies in none under an empty code.
    regions: BTreeMap<String, BTreeMap<String, u64>>,
    /// Items that no third settled: somebody has to decide.
    open: Vec<ItemLine>,
    /// Pass as `open_after` for more of them; none when that was all.
    open_next: Option<String>,
    /// Settled items that say that a document stands at the wrong place, not answered yet.
    proposals: Vec<ItemLine>,
    /// Pass as `proposals_after` for more of them; none when that was all.
    proposals_next: Option<String>,
}

/// Where lists go on.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct QueueQuery {
    open_after: Option<String>,
    proposals_after: Option<String>,
}

fn place(text: Option<&str>) -> Result<ItemPlace, HttpProblem> {
    let Some(text) = text else { return Ok(ItemPlace::first()) };
    text.parse().map_err(|()| {
        HttpProblem::new(ProblemCode::Invalid, "pass what `open_next` or `proposals_next` said")
    })
}

/// An item in a list.
#[derive(Serialize)]
struct ItemLine {
    id: String,
    unit: String,
    region: Option<String>,
    copy: String,
    outcome: Option<String>,
    updated_at: UnixMillis,
}

impl From<StoredItem> for ItemLine {
    fn from(item: StoredItem) -> Self {
        Self {
            id: item.id,
            unit: item.unit,
            region: item.region,
            copy: item.copy,
            outcome: item.outcome,
            updated_at: item.updated_at,
        }
    }
}

/// `GET /v1/transcriptions?open_after=&proposals_after=`: how the queue stands, by state and by
/// region; its two lists 100 at a time.
pub(super) async fn list(
    operator: Operator,
    query: Query<QueueQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<QueueView>, HttpProblem> {
    let open = place(query.open_after.as_deref())?;
    let proposals = place(query.proposals_after.as_deref())?;
    headquarters.fill_desk().await?;
    let now = (headquarters.clock)();
    let desk = headquarters.desk.overview(&operator, [&open, &proposals], now).await?;
    let mut states: BTreeMap<String, u64> =
        ItemState::ALL.map(|state| (state.name().to_owned(), 0)).into();
    let mut regions: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for count in desk.counts {
        let is_settled = count.state == ItemState::Settled.name();
        let state =
            if count.is_needed || is_settled { count.state } else { "put_aside".to_owned() };
        *states.entry(state.clone()).or_default() += count.items;
        let region = regions.entry(count.region.unwrap_or_default()).or_default();
        *region.entry(state).or_default() += count.items;
    }
    Ok(Json(QueueView {
        states,
        regions,
        open_next: desk.open.next.map(|next| next.to_string()),
        open: desk.open.items.into_iter().map(ItemLine::from).collect(),
        proposals_next: desk.proposals.next.map(|next| next.to_string()),
        proposals: desk.proposals.items.into_iter().map(ItemLine::from).collect(),
    }))
}

/// A seat that was given.
#[derive(Serialize)]
pub(super) struct SeatView {
    /// The item; none where nothing waits for this account.
    item: Option<String>,
    seat: Option<u8>,
    until: Option<UnixMillis>,
}

/// `POST /v1/transcriptions/next`: the seat that the account has, else the next one.
pub(super) async fn next(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<SeatView>, HttpProblem> {
    headquarters.fill_desk().await?;
    let lease = headquarters.desk.next(&operator, (headquarters.clock)()).await?;
    Ok(Json(lease.map_or(SeatView { item: None, seat: None, until: None }, |lease| SeatView {
        seat: Seat::new(lease.seat).map(Seat::number),
        until: Some(lease.until),
        item: Some(lease.item),
    })))
}

/// An item as the account may see it.
#[derive(Serialize)]
pub(super) struct ItemView {
    id: String,
    unit: UnitCode,
    form: FormCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<TableCode>,
    copy: CopyType,
    pages: Vec<PageView>,
    state: &'static str,
    is_needed: bool,
    /// The seat that the account has now.
    seat: Option<u8>,
    until: Option<UnixMillis>,
    has_typed: bool,
    /// Nothing on a blind seat.
    typed: Vec<TypedView>,
}

#[derive(Serialize)]
struct PageView {
    page: u32,
    original: PhotoHash,
    /// To be fetched at `/v1/photos/{sha256}`.
    shown: Option<PhotoHash>,
}

#[derive(Serialize)]
struct TypedView {
    seat: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    reading: Reading,
    typed_at: UnixMillis,
}

impl From<View> for ItemView {
    fn from(view: View) -> Self {
        let View { item, seat, typed, has_typed } = view;
        let Item { id, unit, form, table, copy, pages, state, is_needed, .. } = item;
        let page =
            |page: Page| PageView { page: page.page, original: page.original, shown: page.shown };
        let entry = |typed: Typed| TypedView {
            seat: typed.seat.map(Seat::number),
            account: typed.account,
            reading: typed.reading,
            typed_at: typed.typed_at,
        };
        Self {
            id,
            unit,
            form,
            table,
            copy,
            pages: pages.into_iter().map(page).collect(),
            state: state.name(),
            is_needed,
            seat: seat.map(|(seat, _)| seat.number()),
            until: seat.map(|(_, until)| until),
            has_typed,
            typed: typed.into_iter().map(entry).collect(),
        }
    }
}

/// `GET /v1/transcriptions/{id}`: an item; on a blind seat nothing but its photographs.
pub(super) async fn show(
    operator: Operator,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<ItemView>, HttpProblem> {
    let view = headquarters.desk.show(&operator, &id, (headquarters.clock)()).await?;
    Ok(Json(view.into()))
}

/// Body of `POST /v1/transcriptions/{id}/entries`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryBody {
    /// Made by the client, so that the same entry sent twice is one.
    id: Uuid,
    reading: Reading,
}

/// What became of an entry.
#[derive(Serialize)]
pub(super) struct KeptView {
    /// None where it came too late and is kept beside the seats.
    seat: Option<u8>,
    state: &'static str,
}

impl From<Kept> for KeptView {
    fn from(kept: Kept) -> Self {
        Self { seat: kept.seat.map(Seat::number), state: kept.state.name() }
    }
}

/// `POST /v1/transcriptions/{id}/entries`: keeps what was typed. The same again changes nothing.
pub(super) async fn submit(
    operator: Operator,
    id: Path<String>,
    body: Json<EntryBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<KeptView>, HttpProblem> {
    let EntryBody { id: entry, reading } = body.into_inner();
    let entry = Entry { id: entry, reading };
    let kept = headquarters.desk.submit(&operator, &id, entry, (headquarters.clock)()).await?;
    Ok(Json(kept.into()))
}

/// Until when a seat is had.
#[derive(Serialize)]
pub(super) struct LeaseView {
    until: UnixMillis,
}

/// `POST /v1/transcriptions/{id}/lease`: begins the account's time anew.
pub(super) async fn renew(
    operator: Operator,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<LeaseView>, HttpProblem> {
    let until = headquarters.desk.renew(&operator, &id, (headquarters.clock)()).await?;
    Ok(Json(LeaseView { until }))
}

/// `DELETE /v1/transcriptions/{id}/lease`: gives the item back.
pub(super) async fn give_back(
    operator: Operator,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    headquarters.desk.give_back(&operator, &id, (headquarters.clock)()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Body of `POST /v1/transcriptions/{id}/decision`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    reading: Reading,
    reason: String,
}

/// `POST /v1/transcriptions/{id}/decision`: decides an item that no third settled.
pub(super) async fn decide(
    operator: Operator,
    id: Path<String>,
    body: Json<DecisionBody>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let DecisionBody { reading, reason } = body.into_inner();
    let now = (headquarters.clock)();
    headquarters.desk.decide(&operator, &id, (reading, reason), now).await?;
    Ok(HttpResponse::NoContent().finish())
}
