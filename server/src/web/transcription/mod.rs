//! `/transcription`: how the queue stands, and the next document; `/transcription/{id}`: photographs
//! beside the form.

mod item;
mod typed;

use actix_web::{
    HttpResponse,
    web::{Data, Form, Path, Query},
};
use askama::Template;
use hattama_proto::id::UnitCode;
use serde::Deserialize;

use self::{
    item::{ItemPage, Refusal},
    typed::{Fields, Typing},
};
use super::{
    answer,
    figure::figure,
    frame::{Frame, UnitLink},
    visitor::Visitor,
    words::{TranscriptionWords, Words},
};
use crate::{
    access::Permission,
    app::Headquarters,
    desk::{DeskError, Overview, Proposal},
    http::HttpProblem,
    review::ReviewError,
    store::transcriptions::{ItemPlace, StoredItem},
    transcription::ItemState,
};

#[derive(Template)]
#[template(path = "transcription.html")]
struct QueuePage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    t: &'static TranscriptionWords,
    /// What became of what was just sent.
    told: Option<&'static str>,
    /// Whether it says that an entry is at headquarters, or wanted by nobody any more.
    entry_done: bool,
    may_type: bool,
    may_decide: bool,
    mine: Option<String>,
    totals: Vec<(&'static str, String)>,
    regions: Vec<RegionRow>,
    open: Vec<Line>,
    /// Address of the next page of them.
    open_next: Option<String>,
    proposals: Vec<Line>,
    /// Address of the next page of them.
    proposals_next: Option<String>,
}

struct RegionRow {
    name: String,
    counts: [String; 4],
    share: String,
}

struct Line {
    id: String,
    unit: UnitLink,
    what: String,
}

/// Query of `GET /transcription`.
#[derive(Deserialize)]
pub(super) struct QueueQuery {
    told: Option<String>,
    /// Where the page before ended in each list.
    #[serde(default)]
    open_after: String,
    #[serde(default)]
    proposals_after: String,
}

/// A place that cannot be read is the beginning.
fn place(text: &str) -> ItemPlace {
    text.parse().unwrap_or_else(|()| ItemPlace::first())
}

/// Address of the next page of one list; the other begins anew.
fn next_page(list: &str, next: Option<&ItemPlace>) -> Option<String> {
    next.map(|next| format!("/transcription?{list}={next}"))
}

/// `GET /transcription`.
pub(super) async fn show(
    visitor: Visitor,
    query: Query<QueueQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    headquarters.fill_desk().await?;
    let now = (headquarters.clock)();
    let places = [&place(&query.open_after), &place(&query.proposals_after)];
    let overview = headquarters.desk.overview(&visitor.operator, places, now).await?;
    let frame = &visitor.frame;
    let t = &frame.w.transcription;
    let told = match query.told.as_deref() {
        Some("settled") => Some(t.kept_settled),
        Some("kept") => Some(t.kept),
        Some("beside") => Some(t.kept_beside),
        Some("back") => Some(t.given_back),
        Some("nothing") => Some(t.nothing_waits),
        _ => None,
    };
    answer::html(&queue(frame, overview, told))
}

fn queue<'a>(frame: &'a Frame, overview: Overview, told: Option<&'static str>) -> QueuePage<'a> {
    let t = &frame.w.transcription;
    let mut totals = [0_u64; 4];
    let mut regions: Vec<(Option<String>, [u64; 4])> = Vec::new();
    for count in overview.counts {
        let Some(state) = ItemState::from_name(&count.state) else { continue };
        if !count.is_needed && state != ItemState::Settled {
            continue;
        }
        let at = ItemState::ALL.iter().position(|known| *known == state).unwrap_or_default();
        totals[at] += count.items;
        if regions.last().is_none_or(|(region, _)| *region != count.region) {
            regions.push((count.region, [0; 4]));
        }
        if let Some((_, counts)) = regions.last_mut() {
            counts[at] += count.items;
        }
    }
    let row = |(region, counts): (Option<String>, [u64; 4])| {
        let name = region.and_then(|code| UnitCode::new(&code).ok());
        let all: u64 = counts.iter().sum();
        RegionRow {
            name: name.map_or_else(|| t.no_region.to_owned(), |code| frame.unit(&code)),
            share: format!("{} %", (100 * counts[3]).checked_div(all).unwrap_or_default()),
            counts: counts.map(figure),
        }
    };
    let lines =
        |items: Vec<StoredItem>| items.iter().filter_map(|item| line(frame, item)).collect();
    QueuePage {
        frame,
        w: frame.w,
        t,
        told,
        entry_done: told.is_some() && told != Some(t.nothing_waits),
        may_type: frame.may(Permission::Transcribe),
        may_decide: frame.may(Permission::Decide),
        mine: overview.mine,
        totals: t.states.into_iter().zip(totals.map(figure)).collect(),
        regions: regions.into_iter().map(row).collect(),
        open_next: next_page("open_after", overview.open.next.as_ref()),
        open: lines(overview.open.items),
        proposals_next: next_page("proposals_after", overview.proposals.next.as_ref()),
        proposals: lines(overview.proposals.items),
    }
}

