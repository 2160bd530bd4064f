//! The comparison of everything: what was published, at every level, against what lies below it;
//! read from the store and kept while the log does not grow.
//!
//! Everything here follows from the log: publications are archived by a statement in it, our copies
//! are records in it. So a comparison is good as long as the log has its size.

use std::{collections::HashMap, sync::Arc};

use hattama_proto::{
    id::{ContestCode, PublicationId},
    pack::{Contest, Pack},
    statement::Level,
};
use tokio::sync::Mutex;

use crate::{
    access::Scope,
    app::Headquarters,
    compare::{Answer, Compared, Earlier, Findings, Node, Official, Tree},
    picture::PictureError,
    published::Publication,
    store::StoreError,
};

/// Scopes whose comparison is kept: an account of each region of a large country, twice over.
const SCOPES_MAX: usize = 64;

/// Where the numbers changed, contest by contest.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Leaves of the log that it speaks of.
    pub log_size: u64,
    /// By contest, in the order of the set-up.
    pub contests: Vec<ContestComparison>,
    publications: [Arc<Publication>; 4],
    /// The set-up, and how many changes of digests it was made with.
    pack: Option<Arc<Pack>>,
    changes: u64,
}

/// One contest.
#[derive(Clone, Debug)]
pub struct ContestComparison {
    /// The contest.
    pub contest: ContestCode,
    /// The answer.
    pub answer: Arc<Answer>,
    tree: Arc<Tree>,
    findings: Arc<Findings>,
}

impl ContestComparison {
    /// Every unit of the register that may be seen, above before below.
    pub fn nodes(&self) -> &[Arc<Node>] {
        self.tree.nodes()
    }

    /// After the tree was updated. A copy is made only while somebody still reads the one before.
    fn look_again(&mut self, contest: &Contest, earlier: [&Earlier; 4]) {
        let findings = Arc::make_mut(&mut self.findings);
        findings.update(self.tree.nodes(), contest, earlier);
        self.answer = Arc::new(findings.answer());
    }
}

/// The last comparison of each scope. One request makes a new one while the others wait for it.
#[derive(Clone, Debug, Default)]
pub struct ComparisonCache(Arc<Mutex<HashMap<Scope, Arc<Comparison>>>>);

impl Comparison {
    /// The figures of the newest publication of each level, from the lowest.
    pub(crate) fn official(&self) -> [&Publication; 4] {
        self.publications.each_ref().map(|publication| &**publication)
    }

    /// One contest; none that the set-up does not have.
    pub(crate) fn contest(&self, contest: &ContestCode) -> Option<&ContestComparison> {
        self.contests.iter().find(|of| of.contest == *contest)
    }

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
        let (book, scope, before) = (self.book.clone(), scope.clone(), std::mem::take(kept));
        let compute = move || {
            let set_up = Arc::clone(&book.read().pack);
            let changes = digests.changes();
            // Of a limited scope the digests are others every time, and their changes are not told.
            let follows = scope.is_everything()
                && before.pack.as_ref().is_some_and(|known| Arc::ptr_eq(known, &set_up))
                && before.publications.iter().zip(&publications).all(|(a, b)| Arc::ptr_eq(a, b));
            let changed = follows.then(|| digests.changed_after(before.changes)).flatten();
            let mut next = Arc::unwrap_or_clone(before);
            let digests = digests.read();
            let official = Official { levels: publications.each_ref().map(|of| &of.rows) };
            let earlier = publications.each_ref().map(|of| &of.earlier);
            let (digests, pack) = (&*digests, &*set_up);
            if let Some(changed) = changed {
                for (of, contest) in next.contests.iter_mut().zip(&pack.election.contests) {
                    // Without one there is nothing to compare again, and the answer stands.
                    if !changed.is_empty() {
                        // A copy is made only while somebody still reads the one before.
                        let tree = Arc::make_mut(&mut of.tree);
                        tree.update(&changed, Compared { contest, official, digests, pack });
                        of.look_again(contest, earlier);
                    }
                }
            } else {
                let anew = |contest: &Contest| {
                    let mut tree = Tree::new(Compared { contest, official, digests, pack });
                    // What only following needs is not kept for those who do not follow.
                    if !scope.is_everything() {
                        let book = book.read();
                        tree.limit(|unit| scope.sees_unit(&book, unit));
                    }
                    let findings = Findings::of(tree.nodes(), contest, earlier);
                    ContestComparison {
                        contest: contest.code.clone(),
                        answer: Arc::new(findings.answer()),
                        tree: Arc::new(tree),
                        findings: Arc::new(findings),
                    }
                };
                next.contests = pack.election.contests.iter().map(anew).collect();
            }
            Comparison {
                log_size: size,
                contests: next.contests,
                publications,
                pack: Some(Arc::clone(&set_up)),
                changes,
            }
        };
        let made = tokio::task::spawn_blocking(compute)
            .await
            .map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
        *kept = Arc::new(made);
        Ok(Arc::clone(kept))
    }
}
