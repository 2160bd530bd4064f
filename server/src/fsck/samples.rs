//! Samples: the list of precincts that the store keeps of each draw is the one whose hash was signed.

use hattama_proto::{key::PublicKey, statement::Sample};

use super::{FsckError, Lie, said};
use crate::store::{self, Db};

/// Checks the list of every draw against its statement.
pub(super) async fn check(db: &Db, hq: &PublicKey) -> Result<(), FsckError> {
    for said in said::all::<Sample>(db, hq).await? {
        let units = store::samples::units(db, &said.id).await?;
        if Sample::hash_of(&units) != said.body.drawn {
            return Err(Lie::Bytes(said.position).into());
        }
    }
    Ok(())
}
