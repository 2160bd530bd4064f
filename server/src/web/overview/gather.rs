//! What the overview tells, without words: gathered from the store, kept while nothing new is
//! logged.
//!
//! Everything here follows from the log, so an overview is good as long as the log has not grown.
//! On a busy night it is made anew at most as often as it is worth: after ten times the time it
//! took, and never more than once a second. One that takes long is made beside: whoever asks gets the
//! one before, which says when it was computed, so that a page costs the same however many records
//! there are.

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
use tokio::sync::Mutex;

use super::waiting::{Listed, listed};
use crate::{
    app::Headquarters,
    book::Book,
    compare::{self, ContestSums},
    merge::{Coverage, UnitFile},
    picture::PictureError,
    published::Publication,
    store::{self, photos::Arrivals},
    web::unit::state::our_figures,
};

/// How long an overview is shown while the log grows: so many times what it took to make.
const WORTH: i64 = 10;
/// And at least so long, in milliseconds.
const SHOWN_MS_MIN: i64 = 1_000;
/// What takes longer than this, in milliseconds, is made beside: a page is to be there in 50.
const BESIDE_MS: i64 = 25;

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
    /// Units that are in some list, by code.
    pub(in crate::web) listed: Vec<Listed>,
    publications: [Arc<Publication>; 2],
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

/// The last overview. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(in crate::web) struct OverviewCache {
    kept: Arc<RwLock<Arc<Overview>>>,
    /// Held by whoever makes the next one.
    making: Arc<Mutex<()>>,
}

impl OverviewCache {
    /// The overview, made anew if the log has grown and it is worth it.
    pub(in crate::web) async fn get(
        &self,
        headquarters: &Headquarters,
    ) -> Result<Arc<Overview>, PictureError> {
        let kept = self.kept();
        if is_good(&kept, headquarters) {
            return Ok(kept);
        }
        if kept.log_size > 0 && kept.took_ms > BESIDE_MS {
            if let Ok(making) = Arc::clone(&self.making).try_lock_owned() {
                let (cache, headquarters) = (self.clone(), headquarters.clone());
                tokio::spawn(async move {
                    let _making = making;
                    if let Err(error) = cache.renew(&headquarters).await {
                        tracing::warn!(%error, "the overview stays as it is");
                    }
                });
            }
            return Ok(kept);
        }
        // One request makes it while the others wait.
        let _making = self.making.lock().await;
        let kept = self.kept();
        if is_good(&kept, headquarters) {
            return Ok(kept);
        }
        self.renew(headquarters).await
    }

