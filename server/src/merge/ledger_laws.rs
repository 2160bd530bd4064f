//! What must hold of the account in every world.

use std::collections::BTreeMap;

use hattama_proto::{
    id::TreeRoot,
    statement::{Accounting, Disposition, RegionTally, Tally},
};
use proptest::prelude::*;

use super::{
    Fate, Ledger, Reason, Row, Standing, fate, shown, standing,
    world::{Said, World, kid, pack, record, worlds},
};

/// Enters what was logged at `from..until`.
fn enter(ledger: &mut Ledger, world: &World, from: u64, until: u64) {
    let range = from..until;
    for entry in world.entries.iter().filter(|entry| range.contains(&entry.position)) {
        ledger.enter(&entry.facts());
    }
    for (position, said) in world.said.iter().filter(|(position, _)| range.contains(position)) {
        let statements = ledger.statements_mut();
        match said.clone() {
            Said::Enrolment(said) => statements.apply_enrolment(*position, said),
            Said::Revocation(said) => statements.apply_revocation(*position, said),
            Said::Decision(said) => statements.apply_decision(*position, said),
            Said::Transcription(said) => statements.apply_transcription(*position, said),
        }
    }
}

fn ledger(world: &World, until: u64) -> Ledger {
    let mut ledger = Ledger::default();
    enter(&mut ledger, world, 0, until);
    ledger
}

/// The same counts by another way: the world's own statements, one record at a time.
fn counted_by_hand(world: &World) -> BTreeMap<(Option<String>, Fate), u64> {
    let (statements, pack) = (world.statements(), pack());
    let mut counts = BTreeMap::new();
    for entry in &world.entries {
        let standing = standing(&entry.facts(), &statements, &pack);
        let decision = statements.decision(&entry.id).map(|decision| decision.disposition);
        let unit = statements.attributed(&entry.id, &entry.unit);
        let region = pack.units.region_of(unit).map(|region| region.code.to_string());
        *counts.entry((region, fate(Some(&standing), decision))).or_default() += 1;
    }
    counts
}

fn by_fate(rows: &[Row]) -> BTreeMap<(Option<String>, String), u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let region = row.region.as_ref().map(ToString::to_string);
        let mut put = |fate: String, count: u64| {
            if count > 0 {
                counts.insert((region.clone(), fate), count);
            }
        };
        put(format!("{:?}", Fate::Counted), row.tally.counted);
        for (reason, count) in &row.tally.set_aside {
            put(format!("SetAside({reason:?})"), *count);
        }
        for (reason, count) in &row.tally.undecided {
            put(format!("Undecided({reason:?})"), *count);
        }
    }
    counts
}

fn sum(rows: &[Row]) -> Tally {
    rows.iter().fold(Tally::default(), |sum, row| sum.plus(&row.tally).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn received_is_counted_and_set_aside_and_undecided(world in worlds(), size in 0..30_u64) {
        let (total, rows) = ledger(&world, size).account(&pack());
        prop_assert!(total.adds_up(), "{total:?}");
        prop_assert!(rows.iter().all(|row| row.tally.adds_up()), "{rows:?}");
        prop_assert_eq!(sum(&rows), total.clone());
        let logged = world.entries.iter().filter(|entry| entry.position < size).count();
        prop_assert_eq!(total.received, logged as u64);
    }

    #[test]
    fn every_record_has_one_fate_and_it_is_its_standing(world in worlds()) {
        let (_, rows) = ledger(&world, u64::MAX).account(&pack());
        let by_hand: BTreeMap<_, u64> = counted_by_hand(&world)
            .into_iter()
            .map(|((region, fate), count)| ((region, format!("{fate:?}")), count))
            .collect();
        prop_assert_eq!(by_fate(&rows), by_hand);
    }

    #[test]
    fn a_ledger_that_goes_on_says_what_one_made_anew_says(world in worlds(), step in 1..6_u64) {
        let (mut going, mut from) = (Ledger::default(), 0);
        while from < 30 {
            enter(&mut going, &world, from, from + step);
            from += step;
            prop_assert_eq!(going.account(&pack()), ledger(&world, from).account(&pack()));
        }
    }

    #[test]
    fn what_is_shown_can_be_checked_and_leaves_the_total_exact(
        world in worlds(),
        factor in 1..12_u64,
    ) {
        let (total, mut rows) = ledger(&world, u64::MAX).account(&pack());
        // A world has nine records at most: as if each had come from as many people.
        for (number, row) in (0_u32..).zip(&mut rows) {
            row.tally = times(&row.tally, factor);
            row.keys = (0..u32::try_from(row.tally.received).unwrap()).map(|n| n * 4 + number).collect();
        }
        let total = times(&total, factor);
        let regions = shown(rows.clone());
        let account = Accounting {
            size: 1000,
            root: TreeRoot::from_bytes([0; 32]),
            total: total.clone(),
            regions: regions.clone(),
        };
        let hidden = account.check().unwrap();
        let is_hidden = |row: &&Row| {
            regions.contains(&RegionTally { region: row.region.clone(), tally: None })
        };
        let rows: Vec<Row> = rows.iter().filter(is_hidden).cloned().collect();
        prop_assert_eq!(&hidden, &sum(&rows));
        // Where together they are still few, there was nothing left to hide them among.
        let some_shown = regions.iter().filter_map(|row| row.tally.as_ref());
        let none_left = some_shown.map(|tally| tally.received).sum::<u64>() == 0;
        prop_assert!(rows.is_empty() || none_left || hidden.received >= 10, "{:?}", hidden);
    }
}

fn times(tally: &Tally, factor: u64) -> Tally {
    let all = |counts: &BTreeMap<String, u64>| {
        counts.iter().map(|(reason, count)| (reason.clone(), count * factor)).collect()
    };
    Tally {
        received: tally.received * factor,
        counted: tally.counted * factor,
        set_aside: all(&tally.set_aside),
        undecided: all(&tally.undecided),
    }
}

#[test]
fn what_nobody_signed_for_is_undecided() {
    let aside = |reason| Standing::SetAside { reason };
    for reason in Reason::ALL {
        let signed_for = matches!(reason, Reason::Decided | Reason::Revoked);
        let expected =
            if signed_for { Fate::SetAside(reason.name()) } else { Fate::Undecided(reason.name()) };
        assert_eq!(fate(Some(&aside(reason)), None), expected);
    }
    let superseded = Standing::Superseded { by: vec![record(1)] };
    assert_eq!(fate(Some(&superseded), None), Fate::SetAside("superseded"));
}

#[test]
fn an_unreadable_record_waits_and_can_be_set_aside_and_never_counts() {
    assert_eq!(fate(None, None), Fate::Undecided("unreadable"));
    assert_eq!(fate(None, Some(Disposition::Counted)), Fate::Undecided("unreadable"));
    assert_eq!(fate(None, Some(Disposition::SetAside)), Fate::SetAside("decided"));
    let mut ledger = Ledger::default();
    ledger.enter_unreadable(record(1), kid(0), 0);
    let (total, rows) = ledger.account(&pack());
    assert_eq!((total.received, total.undecided["unreadable"]), (1, 1));
    assert_eq!(rows.last().map(|row| (&row.region, row.tally.received)), Some((&None, 1)));
}
