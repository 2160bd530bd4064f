//! One proposes, another confirms. Between the two nothing can change.

use std::collections::{BTreeMap, HashMap};

use hattama_proto::{
    id::{ReleaseHash, StatementId, UnitCode, to_hex},
    pack::{Names, Pack, UnitKind},
    statement::Release,
    time::UnixMillis,
};

use super::{
    compose::{Known, limits},
    content::{Archived, Content, Correction, FORMAT},
    corrections::corrections_of,
    gate::{Asked, Corrects, Named, Unmet, gate},
    proof::Proof,
};
use crate::{
    access::{Operator, Permission},
    app::Headquarters,
    compare::{Published, region_sums},
    log::{Item, Says, SequenceError},
    picture::PictureError,
    random::{self, RandomError},
    review::{LANGUAGES, ReviewError},
    store::{
        self, StoreError, accounts,
        releases::{Draft, Outcome},
    },
};

/// Longest text beside the figures, in bytes of one language: some pages.
const WORDS_BYTES_MAX: usize = 16 * 1024;

/// Most differences that one release names: its one page stays below 100 kB, which a phone loads
/// at night.
const NAMED_MAX: usize = 50;

/// How often it is tried again when another writer took the number of the release or of the audit
/// event.
const TRIES: u32 = 20;

/// What somebody proposes to make public.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// The differences that it names.
    pub named: Vec<Named>,
    /// What is said beside the figures, by language; may be empty.
    pub words: Names,
    /// The release that it corrects, and what was wrong with it.
    pub corrects: Option<(u32, Names)>,
}

/// A release that is public.
#[derive(Clone, Debug)]
pub struct Released {
    /// Its number.
    pub number: u32,
    /// When it was made public.
    pub at: UnixMillis,
    /// Hash of the content.
    pub sha256: ReleaseHash,
    /// The content, byte for byte.
    pub bytes: Vec<u8>,
    /// The content, read.
    pub content: Content,
    /// The signed statement and that the log has it.
    pub proof: Proof,
    /// Releases that correct it, in order.
    pub corrected_by: Vec<Later>,
}

/// A release that corrects an earlier one.
#[derive(Clone, Debug)]
pub struct Later {
    /// Its number.
    pub number: u32,
    /// Its content, byte for byte.
    pub bytes: Vec<u8>,
    /// Its content, read.
    pub content: Content,
}

/// Why nothing was made public.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// There is no such release or draft.
    #[error("there is no such release or draft")]
    NotFound,
    /// The account sees a part only.
    #[error(
        "a release speaks of everything: only an account without limits proposes and confirms one"
    )]
    Limited,
    /// The gate is shut.
    #[error("nothing is made public yet: {}", said(.0))]
    Unmet(Vec<Unmet>),
    /// The same person twice.
    #[error("another publisher has to confirm what you proposed")]
    SamePerson,
    /// Somebody decided first.
    #[error("this draft was confirmed or withdrawn already; look at the list")]
    Decided,
    /// What it says of these units is not what is known now.
    #[error("figures changed since it was proposed, at {}; withdraw it and propose it again", .0.join(", "))]
    Changed(Vec<String>),
    /// Understood, and wrong.
    #[error("{0}")]
    Invalid(String),
    /// The stored content cannot be read, or is not what was hashed.
    #[error("the stored content of a release is not what was proposed: the store was altered")]
    Altered,
    /// The log has no checkpoint over it yet.
    #[error("the log does not prove it yet; try again")]
    NotYet,
    /// The picture cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// It could not be signed.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The log did not take it.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

