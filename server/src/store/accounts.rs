//! Accounts of people, what they prove themselves with, and the audit trail.

use hattama_proto::time::UnixMillis;

use super::{
    Batch, Db, Row, StoreError, Value,
    log::{integer, unsigned},
};
use crate::access::{AccountState, Role, Scope};

/// An account as it is kept.
#[derive(Clone, Debug)]
pub struct StoredAccount {
    /// What decisions and audit events carry.
    pub name: String,
    /// What colleagues call the person.
    pub display: String,
    /// What it sees.
    pub scope: Scope,
    /// What it is.
    pub roles: Vec<Role>,
    /// Where it stands.
    pub state: AccountState,
    /// BCP 47 code of the language of its pages.
    pub language: Option<String>,
    /// Argon2id of the password; none where none was set.
    pub password: Option<String>,
    /// Secret of the one-time codes, sealed.
    pub totp: Option<Vec<u8>>,
    /// Last time step whose code was used.
    pub totp_step: Option<u64>,
    /// One more with every change.
    pub version: u64,
    /// When it was made.
    pub created_at: UnixMillis,
}

/// Codes of roles as a column holds them.
pub fn role_codes(roles: &[Role]) -> String {
    let mut names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(" ")
}

/// The roles in a column; an unknown one, of a newer version, grants nothing here.
pub(super) fn roles_of(codes: &str) -> Vec<Role> {
    codes.split_whitespace().filter_map(Role::from_name).collect()
}

/// Columns of an account, in the order in which [`StoredAccount::read`] takes them.
macro_rules! account_columns {
    () => {
        "account.name, account.display, account.org, account.region, account.roles, account.state,
         account.language, account.password, account.totp, account.totp_step, account.version,
         account.created_at_ms"
    };
}
pub(super) use account_columns;

/// How many columns they are.
pub(super) const ACCOUNT_WIDTH: usize = 12;

impl StoredAccount {
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        let text = |column| Ok::<_, StoreError>(row.opt_text(column)?.map(str::to_owned));
        Ok(Self {
            name: row.text(0)?.to_owned(),
            display: row.text(1)?.to_owned(),
            scope: Scope { org: text(2)?, region: text(3)? },
            roles: roles_of(row.text(4)?),
            state: AccountState::from_name(row.text(5)?)
                .ok_or_else(|| super::records::unreadable("a state of an account"))?,
            language: text(6)?,
            password: text(7)?,
            totp: row.opt_bytes(8)?.map(<[u8]>::to_vec),
            totp_step: row.opt_int(9)?.map(unsigned),
            version: unsigned(row.int(10)?),
            created_at: UnixMillis(row.int(11)?),
        })
    }
}

/// A new account's row: no password, no second factor.
pub fn add(
    name: &str,
    display: &str,
    (roles, scope): (&[Role], &Scope),
    state: AccountState,
    at: UnixMillis,
) -> Batch {
    Batch::new().step(
        "insert into account
         (name, display, org, region, roles, state, version, created_at_ms, updated_at_ms)
         values ($1, $2, $3, $4, $5, $6, 1, $7, $7)",
        [
            name.into(),
            display.into(),
            scope.org.clone().into(),
            scope.region.clone().into(),
            role_codes(roles).into(),
            state.name().into(),
            at.0.into(),
        ],
    )
}

/// The account with this name.
pub async fn by_name(db: &Db, name: &str) -> Result<Option<StoredAccount>, StoreError> {
    let row = db
        .query_opt(
            concat!("select ", account_columns!(), " from account where name = $1"),
            &[name.into()],
        )
        .await?;
    row.as_ref().map(StoredAccount::read).transpose()
}

/// All accounts, by name.
pub async fn all(db: &Db) -> Result<Vec<StoredAccount>, StoreError> {
    let rows = db
        .query(concat!("select ", account_columns!(), " from account order by name"), &[])
        .await?;
    rows.iter().map(StoredAccount::read).collect()
}

