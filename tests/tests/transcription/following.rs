//! The desk follows the log unit by unit, and is at any moment what filling it from everything anew
//! would make of it.

use hattama_proto::{
    id::{PhotoHash, RecordId},
    record::{Body, Figure, PhotoRole},
    statement::{Decision, Disposition, Level, Reading},
    time::UnixMillis,
    wire::{ContentRange, PushRequest},
};
use hattama_server::{
    access::{Factor, Operator, Role, Scope},
    app::Headquarters,
    clock,
    desk::Entry,
    ingest::PhotoBegin,
    publishing::{Brought, Keep},
    store::transcriptions::{self, ItemPlace, StoredItem},
};
use hattama_tests::world::{Device, World, certified, code, invented, wall};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::Value;

use super::{
    office::{Person, at_the_desk, figures, hire, mismatch},
    on_both_engines,
};

on_both_engines![
    whatever_is_logged_the_desk_is_what_filling_it_anew_would_make_of_it,
    what_a_request_had_taken_when_its_connection_broke_is_not_lost,
    a_list_that_is_longer_than_a_page_is_told_to_its_end,
];

/// Histories that are played, each at a desk that goes on from the one before.
const HISTORIES: usize = 6;

/// Observers.
const DEVICES: usize = 4;

/// Precincts that they speak of, and whose photographs people type.
const UNITS: [&str; 4] = ["0-0-0", "1-1-1", "0-2-2", "1-3-3"];

/// One thing that happens.
#[derive(Clone, Debug)]
enum Act {
    /// A protocol with a photograph: device, unit, copy, votes (none: nothing was typed).
    Protocol(usize, usize, bool, Option<u64>),
    /// The preview of one of the protocols comes.
    Picture(usize),
    /// A protocol is moved, or set aside.
    Decide(usize, Option<usize>),
    /// A device's records are set aside.
    Revoke(usize),
    /// The commission publishes one precinct.
    Publish(usize, u64),
    /// Somebody takes the next document and types it so.
    Type(usize, u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let votes = prop_oneof![1 => Just(None), 3 => (5..8_u64).prop_map(Some)];
    let protocol = (0..DEVICES, 0..UNITS.len(), any::<bool>(), votes)
        .prop_map(|(by, unit, is_wall, votes)| Act::Protocol(by, unit, is_wall, votes));
    let decide = (any::<usize>(), prop::option::of(0..UNITS.len()))
        .prop_map(|(which, unit)| Act::Decide(which, unit));
    let act = prop_oneof![
        6 => protocol,
        5 => any::<usize>().prop_map(Act::Picture),
        2 => decide,
        1 => (0..DEVICES).prop_map(Act::Revoke),
        2 => (0..UNITS.len(), 5..8_u64).prop_map(|(unit, votes)| Act::Publish(unit, votes)),
        6 => (0..5_usize, 5..7_u64).prop_map(|(by, votes)| Act::Type(by, votes)),
    ];
    prop::collection::vec(act, 30..50)
}

/// Headquarters while a history is played at it.
struct Play<'a> {
    hq: &'a Headquarters,
    devices: Vec<Device>,
    said: Vec<(RecordId, Vec<u8>)>,
    number: u64,
}

impl Play<'_> {
    async fn carry_out(&mut self, act: &Act) {
        let (hq, now) = (self.hq, clock::system());
        self.number += 1;
        match *act {
            Act::Protocol(by, unit, is_wall, votes) => {
                let preview = format!("preview {}", self.number).into_bytes();
                let original = format!("original {}", self.number).into_bytes();
                let photos = vec![
                    Device::photo(&original, PhotoRole::Original),
                    Device::photo(&preview, PhotoRole::Preview),
                ];
                let copy = if is_wall { wall() } else { certified() };
                let mut protocol = invented(code(UNITS[unit]), copy, 5, photos);
                match votes {
                    Some(votes) => {
                        let choices = protocol.contests.values_mut().next().unwrap();
                        let figure = Some(Figure::new(votes).unwrap());
                        choices.insert("heron".parse().unwrap(), figure);
                    }
                    None => {
                        protocol.lines.clear();
                        protocol.contests.clear();
                    }
                }
                let signed = self.devices[by].say(Body::Protocol(protocol));
                self.said.push((signed.id, preview));
                let push = PushRequest { records: vec![signed.text], ..PushRequest::default() };
                hq.push.push(push, None, now).await.unwrap();
            }
            Act::Picture(which) => {
                let Some((_, preview)) = self.which(which).cloned() else { return };
                let end = preview.len() as u64;
                let range = ContentRange { first: 0, end, size: end };
                let begun = hq.photos.begin(PhotoHash::of(&preview), range, None).await.unwrap();
                if let PhotoBegin::Take(mut upload) = begun {
                    upload.take(&preview).await.unwrap();
                    upload.finish().await.unwrap();
                }
            }
            Act::Decide(which, unit) => {
                let Some((record, _)) = self.which(which).cloned() else { return };
                let decision = Decision {
                    record,
                    disposition: match unit {
                        Some(_) => Disposition::Counted,
                        None => Disposition::SetAside,
                    },
                    reason: "looked at".to_owned(),
                    account: "op".to_owned(),
                    unit: unit.map(|unit| code(UNITS[unit])),
                    copy: None,
                    same_document_as: None,
                };
                hq.review.decide(decision, now).await.unwrap();
            }
            Act::Revoke(by) => {
                let kid = self.devices[by].kid();
                hq.review.revoke(kid, None, "lost", "op", now).await.unwrap();
            }
            Act::Publish(unit, votes) => {
                let csv = format!("unit,contest:president:heron\n{},{votes}\n", UNITS[unit]);
                let brought = Brought {
                    file: csv.into_bytes(),
                    level: Level::Precinct,
                    source: "test".to_owned(),
                    mapping: None,
                };
                let published = hq.publish(brought, Keep::Archive, now).await.unwrap();
                assert_eq!(published.units, 1, "the publication is not understood");
            }
            Act::Type(by, votes) => {
                let who = reader(by);
                let Some(seat) = hq.desk.next(&who, now).await.unwrap() else { return };
                let id = format!("01080000-0000-7000-8000-{:012x}", self.number);
                let reading: Value = figures(900, votes);
                let reading: Reading = serde_json::from_value(reading).unwrap();
                let entry = Entry { id: id.parse().unwrap(), reading };
                hq.desk.submit(&who, &seat.item, entry, now).await.unwrap();
            }
        }
    }

    fn which(&self, which: usize) -> Option<&(RecordId, Vec<u8>)> {
        self.said.get(which.checked_rem(self.said.len())?)
    }
}

