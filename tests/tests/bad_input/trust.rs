//! Who may open what, and whom a phone believes.

use std::{path::Path, process::Command, time::Duration};

use hattama_client_core::{Notebook, NotebookError, NotebookOptions};
use hattama_proto::{invitation::Invitation, statement::Mandate};
use hattama_server::{app, folder::FolderError};
use hattama_tests::world::{Ending, Phone, World, block_on};

#[test]
fn a_notebook_is_open_in_one_process() {
    let world = World::new();
    let mut phone = world.phone();
    let second = Notebook::open(&phone.folder(), NotebookOptions::default());
    assert!(matches!(second, Err(NotebookError::InUse)), "{second:?}");

    let invitation = world.invite(&Mandate::Everywhere).to_text();
    let unit = world.country().precinct(0);
    let observe = |phone: &Phone| {
        Command::new(Path::new(env!("CARGO_BIN_EXE_world")))
            .arg("observe")
            .arg(phone.scratch())
            .args([&invitation, "1", unit.as_str()])
            .output()
            .unwrap()
    };
    let refused = observe(&phone);
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("InUse"), "{said}");
    assert!(refused.stdout.is_empty());

    // The first one never noticed.
    let first = phone.protocol(unit.clone(), 1);
    phone.sync();
    phone.close();
    assert!(observe(&phone).status.success());
    phone.open();
    phone.sync();
    assert_eq!(phone.notebook().list(0, 10).unwrap().len(), 2);
    assert!(world.wire().record_ids().contains(&first));
}

#[test]
fn a_headquarters_is_open_in_one_process() {
    let world = World::new();
    let second = block_on(async { app::Headquarters::open(world.data()).await.err() });
    assert!(matches!(second, Some(app::OpenError::Folder(FolderError::InUse(_)))), "{second:?}");
    assert_eq!(world.wire().get("/v1/hello").status, 200);
}

#[test]
fn a_set_up_that_the_root_did_not_sign_is_not_taken_over() {
    let world = World::new();
    let phone = world.blank_phone();
    let honest = world.invite(&Mandate::Everywhere);
    // The invitation came from somebody whose root key is another one.
    let deceived = Invitation { root: world.stranger(5).kid(), ..honest.clone() };
    let refused = phone.notebook().enrol(&deceived).unwrap_err();
    assert!(matches!(refused, NotebookError::Untrusted { .. }), "{refused:?}");
    assert_eq!(phone.notebook().enrolment().unwrap(), None);
    assert!(phone.notebook().pack().unwrap().is_none(), "nothing was taken over");
    // Recording goes on all the same, and the right invitation still works.
    let record = phone.protocol(world.country().precinct(0), 1);
    phone.enrol(&honest);
    phone.sync();
    assert_eq!(world.wire().record_ids(), [record].into());
}

#[test]
fn a_set_up_with_an_altered_part_is_taken_over_by_nobody() {
    let mut world = World::new();
    let (phone, invitation) = (world.blank_phone(), world.invite(&Mandate::Everywhere));
    let db = rusqlite::Connection::open(world.data().join("hq.db")).unwrap();
    db.busy_timeout(Duration::from_secs(10)).unwrap();
    let alter = |to: &str| {
        let changed = db.execute(&format!("update pack_part set bytes = cast({to} as blob)"), []);
        assert!(changed.unwrap() > 0);
    };
    alter("replace(bytes, 'Land', 'Lend')");
    let refused = phone.notebook().enrol(&invitation).unwrap_err();
    assert!(matches!(refused, NotebookError::Untrusted { .. }), "{refused:?}");
    assert!(phone.notebook().pack().unwrap().is_none());

    world.end(Ending::InOrder);
    let refused = block_on(async { app::Headquarters::open(world.data()).await.err() });
    let said = refused.expect("headquarters does not serve an altered set-up").to_string();
    assert!(said.contains("not the one that was signed"), "{said}");

    alter("replace(bytes, 'Lend', 'Land')");
    drop(db);
    world.start();
    phone.enrol(&invitation);
}
