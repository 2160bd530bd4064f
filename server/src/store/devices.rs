//! Invitations, the identity vault and device tokens.

use hattama_proto::{
    id::{Kid, OrgId, PersonId},
    key::PublicKey,
    kind::Role,
    statement::Mandate,
    time::UnixMillis,
};

use super::{Batch, Db, Rows, StoreError, Value, records::unreadable};

/// An invitation as headquarters keeps it: without its secret.
#[derive(Clone, Debug)]
pub struct StoredInvitation {
    /// What the key will be for.
    pub role: Role,
    /// The person, by pseudonym.
    pub person: PersonId,
    /// The organisation.
    pub org: OrgId,
    /// Where the person may observe.
    pub mandate: Mandate,
    /// Until when it can be used.
    pub expires_at: UnixMillis,
    /// The key that used it.
    pub kid: Option<Kid>,
    /// The enrolment it led to.
    pub enrolment_id: Option<String>,
}

/// One key's half of an invitation, to be stored.
#[derive(Debug)]
pub struct NewInvitation<'a> {
    /// Hash of the proof.
    pub secret_hash: String,
    /// What the key will be for.
    pub role: Role,
    /// The person, by pseudonym.
    pub person: &'a PersonId,
    /// The organisation.
    pub org: &'a OrgId,
    /// Where the person may observe.
    pub mandate: &'a Mandate,
    /// Until when it can be used.
    pub expires_at: UnixMillis,
}

/// Stores an invitation's half.
pub fn invite(invitation: &NewInvitation<'_>) -> Batch {
    let mandate = serde_json::to_string(invitation.mandate).expect("a mandate is plain data");
    Batch::new().step(
        "insert into invitation (secret_hash, role, person, org, mandate, expires_at_ms)
         values ($1, $2, $3, $4, $5, $6)",
        [
            invitation.secret_hash.clone().into(),
            invitation.role.name().into(),
            invitation.person.as_str().into(),
            invitation.org.as_str().into(),
            mandate.into(),
            invitation.expires_at.0.into(),
        ],
    )
}

pub(super) const ENTER: &str =
    "insert into identity (person, incident_person, label, org) values ($1, $2, $3, $4)";

/// Writes a person down in the clear, while there is no vault yet.
pub fn enter_vault(person: &PersonId, incidents: &PersonId, label: &str, org: &OrgId) -> Batch {
    Batch::new().step(
        ENTER,
        [person.as_str().into(), incidents.as_str().into(), label.into(), org.as_str().into()],
    )
}

/// Where a person was last invited to observe.
pub async fn mandate_of(db: &Db, person: &PersonId) -> Result<Option<Mandate>, StoreError> {
    let row = db
        .query_opt(
            "select mandate from invitation where person = $1
              order by expires_at_ms desc, secret_hash limit 1",
            &[person.as_str().into()],
        )
        .await?;
    row.map(|row| serde_json::from_str(row.text(0)?).map_err(|_| unreadable("a mandate")))
        .transpose()
}

