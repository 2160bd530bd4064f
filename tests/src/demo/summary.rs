//! What headquarters knows after the play, in numbers. Nothing here is asked of the story.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use hattama_proto::{
    id::UnitCode,
    kind::{Kind, Role},
    pack::UnitKind,
    statement::Level,
};
use hattama_server::{
    access::Scope,
    app::Headquarters,
    merge::{Coverage, DocumentState, Standing, UnitFile},
    picture::PictureError,
    store::{self, StoreError},
};
use serde::{Deserialize, Serialize};

use super::{DemoError, DemoHeadquarters};

/// Rows read at once.
const PAGE: u32 = 500;

/// Figures by cell, as a publication names them.
type Figures = BTreeMap<String, u64>;

/// The numbers of one demonstration. All but the last two are the same whenever one seed is played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Precincts with a document that counts, or with the reason why there is none.
    pub precincts: usize,
    /// People who may sign protocols.
    pub observers: usize,
    /// Records by kind.
    pub records: BTreeMap<String, usize>,
    /// What the phones were told: `stored` or `held`.
    pub verdicts: BTreeMap<String, usize>,
    /// Records in unit files by standing.
    pub standing: BTreeMap<String, usize>,
    /// Files that are whole: originals, previews and thumbnails.
    pub photos: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Incidents by the state of their review.
    pub incidents: BTreeMap<String, u64>,
    /// Changes of their reviews, each a statement in the log.
    pub changes: u64,
    /// Regions whose published precincts come to more than the region itself, somewhere.
    pub regions_that_do_not_add_up: BTreeSet<UnitCode>,
    /// Units at which the numbers changed, by level.
    pub changed: BTreeMap<String, BTreeSet<UnitCode>>,
    /// Pairs of documents of one precinct that should show the same and do not.
    pub differences_between_copies: usize,
    /// Documents that two people read differently.
    pub entry_mismatches: usize,
    /// Documents that two people read alike, off photographs of their own.
    pub corroborated: usize,
    /// Summary protocols that are not the sum of electronic and paper protocol.
    pub sums_that_do_not_hold: usize,
    /// Precincts without a copy, with the reason.
    pub not_obtained: usize,
    /// Records that a decision moved to another unit.
    pub moved: usize,
    /// Entries of the log.
    pub log_size: u64,
    /// One hash over everything that counts. Keys are random, so it is another in every play.
    pub state_root: String,
    /// How long it all took.
    pub seconds: f64,
}

impl Summary {
    /// One line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers by name are JSON")
    }
}

