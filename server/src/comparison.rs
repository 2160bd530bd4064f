//! The comparison of everything: what was published, at every level, against what lies below it;
//! read from the store and kept while the log does not grow.
//!
//! Everything here follows from the log: publications are archived by a statement in it, our copies
//! are records in it. So a comparison is good as long as the log has its size.

use std::sync::Arc;

use hattama_proto::{
    id::{ContestCode, PublicationId},
    statement::Level,
};
use tokio::sync::Mutex;

use crate::{
    app::Headquarters,
    compare::{self, Answer, Node, Official},
    picture::PictureError,
    published::Publication,
    store::StoreError,
};

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

/// The last comparison. One request makes a new one while the others wait for it.
#[derive(Clone, Debug, Default)]
pub struct ComparisonCache(Arc<Mutex<Arc<Comparison>>>);

impl Comparison {
    /// The newest publication of each level, from the lowest; none where none was archived.
    pub fn publications(&self) -> [Option<PublicationId>; 4] {
        self.publications.each_ref().map(|publication| publication.id)
    }
}

impl Headquarters {
    /// The comparison of what is known now.
    pub async fn comparison(&self) -> Result<Arc<Comparison>, PictureError> {
        let mut kept = self.comparisons.0.lock().await;
        // Before anything is read: what comes meanwhile is compared the next time.
        let size = self.sequencer.size();
        if kept.log_size == size && !kept.contests.is_empty() {
            return Ok(Arc::clone(&kept));
        }
        let mut publications: [Arc<Publication>; 4] = Default::default();
        for (level, (newest, known)) in
            Level::ALL.into_iter().zip(publications.iter_mut().zip(&kept.publications))
        {
            *newest = Publication::newest(&self.db, level, known).await?;
        }
        let digests = self.digests().await?.clone();
        let book = self.book.clone();
        let compute = move || {
            let pack = Arc::clone(&book.read().pack);
            let official = Official { levels: publications.each_ref().map(|of| &of.rows) };
            let digests = digests.read();
            let of_contest = |contest: &hattama_proto::pack::Contest| {
                let nodes = compare::tree(contest, official, digests.values(), &pack);
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
        Ok(Arc::clone(&kept))
    }
}
