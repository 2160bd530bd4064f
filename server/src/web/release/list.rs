//! `GET /releases`: what is public, what waits, and the form to propose a release.

use actix_web::{
    HttpRequest, HttpResponse,
    dev::UrlEncoded,
    web::{Data, Payload},
};
use askama::Template;
use hattama_proto::{
    id::{ContestCode, UnitCode},
    pack::Names,
    problem::ProblemCode,
};

use super::Line;
use crate::{
    access::Permission,
    app::Headquarters,
    http::HttpProblem,
    release::{Named, Proposal, ReleaseError, Unmet, WORDS_BYTES_MAX},
    review::LANGUAGES,
    web::{
        answer,
        compare::moves,
        frame::Frame,
        language::Language,
        visitor::Visitor,
        words::{ReleaseWords, Words, fill},
    },
};

/// Differences of each contest that the form offers: as many as one release may name.
const OFFERED_MAX: usize = 50;

#[derive(Template)]
#[template(path = "release/list.html")]
struct ListPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    r: &'static ReleaseWords,
    trouble: Option<String>,
    releases: Vec<Line>,
    drafts: Vec<DraftLine>,
    may_release: bool,
    may_export: bool,
    gate: Vec<String>,
    choices: Vec<ChoiceView>,
    texts: Vec<TextView>,
}

struct DraftLine {
    id: String,
    by: String,
    at: String,
}

struct ChoiceView {
    value: String,
    level: &'static str,
    unit: String,
    what: String,
    reasons: String,
    chosen: bool,
}

struct TextView {
    code: &'static str,
    name: &'static str,
    words: String,
    wrong: String,
}

/// Longest form that proposes a release, in bytes: two texts in each language, of which each byte takes
/// three characters on its way, and the names of the differences.
const PROPOSAL_BYTES_MAX: usize = 2 * LANGUAGES.len() * 3 * WORDS_BYTES_MAX + 32 * 1024;

/// What the form sends: each name may come several times.
type Pairs = Vec<(String, String)>;

/// `GET /releases`.
pub(in crate::web) async fn show(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    shown(&visitor, &headquarters, None, &[]).await
}

/// `POST /releases`: proposes a release.
pub(in crate::web) async fn propose(
    visitor: Visitor,
    request: HttpRequest,
    body: Payload,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let form: Pairs = UrlEncoded::new(&request, &mut body.into_inner())
        .limit(PROPOSAL_BYTES_MAX)
        .await
        .map_err(|error| HttpProblem::new(ProblemCode::MalformedBody, error.to_string()))?;
    let proposal = match proposal(&form) {
        Ok(proposal) => proposal,
        Err(why) => return shown(&visitor, &headquarters, Some(why.to_owned()), &form).await,
    };
    let now = (headquarters.clock)();
    match headquarters.propose_release(&visitor.operator, &proposal, now).await {
        Ok(draft) => Ok(answer::see_other(&format!("/release-drafts/{}", draft.id))),
        Err(error @ (ReleaseError::Unmet(_) | ReleaseError::Invalid(_))) => {
            shown(&visitor, &headquarters, Some(error.to_string()), &form).await
        }
        Err(error) => Err(error.into()),
    }
}

fn proposal(pairs: &[(String, String)]) -> Result<Proposal, &'static str> {
    let named = pairs.iter().filter(|(name, _)| name == "named").map(|(_, value)| {
        let (contest, unit) = value.split_once('/')?;
        Some(Named { contest: ContestCode::new(contest).ok()?, unit: UnitCode::new(unit).ok()? })
    });
    let named = named.collect::<Option<Vec<_>>>().ok_or("there is no such difference")?;
    let corrects = match value(pairs, "corrects").trim() {
        "" => None,
        number => Some(number.parse::<u32>().map_err(|_| "there is no such release")?),
    };
    Ok(Proposal {
        named,
        words: texts(pairs, "words"),
        corrects: corrects.map(|number| (number, texts(pairs, "wrong"))),
    })
}