impl DemoHeadquarters {
    /// Asks headquarters what it knows.
    pub fn summary(&self, started: Instant) -> Result<Summary, DemoError> {
        let mut summary = self
            .runtime
            .block_on(count(&self.headquarters))
            .map_err(|why| DemoError::Summary(why.to_string()))?;
        summary.seconds = (started.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        Ok(summary)
    }
}

async fn count(headquarters: &Headquarters) -> Result<Summary, Box<dyn std::error::Error>> {
    let files = headquarters.unit_files().await?;
    let precinct = |file: &&UnitFile| {
        let book = headquarters.book.read();
        book.pack.units.get(&file.unit).is_some_and(|unit| unit.kind == UnitKind::Precinct)
    };
    let precincts_with = |wanted: fn(Coverage) -> bool| {
        files.iter().filter(precinct).filter(|file| wanted(file.coverage)).count()
    };
    let documents = |state: fn(&DocumentState) -> bool| {
        files.iter().flat_map(|file| &file.documents).filter(|it| state(&it.state)).count()
    };
    let photos = store::photos::all_verified(&headquarters.db).await?;
    let (records, verdicts) = records(headquarters).await?;
    Ok(Summary {
        precincts: precincts_with(|coverage| coverage != Coverage::Nothing),
        observers: observers(headquarters),
        records,
        verdicts,
        standing: standing(&files),
        photos: photos.len(),
        bytes: photos.iter().map(|(_, bytes)| bytes).sum(),
        incidents: headquarters.incident_board().await?.states(&Scope::default()),
        changes: changes(headquarters).await?,
        regions_that_do_not_add_up: regions_that_do_not_add_up(headquarters).await?,
        changed: changed(headquarters).await?,
        differences_between_copies: files.iter().map(|file| file.differences.len()).sum(),
        entry_mismatches: documents(|state| matches!(state, DocumentState::Mismatch { .. })),
        corroborated: documents(|state| matches!(state, DocumentState::Corroborated)),
        sums_that_do_not_hold: files
            .iter()
            .flat_map(|file| &file.linked)
            .filter(|sum| !sum.cells.is_empty())
            .count(),
        not_obtained: precincts_with(|coverage| coverage == Coverage::NotObtained),
        moved: files.iter().map(|file| file.moved_away.len()).sum(),
        log_size: headquarters.sequencer.size(),
        state_root: headquarters.state_root().await?.to_string(),
        seconds: 0.0,
    })
}

/// How often the review of an incident went on.
async fn changes(headquarters: &Headquarters) -> Result<u64, StoreError> {
    let mut changes = 0;
    for (record, _) in store::incidents::states(&headquarters.db).await? {
        let incident = store::incidents::by_id(&headquarters.db, &record).await?;
        changes += incident.map_or(0, |incident| incident.version);
    }
    Ok(changes)
}

type Counts = BTreeMap<String, usize>;

/// Records by kind, and by what the phone was told.
async fn records(headquarters: &Headquarters) -> Result<(Counts, Counts), StoreError> {
    let (mut kinds, mut verdicts) = (Counts::new(), Counts::new());
    let mut after = None;
    loop {
        let page = store::records::after(&headquarters.db, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok((kinds, verdicts)) };
        after = Some(last.position);
        for record in &page {
            let kind = Kind::from_typ(&record.typ);
            let name = kind.map_or_else(|| record.typ.clone(), |kind| kind.name().to_owned());
            *kinds.entry(name).or_default() += 1;
            let verdict = if record.held.is_some() { "held" } else { "stored" };
            *verdicts.entry(verdict.to_owned()).or_default() += 1;
        }
    }
}

fn observers(headquarters: &Headquarters) -> usize {
    let book = headquarters.book.read();
    let people: BTreeSet<_> = book
        .statements
        .enrolments()
        .filter(|enrolment| enrolment.role == Role::Results)
        .map(|enrolment| enrolment.person.clone())
        .collect();
    people.len()
}

fn standing(files: &[UnitFile]) -> Counts {
    let mut counts = Counts::new();
    for entry in files.iter().flat_map(|file| &file.entries) {
        *counts.entry(Standing::name(&entry.standing).to_owned()).or_default() += 1;
    }
    counts
}

/// What the comparison of all levels finds.
async fn changed(
    headquarters: &Headquarters,
) -> Result<BTreeMap<String, BTreeSet<UnitCode>>, PictureError> {
    let comparison = headquarters.comparison().await?;
    let mut changed: BTreeMap<String, BTreeSet<UnitCode>> = BTreeMap::new();
    for change in comparison.contests.iter().flat_map(|of| &of.answer.changes) {
        let level = change.level.name().to_owned();
        changed.entry(level).or_default().insert(change.unit.clone());
    }
    Ok(changed)
}

/// A part cannot be larger than the whole: regions with a cell in which the published precincts
/// come to more than the published region.
async fn regions_that_do_not_add_up(
    headquarters: &Headquarters,
) -> Result<BTreeSet<UnitCode>, Box<dyn std::error::Error>> {
    let regions = published(headquarters, Level::Region).await?;
    let precincts = published(headquarters, Level::Precinct).await?;
    let book = headquarters.book.read();
    let mut sums: BTreeMap<UnitCode, Figures> = BTreeMap::new();
    for (precinct, figures) in precincts {
        let Some(region) = book.pack.units.region_of(&precinct) else { continue };
        let sum = sums.entry(region.code.clone()).or_default();
        for (cell, figure) in figures {
            *sum.entry(cell).or_default() += figure;
        }
    }
    let is_too_small = |(unit, total): &(UnitCode, Figures)| {
        let sum = sums.get(unit);
        sum.is_some_and(|sum| {
            sum.iter().any(|(cell, sum)| total.get(cell).is_some_and(|t| t < sum))
        })
    };
    Ok(regions.into_iter().filter(is_too_small).map(|(unit, _)| unit).collect())
}

async fn published(
    headquarters: &Headquarters,
    level: Level,
) -> Result<Vec<(UnitCode, Figures)>, Box<dyn std::error::Error>> {
    let Some(newest) = store::publications::newest(&headquarters.db, level).await? else {
        return Ok(Vec::new());
    };
    let rows = store::publications::rows(&headquarters.db, &newest).await?;
    let read = |(unit, _, cells): (String, u64, String)| {
        let cells: BTreeMap<String, Option<u64>> = serde_json::from_str(&cells)?;
        let known = cells.into_iter().filter_map(|(cell, figure)| Some((cell, figure?)));
        Ok((UnitCode::new(&unit)?, known.collect()))
    };
    rows.into_iter().map(read).collect()
}
