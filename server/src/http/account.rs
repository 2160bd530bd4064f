//! One's own account: who one is, and what one gets in with. Security keys are added on the page
//! `/account`, because only a browser can ask one; here they are listed and ended.

use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    people::{OwnView, token_end, totp},
};

/// The account as it stands: what every change here answers with.
async fn own(
    operator: &Operator,
    headquarters: &Headquarters,
) -> Result<Json<OwnView>, HttpProblem> {
    let own = headquarters.people.own(operator, (headquarters.clock)()).await?;
    Ok(Json(OwnView::new(own, operator)))
}

/// `GET /v1/account`: who asks, with what it may and what it is in with.
pub(super) async fn show(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<OwnView>, HttpProblem> {
    own(&operator, &headquarters).await
}

/// Body of `POST /v1/account/password`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordBody {
    /// The one before; not needed for the first.
    #[serde(default)]
    present: String,
    new: String,
}

/// `POST /v1/account/password`: another password; the account's other sessions end.
pub(super) async fn set_password(
    operator: Operator,
    body: Json<PasswordBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<OwnView>, HttpProblem> {
    let (people, now) = (&headquarters.people, (headquarters.clock)());
    people.change_password(&operator, &body.present, &body.new, now).await?;
    own(&operator, &headquarters).await
}

/// A secret for one-time codes.
#[derive(Serialize)]
pub(super) struct Offered {
    /// Base32.
    secret: String,
    /// The address that an authenticator app scans.
    address: String,
}

/// `POST /v1/account/totp/offer`: a secret for one-time codes. It is the account's once a code of it
/// was shown; the same one is offered until then.
pub(super) async fn offer_totp(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Offered>, HttpProblem> {
    let people = &headquarters.people;
    let account = people.own(&operator, (headquarters.clock)()).await?.account;
    let secret = people.offer_totp(&operator, &account)?;
    let election = headquarters.book.read().pack.election.id.clone();
    Ok(Json(Offered {
        secret: totp::base32(&secret),
        address: totp::address(&secret, &operator.name, election.as_str()),
    }))
}

/// Body of `POST /v1/account/totp`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeBody {
    code: String,
}

/// `POST /v1/account/totp`: takes the offered secret; the account's other sessions end.
pub(super) async fn set_totp(
    operator: Operator,
    body: Json<CodeBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<OwnView>, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.people.confirm_totp(&operator, &body.code, now).await?;
    own(&operator, &headquarters).await
}

/// Recovery codes, told once.
#[derive(Serialize)]
pub(super) struct RecoveryCodes {
    codes: Vec<String>,
}

/// `POST /v1/account/recovery-codes`: new ones; earlier ones no longer work.
pub(super) async fn make_recovery(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<RecoveryCodes>, HttpProblem> {
    let now = (headquarters.clock)();
    let codes = headquarters.people.new_recovery_codes(&operator, now).await?;
    Ok(Json(RecoveryCodes { codes }))
}

/// `POST /v1/account/passkeys/{id}/end`: takes a security key off.
pub(super) async fn end_passkey(
    operator: Operator,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<OwnView>, HttpProblem> {
    headquarters.people.end_passkey(&operator, &id, (headquarters.clock)()).await?;
    own(&operator, &headquarters).await
}

/// `POST /v1/account/sessions/{id}/end`: ends one of the account's sessions.
pub(super) async fn end_session(
    operator: Operator,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<OwnView>, HttpProblem> {
    headquarters.people.end_session(&operator, &id, (headquarters.clock)()).await?;
    own(&operator, &headquarters).await
}

/// Body of `POST /v1/account/tokens`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenBody {
    /// What it is for.
    name: String,
    /// How long it works; until it is ended if missing.
    days: Option<u32>,
    /// Whether it opens what asks for a fresh second factor.
    #[serde(default)]
    stepped_up: bool,
}

/// A token, told once.
#[derive(Serialize)]
pub(super) struct MadeToken {
    id: String,
    token: String,
}

/// `POST /v1/account/tokens`: a token for a program. Asks for a fresh second factor, because it
/// outlives what makes it.
pub(super) async fn make_token(
    operator: Operator,
    body: Json<TokenBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<MadeToken>, HttpProblem> {
    let now = (headquarters.clock)();
    let until = token_end(body.days, now)?;
    let what = (body.name.as_str(), body.stepped_up);
    let made = headquarters.people.new_token(&operator, what, until, now).await?;
    Ok(Json(MadeToken { id: made.id, token: made.token }))
}

/// `POST /v1/account/tokens/{id}/end`: ends one of the account's tokens.
pub(super) async fn end_token(
    operator: Operator,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<OwnView>, HttpProblem> {
    headquarters.people.end_token(&operator, &id, (headquarters.clock)()).await?;
    own(&operator, &headquarters).await
}

/// Body of `POST /v1/account/language`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguageBody {
    language: String,
}

/// `POST /v1/account/language`: the language of the account's pages.
pub(super) async fn set_language(
    operator: Operator,
    body: Json<LanguageBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<OwnView>, HttpProblem> {
    headquarters.people.set_language(&operator, &body.language).await?;
    own(&operator, &headquarters).await
}
