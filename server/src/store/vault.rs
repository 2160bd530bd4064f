//! The identity vault's rows. Whatever is sealed is sealed before it comes here.

use hattama_proto::{
    id::{OrgId, PersonId},
    time::UnixMillis,
};

use super::{
    Batch, Db, Row, Rows, StoreError, Value,
    log::{integer, unsigned},
    records::unreadable,
};
use crate::access::Scope;

/// Somebody with a passphrase for the vault.
#[derive(Clone, Debug)]
pub struct Member {
    /// The account.
    pub account: String,
    /// What is sealed to it.
    pub public_key: Vec<u8>,
    /// Its secret key under the passphrase.
    pub wrapped: Vec<u8>,
}

pub(super) const SET_MEMBER: &str =
    "insert into vault_member (account, public_key, wrapped, set_at_ms) values ($1, $2, $3, $4)";

/// Adds a member; one who is there already is a unique violation.
pub fn add_member(member: &Member, at: UnixMillis) -> Batch {
    Batch::new().step(
        SET_MEMBER,
        [
            member.account.as_str().into(),
            member.public_key.as_slice().into(),
            member.wrapped.as_slice().into(),
            at.0.into(),
        ],
    )
}

/// Puts the same key under another passphrase, if nobody did meanwhile.
pub fn rewrap_member(account: &str, before: &[u8], after: &[u8], at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update vault_member set wrapped = $1, set_at_ms = $2
              where account = $3 and wrapped = $4",
            [after.into(), at.0.into(), account.into(), before.into()],
        )
        .expect_rows(1)
}

/// The member with this account.
pub async fn member(db: &Db, account: &str) -> Result<Option<Member>, StoreError> {
    let row = db
        .query_opt(
            "select account, public_key, wrapped from vault_member where account = $1",
            &[account.into()],
        )
        .await?;
    row.map(|row| {
        Ok(Member {
            account: row.text(0)?.to_owned(),
            public_key: row.bytes(1)?.to_vec(),
            wrapped: row.bytes(2)?.to_vec(),
        })
    })
    .transpose()
}

/// Accounts of all members.
pub async fn members(db: &Db) -> Result<Vec<String>, StoreError> {
    let rows = db.query("select account from vault_member order by account", &[]).await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// A key that entries are sealed to.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// The public key.
    pub public_key: Vec<u8>,
    /// The secret one, sealed to the vault's own; none for the vault's own.
    pub for_vault: Option<Vec<u8>>,
}

pub(super) const ADD_KEY: &str =
    "insert into vault_key (org, region, public_key, for_vault, made_at_ms)
     values ($1, $2, $3, $4, $5)";

/// Adds a key; the first one of an organisation and region wins.
pub fn add_key(org: &str, region: &str, key: &StoredKey, at: UnixMillis) -> Batch {
    Batch::new().step(
        ADD_KEY,
        [
            org.into(),
            region.into(),
            key.public_key.as_slice().into(),
            key.for_vault.clone().into(),
            at.0.into(),
        ],
    )
}

/// The key of an organisation and region; both `*` for the vault's own.
pub async fn key(db: &Db, org: &str, region: &str) -> Result<Option<StoredKey>, StoreError> {
    let row = db
        .query_opt(
            "select public_key, for_vault from vault_key where org = $1 and region = $2",
            &[org.into(), region.into()],
        )
        .await?;
    row.map(|row| {
        Ok(StoredKey {
            public_key: row.bytes(0)?.to_vec(),
            for_vault: row.opt_bytes(1)?.map(<[u8]>::to_vec),
        })
    })
    .transpose()
}

pub(super) const ADD_SHARE: &str =
    "insert into vault_share (account, number, sealed) values ($1, $2, $3)";

/// Adds holders' shares: account, number, sealed share.
pub fn add_shares(shares: impl IntoIterator<Item = (String, u8, Vec<u8>)>) -> Batch {
    let rows: Rows = shares
        .into_iter()
        .map(|(account, number, sealed)| {
            [account.into(), Value::from(u32::from(number)), sealed.into()]
        })
        .collect();
    Batch::new().many(ADD_SHARE, rows)
}

/// A holder's share: its number, sealed.
pub async fn share(db: &Db, account: &str) -> Result<Option<(u8, Vec<u8>)>, StoreError> {
    let row = db
        .query_opt("select number, sealed from vault_share where account = $1", &[account.into()])
        .await?;
    row.map(|row| {
        let number = u8::try_from(row.int(0)?).map_err(|_| unreadable("a share's number"))?;
        Ok((number, row.bytes(1)?.to_vec()))
    })
    .transpose()
}

/// Accounts of all holders.
pub async fn holders(db: &Db) -> Result<Vec<String>, StoreError> {
    let rows = db.query("select account from vault_share order by number", &[]).await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// A region's key for one coordinator.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Organisation.
    pub org: String,
    /// Region.
    pub region: String,
    /// The coordinator's account.
    pub account: String,
    /// The region's secret key, sealed to the coordinator's.
    pub sealed: Vec<u8>,
}

