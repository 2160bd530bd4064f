//! A headquarters that hides something behind a properly signed account: somebody names it.

use std::path::Path;

use hattama_proto::statement::{Accounting, sign_statement};
use hattama_server::{
    config::Config,
    folder::DataFolder,
    fsck::{check_accounting, check_public},
    keys,
    log::PublicFolder,
};
use hattama_tests::world::{Ending, World, block_on};
use rusqlite::Connection;

use super::{account_of, night, size, statement};

/// What a headquarters says of an account when it is asked to make it anew.
fn held_against(folder: &Path, text: &str) -> Result<Accounting, String> {
    let folder = DataFolder::open(folder).unwrap();
    let config = Config::load(&folder.config()).unwrap();
    let checked = block_on(check_accounting(&folder, &config, text));
    checked.map(|(account, _)| account).map_err(|error| error.to_string())
}

/// A night that was accounted for, stopped in order, and the account.
fn stopped() -> (World, String) {
    let mut world = World::new();
    night(&world);
    let (text, _) = account_of(&world, size(&world));
    world.end(Ending::InOrder);
    (world, text)
}

/// Signs another account with headquarters' own key.
fn lie(world: &World, text: &str, change: impl Fn(&mut Accounting)) -> String {
    let mut claims = statement(world, text).claims;
    change(&mut claims.body);
    sign_statement(&keys::hq(&world.data().join("keys")).unwrap(), &claims).unwrap()
}

/// Takes a record that counts out of a row that is shown, and out of the total.
fn hide_one(account: &mut Accounting) {
    let row = account.regions.iter_mut().find_map(|row| row.tally.as_mut()).unwrap();
    for tally in [row, &mut account.total] {
        tally.received -= 1;
        tally.counted -= 1;
    }
}

/// Counts a record that was decided against.
fn hide_decision(account: &mut Accounting) {
    for tally in [account.regions[0].tally.as_mut().unwrap(), &mut account.total] {
        tally.set_aside.remove("decided").unwrap();
        tally.counted += 1;
    }
}

#[test]
fn an_honest_account_holds_against_store_and_log() {
    let (world, text) = stopped();
    let account = held_against(world.data(), &text).unwrap();
    let public = PublicFolder::new(&world.data().join("log"));
    let public = check_public(&public, world.witness().key()).unwrap().unwrap();
    public.check_accounting(&account).unwrap();
}

#[test]
fn an_account_that_hides_a_record_is_named_by_whoever_has_the_public_log() {
    let (world, text) = stopped();
    let honest = statement(&world, &text).claims.body;
    let told = lie(&world, &text, hide_one);
    let account = statement(&world, &told).claims.body;
    account.check().expect("it adds up by itself");
    let public = PublicFolder::new(&world.data().join("log"));
    let public = check_public(&public, world.witness().key()).unwrap().unwrap();
    let named = public.check_accounting(&account).unwrap_err().to_string();
    let (said, logged) = (account.total.received, honest.total.received);
    assert!(named.contains(&format!("is of {said} records")), "{named}");
    assert!(named.ends_with(&format!("are {logged}")), "{named}");

    let elsewhere = Accounting { size: honest.size - 1, ..honest.clone() };
    let named = public.check_accounting(&elsewhere).unwrap_err().to_string();
    assert!(named.contains("another root"), "{named}");
    let beyond = Accounting { size: honest.size + 1, ..honest };
    let named = public.check_accounting(&beyond).unwrap_err().to_string();
    assert!(named.contains("newer copy"), "{named}");
}

#[test]
fn an_account_that_hides_a_decision_is_named_by_whoever_has_the_records() {
    let (world, text) = stopped();
    let told = lie(&world, &text, hide_decision);
    statement(&world, &told).claims.body.check().expect("it adds up by itself");
    let named = held_against(world.data(), &told).unwrap_err();
    assert!(named.contains("all regions together is not what"), "{named}");

    let told = lie(&world, &text, |account| {
        let row = account.regions.iter_mut().find_map(|row| row.tally.as_mut()).unwrap();
        let forks = row.undecided.remove("fork").unwrap();
        row.counted += forks;
    });
    let named = held_against(world.data(), &told).unwrap_err();
    assert!(named.contains("do not add up"), "{named}");
    let told = lie(&world, &text, |account| account.regions.truncate(1));
    let named = held_against(world.data(), &told).unwrap_err();
    assert!(named.contains("regions do not add up to the total"), "{named}");
    // From one region to the other, so that every sum still holds.
    let told = lie(&world, &text, |account| {
        for (region, count) in [(0, -1), (1, 1)] {
            let row = account.regions[region].tally.as_mut().unwrap();
            row.received = row.received.saturating_add_signed(count);
            row.counted = row.counted.saturating_add_signed(count);
        }
    });
    statement(&world, &told).claims.body.check().expect("it adds up by itself");
    let named = held_against(world.data(), &told).unwrap_err();
    assert!(named.contains("the account of region 0 is not what"), "{named}");
}

#[test]
fn a_store_that_lost_a_record_or_a_decision_does_not_make_the_account_that_was_signed() {
    let (world, text) = stopped();
    let db = Connection::open(world.data().join("hq.db")).unwrap();
    for (hidden, said) in [
        ("delete from statement where kind = 'hattama-decision+jws'", "is not what"),
        ("delete from record where position = (select max(position) from record)", "are 27"),
    ] {
        assert!(db.execute(hidden, []).unwrap() > 0, "{hidden}");
        let named = held_against(world.data(), &text).unwrap_err();
        assert!(named.contains(said), "{hidden}: {named}");
    }
}

#[test]
fn an_account_signed_by_somebody_else_is_none() {
    let (world, text) = stopped();
    let claims = statement(&world, &text).claims;
    let root = keys::root(&world.data().join("keys")).unwrap();
    let told = sign_statement(&root, &claims).unwrap();
    let named = held_against(world.data(), &told).unwrap_err();
    assert!(named.contains("does not verify"), "{named}");
}
