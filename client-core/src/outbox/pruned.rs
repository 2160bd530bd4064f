//! Originals that may leave the phone, and those that have.
//!
//! ```text
//! mark ──commit──> remove the file ──> gone          a crash in between: the next opening removes it
//! ```

use std::{fs, io::ErrorKind, path::Path};

use hattama_proto::{id::PhotoHash, record::Photo, time::UnixMillis};
use rusqlite::{OptionalExtension as _, Transaction};

use super::{Outbox, journal, photos::blob_path, read, sealed::sealed_path};
use crate::{error::NotebookError, keeping::Original, steps::crash_point, sync::Lane};

impl Outbox {
    /// Length of all files that are here, in bytes, by what they hold.
    pub(crate) fn held_bytes(&self) -> Result<u64, NotebookError> {
        let bytes: i64 = self
            .db
            .prepare_cached(
                "select coalesce(sum(p.bytes), 0) from photo p join photo_out o on o.hash = p.hash
                 where o.state != 'lost' and p.hash not in (select hash from pruned)",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(bytes.cast_unsigned())
    }

    /// Originals that are here and receipted, oldest first. Not one that a record names which still
    /// waits: what an observer has not sent yet stays whole.
    pub(crate) fn prunable(&self) -> Result<Vec<Original>, NotebookError> {
        let mut statement = self.db.prepare_cached(
            "select p.hash, p.bytes, c.text is not null or coalesce(a.cosigned, 0),
                    coalesce(c.text, r.text)
             from photo_out o join photo p on p.hash = o.hash
             left join receipt r on r.kind = 'photo' and r.subject = p.hash
             left join cosigned_receipt c on c.kind = 'photo' and c.subject = p.hash
             left join arrived a on a.kind = 'photo' and a.subject = p.hash
             where o.state = 'verified' and o.lane = ?1
               and coalesce(r.text, a.subject) is not null
               and p.hash not in (select hash from pruned)
               and not exists (
                   select 1 from record_photo n join outbox w on w.record = n.record
                   where n.hash = p.hash and w.state in ('queued', 'suspect'))
             order by p.rowid",
        )?;
        let mut rows = statement.query([Lane::Originals.number()])?;
        let mut originals = Vec::new();
        while let Some(row) = rows.next()? {
            originals.push(Original {
                hash: read("photo hash", &row.get::<_, String>(0)?)?,
                bytes: row.get::<_, i64>(1)?.cast_unsigned(),
                cosigned: row.get(2)?,
                receipt: row.get(3)?,
            });
        }
        Ok(originals)
    }

    /// Marks originals as removed. Durable once it returns; their files are still there.
    pub(crate) fn mark_pruned(
        &mut self,
        originals: &[Original],
        now: UnixMillis,
    ) -> Result<(), NotebookError> {
        let tx = self.db.transaction()?;
        for original in originals {
            let why = if original.cosigned { "cosigned" } else { "receipt" };
            tx.prepare_cached(
                "insert into pruned (hash, at_ms, why) values (?1, ?2, ?3) on conflict do nothing",
            )?
            .execute((original.hash.to_hex(), now.0, why))?;
        }
        let bytes: u64 = originals.iter().map(|original| original.bytes).sum();
        let detail = format!("{} files, {bytes} bytes", originals.len());
        journal::write(&tx, now, "photos-pruned", &detail)?;
        crash_point("prune-before-commit");
        tx.commit()?;
        crash_point("prune-marked");
        Ok(())
    }

    /// Removes every file that is marked and still there, and notes that it has gone.
    pub(crate) fn remove_pruned(&mut self) -> Result<(), NotebookError> {
        let due: Vec<String> = self
            .db
            .prepare_cached("select hash from pruned where gone = 0")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if due.is_empty() {
            return Ok(());
        }
        for hash in &due {
            let photo = read("photo hash", hash)?;
            // As it is, as it was sealed, or, taken in twice with the set-up changed between, both.
            for path in [blob_path(photo, &self.files), sealed_path(photo, &self.files)] {
                Self::remove_file(&self.folder.join(path))?;
            }
            crash_point("pruned-file-removed");
        }
        let tx = self.db.transaction()?;
        for hash in &due {
            tx.prepare_cached("update pruned set gone = 1 where hash = ?1")?.execute([hash])?;
        }
        tx.commit()?;
        crash_point("prune-noted");
        Ok(())
    }

    /// Removes a file, durably; does nothing where there is none.
    fn remove_file(path: &Path) -> Result<(), NotebookError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        if let Some(parent) = path.parent().filter(|parent| parent.is_dir()) {
            fs::File::open(parent)?.sync_all()?;
        }
        Ok(())
    }

    /// When the file of a photo was removed; none while it is here.
    pub(crate) fn pruned_at(&self, hash: PhotoHash) -> Result<Option<UnixMillis>, NotebookError> {
        Ok(self
            .db
            .prepare_cached("select at_ms from pruned where hash = ?1")?
            .query_row([hash.to_hex()], |row| row.get(0))
            .optional()?
            .map(UnixMillis))
    }

    /// How many originals were removed, and how many of them headquarters lost afterwards.
    pub(crate) fn pruned_counts(&self) -> Result<(u32, u32), NotebookError> {
        Ok(self
            .db
            .prepare_cached(
                "select count(*), count(*) filter (where o.state = 'lost')
                 from pruned left join photo_out o using (hash)",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }
}

/// What was captured again is here again: the mark goes, and what headquarters has not got is sent.
pub(super) fn came_back(
    tx: &Transaction<'_>,
    photo: &Photo,
    is_here: impl Fn(PhotoHash) -> bool,
) -> Result<(), NotebookError> {
    let hash = photo.sha256.to_hex();
    let away: bool = tx
        .prepare_cached(
            "select exists (select 1 from pruned where hash = ?1)
                 or exists (select 1 from photo_out where hash = ?1 and state = 'lost')",
        )?
        .query_row([&hash], |row| row.get(0))?;
    // A correction may name a photograph of an earlier record that is not here any more.
    if !away || !is_here(photo.sha256) {
        return Ok(());
    }
    tx.prepare_cached("delete from pruned where hash = ?1")?.execute([&hash])?;
    tx.prepare_cached(
        "update photo_out set state = 'queued', there = 'unknown', have = x'', reason = null,
             deadline = null
         where hash = ?1 and state = 'lost'",
    )?
    .execute([&hash])?;
    Ok(())
}
