//! Records: appended once, looked up, and never changed.

use hattama_proto::{
    id::{Kid, PhotoHash, RecordId},
    kind::{Kind, Role},
    record::{Body, Corrected, Photo, PhotoRole, Record, Severity},
    time::UnixMillis,
    wire::SealedAs,
};
use rusqlite::{OptionalExtension as _, Row, Transaction};

use super::{Outbox, photos::blob_path, pruned, read, sealed, sealed::sealed_path};
use crate::{
    Decided, RecordItem, RecordProgress,
    error::NotebookError,
    steps::crash_point,
    sync::{Deadline, Lane, PendingRecord},
};

/// A signed record that has not been stored yet.
pub(crate) struct NewRecord<'a> {
    /// The record, its signature checked.
    pub(crate) record: &'a Record,
    /// Whose key signed it.
    pub(crate) role: Role,
    /// What the phone's clock said.
    pub(crate) captured_at: UnixMillis,
    /// Which of the photographs it names were sealed to headquarters just now, and how.
    pub(crate) sealed: &'a [(PhotoHash, SealedAs)],
}

/// Most pending records that are looked at for one plan: more than a phone ever captures in a day.
const PENDING_MAX: u32 = 2048;

impl Outbox {
    /// The last record of a key's chain.
    pub(crate) fn head(&self, kid: Kid) -> Result<Option<(u64, RecordId)>, NotebookError> {
        let found: Option<(i64, String)> = self
            .db
            .prepare_cached("select seq, id from record where kid = ?1 order by seq desc limit 1")?
            .query_row([kid.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        found.map(|(seq, id)| Ok((seq.cast_unsigned(), read("record id", &id)?))).transpose()
    }

    /// Stores a record, what it names and its place in the queue, all or nothing. Durable once it
    /// returns; its copy under `records/` follows at once.
    pub(crate) fn append(&mut self, new: &NewRecord<'_>) -> Result<(), NotebookError> {
        let tx = self.db.transaction()?;
        for id in &self.copied {
            tx.prepare_cached("delete from sidecar_due where record = ?1")?.execute([id])?;
        }
        insert(&tx, new)?;
        for photo in new.record.claims.body.photos() {
            pruned::came_back(&tx, photo, |hash| {
                [blob_path(hash, &self.files), sealed_path(hash, &self.files)]
                    .iter()
                    .any(|path| self.folder.join(path).exists())
            })?;
        }
        crash_point("record-before-commit");
        tx.commit()?;
        self.copied.clear();
        crash_point("record-committed");
        // The record is safe already; a copy that cannot be written now is due at the next opening.
        if self.write_due_sidecars().is_err() {
            let id = new.record.id.to_hex();
            drop(self.note(new.captured_at, "copy-not-written", &id));
        }
        crash_point("copy-written");
        Ok(())
    }

    /// The exact string of a record.
    pub(crate) fn envelope(&self, id: RecordId) -> Result<Option<String>, NotebookError> {
        Ok(self
            .db
            .prepare_cached("select envelope from record where id = ?1")?
            .query_row([id.to_hex()], |row| row.get(0))
            .optional()?)
    }

    /// Records without a receipt, most urgent first.
    pub(crate) fn pending_records(&self) -> Result<Vec<PendingRecord>, NotebookError> {
        // Order of capture within a lane: row ids only rise, because records are never deleted.
        let mut statement = self.db.prepare_cached(
            "select o.record, r.role, r.kid, o.lane, o.state, o.attempts, o.owed, o.deadline,
                    length(r.envelope)
             from outbox o join record r on r.id = o.record
             where o.state in ('queued', 'suspect')
             order by o.lane, r.rowid limit ?1",
        )?;
        let mut rows = statement.query([PENDING_MAX])?;
        let mut pending = Vec::new();
        while let Some(row) = rows.next()? {
            let text = |index| row.get::<_, String>(index);
            pending.push(PendingRecord {
                id: read("record id", &text(0)?)?,
                role: role(&text(1)?)?,
                kid: read("kid", &text(2)?)?,
                lane: lane(row, 3)?,
                suspect: text(4)? == "suspect",
                attempts: row.get(5)?,
                owed: row.get::<_, i64>(6)? != 0,
                deadline: Deadline::read(row.get::<_, Option<String>>(7)?.as_deref()),
                bytes: row.get::<_, i64>(8)?.cast_unsigned(),
            });
        }
        Ok(pending)
    }

    /// Records, newest first.
    pub(crate) fn list(&self, skip: u32, limit: u32) -> Result<Vec<RecordItem>, NotebookError> {
        let mut statement =
            self.db.prepare_cached(&format!("{ITEM} order by r.rowid desc limit ?1 offset ?2"))?;
        let mut rows = statement.query([limit, skip])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(self.item(row)?);
        }
        Ok(items)
    }

    /// One record.
    pub(crate) fn get(&self, id: RecordId) -> Result<Option<RecordItem>, NotebookError> {
        let mut statement = self.db.prepare_cached(&format!("{ITEM} where r.id = ?1"))?;
        let mut rows = statement.query([id.to_hex()])?;
        rows.next()?.map(|row| self.item(row)).transpose()
    }

    pub(super) fn item(&self, row: &Row<'_>) -> Result<RecordItem, NotebookError> {
        let text = |index| row.get::<_, String>(index);
        let id = read("record id", &text(0)?)?;
        Ok(RecordItem {
            id,
            uid: read("uid", &text(1)?)?,
            role: role(&text(2)?)?,
            seq: row.get::<_, i64>(3)?.cast_unsigned(),
            kind: Kind::from_name(&text(4)?).ok_or_else(|| super::unreadable("kind"))?,
            unit: row.get::<_, Option<String>>(5)?.map(|u| read("unit", &u)).transpose()?,
            corrects: row
                .get::<_, Option<String>>(6)?
                .map(|c| read("record id", &c))
                .transpose()?,
            captured_at: UnixMillis(row.get(7)?),
            progress: progress(&text(8)?)?,
            reason: row.get(9)?,
            decision: self.decision(id)?.map(|decision| Decided {
                disposition: decision.disposition,
                reason: decision.reason,
            }),
            photos: self.photos_of(id)?,
        })
    }
}

pub(super) const ITEM: &str = "select r.id, r.uid, r.role, r.seq, r.kind, r.unit, r.corrects,
        r.captured_at_ms, o.state, o.reason
    from record r join outbox o on o.record = r.id";

/// Inserts a record and all that follows from its body.
pub(super) fn insert(tx: &Transaction<'_>, new: &NewRecord<'_>) -> Result<(), NotebookError> {
    let record = new.record;
    let (id, claims) = (record.id.to_hex(), &record.claims);
    let corrects = match &claims.body {
        Body::Correction(correction) => Some(correction.corrects.to_hex()),
        _ => None,
    };
    tx.prepare_cached(
        "insert into record
             (id, kid, role, seq, kind, uid, unit, corrects, envelope, captured_at_ms)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        &id,
        record.verified.kid().to_string(),
        new.role.name(),
        claims.seq.cast_signed(),
        record.verified.kind().name(),
        claims.uid.to_string(),
        claims.body.unit().map(|unit| unit.as_str()),
        corrects,
        record.verified.text(),
        new.captured_at.0,
    ))?;
    tx.prepare_cached("insert into outbox (record, lane, state) values (?1, ?2, 'queued')")?
        .execute((&id, record_lane(&claims.body).number()))?;
    tx.prepare_cached("insert into sidecar_due (record) values (?1)")?.execute([&id])?;
    for photo in claims.body.photos() {
        insert_photo(tx, &id, photo)?;
    }
    for (photo, sealed) in new.sealed {
        sealed::note(tx, *photo, *sealed)?;
    }
    Ok(())
}

