//! What is made public: proposed by one publisher, confirmed by another, read by anybody.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Json, Path},
};
use hattama_proto::{
    id::{ContestCode, ReleaseHash, UnitCode},
    pack::Names,
    time::UnixMillis,
};
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    release::{Content, Named, Proposal, Released},
    store::releases::Draft,
};

/// How long anybody may keep what is frozen: a correction has to be seen the same minute.
const A_MINUTE: &str = "public, max-age=60";

/// Every release that is public, and the drafts that wait.
#[derive(Serialize)]
pub(super) struct ReleaseList {
    releases: Vec<ReleaseLine>,
    /// Drafts that wait for another publisher; none for accounts that see a part only.
    drafts: Vec<DraftLine>,
}

#[derive(Serialize)]
struct ReleaseLine {
    number: u32,
    released_at: UnixMillis,
    sha256: ReleaseHash,
    corrects: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct DraftLine {
    draft: String,
    sha256: ReleaseHash,
    corrects: Option<u32>,
    proposed_by: String,
    proposed_at: UnixMillis,
}

impl From<&Draft> for DraftLine {
    fn from(of: &Draft) -> Self {
        Self {
            draft: of.id.clone(),
            sha256: of.content,
            corrects: of.corrects,
            proposed_by: of.proposed_by.clone(),
            proposed_at: of.proposed_at,
        }
    }
}

async fn lines(headquarters: &Headquarters) -> Result<Vec<ReleaseLine>, HttpProblem> {
    let all = headquarters.releases().await?;
    let line = |(number, of): (u32, Draft)| ReleaseLine {
        number,
        released_at: of.outcome.map_or(of.proposed_at, |outcome| outcome.at),
        sha256: of.content,
        corrects: of.corrects,
    };
    Ok(all.into_iter().map(line).collect())
}

/// `GET /v1/releases`: what is public, and what waits for its second publisher.
pub(super) async fn list(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<ReleaseList>, HttpProblem> {
    let drafts = headquarters.release_drafts(&operator).await?;
    Ok(Json(ReleaseList {
        releases: lines(&headquarters).await?,
        drafts: drafts.iter().map(DraftLine::from).collect(),
    }))
}

/// Body of `POST /v1/releases`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProposalBody {
    #[serde(default)]
    differences: Vec<NamedBody>,
    #[serde(default)]
    words: BTreeMap<String, String>,
    corrects: Option<CorrectsBody>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedBody {
    contest: ContestCode,
    unit: UnitCode,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CorrectsBody {
    release: u32,
    words: BTreeMap<String, String>,
}

/// `POST /v1/releases`: proposes a release; all that stands in its way is said at once.
pub(super) async fn propose(
    operator: Operator,
    body: Json<ProposalBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<DraftLine>, HttpProblem> {
    let ProposalBody { differences, words, corrects } = body.into_inner();
    let named = differences.into_iter().map(|of| Named { contest: of.contest, unit: of.unit });
    let proposal = Proposal {
        named: named.collect(),
        words: Names(words),
        corrects: corrects.map(|of| (of.release, Names(of.words))),
    };
    let now = (headquarters.clock)();
    let draft = headquarters.propose_release(&operator, &proposal, now).await?;
    Ok(Json(DraftLine::from(&draft)))
}

/// A release with what a stranger checks it by.
#[derive(Serialize)]
pub(super) struct ReleaseView {
    number: u32,
    released_at: UnixMillis,
    sha256: ReleaseHash,
    /// The signed statement of its number and hash.
    statement: String,
    /// The statement's place in the log.
    position: u64,
    /// That the log has the statement, as a `tlog-proof`.
    receipt: String,
    /// Later releases that correct it.
    corrected_by: Vec<u32>,
    content: Content,
}

impl From<Released> for ReleaseView {
    fn from(of: Released) -> Self {
        Self {
            number: of.number,
            released_at: of.at,
            sha256: of.sha256,
            statement: of.proof.statement.clone(),
            position: of.proof.position,
            receipt: of.proof.receipt.clone(),
            corrected_by: of.corrected_by.into_iter().map(|later| later.number).collect(),
            content: Content::clone(&of.content),
        }
    }
}

/// `GET /v1/releases/{number}`: one release that is public, with its proof.
pub(super) async fn show(
    _operator: Operator,
    number: Path<u32>,
    headquarters: Data<Headquarters>,
) -> Result<Json<ReleaseView>, HttpProblem> {
    Ok(Json(headquarters.release(*number).await?.into()))
}

/// A draft with all that it says.
#[derive(Serialize)]
pub(super) struct DraftView {
    #[serde(flatten)]
    line: DraftLine,
    content: Content,
}

/// `GET /v1/release-drafts/{draft}`: a draft that waits, for whoever is to confirm it.
pub(super) async fn draft(
    operator: Operator,
    draft: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<DraftView>, HttpProblem> {
    let (draft, _, content) = headquarters.release_draft(&operator, &draft).await?;
    Ok(Json(DraftView { line: DraftLine::from(&draft), content }))
}

/// The number that a draft got.
#[derive(Serialize)]
pub(super) struct Confirmed {
    number: u32,
}

/// `POST /v1/release-drafts/{draft}/confirmation`: confirms what another publisher proposed.
pub(super) async fn confirm(
    operator: Operator,
    draft: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Confirmed>, HttpProblem> {
    let now = (headquarters.clock)();
    let number = headquarters.confirm_release(&operator, &draft, now).await?;
    Ok(Json(Confirmed { number }))
}

/// `POST /v1/release-drafts/{draft}/withdrawal`: takes a draft back.
pub(super) async fn withdraw(
    operator: Operator,
    draft: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<ReleaseList>, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.withdraw_release(&operator, &draft, now).await?;
    list(operator, headquarters).await
}

/// `GET /v1/releases/{number}/site.tar`: a frozen site of one release, as files in one stream.
pub(super) async fn site(
    operator: Operator,
    number: Path<u32>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let site = crate::web::Site::of(&headquarters, *number).await?;
    let (by, now) = (&operator.name, (headquarters.clock)());
    let what = format!("release:{number}");
    crate::audit::note(&headquarters.db, by, "export", &what, now).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/x-tar"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"release-{number}.tar\""),
        ))
        .streaming(futures_util::stream::iter(site.into_tar())))
}

/// `GET /public/releases.json`: every release, for anybody.
pub(crate) async fn public_list(
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let releases = lines(&headquarters).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, A_MINUTE))
        .json(serde_json::json!({ "releases": releases })))
}

/// `GET /public/releases/{number}/{file}`: the exact bytes of a release, its statement, and that the log
/// has it, for anybody.
pub(crate) async fn public_file(
    path: Path<(u32, String)>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (number, file) = path.into_inner();
    let release = headquarters.release(number).await?;
    let (media_type, bytes) = match file.as_str() {
        "release.json" => ("application/json", release.bytes),
        "release.jws" => ("application/jose", release.proof.statement.clone().into()),
        "release.tlog-proof" => ("text/plain; charset=utf-8", release.proof.receipt.clone().into()),
        _ => return Err(crate::release::ReleaseError::NotFound.into()),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media_type))
        .insert_header((header::CACHE_CONTROL, A_MINUTE))
        .body(bytes))
}
