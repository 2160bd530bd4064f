//! Draws up what somebody proposes, from what is known now, and asks the gate.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use hattama_proto::{
    id::UnitCode,
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
    access::Scope,
    app::Headquarters,
    compare::{Aligned, Published, RegionSums, region_sums},
    comparison::Comparison,
    merge::UnitFile,
    review::LANGUAGES,
    store,
};

/// Longest text beside the figures, and longest text about what was wrong, in bytes of one language: two
/// pages of Cyrillic letters. Both in all languages fit a body of JSON with what is named, and the
/// one page of the release stays below 100 kB.
pub const WORDS_BYTES_MAX: usize = 8 * 1024;

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

/// What is known now of the units that somebody asks about.
struct Ground {
    pack: Arc<Pack>,
    comparison: Arc<Comparison>,
    /// The files of those that are precincts.
    files: HashMap<UnitCode, UnitFile>,
    /// The newest publication of each level, lowest level first.
    archived: Vec<Archived>,
}

impl Ground {
    fn known<'a>(&'a self, regions: &'a [RegionSums]) -> Known<'a> {
        let Self { pack, comparison, files, archived } = self;
        Known { pack, comparison, regions, files, archived }
    }

    /// Everything that stands in the way of naming these.
    fn unmet(&self, named: &[Named], corrects: Corrects, now: UnixMillis) -> Vec<Unmet> {
        let known = self.known(&[]);
        gate(&Asked {
            polls_close_at: self.pack.election.polls_close(),
            now,
            named: named.iter().map(|named| (named.clone(), known.basis(named))).collect(),
            corrects,
        })
    }
}

impl Headquarters {
    /// Everything that stands in the way of naming `named`, and what it would say.
    pub(super) async fn drawn_up(
        &self,
        proposal: &Proposal,
        now: UnixMillis,
    ) -> Result<(Content, Vec<Unmet>), ReleaseError> {
        let earlier = match &proposal.corrects {
            None => None,
            Some((number, _)) => self.release_content(*number).await?,
        };
        // What a correction said of the release before it is corrected with it.
        let once_named: Vec<Named> =
            earlier.as_ref().map_or_else(Vec::new, |earlier| named_in(earlier.said()));
        let asked = proposal.named.iter().chain(&once_named).map(|named| &named.unit);
        let comparison = self.comparison().await?;
        let ground = self.ground(comparison, asked).await?;
        let corrects = match (&proposal.corrects, &earlier) {
            (None, _) => Corrects::Nothing,
            (Some((number, _)), None) => Corrects::Unknown(*number),
            (Some((_, words)), Some(_)) => Corrects::Released { words: !words.0.is_empty() },
        };
        let unmet = ground.unmet(&proposal.named, corrects, now);
        let regions = {
            let digests = self.digests().await?;
            let [precincts, _, regions, _] = ground.comparison.official();
            let published = Published { precincts: &precincts.rows, regions: &regions.rows };
            let digests = digests.read();
            region_sums(&Aligned::of(published, digests.values(), &ground.pack), &ground.pack)
        };
        let (pack, known) = (&ground.pack, ground.known(&regions));
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
            log_size: ground.comparison.log_size,
            drawn_up_at: now,
            words: proposal.words.clone(),
            corrects: proposal.corrects.clone().map(|(release, words)| Correction {
                release,
                words,
                figures: once_named.iter().filter_map(|named| known.difference(named)).collect(),
            }),
            limits: limits(&contests),
            publications: ground.archived.clone(),
            contests,
        };
        Ok((content, unmet))
    }

    async fn ground(
        &self,
        comparison: Arc<Comparison>,
        units: impl Iterator<Item = &UnitCode>,
    ) -> Result<Ground, ReleaseError> {
        let pack = Arc::clone(&self.book.read().pack);
        let is_precinct = |unit: &&UnitCode| {
            pack.units.get(unit).is_some_and(|unit| unit.kind == UnitKind::Precinct)
        };
        let mut precincts: Vec<UnitCode> = units.filter(is_precinct).cloned().collect();
        precincts.sort_unstable();
        precincts.dedup();
        let files = self.unit_files_of_within(&Scope::default(), precincts).await?;
        let files = files.into_iter().map(|file| (file.unit.clone(), file)).collect();
        let newest = comparison.publications();
        let all = store::publications::all(&self.db).await?;
        let newest = all.into_iter().filter(|one| newest.contains(&Some(one.id)));
        let mut archived: Vec<_> = newest
            .map(|one| Archived {
                level: one.level,
                publication: one.id,
                sha256: one.file(),
                mapping: one.read_by.map(|read_by| read_by.mapping),
                source: one.source,
                fetched_at: one.fetched_at,
            })
            .collect();
        archived.sort_by_key(|one| one.level);
        Ok(Ground { pack, comparison, files, archived })
    }

    /// What stands in the way of naming each difference that was found, for those who choose: the
    /// differences in the order of the comparison, at most so many of each contest.
    pub async fn nameable(
        &self,
        limit: usize,
        now: UnixMillis,
    ) -> Result<(Vec<(Named, Vec<Unmet>)>, Vec<Unmet>), ReleaseError> {
        let comparison = self.comparison().await?;
        let (mut named, mut typed) = (Vec::new(), Vec::new());
        for of in &comparison.contests {
            // What may be named stands first: transcribed precincts, and totals.
            let mut changes: Vec<_> = of.answer.changes.iter().collect();
            changes.sort_by_key(|change| {
                let open = change.level == Level::Precinct && !change.transcribed;
                (open, std::cmp::Reverse(change.size))
            });
            for change in changes.into_iter().take(limit) {
                named.push(Named { contest: of.contest.clone(), unit: change.unit.clone() });
                // Of a precinct that nobody transcribed the file has nothing to add.
                typed.extend(change.transcribed.then(|| change.unit.clone()));
            }
        }
        let ground = self.ground(comparison, typed.iter()).await?;
        let (mut of_all, mut of_one) = (Vec::new(), HashMap::<Named, Vec<Unmet>>::new());
        for unmet in ground.unmet(&named, Corrects::Nothing, now) {
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

/// What these differences are about, each once.
pub(super) fn named_in<'a>(said: impl Iterator<Item = &'a Difference>) -> Vec<Named> {
    let mut seen = HashSet::new();
    said.map(|of| Named { contest: of.contest.clone(), unit: of.unit.clone() })
        .filter(|named| seen.insert(named.clone()))
        .collect()
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
