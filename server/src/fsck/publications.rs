//! Publications: the file and the mapping that the store keeps of each are what its logged statement
//! says.

use hattama_proto::{
    id::FileHash,
    key::PublicKey,
    statement::{PublicationStatement, ReadBy},
};

use super::{FsckError, Lie, said};
use crate::store::{self, Db};

/// Checks the file of every publication against its statement.
pub(super) async fn check(db: &Db, hq: &PublicKey) -> Result<(), FsckError> {
    for said in said::all::<PublicationStatement>(db, hq).await? {
        let (index, said) = (said.position, said.body);
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
    Ok(())
}
