//! Random samples: drawn by a seed, signed and logged before anything is known of them, and drawn
//! again by whoever doubts.
//!
//! ```text
//! seed + register ──Frame::draw──> statement in the log, list in the table sample_unit
//!                                        │ check: draw again, compare
//! ```
//!
//! **One draw counts: the first in the log.** A later one is kept and shown as later, so that nobody
//! can draw until a sample pleases.

mod frame;
mod sizing;

use std::sync::Arc;

use hattama_proto::{
    id::{PartHash, StatementId, UnitCode},
    jws::Envelope,
    kind::Kind,
    pack::{PackManifest, PartName, UnitPart, UnitRegister},
    statement::{Sample, SampleError, Statement},
    time::UnixMillis,
};
use serde::Serialize;

pub use self::{
    frame::{By, Checked, Drawn, Frame, check},
    sizing::{Sizing, SizingError, Wanted, sizing},
};
use crate::{
    access::Scope,
    book::SharedBook,
    log::{Item, Says, SequenceError, Sequencer},
    review::{Review, ReviewError},
    store::{self, Db, StoreError},
};

/// Draws samples. Cheap to clone.
#[derive(Clone)]
pub struct Samples {
    db: Db,
    book: SharedBook,
    sequencer: Sequencer,
    review: Review,
}

/// What is to be drawn.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The seed, as it was published.
    pub seed: String,
    /// How many precincts.
    pub size: usize,
    /// How the frame is divided.
    pub by: By,
}

/// Why nothing was drawn, or a draw cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// The draw cannot be said.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The account does not see the whole country.
    #[error("a sample is of the whole country; ask an account without a region or organisation")]
    Scope,
    /// The set-up's manifest cannot be read.
    #[error("the set-up's manifest cannot be read by this version")]
    Manifest,
    /// It could not be signed.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The log did not take it.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A draw and what it came to.
#[derive(Clone, Debug, Serialize)]
pub struct SampleView {
    /// Hash of the signed statement; none while it is only tried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<StatementId>,
    /// Where it stands in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// When headquarters said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawn_at: Option<UnixMillis>,
    /// Whether it is the one that counts: the first in the log.
    pub counts: bool,
    /// What the statement says.
    pub sample: Sample,
    /// The signed statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// The precincts, stratum by stratum in the order drawn; those of the account's region only.
    pub units: Vec<UnitCode>,
    /// Whether the whole list is the one whose hash was signed. What is computed from a sample asks
    /// this first; whoever only lists draws shows what [`Samples::check`] finds.
    #[serde(skip)]
    pub(crate) as_signed: bool,
}

impl Samples {
    /// Samples of this headquarters.
    pub fn new(db: Db, book: SharedBook, sequencer: Sequencer, review: Review) -> Self {
        Self { db, book, sequencer, review }
    }

    /// Draws, signs and logs a sample.
    ///
    /// # Errors
    /// [`DrawError::Sample`] for a seed that cannot be written down, or where there is nothing to draw
    /// from; nothing was logged then.
    pub async fn draw(
        &self,
        draw: &Draw,
        (account, scope): (&str, &Scope),
        now: UnixMillis,
    ) -> Result<SampleView, DrawError> {
        let (sample, units) = self.drawn(draw, account, scope)?;
        let subject = format!("sample:{}", sample.drawn.to_hex());
        let (item, statement) = self.review.sign(sample.clone(), subject, Says::Other, now)?;
        let Item::Statement(signed) = &item else { unreachable!("a statement was signed") };
        let id = signed.id;
        let with = store::samples::add(&id, &units);
        let mut appended = self.sequencer.append_with(vec![item], with).await?;
        crate::audit::note(&self.db, account, "draw-sample", &id.to_hex(), now).await?;
        let position = appended.outcomes.pop().map(|outcome| outcome.receipt.index);
        let first = store::statements::all_of_kind(&self.db, Kind::Sample).await?;
        let counts = first.first().map(|first| first.position) == position;
        Ok(SampleView {
            id: Some(id),
            position,
            drawn_at: Some(now),
            counts,
            sample,
            statement: Some(statement),
            units,
            as_signed: true,
        })
    }

    /// What would be drawn. Nothing is signed and nothing logged.
    pub fn try_out(
        &self,
        draw: &Draw,
        (account, scope): (&str, &Scope),
    ) -> Result<SampleView, DrawError> {
        let (sample, units) = self.drawn(draw, account, scope)?;
        Ok(SampleView {
            id: None,
            position: None,
            drawn_at: None,
            counts: false,
            sample,
            statement: None,
            units,
            as_signed: true,
        })
    }

