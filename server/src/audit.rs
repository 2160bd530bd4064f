//! The audit trail: who did what to which id. Numbered without gaps, append-only, without names of
//! observers and without words.

use hattama_proto::time::UnixMillis;

use crate::store::{self, Db, StoreError};

/// How often another writer may take the number we wanted before we give up.
const TRIES: u32 = 20;

/// Appends an event.
pub(crate) async fn note(
    db: &Db,
    actor: &str,
    action: &str,
    subject: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let number = store::accounts::last_event(db).await? + 1;
        match db.commit(store::accounts::audit(number, now, actor, action, subject)).await {
            Ok(_) => return Ok(()),
            Err(StoreError::UniqueViolation { .. }) if tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}