/// Moves an account to another state, if nobody changed it since `version` was read.
pub fn set_state(name: &str, state: AccountState, version: u64, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update account set state = $1, version = version + 1, updated_at_ms = $2
              where name = $3 and version = $4",
            [state.name().into(), at.0.into(), name.into(), integer(version)],
        )
        .expect_rows(1)
}

/// Holds a transaction to an account that nobody changed since `version` was read.
pub fn unchanged(name: &str, version: u64) -> Batch {
    Batch::new()
        .step(
            "update account set version = version where name = $1 and version = $2",
            [name.into(), integer(version)],
        )
        .expect_rows(1)
}

/// Gives an account other roles and another scope.
pub fn set_roles(name: &str, roles: &[Role], scope: &Scope, version: u64, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update account set roles = $1, org = $2, region = $3, version = version + 1,
                    updated_at_ms = $4
              where name = $5 and version = $6",
            [
                role_codes(roles).into(),
                scope.org.clone().into(),
                scope.region.clone().into(),
                at.0.into(),
                name.into(),
                integer(version),
            ],
        )
        .expect_rows(1)
}

/// Sets the hash of a password.
pub fn set_password(name: &str, hash: &str, version: u64, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update account set password = $1, version = version + 1, updated_at_ms = $2
              where name = $3 and version = $4",
            [hash.into(), at.0.into(), name.into(), integer(version)],
        )
        .expect_rows(1)
}

/// Sets the sealed secret of one-time codes, or takes it away; `step` is the step of the code that
/// confirmed it.
pub fn set_totp(
    name: &str,
    sealed: Option<Vec<u8>>,
    step: Option<u64>,
    version: u64,
    at: UnixMillis,
) -> Batch {
    Batch::new()
        .step(
            "update account set totp = $1, totp_step = $2, version = version + 1,
                    updated_at_ms = $3
              where name = $4 and version = $5",
            [
                sealed.into(),
                step.map_or(Value::Null, integer),
                at.0.into(),
                name.into(),
                integer(version),
            ],
        )
        .expect_rows(1)
}

/// Uses a time step up: of two who show one code, one wins.
pub fn use_totp_step(name: &str, step: u64) -> Batch {
    Batch::new()
        .step(
            "update account set totp_step = $1
              where name = $2 and (totp_step is null or totp_step < $1)",
            [integer(step), name.into()],
        )
        .expect_rows(1)
}

/// Sets the language of an account's pages.
pub fn set_language(name: &str, language: &str) -> Batch {
    Batch::new()
        .step("update account set language = $1 where name = $2", [language.into(), name.into()])
        .expect_rows(1)
}

/// Puts new recovery codes in the place of all earlier ones.
pub fn replace_recovery(name: &str, hashes: &[String], at: UnixMillis) -> Batch {
    let rows: Vec<[Value; 3]> =
        hashes.iter().map(|hash| [name.into(), hash.as_str().into(), at.0.into()]).collect();
    Batch::new()
        .step(
            "update recovery_code set used_at_ms = $1 where account = $2 and used_at_ms is null",
            [at.0.into(), name.into()],
        )
        .many(
            "insert into recovery_code (account, code_hash, made_at_ms) values ($1, $2, $3)",
            rows,
        )
}

/// Uses a recovery code up; the batch fails if there is none such.
pub fn use_recovery(name: &str, hash: &str, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update recovery_code set used_at_ms = $1
              where account = $2 and code_hash = $3 and used_at_ms is null",
            [at.0.into(), name.into(), hash.into()],
        )
        .expect_rows(1)
}

/// How many recovery codes still work.
pub async fn recovery_left(db: &Db, name: &str) -> Result<u64, StoreError> {
    let row = db
        .query_opt(
            "select count(*) from recovery_code where account = $1 and used_at_ms is null",
            &[name.into()],
        )
        .await?;
    row.map_or(Ok(0), |row| row.int(0).map(unsigned))
}

