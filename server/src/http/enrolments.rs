//! Devices: enrolled by invitation, listed, revoked.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path, Payload},
};
use hattama_proto::{
    hardware::HardwareKey,
    id::{Kid, OrgId, RecordId, to_hex},
    jws::Envelope,
    key::PublicKey,
    kind::Role,
    problem::ProblemCode,
    record::RequestClaims,
    statement::Mandate,
    wire::{EnrolmentPush, EnrolmentReply, SessionReply, SessionRequest},
};
use serde::{Deserialize, Serialize};

use super::{HttpProblem, admit};
use crate::{access::Operator, app::Headquarters, store};

/// `POST /v1/enrolments`: a signed request becomes an enrolment. Safe to repeat with the very same
/// request.
///
/// 200; 404 for an unknown invitation; 409 when another key used it; 410 when it has run out.
pub(super) async fn enrol(
    request: HttpRequest,
    mut payload: Payload,
    headquarters: Data<Headquarters>,
) -> Result<Json<EnrolmentReply>, HttpProblem> {
    let (push, _place): (EnrolmentPush, _) =
        admit::small(&request, &mut payload, &headquarters, 32 * 1024).await?;
    Ok(Json(headquarters.enrolments.enrol(&push, (headquarters.clock)()).await?))
}

/// `POST /v1/session`: an enrolled key gets a fresh device token, by signing a challenge. Nothing
/// depends on the device's clock.
pub(super) async fn session(
    request: HttpRequest,
    mut payload: Payload,
    headquarters: Data<Headquarters>,
) -> Result<Json<SessionReply>, HttpProblem> {
    let (asked, _place): (SessionRequest, _) =
        admit::small(&request, &mut payload, &headquarters, 4 * 1024).await?;
    Ok(Json(headquarters.sessions.answer(&asked, (headquarters.clock)()).await?))
}

/// A key that headquarters knows.
#[derive(Serialize)]
pub(super) struct DeviceView {
    kid: Kid,
    /// With it anybody checks the device's signatures.
    public_key: PublicKey,
    role: Role,
    person: String,
    org: String,
    mandate: Mandate,
    /// From which log index its records are set aside.
    revoked_from: Option<u64>,
    /// Whether it is a desk at headquarters and no observer's device.
    desk: bool,
    /// Name of the key in the phone's hardware that signed for it; none where none did.
    hardware: Option<Kid>,
    /// Highest place of its chain that has arrived.
    last_seq: Option<u64>,
}

/// `GET /v1/devices`: all enrolled keys.
pub(super) async fn devices(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Json<Vec<DeviceView>> {
    let book = headquarters.book.read();
    let mut devices: Vec<DeviceView> = book
        .statements
        .enrolments()
        .filter(|enrolment| operator.scope.sees_device(&book, enrolment))
        .map(|enrolment| DeviceView {
            kid: enrolment.kid,
            public_key: enrolment.public_key,
            role: enrolment.role,
            person: enrolment.person.to_string(),
            org: enrolment.org.to_string(),
            mandate: enrolment.mandate.clone(),
            revoked_from: book.statements.revoked_from(&enrolment.kid),
            desk: enrolment.desk,
            hardware: enrolment.hardware,
            last_seq: book.heads.get(&enrolment.kid).copied(),
        })
        .collect();
    devices.sort_by(|a, b| (&a.person, a.kid).cmp(&(&b.person, b.kid)));
    Json(devices)
}

/// What a phone's hardware said of its key.
#[derive(Serialize)]
pub(super) struct HardwareView {
    kid: Kid,
    /// The hardware key, as a JWK.
    hardware: HardwareKey,
    /// What it signed over, in hex: the maker's attestation has to repeat it.
    challenge: String,
    /// The maker's certificates, DER in base64url, the hardware key's own first.
    attestation: Vec<String>,
    /// The signed request that holds all this.
    request: String,
}

/// `GET /v1/devices/{kid}/hardware`: the attestation of the hardware that signed for a key, to be checked
/// against its maker's roots.
///
/// 404 where no hardware signed for it.
pub(super) async fn hardware(
    operator: Operator,
    kid: Path<Kid>,
    headquarters: Data<Headquarters>,
) -> Result<Json<HardwareView>, HttpProblem> {
    let granted = {
        let book = headquarters.book.read();
        let device = book.statements.enrolment(&kid);
        device
            .filter(|device| operator.scope.sees_device(&book, device))
            .map(|device| device.request)
    };
    let kept = match granted {
        Some(_) => store::devices::hardware_request(&headquarters.db, &kid).await?,
        None => None,
    };
    let request = kept.ok_or_else(|| {
        HttpProblem::new(ProblemCode::NotFound, "no hardware signed for such a device")
    })?;
    let damaged = || HttpProblem::new(ProblemCode::Internal, "headquarters failed inside");
    // Not what was granted: a row was altered, and `hattama fsck` says so.
    if granted != Some(RecordId::of(request.as_bytes())) {
        return Err(damaged());
    }
    let claims = Envelope::parse(&request)
        .ok()
        .and_then(|envelope| {
            serde_json::from_slice::<RequestClaims>(envelope.unverified_payload()).ok()
        })
        .ok_or_else(damaged)?;
    let challenge = claims.body.challenge(&claims.election);
    let said = claims.body.hardware.ok_or_else(damaged)?;
    Ok(Json(HardwareView {
        kid: *kid,
        hardware: said.key,
        challenge: to_hex(challenge.as_bytes()),
        attestation: said.attestation,
        request,
    }))
}

/// Body of `POST /v1/devices/{kid}/revocation`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RevocationBody {
    reason: String,
    /// First log index that is set aside; now if missing.
    #[serde(default)]
    from_index: Option<u64>,
}

