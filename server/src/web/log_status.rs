//! `GET /log`: how the log stands, who watches it, and how anybody checks it without us.

use actix_web::{HttpResponse, web::Data};
use askama::Template;
use hattama_proto::tlog::{Checkpoint, SignedNote};

use super::{
    answer,
    chip::Chip,
    figure::figure,
    frame::Frame,
    visitor::Visitor,
    words::{Words, fill},
};
use crate::{app::Headquarters, cosigning::WitnessStanding, http::HttpProblem, log::PublicFolder};

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    state: Chip,
    /// Why it has stopped.
    stopped: Option<String>,
    size: String,
    /// Leaves of the published checkpoint, and how many are not published yet.
    published: Option<(String, String)>,
    /// The published checkpoint, as it is.
    note: Option<String>,
    account: String,
    quorum: usize,
    witnesses: Vec<WitnessLine>,
    origin: &'a str,
    vkey: String,
    hq_key: String,
    root_key: String,
}

/// One witness.
struct WitnessLine {
    name: String,
    counts: &'static str,
    size: Option<String>,
    at: Option<String>,
    key: String,
}

/// `GET /log`.
pub(super) async fn show(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let witnesses = headquarters.cosigning.standing().await?;
    let note = published(headquarters.public_log.clone()).await;
    answer::html(&page(frame, &headquarters, witnesses, note))
}

/// The published checkpoint; none where nothing was published or it cannot be read now.
async fn published(folder: PublicFolder) -> Option<String> {
    tokio::task::spawn_blocking(move || folder.checkpoint()).await.ok()?.ok()?
}

fn page<'a>(
    frame: &'a Frame,
    headquarters: &'a Headquarters,
    witnesses: Vec<WitnessStanding>,
    note: Option<String>,
) -> LogPage<'a> {
    let w = &frame.w.watch;
    let size = headquarters.sequencer.size();
    let of_note = |note: &String| {
        let text = SignedNote::parse(note).ok()?;
        Some(Checkpoint::parse(text.unverified_text()).ok()?.size)
    };
    let published = note.as_ref().and_then(of_note);
    let stopped = headquarters.sequencer.stopped();
    let state = match (stopped, headquarters.is_being_checked()) {
        (Some(_), _) => Chip::alert(w.log_stopped),
        (None, true) => Chip::warn(format!("{}; {}", w.log_goes_on, w.log_checking)),
        (None, false) => Chip::good(w.log_goes_on),
    };
    let account = headquarters.accounts.last_made().map_or_else(
        || w.log_account_none.to_owned(),
        |(size, at)| fill(w.log_account_of, &[("size", &figure(size)), ("at", &frame.moment(at))]),
    );
    let line = |witness: WitnessStanding| WitnessLine {
        counts: frame.w.yes_no(Some(witness.counts)),
        size: witness.last.map(|(size, _)| figure(size)),
        at: witness.last.map(|(_, at)| frame.moment(at)),
        key: witness.key.to_string(),
        name: witness.key.name().to_string(),
    };
    let authority = headquarters.book.read().authority;
    LogPage {
        frame,
        w: frame.w,
        state,
        stopped: stopped.map(ToString::to_string),
        size: figure(size),
        published: published
            .map(|published| (figure(published), figure(size.saturating_sub(published)))),
        note,
        account,
        quorum: headquarters.cosigning.quorum(),
        witnesses: witnesses.into_iter().map(line).collect(),
        origin: &headquarters.config.log_origin,
        vkey: headquarters.sequencer.view().key().to_string(),
        hq_key: authority.hq.to_string(),
        root_key: authority.root.to_string(),
    }
}
