//! Thousands of devices, enrolled by statements that headquarters signs and logs in large groups: what a
//! month of invitations leaves, in seconds.

use hattama_proto::{
    id::{ElectionId, RecordId},
    key::SigningKey,
    kind::Role,
    statement::{Enrolment, Mandate, Statement, StatementClaims, sign_statement},
};
use hattama_server::{
    app::Headquarters,
    clock,
    ingest::token_hash,
    log::{Item, Says, StatementItem},
    random,
    store::{Batch, devices::give_token},
};

use super::{super::records::Device, speech::Speech};

/// Statements of one transaction.
const AT_ONCE: u64 = 500;
/// How long a token lives, in milliseconds: longer than any night.
const TOKEN_MS: i64 = 24 * 60 * 60 * 1000;

/// The token of a phone, which opens its feed.
pub(super) fn token(phone: u64) -> String {
    format!("token of phone {phone}")
}

/// Enrols the keys of so many phones, for everywhere.
pub(super) async fn enrol(hq: &Headquarters, key: &SigningKey, phones: u64) {
    let election = hq.config.election.clone();
    for first in (0..phones).step_by(usize::try_from(AT_ONCE).expect("a few hundred")) {
        let (mut items, mut tokens) = (Vec::new(), Batch::new());
        for phone in first..phones.min(first + AT_ONCE) {
            let device = Device::new(phone);
            items.push(Item::Statement(Box::new(statement(&election, key, &device, phone))));
            let now = clock::system();
            let hash = token_hash(&token(phone));
            tokens = tokens.and(give_token(
                &hash,
                &device.key.public().kid(),
                now,
                now.plus_ms(TOKEN_MS),
            ));
        }
        hq.sequencer.append_with(items, tokens).await.expect("it is logged");
        eprint!("\r{} of {phones} phones enrolled", phones.min(first + AT_ONCE));
    }
    eprintln!();
}

fn statement(
    election: &ElectionId,
    key: &SigningKey,
    device: &Device,
    phone: u64,
) -> StatementItem {
    let (public_key, role) = (device.key.public(), Speech::role(phone));
    let person = if role == Role::Results { "night" } else { "night-incident" };
    let claims = StatementClaims {
        election: election.clone(),
        issued_at: clock::system(),
        nonce: random::text::<16>().expect("the system has randomness"),
        body: Enrolment {
            kid: public_key.kid(),
            public_key,
            role,
            person: format!("{person}-{phone}").parse().expect("a code"),
            org: "bench".parse().expect("a code"),
            mandate: Mandate::Everywhere,
            // Nobody asked: there was no invitation.
            request: RecordId::of(public_key.to_string().as_bytes()),
            desk: false,
            hardware: None,
        },
    };
    let jws = sign_statement(key, &claims).expect("it fits");
    let verified = hattama_proto::jws::Envelope::parse(&jws)
        .and_then(|envelope| envelope.verify(&key.public()))
        .expect("our own signature of a moment ago verifies");
    let statement = Statement::<Enrolment>::read(verified).expect("what we wrote is what we read");
    let says = Says::Enrolment(statement.claims.body.clone());
    StatementItem::new(&statement, public_key.kid().to_string(), says)
}
