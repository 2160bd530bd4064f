//! Enrolling: from an invitation to keys that headquarters knows and a set-up that works offline.
//!
//! Nothing is taken over until everything holds. The signed requests are kept before they are
//! sent, so that a retry after a lost answer sends the very same strings and is answered the same.

use hattama_proto::{
    id::ElectionId,
    invitation::{Invitation, Proof},
    jws::sign,
    key::PublicKey,
    kind::{Kind, Role},
    pack::PackManifest,
    record::{EnrolmentRequest, RequestClaims},
    statement::{Enrolment, Statement},
    wire::EnrolmentReply,
};

use super::{
    EnrolmentSummary, Notebook,
    packs::{Unfetched, trust_of},
};
use crate::{
    capture::{fresh_nonce, fresh_uid},
    error::NotebookError,
    hardware,
    outbox::{self, EnrolmentRow},
    steps::crash_point,
    sync::{Heard, Trust, enrol, hear, statement},
    transport::{HttpTransport, Stop, Transport, TransportError},
};

impl Notebook {
    /// Enrols both keys of this notebook by `invitation`, over HTTPS to the addresses in it.
    ///
    /// Blocks. Safe to repeat: a lost answer is asked for again.
    pub fn enrol(&self, invitation: &Invitation) -> Result<EnrolmentSummary, NotebookError> {
        let transport = HttpTransport::new(&invitation.hq, invitation.pin.as_deref())
            .map_err(|error| NotebookError::invalid("invitation", error))?;
        self.enrol_through(invitation, &transport)
    }

    /// As [`enrol`](Self::enrol), through a transport of the caller's.
    pub fn enrol_through(
        &self,
        invitation: &Invitation,
        transport: &dyn Transport,
    ) -> Result<EnrolmentSummary, NotebookError> {
        let turn = self.take_turn()?;
        if let Some(election) = self.election()?
            && election != invitation.election
        {
            return Err(NotebookError::invalid(
                "invitation",
                format!("it is for {}; this notebook is about {election}", invitation.election),
            ));
        }
        let rows = self.requests(invitation)?;
        crash_point("enrolment-requested");
        let mut replies = Vec::new();
        for row in &rows {
            replies.push(ask(&row.request, transport, &turn.stop)?);
        }
        self.take_over(invitation, rows, replies, transport, &turn.stop)
    }

    /// Takes over what was granted, once everything holds.
    pub(super) fn take_over(
        &self,
        invitation: &Invitation,
        mut rows: Vec<EnrolmentRow>,
        replies: Vec<EnrolmentReply>,
        transport: &dyn Transport,
        stop: &Stop,
    ) -> Result<EnrolmentSummary, NotebookError> {
        let (root, manifest) = newest_manifest(invitation, &replies)?;
        if let Some(pack) = self.pack()?
            && manifest.claims.body.version < pack.version
        {
            return Err(NotebookError::untrusted("its election set-up is older than ours"));
        }
        let pack = self.fetch_set_up(&manifest, transport, stop).map_err(unfetched)?;
        let trust = trust_of(&pack, root)?;
        for (row, reply) in rows.iter_mut().zip(replies) {
            self.granted(row, &reply, &trust)?;
            row.statement = Some(reply.enrolment);
            row.token = Some(reply.device_token);
            row.token_expires_at = Some(reply.token_expires_at.0);
        }
        let mut facts = self.pack_facts(&pack, &manifest, &invitation.hq);
        facts.extend([
            (outbox::ELECTION, Some(invitation.election.to_string())),
            (outbox::ROOT_KEY, Some(root.to_string())),
            (outbox::PIN, invitation.pin.clone()),
        ]);
        let facts: Vec<_> = facts.iter().map(|(name, value)| (*name, value.as_deref())).collect();
        crash_point("enrolment-before-commit");
        self.with(|outbox| outbox.set_enrolments(&rows, &facts))?;
        self.use_pack(pack);
        self.enrolment()?.ok_or(NotebookError::NotEnrolled)
    }

