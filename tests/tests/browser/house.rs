//! A headquarters with people and their passwords, and with something for them to do through a night.

use hattama_proto::{
    id::{PhotoHash, RecordId},
    kind::Role as KeyRole,
    record::{Body, Figure, Incident, PhotoRole, Severity},
    statement::Mandate,
};
use hattama_server::{
    access::{Role, Scope},
    people::NewRoles,
};
use hattama_tests::{
    form::{Filling, Mark, Sheet, SheetLine, Written, photograph},
    world::{Device, Ending, World, block_on, certified, code, invented, open_patiently},
};
use image::{ImageFormat, load_from_memory};
use std::io::Cursor;

/// Everybody's password; each has an authenticator of their own.
pub(crate) const PASSWORD: &str = "four plain words here";

/// Names of the accounts, and what each may do.
pub(crate) const PEOPLE: [(&str, Role); 5] = [
    ("reviewer-1", Role::Reviewer),
    ("reviewer-2", Role::Reviewer),
    ("reviewer-3", Role::Reviewer),
    ("publisher", Role::Publisher),
    ("auditor", Role::Auditor),
];

/// The votes that observers typed: no other number of the night looks like them.
pub(crate) const OBSERVED: [u64; 2] = [70_707_070, 80_808_080];

/// Longest side of a preview, in pixels.
const PREVIEW: u32 = 1000;

/// Gives everybody an account with a password. Headquarters is started anew for it.
pub(crate) fn admit(world: &mut World) {
    world.end(Ending::InOrder);
    block_on(async {
        let hq = open_patiently(world.data()).await;
        for (name, role) in PEOPLE {
            let roles = NewRoles { roles: vec![role], scope: Scope::default() };
            let now = hattama_server::clock::system();
            hq.people.make((name, name), &roles, now).await.unwrap();
            hq.people.set_password(name, PASSWORD, now).await.unwrap();
        }
        hq.close().await;
    });
    world.start();
}

/// Two observers photographed one sheet and typed it differently, for so many choices: the more, the
/// sooner it has to be looked at.
pub(crate) fn mismatch(world: &World, unit: &str, seed: u64, differing: usize) {
    for (number, votes) in (0..).zip(OBSERVED) {
        let mut device = world.device(2 * seed + number);
        let original = photograph(&sheet(unit), 2 * seed + number);
        let mut preview = Cursor::new(Vec::new());
        let small = load_from_memory(&original).unwrap().thumbnail(PREVIEW, PREVIEW);
        small.write_to(&mut preview, ImageFormat::Jpeg).unwrap();
        let preview = preview.into_inner();
        let photos = vec![
            Device::photo(&original, PhotoRole::Original),
            Device::photo(&preview, PhotoRole::Preview),
        ];
        let mut protocol = invented(code(unit), certified(), 5, photos);
        let choices = protocol.contests.values_mut().next().unwrap();
        for (_, figure) in choices.iter_mut().take(differing) {
            *figure = Some(Figure::new(votes).unwrap());
        }
        world.wire().push_one(&device.say(Body::Protocol(protocol)));
        world.wire().put(&PhotoHash::of(&preview), &preview).unwrap();
    }
}

/// What stands on the paper: 912 345 voters, and twelve votes that add up.
fn sheet(unit: &str) -> Sheet {
    let line = |number: &str, label: &str, figure| SheetLine {
        number: number.to_owned(),
        label: vec![label.to_owned()],
        written: Written::Figure(figure),
    };
    Sheet {
        title: vec!["Protocol".to_owned()],
        commission: format!("Precinct {unit}"),
        unit_code: unit.to_owned(),
        copy_label: "certified copy".to_owned(),
        lines: vec![line("1", "voters", 912_345), line("2", "invalid", 1), line("3", "valid", 12)],
        choices: vec![line("", "heron", 5), line("", "lark", 3), line("", "crane", 4)],
        filling: Filling::BluePen,
        marks: vec![Mark::Stamp, Mark::Signatures(4)],
        ..Sheet::default()
    }
}

/// Two observers tell of one event.
pub(crate) fn incidents(world: &World) -> [RecordId; 2] {
    [(20, "Pushed at the door while the ballots were counted"), (21, "Somebody was pushed away")]
        .map(|(seed, words)| {
            let mut reporter = world.stranger(seed);
            let invitation = world.invite(&Mandate::Everywhere);
            reporter.enrol_as(&world.wire(), &invitation, KeyRole::Incidents).unwrap();
            let incident = reporter.say(Body::Incident(Incident {
                categories: vec!["pressure".parse().unwrap()],
                phase: "count".parse().unwrap(),
                severity: Severity::High,
                unit: Some(code("0-0-0")),
                place_words: None,
                occurred_at: None,
                words: words.to_owned(),
                language: "en".to_owned(),
                attachments: Vec::new(),
                refers_to: None,
            }));
            world.wire().push_one(&incident);
            incident.id
        })
}
