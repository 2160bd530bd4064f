//! Changes of roles, proposed by one and confirmed by another; and the keys in people's hands.

use hattama_proto::time::UnixMillis;

use super::{
    Batch, Db, Row, StoreError,
    accounts::{role_codes, roles_of},
    log::{integer, unsigned},
};
use crate::access::{Role, Scope};

/// A change that waits for its second admin.
#[derive(Clone, Debug)]
pub struct RoleChange {
    /// Sixteen hex digits.
    pub id: String,
    /// Whose roles.
    pub account: String,
    /// What it is to be.
    pub roles: Vec<Role>,
    /// What it is to see.
    pub scope: Scope,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: UnixMillis,
}

/// Proposes a change. Earlier ones about the same account that nobody decided are withdrawn.
pub fn propose(change: &RoleChange) -> Batch {
    Batch::new()
        .step(
            "update role_change set state = 'withdrawn', decided_by = $1, decided_at_ms = $2
              where account = $3 and state = 'open'",
            [
                change.proposed_by.as_str().into(),
                change.proposed_at.0.into(),
                change.account.as_str().into(),
            ],
        )
        .step(
            "insert into role_change
             (id, account, roles, org, region, proposed_by, proposed_at_ms, state)
             values ($1, $2, $3, $4, $5, $6, $7, 'open')",
            [
                change.id.as_str().into(),
                change.account.as_str().into(),
                role_codes(&change.roles).into(),
                change.scope.org.clone().into(),
                change.scope.region.clone().into(),
                change.proposed_by.as_str().into(),
                change.proposed_at.0.into(),
            ],
        )
}

/// Decides an open change; the batch fails when somebody was first.
pub fn decide(id: &str, state: &'static str, by: &str, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update role_change set state = $1, decided_by = $2, decided_at_ms = $3
              where id = $4 and state = 'open'",
            [state.into(), by.into(), at.0.into(), id.into()],
        )
        .expect_rows(1)
}

/// Changes that wait, the oldest first.
pub async fn open(db: &Db) -> Result<Vec<RoleChange>, StoreError> {
    let rows = db
        .query(
            "select id, account, roles, org, region, proposed_by, proposed_at_ms from role_change
              where state = 'open' order by proposed_at_ms, id",
            &[],
        )
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<RoleChange, StoreError> {
    Ok(RoleChange {
        id: row.text(0)?.to_owned(),
        account: row.text(1)?.to_owned(),
        roles: roles_of(row.text(2)?),
        scope: Scope {
            org: row.opt_text(3)?.map(str::to_owned),
            region: row.opt_text(4)?.map(str::to_owned),
        },
        proposed_by: row.text(5)?.to_owned(),
        proposed_at: UnixMillis(row.int(6)?),
    })
}

/// A key in somebody's hand.
#[derive(Clone, Debug)]
pub struct StoredPasskey {
    /// The authenticator's name for it, base64url.
    pub credential: String,
    /// Whose.
    pub account: String,
    /// What the owner calls it.
    pub name: String,
    /// P-256, the point uncompressed.
    pub public_key: Vec<u8>,
    /// The authenticator's counter.
    pub sign_count: u64,
    /// When it was registered.
    pub created_at: UnixMillis,
}

/// Registers a key; the batch fails where it is registered already.
pub fn add_passkey(key: &StoredPasskey) -> Batch {
    Batch::new().step(
        "insert into passkey (credential, account, name, public_key, sign_count, created_at_ms)
         values ($1, $2, $3, $4, $5, $6)",
        [
            key.credential.as_str().into(),
            key.account.as_str().into(),
            key.name.as_str().into(),
            key.public_key.clone().into(),
            integer(key.sign_count),
            key.created_at.0.into(),
        ],
    )
}

/// Keys of an account that work, the oldest first.
pub async fn passkeys_of(db: &Db, account: &str) -> Result<Vec<StoredPasskey>, StoreError> {
    let rows = db
        .query(
            "select credential, account, name, public_key, sign_count, created_at_ms from passkey
              where account = $1 and ended_at_ms is null order by created_at_ms, credential",
            &[account.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredPasskey {
                credential: row.text(0)?.to_owned(),
                account: row.text(1)?.to_owned(),
                name: row.text(2)?.to_owned(),
                public_key: row.bytes(3)?.to_vec(),
                sign_count: unsigned(row.int(4)?),
                created_at: UnixMillis(row.int(5)?),
            })
        })
        .collect()
}

/// Notes how often a key was used. The counter only grows, or stays 0 where there is none: a copy
/// of the key that lags behind is refused.
pub fn used_passkey(credential: &str, sign_count: u64) -> Batch {
    Batch::new()
        .step(
            "update passkey set sign_count = $1
              where credential = $2 and ended_at_ms is null
                and (sign_count < $1 or (sign_count = 0 and $1 = 0))",
            [integer(sign_count), credential.into()],
        )
        .expect_rows(1)
}

/// Ends a key of an account.
pub fn end_passkey(account: &str, credential: &str, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update passkey set ended_at_ms = $1
              where account = $2 and credential = $3 and ended_at_ms is null",
            [at.0.into(), account.into(), credential.into()],
        )
        .expect_rows(1)
}

/// Ends all keys of an account.
pub fn end_passkeys(account: &str, at: UnixMillis) -> Batch {
    Batch::new().step(
        "update passkey set ended_at_ms = $1 where account = $2 and ended_at_ms is null",
        [at.0.into(), account.into()],
    )
}
