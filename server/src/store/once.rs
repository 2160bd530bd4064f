//! Requests that came under a key and were carried out.

use std::collections::HashSet;

use hattama_proto::{
    id::{Kid, RecordId, WordsHash},
    time::UnixMillis,
};

use super::{Batch, Db, Rows, StoreError};

/// What a request under a key came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// SHA-256 of what was asked for, hex.
    pub asked: String,
    /// The name of what came of it.
    pub answer: String,
}

pub(super) const ADD: &str = "insert into request_done (actor, request_key, asked, answer, at_ms)
     values ($1, $2, $3, $4, $5)";

/// Notes that a request was carried out; a second one under the key is a unique violation. Goes into
/// the transaction that carries it out.
pub fn add(actor: &str, key: &str, done: &Done, at: UnixMillis) -> Batch {
    Batch::new().step(
        ADD,
        [
            actor.into(),
            key.into(),
            done.asked.as_str().into(),
            done.answer.as_str().into(),
            at.0.into(),
        ],
    )
}

/// Under whose name the places of the desks' chains are taken, which is none of an account.
const DESK: &str = "*desk";

/// Takes the next place of a desk's chain for a record: two processes that write down at the same time
/// must not sign two records at one place. The second is a unique violation; it writes behind the first.
pub fn next_of_desk(desk: &Kid, seq: u64, record: &RecordId, at: UnixMillis) -> Batch {
    let record = record.to_hex();
    let done = Done { asked: record.clone(), answer: record };
    add(DESK, &format!("{desk} {seq}"), &done, at)
}

/// Under whose name challenges are used up.
const CHALLENGE: &str = "*passkey";

/// Uses a challenge up; the second time is a unique violation.
pub fn use_challenge(challenge: &str, at: UnixMillis) -> Batch {
    let asked = WordsHash::of(challenge.as_bytes()).to_hex();
    let done = Done { asked: asked.clone(), answer: String::new() };
    add(CHALLENGE, &asked, &done, at)
}

/// Which of these keys of an account were carried out.
pub async fn done_among(
    db: &Db,
    actor: &str,
    keys: &[String],
) -> Result<HashSet<String>, StoreError> {
    let rows: Rows = keys.iter().map(|key| [actor.into(), key.as_str().into()]).collect();
    let found = db
        .query_many(
            "select request_key from request_done where actor = $1 and request_key = $2",
            rows,
        )
        .await?;
    found.iter().flatten().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// What an account's request under this key came to; none if there was none.
pub async fn done(db: &Db, actor: &str, key: &str) -> Result<Option<Done>, StoreError> {
    let row = db
        .query_opt(
            "select asked, answer from request_done where actor = $1 and request_key = $2",
            &[actor.into(), key.into()],
        )
        .await?;
    row.map(|row| Ok(Done { asked: row.text(0)?.to_owned(), answer: row.text(1)?.to_owned() }))
        .transpose()
}
