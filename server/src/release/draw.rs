//! Draws up what somebody proposes, from what is known now, and asks the gate.

use std::collections::HashMap;

use hattama_proto::{
    pack::{Names, Pack, UnitKind},
    statement::Level,
    time::UnixMillis,
};

use super::{
    compose::{Known, limits},
    content::{Archived, Content, Correction, Difference, FORMAT},
    error::ReleaseError,
    gate::{Asked, Corrects, Named, Unmet, gate},
};
use crate::{
    app::Headquarters,
    compare::{Published, region_sums},
    review::LANGUAGES,
    store,
};

/// Longest text beside the figures, in bytes of one language: some pages.
const WORDS_BYTES_MAX: usize = 16 * 1024;

/// Most differences that one release names: its one page stays below 100 kB, which a phone loads
/// at night.
const NAMED_MAX: usize = 50;

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

impl Headquarters {
    /// Everything that stands in the way of naming `named`, and what it would say.
    pub(super) async fn drawn_up(
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
                    publication: one.id,
                    sha256: one.file(),
                    mapping: one.read_by.map(|read_by| read_by.mapping),
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
                    let open = change.level == Level::Precinct && !change.transcribed;
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
}

/// Everything that a content names.
pub(super) fn named_in(content: &Content) -> Vec<Named> {
    let named = |of: &Difference| Named { contest: of.contest.clone(), unit: of.unit.clone() };
    content.differences().map(named).collect()
}

/// Whether it can be asked for at all.
pub(super) fn check(proposal: &Proposal, pack: &Pack) -> Result<(), ReleaseError> {
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