pub(super) const ADD_GRANT: &str =
    "insert into vault_grant (org, region, account, sealed, granted_at_ms)
     values ($1, $2, $3, $4, $5)
     on conflict (org, region, account) do nothing";

/// Gives coordinators their regions' keys; one who has it keeps it.
pub fn add_grants(grants: &[Grant], at: UnixMillis) -> Batch {
    let rows: Rows = grants
        .iter()
        .map(|grant| {
            [
                Value::from(grant.org.as_str()),
                grant.region.as_str().into(),
                grant.account.as_str().into(),
                grant.sealed.as_slice().into(),
                at.0.into(),
            ]
        })
        .collect();
    Batch::new().many(ADD_GRANT, rows)
}

fn read_grant(row: &Row) -> Result<Grant, StoreError> {
    Ok(Grant {
        org: row.text(0)?.to_owned(),
        region: row.text(1)?.to_owned(),
        account: row.text(2)?.to_owned(),
        sealed: row.bytes(3)?.to_vec(),
    })
}

/// What one coordinator may open.
pub async fn grants_of(db: &Db, account: &str) -> Result<Vec<Grant>, StoreError> {
    let rows = db
        .query(
            "select org, region, account, sealed from vault_grant where account = $1
              order by org, region",
            &[account.into()],
        )
        .await?;
    rows.iter().map(read_grant).collect()
}

/// Who may open what: organisation, region, account.
pub async fn grants(db: &Db) -> Result<Vec<(String, String, String)>, StoreError> {
    let rows = db
        .query("select org, region, account from vault_grant order by org, region, account", &[])
        .await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.text(2)?.to_owned())))
        .collect()
}

/// Destroys every coordinator's key. The vault's own remains.
pub fn destroy_grants() -> Batch {
    Batch::new().step("delete from vault_grant", [])
}

/// One person's sealed entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The person, by pseudonym.
    pub person: PersonId,
    /// The organisation.
    pub org: OrgId,
    /// Whose coordinators may open it.
    pub region: String,
    /// The contact, sealed to the vault's own key.
    pub for_vault: Vec<u8>,
    /// The contact, sealed to the region's key.
    pub for_region: Vec<u8>,
    /// Counts the changes.
    pub version: u64,
}

pub(super) const ADD_ENTRY: &str =
    "insert into vault_entry (person, org, region, for_vault, for_region, version, updated_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7)";

/// Adds a person.
pub fn add_entry(entry: &Entry, at: UnixMillis) -> Batch {
    Batch::new().step(
        ADD_ENTRY,
        [
            entry.person.as_str().into(),
            entry.org.as_str().into(),
            entry.region.as_str().into(),
            entry.for_vault.as_slice().into(),
            entry.for_region.as_slice().into(),
            integer(entry.version),
            at.0.into(),
        ],
    )
}

/// Changes a person's entry, if it still is the version before.
pub fn change_entry(entry: &Entry, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update vault_entry
                set for_vault = $1, for_region = $2, version = version + 1, updated_at_ms = $3
              where person = $4 and version = $5",
            [
                entry.for_vault.as_slice().into(),
                entry.for_region.as_slice().into(),
                at.0.into(),
                entry.person.as_str().into(),
                integer(entry.version),
            ],
        )
        .expect_rows(1)
}

fn read_entry(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        person: PersonId::new(row.text(0)?).map_err(|_| unreadable("a person"))?,
        org: OrgId::new(row.text(1)?).map_err(|_| unreadable("an organisation"))?,
        region: row.text(2)?.to_owned(),
        for_vault: row.bytes(3)?.to_vec(),
        for_region: row.bytes(4)?.to_vec(),
        version: unsigned(row.int(5)?),
    })
}

/// The entry of a person.
pub async fn entry(db: &Db, person: &str) -> Result<Option<Entry>, StoreError> {
    let row = db
        .query_opt(
            "select person, org, region, for_vault, for_region, version
               from vault_entry where person = $1",
            &[person.into()],
        )
        .await?;
    row.as_ref().map(read_entry).transpose()
}

/// The entries of an organisation's region.
pub async fn entries(db: &Db, org: &str, region: &str) -> Result<Vec<Entry>, StoreError> {
    let rows = db
        .query(
            "select person, org, region, for_vault, for_region, version
               from vault_entry where org = $1 and region = $2 order by person",
            &[org.into(), region.into()],
        )
        .await?;
    rows.iter().map(read_entry).collect()
}

/// How many entries are sealed.
pub async fn entry_count(db: &Db, scope: &Scope) -> Result<u64, StoreError> {
    let text = |limit: &Option<String>| limit.clone().unwrap_or_default();
    let row = db
        .query_opt(
            "select count(*) from vault_entry
              where ($1 = '' or org = $1) and ($2 = '' or region = $2)",
            &[text(&scope.org).into(), text(&scope.region).into()],
        )
        .await?;
    row.map_or(Ok(0), |row| row.int(0).map(unsigned))
}