fn insert_photo(tx: &Transaction<'_>, record: &str, photo: &Photo) -> Result<(), NotebookError> {
    let hash = photo.sha256.to_hex();
    tx.prepare_cached(
        "insert into photo (hash, bytes, media_type) values (?1, ?2, ?3)
         on conflict (hash) do nothing",
    )?
    .execute((&hash, photo.bytes.cast_signed(), &photo.media_type))?;
    tx.prepare_cached(
        // Not queued where the file was pruned, as it may be in a database that is read back.
        "insert into photo_out (hash, lane, state)
         select ?1, ?2, case
             when not exists (select 1 from pruned where hash = ?1) then 'queued'
             when exists (select 1 from receipt where kind = 'photo' and subject = ?1)
               or exists (select 1 from arrived where kind = 'photo' and subject = ?1)
             then 'verified' else 'lost' end
         where true
         on conflict (hash) do update set lane = min(lane, excluded.lane)",
    )?
    .execute((&hash, photo_lane(photo.role).number()))?;
    tx.prepare_cached(
        "insert into record_photo (record, hash, role, page) values (?1, ?2, ?3, ?4)
         on conflict do nothing",
    )?
    .execute((record, &hash, photo.role.name(), photo.page))?;
    Ok(())
}

/// Figures, and incidents in which somebody may be in danger, go out before anything else.
fn record_lane(body: &Body) -> Lane {
    let urgent = match body {
        Body::Protocol(_) => true,
        Body::Incident(incident) => incident.severity == Severity::Critical,
        Body::Correction(correction) => match &correction.becomes {
            Corrected::Protocol(_) => true,
            Corrected::Incident(incident) => incident.severity == Severity::Critical,
            Corrected::NotObtained(_) | Corrected::Form(_) => false,
        },
        Body::NotObtained(_) | Body::Form(_) => false,
    };
    if urgent { Lane::Urgent } else { Lane::Records }
}

const fn photo_lane(role: PhotoRole) -> Lane {
    match role {
        PhotoRole::Thumbnail => Lane::Thumbnails,
        PhotoRole::Preview => Lane::Previews,
        PhotoRole::Original => Lane::Originals,
    }
}

/// Reads a stored lane.
pub(super) fn lane(row: &Row<'_>, index: usize) -> Result<Lane, NotebookError> {
    Lane::from_number(row.get(index)?).ok_or_else(|| super::unreadable("lane"))
}

/// Reads a stored role.
pub(super) fn role(text: &str) -> Result<Role, NotebookError> {
    Role::from_name(text).ok_or_else(|| super::unreadable("role"))
}

fn progress(text: &str) -> Result<RecordProgress, NotebookError> {
    Ok(match text {
        "queued" => RecordProgress::Queued,
        "suspect" => RecordProgress::Suspect,
        "acked" => RecordProgress::Acked,
        "held" => RecordProgress::Held,
        "rejected" => RecordProgress::Rejected,
        _ => return Err(super::unreadable("state")),
    })
}