    /// All draws in the order of the log; the first one counts. Of strata and precincts only those in
    /// the scope's region.
    pub async fn list(&self, scope: &Scope) -> Result<Vec<SampleView>, StoreError> {
        let mut views = Vec::new();
        for stored in store::statements::all_of_kind(&self.db, Kind::Sample).await? {
            let Some(statement) = read(&stored.jws, &self.book) else { continue };
            let units = store::samples::units(&self.db, &statement.id).await?;
            let as_signed = Sample::hash_of(&units) == statement.claims.body.drawn;
            let mut view = SampleView {
                id: Some(statement.id),
                position: Some(stored.position),
                drawn_at: Some(statement.claims.issued_at),
                counts: views.is_empty(),
                sample: statement.claims.body,
                statement: Some(stored.jws),
                units,
                as_signed,
            };
            if scope.region.is_some() {
                let book = self.book.read();
                view.units.retain(|unit| scope.sees_unit(&book, unit));
                let sees = |unit: &Option<UnitCode>| {
                    unit.as_ref().is_none_or(|unit| scope.sees_unit(&book, unit))
                };
                view.sample.strata.retain(|stratum| sees(&stratum.unit));
                // The statement names the other regions.
                view.statement = None;
            }
            views.push(view);
        }
        Ok(views)
    }

    /// The draw that counts; none where nothing was drawn.
    pub async fn first(&self) -> Result<Option<SampleView>, StoreError> {
        Ok(self.list(&Scope::default()).await?.into_iter().next())
    }

    /// Draws again from the register that the statement names, and compares.
    pub async fn check(&self, view: &SampleView) -> Result<Checked, StoreError> {
        let Some(part) = store::packs::part(&self.db, &view.sample.register).await? else {
            let wrong = vec!["the register that was drawn from is not kept here".to_owned()];
            return Ok(Checked { as_drawn: false, wrong });
        };
        let (sample, units) = (view.sample.clone(), view.units.clone());
        let again = move || match register_of(&part, &sample.register) {
            Ok(register) => check(&sample, &units, &register),
            Err(why) => Checked { as_drawn: false, wrong: vec![why] },
        };
        tokio::task::spawn_blocking(again)
            .await
            .map_err(|stopped| StoreError::Unavailable(stopped.into()))
    }

    fn drawn(
        &self,
        draw: &Draw,
        account: &str,
        scope: &Scope,
    ) -> Result<(Sample, Vec<UnitCode>), DrawError> {
        if !scope.is_everything() {
            return Err(DrawError::Scope);
        }
        let (pack, manifest) = {
            let book = self.book.read();
            (Arc::clone(&book.pack), book.pack_jws.clone())
        };
        let register = register_hash(&manifest, &self.book).ok_or(DrawError::Manifest)?;
        let frame = Frame::of(&pack.units, draw.by);
        let drawn = frame.draw(&draw.seed, draw.size);
        let sample = Sample {
            account: account.to_owned(),
            seed: draw.seed.clone(),
            register: register.sha256,
            register_version: pack.units.version(),
            special: frame.special,
            strata: drawn.strata,
            drawn: Sample::hash_of(&drawn.units),
        };
        sample.check()?;
        Ok((sample, drawn.units))
    }
}

/// Which register a set-up names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NamedRegister {
    /// Its hash.
    pub(crate) sha256: PartHash,
    /// When the set-up was signed.
    pub(crate) signed_at: UnixMillis,
}

/// The register that headquarters' set-up names; none where its manifest cannot be read.
pub(crate) fn register_hash(manifest: &str, book: &SharedBook) -> Option<NamedRegister> {
    let root = book.read().authority.root;
    let verified = Envelope::parse(manifest).ok()?.verify(&root).ok()?;
    let statement = Statement::<PackManifest>::read(verified).ok()?;
    let part = statement.claims.body.parts.get(&PartName::Units)?;
    Some(NamedRegister { sha256: part.sha256, signed_at: statement.claims.issued_at })
}

/// Reads a register that was fetched by its hash.
///
/// # Errors
/// A sentence that says what it is instead.
pub fn register_of(bytes: &[u8], hash: &PartHash) -> Result<UnitRegister, String> {
    if PartHash::of(bytes) != *hash {
        return Err("this is not the register that was drawn from: its SHA-256 is another".into());
    }
    let part: UnitPart =
        serde_json::from_slice(bytes).map_err(|error| format!("no register: {error}"))?;
    UnitRegister::new(part)
}

fn read(jws: &str, book: &SharedBook) -> Option<Statement<Sample>> {
    let key = book.read().authority.hq;
    let verified = Envelope::parse(jws).ok()?.verify(&key).ok()?;
    Statement::read(verified).ok()
}