    async fn renew(&self, headquarters: &Headquarters) -> Result<Arc<Overview>, PictureError> {
        let (now, size) = ((headquarters.clock)(), headquarters.sequencer.size());
        let mut made = gather(headquarters, &self.kept().publications).await?;
        made.at = now;
        made.log_size = size;
        made.took_ms = (headquarters.clock)().0.saturating_sub(now.0);
        let made = Arc::new(made);
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&made);
        Ok(made)
    }

    fn kept(&self) -> Arc<Overview> {
        Arc::clone(&self.kept.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether an overview can be shown as it is: the log has not grown, or it is not worth it yet.
fn is_good(kept: &Overview, headquarters: &Headquarters) -> bool {
    let shown_ms = (headquarters.clock)().0.saturating_sub(kept.at.0);
    let is_fresh = (0..SHOWN_MS_MIN.max(kept.took_ms * WORTH)).contains(&shown_ms);
    kept.log_size > 0 && (kept.log_size == headquarters.sequencer.size() || is_fresh)
}

async fn gather(
    headquarters: &Headquarters,
    known: &[Arc<Publication>; 2],
) -> Result<Overview, PictureError> {
    let db = &headquarters.db;
    let precincts = Publication::newest(db, Level::Precinct, &known[0]).await?;
    let totals = Publication::newest(db, Level::Region, &known[1]).await?;
    let received = store::records::counts(db).await?.iter().map(|(_, count)| count).sum();
    let held = store::records::awaiting_check(db).await?;
    let arrivals = store::photos::arrivals(db).await?;
    let not_enrolled = store::devices::not_enrolled_yet(db, (headquarters.clock)()).await?;
    let files = headquarters.unit_files().await?;
    let book = headquarters.book.clone();
    let publications = [precincts, totals];
    let compute = move || {
        let book = book.read();
        let regions = regions(&files, &publications, &book.pack);
        let mut silence = silence(&files, &book);
        silence.not_enrolled = not_enrolled;
        let listed = listed(&files, &publications[0], &silence.precincts, &book.pack);
        let awaiting = awaiting(&held, &book);
        Overview {
            received,
            awaiting,
            arrivals,
            regions,
            silence,
            listed,
            publications,
            ..Overview::default()
        }
    };
    tokio::task::spawn_blocking(compute)
        .await
        .map_err(|stopped| store::StoreError::Unavailable(stopped.into()).into())
}

impl Overview {
    /// The publications behind it: of precincts, and of regions.
    pub(in crate::web) const fn publications(&self) -> &[Arc<Publication>; 2] {
        &self.publications
    }
}

fn regions(
    files: &[UnitFile],
    [precincts, totals]: &[Arc<Publication>; 2],
    pack: &Pack,
) -> Vec<Region> {
    let published = compare::Published { precincts: &precincts.rows, regions: &totals.rows };
    let mut coverage: HashMap<&UnitCode, [usize; 4]> = HashMap::new();
    for unit in pack.units.of_kind(UnitKind::Precinct) {
        let Some(region) = pack.units.region_of(&unit.code) else { continue };
        let counts = coverage.entry(&region.code).or_default();
        counts[0] += 1;
        counts[3] += usize::from(precincts.rows.contains_key(&unit.code));
    }
    let is_precinct =
        |code| pack.units.get(code).is_some_and(|unit| unit.kind == UnitKind::Precinct);
    for file in files.iter().filter(|file| is_precinct(&file.unit)) {
        let Some(region) = pack.units.region_of(&file.unit) else { continue };
        let counts = coverage.entry(&region.code).or_default();
        match file.coverage {
            Coverage::Obtained => counts[1] += 1,
            Coverage::NotObtained => counts[2] += 1,
            Coverage::Nothing => {}
        }
    }
    let mut differing: HashMap<&UnitCode, Vec<UnitCode>> = HashMap::new();
    for file in files {
        let Some(theirs) = precincts.rows.get(&file.unit) else { continue };
        let ours = our_figures(file, pack);
        if ours.in_both(theirs).any(|(_, ours, theirs)| ours != theirs)
            && let Some(region) = pack.units.region_of(&file.unit)
        {
            differing.entry(&region.code).or_default().push(file.unit.clone());
        }
    }
    compare::region_sums(published, files, pack)
        .into_iter()
        .filter_map(|sums| {
            let code = sums.region?;
            let [precincts, covered, not_obtained, published] =
                coverage.get(&code).copied().unwrap_or_default();
            let differing = differing.remove(&code).unwrap_or_default();
            let contests = sums.contests;
            Some(Region { code, precincts, covered, not_obtained, published, differing, contests })
        })
        .collect()
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

fn silence(files: &[UnitFile], book: &Book) -> Silence {
    let heard: BTreeSet<&UnitCode> =
        files.iter().filter(|file| !file.is_empty()).map(|file| &file.unit).collect();
    let mut people: BTreeMap<&PersonId, (bool, Person)> = BTreeMap::new();
    let mut expected: BTreeSet<&UnitCode> = BTreeSet::new();
    let results = book.statements.enrolments().filter(|known| known.role == Role::Results);
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
        precincts: expected.into_iter().filter(|unit| !heard.contains(unit)).cloned().collect(),
        not_enrolled: 0,
    }
}
