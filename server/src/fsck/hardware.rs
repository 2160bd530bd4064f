//! Hardware keys: what each enrolment says of one is what the kept request says, and still holds.

use hattama_proto::{
    id::{Kid, RecordId},
    jws::Envelope,
    key::PublicKey,
    record::RequestClaims,
    statement::Enrolment,
};

use super::{FsckError, Lie, said};
use crate::store::{self, Db};

/// Checks the request behind every enrolment that hardware vouched for: to the byte the one that was
/// granted, signed by the key that asked, with the hardware's own signature.
pub(super) async fn check(db: &Db, hq: &PublicKey) -> Result<(), FsckError> {
    for said in said::all::<Enrolment>(db, hq).await? {
        let Some(hardware) = said.body.hardware else { continue };
        let kept = store::devices::hardware_request(db, &said.body.kid).await?;
        let kept = kept.ok_or(Lie::Lost(said.position))?;
        if RecordId::of(kept.as_bytes()) != said.body.request {
            return Err(Lie::Bytes(said.position).into());
        }
        if vouched(&kept, &said.body.public_key) != Some(hardware) {
            return Err(Lie::Signature(said.position).into());
        }
    }
    Ok(())
}

/// The hardware key that a request says vouches, if both signatures hold.
fn vouched(request: &str, key: &PublicKey) -> Option<Kid> {
    let verified = Envelope::parse(request).ok()?.verify(key).ok()?;
    let claims = RequestClaims::read(&verified).ok()?;
    let challenge = claims.body.challenge(&claims.election);
    Some(claims.body.hardware?.verify(&challenge).ok()?.hardware().kid())
}
