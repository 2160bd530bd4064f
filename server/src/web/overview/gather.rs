//! What the overview tells, without words: gathered from the store, kept while nothing new is
//! logged.
//!
//! Everything here follows from the log, so an overview is good as long as the log has not grown.
//! On a busy night it is made anew at most as often as it is worth: after ten times the time it
//! took, and never more than once a second; and then beside the requests, which do not wait.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use hattama_proto::{
    id::{OrgId, PersonId, UnitCode},
    kind::Role,
    pack::{Pack, UnitKind},
    statement::{Level, Mandate},
    time::UnixMillis,
    wire::HeldReason,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    tally::Tally,
    waiting::{Listed, Waiting, listed, waiting},
};
use crate::{
    access::Scope,
    app::Headquarters,
    book::Book,
    compare::{self, Aligned, ContestSums, LineSums, UnitDigest},
    merge::Coverage,
    picture::PictureError,
    published::Publication,
    roster::TurnoutSeries,
    store::{self, photos::Arrivals},
    turnout::{self, TurnoutSums},
};

/// How long an overview is shown while the log grows: so many times what it took to make.
const WORTH: i64 = 10;
/// And at least so long, in milliseconds.
const SHOWN_MS_MIN: i64 = 1_000;
/// And at most so long, in milliseconds, or twice what it took: one that was made in the minute in which
/// everybody came back took twenty seconds, and would have been shown for minutes after that.
const SHOWN_MS_MAX: i64 = 5_000;
/// So much later, in milliseconds, it is no longer shown while a new one is made.
const OLD_MS: i64 = 4_000;

/// Units that a region's page lists; all of them are a list of their own.
const FIRST_UNITS: usize = 50;

/// Scopes whose overview is kept: an account of each region of a large country, twice over.
const SCOPES_MAX: usize = 64;

/// What the overview tells.
#[derive(Debug, Default)]
pub(in crate::web) struct Overview {
    /// When it was made.
    pub(in crate::web) at: UnixMillis,
    /// Leaves of the log at that time.
    pub(in crate::web) log_size: u64,
    /// Records received.
    pub(in crate::web) received: u64,
    /// Records awaiting check, by reason.
    pub(in crate::web) awaiting: Vec<(HeldReason, u64)>,
    /// How far the pictures have come.
    pub(in crate::web) arrivals: Arrivals,
    /// By region, in the order of the register.
    pub(in crate::web) regions: Vec<Region>,
    /// Who is silent.
    pub(in crate::web) silence: Silence,
    /// Units of which anything is known or expected, by code.
    pub(in crate::web) listed: Vec<Listed>,
    /// The lists of what waits for somebody.
    pub(in crate::web) waiting: Vec<Waiting>,
    publications: [Arc<Publication>; 2],
    /// Whether the pictures are counted as of `log_size` too, and not from a moment before.
    is_complete: bool,
    /// What it took to make, in milliseconds.
    took_ms: i64,
}

/// One region.
#[derive(Clone, Debug)]
pub(in crate::web) struct Region {
    pub(in crate::web) code: UnitCode,
    /// Precincts of the register.
    pub(in crate::web) precincts: usize,
    /// Precincts with at least one counted document.
    pub(in crate::web) covered: usize,
    /// Precincts without a document and with a report of why.
    pub(in crate::web) not_obtained: usize,
    /// Precincts with a published row.
    pub(in crate::web) published: usize,
    /// Precincts whose copy is not what was published.
    pub(in crate::web) differing: Vec<UnitCode>,
    /// Contest by contest.
    pub(in crate::web) contests: Vec<ContestSums>,
    /// Lines of the precinct form, in its order.
    pub(in crate::web) lines: Vec<LineSums>,
    /// Turnout over the day.
    pub(in crate::web) turnout: Vec<TurnoutSums>,
    /// How many units of it are [`listed`](Overview::listed).
    pub(in crate::web) units: usize,
    /// The first of them, by their places in that list.
    pub(in crate::web) first_units: Vec<usize>,
}

/// Who is silent.
#[derive(Debug, Default)]
pub(in crate::web) struct Silence {
    /// People with an enrolled device.
    pub(in crate::web) enrolled: usize,
    /// Those of them who have sent nothing.
    pub(in crate::web) people: Vec<Person>,
    /// Precincts that a mandate names by themselves.
    pub(in crate::web) expected: usize,
    /// Those of them from which nothing came.
    pub(in crate::web) precincts: Vec<UnitCode>,
    /// People who were invited and have not enrolled.
    pub(in crate::web) not_enrolled: u64,
}