    /// What the enrolment brought; none before it.
    pub fn enrolment(&self) -> Result<Option<EnrolmentSummary>, NotebookError> {
        let Some(trust) = self.trust()? else { return Ok(None) };
        let mut summary: Option<EnrolmentSummary> = None;
        for row in self.with(|outbox| outbox.enrolments())? {
            let Some(text) = &row.statement else { continue };
            // A key of headquarters may have changed since; the statement was checked when it came.
            let Ok(statement) = trust.statement::<Enrolment>(text) else { continue };
            let body = statement.claims.body;
            let summary = summary.get_or_insert_with(|| EnrolmentSummary {
                election: trust.election.clone(),
                org: body.org.clone(),
                persons: Vec::new(),
                mandate: body.mandate.clone(),
                kids: Vec::new(),
                hardware: Vec::new(),
                pack_version: trust.pack_version,
                sealing: self.photo_sealing(),
            });
            summary.persons.push((row.role, body.person));
            summary.kids.push((row.role, body.kid));
            summary.hardware.extend(body.hardware.map(|kid| (row.role, kid)));
        }
        Ok(summary)
    }

    /// The election this notebook is about, once that is known.
    pub fn election(&self) -> Result<Option<ElectionId>, NotebookError> {
        self.with(|outbox| outbox.setting(outbox::ELECTION))?
            .map(|text| {
                text.parse()
                    .map_err(|_| NotebookError::Storage { reason: "the election's name".into() })
            })
            .transpose()
    }

    /// One signed request per role, made now or kept from an earlier attempt with the same
    /// invitation. Stored once it returns.
    fn requests(&self, invitation: &Invitation) -> Result<Vec<EnrolmentRow>, NotebookError> {
        let known = self.with(|outbox| outbox.enrolments())?;
        let mut rows = Vec::new();
        for role in Role::ALL {
            let proof = invitation.proof(role).hash();
            let kept = known.iter().find(|row| {
                row.role == role
                    && row.invitation == proof
                    && row.request.contains('.')
                    && self.is_own_request(row)
            });
            match kept {
                Some(row) => rows.push(row.clone()),
                None => rows.push(EnrolmentRow {
                    role,
                    invitation: proof,
                    request: self.sign_request(invitation, role, invitation.proof(role), None)?,
                    statement: None,
                    token: None,
                    token_expires_at: None,
                }),
            }
        }
        let fresh: Vec<_> = rows.iter().filter(|row| !known.contains(row)).cloned().collect();
        // A granted enrolment is not forgotten for an invitation that may turn out to be no good.
        let pending: Vec<_> = fresh
            .into_iter()
            .map(|mut row| {
                if let Some(old) = known.iter().find(|old| old.role == row.role) {
                    row.statement.clone_from(&old.statement);
                    row.token.clone_from(&old.token);
                    row.token_expires_at = old.token_expires_at;
                }
                row
            })
            .collect();
        self.with(|outbox| outbox.set_enrolments(&pending, &[]))?;
        Ok(rows)
    }

    /// Whether a kept request was signed by the key this notebook has now.
    pub(super) fn is_own_request(&self, row: &EnrolmentRow) -> bool {
        hattama_proto::jws::Envelope::parse(&row.request)
            .is_ok_and(|envelope| envelope.kid() == self.kid(row.role))
    }

