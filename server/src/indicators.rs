//! Indicators over the precinct figures of a whole election, for analysts; computed off the threads that
//! serve, on two of them, and kept while what they rest on stands.
//!
//! The tests are in [`crate::forensics`]. An anomaly proves nothing by itself, and nothing of this is for
//! the public: the addresses that show it ask for [`Permission::ReadAnalysis`], and no page and no export
//! that asks for less may hold any of it.
//!
//! [`Permission::ReadAnalysis`]: crate::access::Permission::ReadAnalysis

use std::{
    collections::{BTreeMap, HashMap},
    panic::resume_unwind,
    sync::Arc,
};

use hattama_proto::{
    id::{ChoiceCode, ContestCode, PublicationId, UnitCode},
    pack::{Contest, Pack},
    statement::Level,
};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};
use tokio::sync::Mutex;

use crate::{
    access::Scope,
    app::Headquarters,
    book::SharedBook,
    compare::{CountedLines, OurCopy},
    digests::Digests,
    forensics::{
        Precinct,
        control::{Matched, matched},
        digits::{LastDigits, last_digits, second_digit_mean, zeros_and_fives},
        fingerprint::Fingerprint,
        integer::{IntegerPercentages, IntegerTally},
        moments::{Moments, moments},
        scan::discoveries,
        window::{Anomalous, ByTurnout},
    },
    known::{figures, leader},
    merge::Cells,
    picture::PictureError,
    published::Publication,
    store::StoreError,
};

/// Of what is discovered in a scan of many regions, so much may be false.
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// Threads that compute. Headquarters runs on two cores and goes on serving meanwhile.
const THREADS: usize = 2;

/// Tables that are kept: some contests and choices of an evening.
const KEPT_MAX: usize = 16;

/// Whose figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The newest publication of the precincts.
    #[default]
    Official,
    /// Our copies.
    Ours,
}

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The contest; the first of the set-up if none is named.
    pub contest: Option<ContestCode>,
    /// The choice; the one with most votes if none is named.
    pub choice: Option<ChoiceCode>,
    /// Whose figures.
    pub source: Source,
}

/// What the figures show.
#[derive(Clone, Debug, Serialize)]
pub struct Indicators {
    /// The contest.
    pub contest: ContestCode,
    /// The choice that is looked at.
    pub choice: ChoiceCode,
    /// Whose figures.
    pub source: Source,
    /// The publication, if they are the commission's.
    pub publication: Option<PublicationId>,
    /// Precincts with all the figures that are needed.
    pub precincts: u64,
    /// Precincts that lack one of them, and are in none of what follows.
    pub left_out: u64,
    /// Whole percentages.
    pub integer: IntegerPercentages,
    /// Precincts by turnout and share.
    pub fingerprint: FingerprintView,
    /// Last digits of the choice's votes.
    pub last_digits: Option<LastDigits>,
    /// Mean second digit of the choice's votes.
    pub second_digit_mean: Option<f64>,
    /// The share of the choice's counts that end in 0 or 5.
    pub zeros_and_fives: Option<f64>,
    /// Moments of turnout, in per cent.
    pub turnout: Option<Moments>,
    /// Moments of the choice's share, in per cent.
    pub share: Option<Moments>,
    /// By region, with what still stands out among all of them.
    pub regions: Vec<RegionIndicators>,
    #[serde(skip)]
    by_turnout: ByTurnout,
}

/// The fingerprint, as it travels.
#[derive(Clone, Debug, Serialize)]
pub struct FingerprintView {
    /// Precincts in it.
    pub precincts: u64,
    /// With at least 99 % in both.
    pub corner: u64,
    /// Where everybody on the list took part.
    pub complete: u64,
    /// Correlation of turnout and share.
    pub correlation: Option<f64>,
    /// Slope of share on turnout.
    pub slope: Option<f64>,
    /// Turnout, share (whole per cent), precincts.
    pub cells: Vec<(usize, usize, u32)>,
}

/// One region of the scan.
#[derive(Clone, Debug, Serialize)]
pub struct RegionIndicators {
    /// The region; none for precincts that lie in none.
    pub region: Option<UnitCode>,
    /// Its precincts.
    pub precincts: u64,
    /// Its whole percentages.
    pub integer: IntegerPercentages,
    /// The chance of so many whole percentages (normal approximation, one-sided).
    pub integer_p: f64,
    /// Whether that still stands out among all regions.
    pub integer_stands_out: bool,
    /// Its last digits.
    pub last_digits: Option<LastDigits>,
    /// Whether they still stand out among all regions.
    pub digits_stand_out: bool,
}

