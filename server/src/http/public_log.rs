//! The public log over HTTP: the files of the folder `log/`, with how long each may be kept.

use std::time::{Duration, Instant};

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Path, block},
};
use hattama_proto::{
    problem::ProblemCode,
    tlog::{Checkpoint, SignedNote, TileName},
};

use super::HttpProblem;
use crate::{app::Headquarters, store};

/// A full tile never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// A partial tile never changes either, but goes once the full one is there.
const A_MINUTE: &str = "public, max-age=60";

/// How long a reader waits for a tile that another process shows already: processes publish within a
/// second of one another.
const BEHIND_MAX: Duration = Duration::from_secs(2);

/// How often to look for it.
const LOOK: Duration = Duration::from_millis(100);

/// The head moves once a second at most.
const A_SECOND: &str = "public, max-age=1";

/// `GET /log/checkpoint`: the published head, which may be older than the newest one.
pub(super) async fn checkpoint(
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let folder = headquarters.public_log.clone();
    let note = block(move || folder.checkpoint())
        .await
        .ok()
        .and_then(Result::ok)
        .flatten()
        .ok_or_else(|| nothing("nothing was published yet; come back later"))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, A_SECOND))
        .body(note))
}

/// `GET /log/tile/...`: one tile, under exactly the name that the specification gives it.
pub(super) async fn tile(
    path: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let tile: TileName =
        format!("tile/{path}").parse().map_err(|_| nothing("this is not the path of a tile"))?;
    let mut found = read(&headquarters, tile).await;
    let begun = Instant::now();
    // A checkpoint came from another process, which was faster.
    while found.is_none() && begun.elapsed() < BEHIND_MAX && is_behind(&headquarters).await {
        tokio::time::sleep(LOOK).await;
        found = read(&headquarters, tile).await;
    }
    let bytes = found.ok_or_else(|| {
        nothing("this tile is not there; if it is a partial one, ask for the full")
    })?;
    let kept = if tile.is_full() { FOREVER } else { A_MINUTE };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, kept))
        .body(bytes))
}

async fn read(headquarters: &Headquarters, tile: TileName) -> Option<Vec<u8>> {
    let folder = headquarters.public_log.clone();
    block(move || folder.tile(&tile)).await.ok()?.ok()?
}

/// Whether another process on this database has published a head that this one has not yet.
async fn is_behind(headquarters: &Headquarters) -> bool {
    if !headquarters.db.is_shared() {
        return false;
    }
    let agreed = store::signer::agreed(&headquarters.db).await.ok().flatten();
    let folder = headquarters.public_log.clone();
    let note = block(move || folder.checkpoint()).await.ok().and_then(Result::ok).flatten();
    let checkpoint = note.and_then(|note| {
        let text = SignedNote::parse(&note).ok()?;
        Checkpoint::parse(text.unverified_text()).ok()
    });
    agreed > checkpoint.map(|checkpoint| checkpoint.size)
}

fn nothing(detail: &str) -> HttpProblem {
    HttpProblem::new(ProblemCode::NotFound, detail)
}
