//! What must hold of the queue and of settling, whoever types and in whatever order.

use std::collections::{BTreeSet, HashSet};

use hattama_proto::{
    id::PhotoHash,
    record::{Figure, PhotoRole},
    statement::{Reading, SettledBy},
};
use proptest::prelude::*;

use super::*;
use crate::merge::{
    Cells, Entry, EntryBody, EntryPhoto, UnitFile, merge,
    world::{self, CELLS, cell, entry, everybody, full, pack, sheet, unit},
};

fn figures() -> impl Strategy<Value = Reading> {
    let figure = prop_oneof![1 => Just(None), 3 => (0..3_u64).prop_map(Some)];
    prop::array::uniform5(figure)
        .prop_map(|figures| Reading::Figures(world::typed(&world::cells(figures.map(Some)))))
}

fn reading() -> impl Strategy<Value = Reading> {
    prop_oneof![
        6 => figures(),
        1 => Just(Reading::Illegible),
        1 => (0..3_usize).prop_map(|at| Reading::WrongUnit { unit: unit(world::UNITS[at]) }),
        1 => Just(Reading::SheetMissing),
    ]
}

/// Figures by cell, none for anything else.
fn cells(reading: &Reading) -> Option<Cells> {
    let figures = reading.figures()?;
    Some(Cells::from_maps(&figures.lines, &figures.contests, &mut crate::merge::Shapes::default()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn which_of_two_typed_first_cannot_matter(a in reading(), b in reading(), c in reading()) {
        for third in [None, Some(&c)] {
            let one = settle([Some(&a), Some(&b), third]);
            let other = settle([Some(&b), Some(&a), third]);
            prop_assert_eq!(one.state(), other.state());
            if let (Progress::Settled(one), Progress::Settled(other)) = (one, other) {
                prop_assert_eq!(one.reading, other.reading);
                prop_assert_eq!(one.by, other.by);
            }
        }
    }

    #[test]
    fn two_settle_it_exactly_when_they_are_equal(a in reading(), b in reading()) {
        prop_assert_eq!(settle([Some(&a), None, None]), Progress::Blind);
        prop_assert_eq!(settle([None, Some(&b), None]), Progress::Blind);
        let progress = settle([Some(&a), Some(&b), None]);
        if a == b {
            let Progress::Settled(settled) = progress else { panic!("{progress:?}") };
            prop_assert_eq!((settled.reading, settled.by), (a, SettledBy::TwoAlike));
        } else {
            prop_assert_eq!(progress, Progress::Third);
        }
    }

    #[test]
    fn no_cell_that_a_third_settles_rests_on_one_person(
        a in figures(), b in figures(), c in reading(),
    ) {
        let (first, second) = (cells(&a).unwrap(), cells(&b).unwrap());
        let progress = settle([Some(&a), Some(&b), Some(&c)]);
        if a == b {
            return Ok(());
        }
        let backed = cells(&c).is_some_and(|third| {
            (0..CELLS).all(|at| {
                let key = cell(at);
                [&first, &second].iter().any(|other| other.get(&key) == third.get(&key))
            })
        });
        match progress {
            Progress::Settled(settled) => {
                prop_assert!(backed);
                prop_assert_eq!(settled.reading, c);
                prop_assert!(settled.seats.contains(&Seat::THIRD) && settled.seats.len() >= 2);
            }
            other => prop_assert!(!backed && other == Progress::Open),
        }
    }
}

fn waiting() -> impl Strategy<Value = Waiting> {
    let taken = prop::collection::btree_set(1..=3_i64, 0..3);
    let accounts = prop::collection::btree_set("[ab]", 0..2);
    (0..40_u32, 0..4_usize, 0..3_u64, 0..3_u64, any::<bool>(), taken, accounts).prop_map(
        |(id, region, kind, size, is_third, taken, accounts)| Waiting {
            id: format!("{id:03}"),
            region: [None, Some("r1"), Some("r2"), Some("r3")][region].map(str::to_owned),
            urgency: Urgency::from_numbers(kind, size),
            is_third,
            taken: taken.into_iter().filter_map(Seat::new).collect(),
            accounts,
        },
    )
}

fn shares() -> impl Strategy<Value = Shares> {
    prop::collection::vec((0..5_u64, 1..5_u64), 4).prop_map(|drawn| {
        let regions = [None, Some("r1"), Some("r2"), Some("r3")];
        let share = |(given, wanted): &(u64, u64)| Share { given: *given, wanted: *wanted };
        regions
            .iter()
            .zip(&drawn)
            .map(|(at, drawn)| (at.map(str::to_owned), share(drawn)))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nobody_gets_a_seat_that_is_not_for_them(
        items in prop::collection::vec(waiting(), 0..12),
        shares in shares(),
        region in prop::option::of("r[123]"),
    ) {
        let who = Who { account: "a", region: region.as_deref() };
        match next(&items, &shares, who) {
            None => {
                for item in &items {
                    let own = region.is_some() && region == item.region;
                    let full = if item.is_third {
                        own || item.taken.contains(&Seat::THIRD)
                    } else {
                        Seat::BLIND.iter().all(|seat| item.taken.contains(seat))
                    };
                    prop_assert!(full || item.accounts.contains("a"));
                }
            }
            Some((at, seat)) => {
                let item = &items[at];
                prop_assert!(!item.taken.contains(&seat) && !item.accounts.contains("a"));
                prop_assert_eq!(seat == Seat::THIRD, item.is_third);
                prop_assert!(seat != Seat::THIRD || region.is_none() || region != item.region);
            }
        }
    }

    #[test]
    fn the_order_in_which_items_are_listed_cannot_matter(
        items in prop::collection::btree_map("[0-9]{4}", waiting(), 0..12),
        shares in shares(),
    ) {
        let items: Vec<Waiting> =
            items.into_iter().map(|(id, item)| Waiting { id, ..item }).collect();
        let who = Who { account: "a", region: None };
        let given = |items: &[Waiting]| {
            next(items, &shares, who).map(|(at, seat)| (items[at].id.clone(), seat))
        };
        let mut reversed = items.clone();
        reversed.reverse();
        prop_assert_eq!(given(&items), given(&reversed));
    }

    #[test]
    fn work_is_spread_over_regions_whatever_is_urgent(
        urgencies in prop::collection::vec((0..3_u64, 0..9_u64), 12),
        steps in 1..24_usize,
    ) {
        // Three regions with four items each, and always somebody new.
        let mut items: Vec<Waiting> = urgencies
            .iter()
            .enumerate()
            .map(|(at, (kind, size))| Waiting {
                id: format!("{at:02}"),
                region: Some(format!("r{}", at % 3)),
                urgency: Urgency::from_numbers(*kind, *size),
                is_third: false,
                taken: BTreeSet::new(),
                accounts: BTreeSet::new(),
            })
            .collect();
        for step in 0..steps {
            let mut shares = Shares::new();
            for item in &items {
                let share: &mut Share = shares.entry(item.region.clone()).or_default();
                share.given += item.taken.len() as u64;
                share.wanted += 2;
            }
            let most = shares.values().map(|share| share.given).max().unwrap();
            let least = shares.values().map(|share| share.given).min().unwrap();
            prop_assert!(most - least <= 1, "{shares:?}");
            let account = format!("somebody {step}");
            let who = Who { account: &account, region: None };
            let (at, seat) = next(&items, &shares, who).expect("24 seats");
            items[at].taken.insert(seat);
        }
    }

    #[test]
    fn a_late_entry_takes_no_seat_from_anybody(
        state in 0..4_usize,
        drawn in prop::collection::vec((1..=3_i64, 0..3_usize), 0..6),
    ) {
        let state = ItemState::ALL[state];
        let by = [TakenBy::Reading, TakenBy::Oneself, TakenBy::Other];
        let taken: Vec<Taken> = drawn
            .into_iter()
            .map(|(seat, at)| Taken { seat: Seat::new(seat).unwrap(), by: by[at] })
            .collect();
        let is = |seat, by| taken.contains(&Taken { seat, by });
        if let Place::Seat(seat) = place(state, &taken) {
            prop_assert!(!is(seat, TakenBy::Reading));
            prop_assert!(is(seat, TakenBy::Oneself) || !is(seat, TakenBy::Other));
            prop_assert_eq!(seat == Seat::THIRD, state == ItemState::Third);
            prop_assert!(seat != Seat::THIRD || is(seat, TakenBy::Oneself));
            prop_assert!(matches!(state, ItemState::Blind | ItemState::Third));
        }
    }
}

/// A protocol with an original and its preview.
fn photographed(number: usize, by: u8, copy: &str, cells: Cells) -> Entry {
    let photo = u8::try_from(number).unwrap();
    let EntryBody::Sheet(mut sheet) = sheet(copy, None, cells, photo) else { unreachable!() };
    sheet.photos.push(EntryPhoto {
        sha256: preview(number),
        role: PhotoRole::Preview,
        page: 1,
        bytes: 1,
    });
    entry(number, by, "11-1", EntryBody::Sheet(sheet))
}

fn preview(number: usize) -> PhotoHash {
    PhotoHash::of(format!("preview {number}").as_bytes())
}

fn file(entries: &[Entry], statements: &crate::merge::Statements) -> UnitFile {
    let entries: Vec<_> = entries.iter().cloned().map(std::sync::Arc::new).collect();
    merge(&unit("11-1"), &entries, statements, &pack())
}

fn urgencies(entries: &[Entry], official: Option<&Cells>) -> Vec<(String, Urgency)> {
    let found = needs(&file(entries, &everybody()), official, &pack());
    found.into_iter().map(|need| (need.copy.to_string(), need.urgency)).collect()
}

const GOOD: [u64; CELLS] = [9, 4, 5, 3, 2];

#[test]
fn what_differs_from_the_publication_comes_before_what_differs_among_us() {
    let none = world::cells([Some(None); CELLS]);
    let entries = [
        photographed(0, 0, "certified", full(GOOD)),
        photographed(1, 0, "posted", full([9, 4, 5, 3, 1])),
        photographed(2, 1, "posted", full([9, 4, 5, 3, 2])),
        photographed(3, 0, "summary", none),
    ];
    let mut found = urgencies(&entries, None);
    assert_eq!(
        found,
        [
            ("posted".to_owned(), Urgency::Mismatch { cells: 1 }),
            ("summary".to_owned(), Urgency::PhotoOnly)
        ]
    );
    // 3 and 2 against 1 and 6.
    let official = full([9, 4, 5, 1, 6]);
    found = urgencies(&entries, Some(&official));
    found.sort_by_key(|(_, urgency)| urgency.rank());
    assert_eq!(found[0], ("certified".to_owned(), Urgency::Official { votes: 6 }));
    // What two differ on is held against the publication in the cells in which they agree.
    assert_eq!(found[1], ("posted".to_owned(), Urgency::Official { votes: 2 }));
    assert_eq!(found[2], ("summary".to_owned(), Urgency::PhotoOnly));
    assert_eq!(urgencies(&entries[..1], Some(&full(GOOD))), []);
}

#[test]
fn parts_are_held_against_the_publication_together() {
    let entries = [
        photographed(0, 0, "electronic", full([4, 2, 2, 1, 1])),
        photographed(1, 0, "paper", full([5, 2, 3, 2, 1])),
    ];
    assert_eq!(urgencies(&entries, Some(&full([9, 4, 5, 3, 2]))), []);
    let found = urgencies(&entries, Some(&full([9, 4, 5, 3, 4])));
    let by_two = |copy: &str| (copy.to_owned(), Urgency::Official { votes: 2 });
    assert_eq!(found, [by_two("electronic"), by_two("paper")]);
}

#[test]
fn a_document_without_a_photograph_or_that_was_transcribed_is_not_needed() {
    let mut bare = photographed(0, 0, "certified", full(GOOD));
    let EntryBody::Sheet(sheet) = &mut bare.body else { unreachable!() };
    sheet.photos.clear();
    let official = full([9, 4, 5, 1, 6]);
    assert_eq!(urgencies(&[bare], Some(&official)), []);

    let entries = [photographed(0, 0, "certified", full(GOOD))];
    let mut statements = everybody();
    let reading = Reading::Figures(world::typed(&full(GOOD)));
    statements.apply_transcription(50, world::transcription(&[0], &[0], reading));
    assert_eq!(needs(&file(&entries, &statements), Some(&official), &pack()), []);
    // Another observer's photograph, which nobody typed, says otherwise.
    let entries = [entries[0].clone(), photographed(1, 1, "certified", full([9, 4, 5, 3, 1]))];
    let found = needs(&file(&entries, &statements), None, &pack());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].photos().len(), 2);
}

/// What a plan makes of the items.
fn carried_out(items: &[Known], changes: &[Change]) -> Vec<Known> {
    let mut items = items.to_vec();
    for change in changes {
        match change {
            Change::Add { id, need } => items.push(Known {
                id: id.clone(),
                unit: need.unit.clone(),
                form: need.form.to_string(),
                copy: need.copy.to_string(),
                photos: need.photos(),
                state: ItemState::Blind,
                is_needed: true,
                urgency: need.urgency,
            }),
            Change::Want { id, urgency } => {
                let item = items.iter_mut().find(|item| item.id == *id).unwrap();
                (item.is_needed, item.urgency) = (true, *urgency);
            }
            Change::PutAside { id } => {
                items.iter_mut().find(|item| item.id == *id).unwrap().is_needed = false;
            }
        }
    }
    items
}

#[test]
fn an_item_waits_for_its_pictures_and_stays_one_when_more_photographs_come() {
    let first = [photographed(0, 0, "certified", full(GOOD))];
    let official = full([9, 4, 5, 1, 6]);
    let of = |entries: &[Entry]| needs(&file(entries, &everybody()), Some(&official), &pack());
    assert_eq!(plan(of(&first), &[], &HashSet::new()), []);
    let whole: HashSet<PhotoHash> = (0..3).map(preview).collect();
    let items = carried_out(&[], &plan(of(&first), &[], &whole));
    assert_eq!(items.len(), 1);
    assert_eq!(plan(of(&first), &items, &whole), [], "nothing changes without a reason");

    let both = [first[0].clone(), photographed(1, 1, "certified", full(GOOD))];
    assert_eq!(plan(of(&both), &items, &whole), []);
    // Nothing is published any more: nobody needs it, and it comes back as it was.
    let aside = carried_out(&items, &plan(vec![], &items, &whole));
    assert!(!aside[0].is_needed);
    let back = carried_out(&aside, &plan(of(&both), &aside, &whole));
    assert_eq!(back, items);
    // What was settled and is needed again is another item.
    let mut settled = items;
    settled[0].state = ItemState::Settled;
    let again = carried_out(&settled, &plan(of(&first), &settled, &whole));
    assert_eq!(again.len(), 2);
    assert_ne!(again[0].id, again[1].id);
}

#[test]
fn figures_are_read_as_people_write_them() {
    let figure = |value: u64| Ok(Some(Figure::new(value).unwrap()));
    for (text, value) in [
        ("1204", 1204),
        ("1 204", 1204),
        (" 1\u{202f}204 ", 1204),
        ("1\u{a0}204\u{a0}333", 1_204_333),
        ("0", 0),
        ("007", 7),
        ("999 999 999 999 999", 999_999_999_999_999),
        ("0000000000000000005", 5),
    ] {
        assert_eq!(read_figure(text), figure(value), "{text:?}");
    }
    for empty in ["", "  ", "\u{a0}"] {
        assert_eq!(read_figure(empty), Ok(None), "{empty:?}");
    }
    for wrong in ["12a", "-4", "–", "1,5", "1.204", "'"] {
        assert_eq!(read_figure(wrong), Err(FigureTypo::NotDigits), "{wrong:?}");
    }
    assert_eq!(read_figure("1000000000000000"), Err(FigureTypo::TooLong));
}