/// Precincts of which we have a copy, held against the others of their district.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Control {
    /// What the controls say.
    #[serde(flatten)]
    pub matched: Matched,
    /// Given less extrapolated, in votes.
    pub excess: f64,
}

/// What tables rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ground {
    Publication(PublicationId),
    Log(u64),
}

type Key = (Scope, ContestCode, Option<ChoiceCode>, Source);

/// Tables that were computed. One request computes while the others wait.
#[derive(Clone, Debug, Default)]
pub struct IndicatorsCache(Arc<Mutex<HashMap<Key, Kept>>>);

/// What was computed of one table, and what it rests on.
#[derive(Debug)]
struct Kept {
    ground: Ground,
    /// Version of the set-up.
    version: u32,
    indicators: Arc<Indicators>,
}

/// Figures by precinct, as one source has them.
type Table = Vec<(UnitCode, Cells)>;

impl Headquarters {
    /// The indicators of what lies within `scope`; none where the set-up has no such contest or choice,
    /// or where nobody has a vote yet.
    pub async fn indicators_within(
        &self,
        scope: &Scope,
        asked: &Asked,
    ) -> Result<Option<Arc<Indicators>>, PictureError> {
        let pack = Arc::clone(&self.book.read().pack);
        let Some(contest) = contest_of(&pack, asked.contest.as_ref()).cloned() else {
            return Ok(None);
        };
        let is_of_it = |choice: &ChoiceCode| contest.choices.iter().any(|of| of.code == *choice);
        if asked.choice.as_ref().is_some_and(|choice| !is_of_it(choice)) {
            return Ok(None);
        }
        let log_size = self.sequencer.size();
        let comparison = self.comparison_within(scope).await?;
        let published = comparison.published(Level::Precinct);
        let ground = match (asked.source, published.id) {
            (Source::Official, Some(id)) => Ground::Publication(id),
            (Source::Official | Source::Ours, _) => Ground::Log(log_size),
        };
        let key = (scope.clone(), contest.code.clone(), asked.choice.clone(), asked.source);
        let mut kept = self.indicators.0.lock().await;
        let version = pack.version;
        let stands = |kept: &&Kept| kept.ground == ground && kept.version == version;
        if let Some(kept) = kept.get(&key).filter(stands) {
            return Ok(Some(Arc::clone(&kept.indicators)));
        }
        let ours = match asked.source {
            Source::Ours => Some(self.digests_within(scope).await?),
            Source::Official => None,
        };
        let (book, scope, asked) = (self.book.clone(), scope.clone(), asked.clone());
        let compute = move || {
            let table = match &ours {
                Some(digests) => our_table(&book, &scope, digests),
                None => published_table(&book, &scope, &published),
            };
            let leading = || leader(table.iter().map(|(_, cells)| cells), &contest);
            let choice = asked.choice.or_else(leading)?;
            let publication = published.id.filter(|_| asked.source == Source::Official);
            Some(compute(&pack, &table, (contest.code, choice, asked.source), publication))
        };
        let made = tokio::task::spawn_blocking(compute)
            .await
            .map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
        let Some(made) = made.map(Arc::new) else { return Ok(None) };
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, Kept { ground, version, indicators: Arc::clone(&made) });
        Ok(Some(made))
    }

    /// The commission's figures of precincts of which we have a copy, held against the others of their
    /// district: not placed at random, so an indicator and no estimate. None of our own figures.
    pub async fn control_within(
        &self,
        scope: &Scope,
        of: &Indicators,
    ) -> Result<Option<Control>, PictureError> {
        if of.source == Source::Ours {
            return Ok(None);
        }
        let comparison = self.comparison_within(scope).await?;
        let published = comparison.published(Level::Precinct);
        let digests = self.digests_within(scope).await?;
        let (book, scope) = (self.book.clone(), scope.clone());
        let (contest, choice) = (of.contest.clone(), of.choice.clone());
        let compute = move || {
            let table = published_table(&book, &scope, &published);
            let pack = Arc::clone(&book.read().pack);
            let number = pack.election.contests.iter().position(|known| known.code == contest);
            let lines = CountedLines::of(&pack, Level::Precinct, &contest);
            let cells = table.iter().map(|(unit, cells)| (unit, cells));
            let rows = figures(cells, &lines, (&contest, &choice)).rows;
            let digests = digests.read();
            let is_control = |unit: &UnitCode| {
                let ours = digests.get(unit).and_then(|digest| digest.ours.get(number?));
                matches!(ours, Some(OurCopy::Settled { .. }))
            };
            let above = |unit: &UnitCode| pack.units.get(unit).and_then(|unit| unit.parent.clone());
            matched(rows.iter().map(|(unit, row)| (above(unit), is_control(unit), row)))
        };
        let matched = tokio::task::spawn_blocking(compute)
            .await
            .map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
        let control = Control { matched, excess: matched.excess() };
        Ok((matched.districts > 0).then_some(control))
    }

    /// The choice's votes above the window that somebody named; the audit trail keeps who named which.
    pub async fn window_named_by(
        &self,
        account: &str,
        of: &Indicators,
        mode: usize,
    ) -> Result<Option<Anomalous>, StoreError> {
        let source = if of.source == Source::Ours { "ours" } else { "official" };
        let subject = format!("{}:{}:{source}:{mode}", of.contest, of.choice);
        let now = (self.clock)();
        crate::audit::note(&self.db, account, "forensics-window", &subject, now).await?;
        Ok(of.above(mode))
    }
}