/// One silent person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Person {
    pub(in crate::web) person: PersonId,
    pub(in crate::web) org: OrgId,
    /// Units of the mandate; empty for everywhere.
    pub(in crate::web) units: Vec<UnitCode>,
}

/// The last overview, shared; one request or a task of its own makes a new one.
#[derive(Clone, Debug, Default)]
pub(in crate::web) struct OverviewCache {
    kept: Arc<RwLock<HashMap<Scope, Arc<Overview>>>>,
    /// Whose turn it is to make one, with what was counted for the last.
    turn: Arc<Mutex<Tally>>,
}

impl OverviewCache {
    /// The overview. While the log grows it is made anew beside the requests, which see the last one
    /// meanwhile; one that is too old for that is waited for.
    pub(in crate::web) async fn get(
        &self,
        headquarters: &Headquarters,
        scope: &Scope,
    ) -> Result<Arc<Overview>, PictureError> {
        let kept = self.kept(scope);
        match kept.age(headquarters) {
            Age::Current => return Ok(kept),
            Age::Behind => {
                if let Ok(mut turn) = Arc::clone(&self.turn).try_lock_owned() {
                    let (cache, headquarters) = (self.clone(), headquarters.clone());
                    let scope = scope.clone();
                    tokio::spawn(async move {
                        if let Err(error) = cache.make(&headquarters, &scope, &mut turn).await {
                            tracing::warn!(%error, "the overview could not be made anew");
                        }
                    });
                }
                return Ok(kept);
            }
            Age::Old => {}
        }
        let mut turn = Arc::clone(&self.turn).lock_owned().await;
        let kept = self.kept(scope);
        if kept.age(headquarters) != Age::Old {
            return Ok(kept);
        }
        self.make(headquarters, scope, &mut turn).await
    }

    fn kept(&self, scope: &Scope) -> Arc<Overview> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(scope).map(Arc::clone).unwrap_or_default()
    }

    async fn make(
        &self,
        headquarters: &Headquarters,
        scope: &Scope,
        tally: &mut OwnedMutexGuard<Tally>,
    ) -> Result<Arc<Overview>, PictureError> {
        let now = (headquarters.clock)();
        let size = headquarters.sequencer.size();
        let known = &self.kept(scope).publications;
        let mut made = gather(headquarters, (scope, size), known, tally).await?;
        made.at = now;
        made.took_ms = (headquarters.clock)().0.saturating_sub(now.0);
        let made = Arc::new(made);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() > SCOPES_MAX {
            kept.clear();
        }
        kept.insert(scope.clone(), Arc::clone(&made));
        Ok(made)
    }
}

/// How an overview stands to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    /// The log has not grown, or only just.
    Current,
    /// It has, and a new one is worth while.
    Behind,
    /// It has, and nobody has looked for so long that the last one would mislead.
    Old,
}

impl Overview {
    fn age(&self, headquarters: &Headquarters) -> Age {
        let shown_ms = (headquarters.clock)().0.saturating_sub(self.at.0);
        let worth_ms = (self.took_ms * WORTH).max(SHOWN_MS_MIN);
        let worth_ms = worth_ms.min(SHOWN_MS_MAX.max(2 * self.took_ms));
        let is_newest = self.is_complete && self.log_size == headquarters.sequencer.size();
        if self.log_size == 0 || !(0..worth_ms + OLD_MS).contains(&shown_ms) {
            return if self.log_size > 0 && is_newest { Age::Current } else { Age::Old };
        }
        if shown_ms < worth_ms || is_newest { Age::Current } else { Age::Behind }
    }
}

