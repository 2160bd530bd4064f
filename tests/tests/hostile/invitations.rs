//! Invitations: one person, one device, one use.

use std::time::Duration;

use hattama_proto::{
    invitation::Invitation,
    kind::{Kind, Role},
    problem::ProblemCode,
    statement::Mandate,
    wire::EnrolmentPush,
};
use hattama_tests::{in_every_world, world::World};
use serde_json::json;

in_every_world![
    an_invitation_enrols_one_key_and_answers_it_the_same_again,
    many_keys_that_race_for_one_invitation_leave_one_winner,
];

fn an_invitation_enrols_one_key_and_answers_it_the_same_again(world: &World) {
    let wire = world.wire();
    let invitation = world.invite(&Mandate::Everywhere);
    let (mut first, mut second) = (world.stranger(1), world.stranger(2));
    let enrolled = first.enrol(&wire, &invitation).unwrap();
    let again = first.enrol(&wire, &invitation).unwrap();
    assert_eq!(again.enrolment, enrolled.enrolment);
    assert_eq!(again.pack, enrolled.pack);
    // The same key with a fresh request: the first answer got lost together with the phone's memory.
    let request = first.enrolment_request(&invitation, Role::Results);
    assert_eq!(wire.enrol(&EnrolmentPush { request }).unwrap().enrolment, enrolled.enrolment);

    let refused = second.enrol(&wire, &invitation).unwrap_err();
    assert_eq!((refused.code, refused.status), (ProblemCode::InvitationUsed, 409));
    // The person's other key has a half of its own.
    second = world.stranger(2);
    assert!(second.enrol_as(&wire, &invitation, Role::Incidents).is_ok());
    let devices = wire.get_json("/v1/devices");
    assert_eq!(devices.as_array().unwrap().len(), 2);
}

fn many_keys_that_race_for_one_invitation_leave_one_winner(world: &World) {
    let wire = world.wire();
    let invitation = world.invite(&Mandate::Everywhere);
    let won = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..8)
            .map(|seed| {
                let (wire, invitation) = (wire.clone(), &invitation);
                let mut device = world.stranger(seed);
                scope.spawn(move || device.enrol(&wire, invitation).map(|_| device.kid()))
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect::<Vec<_>>()
    });
    let winners: Vec<_> = won.iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    for lost in won.iter().filter_map(|racer| racer.as_ref().err()) {
        assert_eq!(lost.code, ProblemCode::InvitationUsed);
    }
    let devices = wire.get_json("/v1/devices");
    assert_eq!(devices[0]["kid"], json!(winners[0]));
    assert_eq!(devices.as_array().unwrap().len(), 1);
}

#[test]
fn an_invitation_that_has_run_out_enrols_nobody_but_still_answers_who_used_it() {
    let world = World::new();
    let wire = world.wire();
    let used = world.invite(&Mandate::Everywhere);
    let unused = world.invite(&Mandate::Everywhere);
    let mut early = world.stranger(1);
    early.enrol(&wire, &used).unwrap();
    expire_invitations(&world);
    assert!(early.enrol(&wire, &used).is_ok(), "a lost answer is asked for again, however late");
    let refused = world.stranger(2).enrol(&wire, &unused).unwrap_err();
    assert_eq!((refused.code, refused.status), (ProblemCode::InvitationExpired, 410));
}

/// An hour is the shortest life of an invitation; nobody waits for it here.
fn expire_invitations(world: &World) {
    let db = rusqlite::Connection::open(world.data().join("hq.db")).unwrap();
    db.busy_timeout(Duration::from_secs(10)).unwrap();
    assert!(db.execute("update invitation set expires_at_ms = 1", []).unwrap() > 0);
}

#[test]
fn a_made_up_or_misused_request_enrols_nobody() {
    let world = World::new();
    let wire = world.wire();
    let invitation = world.invite(&Mandate::Everywhere);
    let device = world.stranger(1);
    let enrol = |request: String| wire.enrol(&EnrolmentPush { request }).unwrap_err().code;

    let guessed = Invitation { secret: "AAAAAAAAAAAAAAAAAAAAAA".into(), ..invitation.clone() };
    let request = device.enrolment_request(&guessed, Role::Results);
    assert_eq!(enrol(request), ProblemCode::InvitationUnknown);

    // The proof of one role does not open the other.
    let request = device.enrolment_request(&invitation, Role::Results);
    let payload = request.split('.').nth(1).unwrap();
    let payload =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload);
    let mut claims: serde_json::Value = serde_json::from_slice(&payload.unwrap()).unwrap();
    claims["body"]["role"] = json!("incidents");
    let request = device.say_anything(Kind::EnrolmentRequest, &claims).text;
    assert_eq!(enrol(request), ProblemCode::InvitationUnknown);

    // Somebody else's key, signed with one's own.
    claims["body"]["role"] = json!("results");
    claims["body"]["public_key"] = json!(world.stranger(9).public_key());
    let request = device.say_anything(Kind::EnrolmentRequest, &claims).text;
    assert_eq!(enrol(request), ProblemCode::MalformedBody);

    // A record is no request, and nor is anything else.
    let record = world.stranger(1).protocol(world.country().precinct(0), 1).text;
    assert_eq!(enrol(record), ProblemCode::MalformedBody);
    assert_eq!(enrol("a.b.c".into()), ProblemCode::MalformedBody);
    assert_eq!(wire.get_json("/v1/devices"), json!([]));

    // None of this used the invitation up.
    assert!(world.stranger(2).enrol(&wire, &invitation).is_ok());
}
