//! What the overview tells, without words: gathered from the store, kept while nothing new is
//! logged.
//!
//! Everything here follows from the log, so an overview is good as long as the log has not grown.
//! On a busy night it is made anew at most as often as it is worth: after ten times the time it
//! took, and never more than once a second.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
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

use crate::{
    access::Scope,
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

/// The last overview of each scope. One request makes a new one while the others wait for it.
#[derive(Debug, Default)]
pub(in crate::web) struct OverviewCache(Mutex<HashMap<Scope, Arc<Overview>>>);

impl OverviewCache {
    /// The overview, made anew if the log has grown and it is worth it.
    pub(in crate::web) async fn get(
        &self,
        headquarters: &Headquarters,
        scope: &Scope,
    ) -> Result<Arc<Overview>, PictureError> {
        let mut kept = self.0.lock().await;
        if kept.len() > SCOPES_MAX {
            kept.clear();
        }
        let kept = kept.entry(scope.clone()).or_default();
        let now = (headquarters.clock)();
        let size = headquarters.sequencer.size();
        let shown_ms = now.0.saturating_sub(kept.at.0);
        let is_fresh = (0..SHOWN_MS_MIN.max(kept.took_ms * WORTH)).contains(&shown_ms);
        if kept.log_size > 0 && (kept.log_size == size || is_fresh) {
            return Ok(Arc::clone(kept));
        }
        let mut made = gather(headquarters, scope, &kept.publications).await?;
        made.at = now;
        made.log_size = size;
        made.took_ms = (headquarters.clock)().0.saturating_sub(now.0);
        *kept = Arc::new(made);
        Ok(Arc::clone(kept))
    }
}

async fn gather(
    headquarters: &Headquarters,
    scope: &Scope,
    known: &[Arc<Publication>; 2],
) -> Result<Overview, PictureError> {
    let db = &headquarters.db;
    let precincts = Publication::newest(db, Level::Precinct, &known[0]).await?;
    let totals = Publication::newest(db, Level::Region, &known[1]).await?;
    let counts = counts(headquarters, scope).await?;
    let files = headquarters.all_unit_files_within(scope).await?;
    let (book, scope) = (headquarters.book.clone(), scope.clone());
    let publications = [precincts, totals];
    let compute = move || {
        let book = book.read();
        let mut regions = regions(&files, &publications, &book.pack);
        regions.retain(|region| scope.sees_unit(&book, &region.code));
        let mut silence = silence(&files, &scope, &book);
        silence.not_enrolled = counts.not_enrolled;
        let awaiting = awaiting(&counts.held, &book);
        Overview {
            received: counts.received,
            awaiting,
            arrivals: counts.arrivals,
            regions,
            silence,
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
    not_enrolled: u64,
}

async fn counts(headquarters: &Headquarters, scope: &Scope) -> Result<Counts, PictureError> {
    let (db, now) = (&headquarters.db, (headquarters.clock)());
    if scope.is_everything() {
        return Ok(Counts {
            received: store::records::counts(db).await?.iter().map(|(_, count)| count).sum(),
            held: store::records::awaiting_check(db).await?,
            arrivals: store::photos::arrivals(db).await?,
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
    Ok(Counts { received, held, arrivals, not_enrolled })
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

fn silence(files: &[UnitFile], scope: &Scope, book: &Book) -> Silence {
    let heard: BTreeSet<&UnitCode> =
        files.iter().filter(|file| !file.is_empty()).map(|file| &file.unit).collect();
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
        precincts: expected.into_iter().filter(|unit| !heard.contains(unit)).cloned().collect(),
        not_enrolled: 0,
    }
}
