//! Enrolling: everything holds or nothing is taken over.

#![allow(clippy::unwrap_used, reason = "tests")]

mod hq;

use hattama_client_core::NotebookError;
use hattama_proto::{kind::Role, problem::ProblemCode, record::RequestClaims};
use hq::{Fault, World};

#[test]
fn an_enrolment_brings_both_keys_and_the_set_up_and_outlasts_a_restart() {
    let world = World::enrolled();
    let summary = world.notebook.enrolment().unwrap().unwrap();
    assert_eq!(summary.kids.len(), 2);
    for role in Role::ALL {
        assert!(summary.kids.contains(&(role, world.notebook.kid(role))));
    }
    assert_eq!((summary.org.as_str(), summary.pack_version), ("org", 1));
    let world = world.reopen();
    assert_eq!(world.notebook.enrolment().unwrap(), Some(summary));
    assert_eq!(world.notebook.pack().unwrap().unwrap().version, 1);
}

#[test]
fn a_lost_answer_is_asked_for_again_with_the_very_same_request() {
    for fault in [Fault::DropAnswer, Fault::CutAnswer(40), Fault::Foreign(200), Fault::Unreachable]
    {
        for path in ["/v1/enrolments", "/v1/packs"] {
            let world = World::new();
            world.hq.state.lock().unwrap().strict = true;
            world.hq.fail(path, fault.clone());
            let first = world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref());
            let told = matches!(
                first,
                Err(NotebookError::Network { .. } | NotebookError::Untrusted { .. })
            );
            assert!(told, "{first:?}");
            assert_eq!(world.notebook.enrolment().unwrap(), None);
            let world = world.reopen();
            world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
        }
    }
}

#[test]
fn the_two_requests_of_a_person_share_nothing() {
    let world = World::enrolled();
    let claims: Vec<RequestClaims> = world
        .hq
        .state
        .lock()
        .unwrap()
        .enrolled
        .values()
        .map(|request| {
            use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
            let payload = request.split('.').nth(1).unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
        })
        .collect();
    let [a, b] = claims.as_slice() else { panic!() };
    assert_ne!(a.body.proof, b.body.proof);
    assert_ne!(a.nonce, b.nonce);
}

#[test]
fn a_set_up_with_a_wrong_signature_is_refused_and_nothing_changes() {
    let world = World::new();
    let forged = world.hq.sign_pack(1, &world.hq.hq);
    world.hq.state.lock().unwrap().manifest = forged;
    refused(&world);
}

#[test]
fn a_set_up_with_an_altered_part_is_refused_and_nothing_changes() {
    let world = World::new();
    for part in world.hq.state.lock().unwrap().parts.values_mut() {
        part.push(b' ');
    }
    refused(&world);
}

#[test]
fn a_root_key_other_than_the_invitations_is_refused() {
    let world = World::new();
    let mut invitation = world.hq.invitation();
    invitation.root = world.hq.hq.kid();
    let result = world.notebook.enrol_through(&invitation, world.hq.as_ref());
    assert!(matches!(result, Err(NotebookError::Untrusted { .. })), "{result:?}");
}

fn refused(world: &World) {
    let result = world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref());
    assert!(matches!(result, Err(NotebookError::Untrusted { .. })), "{result:?}");
    assert_eq!(world.notebook.enrolment().unwrap(), None);
    assert!(world.notebook.pack().unwrap().is_none());
}

#[test]
fn a_refusal_of_headquarters_is_handed_on_with_its_code() {
    let world = World::new();
    world.hq.fail("/v1/enrolments", Fault::Refuse(ProblemCode::InvitationExpired, None));
    let result = world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref());
    let Err(NotebookError::Refused { code, .. }) = result else { panic!("{result:?}") };
    assert_eq!(code, ProblemCode::InvitationExpired);
}

#[test]
fn an_invitation_to_another_election_is_refused() {
    let world = World::new();
    let mut invitation = world.hq.invitation();
    invitation.election = "another".parse().unwrap();
    let result = world.notebook.enrol_through(&invitation, world.hq.as_ref());
    assert!(matches!(result, Err(NotebookError::InvalidInput { field: "invitation", .. })));
}

#[test]
fn a_new_invitation_that_fails_leaves_the_old_enrolment_in_place() {
    let world = World::enrolled();
    let before = world.notebook.enrolment().unwrap();
    let mut invitation = world.hq.invitation();
    invitation.secret = "b3RoZXJvdGhlcm90aGVy".into();
    world.hq.fail("/v1/enrolments", Fault::Refuse(ProblemCode::InvitationUnknown, None));
    assert!(world.notebook.enrol_through(&invitation, world.hq.as_ref()).is_err());
    assert_eq!(world.notebook.enrolment().unwrap(), before);
    assert_eq!(world.reopen().notebook.enrolment().unwrap(), before);
}

#[test]
fn a_set_up_older_than_ours_is_refused() {
    let world = World::new();
    let newer = world.hq.sign_pack(5, &world.hq.root);
    world.hq.state.lock().unwrap().manifest = newer;
    world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
    let older = world.hq.sign_pack(4, &world.hq.root);
    world.hq.state.lock().unwrap().manifest = older;
    let result = world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref());
    assert!(matches!(result, Err(NotebookError::Untrusted { .. })), "{result:?}");
    assert_eq!(world.notebook.pack().unwrap().unwrap().version, 5);
}

#[test]
fn records_made_before_the_enrolment_go_out_after_it() {
    let world = World::new();
    let id = world.capture(1);
    world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
    assert_eq!(world.pump().stored, 1);
    assert!(world.hq.has(id));
}

#[test]
fn parts_of_the_set_up_that_were_lost_are_fetched_again() {
    let world = World::enrolled();
    for entry in std::fs::read_dir(world.path().join("packs")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let world = world.reopen();
    let id = world.capture(1);
    assert_eq!(world.pump().stored, 1);
    assert!(world.hq.has(id));
}
