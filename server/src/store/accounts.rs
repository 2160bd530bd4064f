//! Operator tokens and the audit trail. Accounts with roles come later; until then a token made by
//! `hattama init` is an account.

use hattama_proto::time::UnixMillis;

use super::{Batch, Db, StoreError, Value, log::unsigned};

pub(super) const ADD_TOKEN: &str =
    "insert into operator_token (token_hash, name, created_at_ms) values ($1, $2, $3)";

/// Stores an operator token by its hash.
pub fn add_token(token_hash: &str, name: &str, at: UnixMillis) -> Batch {
    Batch::new().step(ADD_TOKEN, [token_hash.into(), name.into(), Value::Int(at.0)])
}

/// The name of the account that a token belongs to.
pub async fn token_name(db: &Db, token_hash: &str) -> Result<Option<String>, StoreError> {
    let row = db
        .query_opt("select name from operator_token where token_hash = $1", &[token_hash.into()])
        .await?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// The number of the last audit event; 0 when there is none.
pub async fn last_event(db: &Db) -> Result<u64, StoreError> {
    let row = db.query_opt("select max(number) from audit_event", &[]).await?;
    Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().map_or(0, unsigned))
}

pub(super) const APPEND_EVENT: &str =
    "insert into audit_event (number, at_ms, actor, action, subject)
     values ($1, $2, $3, $4, $5)";

/// Appends an audit event. `number` is one more than the last; the key lets one writer win.
pub fn audit(number: u64, at: UnixMillis, actor: &str, action: &str, subject: &str) -> Batch {
    Batch::new().step(
        APPEND_EVENT,
        [super::log::integer(number), at.0.into(), actor.into(), action.into(), subject.into()],
    )
}

/// Appends an audit event behind the last one, within a transaction that does something else too. If
/// somebody else takes its number, the whole batch fails with a unique violation: try it again.
pub fn audit_next(at: UnixMillis, actor: &str, action: &str, subject: &str) -> Batch {
    Batch::new().step(
        "insert into audit_event (number, at_ms, actor, action, subject)
         values ((select coalesce(max(number), 0) + 1 from audit_event), $1, $2, $3, $4)",
        [at.0.into(), actor.into(), action.into(), subject.into()],
    )
}
