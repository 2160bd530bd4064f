//! Is each row what was signed? Every hash, every leaf, every checkpoint, against the log's tree.

use hattama_proto::{
    id::{FileHash, PartHash, PhotoHash, PublicationId, RecordId, ReleaseHash, StatementId},
    jws::Envelope,
    statement::{Level, PublicationStatement, StatementClaims},
    tlog::{Checkpoint, LogEntry, Tree, VerifierKey},
};

use super::{Progress, TransferError};
use crate::{
    log::Head,
    store::{
        self, Db, Row, StoreError,
        tables::{TABLES, Table},
    },
};

/// What rows are checked against: the tree of the source's leaves, and the log's key.
pub(super) struct Evidence {
    tree: Tree,
    key: VerifierKey,
}

/// What a row is found to be.
type Checked = Result<(), TransferError>;

impl Evidence {
    /// Reads the leaves; they have to grow out of the last head that was signed.
    pub(super) async fn gather(
        source: &Db,
        key: VerifierKey,
        head: Option<Head>,
    ) -> Result<Self, TransferError> {
        let leaves = store::log::leaves(source, 0).await.map_err(TransferError::Source)?;
        let tree: Tree = leaves.into_iter().collect();
        if let Some(head) = head
            && tree.len() < head.size
        {
            return Err(TransferError::Rollback { stored: tree.len(), signed: head.size });
        }
        let evidence = Self { tree, key };
        if let Some(head) = head
            && evidence.tree.root_at(head.size) != Ok(head.root)
        {
            // Somebody changed a leaf: say which, if its own hash tells.
            let leaves = TABLES.iter().filter(|table| table.name == "log_leaf");
            for table in leaves {
                evidence.check_table(table, source, &|_| {}).await?;
            }
            let (stored, signed) = (evidence.tree.len(), head.size);
            return Err(TransferError::Rollback { stored, signed });
        }
        Ok(evidence)
    }

    pub(super) fn leaves(&self) -> u64 {
        self.tree.len()
    }

    /// Checks every row of every table.
    pub(super) async fn check_all(&self, source: &Db, tell: &(dyn Fn(Progress) + Sync)) -> Checked {
        let mut subjects = 0;
        for table in &TABLES {
            let rows = self.check_table(table, source, tell).await?;
            if matches!(table.name, "record" | "statement" | "photo") {
                subjects += rows;
            }
        }
        // Each of them stands at a leaf of its own, so as many leaves means that none lacks its row.
        if subjects == self.tree.len() {
            return Ok(());
        }
        let subject = format!("of {} leaves, with {subjects} entries,", self.tree.len());
        Err(TransferError::AlteredPart { what: "the log", subject })
    }

    async fn check_table(
        &self,
        table: &Table,
        source: &Db,
        tell: &(dyn Fn(Progress) + Sync),
    ) -> Result<u64, TransferError> {
        let mut count = 0;
        let mut last: Option<Row> = None;
        loop {
            let rows = table.page(source, last.as_ref()).await.map_err(TransferError::Source)?;
            for row in &rows {
                self.check(table.name, row)?;
            }
            count += rows.len() as u64;
            tell(Progress::Rows(rows.len() as u64));
            let is_last = rows.len() < table.page_rows();
            last = rows.into_iter().next_back();
            if is_last {
                return Ok(count);
            }
        }
    }