/// Makes an invitation link of an account; earlier ones no longer work.
pub fn invite(
    secret_hash: &str,
    name: &str,
    invited_by: &str,
    at: UnixMillis,
    expires_at: UnixMillis,
) -> Batch {
    Batch::new()
        .step(
            "update account_invitation set used_at_ms = $1
              where account = $2 and used_at_ms is null",
            [at.0.into(), name.into()],
        )
        .step(
            "insert into account_invitation
             (secret_hash, account, invited_by, made_at_ms, expires_at_ms)
             values ($1, $2, $3, $4, $5)",
            [secret_hash.into(), name.into(), invited_by.into(), at.0.into(), expires_at.0.into()],
        )
}

/// Ends the link of an account that nobody has used; the batch fails if none works.
pub fn end_invitation(name: &str, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update account_invitation set used_at_ms = $1
              where account = $2 and used_at_ms is null and expires_at_ms > $1",
            [at.0.into(), name.into()],
        )
        .expect_rows(1)
}

/// The account that an invitation's secret still opens.
pub async fn invited(
    db: &Db,
    secret_hash: &str,
    now: UnixMillis,
) -> Result<Option<StoredAccount>, StoreError> {
    let row = db
        .query_opt(
            concat!(
                "select ",
                account_columns!(),
                " from account_invitation, account
                 where account_invitation.secret_hash = $1
                   and account_invitation.used_at_ms is null
                   and account_invitation.expires_at_ms > $2
                   and account.name = account_invitation.account and account.state = 'invited'"
            ),
            &[secret_hash.into(), now.0.into()],
        )
        .await?;
    row.as_ref().map(StoredAccount::read).transpose()
}

/// Uses an invitation up; the batch fails as a whole when somebody else did first.
pub fn accept(secret_hash: &str, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update account_invitation set used_at_ms = $1
              where secret_hash = $2 and used_at_ms is null and expires_at_ms > $1",
            [at.0.into(), secret_hash.into()],
        )
        .expect_rows(1)
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
        [integer(number), at.0.into(), actor.into(), action.into(), subject.into()],
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

/// One audit event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// From 1, without gaps.
    pub number: u64,
    /// When.
    pub at: UnixMillis,
    /// Which account.
    pub actor: String,
    /// What was done, as a code.
    pub action: String,
    /// To which id.
    pub subject: String,
}

/// Which audit events.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of this account only.
    pub actor: Option<String>,
    /// Of this action only.
    pub action: Option<String>,
    /// From this moment on.
    pub since: Option<UnixMillis>,
    /// Before this moment.
    pub until: Option<UnixMillis>,
    /// With smaller numbers than this.
    pub before: Option<u64>,
}

/// Audit events, the newest first, at most `limit`.
pub async fn events(
    db: &Db,
    filter: &AuditFilter,
    limit: u32,
) -> Result<Vec<AuditEvent>, StoreError> {
    let rows = db
        .query(
            "select number, at_ms, actor, action, subject from audit_event
              where number < $1 and ($2 = '' or actor = $2) and ($3 = '' or action = $3)
                and at_ms >= $4 and at_ms < $5
              order by number desc limit $6",
            &[
                integer(filter.before.unwrap_or(i64::MAX.unsigned_abs())),
                filter.actor.clone().unwrap_or_default().into(),
                filter.action.clone().unwrap_or_default().into(),
                filter.since.map_or(i64::MIN, |at| at.0).into(),
                filter.until.map_or(i64::MAX, |at| at.0).into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(AuditEvent {
                number: unsigned(row.int(0)?),
                at: UnixMillis(row.int(1)?),
                actor: row.text(2)?.to_owned(),
                action: row.text(3)?.to_owned(),
                subject: row.text(4)?.to_owned(),
            })
        })
        .collect()
}