fn line(frame: &Frame, item: &StoredItem) -> Option<Line> {
    let copy = frame.copy(&item.copy.parse().ok()?);
    let t = &frame.w.transcription;
    let what = match item.outcome.as_deref() {
        Some("wrong_unit") => format!("{copy}: {}", t.shows[2]),
        Some("wrong_copy") => format!("{copy}: {}", t.shows[3]),
        Some("not_a_protocol") => format!("{copy}: {}", t.shows[4]),
        _ => copy,
    };
    let unit = UnitLink::new(frame, &UnitCode::new(&item.unit).ok()?);
    Some(Line { id: item.id.clone(), unit, what })
}

/// `POST /transcription`: the document that the visitor has, else the next one.
pub(super) async fn next(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    headquarters.fill_desk().await?;
    let lease = headquarters.desk.next(&visitor.operator, (headquarters.clock)()).await?;
    Ok(match lease {
        Some(lease) => answer::see_other(&format!("/transcription/{}", lease.item)),
        None => answer::see_other("/transcription?told=nothing"),
    })
}

/// `GET /transcription/{id}`.
pub(super) async fn item(
    visitor: Visitor,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    page(&visitor, &id, &headquarters, Refusal::default()).await
}

async fn page(
    visitor: &Visitor,
    id: &str,
    headquarters: &Headquarters,
    refusal: Refusal,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    let view = headquarters.desk.show(&visitor.operator, id, now).await?;
    // Nobody is shown what is proposed before it is settled.
    let proposed = headquarters.desk.unanswered(&view.item);
    answer::html(&ItemPage::new(&visitor.frame, view, proposed, refusal, now)?)
}

/// `POST /transcription/{id}`: keeps what was typed, or gives the document back.
pub(super) async fn send(
    visitor: Visitor,
    id: Path<String>,
    fields: Form<Fields>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (desk, operator) = (&headquarters.desk, &visitor.operator);
    let now = (headquarters.clock)();
    let typing = Typing::new(fields.into_inner());
    if typing.says("act", "back") {
        desk.give_back(operator, &id, now).await?;
        return Ok(answer::see_other("/transcription?told=back"));
    }
    let item = desk.show(operator, &id, now).await?.item;
    let entry = match typing.entry(&visitor.frame, &item) {
        Ok(entry) => entry,
        Err(refusal) => return page(&visitor, &id, &headquarters, refusal).await,
    };
    match desk.submit(operator, &id, entry, now).await {
        Ok(kept) => Ok(answer::see_other(match (kept.seat, kept.state) {
            (None, _) => "/transcription?told=beside",
            (_, ItemState::Settled) => "/transcription?told=settled",
            _ => "/transcription?told=kept",
        })),
        Err(error) => {
            let refusal = typing.refused(mended_by_people(error)?);
            page(&visitor, &id, &headquarters, refusal).await
        }
    }
}

/// `POST /transcription/{id}/decision`: decides what an open document shows.
pub(super) async fn decide(
    visitor: Visitor,
    id: Path<String>,
    fields: Form<Fields>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (desk, operator) = (&headquarters.desk, &visitor.operator);
    let now = (headquarters.clock)();
    let typing = Typing::new(fields.into_inner());
    let item = desk.show(operator, &id, now).await?.item;
    let reading = match typing.entry(&visitor.frame, &item) {
        Ok(entry) => entry.reading,
        Err(refusal) => return page(&visitor, &id, &headquarters, refusal).await,
    };
    match desk.decide(operator, &id, (reading, typing.reason().to_owned()), now).await {
        Ok(()) => Ok(answer::see_other("/transcription?told=settled")),
        Err(error) => {
            let refusal = typing.refused(mended_by_people(error)?);
            page(&visitor, &id, &headquarters, refusal).await
        }
    }
}

/// `POST /transcription/{id}/proposal`: answers that a document stands at the wrong place.
pub(super) async fn answer(
    visitor: Visitor,
    id: Path<String>,
    fields: Form<Fields>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let typing = Typing::new(fields.into_inner());
    let chosen = Proposal::ALL.into_iter().find(|answer| typing.says("answer", answer.name()));
    let reason = typing.reason().to_owned();
    let done = match chosen {
        None => Err(DeskError::Refused("choose what becomes of the records")),
        Some(chosen) => {
            let now = (headquarters.clock)();
            headquarters.desk.answer(&visitor.operator, &id, (chosen, reason), now).await
        }
    };
    match done {
        Ok(()) => Ok(answer::see_other(&format!("/transcription/{}", &*id))),
        Err(error) => {
            let refusal = typing.refused(mended_by_people(error)?);
            page(&visitor, &id, &headquarters, refusal).await
        }
    }
}

/// What a person can mend, in words; anything else stays an error.
fn mended_by_people(error: DeskError) -> Result<String, DeskError> {
    match error {
        DeskError::TypedAlready
        | DeskError::IdTaken
        | DeskError::Refused(_)
        | DeskError::Invalid(_)
        | DeskError::Busy
        | DeskError::Review(ReviewError::Invalid(_)) => Ok(error.to_string()),
        other => Err(other),
    }
}
