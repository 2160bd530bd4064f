use hattama_proto::{limits::RANGE_BYTES_MAX, time::UnixMillis};
use proptest::prelude::*;

use super::*;
use crate::sync::Firmness;

fn now() -> Moment {
    Moment { wall: UnixMillis(1_000_000), offset_s: 0, mono_ms: 1000, boot: "a".into() }
}

fn course() -> Course {
    Course {
        batch: 64,
        range_bytes: 65_536,
        slot: 0,
        conditions: Conditions::default(),
        feeds: vec![],
        cosigned_asked: vec![],
    }
}

fn record(n: u8, lane: Lane, role: Role) -> PendingRecord {
    PendingRecord {
        id: RecordId::from_bytes([n; 32]),
        role,
        kid: Kid::from_bytes([role as u8; 32]),
        lane,
        suspect: false,
        attempts: 0,
        owed: false,
        deadline: None,
        bytes: 1000 + u64::from(n),
    }
}

fn photo(n: u8, lane: Lane, bytes: u64) -> PendingPhoto {
    PendingPhoto {
        sealed: None,
        hash: PhotoHash::from_bytes([n; 32]),
        bytes,
        lane,
        wanted: false,
        have: CellBitmap::default(),
        there: There::Partial,
        attempts: 0,
        deadline: None,
    }
}

fn later() -> Option<Deadline> {
    Some(Deadline::after(5000, &now(), Firmness::Soft))
}

#[test]
fn records_go_before_photos_and_one_request_has_records_of_one_role() {
    let view = Snapshot {
        records: vec![
            record(1, Lane::Urgent, Role::Results),
            record(2, Lane::Urgent, Role::Incidents),
            record(3, Lane::Records, Role::Results),
        ],
        photos: vec![photo(9, Lane::Thumbnails, 10)],
        ..Snapshot::default()
    };
    let Step::Push { role, ids } = plan(&view, &course(), &now()) else { panic!() };
    assert_eq!(role, Role::Results);
    assert_eq!(ids, [1, 3].map(|n| RecordId::from_bytes([n; 32])));
}

#[test]
fn a_waiting_or_suspect_record_stops_no_other() {
    let mut view = Snapshot {
        records: vec![
            record(1, Lane::Urgent, Role::Results),
            record(2, Lane::Urgent, Role::Results),
            record(3, Lane::Urgent, Role::Results),
        ],
        ..Snapshot::default()
    };
    view.records[0].deadline = later();
    view.records[1].suspect = true;
    let Step::Push { ids, .. } = plan(&view, &course(), &now()) else { panic!() };
    assert_eq!(ids, [RecordId::from_bytes([3; 32])]);
    view.records.pop();
    let Step::Push { ids, .. } = plan(&view, &course(), &now()) else { panic!() };
    assert_eq!(ids, [RecordId::from_bytes([2; 32])], "a suspect goes alone, after the others");
    view.records.pop();
    assert_eq!(plan(&view, &course(), &now()), Step::Wait { ms: 5000 });
}

#[test]
fn after_a_failure_the_smallest_urgent_record_goes_first_and_alone() {
    let mut view = Snapshot {
        records: vec![
            record(7, Lane::Urgent, Role::Results),
            record(3, Lane::Urgent, Role::Results),
            record(1, Lane::Records, Role::Results),
        ],
        ..Snapshot::default()
    };
    let over = Deadline::after(0, &now(), Firmness::Soft);
    view.backoffs.insert(Class::Records, BackOff { attempts: 1, deadline: over });
    let Step::Push { ids, .. } = plan(&view, &course(), &now()) else { panic!() };
    assert_eq!(ids, [RecordId::from_bytes([3; 32])]);
}

#[test]
fn a_pause_of_photos_does_not_stop_records_and_no_network_stops_all() {
    let mut view = Snapshot {
        records: vec![record(1, Lane::Urgent, Role::Results)],
        photos: vec![photo(9, Lane::Originals, 10)],
        ..Snapshot::default()
    };
    let pause = BackOff { attempts: 1, deadline: later().unwrap() };
    view.backoffs.insert(Class::Originals, pause.clone());
    assert!(matches!(plan(&view, &course(), &now()), Step::Push { .. }));
    view.records.clear();
    assert_eq!(plan(&view, &course(), &now()), Step::Wait { ms: 5000 });
    view.backoffs.insert(Class::Network, pause);
    view.records.push(record(1, Lane::Urgent, Role::Results));
    assert_eq!(plan(&view, &course(), &now()), Step::Wait { ms: 5000 });
}