async fn gather(
    headquarters: &Headquarters,
    (scope, log_size): (&Scope, u64),
    known: &[Arc<Publication>; 2],
    tally: &mut Tally,
) -> Result<Overview, PictureError> {
    let db = &headquarters.db;
    let precincts = Publication::newest(db, Level::Precinct, &known[0]).await?;
    let totals = Publication::newest(db, Level::Region, &known[1]).await?;
    let counts = counts(headquarters, (scope, log_size), tally).await?;
    let digests = headquarters.digests_within(scope).await?;
    let (book, scope) = (headquarters.book.clone(), scope.clone());
    let publications = [precincts, totals];
    let compute = move || {
        let (book, known) = (book.read(), digests.read());
        let (told, digests) = (digests.turnout(), known);
        let mut regions = regions(&digests, &publications, &book.pack);
        regions.retain(|region| scope.sees_unit(&book, &region.code));
        add_turnout(&mut regions, &told, &book.pack);
        let mut silence = silence(&digests, &scope, &book);
        silence.not_enrolled = counts.not_enrolled;
        let listed = listed(digests.values(), &publications[0], &silence.precincts, &book.pack);
        add_units(&mut regions, &listed);
        let waiting = waiting(&listed, scope.region.as_deref());
        let awaiting = awaiting(&counts.held, &book);
        Overview {
            received: counts.received,
            awaiting,
            log_size,
            is_complete: counts.is_complete,
            arrivals: counts.arrivals,
            regions,
            silence,
            listed,
            waiting,
            publications,
            ..Overview::default()
        }
    };
    tokio::task::spawn_blocking(compute)
        .await
        .map_err(|stopped| store::StoreError::Unavailable(stopped.into()).into())
}

/// What the store counts.
struct Counts {
    received: u64,
    held: Vec<(String, String, u64)>,
    arrivals: Arrivals,
    is_complete: bool,
    not_enrolled: u64,
}

async fn counts(
    headquarters: &Headquarters,
    (scope, log_size): (&Scope, u64),
    tally: &mut Tally,
) -> Result<Counts, PictureError> {
    let (db, now) = (&headquarters.db, (headquarters.clock)());
    if scope.is_everything() {
        let received = tally.received(db, log_size).await?;
        let (arrivals, is_complete) = tally.arrivals(db, log_size).await?;
        return Ok(Counts {
            received,
            held: store::records::awaiting_check(db).await?,
            arrivals,
            is_complete,
            not_enrolled: store::devices::not_enrolled_yet(db, now).await?,
        });
    }
    let received = store::records::counts_by_key(db).await?;
    let held = store::records::awaiting_by_unit(db).await?;
    let named = store::photos::named_by_key(db).await?;
    let invited = store::devices::waiting_invitations(db, now).await?;
    let (received, held, named, not_enrolled) = {
        let book = headquarters.book.read();
        let sees = |kid: &str, unit: &Option<String>| scope.sees_row(&book, kid, unit.as_deref());
        let received = received.iter().filter(|(kid, unit, _)| sees(kid, unit));
        let held = held.into_iter().filter(|(_, kid, unit, _)| sees(kid, unit));
        let photos: BTreeSet<_> = named
            .into_iter()
            .filter(|(_, kid, unit)| sees(kid, unit))
            .map(|(photo, _, _)| photo)
            .collect();
        let invited = invited
            .iter()
            .filter(|(org, mandate)| scope.sees_mandate(&book, org.as_str(), mandate));
        (
            received.map(|(_, _, count)| count).sum(),
            held.map(|(reason, kid, _, count)| (reason, kid, count)).collect(),
            photos.into_iter().collect::<Vec<_>>(),
            invited.count() as u64,
        )
    };
    let whole = store::photos::whole_among(db, &named).await?.len() as u64;
    let arrivals = Arrivals { named: named.len() as u64, whole };
    Ok(Counts { received, held, arrivals, is_complete: true, not_enrolled })
}

fn regions(
    digests: &HashMap<UnitCode, UnitDigest>,
    [precincts, totals]: &[Arc<Publication>; 2],
    pack: &Pack,
) -> Vec<Region> {
    let published = compare::Published { precincts: &precincts.rows, regions: &totals.rows };
    let aligned = Aligned::of(published, digests.values(), pack);
    // Both in the order of the register's regions; what lies in none is on no page of a region.
    let sums = compare::region_sums(&aligned, pack);
    let mut regions: Vec<Region> = sums
        .into_iter()
        .zip(compare::region_lines(&aligned, pack))
        .filter_map(|(sums, lines)| {
            Some(Region {
                code: sums.region?,
                precincts: 0,
                covered: 0,
                not_obtained: 0,
                published: 0,
                differing: Vec::new(),
                contests: sums.contests,
                lines,
                turnout: Vec::new(),
                units: 0,
                first_units: Vec::new(),
            })
        })
        .collect();
    for precinct in &aligned.precincts {
        let Some(slot) = precinct.region else { continue };
        let region = &mut regions[slot];
        region.precincts += 1;
        region.published += usize::from(precinct.theirs.is_some());
        match precinct.ours.map(|digest| digest.coverage) {
            Some(Coverage::Obtained) => region.covered += 1,
            Some(Coverage::NotObtained) => region.not_obtained += 1,
            Some(Coverage::Nothing) | None => {}
        }
        if let (Some(ours), Some(theirs)) = (precinct.ours, precinct.theirs)
            && ours.differs_from(theirs)
        {
            region.differing.push(precinct.unit.clone());
        }
    }
    regions.iter_mut().for_each(|region| region.differing.sort());
    regions
}

