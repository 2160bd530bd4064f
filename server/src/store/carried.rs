//! Keys of the election before that may vouch for one in this, and the words that go with them.

use hattama_proto::{
    id::{ElectionId, Kid},
    key::PublicKey,
};

use super::{Batch, Db, Rows, StoreError, Value, records::unreadable};

/// A key of the election before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedKey {
    /// The key.
    pub public_key: PublicKey,
    /// Where it is enrolled.
    pub from_election: ElectionId,
    /// The invitation that it stands for.
    pub secret_hash: String,
}

pub(super) const ADD: &str = "insert into carried_key (kid, public_key, from_election, secret_hash)
     values ($1, $2, $3, $4)";

/// Lets keys vouch; one that may already is a unique violation.
pub fn add(keys: &[CarriedKey]) -> Batch {
    let rows: Rows = keys
        .iter()
        .map(|key| {
            [
                Value::from(key.public_key.kid().to_string()),
                key.public_key.to_string().into(),
                key.from_election.as_str().into(),
                key.secret_hash.as_str().into(),
            ]
        })
        .collect();
    Batch::new().many(ADD, rows)
}

/// A key that may vouch; none if it may not.
pub async fn key(db: &Db, kid: &Kid) -> Result<Option<CarriedKey>, StoreError> {
    let row = db
        .query_opt(
            "select public_key, from_election, secret_hash from carried_key where kid = $1",
            &[kid.to_string().into()],
        )
        .await?;
    row.map(|row| {
        Ok(CarriedKey {
            public_key: PublicKey::parse(row.text(0)?).map_err(|_| unreadable("a public key"))?,
            from_election: ElectionId::new(row.text(1)?).map_err(|_| unreadable("an election"))?,
            secret_hash: row.text(2)?.to_owned(),
        })
    })
    .transpose()
}

/// Every key that may vouch or did, with its invitation and whether that was used.
pub async fn all(db: &Db) -> Result<Vec<(Kid, String, bool)>, StoreError> {
    let rows = db
        .query(
            "select carried_key.kid, carried_key.secret_hash,
                    case when invitation.kid is null then 0 else 1 end
               from carried_key
               join invitation on invitation.secret_hash = carried_key.secret_hash
              order by carried_key.kid",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok((super::records::kid(row.text(0)?)?, row.text(1)?.to_owned(), row.int(2)? == 1))
        })
        .collect()
}

pub(super) const GIVE_TICKET: &str = "insert into carry_ticket (secret_hash, used) values ($1, $2)";

/// Gives a one-use word out, by its hash.
pub fn give_ticket(secret_hash: &str) -> Batch {
    Batch::new().step(GIVE_TICKET, [secret_hash.into(), 0.into()])
}

/// Uses a word up; the batch fails as a whole where there is none or it was used.
pub fn use_ticket(secret_hash: &str) -> Batch {
    Batch::new()
        .step(
            "update carry_ticket set used = 1 where secret_hash = $1 and used = 0",
            [secret_hash.into()],
        )
        .expect_rows(1)
}