    pub(super) fn sign_request(
        &self,
        invitation: &Invitation,
        role: Role,
        proof: Proof,
        vouch: Option<String>,
    ) -> Result<String, NotebookError> {
        let keys =
            |error: &dyn std::fmt::Display| NotebookError::Keys { reason: error.to_string() };
        let now = self.options.clock.now();
        let random = self.options.random.as_ref();
        let own = self.keys()?;
        let key = own.of_role(role);
        let mut body = EnrolmentRequest {
            public_key: key.public(),
            role,
            proof,
            app: self.options.app.clone(),
            vouch,
            hardware: None,
        };
        if let Some(signer) = &self.options.hardware {
            let challenge = body.challenge(&invitation.election);
            match hardware::vouch(signer.as_ref(), role, &challenge) {
                Ok(vouch) => body.hardware = Some(vouch),
                // Whoever is at the door is let in; what headquarters gets says that nothing vouched.
                Err(_) => self
                    .with(|outbox| outbox.note(now.wall, "hardware-did-not-vouch", role.name()))?,
            }
        }
        let claims = RequestClaims {
            uid: fresh_uid(&now, random).map_err(|error| keys(&error))?,
            election: invitation.election.clone(),
            nonce: fresh_nonce(random).map_err(|error| keys(&error))?,
            claimed_at: now.claimed(),
            body,
        };
        sign(key, Kind::EnrolmentRequest, &claims).map_err(|error| keys(&error))
    }

    /// Checks that headquarters granted what was asked for, to whom it was asked for.
    fn granted(
        &self,
        row: &EnrolmentRow,
        reply: &EnrolmentReply,
        trust: &Trust,
    ) -> Result<(), NotebookError> {
        let enrolment = trust.statement::<Enrolment>(&reply.enrolment)?.claims.body;
        // Not the request: a phone that lost its database asks anew and is answered as before.
        let ours = enrolment.kid == self.kid(row.role)
            && enrolment.public_key == self.public_key(row.role)
            && enrolment.role == row.role;
        if ours { Ok(()) } else { Err(NotebookError::untrusted("it enrols another key")) }
    }
}

pub(super) fn ask(
    request: &str,
    transport: &dyn Transport,
    stop: &Stop,
) -> Result<EnrolmentReply, NotebookError> {
    match hear(transport.execute(enrol(request), stop)) {
        Heard::Reply(reply) => Ok(reply),
        heard => Err(refused(heard)),
    }
}

/// What somebody who waits for an answer is told.
fn refused<T>(heard: Heard<T>) -> NotebookError {
    let network = |reason: String| NotebookError::Network { reason };
    match heard {
        Heard::Reply(_) => network("an answer came and was not used".to_owned()),
        Heard::Problem(problem) => {
            NotebookError::Refused { code: problem.code, detail: problem.detail }
        }
        Heard::Garbled { status } => network(format!("its answer cannot be read, status {status}")),
        Heard::Foreign { status } => {
            network(format!("somebody else answered, status {status}; is there a login page?"))
        }
        Heard::Failed(error @ (TransportError::Address(_) | TransportError::Untrusted(_))) => {
            NotebookError::untrusted(error)
        }
        Heard::Failed(error) => network(error.to_string()),
    }
}

fn unfetched(error: Unfetched) -> NotebookError {
    match error {
        Unfetched::Heard(heard) => refused(heard),
        Unfetched::Wrong(error) => error,
    }
}

/// The root key that the invitation names, and the newest manifest it signed.
fn newest_manifest(
    invitation: &Invitation,
    replies: &[EnrolmentReply],
) -> Result<(PublicKey, Statement<PackManifest>), NotebookError> {
    let mut newest: Option<(PublicKey, Statement<PackManifest>)> = None;
    for reply in replies {
        // The map's name for a key is a claim; the key's own thumbprint counts.
        let root = reply
            .keys
            .values()
            .find(|key| key.kid() == invitation.root)
            .ok_or_else(|| NotebookError::untrusted("the root key is another"))?;
        let manifest = statement::<PackManifest>(&reply.pack, root, &invitation.election)?;
        let newer = newest
            .as_ref()
            .is_none_or(|(_, known)| manifest.claims.body.version > known.claims.body.version);
        if newer {
            newest = Some((*root, manifest));
        }
    }
    newest.ok_or(NotebookError::NotEnrolled)
}
