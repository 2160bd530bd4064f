//! `/publications`: what the commission published, as it was archived; a file is taken in here too.
//! `/publications/{id}`: one of them, against the one before it.

mod bring;
mod one;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{HttpResponse, web::Data};
use askama::Template;
use hattama_proto::{id::PublicationId, statement::Level};

pub(super) use self::{bring::submit, one::show as one};
use super::{
    answer,
    figure::figure,
    frame::Frame,
    visitor::Visitor,
    words::{PublicationWords, Words},
};
use crate::{
    access::Permission,
    app::Headquarters,
    http::HttpProblem,
    published,
    publishing::{ChangeCounts, Published},
    store::{self, publications::StoredPublication},
};

/// Publications on the page, from the newest; `GET /v1/publications` has all.
const LISTED_MAX: usize = 100;

/// Publications that one look compares with the one before: each takes up to a second in a large
/// country, and is then known.
const COMPARED_AT_ONCE: usize = 5;

/// What is known of how publications changed. Publications never change, so it stays true.
#[derive(Clone, Default)]
pub(super) struct KnownChanges(Arc<Mutex<HashMap<PublicationId, Option<ChangeCounts>>>>);

#[derive(Template)]
#[template(path = "publications.html")]
struct PublicationsPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PublicationWords,
    rows: Vec<ListRow>,
    is_cut: bool,
    /// Whether whoever looks may take files in.
    may_bring: bool,
    /// Levels to choose from: value and text.
    levels: Vec<(&'static str, &'static str)>,
    form: bring::FormView,
}

/// One publication.
struct ListRow {
    address: String,
    fetched_at: String,
    level: &'static str,
    source: String,
    units: String,
    changes: Changes,
}

/// How it changed.
enum Changes {
    /// Nobody has compared it yet.
    Unknown,
    /// There is none before it.
    First,
    /// Appeared, changed, withdrawn.
    Counts([String; 3]),
}

impl Changes {
    const fn is_first(&self) -> bool {
        matches!(self, Self::First)
    }

    const fn counts(&self) -> Option<&[String; 3]> {
        match self {
            Self::Counts(counts) => Some(counts),
            Self::Unknown | Self::First => None,
        }
    }
}

/// `GET /publications`.
pub(super) async fn show(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
    known: Data<KnownChanges>,
) -> Result<HttpResponse, HttpProblem> {
    list(&visitor, &headquarters, &known, bring::FormView::default()).await
}

async fn list(
    visitor: &Visitor,
    headquarters: &Headquarters,
    known: &KnownChanges,
    form: bring::FormView,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let all = store::publications::all(&headquarters.db).await?;
    let changes = known.of(headquarters, &all).await?;
    let row = |stored: &StoredPublication| ListRow {
        address: format!("/publications/{}", stored.id),
        fetched_at: frame.moment(stored.fetched_at),
        level: frame.w.level(stored.level),
        source: stored.source.clone(),
        units: figure(stored.units),
        changes: match changes.get(&stored.id) {
            None => Changes::Unknown,
            Some(None) => Changes::First,
            Some(Some(counts)) => Changes::Counts(
                [counts.appeared, counts.changed, counts.withdrawn].map(|n| figure(n as u64)),
            ),
        },
    };
    answer::html(&PublicationsPage {
        frame,
        w: frame.w,
        p: &frame.w.publications,
        rows: all.iter().rev().take(LISTED_MAX).map(row).collect(),
        is_cut: all.len() > LISTED_MAX,
        may_bring: frame.may(Permission::ArchivePublications),
        levels: Level::ALL.map(|level| (level.name(), frame.w.level(level))).into(),
        form,
    })
}

impl KnownChanges {
    /// What is known of these, after some more were compared.
    async fn of(
        &self,
        headquarters: &Headquarters,
        all: &[StoredPublication],
    ) -> Result<HashMap<PublicationId, Option<ChangeCounts>>, HttpProblem> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let newest = all.iter().rev().take(LISTED_MAX);
        let unknown: Vec<PublicationId> = newest
            .map(|stored| stored.id)
            .filter(|id| !known.contains_key(id))
            .take(COMPARED_AT_ONCE)
            .collect();
        for id in unknown {
            if let Some(edition) = published::edition(&headquarters.db, &id).await? {
                let counts = ChangeCounts::of(&edition);
                self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, counts);
            }
        }
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