#[test]
fn originals_stay_where_they_may_not_go_unless_headquarters_asked() {
    let mut view = Snapshot { photos: vec![photo(9, Lane::Originals, 10)], ..Snapshot::default() };
    let metered =
        Course { conditions: Conditions { metered: true, ..Conditions::default() }, ..course() };
    assert_eq!(plan(&view, &metered, &now()), Step::Nothing);
    view.photos[0].wanted = true;
    assert!(matches!(plan(&view, &metered, &now()), Step::SendRange { .. }));
}

#[test]
fn one_slot_in_eight_goes_to_the_last_lane() {
    let view = Snapshot {
        photos: vec![photo(1, Lane::Thumbnails, 10), photo(2, Lane::Originals, 10)],
        ..Snapshot::default()
    };
    let chosen = |slot| match plan(&view, &Course { slot, ..course() }, &now()) {
        Step::SendRange { hash, .. } => hash.as_bytes()[0],
        step => panic!("{step:?}"),
    };
    assert_eq!((0..8).map(chosen).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 1, 1, 2]);
}

#[test]
fn nobody_sends_cells_that_are_there() {
    let mut one = photo(1, Lane::Originals, 200_000);
    (0..3).for_each(|cell| one.have.set(cell));
    let view = Snapshot { photos: vec![one.clone()], ..Snapshot::default() };
    let Step::SendRange { range, .. } = plan(&view, &course(), &now()) else { panic!() };
    assert_eq!((range.first, range.end), (98_304, 163_840));
    one.there = There::Whole;
    let view = Snapshot { photos: vec![one.clone()], ..Snapshot::default() };
    let Step::SendRange { range, .. } = plan(&view, &course(), &now()) else { panic!() };
    assert_eq!((range.first, range.end), (196_608, 200_000), "the last cell brings the receipt");
    one.there = There::Unknown;
    let view = Snapshot { photos: vec![one], ..Snapshot::default() };
    assert!(matches!(plan(&view, &course(), &now()), Step::AskPhoto { .. }));
}

proptest! {
    #[test]
    fn a_planned_range_is_one_headquarters_takes(
        bytes in 1_u64..5_000_000,
        cells in proptest::collection::vec(0_u64..160, 0..80),
        range_bytes in 0_u64..=RANGE_BYTES_MAX,
        whole: bool,
    ) {
        let mut one = photo(1, Lane::Originals, bytes);
        for cell in cells {
            one.have.set(cell);
        }
        one.there = if whole { There::Whole } else { There::Partial };
        let range = range(&one, range_bytes);
        prop_assert_eq!(range.to_header().parse(), Ok(range));
        prop_assert!(range.len() <= RANGE_BYTES_MAX);
        let cell = range.first / CELL_BYTES;
        prop_assert!(whole || one.have.is_full(bytes) || !one.have.has(cell));
    }

    #[test]
    fn whatever_waits_is_either_done_now_or_waited_for(
        waits in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 1..10),
        paused in proptest::sample::subsequence(Class::ALL.to_vec(), 0..6),
    ) {
        let mut view = Snapshot::default();
        for (n, (deadline, suspect, owed)) in waits.into_iter().enumerate() {
            let mut one = record(u8::try_from(n).unwrap(), Lane::Urgent, Role::Results);
            one.deadline = deadline.then(later).flatten();
            (one.suspect, one.owed) = (suspect, owed);
            view.records.push(one);
        }
        for class in paused {
            let pause = BackOff { attempts: 1, deadline: later().unwrap() };
            view.backoffs.insert(class, pause);
        }
        let step = plan(&view, &course(), &now());
        prop_assert!(step != Step::Nothing);
        if let Step::Wait { ms } = step {
            prop_assert!((1..=5000).contains(&ms));
        }
    }
}

#[test]
fn cosigned_receipts_are_asked_for_last_and_once_per_key() {
    let (mine, other) = (Kid::from_bytes([1; 32]), Kid::from_bytes([2; 32]));
    let id = LogEntry::Record([7; 32]);
    let mut view = Snapshot {
        photos: vec![photo(9, Lane::Originals, 10)],
        uncosigned: vec![(mine, id), (other, id), (mine, LogEntry::Photo([8; 32]))],
        ..Snapshot::default()
    };
    assert!(matches!(plan(&view, &course(), &now()), Step::SendRange { .. }));
    view.photos.clear();
    let Step::AskCosigned { kid, entries } = plan(&view, &course(), &now()) else { panic!() };
    assert_eq!((kid, entries.len()), (mine, 2));
    let asked = Course { cosigned_asked: vec![mine], ..course() };
    assert!(matches!(plan(&view, &asked, &now()), Step::AskCosigned { kid, .. } if kid == other));
    let asked = Course { cosigned_asked: vec![mine, other], ..course() };
    assert_eq!(plan(&view, &asked, &now()), Step::Nothing, "and never waited for");
}