fn published_table(book: &SharedBook, scope: &Scope, published: &Publication) -> Table {
    let book = book.read();
    let rows = published.rows.iter().filter(|(unit, _)| scope.sees_unit(&book, unit));
    sorted(rows.map(|(unit, cells)| (unit.clone(), cells.clone())).collect())
}

fn our_table(book: &SharedBook, scope: &Scope, digests: &Digests) -> Table {
    let (book, digests) = (book.read(), digests.read());
    let level = |unit: &UnitCode| book.pack.units.get(unit).map(|unit| unit.kind.level());
    let precincts = digests
        .iter()
        .filter(|(unit, _)| level(unit) == Some(Level::Precinct) && scope.sees_unit(&book, unit));
    sorted(precincts.map(|(unit, digest)| (unit.clone(), digest.figures.clone())).collect())
}

impl Indicators {
    /// The choice's votes above an honest window of turnout around this point. Which window is honest
    /// is for a person to say, and is written down: see [`crate::forensics::window`].
    #[must_use]
    pub fn above(&self, mode: usize) -> Option<Anomalous> {
        self.by_turnout.above(mode)
    }
}

fn contest_of<'a>(pack: &'a Pack, asked: Option<&ContestCode>) -> Option<&'a Contest> {
    let mut contests = pack.election.contests.iter();
    contests.find(|contest| asked.is_none_or(|asked| contest.code == *asked))
}

/// Two people who run the same test see the same figures, to the last digit.
fn sorted(mut table: Table) -> Table {
    table.sort_by(|one, other| one.0.cmp(&other.0));
    table
}

fn compute(
    pack: &Pack,
    table: &[(UnitCode, Cells)],
    (contest, choice, source): (ContestCode, ChoiceCode, Source),
    publication: Option<PublicationId>,
) -> Indicators {
    let lines = CountedLines::of(pack, Level::Precinct, &contest);
    let cells = table.iter().map(|(unit, cells)| (unit, cells));
    let figures = figures(cells, &lines, (&contest, &choice));
    let mut by_region: BTreeMap<Option<&UnitCode>, Vec<Precinct>> = BTreeMap::new();
    for (unit, row) in &figures.rows {
        let region = pack.units.region_of(unit).map(|region| &region.code);
        by_region.entry(region).or_default().push(*row);
    }
    let all: Vec<Precinct> = figures.rows.iter().map(|(_, row)| *row).collect();
    let tallies = tally_each(&by_region.values().map(Vec::as_slice).collect::<Vec<_>>());
    let whole = tallies.iter().fold(IntegerTally::default(), IntegerTally::and);
    let votes = || all.iter().map(|row| row.votes);
    let percent = |part: u64, of: u64| {
        (of > 0 && part <= of)
            .then(|| crate::forensics::real(part) * 100.0 / crate::forensics::real(of))
    };
    let moments_of = |of: fn(&Precinct) -> (u64, u64)| {
        let shares: Vec<f64> = all
            .iter()
            .filter_map(|row| {
                let (part, of) = of(row);
                percent(part, of)
            })
            .collect();
        moments(&shares)
    };
    let print = Fingerprint::of(&all);
    Indicators {
        contest,
        choice,
        source,
        publication,
        precincts: all.len() as u64,
        left_out: figures.left_out,
        integer: whole.finished(),
        fingerprint: FingerprintView {
            precincts: print.precincts,
            corner: print.corner,
            complete: print.complete,
            correlation: print.correlation,
            slope: print.slope,
            cells: print.cells().collect(),
        },
        last_digits: last_digits(votes()),
        second_digit_mean: second_digit_mean(votes()),
        zeros_and_fives: zeros_and_fives(votes()),
        turnout: moments_of(|row| (row.issued, row.registered)),
        share: moments_of(|row| (row.votes, row.counted)),
        regions: scan(&by_region, &tallies),
        by_turnout: ByTurnout::of(&all),
    }
}