fn reader(number: usize) -> Operator {
    let (name, roles) = (format!("reader-{number}"), vec![Role::Reviewer]);
    let scope = Scope::default();
    Operator { name, roles, scope, factor: Factor::Fresh, token_hash: String::new() }
}

fn whatever_is_logged_the_desk_is_what_filling_it_anew_would_make_of_it(world: &mut World) {
    let devices = (0..DEVICES as u64).map(|seed| world.device(100 + seed)).collect();
    let dice = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), dice);
    at_the_desk(world, async |hq| {
        let mut play = Play { hq, devices, said: Vec::new(), number: 0 };
        hq.fill_desk_now().await.unwrap();
        for _ in 0..HISTORIES {
            let history = acts().new_tree(&mut runner).unwrap().current();
            for (at, act) in history.iter().enumerate() {
                play.carry_out(act).await;
                // Not after every act, so that one filling has to find what several acts touched.
                if at % 3 == 0 {
                    hq.fill_desk_now().await.unwrap();
                    let lacks = hq.desk_lacks().await.unwrap();
                    assert!(lacks.is_empty(), "after {:?}: {lacks:?}", &history[..=at]);
                }
            }
        }
        // That nothing was ever to be done would prove nothing.
        let who = reader(0);
        let counts = hq.desk.of_unit(&who, &code(UNITS[0])).await.unwrap();
        assert!(!counts.is_empty(), "no document of {} was ever needed", UNITS[0]);
    });
}

fn what_a_request_had_taken_when_its_connection_broke_is_not_lost(world: &mut World) {
    let devices = vec![world.device(100), world.device(101)];
    at_the_desk(world, async |hq| {
        let mut play = Play { hq, devices, said: Vec::new(), number: 0 };
        hq.fill_desk_now().await.unwrap();
        hq.digests().await.unwrap();
        for act in [
            Act::Protocol(0, 0, false, Some(5)),
            Act::Protocol(1, 0, false, Some(6)),
            Act::Picture(0),
            Act::Picture(1),
        ] {
            play.carry_out(&act).await;
        }
        // Dropped at each place where it waits, until it waits no more.
        for waits in 0.. {
            let (filling, digesting) = (hq.fill_desk_now(), hq.digests());
            let filled = dropped_after(waits, filling).await;
            let digested = dropped_after(waits, digesting).await;
            if filled && digested {
                break;
            }
        }
        assert!(hq.desk_lacks().await.unwrap().is_empty());
        let known = hq.digests().await.unwrap().read().len();
        assert_eq!(known, 1, "the unit's digest");
        assert_eq!(hq.desk.of_unit(&reader(0), &code(UNITS[0])).await.unwrap().len(), 1);
    });
}

/// Drops some work when it has waited so many times; tells whether it came to its end before.
async fn dropped_after<T>(waits: u32, work: impl Future<Output = T>) -> bool {
    let mut work = std::pin::pin!(work);
    let mut left = waits;
    std::future::poll_fn(|context| {
        if work.as_mut().poll(context).is_ready() {
            return std::task::Poll::Ready(true);
        }
        if left == 0 {
            return std::task::Poll::Ready(false);
        }
        left -= 1;
        std::task::Poll::Pending
    })
    .await
}

fn a_list_that_is_longer_than_a_page_is_told_to_its_end(world: &mut World) {
    hire(world, &["anna"]);
    mismatch(world, "0-0-0", 1);
    let anna = Person::of(world, "anna");
    assert_eq!(anna.wire().get_json("/v1/transcriptions")["open_next"], Value::Null);
    let refused = anna.wire().get("/v1/transcriptions?open_after=somewhere");
    assert_eq!((refused.status, &refused.json()["code"]), (422, &"invalid".into()));
    at_the_desk(world, async |hq| {
        let one = transcriptions::items(&hq.db).await.unwrap().remove(0);
        for number in 0..250_u32 {
            let copy = StoredItem {
                id: format!("{number:064x}"),
                state: "open".to_owned(),
                // Several change in one moment.
                updated_at: UnixMillis(i64::from(number / 7)),
                ..one.clone()
            };
            hq.db.commit(transcriptions::add(&copy)).await.unwrap();
        }
        let (mut found, mut after) = (Vec::new(), ItemPlace::first());
        loop {
            let places = [&after, &ItemPlace::first()];
            let page = hq.desk.overview(&reader(0), places, clock::system()).await.unwrap().open;
            assert!(page.items.len() <= 100, "{}", page.items.len());
            found.extend(page.items.into_iter().map(|item| item.id));
            let Some(next) = page.next else { break };
            after = next.to_string().parse().unwrap();
        }
        let all: Vec<String> = (0..250_u32).map(|number| format!("{number:064x}")).collect();
        assert_eq!(found, all, "the longest unchanged first, each once");
    });
}
