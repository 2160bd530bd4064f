//! What is known and what is not, read from the store and kept while the log does not grow: coverage,
//! the random sample's bounds and estimates. The figures themselves are computed in [`crate::known`].

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use hattama_proto::{
    id::{ContestCode, PartHash, RecordId, StatementId, UnitCode},
    pack::UnitKind,
    statement::Sample,
    time::UnixMillis,
};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::{
    access::Scope,
    app::Headquarters,
    known::{self, ChoiceEstimate, Coverage, Drawn, Volunteers},
    merge::UnitFile,
    picture::PictureError,
    sample::register_hash,
    store::{self, StoreError},
};

/// How sure bounds and margins are.
pub const CONFIDENCE: f64 = 0.95;

/// Scopes whose knowledge is kept: an account of each region of a large country, twice over.
const SCOPES_MAX: usize = 64;

/// What is known.
#[derive(Clone, Debug, Serialize)]
pub struct Knowledge {
    /// Leaves of the log that it speaks of.
    pub log_size: u64,
    /// The list of precincts that it speaks of.
    pub register: RegisterKnown,
    /// How sure bounds and margins are.
    pub confidence: f64,
    /// The sample that counts; none where nothing was drawn.
    pub sample: Option<SampleHead>,
    /// By contest, in the order of the set-up.
    pub contests: Vec<ContestKnown>,
}

/// The register as it was known then.
#[derive(Clone, Debug, Serialize)]
pub struct RegisterKnown {
    /// Version of the election set-up.
    pub pack: u32,
    /// Version of the register in it.
    pub version: u32,
    /// SHA-256 of the register; none where the set-up's manifest cannot be read by this version.
    pub sha256: Option<PartHash>,
    /// When the set-up was signed.
    pub signed_at: Option<UnixMillis>,
    /// Ordinary precincts within the scope.
    pub precincts: u64,
    /// Special precincts within the scope.
    pub special: u64,
}

/// Which sample.
#[derive(Clone, Debug, Serialize)]
pub struct SampleHead {
    /// Hash of its statement.
    pub id: StatementId,
    /// Its place in the log.
    pub position: u64,
    /// When it was drawn.
    pub drawn_at: UnixMillis,
    /// Its seed.
    pub seed: String,
    /// Whether it speaks of this scope: an account of one region is told something only where every
    /// region was drawn from by itself.
    pub speaks: bool,
}

/// One contest.
#[derive(Clone, Debug, Serialize)]
pub struct ContestKnown {
    /// The contest.
    pub contest: ContestCode,
    /// How far our copies reach.
    pub coverage: Coverage,
    /// What observers chose themselves.
    pub volunteers: Volunteers,
    /// What the sample says; none without one.
    pub drawn: Option<Drawn>,
    /// What the sample says of each choice; nothing without one.
    pub choices: Vec<ChoiceEstimate>,
}

/// The last knowledge of each scope. One request makes a new one while the others wait for it.
#[derive(Clone, Debug, Default)]
pub struct KnowledgeCache(Arc<Mutex<HashMap<Scope, Arc<Knowledge>>>>);

/// A sample as one scope sees it.
struct Seen {
    head: SampleHead,
    sample: Sample,
    units: Vec<UnitCode>,
}

