//! Enrolment: an invitation and a signed request become a statement that a key may speak.

use std::collections::BTreeMap;

use hattama_proto::{
    hardware::VouchError,
    id::{ElectionId, Kid, RecordId},
    invitation::Proof,
    jws::{Envelope, SignError, VerifyError},
    key::SigningKey,
    kind::Role,
    limits::DEVICE_TOKEN_MS,
    record::{RequestClaims, VouchClaims},
    statement::{Enrolment, Statement, StatementClaims, sign_statement},
    time::UnixMillis,
    wire::{EnrolmentPush, EnrolmentReply},
};
use std::sync::Arc;

use crate::{
    book::SharedBook,
    log::{Item, Says, SequenceError, Sequencer, StatementItem},
    random::{self, RandomError},
    store::{self, Db, StoreError, devices::StoredInvitation},
};

/// Enrols devices. Cheap to clone.
#[derive(Clone)]
pub struct Enrolments {
    db: Db,
    book: SharedBook,
    sequencer: Sequencer,
    key: Arc<SigningKey>,
    election: ElectionId,
}

/// Why a device was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The request is not a signed enrolment request of the key it names.
    #[error("this is not an enrolment request signed by the key it names")]
    Request(#[source] Option<VerifyError>),
    /// The request is for another election.
    #[error("this headquarters serves the election {0}; the invitation is for another one")]
    Election(ElectionId),
    /// No invitation has this secret.
    #[error("this invitation is not known here; ask for a new one")]
    Unknown,
    /// Another key used the invitation.
    #[error(
        "this invitation was used by another device; ask for a new one, and tell your \
             coordinator if that was not you"
    )]
    Used,
    /// It has run out.
    #[error("this invitation has run out; ask for a new one")]
    Expired,
    /// A key in hardware is said to vouch, and did not.
    #[error(
        "what the phone's hardware signed does not hold: {0}; enrol without it, or update the app"
    )]
    Hardware(#[from] VouchError),
    /// The log did not take it.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The statement could not be signed, a bug.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl Enrolments {
    /// Enrols into this log with this key.
    pub fn new(db: Db, book: SharedBook, sequencer: Sequencer, key: Arc<SigningKey>) -> Self {
        let election = book.read().pack.election.id.clone();
        Self { db, book, sequencer, key, election }
    }

    /// Grants a request. The same key asking again with the same invitation is answered the same,
    /// with a fresh token.
    pub async fn enrol(
        &self,
        push: &EnrolmentPush,
        now: UnixMillis,
    ) -> Result<EnrolmentReply, EnrolError> {
        let (request, claims) = read_request(&push.request)?;
        if claims.election != self.election {
            return Err(EnrolError::Election(self.election.clone()));
        }
        let hardware = match &claims.body.hardware {
            None => None,
            Some(said) => {
                Some(said.verify(&claims.body.challenge(&claims.election))?.hardware().kid())
            }
        };
        let secret_hash = match &claims.body.vouch {
            None => claims.body.proof.hash(),
            Some(vouch) => self.vouched_for(vouch, &claims).await?,
        };
        let invitation = store::devices::invitation(&self.db, &secret_hash).await?;
        let invitation = invitation.ok_or(EnrolError::Unknown)?;
        if invitation.role != claims.body.role {
            return Err(EnrolError::Unknown);
        }
        let enrolment = match (&invitation.kid, &invitation.enrolment_id) {
            (Some(kid), Some(id)) if *kid == claims.body.public_key.kid() => {
                self.granted_before(id).await?
            }
            (Some(_), _) => return Err(EnrolError::Used),
            (None, _) if invitation.expires_at < now => return Err(EnrolError::Expired),
            (None, _) => {
                let asked = Asked { request, text: &push.request, claims: &claims, hardware };
                self.grant(&asked, (&secret_hash, &invitation), now).await?
            }
        };
        self.reply(enrolment, &claims, now).await
    }

    /// The invitation that a key of the election before stands for, if it may vouch and did for this
    /// very key in this very election.
    async fn vouched_for(&self, vouch: &str, claims: &RequestClaims) -> Result<String, EnrolError> {
        let refused = |error| EnrolError::Request(Some(error));
        let envelope = Envelope::parse(vouch).map_err(refused)?;
        let carried = store::carried::key(&self.db, &envelope.kid()).await?;
        let carried = carried.ok_or(EnrolError::Unknown)?;
        let verified = envelope.verify(&carried.public_key).map_err(refused)?;
        let said = VouchClaims::read(&verified).map_err(|_| EnrolError::Request(None))?;
        let fits = said.election == carried.from_election
            && said.body.next == self.election
            && said.body.key == claims.body.public_key.kid();
        if fits { Ok(carried.secret_hash) } else { Err(EnrolError::Request(None)) }
    }

    async fn granted_before(&self, id: &str) -> Result<String, EnrolError> {
        let stored = store::statements::by_id(&self.db, id).await?.ok_or(EnrolError::Unknown)?;
        Ok(stored.jws)
    }

    async fn grant(
        &self,
        asked: &Asked<'_>,
        (secret_hash, invitation): (&str, &StoredInvitation),
        now: UnixMillis,
    ) -> Result<String, EnrolError> {
        let claims = asked.claims;
        let key = claims.body.public_key;
        let body = Enrolment {
            kid: key.kid(),
            public_key: key,
            role: invitation.role,
            person: invitation.person.clone(),
            org: invitation.org.clone(),
            mandate: invitation.mandate.clone(),
            request: asked.request,
            desk: false,
            hardware: asked.hardware,
        };
        let statement = StatementClaims {
            election: self.election.clone(),
            issued_at: now,
            nonce: random::text::<16>()?,
            body,
        };
        let jws = sign_statement(&self.key, &statement)?;
        let statement = own_statement::<Enrolment>(&jws, &self.key);
        let mut consume =
            store::devices::consume(secret_hash, &key.kid(), now, &statement.id.to_hex());
        // Vouched for alone, a key for incidents could outlive its owner's key for protocols: the word
        // that goes with that one's enrolment has to be there too.
        if claims.body.vouch.is_some() && invitation.role == Role::Incidents {
            consume = consume.and(store::carried::use_ticket(&claims.body.proof.hash()));
        }
        if asked.hardware.is_some() {
            consume = consume.and(store::devices::keep_hardware(&key.kid(), asked.text));
        }
        let says = Says::Enrolment(statement.claims.body.clone());
        let item = StatementItem::new(&statement, key.kid().to_string(), says);
        match self.sequencer.append_with(vec![Item::Statement(Box::new(item))], consume).await {
            Ok(_) => Ok(jws),
            // Somebody consumed it between our look and our write. The same key may have, on
            // another connection: then its answer is ours.
            Err(SequenceError::Store(error)) if matches!(*error, StoreError::Conflict { .. }) => {
                self.taken_meanwhile(secret_hash, key.kid()).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn taken_meanwhile(&self, secret_hash: &str, kid: Kid) -> Result<String, EnrolError> {
        let invitation = store::devices::invitation(&self.db, secret_hash).await?;
        let invitation = invitation.ok_or(EnrolError::Unknown)?;
        match (invitation.kid, invitation.enrolment_id) {
            (Some(taken), Some(id)) if taken == kid => self.granted_before(&id).await,
            _ => Err(EnrolError::Used),
        }
    }

    async fn reply(
        &self,
        enrolment: String,
        claims: &RequestClaims,
        now: UnixMillis,
    ) -> Result<EnrolmentReply, EnrolError> {
        let device_token = random::text::<32>()?;
        let token_expires_at = now.plus_ms(DEVICE_TOKEN_MS);
        let kid = claims.body.public_key.kid();
        let token = super::token_hash(&device_token);
        let mut batch = store::devices::give_token(&token, &kid, now, token_expires_at);
        let mut ticket = None;
        // A key that was revoked meanwhile is answered as before, and lets nothing else in.
        let stands = self.book.read().statements.revoked_from(&kid).is_none();
        if claims.body.vouch.is_some() && claims.body.role == Role::Results && stands {
            let fresh = random::text::<16>()?;
            let hash = Proof::derive(&fresh, Role::Incidents).hash();
            batch = batch.and(store::carried::give_ticket(&hash));
            ticket = Some(fresh);
        }
        self.db.commit(batch).await?;
        let book = self.book.read();
        let keys = [book.authority.hq, book.authority.root];
        Ok(EnrolmentReply {
            enrolment,
            device_token,
            token_expires_at,
            pack: book.pack_jws.clone(),
            keys: keys.into_iter().map(|key| (key.kid(), key)).collect::<BTreeMap<_, _>>(),
            ticket,
        })
    }
}

/// A request that holds.
struct Asked<'a> {
    request: RecordId,
    /// As it was signed.
    text: &'a str,
    claims: &'a RequestClaims,
    /// The hardware key that signed for the key that asks.
    hardware: Option<Kid>,
}

/// Checks that the request is signed by the very key it asks for. The key has to be looked up in
/// the unverified payload; everything else is read after the check.
fn read_request(text: &str) -> Result<(RecordId, RequestClaims), EnrolError> {
    let refused = |error| EnrolError::Request(Some(error));
    let envelope = Envelope::parse(text).map_err(refused)?;
    let asked: RequestClaims = serde_json::from_slice(envelope.unverified_payload())
        .map_err(|_| EnrolError::Request(None))?;
    let verified = envelope.verify(&asked.body.public_key).map_err(refused)?;
    let claims = RequestClaims::read(&verified).map_err(|_| EnrolError::Request(None))?;
    Ok((RecordId::of(text.as_bytes()), claims))
}

/// Reads back what was signed a moment ago with our own key.
pub(crate) fn own_statement<B: hattama_proto::statement::StatementBody>(
    jws: &str,
    key: &SigningKey,
) -> Statement<B> {
    let verified = Envelope::parse(jws)
        .and_then(|envelope| envelope.verify(&key.public()))
        .expect("our own signature of a moment ago verifies");
    Statement::read(verified).expect("what we wrote is what we read")
}
