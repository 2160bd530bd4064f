//! What the account says, when, and to whom.

use hattama_proto::{
    id::TreeRoot,
    kind::Kind,
    statement::{RegionTally, Tally},
    tlog::{Checkpoint, Hash},
};
use hattama_server::{fsck::check_public, log::PublicFolder};
use hattama_tests::{
    in_every_world,
    world::{Ending, World, code},
};
use serde_json::json;

use super::{account, account_of, night, size, statement};

in_every_world![
    every_record_of_a_night_has_one_fate_in_the_account,
    an_account_names_the_checkpoint_that_everybody_can_fetch,
    a_restart_changes_no_account,
];

fn every_record_of_a_night_has_one_fate_in_the_account(world: &mut World) {
    let (total, [here, there], _) = night(world);
    let all = size(world);
    let (_, account) = account_of(world, all);
    assert_eq!((account.size, &account.total), (all, &total));
    let row = |region: &str, tally| RegionTally { region: Some(code(region)), tally };
    let none = RegionTally { region: None, tally: Some(Tally::default()) };
    assert_eq!(account.regions, [row("0", Some(here)), row("1", Some(there)), none]);
    // Something without a unit, by one person: hidden, and the smaller region with it.
    let odd = world.device(60);
    let unread = odd.say_anything(Kind::Protocol, &json!({"what": "another version says"}));
    world.wire().push_all(&[unread]);
    let (_, account) = account_of(world, size(world));
    let shown = |row: &RegionTally| row.tally.is_some();
    assert_eq!(account.regions.iter().filter(|row| shown(row)).count(), 1, "{account:?}");
    assert_eq!(account.total.undecided["unreadable"], 1);
    assert_eq!(account.total.received, total.received + 1);
}

fn an_account_names_the_checkpoint_that_everybody_can_fetch(world: &mut World) {
    night(world);
    let (text, account) = account_of(world, size(world));
    assert!(statement(world, &text).claims.issued_at.0 > 0);
    let witness = world.witness();
    let note = world.wire().get("/log/checkpoint").text();
    let head = Checkpoint::verify(&note, witness.key().name(), witness.key()).unwrap();
    assert_eq!((account.size, root(&account.root)), (head.size, head.root));
    world.end(Ending::InOrder);
    let public = PublicFolder::new(&world.data().join("log"));
    let public = check_public(&public, witness.key()).unwrap().unwrap();
    public.check_accounting(&account).unwrap();
}

fn root(root: &TreeRoot) -> Hash {
    Hash::from_bytes(*root.as_bytes())
}

fn a_restart_changes_no_account(world: &mut World) {
    let mut device = world.device(50);
    world.wire().push_all(&[device.protocol(world.country().precinct(0), 1)]);
    // Asked early, so that the ledger goes on from here.
    account_of(world, size(world));
    night(world);
    let all = size(world);
    let (_, before) = account_of(world, all);
    world.end(Ending::AtOnce);
    world.start();
    let (_, after) = account_of(world, all);
    assert_eq!(before, after);
}

#[test]
fn an_account_is_made_once_for_each_publication() {
    let world = World::new();
    night(&world);
    let (text, _) = account_of(&world, size(&world));
    for _ in 0..20 {
        assert_eq!(account(&world).0, text, "it has a nonce of its own when it is made again");
    }
}

#[test]
fn nothing_is_told_that_was_not_published() {
    let mut world = World::new();
    let mut device = world.device(1);
    world.wire().push_all(&[device.protocol(world.country().precinct(0), 1)]);
    let early = size(&world);
    account_of(&world, early);
    world.end(Ending::InOrder);
    let path = world.data().join("hattama.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let daily = config.replace("log_publish = \"1s\"", "log_publish = \"daily\"");
    std::fs::write(&path, daily).unwrap();

    world.start();
    world.wire().push_all(&[device.protocol(world.country().precinct(1), 2)]);
    assert!(size(&world) > early);
    let (_, told) = account(&world);
    assert_eq!((told.size, told.total.received), (early, 1), "midnight UTC may have passed");
    world.end(Ending::InOrder);

    std::fs::remove_dir_all(world.data().join("log")).unwrap();
    world.start();
    let answer = world.wire().get("/v1/accounting");
    assert_eq!(answer.status, 404, "{}", answer.text());
    assert!(answer.text().contains("nothing was published yet"), "{}", answer.text());
}