/// A signed statement and its place.
#[derive(Serialize)]
pub(super) struct StatementView {
    statement: String,
    index: u64,
}

/// `POST /v1/devices/{kid}/revocation`: from a log index on, the key's records are set aside.
/// Nothing is deleted.
pub(super) async fn revoke(
    operator: Operator,
    kid: Path<Kid>,
    body: Json<RevocationBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<StatementView>, HttpProblem> {
    let is_hidden = {
        let book = headquarters.book.read();
        let device = book.statements.enrolment(&kid);
        device.is_some_and(|device| !operator.scope.sees_device(&book, device))
            || device.is_none() && !operator.scope.is_everything()
    };
    if is_hidden {
        return Err(HttpProblem::new(ProblemCode::NotFound, "no such device is enrolled"));
    }
    let (statement, index) = headquarters
        .review
        .revoke(*kid, body.from_index, &body.reason, &operator.name, (headquarters.clock)())
        .await?;
    Ok(Json(StatementView { statement, index }))
}

/// Body of `POST /v1/invitations`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InvitationBody {
    /// What the coordinator calls the person; stays in the identity vault.
    label: String,
    /// How to reach the person; stays in the identity vault, and is kept only where there is one.
    #[serde(default)]
    reach: String,
    org: OrgId,
    mandate: Mandate,
    /// How long the invitation can be used, in hours.
    #[serde(default = "three_days")]
    valid_hours: u32,
}

const fn three_days() -> u32 {
    72
}

/// A new invitation.
#[derive(Serialize)]
pub(super) struct InvitationView {
    /// The text to hand over, once; it is not kept.
    invitation: String,
    person: String,
}

/// `POST /v1/invitations`: invites one person, for one device.
pub(super) async fn invite(
    operator: Operator,
    body: Json<InvitationBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<InvitationView>, HttpProblem> {
    let body = body.into_inner();
    let (org, scope) = (body.org.as_str(), &operator.scope);
    if !scope.sees_mandate(&headquarters.book.read(), org, &body.mandate) {
        return Err(HttpProblem::new(
            ProblemCode::Forbidden,
            "invite for your own organisation and to units of your own region",
        ));
    }
    let guest = crate::ingest::Guest {
        label: body.label,
        reach: body.reach,
        org: body.org,
        mandate: body.mandate,
        valid_hours: body.valid_hours,
    };
    let (invitation, person) =
        headquarters.invitations.invite(&guest, &operator.name, (headquarters.clock)()).await?;
    Ok(Json(InvitationView { invitation: invitation.to_text(), person: person.to_string() }))
}
