//! The phone's process is killed: what a capture returned for arrives, nothing arrives twice.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use hattama_proto::{id::RecordId, statement::Mandate};
use hattama_tests::world::{Phone, World};

use super::{all_arrived, program};

/// Where a phone may crash, as `client-core` labels it, and for which time it passes there.
const CRASHES: [&str; 16] = [
    "enrolment-requested",
    "enrolment-before-commit",
    "photo-copied",
    "photo-in-place:2",
    "before-signing",
    "record-signed",
    "record-signed:2",
    "record-before-commit",
    "record-committed",
    "record-committed:3",
    "copy-written",
    "answer-heard",
    "answer-heard:4",
    "answer-before-commit",
    "answer-before-commit:3",
    "answer-committed:2",
];

/// An observer's process in `folder`.
fn observer(world: &World, folder: &Path, invitation: &str, seed: u64) -> Command {
    let units = world.country().precincts()[..4].iter().map(|unit| unit.as_str());
    let mut command = Command::new(program());
    command.arg("observe").arg(folder).arg(invitation).arg(seed.to_string()).args(units);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_crash_at_any_labelled_point_loses_nothing_and_doubles_nothing() {
    let world = World::new();
    let mut everything = BTreeSet::new();
    for (number, crash) in CRASHES.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let invitation = world.invite(&Mandate::Everywhere).to_text();
        let seed = number as u64;
        let crashed = observer(&world, folder.path(), &invitation, seed)
            .env("HATTAMA_CRASH_AT", crash)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&crashed.stderr).into_owned();
        assert_eq!(crashed.status.code(), Some(137), "{crash} was not passed: {said}");
        let mut promised = ids(&crashed.stdout);

        // The app is opened again and goes on.
        let again = observer(&world, folder.path(), &invitation, 100 + seed).output().unwrap();
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        assert!(again.status.success(), "{crash}: {said}");
        promised.extend(ids(&again.stdout));
        everything.extend(settle(&world, folder.path(), &promised));
    }
    assert_eq!(world.wire().record_ids(), everything);
}

#[test]
fn a_phone_that_is_killed_again_and_again_brings_everything_once() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let invitation = world.invite(&Mandate::Everywhere).to_text();
    let mut promised = BTreeSet::new();
    for round in 0..10_u64 {
        let mut child = observer(&world, folder.path(), &invitation, round).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(60 + round * 83 % 400));
        child.kill().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let lines = said.lines().map(Result::unwrap).collect::<Vec<_>>().join("\n");
        promised.extend(ids(lines.as_bytes()));
        child.wait().unwrap();
    }
    let phone = Phone::at(folder.path(), Some(world.made().election.clone()));
    if phone.notebook().enrolment().unwrap().is_none() {
        phone.enrol(&invitation.parse().unwrap());
    }
    drop(phone);
    let arrived = settle(&world, folder.path(), &promised);
    assert_eq!(world.wire().record_ids(), arrived);
}

/// Syncs the notebook in `folder` and checks that all it promised arrived; tells its records.
fn settle(world: &World, folder: &Path, promised: &BTreeSet<RecordId>) -> BTreeSet<RecordId> {
    let phone = Phone::at(folder, Some(world.made().election.clone()));
    phone.sync();
    let arrived = all_arrived(world, &phone, &mut world.witness());
    assert!(promised.is_subset(&arrived), "a committed record is gone");
    arrived
}

fn ids(said: &[u8]) -> BTreeSet<RecordId> {
    String::from_utf8_lossy(said).lines().map(|line| line.parse().unwrap()).collect()
}
