//! Files: what is known of each and what of it is at headquarters.

use hattama_proto::{
    id::{PhotoHash, RecordId},
    record::{Photo, PhotoRole},
    time::UnixMillis,
    wire::CellBitmap,
};
use rusqlite::Row;

use super::{Outbox, read, records::lane, unreadable};
use crate::{
    PhotoItem, PhotoProgress,
    at_rest::Files,
    error::NotebookError,
    sync::{Deadline, PendingPhoto, There},
};

impl Outbox {
    /// Photos that are not verified and whose record headquarters has, most urgent first.
    pub(crate) fn pending_photos(&self) -> Result<Vec<PendingPhoto>, NotebookError> {
        let mut statement = self.db.prepare_cached(
            "select p.hash, coalesce(s.bytes, p.bytes), o.lane, o.wanted, o.have, o.there, o.attempts,
                    o.deadline, s.sha256
             from photo_out o join photo p on p.hash = o.hash
                 left join sealed_photo s on s.hash = o.hash
             where o.state = 'queued' and exists (
                 select 1 from record_photo n join outbox r on r.record = n.record
                 where n.hash = o.hash and r.state in ('acked', 'held'))
             order by o.wanted desc, o.lane, p.rowid",
        )?;
        let mut rows = statement.query([])?;
        let mut pending = Vec::new();
        while let Some(row) = rows.next()? {
            pending.push(pending_photo(row)?);
        }
        Ok(pending)
    }

    /// The photos a record names.
    pub(crate) fn photos_of(&self, record: RecordId) -> Result<Vec<PhotoItem>, NotebookError> {
        let mut statement = self.db.prepare_cached(
            "select n.hash, n.role, n.page, p.bytes, o.state, g.at_ms,
                    exists (select 1 from sealed_photo s where s.hash = n.hash)
             from record_photo n join photo p on p.hash = n.hash join photo_out o on o.hash = n.hash
             left join pruned g on g.hash = n.hash
             where n.record = ?1 order by n.page, n.role, n.hash",
        )?;
        let mut rows = statement.query([record.to_hex()])?;
        let mut photos = Vec::new();
        while let Some(row) = rows.next()? {
            let text = |index| row.get::<_, String>(index);
            photos.push(PhotoItem {
                hash: read("photo hash", &text(0)?)?,
                role: photo_role(&text(1)?)?,
                page: row.get(2)?,
                bytes: row.get::<_, i64>(3)?.cast_unsigned(),
                progress: match text(4)?.as_str() {
                    "queued" => PhotoProgress::Queued,
                    "verified" => PhotoProgress::Verified,
                    "lost" => PhotoProgress::Lost,
                    _ => return Err(unreadable("state")),
                },
                pruned_at: row.get::<_, Option<i64>>(5)?.map(UnixMillis),
                sealed: row.get(6)?,
            });
        }
        Ok(photos)
    }

    /// The photos a record names, as a body names them.
    pub(crate) fn named_photos(&self, record: RecordId) -> Result<Vec<Photo>, NotebookError> {
        let mut statement = self.db.prepare_cached(
            "select n.hash, p.bytes, p.media_type, n.role, n.page
             from record_photo n join photo p on p.hash = n.hash
             where n.record = ?1 order by n.page, n.role, n.hash",
        )?;
        let mut rows = statement.query([record.to_hex()])?;
        let mut photos = Vec::new();
        while let Some(row) = rows.next()? {
            photos.push(Photo {
                sha256: read("photo hash", &row.get::<_, String>(0)?)?,
                bytes: row.get::<_, i64>(1)?.cast_unsigned(),
                media_type: row.get(2)?,
                role: photo_role(&row.get::<_, String>(3)?)?,
                page: row.get(4)?,
            });
        }
        Ok(photos)
    }
}

fn pending_photo(row: &Row<'_>) -> Result<PendingPhoto, NotebookError> {
    Ok(PendingPhoto {
        hash: read("photo hash", &row.get::<_, String>(0)?)?,
        bytes: row.get::<_, i64>(1)?.cast_unsigned(),
        lane: lane(row, 2)?,
        wanted: row.get::<_, i64>(3)? != 0,
        have: CellBitmap::from_bytes(row.get(4)?).map_err(|_| unreadable("cell bitmap"))?,
        there: There::from_name(&row.get::<_, String>(5)?).ok_or_else(|| unreadable("state"))?,
        attempts: row.get(6)?,
        deadline: Deadline::read(row.get::<_, Option<String>>(7)?.as_deref()),
        sealed: row
            .get::<_, Option<String>>(8)?
            .map(|sha256| read("photo hash", &sha256))
            .transpose()?,
    })
}

fn photo_role(text: &str) -> Result<PhotoRole, NotebookError> {
    [PhotoRole::Original, PhotoRole::Preview, PhotoRole::Thumbnail]
        .into_iter()
        .find(|role| role.name() == text)
        .ok_or_else(|| unreadable("photo role"))
}

/// Where a file is kept, relative to the notebook's folder.
pub(crate) fn blob_path(hash: PhotoHash, files: &Files) -> std::path::PathBuf {
    let name = files.name(&hash.to_hex());
    ["blobs", &name[..2], &name].iter().collect()
}
