//! What an account is in with: a browser's session, or a token of a program. Only hashes are kept.

use hattama_proto::time::UnixMillis;

use super::{
    Batch, Db, StoreError,
    accounts::{ACCOUNT_WIDTH, StoredAccount, account_columns},
};

/// How long sessions last, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct SessionTimes {
    /// Without being used.
    pub idle_ms: i64,
    /// At all.
    pub absolute_ms: i64,
}

/// A session as it is kept.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// Hash of its token.
    pub token_hash: String,
    /// When it began.
    pub created_at: UnixMillis,
    /// When it was last used, to the minute.
    pub seen_at: UnixMillis,
    /// When the second factor was last shown.
    pub factor_at: Option<UnixMillis>,
}

/// A token as it is kept.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// Its hash.
    pub token_hash: String,
    /// What it is for.
    pub name: String,
    /// Whether it opens what asks for a fresh second factor.
    pub stepped_up: bool,
    /// When it was made.
    pub created_at: UnixMillis,
    /// Until when it works.
    pub expires_at: Option<UnixMillis>,
}

/// Begins a session.
pub fn begin(
    token_hash: &str,
    account: &str,
    factor_at: Option<UnixMillis>,
    at: UnixMillis,
) -> Batch {
    Batch::new().step(
        "insert into account_session (token_hash, account, created_at_ms, seen_at_ms, factor_at_ms)
         values ($1, $2, $3, $3, $4)",
        [token_hash.into(), account.into(), at.0.into(), factor_at.map(|at| at.0).into()],
    )
}

/// The account and the session that a hash belongs to, if it is going on and its account is active.
pub async fn going_on(
    db: &Db,
    token_hash: &str,
    times: SessionTimes,
    now: UnixMillis,
) -> Result<Option<(StoredAccount, StoredSession, bool)>, StoreError> {
    let row = db
        .query_opt(
            concat!(
                "select ",
                account_columns!(),
                ", account_session.token_hash, account_session.created_at_ms,
                   account_session.seen_at_ms, account_session.factor_at_ms,
                   case when exists (select 1 from passkey
                                      where passkey.account = account.name
                                        and passkey.ended_at_ms is null) then 1 else 0 end
                   from account_session, account
                  where account_session.token_hash = $1 and account_session.ended_at_ms is null
                    and account_session.seen_at_ms > $2 and account_session.created_at_ms > $3
                    and account.name = account_session.account and account.state = 'active'"
            ),
            &[
                token_hash.into(),
                now.plus_ms(-times.idle_ms).0.into(),
                now.plus_ms(-times.absolute_ms).0.into(),
            ],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let session = StoredSession {
        token_hash: row.text(ACCOUNT_WIDTH)?.to_owned(),
        created_at: UnixMillis(row.int(ACCOUNT_WIDTH + 1)?),
        seen_at: UnixMillis(row.int(ACCOUNT_WIDTH + 2)?),
        factor_at: row.opt_int(ACCOUNT_WIDTH + 3)?.map(UnixMillis),
    };
    Ok(Some((StoredAccount::read(&row)?, session, row.int(ACCOUNT_WIDTH + 4)? == 1)))
}

/// Whose session a hash belongs to, also where it has ended.
pub async fn owner(db: &Db, token_hash: &str) -> Result<Option<String>, StoreError> {
    let row = db
        .query_opt(
            "select account from account_session where token_hash = $1",
            &[token_hash.into()],
        )
        .await?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Notes that a session is used.
pub fn seen(token_hash: &str, at: UnixMillis) -> Batch {
    Batch::new().step(
        "update account_session set seen_at_ms = $1
          where token_hash = $2 and ended_at_ms is null and seen_at_ms < $1",
        [at.0.into(), token_hash.into()],
    )
}

/// Notes that the second factor was shown.
pub fn stepped_up(token_hash: &str, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update account_session set factor_at_ms = $1
              where token_hash = $2 and ended_at_ms is null",
            [at.0.into(), token_hash.into()],
        )
        .expect_rows(1)
}

/// Ends one session of an account; the first 16 digits of the hash name it.
pub fn end(account: &str, id: &str, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update account_session set ended_at_ms = $1
              where account = $2 and substr(token_hash, 1, 16) = $3 and ended_at_ms is null",
            [at.0.into(), account.into(), id.into()],
        )
        .expect_rows(1)
}