/// The exact sums of each part, on two threads.
fn tally_each(parts: &[&[Precinct]]) -> Vec<IntegerTally> {
    let mut tallies = vec![IntegerTally::default(); parts.len()];
    // Largest first, each to whoever has less to do.
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(parts[*place].len()));
    let mut shares: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new()); THREADS];
    for place in order {
        if let Some(share) = shares.iter_mut().min_by_key(|share| share.0) {
            share.0 += parts[place].len();
            share.1.push(place);
        }
    }
    std::thread::scope(|threads| {
        let running: Vec<_> = shares
            .iter()
            .map(|(_, places)| {
                threads.spawn(move || {
                    let tally = |place: &usize| (*place, IntegerTally::of(parts[*place]));
                    places.iter().map(tally).collect::<Vec<_>>()
                })
            })
            .collect();
        for thread in running {
            // Half a table would be a wrong figure; who computes is told that it stopped.
            for (place, tally) in thread.join().unwrap_or_else(|why| resume_unwind(why)) {
                tallies[place] = tally;
            }
        }
    });
    tallies
}

fn scan(
    by_region: &BTreeMap<Option<&UnitCode>, Vec<Precinct>>,
    tallies: &[IntegerTally],
) -> Vec<RegionIndicators> {
    let mut regions: Vec<RegionIndicators> = by_region
        .iter()
        .zip(tallies)
        .map(|((region, rows), tally)| {
            let integer = tally.finished();
            let either = integer.either;
            let integer_p = if either.deviation > 0.0 {
                Normal::standard().sf(either.precincts() / either.deviation)
            } else {
                1.0
            };
            RegionIndicators {
                region: region.cloned(),
                precincts: rows.len() as u64,
                integer,
                integer_p,
                integer_stands_out: false,
                last_digits: last_digits(rows.iter().map(|row| row.votes)),
                digits_stand_out: false,
            }
        })
        .collect();
    let by_integer: Vec<f64> = regions.iter().map(|of| of.integer_p).collect();
    let by_digits: Vec<f64> =
        regions.iter().map(|of| of.last_digits.map_or(f64::NAN, |digits| digits.p)).collect();
    let found = discoveries(&by_integer, FALSE_DISCOVERIES);
    let digits = discoveries(&by_digits, FALSE_DISCOVERIES);
    for ((region, integer), digits) in regions.iter_mut().zip(found).zip(digits) {
        region.integer_stands_out = integer;
        region.digits_stand_out = digits;
    }
    regions
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::forensics::integer::integer_percentages;

    /// Precincts of a country as large as Russia, without chance: sizes and shares walk by primes.
    fn country(count: u64) -> Vec<Precinct> {
        let precinct = |number: u64| {
            let registered = 100 + number * 7919 % 2_900;
            let issued = registered * (30 + number * 31 % 65) / 100;
            let votes = issued * (10 + number * 17 % 80) / 100;
            Precinct { registered, issued, counted: issued, votes }
        };
        (0..count).map(precinct).collect()
    }

    #[test]
    fn regions_computed_apart_on_two_threads_come_to_the_whole() {
        let all = country(3_000);
        let parts: Vec<&[Precinct]> = all.chunks(217).collect();
        let tallies = tally_each(&parts);
        let together = tallies.iter().fold(IntegerTally::default(), IntegerTally::and).finished();
        let whole = integer_percentages(&all);
        assert_eq!(together.precincts, whole.precincts);
        assert_eq!(together.either.observed, whole.either.observed);
        assert!((together.either.expected - whole.either.expected).abs() < 1e-6);
        assert!((together.turnout.deviation - whole.turnout.deviation).abs() < 1e-6);
    }

    #[test]
    fn the_integer_test_of_95_000_precincts_takes_seconds() {
        let all = country(95_000);
        let parts: Vec<&[Precinct]> = all.chunks(1_200).collect();
        let begun = Instant::now();
        let tallies = tally_each(&parts);
        let took = begun.elapsed();
        assert_eq!(tallies.len(), parts.len());
        println!("95,000 precincts in {took:?}");
        // Ten seconds is what is promised on two free cores; tests share theirs with others.
        assert!(took.as_secs() < 60, "{took:?}");
    }
}