/// A person who is still in the clear.
#[derive(Clone, Debug)]
pub struct ClearIdentity {
    /// Pseudonym for protocols and forms.
    pub person: PersonId,
    /// Pseudonym for incidents.
    pub reporter: PersonId,
    /// What a coordinator calls the person.
    pub label: String,
    /// The organisation.
    pub org: OrgId,
}

/// What stands in place of a label that was sealed. No label can be it: it would be empty.
const SEALED: &str = "";

/// Everybody who is still in the clear.
pub async fn clear_identities(db: &Db) -> Result<Vec<ClearIdentity>, StoreError> {
    let rows = db
        .query(
            "select person, incident_person, label, org from identity
              where label <> $1 order by person",
            &[SEALED.into()],
        )
        .await?;
    rows.iter().map(read_clear).collect()
}

/// A person who is still in the clear, by the pseudonym for protocols.
pub async fn clear_identity(db: &Db, person: &str) -> Result<Option<ClearIdentity>, StoreError> {
    let row = db
        .query_opt(
            "select person, incident_person, label, org from identity
              where person = $1 and label <> $2",
            &[person.into(), SEALED.into()],
        )
        .await?;
    row.as_ref().map(read_clear).transpose()
}

fn read_clear(row: &Row) -> Result<ClearIdentity, StoreError> {
    Ok(ClearIdentity {
        person: PersonId::new(row.text(0)?).map_err(|_| unreadable("a person"))?,
        reporter: PersonId::new(row.text(1)?).map_err(|_| unreadable("a person"))?,
        label: row.text(2)?.to_owned(),
        org: OrgId::new(row.text(3)?).map_err(|_| unreadable("an organisation"))?,
    })
}

/// Wipes what was in the clear, once it is sealed in the same batch.
pub fn wipe_clear(people: &[PersonId]) -> Batch {
    let rows: Rows = people
        .iter()
        .map(|person| {
            [Value::from(format!("sealed {person}")), SEALED.into(), person.as_str().into()]
        })
        .collect();
    Batch::new()
        .many("update identity set incident_person = $1, label = $2 where person = $3", rows)
}

/// A request to open the vault.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Its name.
    pub opening: String,
    /// Why.
    pub reason: String,
    /// Whose entries, JSON.
    pub people: String,
    /// Which regions' keys for whom, JSON.
    pub grants: String,
    /// The first account.
    pub asked_by: String,
    /// When it asked.
    pub asked_at: UnixMillis,
    /// The second account.
    pub opened_by: Option<String>,
    /// When it agreed.
    pub opened_at: Option<UnixMillis>,
}

pub(super) const ASK: &str =
    "insert into vault_opening (opening, reason, people, grants, asked_by, asked_at_ms, opened_by,
                                opened_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Notes that somebody asks.
pub fn ask(opening: &Opening) -> Batch {
    Batch::new().step(
        ASK,
        [
            opening.opening.as_str().into(),
            opening.reason.as_str().into(),
            opening.people.as_str().into(),
            opening.grants.as_str().into(),
            opening.asked_by.as_str().into(),
            opening.asked_at.0.into(),
            opening.opened_by.clone().into(),
            opening.opened_at.map(|at| at.0).into(),
        ],
    )
}

/// Notes that a second one agreed; once.
pub fn agree(opening: &str, account: &str, at: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update vault_opening set opened_by = $1, opened_at_ms = $2
              where opening = $3 and opened_by is null",
            [account.into(), at.0.into(), opening.into()],
        )
        .expect_rows(1)
}

fn read_opening(row: &Row) -> Result<Opening, StoreError> {
    Ok(Opening {
        opening: row.text(0)?.to_owned(),
        reason: row.text(1)?.to_owned(),
        people: row.text(2)?.to_owned(),
        grants: row.text(3)?.to_owned(),
        asked_by: row.text(4)?.to_owned(),
        asked_at: UnixMillis(row.int(5)?),
        opened_by: row.opt_text(6)?.map(str::to_owned),
        opened_at: row.opt_int(7)?.map(UnixMillis),
    })
}

/// One request.
pub async fn opening(db: &Db, opening: &str) -> Result<Option<Opening>, StoreError> {
    let row = db
        .query_opt(
            "select opening, reason, people, grants, asked_by, asked_at_ms, opened_by,
                    opened_at_ms
               from vault_opening where opening = $1",
            &[opening.into()],
        )
        .await?;
    row.as_ref().map(read_opening).transpose()
}

/// The newest requests, newest first.
pub async fn openings(db: &Db, limit: u32) -> Result<Vec<Opening>, StoreError> {
    let rows = db
        .query(
            "select opening, reason, people, grants, asked_by, asked_at_ms, opened_by,
                    opened_at_ms
               from vault_opening order by asked_at_ms desc, opening limit $1",
            &[limit.into()],
        )
        .await?;
    rows.iter().map(read_opening).collect()
}
