//! The identity vault: the only addresses that answer with names.

use actix_web::web::{Data, Json, Path};
use hattama_proto::{id::PersonId, time::UnixMillis};
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    vault::{GrantAsked, OpenContact, OpeningAsked, OpeningView, VaultState},
};

/// Body of `POST /v1/vault/passphrase`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassphraseBody {
    passphrase: String,
    /// The one before, to change it.
    #[serde(default)]
    old: Option<String>,
}

/// An answer that says only that it was done.
#[derive(Serialize)]
pub(super) struct Done {
    done: bool,
}

const DONE: Json<Done> = Json(Done { done: true });

/// `POST /v1/vault/passphrase`: sets or changes one's own passphrase for the vault.
pub(super) async fn passphrase(
    operator: Operator,
    body: Json<PassphraseBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Done>, HttpProblem> {
    let body = body.into_inner();
    let now = (headquarters.clock)();
    headquarters.vault.set_passphrase(&operator.name, body.old, body.passphrase, now).await?;
    Ok(DONE)
}

/// `GET /v1/vault`: who holds it, and how many are in it.
pub(super) async fn show(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<VaultState>, HttpProblem> {
    Ok(Json(headquarters.vault.state(&operator.scope).await?))
}

/// Body of `POST /v1/vault`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MakeBody {
    /// Accounts that get a share; any two open the vault.
    holders: Vec<String>,
    /// Coordinators and their regions.
    #[serde(default)]
    coordinators: Vec<GrantAsked>,
}

/// `POST /v1/vault`: makes the vault; whoever stood in the clear is sealed.
///
/// 409 when there is one; 422 when a named account has no passphrase yet.
pub(super) async fn make(
    operator: Operator,
    body: Json<MakeBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<VaultState>, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.vault.make(&body.holders, &body.coordinators, &operator, now).await?;
    Ok(Json(headquarters.vault.state(&operator.scope).await?))
}

/// `POST /v1/vault/seal`: after the night, takes the contacts from all coordinators.
pub(super) async fn seal(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<VaultState>, HttpProblem> {
    headquarters.vault.seal(&operator, (headquarters.clock)()).await?;
    Ok(Json(headquarters.vault.state(&operator.scope).await?))
}

/// `GET /v1/vault/openings`: the newest, without names.
pub(super) async fn openings(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<OpeningView>>, HttpProblem> {
    Ok(Json(headquarters.vault.openings(&operator, (headquarters.clock)()).await?))
}

/// Body of `POST /v1/vault/openings`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskBody {
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    grants: Vec<GrantAsked>,
    reason: String,
    passphrase: String,
}

/// A request that waits for the second account.
#[derive(Serialize)]
pub(super) struct Asked {
    opening: String,
}

/// `POST /v1/vault/openings`: the first of two asks.
pub(super) async fn ask(
    operator: Operator,
    body: Json<AskBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Asked>, HttpProblem> {
    let body = body.into_inner();
    let asked = OpeningAsked {
        people: body.people,
        grants: body.grants,
        reason: body.reason,
        passphrase: body.passphrase,
    };
    let opening = headquarters.vault.ask(asked, &operator, (headquarters.clock)()).await?;
    Ok(Json(Asked { opening }))
}

/// `GET /v1/vault/openings/{opening}`: with the names for the two who opened it, until it ends.
pub(super) async fn opening(
    operator: Operator,
    opening: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<OpeningView>, HttpProblem> {
    let now = (headquarters.clock)();
    Ok(Json(headquarters.vault.opening(&opening, &operator, now).await?))
}

/// Body of `POST /v1/vault/openings/{opening}/agreement` and of `POST /v1/contacts/opening`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretBody {
    passphrase: String,
}

/// `POST /v1/vault/openings/{opening}/agreement`: the second agrees, within ten minutes.
pub(super) async fn agree(
    operator: Operator,
    opening: Path<String>,
    body: Json<SecretBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<OpeningView>, HttpProblem> {
    let now = (headquarters.clock)();
    let passphrase = body.into_inner().passphrase;
    Ok(Json(headquarters.vault.agree(&opening, passphrase, &operator, now).await?))
}

/// Until when contacts can be read.
#[derive(Serialize)]
pub(super) struct OpenUntil {
    open_until: Option<UnixMillis>,
}

/// `POST /v1/contacts/opening`: opens the contacts of one's own regions for ten minutes.
pub(super) async fn open_contacts(
    operator: Operator,
    body: Json<SecretBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<OpenUntil>, HttpProblem> {
    let now = (headquarters.clock)();
    let passphrase = body.into_inner().passphrase;
    headquarters.vault.open_regions(&operator, passphrase, now).await?;
    Ok(Json(OpenUntil { open_until: headquarters.vault.open_until(&operator.name, now) }))
}

/// `POST /v1/contacts/closing`: closes them again.
pub(super) async fn close_contacts(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Json<OpenUntil> {
    headquarters.vault.close_regions(&operator.name, (headquarters.clock)());
    Json(OpenUntil { open_until: None })
}

/// `GET /v1/contacts`: the contacts of one's own regions, once they are open. Every look is an audit
/// event.
pub(super) async fn contacts(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<OpenContact>>, HttpProblem> {
    Ok(Json(headquarters.vault.contacts(&operator, (headquarters.clock)()).await?))
}

/// Body of `POST /v1/contacts/{person}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactBody {
    label: String,
    #[serde(default)]
    reach: String,
    #[serde(default)]
    note: String,
    /// The version that was changed.
    version: u64,
}

/// `POST /v1/contacts/{person}`: changes a contact of an open region.
pub(super) async fn change_contact(
    operator: Operator,
    person: Path<PersonId>,
    body: Json<ContactBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Done>, HttpProblem> {
    let body = body.into_inner();
    let changed = (body.label, body.reach, body.note);
    let now = (headquarters.clock)();
    headquarters.vault.change_contact(&person, changed, body.version, &operator, now).await?;
    Ok(DONE)
}