/// Adds how many units are listed, and the first of them, region by region.
fn add_units(regions: &mut [Region], listed: &[Listed]) {
    let mut by_region: HashMap<&UnitCode, Vec<usize>> = HashMap::new();
    for (place, listed) in listed.iter().enumerate() {
        if let Some(region) = &listed.region {
            by_region.entry(region).or_default().push(place);
        }
    }
    for region in regions {
        let mut units = by_region.remove(&region.code).unwrap_or_default();
        region.units = units.len();
        units.truncate(FIRST_UNITS);
        region.first_units = units;
    }
}

/// Adds what was told of turnout, region by region.
fn add_turnout(
    regions: &mut [Region],
    turnout: &HashMap<UnitCode, Vec<TurnoutSeries>>,
    pack: &Pack,
) {
    let mut by_region: HashMap<&UnitCode, Vec<&TurnoutSeries>> = HashMap::new();
    for (unit, series) in turnout {
        if let Some(region) = pack.units.region_of(unit) {
            by_region.entry(&region.code).or_default().extend(series);
        }
    }
    for region in regions {
        let series = by_region.remove(&region.code).unwrap_or_default();
        region.turnout = turnout::sums(series);
    }
}

/// What still awaits check. A record that was held because nobody knew its device does not, once
/// the device is enrolled.
fn awaiting(held: &[(String, String, u64)], book: &Book) -> Vec<(HeldReason, u64)> {
    let mut awaiting: BTreeMap<HeldReason, u64> = BTreeMap::new();
    for (reason, kid, count) in held {
        let Some(reason) = HeldReason::from_name(reason) else { continue };
        let is_known = kid.parse().is_ok_and(|kid| book.statements.enrolment(&kid).is_some());
        if !(reason == HeldReason::UnknownDevice && is_known) {
            *awaiting.entry(reason).or_default() += count;
        }
    }
    awaiting.into_iter().collect()
}

fn silence(digests: &HashMap<UnitCode, UnitDigest>, scope: &Scope, book: &Book) -> Silence {
    let is_heard = |unit: &UnitCode| digests.get(unit).is_some_and(|digest| !digest.is_empty);
    let mut people: BTreeMap<&PersonId, (bool, Person)> = BTreeMap::new();
    let mut expected: BTreeSet<&UnitCode> = BTreeSet::new();
    let results = book
        .statements
        .enrolments()
        .filter(|known| known.role == Role::Results && scope.sees_device(book, known));
    for enrolment in results {
        let named: &[UnitCode] = match &enrolment.mandate {
            Mandate::Everywhere => &[],
            Mandate::Units(units) => units,
        };
        let is_precinct = |code: &&UnitCode| {
            book.pack.units.get(code).is_some_and(|u| u.kind == UnitKind::Precinct)
        };
        expected.extend(named.iter().filter(is_precinct));
        let (has_spoken, person) = people.entry(&enrolment.person).or_insert_with(|| {
            let (person, org) = (enrolment.person.clone(), enrolment.org.clone());
            (false, Person { person, org, units: Vec::new() })
        });
        *has_spoken |= book.heads.contains_key(&enrolment.kid);
        let new: Vec<_> =
            named.iter().filter(|unit| !person.units.contains(unit)).cloned().collect();
        person.units.extend(new);
    }
    Silence {
        enrolled: people.len(),
        people: people
            .into_values()
            .filter(|(has_spoken, _)| !has_spoken)
            .map(|(_, person)| person)
            .collect(),
        expected: expected.len(),
        precincts: expected.into_iter().filter(|unit| !is_heard(unit)).cloned().collect(),
        not_enrolled: 0,
    }
}
