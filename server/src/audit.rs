//! The audit trail: who did what to which id. Numbered without gaps, append-only, without names of
//! observers and without words.

use hattama_proto::time::UnixMillis;

use crate::store::{self, Batch, Db, StoreError};

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
    note_with(db, (actor, action, subject), now, Batch::new).await
}

/// Appends an event together with what it tells of: both, or neither.
pub(crate) async fn note_with(
    db: &Db,
    (actor, action, subject): (&str, &str, &str),
    now: UnixMillis,
    what: impl Fn() -> Batch,
) -> Result<(), StoreError> {
    let mut tries = 0;
    let mut number = store::accounts::last_event(db).await? + 1;
    loop {
        let event = store::accounts::audit(number, now, actor, action, subject);
        match db.commit(what().and(event)).await {
            Ok(_) => return Ok(()),
            Err(error @ StoreError::UniqueViolation { .. }) if tries < TRIES => {
                tries += 1;
                let next = store::accounts::last_event(db).await? + 1;
                // The number is still free: it was another key that was taken.
                if next == number {
                    return Err(error);
                }
                number = next;
            }
            Err(error) => return Err(error),
        }
    }
}
