//! What a page says to a security key, and what comes back: hidden fields that `passkey.js` fills in.
//! Browsers give scripts of ours the key; without scripts there are one-time codes.

use actix_web::HttpRequest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::{
    app::Headquarters,
    http::{HttpProblem, asked_at},
    people::webauthn::{Asserted, ClientData, Registered, host_of},
};

/// What a key is asked.
pub(super) struct KeyAsked {
    /// base64url.
    pub(super) challenge: String,
    /// The host that keys are made for.
    pub(super) host: String,
    /// Names of the account's keys, with blanks between.
    pub(super) credentials: String,
}

/// A key is asked where the account has one.
pub(super) async fn ask(
    request: &HttpRequest,
    headquarters: &Headquarters,
    account: &str,
) -> Result<Option<KeyAsked>, HttpProblem> {
    let keys = headquarters.people.passkeys(account).await?;
    if keys.is_empty() {
        return Ok(None);
    }
    offer(request, headquarters, account, &keys).map(Some)
}

/// A new key is asked to be made; those that there are are not to be made again.
pub(super) fn offer(
    request: &HttpRequest,
    headquarters: &Headquarters,
    account: &str,
    known: &[String],
) -> Result<KeyAsked, HttpProblem> {
    let challenge = headquarters.people.challenge(account, (headquarters.clock)())?;
    let host = host_of(&asked_at(request)).to_owned();
    Ok(KeyAsked { challenge, host, credentials: known.join(" ") })
}

/// The hidden fields.
#[derive(Default, Deserialize)]
pub(super) struct KeyAnswer {
    #[serde(default)]
    credential: String,
    #[serde(default)]
    client_data: String,
    #[serde(default)]
    authenticator: String,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    attestation: String,
}

fn bytes(field: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(field).ok().filter(|bytes| !bytes.is_empty())
}

impl KeyAnswer {
    /// A key's answer, if the form brings one.
    pub(super) fn asserted(&self, request: &HttpRequest) -> Option<Asserted> {
        let client_data =
            ClientData { bytes: bytes(&self.client_data)?, origin: asked_at(request) };
        Some(Asserted {
            credential: self.credential.clone(),
            client_data,
            authenticator: bytes(&self.authenticator)?,
            signature: bytes(&self.signature)?,
        })
    }

    /// A new key, if the form brings one.
    pub(super) fn registered(&self, request: &HttpRequest) -> Option<Registered> {
        let client_data =
            ClientData { bytes: bytes(&self.client_data)?, origin: asked_at(request) };
        Some(Registered { client_data, attestation: bytes(&self.attestation)? })
    }
}
