//! The comparison of everything: what was published, at every level, against what lies below it;
//! read from the store and kept while the log does not grow.
//!
//! Everything here follows from the log: publications are archived by a statement in it, our copies
//! are records in it. So a comparison is good as long as the log has its size.

use std::{collections::HashMap, sync::Arc};

use hattama_proto::{
    id::{ContestCode, PublicationId},
    statement::Level,
};
use tokio::sync::Mutex;

use crate::{
    access::Scope,
    app::Headquarters,
    compare::{self, Answer, Node, Official},
    picture::PictureError,
    published::Publication,
    store::StoreError,
};

/// Scopes whose comparison is kept: an account of each region of a large country, twice over.
const SCOPES_MAX: usize = 64;

/// Where the numbers changed, contest by contest.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Leaves of the log that it speaks of.
    pub log_size: u64,
    /// By contest, in the order of the set-up.
    pub contests: Vec<ContestComparison>,
    publications: [Arc<Publication>; 4],
}

/// One contest.
#[derive(Debug)]
pub struct ContestComparison {
    /// The contest.
    pub contest: ContestCode,
    /// The answer.
    pub answer: Answer,
    /// Every unit of the register, above before below.
    pub nodes: Vec<Node>,
}

/// The last comparison of each scope. One request makes a new one while the others wait for it.
#[derive(Clone, Debug, Default)]
pub struct ComparisonCache(Arc<Mutex<HashMap<Scope, Arc<Comparison>>>>);

impl Comparison {
    /// The newest publication of a level; without rows if there is none.
    pub(crate) fn published(&self, level: Level) -> Arc<Publication> {
        let place = Level::ALL.iter().position(|of| *of == level).unwrap_or_default();
        Arc::clone(&self.publications[place])
    }

    /// The newest publication of each level, from the lowest; none where none was archived.
    pub fn publications(&self) -> [Option<PublicationId>; 4] {
        self.publications.each_ref().map(|publication| publication.id)
    }
}

impl Headquarters {
    /// The comparison of what is known now.
    pub async fn comparison(&self) -> Result<Arc<Comparison>, PictureError> {
        self.comparison_within(&Scope::default()).await
    }

    /// The comparison of what is known now within `scope`: with its own organisation's copies only,
    /// and of its own region's units.
    pub async fn comparison_within(&self, scope: &Scope) -> Result<Arc<Comparison>, PictureError> {
        let mut kept = self.comparisons.0.lock().await;
        if kept.len() > SCOPES_MAX {
            kept.clear();
        }
        let kept = kept.entry(scope.clone()).or_default();
        // Before anything is read: what comes meanwhile is compared the next time.
        let size = self.sequencer.size();
        if kept.log_size == size && !kept.contests.is_empty() {
            return Ok(Arc::clone(kept));
        }
        let mut publications: [Arc<Publication>; 4] = Default::default();
        for (level, (newest, known)) in
            Level::ALL.into_iter().zip(publications.iter_mut().zip(&kept.publications))
        {
            *newest = Publication::newest(&self.db, level, known).await?;
        }
        let digests = self.digests_within(scope).await?;
        let (book, scope) = (self.book.clone(), scope.clone());
        let compute = move || {
            let pack = Arc::clone(&book.read().pack);
            let official = Official { levels: publications.each_ref().map(|of| &of.rows) };
            let digests = digests.read();
            let of_contest = |contest: &hattama_proto::pack::Contest| {
                let mut nodes = compare::tree(contest, official, digests.values(), &pack);
                if scope.region.is_some() {
                    let book = book.read();
                    nodes.retain(|node| scope.sees_unit(&book, &node.unit));
                }
                let answer = compare::answer(&nodes, contest);
                ContestComparison { contest: contest.code.clone(), answer, nodes }
            };
            let contests = pack.election.contests.iter().map(of_contest).collect();
            Comparison { log_size: size, contests, publications }
        };
        let made = tokio::task::spawn_blocking(compute)
            .await
            .map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
        *kept = Arc::new(made);
        Ok(Arc::clone(kept))
    }
}
