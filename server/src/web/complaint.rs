//! `GET /units/{code}/complaint.zip`: what a complaint about one precinct needs, with a page to print in
//! the reader's language.

use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::header,
    web::{Data, Path},
};
use askama::Template;
use hattama_proto::{
    id::{RecordId, UnitCode},
    pack::UnitKind,
    problem::ProblemCode,
    statement::Level,
};

use super::{
    assets,
    deadlines::{self, DeadlineLine},
    figure::{figure_or_dash, signed},
    frame::{Frame, encoded},
    unit::remarks,
    visitor::Visitor,
    words::{ReleaseWords, Words, fill},
};
use crate::{
    app::Headquarters,
    compare::{OurCopy, differ, form_lines, our_copy, our_figures},
    evidence::{Complaint, Sources},
    http::HttpProblem,
    merge::{CellKey, Cells, FiledEntry, UnitFile},
    published, store,
    store::publications::StoredPublication,
};

#[derive(Template)]
#[template(path = "complaint.html")]
struct ComplaintPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    r: &'static ReleaseWords,
    title: String,
    kind: &'static str,
    code: &'a str,
    path: Vec<String>,
    transcribed: bool,
    rows: Vec<RowView>,
    relations: Vec<String>,
    photos: Vec<PhotoView>,
    missing: Vec<String>,
    /// That there are more records than a pack has.
    further: Option<String>,
    official: Option<OfficialView>,
    custody: Vec<String>,
    records: Vec<RecordView>,
    deadlines: Vec<DeadlineLine>,
}

struct RowView {
    name: String,
    official: String,
    ours: String,
    by: String,
    differs: bool,
}

struct PhotoView {
    /// What a browser can show; none where only the original is here, in a form that it may not know.
    shown: Option<String>,
    opens: String,
    caption: String,
}

struct OfficialView {
    id: String,
    source: String,
    fetched_at: String,
    file: Option<String>,
    statement: String,
}

struct RecordView {
    id: String,
    file: String,
    position: u64,
    receipt: String,
    /// Whether headquarters' desk signed it for somebody: there was no phone and no photograph.
    told: bool,
}

/// `GET /units/{code}/complaint.zip`. With original photographs, so that it is noted who took it.
pub(super) async fn pack(
    visitor: Visitor,
    code: Path<UnitCode>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, operator) = (&visitor.frame, &visitor.operator);
    let nothing = |why: &str| HttpProblem::new(ProblemCode::NotFound, why);
    let is_precinct =
        frame.pack.units.get(&code).is_some_and(|unit| unit.kind == UnitKind::Precinct);
    let file = headquarters
        .unit_file_within(&operator.scope, &code)
        .await?
        .filter(|_| is_precinct)
        .ok_or_else(|| nothing("the register has no such precinct"))?;
    let records = records_of(&file);
    if records.is_empty() {
        return Err(nothing("nobody brought a copy of this precinct's protocol"));
    }
    let db = &headquarters.db;
    let newest = store::publications::newest(db, Level::Precinct).await?;
    let row = match &newest {
        Some(id) => store::publications::row_of(db, id, code.as_str()).await?,
        None => None,
    };
    let official = published::row_of(db, Level::Precinct, &code).await?;
    let ours = our_figures(&file, &frame.pack);
    if !official.as_ref().is_some_and(|theirs| differ(&ours, theirs)) {
        return Err(nothing("what was published for this precinct is what its copies say"));
    }
    let archived = store::publications::all(db).await?;
    let archived = archived.into_iter().find(|known| newest == Some(known.id));
    let sources = Sources {
        db,
        blobs: &headquarters.blobs,
        book: &headquarters.book,
        log: headquarters.sequencer.view(),
    };
    let complaint = sources.complaint(&records, newest.zip(row)).await?;
    let page = page(frame, &file, official.as_ref(), archived.as_ref(), &complaint);
    let page = page.render().map_err(|error| {
        tracing::error!(%error, "the page of a complaint could not be rendered");
        HttpProblem::new(ProblemCode::Internal, "headquarters failed inside")
    })?;
    let bundle = complaint.with_page(page, assets::style())?;
    let now = (headquarters.clock)();
    crate::audit::note(db, &operator.name, "complaint", code.as_str(), now).await?;
    let name = format!("attachment; filename=\"complaint-{}.zip\"", encoded(code.as_str()));
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/zip"))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(SizedStream::new(bundle.bytes(), Box::pin(bundle.into_stream()))))
}

/// Every counted record about the precinct's own protocol, in the order of its documents.
fn records_of(file: &UnitFile) -> Vec<RecordId> {
    let mut records = Vec::new();
    for document in file.documents.iter().filter(|document| document.table.is_none()) {
        for record in &document.entries {
            if !records.contains(record) {
                records.push(*record);
            }
        }
    }
    records
}