impl Headquarters {
    /// What is known now of what lies within `scope`: with its own organisation's copies only, and of
    /// its own region's precincts.
    pub async fn knowledge_within(&self, scope: &Scope) -> Result<Arc<Knowledge>, PictureError> {
        let mut kept = self.knowledge.0.lock().await;
        if kept.len() > SCOPES_MAX {
            kept.clear();
        }
        // Before anything is read: what comes meanwhile is known the next time.
        let log_size = self.sequencer.size();
        if let Some(known) = kept.get(scope).filter(|known| known.log_size == log_size) {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(self.know(scope, log_size).await?);
        kept.insert(scope.clone(), Arc::clone(&known));
        Ok(known)
    }

    async fn know(&self, scope: &Scope, log_size: u64) -> Result<Knowledge, PictureError> {
        let comparison = self.comparison_within(scope).await?;
        let digests = self.digests_within(scope).await?;
        let seen = self.sample_within(scope).await?;
        let drawn = seen.as_ref().map_or_else(Vec::new, |seen| seen.units.clone());
        let files = self.unit_files_of_within(scope, drawn).await?;
        let arrived_at = self.arrived_at(&files).await?;
        let register = self.register_within(scope);
        let pack = Arc::clone(&self.book.read().pack);
        let compute = move || {
            let units: HashSet<&UnitCode> = seen.iter().flat_map(|seen| &seen.units).collect();
            let digests = digests.read();
            let sample = seen.as_ref().filter(|seen| seen.head.speaks).map(|seen| &seen.sample);
            let contests = pack.election.contests.iter().enumerate().zip(&comparison.contests);
            let contests = contests.map(|((number, contest), compared)| {
                let rows = known::join(&pack, number, compared.nodes(), &digests);
                let quick = |sample| {
                    known::quick_count(&rows, contest, sample, &units, &arrived_at, CONFIDENCE)
                };
                ContestKnown {
                    contest: contest.code.clone(),
                    coverage: known::coverage(&rows),
                    volunteers: known::volunteers(&rows, &units),
                    drawn: sample.map(|sample| known::drawn(&rows, sample, &units, CONFIDENCE)),
                    choices: sample.map_or_else(Vec::new, quick),
                }
            });
            let contests = contests.collect();
            let sample = seen.as_ref().map(|seen| seen.head.clone());
            Knowledge { log_size, register, confidence: CONFIDENCE, sample, contests }
        };
        tokio::task::spawn_blocking(compute)
            .await
            .map_err(|stopped| StoreError::Unavailable(stopped.into()).into())
    }

    /// The sample that counts, as the scope sees it.
    ///
    /// # Errors
    /// [`PictureError::Sample`] where the kept list is not the one that was signed: an estimate from
    /// another list would be no estimate.
    async fn sample_within(&self, scope: &Scope) -> Result<Option<Seen>, PictureError> {
        let Some(first) = self.samples.list(scope).await?.into_iter().next() else {
            return Ok(None);
        };
        let (Some(id), Some(position), Some(drawn_at)) = (first.id, first.position, first.drawn_at)
        else {
            return Ok(None);
        };
        if !first.as_signed {
            return Err(PictureError::Sample(position));
        }
        let by_region = first.sample.strata.iter().all(|stratum| stratum.unit.is_some());
        let has_strata = !first.sample.strata.is_empty();
        let speaks = has_strata && (scope.region.is_none() || by_region);
        let seed = first.sample.seed.clone();
        let head = SampleHead { id, position, drawn_at, seed, speaks };
        Ok(Some(Seen { head, sample: first.sample, units: first.units }))
    }

    /// When the first record of the documents came that each of these units is counted by.
    async fn arrived_at(&self, files: &[UnitFile]) -> Result<HashMap<UnitCode, i64>, StoreError> {
        let records: Vec<(&UnitCode, RecordId)> = files
            .iter()
            .flat_map(|file| {
                let settled = file.documents.iter().filter(|document| document.is_settled());
                settled.flat_map(|document| &document.entries).map(|id| (&file.unit, *id))
            })
            .collect();
        let ids: Vec<RecordId> = records.iter().map(|(_, id)| *id).collect();
        let times = store::records::received(&self.db, &ids).await?;
        let mut first: HashMap<UnitCode, i64> = HashMap::new();
        for ((unit, _), at) in records.into_iter().zip(times) {
            let Some(UnixMillis(at)) = at else { continue };
            first.entry(unit.clone()).and_modify(|known| *known = at.min(*known)).or_insert(at);
        }
        Ok(first)
    }

    fn register_within(&self, scope: &Scope) -> RegisterKnown {
        let (pack, manifest) = {
            let book = self.book.read();
            (Arc::clone(&book.pack), book.pack_jws.clone())
        };
        let book = self.book.read();
        let precincts = pack
            .units
            .of_kind(UnitKind::Precinct)
            .filter(|unit| scope.sees_unit(&book, &unit.code));
        let (mut ordinary, mut special) = (0, 0);
        for precinct in precincts {
            *(if precinct.special.is_some() { &mut special } else { &mut ordinary }) += 1;
        }
        drop(book);
        let register = register_hash(&manifest, &self.book);
        RegisterKnown {
            pack: pack.version,
            version: pack.units.version(),
            sha256: register.map(|register| register.sha256),
            signed_at: register.map(|register| register.signed_at),
            precincts: ordinary,
            special,
        }
    }
}