fn said(unmet: &[Unmet]) -> String {
    unmet.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Headquarters {
    /// Everything that stands in the way of naming `named`, and what it would say.
    async fn drawn_up(
        &self,
        proposal: &Proposal,
        now: UnixMillis,
    ) -> Result<(Content, Vec<Unmet>), ReleaseError> {
        let comparison = self.comparison().await?;
        let pack = std::sync::Arc::clone(&self.book.read().pack);
        let archived: Vec<Archived> = {
            let newest = comparison.publications();
            let all = store::publications::all(&self.db).await?;
            let newest = all.into_iter().filter(|one| newest.contains(&Some(one.id)));
            let mut newest: Vec<_> = newest
                .map(|one| Archived {
                    level: one.level,
                    sha256: one.id,
                    source: one.source,
                    fetched_at: one.fetched_at,
                })
                .collect();
            newest.sort_by_key(|one| one.level);
            newest
        };
        let earlier = match &proposal.corrects {
            None => None,
            Some((number, _)) => self.release_content(*number).await?,
        };
        let once_named: Vec<Named> = earlier.iter().flat_map(named_in).collect();
        let mut files = HashMap::new();
        for unit in proposal.named.iter().chain(&once_named).map(|named| &named.unit) {
            let is_precinct =
                pack.units.get(unit).is_some_and(|unit| unit.kind == UnitKind::Precinct);
            if is_precinct && !files.contains_key(unit) {
                files.insert(unit.clone(), self.unit_file(unit).await?);
            }
        }
        let digests = self.digests().await?;
        let [precincts, _, regions, _] = comparison.official();
        let published = Published { precincts: &precincts.rows, regions: &regions.rows };
        let regions = region_sums(published, digests.read().values(), &pack);
        let known = Known {
            pack: &pack,
            comparison: &comparison,
            regions: &regions,
            files: &files,
            archived: &archived,
        };
        let unmet = gate(&Asked {
            polls_close_at: pack.election.polls_close(),
            now,
            named: proposal.named.iter().map(|named| (named.clone(), known.basis(named))).collect(),
            corrects: match (&proposal.corrects, &earlier) {
                (None, _) => Corrects::Nothing,
                (Some((number, _)), None) => Corrects::Unknown(*number),
                (Some((_, words)), Some(_)) => Corrects::Released { words: !words.0.is_empty() },
            },
        });
        let contests: Vec<_> = pack
            .election
            .contests
            .iter()
            .map(|contest| known.contest_content(contest, &proposal.named))
            .collect();
        let content = Content {
            format: FORMAT.to_owned(),
            election: pack.election.id.clone(),
            names: pack.election.names.clone(),
            exercise: pack.election.exercise.clone(),
            time_zone: pack.election.time_zone.clone(),
            log_size: comparison.log_size,
            drawn_up_at: now,
            words: proposal.words.clone(),
            corrects: proposal.corrects.clone().map(|(release, words)| Correction {
                release,
                words,
                figures: once_named.iter().filter_map(|named| known.difference(named)).collect(),
            }),
            limits: limits(&contests),
            publications: archived,
            contests,
        };
        Ok((content, unmet))
    }

    /// What stands in the way of naming each difference that was found, for those who choose: the
    /// differences in the order of the comparison, at most so many of each contest.
    pub async fn nameable(
        &self,
        limit: usize,
        now: UnixMillis,
    ) -> Result<(Vec<(Named, Vec<Unmet>)>, Vec<Unmet>), ReleaseError> {
        let comparison = self.comparison().await?;
        let named: Vec<Named> = comparison
            .contests
            .iter()
            .flat_map(|of| {
                // What may be named stands first: transcribed precincts, and totals.
                let mut changes: Vec<_> = of.answer.changes.iter().collect();
                changes.sort_by_key(|change| {
                    let open = change.level == hattama_proto::statement::Level::Precinct
                        && !change.transcribed;
                    (open, std::cmp::Reverse(change.size))
                });
                changes
                    .into_iter()
                    .take(limit)
                    .map(|change| Named { contest: of.contest.clone(), unit: change.unit.clone() })
                    .collect::<Vec<_>>()
            })
            .collect();
        let proposal = Proposal { named: named.clone(), ..Proposal::default() };
        let (_, unmet) = self.drawn_up(&proposal, now).await?;
        let (mut of_all, mut of_one) = (Vec::new(), HashMap::<Named, Vec<Unmet>>::new());
        for unmet in unmet {
            match unmet.named().cloned() {
                Some(named) => of_one.entry(named).or_default().push(unmet),
                None => of_all.push(unmet),
            }
        }
        let with = |named: Named| {
            let unmet = of_one.remove(&named).unwrap_or_default();
            (named, unmet)
        };
        Ok((named.into_iter().map(with).collect(), of_all))
    }

    /// Proposes a release. Another publisher has to confirm it; until then nothing of it is public.
    ///
    /// # Errors
    /// [`ReleaseError::Unmet`] with everything that the gate finds missing.
    pub async fn propose_release(
        &self,
        by: &Operator,
        proposal: &Proposal,
        now: UnixMillis,
    ) -> Result<Draft, ReleaseError> {
        check_whole(by)?;
        check(proposal, &self.book.read().pack)?;
        let (content, unmet) = self.drawn_up(proposal, now).await?;
        if !unmet.is_empty() {
            return Err(ReleaseError::Unmet(unmet));
        }
        let bytes = content.to_bytes();
        let draft = Draft {
            id: to_hex(&random::bytes::<8>()?),
            content: ReleaseHash::of(&bytes),
            corrects: content.corrects.as_ref().map(|corrects| corrects.release),
            proposed_by: by.name.clone(),
            proposed_at: now,
            outcome: None,
        };
        let event = (by.name.as_str(), "release-proposed", draft.id.as_str());
        let batch = || store::releases::propose(&draft, &bytes);
        crate::audit::note_with(&self.db, event, now, batch).await?;
        Ok(draft)
    }

    /// Confirms what another publisher proposed: it gets the next number, a signed statement in the
    /// log, and is public from then on.
    ///
    /// # Errors
    /// [`ReleaseError::Changed`] where a figure that it names is another one now.
    pub async fn confirm_release(
        &self,
        by: &Operator,
        draft: &str,
        now: UnixMillis,
    ) -> Result<u32, ReleaseError> {
        check_whole(by)?;
        let (open, bytes, content) = self.open_draft(draft).await?;
        if open.proposed_by == by.name {
            return Err(ReleaseError::SamePerson);
        }
        let proposal = Proposal {
            named: named_in(&content),
            words: content.words.clone(),
            corrects: content.corrects.clone().map(|of| (of.release, of.words)),
        };
        let (current, unmet) = self.drawn_up(&proposal, now).await?;
        if !unmet.is_empty() {
            return Err(ReleaseError::Unmet(unmet));
        }
        let changed = changed(&content, &current);
        if !changed.is_empty() {
            return Err(ReleaseError::Changed(changed));
        }
        for _ in 0..TRIES {
            let all = store::releases::all(&self.db).await?;
            if all.iter().any(|known| known.id == draft && known.outcome.is_some()) {
                return Err(ReleaseError::Decided);
            }
            let number = all.iter().filter_map(number_of).max().unwrap_or(0) + 1;
            let body = Release {
                number,
                content: open.content,
                bytes: bytes.len() as u64,
                corrects: open.corrects,
            };
            let (item, jws): (Item, String) =
                self.review.sign(body, subject(number), Says::Other, now)?;
            let statement = StatementId::of(jws.as_bytes());
            let outcome =
                Outcome { release: Some((number, statement)), by: by.name.clone(), at: now };
            let with = store::releases::decide(draft, &outcome).and(accounts::audit_next(
                now,
                &by.name,
                "release-confirmed",
                draft,
            ));
            match self.sequencer.append_with(vec![item], with).await {
                Ok(_) => return Ok(number),
                // The number of the release, of the audit event, or the draft: looked at again.
                Err(SequenceError::Store(error))
                    if matches!(*error, StoreError::UniqueViolation { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ReleaseError::Decided)
    }

    /// Takes a draft back; any publisher may.
    pub async fn withdraw_release(
        &self,
        by: &Operator,
        draft: &str,
        now: UnixMillis,
    ) -> Result<(), ReleaseError> {
        check_whole(by)?;
        self.open_draft(draft).await?;
        let outcome = Outcome { release: None, by: by.name.clone(), at: now };
        let event = (by.name.as_str(), "release-withdrawn", draft);
        match crate::audit::note_with(&self.db, event, now, || {
            store::releases::decide(draft, &outcome)
        })
        .await
        {
            Err(StoreError::UniqueViolation { .. }) => Err(ReleaseError::Decided),
            done => Ok(done?),
        }
    }

    /// Drafts that wait, the oldest first, for accounts that see everything.
    pub async fn release_drafts(&self, by: &Operator) -> Result<Vec<Draft>, ReleaseError> {
        if !by.scope.is_everything() {
            return Ok(Vec::new());
        }
        let mut all = store::releases::all(&self.db).await?;
        all.retain(|draft| draft.outcome.is_none());
        Ok(all)
    }

    /// A draft that waits: what is known of it, its bytes and what it says.
    pub async fn release_draft(
        &self,
        by: &Operator,
        draft: &str,
    ) -> Result<(Draft, Vec<u8>, Content), ReleaseError> {
        if !by.scope.is_everything() {
            return Err(ReleaseError::NotFound);
        }
        self.open_draft(draft).await
    }

    async fn open_draft(&self, id: &str) -> Result<(Draft, Vec<u8>, Content), ReleaseError> {
        let all = store::releases::all(&self.db).await?;
        let draft = all.into_iter().find(|draft| draft.id == id).ok_or(ReleaseError::NotFound)?;
        if draft.outcome.is_some() {
            return Err(ReleaseError::Decided);
        }
        let (bytes, content) = self.content_of(&draft).await?;
        Ok((draft, bytes, content))
    }

    async fn content_of(&self, draft: &Draft) -> Result<(Vec<u8>, Content), ReleaseError> {
        let bytes = store::releases::content(&self.db, &draft.id).await?;
        let bytes = bytes.ok_or(ReleaseError::Altered)?;
        if ReleaseHash::of(&bytes) != draft.content {
            return Err(ReleaseError::Altered);
        }
        let content = Content::read(&bytes).map_err(|_| ReleaseError::Altered)?;
        Ok((bytes, content))
    }

    async fn release_content(&self, number: u32) -> Result<Option<Content>, ReleaseError> {
        let all = store::releases::all(&self.db).await?;
        match all.iter().find(|draft| number_of(draft) == Some(number)) {
            Some(draft) => Ok(Some(self.content_of(draft).await?.1)),
            None => Ok(None),
        }
    }

    /// Every release that is public, by number.
    pub async fn releases(&self) -> Result<BTreeMap<u32, Draft>, ReleaseError> {
        let all = store::releases::all(&self.db).await?;
        Ok(all.into_iter().filter_map(|draft| Some((number_of(&draft)?, draft))).collect())
    }

    /// One release, with its proof and its corrections.
    pub async fn release(&self, number: u32) -> Result<Released, ReleaseError> {
        let all = self.releases().await?;
        let draft = all.get(&number).ok_or(ReleaseError::NotFound)?;
        let outcome = draft.outcome.as_ref().ok_or(ReleaseError::NotFound)?;
        let (_, statement) = outcome.release.ok_or(ReleaseError::NotFound)?;
        let (bytes, content) = self.content_of(draft).await?;
        let links: Vec<_> = all.iter().map(|(number, of)| (*number, of.corrects)).collect();
        let mut corrected_by = Vec::new();
        for later in corrections_of(number, &links) {
            let (bytes, content) = self.content_of(&all[&later]).await?;
            corrected_by.push(Later { number: later, bytes, content });
        }
        let proof = Proof::of(self, &statement).await?;
        let (at, sha256) = (outcome.at, draft.content);
        Ok(Released { number, at, sha256, bytes, content, proof, corrected_by })
    }
}

/// What statements about a release are found by.
fn subject(number: u32) -> String {
    format!("release:{number}")
}

fn number_of(draft: &Draft) -> Option<u32> {
    Some(draft.outcome.as_ref()?.release?.0)
}

fn named_in(content: &Content) -> Vec<Named> {
    let named =
        |of: &super::Difference| Named { contest: of.contest.clone(), unit: of.unit.clone() };
    content.differences().map(named).collect()
}

/// Units of which `now` says otherwise than `then`.
fn changed(then: &Content, now: &Content) -> Vec<String> {
    let current: HashMap<(&UnitCode, _), _> =
        now.differences().map(|of| ((&of.unit, &of.contest), of)).collect();
    then.differences()
        .filter(|of| current.get(&(&of.unit, &of.contest)) != Some(of))
        .map(|of| of.unit.to_string())
        .collect()
}

fn check_whole(by: &Operator) -> Result<(), ReleaseError> {
    if by.scope.is_everything() && by.may(Permission::Release) {
        Ok(())
    } else {
        Err(ReleaseError::Limited)
    }
}

fn check(proposal: &Proposal, pack: &Pack) -> Result<(), ReleaseError> {
    if proposal.named.len() > NAMED_MAX {
        return Err(ReleaseError::Invalid(format!(
            "a release names at most {NAMED_MAX} differences; make several"
        )));
    }
    let contests = &pack.election.contests;
    if let Some(named) = proposal
        .named
        .iter()
        .find(|named| !contests.iter().any(|contest| contest.code == named.contest))
    {
        let contest = &named.contest;
        return Err(ReleaseError::Invalid(format!("the set-up has no contest {contest}")));
    }
    let corrections = proposal.corrects.iter().map(|(_, words)| words);
    for (language, words) in corrections.chain([&proposal.words]).flat_map(|names| &names.0) {
        if !LANGUAGES.contains(&language.as_str()) {
            return Err(ReleaseError::Invalid(format!(
                "words are in {}; {language:?} is none of them",
                LANGUAGES.join(", ")
            )));
        }
        if words.trim().is_empty() || words.len() > WORDS_BYTES_MAX {
            return Err(ReleaseError::Invalid(format!(
                "words in one language are not empty and have at most {WORDS_BYTES_MAX} bytes"
            )));
        }
    }
    Ok(())
}