/// As what, for whom and where a person was last invited.
pub async fn invited_as(
    db: &Db,
    person: &PersonId,
) -> Result<Option<(Role, OrgId, Mandate)>, StoreError> {
    let row = db
        .query_opt(
            "select role, org, mandate from invitation where person = $1
              order by expires_at_ms desc, secret_hash limit 1",
            &[person.as_str().into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((
        Role::from_name(row.text(0)?).ok_or_else(|| unreadable("a role"))?,
        OrgId::new(row.text(1)?).map_err(|_| unreadable("an organisation"))?,
        serde_json::from_str(row.text(2)?).map_err(|_| unreadable("a mandate"))?,
    )))
}

/// Ends invitations of these people that nobody has used.
pub fn withdraw_unused(people: &[&PersonId], now: UnixMillis) -> Batch {
    let rows: Rows =
        people.iter().map(|person| [Value::from(now.0), person.as_str().into()]).collect();
    Batch::new().many(
        "update invitation set expires_at_ms = $1
          where person = $2 and kid is null and expires_at_ms > $1",
        rows,
    )
}

/// The invitation under this hash: of the proof of its secret, or of nothing for one that a key of the
/// election before stands for.
pub async fn invitation(
    db: &Db,
    secret_hash: &str,
) -> Result<Option<StoredInvitation>, StoreError> {
    let row = db
        .query_opt(
            "select role, person, org, mandate, expires_at_ms, kid, enrolment_id
               from invitation where secret_hash = $1",
            &[secret_hash.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredInvitation {
        role: Role::from_name(row.text(0)?).ok_or_else(|| unreadable("a role"))?,
        person: PersonId::new(row.text(1)?).map_err(|_| unreadable("a person"))?,
        org: OrgId::new(row.text(2)?).map_err(|_| unreadable("an organisation"))?,
        mandate: serde_json::from_str(row.text(3)?).map_err(|_| unreadable("a mandate"))?,
        expires_at: UnixMillis(row.int(4)?),
        kid: row.opt_text(5)?.map(super::records::kid).transpose()?,
        enrolment_id: row.opt_text(6)?.map(str::to_owned),
    }))
}

/// Whether an invitation can be used still.
pub async fn is_open(db: &Db, secret_hash: &str, now: UnixMillis) -> Result<bool, StoreError> {
    let row = db
        .query_opt(
            "select secret_hash from invitation
              where secret_hash = $1 and kid is null and expires_at_ms > $2",
            &[secret_hash.into(), Value::Int(now.0)],
        )
        .await?;
    Ok(row.is_some())
}

/// Ends one invitation, if nobody has used it.
pub fn end_unused(secret_hash: &str, now: UnixMillis) -> Batch {
    Batch::new().step(
        "update invitation set expires_at_ms = $1
          where secret_hash = $2 and kid is null and expires_at_ms > $1",
        [now.0.into(), secret_hash.into()],
    )
}

/// Uses an invitation up; the batch fails as a whole when somebody else did first.
pub fn consume(secret_hash: &str, kid: &Kid, at: UnixMillis, enrolment_id: &str) -> Batch {
    Batch::new()
        .step(
            "update invitation set kid = $1, consumed_at_ms = $2, enrolment_id = $3
              where secret_hash = $4 and kid is null",
            [kid.to_string().into(), at.0.into(), enrolment_id.into(), secret_hash.into()],
        )
        .expect_rows(1)
}

pub(super) const KEEP_HARDWARE: &str =
    "insert into hardware_request (kid, request) values ($1, $2) on conflict (kid) do nothing";

/// Keeps the request of a key that hardware signed for, to the byte: its attestation is in it.
pub fn keep_hardware(kid: &Kid, request: &str) -> Batch {
    Batch::new().step(KEEP_HARDWARE, [kid.to_string().into(), request.into()])
}

/// The request that hardware signed for; none where it did not.
pub async fn hardware_request(db: &Db, kid: &Kid) -> Result<Option<String>, StoreError> {
    let query = "select request from hardware_request where kid = $1";
    let row = db.query_opt(query, &[kid.to_string().into()]).await?;
    row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

pub(super) const KEEP_KEY: &str =
    "insert into brought_key (kid, public_key) values ($1, $2) on conflict (kid) do nothing";

/// Keeps keys that came along with records; one that is known already stays as it is.
pub fn keep_brought(keys: impl IntoIterator<Item = PublicKey>) -> Batch {
    let rows: Rows = keys
        .into_iter()
        .map(|key| [Value::from(key.kid().to_string()), key.to_string().into()])
        .collect();
    Batch::new().many(KEEP_KEY, rows)
}

/// All keys that came along with records.
pub async fn brought(db: &Db) -> Result<Vec<(Kid, PublicKey)>, StoreError> {
    let rows = db.query("select public_key from brought_key order by kid", &[]).await?;
    rows.iter()
        .map(|row| {
            let key = PublicKey::parse(row.text(0)?).map_err(|_| unreadable("a public key"))?;
            Ok((key.kid(), key))
        })
        .collect()
}

pub(super) const GIVE_TOKEN: &str =
    "insert into device_token (token_hash, kid, issued_at_ms, expires_at_ms)
     values ($1, $2, $3, $4)";

/// Stores a device token by its hash.
pub fn give_token(
    token_hash: &str,
    kid: &Kid,
    issued_at: UnixMillis,
    expires_at: UnixMillis,
) -> Batch {
    Batch::new().step(
        GIVE_TOKEN,
        [token_hash.into(), kid.to_string().into(), issued_at.0.into(), expires_at.0.into()],
    )
}

/// Whose token it is, and until when, if it has not run out. Neither is ever changed.
pub async fn token_owner(
    db: &Db,
    token_hash: &str,
    now: UnixMillis,
) -> Result<Option<(Kid, UnixMillis)>, StoreError> {
    let row = db
        .query_opt(
            "select kid, expires_at_ms from device_token
              where token_hash = $1 and expires_at_ms > $2",
            &[token_hash.into(), Value::Int(now.0)],
        )
        .await?;
    row.map(|row| Ok((super::records::kid(row.text(0)?)?, UnixMillis(row.int(1)?)))).transpose()
}

/// How many people were invited and have not enrolled a device yet, though they still may.
pub async fn not_enrolled_yet(db: &Db, now: UnixMillis) -> Result<u64, StoreError> {
    let row = db
        .query_opt(
            "select count(*) from invitation
              where kid is null and role = $1 and expires_at_ms > $2",
            &[Role::Results.name().into(), Value::Int(now.0)],
        )
        .await?;
    row.map_or(Ok(0), |row| row.int(0).map(super::log::unsigned))
}

/// Organisation and mandate of each person who was invited and has not enrolled a device yet, though
/// they still may.
pub async fn waiting_invitations(
    db: &Db,
    now: UnixMillis,
) -> Result<Vec<(OrgId, Mandate)>, StoreError> {
    let rows = db
        .query(
            "select org, mandate from invitation
              where kid is null and role = $1 and expires_at_ms > $2 order by secret_hash",
            &[Role::Results.name().into(), Value::Int(now.0)],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let org = OrgId::new(row.text(0)?).map_err(|_| unreadable("an organisation"))?;
            let mandate = serde_json::from_str(row.text(1)?);
            Ok((org, mandate.map_err(|_| unreadable("a mandate"))?))
        })
        .collect()
}