fn value<'a>(pairs: &'a [(String, String)], wanted: &str) -> &'a str {
    pairs.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value)
}

fn texts(pairs: &[(String, String)], what: &str) -> Names {
    let text = |language: &&str| {
        let text = value(pairs, &format!("{what}-{language}")).replace("\r\n", "\n");
        (!text.trim().is_empty()).then(|| ((*language).to_owned(), text.trim().to_owned()))
    };
    Names(LANGUAGES.iter().filter_map(text).collect())
}

async fn shown(
    visitor: &Visitor,
    headquarters: &Headquarters,
    trouble: Option<String>,
    pairs: &[(String, String)],
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let may_release = frame.may(Permission::Release) && visitor.operator.scope.is_everything();
    let chosen: Option<u32> = value(pairs, "corrects").parse().ok();
    let all = headquarters.releases().await?;
    let drafts = headquarters.release_drafts(&visitor.operator).await?;
    let (mut choices, mut gate) = (Vec::new(), Vec::new());
    if may_release {
        let now = (headquarters.clock)();
        let (nameable, of_all) = headquarters.nameable(OFFERED_MAX, now).await?;
        let comparison = headquarters.comparison().await?;
        gate = of_all.iter().map(|unmet| said(frame, unmet)).collect();
        for (named, unmet) in nameable {
            let contest = comparison.contest(&named.contest);
            let changes = contest.into_iter().flat_map(|of| &of.answer.changes);
            let Some(change) = changes.into_iter().find(|change| change.unit == named.unit) else {
                continue;
            };
            let value = format!("{}/{}", named.contest, named.unit);
            let reasons: Vec<String> = unmet.iter().map(|unmet| said(frame, unmet)).collect();
            choices.push(ChoiceView {
                level: frame.w.level(change.level),
                unit: frame.unit(&named.unit),
                what: moves(frame, &named.contest, change).join(", "),
                reasons: reasons.join("; "),
                chosen: pairs.iter().any(|(name, sent)| name == "named" && *sent == value),
                value,
            });
        }
    }
    let text = |language: Language| TextView {
        code: language.code(),
        name: language.own_name(),
        words: value(pairs, &format!("words-{}", language.code())).to_owned(),
        wrong: value(pairs, &format!("wrong-{}", language.code())).to_owned(),
    };
    answer::html(&ListPage {
        frame,
        w: frame.w,
        r: frame.w.release,
        trouble,
        releases: all.iter().map(|(number, of)| Line::new(frame, *number, of, chosen)).collect(),
        drafts: drafts
            .iter()
            .map(|draft| DraftLine {
                id: draft.id.clone(),
                by: draft.proposed_by.clone(),
                at: frame.moment(draft.proposed_at),
            })
            .collect(),
        may_release,
        may_export: frame.may(Permission::Export),
        gate,
        choices,
        texts: Language::ALL.map(text).into(),
    })
}

/// A reason of the gate, in words.
fn said(frame: &Frame, unmet: &Unmet) -> String {
    let r = frame.w.release;
    match unmet {
        Unmet::PollsCloseUnknown => r.polls_close_unknown.to_owned(),
        Unmet::PollsAreOpen { until } => fill(r.polls_are_open, &[("until", &frame.moment(until))]),
        Unmet::NoSuchRelease(number) => fill(r.no_such_release, &[("number", &number.to_string())]),
        Unmet::CorrectionWithoutWords => r.correction_without_words.to_owned(),
        Unmet::NoDifference(_) => r.no_difference.to_owned(),
        Unmet::NamedTwice(_) => r.named_twice.to_owned(),
        Unmet::NotTyped(_) => r.not_typed.to_owned(),
        Unmet::DecidedByOne(_) => r.decided_by_one.to_owned(),
        Unmet::OnOurCopies(_) => r.on_our_copies.to_owned(),
        Unmet::NotArchived { level, .. } => {
            fill(r.not_archived, &[("level", frame.w.level(*level))])
        }
    }
}