fn page<'a>(
    frame: &'a Frame,
    file: &'a UnitFile,
    official: Option<&Cells>,
    archived: Option<&StoredPublication>,
    complaint: &Complaint,
) -> ComplaintPage<'a> {
    let (w, r) = (frame.w, frame.w.release);
    let mut path: Vec<String> =
        frame.pack.units.upwards(&file.unit).skip(1).map(|unit| frame.unit(&unit.code)).collect();
    path.reverse();
    let copies = frame
        .pack
        .election
        .contests
        .iter()
        .map(|contest| our_copy(file, &contest.code, &frame.pack))
        .filter_map(|copy| match copy {
            OurCopy::Settled { transcribed, .. } => Some(transcribed),
            OurCopy::Unsettled | OurCopy::NotObtained | OurCopy::Nothing => None,
        });
    let transcribed = copies.clone().next().is_some() && copies.clone().all(|is| is);
    let is_told = |record: &RecordId| file.entry(record).is_some_and(FiledEntry::is_told);
    let told = complaint.records.iter().filter(|record| is_told(&record.id)).count();
    let custody = custody(r, complaint, told, transcribed);
    ComplaintPage {
        frame,
        w,
        r,
        title: frame.unit(&file.unit),
        kind: frame.unit_kind(&file.unit),
        code: file.unit.as_str(),
        path,
        transcribed,
        rows: rows(frame, file, official),
        relations: remarks::relations(frame, file),
        photos: photos(frame, file, complaint),
        missing: complaint.missing.iter().map(|missing| missing.photo.to_hex()).collect(),
        official: complaint.publication.as_ref().zip(archived).map(|(file, archived)| {
            OfficialView {
                id: file.sha256.to_hex(),
                source: archived.source.clone(),
                fetched_at: frame.moment(archived.fetched_at),
                file: file.file.clone(),
                statement: file.statement.clone(),
            }
        }),
        custody,
        further: (complaint.further > 0)
            .then(|| fill(r.further_records, &[("count", &complaint.further.to_string())])),
        records: complaint
            .records
            .iter()
            .map(|record| RecordView {
                id: record.id.to_hex(),
                file: record.file.clone(),
                position: record.position,
                receipt: record.receipt.clone(),
                told: is_told(&record.id),
            })
            .collect(),
        deadlines: deadlines::all(frame),
    }
}

/// How the figures came here, step by step, as far as it is true of these records.
fn custody(r: &ReleaseWords, complaint: &Complaint, told: usize, transcribed: bool) -> Vec<String> {
    let all = complaint.records.len();
    let counts = [("count", &*told.to_string()), ("all", &*all.to_string())];
    let [by_phone, logged, typed, published, listed] = r.custody_says.map(str::to_owned);
    let steps = [
        (told < all, by_phone),
        (told > 0, fill(r.custody_told, &counts)),
        (true, logged),
        (transcribed, typed),
        (complaint.publication.is_some(), published),
        (true, listed),
    ];
    steps.into_iter().filter_map(|(holds, sentence)| holds.then_some(sentence)).collect()
}

/// Choices first, then the lines of the form.
fn rows(frame: &Frame, file: &UnitFile, official: Option<&Cells>) -> Vec<RowView> {
    let ours = our_figures(file, &frame.pack);
    let row = |name: String, key: &CellKey| {
        let (theirs, ours) = (official.and_then(|cells| cells.get(key)), ours.get(key));
        let by = theirs.zip(ours).map(|(theirs, ours)| i128::from(theirs) - i128::from(ours));
        RowView {
            name,
            official: figure_or_dash(theirs),
            ours: figure_or_dash(ours),
            by: by.map_or_else(|| "–".to_owned(), signed),
            differs: by.is_some_and(|by| by != 0),
        }
    };
    let contests = frame.pack.election.contests.iter();
    let choices = contests.flat_map(|contest| {
        contest.choices.iter().map(|choice| {
            let key = CellKey::vote(contest.code.clone(), choice.code.clone());
            row(frame.choice(&contest.code, &choice.code), &key)
        })
    });
    let mut rows: Vec<RowView> = choices.collect();
    for (number, line) in form_lines(&frame.pack) {
        let key = CellKey::line(line.clone());
        rows.push(row(format!("{number} {}", frame.cell(&key)), &key));
    }
    rows
}

/// Each page of each record once: what can be shown, before the original behind it.
fn photos(frame: &Frame, file: &UnitFile, complaint: &Complaint) -> Vec<PhotoView> {
    let mut views = Vec::new();
    for record in &complaint.records {
        let mut pages: Vec<Option<u64>> = record.photos.iter().map(|(.., page)| *page).collect();
        pages.sort_unstable();
        pages.dedup();
        for page in pages {
            let of = |role: &str| {
                let is_it =
                    |photo: &&(String, String, Option<u64>)| photo.1 == role && photo.2 == page;
                record.photos.iter().find(is_it).map(|(file, ..)| file.clone())
            };
            let (original, preview) = (of("original"), of("preview"));
            let shown = preview.clone().or_else(|| {
                let browsers_know =
                    |file: &String| file.ends_with(".jpg") || file.ends_with(".png");
                original.clone().filter(browsers_know)
            });
            let Some(opens) = original.or(preview).or_else(|| of("thumbnail")) else { continue };
            let entry = file.entry(&record.id);
            let copy = entry.and_then(|filed| filed.copy()).map(|copy| frame.copy(copy));
            let number = page.map_or_else(String::new, |page| format!(", {page}"));
            let caption = format!("{}{number}", copy.unwrap_or_default());
            views.push(PhotoView { shown, opens, caption });
        }
    }
    views
}