/// Ends all sessions of an account but one.
pub fn end_all_but(account: &str, kept: &str, at: UnixMillis) -> Batch {
    Batch::new().step(
        "update account_session set ended_at_ms = $1
          where account = $2 and token_hash <> $3 and ended_at_ms is null",
        [at.0.into(), account.into(), kept.into()],
    )
}

/// Ends all sessions of an account.
pub fn end_all(account: &str, at: UnixMillis) -> Batch {
    end_all_but(account, "", at)
}

/// Sessions of an account that go on, the newest first.
pub async fn of(
    db: &Db,
    account: &str,
    times: SessionTimes,
    now: UnixMillis,
) -> Result<Vec<StoredSession>, StoreError> {
    let rows = db
        .query(
            "select token_hash, created_at_ms, seen_at_ms, factor_at_ms from account_session
              where account = $1 and ended_at_ms is null and seen_at_ms > $2 and created_at_ms > $3
              order by created_at_ms desc, token_hash",
            &[
                account.into(),
                now.plus_ms(-times.idle_ms).0.into(),
                now.plus_ms(-times.absolute_ms).0.into(),
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredSession {
                token_hash: row.text(0)?.to_owned(),
                created_at: UnixMillis(row.int(1)?),
                seen_at: UnixMillis(row.int(2)?),
                factor_at: row.opt_int(3)?.map(UnixMillis),
            })
        })
        .collect()
}

/// Stores a token of an account by its hash.
pub fn add_token(account: &str, token: &StoredToken) -> Batch {
    Batch::new().step(
        "insert into account_token
         (token_hash, account, name, stepped_up, created_at_ms, expires_at_ms)
         values ($1, $2, $3, $4, $5, $6)",
        [
            token.token_hash.as_str().into(),
            account.into(),
            token.name.as_str().into(),
            token.stepped_up.into(),
            token.created_at.0.into(),
            token.expires_at.map(|at| at.0).into(),
        ],
    )
}

/// The account and the token that a hash belongs to, if it works and its account is active.
pub async fn by_token(
    db: &Db,
    token_hash: &str,
    now: UnixMillis,
) -> Result<Option<(StoredAccount, StoredToken)>, StoreError> {
    let row = db
        .query_opt(
            concat!(
                "select ",
                account_columns!(),
                ", account_token.name, account_token.stepped_up, account_token.created_at_ms,
                   account_token.expires_at_ms
                   from account_token, account
                  where account_token.token_hash = $1 and account_token.ended_at_ms is null
                    and (account_token.expires_at_ms is null or account_token.expires_at_ms > $2)
                    and account.name = account_token.account and account.state = 'active'"
            ),
            &[token_hash.into(), now.0.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let token = StoredToken {
        token_hash: token_hash.to_owned(),
        name: row.text(ACCOUNT_WIDTH)?.to_owned(),
        stepped_up: row.int(ACCOUNT_WIDTH + 1)? == 1,
        created_at: UnixMillis(row.int(ACCOUNT_WIDTH + 2)?),
        expires_at: row.opt_int(ACCOUNT_WIDTH + 3)?.map(UnixMillis),
    };
    Ok(Some((StoredAccount::read(&row)?, token)))
}

/// Tokens of an account that work, the newest first.
pub async fn tokens_of(
    db: &Db,
    account: &str,
    now: UnixMillis,
) -> Result<Vec<StoredToken>, StoreError> {
    let rows = db
        .query(
            "select token_hash, name, stepped_up, created_at_ms, expires_at_ms from account_token
              where account = $1 and ended_at_ms is null
                and (expires_at_ms is null or expires_at_ms > $2)
              order by created_at_ms desc, token_hash",
            &[account.into(), now.0.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredToken {
                token_hash: row.text(0)?.to_owned(),
                name: row.text(1)?.to_owned(),
                stepped_up: row.int(2)? == 1,
                created_at: UnixMillis(row.int(3)?),
                expires_at: row.opt_int(4)?.map(UnixMillis),
            })
        })
        .collect()
}

/// Ends one token of an account; the first 16 digits of the hash name it.
pub fn end_token(account: &str, id: &str, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update account_token set ended_at_ms = $1
              where account = $2 and substr(token_hash, 1, 16) = $3 and ended_at_ms is null",
            [at.0.into(), account.into(), id.into()],
        )
        .expect_rows(1)
}