    /// Checks one row. The columns are those of the table's page.
    pub(super) fn check(&self, table: &str, row: &Row) -> Checked {
        let read = TransferError::Source;
        match table {
            "record" => {
                let index = index(row).map_err(read)?;
                let id = row.text(1).map_err(read)?;
                let found = RecordId::of(row.text(10).map_err(read)?.as_bytes());
                self.check_signed(index, id, &found.to_hex())?;
                self.check_leaf(index, LogEntry::Record(*found.as_bytes()))
            }
            "statement" => {
                let index = index(row).map_err(read)?;
                let id = row.text(1).map_err(read)?;
                let found = StatementId::of(row.text(5).map_err(read)?.as_bytes());
                self.check_signed(index, id, &found.to_hex())?;
                self.check_leaf(index, LogEntry::Statement(*found.as_bytes()))
            }
            "photo" => {
                let index = index(row).map_err(read)?;
                let entry = entry("photo", row.text(1).map_err(read)?).map_err(read)?;
                self.check_leaf(index, entry)
            }
            "log_leaf" => {
                let index = index(row).map_err(read)?;
                let (kind, subject) = (row.text(2).map_err(read)?, row.text(3).map_err(read)?);
                let entry = entry(kind, subject).map_err(read)?;
                if row.bytes(1).map_err(read)? != entry.leaf_hash().as_bytes() {
                    return Err(TransferError::Altered { index, what: "the hash of its leaf" });
                }
                self.check_leaf(index, entry)
            }
            "checkpoint" => self.check_checkpoint(row),
            "pack_part" => {
                let (hash, bytes) = (row.text(0).map_err(read)?, row.bytes(1).map_err(read)?);
                part("part of the set-up", hash, &PartHash::of(bytes).to_hex())
            }
            "publication" => {
                let (id, bytes) = (row.text(0).map_err(read)?, row.bytes(5).map_err(read)?);
                // The identity holds the mapping's hash, so a forged one makes another identity.
                let found = match mapping_said(row.opt_text(7).map_err(read)?) {
                    None => PublicationId::of(bytes),
                    Some(mapping) => {
                        let level = row.text(1).map_err(read)?;
                        PublicationId::mapped(level, &FileHash::of(bytes), &mapping)
                    }
                };
                part("publication", id, &found.to_hex())
            }
            "publication_mapping" => {
                let text = |column| row.text(column).map_err(read);
                let (id, file, said) = (text(0)?, text(1)?, text(2)?);
                let mapping = FileHash::of(row.bytes(3).map_err(read)?);
                part("mapping of the publication", said, &mapping.to_hex())?;
                let of = |level: Level, file: &FileHash| {
                    PublicationId::mapped(level.name(), file, &mapping).to_hex() == id
                };
                let file: Option<FileHash> = file.parse().ok();
                let holds =
                    file.is_some_and(|file| Level::ALL.iter().any(|level| of(*level, &file)));
                part("mapping of the publication", id, if holds { id } else { "another" })
            }
            "release_draft" => {
                let (hash, bytes) = (row.text(1).map_err(read)?, row.bytes(2).map_err(read)?);
                part("content of a release", hash, &ReleaseHash::of(bytes).to_hex())
            }
            _ => Ok(()),
        }
    }

    #[expect(clippy::unused_self, reason = "stands beside the other checks")]
    fn check_signed(&self, index: u64, said: &str, found: &str) -> Checked {
        if said == found {
            return Ok(());
        }
        Err(TransferError::Altered { index, what: "the hash of its string" })
    }

    fn check_leaf(&self, index: u64, entry: LogEntry) -> Checked {
        if self.tree.leaf(index) == Some(entry.leaf_hash()) {
            return Ok(());
        }
        Err(TransferError::Altered { index, what: "its leaf in the log" })
    }

    fn check_checkpoint(&self, row: &Row) -> Checked {
        let size = index(row).map_err(TransferError::Source)?;
        let note = row.text(1).map_err(TransferError::Source)?;
        let holds = Checkpoint::verify(note, self.key.name(), &self.key).is_ok_and(|checkpoint| {
            checkpoint.size == size && self.tree.root_at(size) == Ok(checkpoint.root)
        });
        if holds {
            return Ok(());
        }
        Err(TransferError::AlteredPart {
            what: "the checkpoint of size",
            subject: size.to_string(),
        })
    }
}

fn index(row: &Row) -> Result<u64, StoreError> {
    u64::try_from(row.int(0)?).map_err(|_| super::unreadable("a log index"))
}

fn entry(kind: &str, subject: &str) -> Result<LogEntry, StoreError> {
    let read = |bytes: Option<[u8; 32]>| bytes.ok_or_else(|| super::unreadable("a leaf"));
    match kind {
        "record" => {
            read(subject.parse().ok().map(|id: RecordId| *id.as_bytes())).map(LogEntry::Record)
        }
        "statement" => {
            let id = subject.parse().ok().map(|id: StatementId| *id.as_bytes());
            read(id).map(LogEntry::Statement)
        }
        "photo" => {
            read(subject.parse().ok().map(|id: PhotoHash| *id.as_bytes())).map(LogEntry::Photo)
        }
        _ => read(None).map(LogEntry::Record),
    }
}

/// The mapping by which a publication says that it was read; none where it says of none.
fn mapping_said(jws: Option<&str>) -> Option<FileHash> {
    let envelope = Envelope::parse(jws?).ok()?;
    let claims: StatementClaims<PublicationStatement> =
        serde_json::from_slice(envelope.unverified_payload()).ok()?;
    Some(claims.body.read_by?.mapping)
}

fn part(what: &'static str, said: &str, found: &str) -> Checked {
    if said == found {
        return Ok(());
    }
    Err(TransferError::AlteredPart { what, subject: said.to_owned() })
}
