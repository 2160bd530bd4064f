//! Publications: the file and the mapping that the store keeps of each are what its logged statement
//! says.

use hattama_proto::{
    id::FileHash,
    jws::Envelope,
    key::PublicKey,
    kind::Kind,
    statement::{PublicationStatement, ReadBy, Statement},
};

use super::{FsckError, Lie};
use crate::store::{self, Db};

/// Checks the file of every publication against its statement.
pub(super) async fn check(db: &Db, hq: &PublicKey) -> Result<(), FsckError> {
    let mut after = None;
    loop {
        let page = store::statements::of_kind(db, Kind::Publication, after, 500).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.position);
        for stored in page {
            let index = stored.position;
            let said = Envelope::parse(&stored.jws)
                .and_then(|envelope| envelope.verify(hq))
                .ok()
                .and_then(|verified| Statement::<PublicationStatement>::read(verified).ok())
                .ok_or(Lie::Signature(index))?
                .claims
                .body;
            let file = store::publications::file(db, &said.publication).await?;
            let file = file.ok_or(Lie::Lost(index))?;
            let read_by = file.mapping.as_ref().map(|mapping| ReadBy {
                file: FileHash::of(&file.bytes),
                mapping: FileHash::of(mapping),
            });
            let is_as_said = file.identity() == said.publication
                && file.bytes.len() as u64 == said.bytes
                && file.level == said.level
                && read_by == said.read_by;
            if !is_as_said {
                return Err(Lie::Bytes(index).into());
            }
        }
    }
}
