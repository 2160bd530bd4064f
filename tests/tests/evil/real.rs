//! The twelve cheats once more, by a real headquarters: what it shows comes out of its store, its
//! sockets and its files, and whoever sees it is what observers and others really run.

use std::fs;

use hattama_proto::{
    id::RecordId,
    tlog::{Checkpoint, NoteSigner, TileKind, TileName},
};
use hattama_tests::world::copy_folder;
use rusqlite::Connection;

use crate::{
    cheats::{ALL, Cheat},
    front::Lie,
    rewrite::{Leaf, rewrite},
    stage::Stage,
};

/// Scenarios of each cheat; each is an honest one until then.
const SCENARIOS: u64 = 3;

/// Cheats with a real headquarters, and tells which phone looks first.
fn cheat(cheat: Cheat, stage: &mut Stage) -> usize {
    let phone = usize::from(stage.dice.below(2) == 1);
    match cheat {
        Cheat::Drop | Cheat::Alter | Cheat::Reorder | Cheat::InsertWithAnOldDate => {
            rewritten(cheat, stage);
        }
        Cheat::RollBack => {
            stage.close();
            let data = stage.world.data().to_owned();
            fs::remove_dir_all(&data).unwrap();
            copy_folder(&stage.old(), &data);
            stage.open();
        }
        Cheat::ForkToTwoPhones => {
            // A second headquarters with the same keys and the same history so far.
            stage.close();
            let data = stage.world.data().to_owned();
            let second = stage.world.scratch().join("second");
            copy_folder(&data, &second);
            stage.open();
            stage.send(0);
            stage.witness();
            stage.close();
            fs::remove_dir_all(&data).unwrap();
            copy_folder(&second, &data);
            stage.open();
            return 1;
        }
        Cheat::ReplayAnOldCheckpoint => {
            let old = stage.front.first().checkpoint;
            stage.front.lie(Lie::Change(Box::new(|reply| reply.checkpoint = old)));
        }
        Cheat::SwapKeys => {
            let key = stage.key();
            stage.front.lie(Lie::Change(Box::new(move |reply| {
                let note = reply.checkpoint.take().unwrap();
                let shown = Checkpoint::verify(&note, key.name(), &key).unwrap();
                let other = NoteSigner::from_seed(key.name().clone(), &[9; 32]);
                reply.checkpoint = Some(shown.sign(&other));
            })));
        }
        Cheat::ReceiptForAnotherRecord => {
            let wire = stage.world.wire();
            let known = stage.known.clone();
            stage.front.lie(Lie::Change(Box::new(move |reply| {
                // Nothing was logged meanwhile, so this one is under the same checkpoint.
                let other = wire.push_all([&known]);
                assert_eq!(other.checkpoint, reply.checkpoint);
                reply.results[0].receipt.clone_from(&other.results[0].receipt);
            })));
        }
        Cheat::ReceiptWithoutInclusion => {
            let id: RecordId = stage.capture(phone);
            let (wire, known) = (stage.world.wire(), stage.known.clone());
            stage.front.lie(Lie::Instead(Box::new(move || {
                let mut reply = wire.push_all([&known]);
                reply.results[0].id = id;
                reply.results[0].verdict = hattama_proto::wire::Verdict::Stored;
                reply
            })));
        }
        Cheat::DecisionHidden => {
            stage.decide();
            stage.close();
            let db = Connection::open(stage.world.data().join("hq.db")).unwrap();
            let hidden = "delete from statement
                           where position = (select max(position) from statement)";
            assert_eq!(db.execute(hidden, []).unwrap(), 1);
            db.close().unwrap();
            stage.open();
        }
        Cheat::TileAlteredAfterPublication => {
            let size = stage.published().size;
            let kind =
                if stage.dice.below(2) == 0 { TileKind::Entries } else { TileKind::Hashes(0) };
            let tile = TileName::at(kind, 0, size).unwrap();
            let path = stage.world.data().join("log").join(tile.to_string());
            let mut bytes = fs::read(&path).unwrap();
            let at = usize::try_from(stage.dice.below(bytes.len() as u64)).unwrap();
            bytes[at] ^= 1;
            fs::write(path, bytes).unwrap();
        }
    }
    phone
}

/// Another history, under the same keys and without the head file.
fn rewritten(cheat: Cheat, stage: &mut Stage) {
    stage.close();
    let data = stage.world.data().to_owned();
    let db = Connection::open(data.join("hq.db")).unwrap();
    let places = |of: &str| -> Vec<u64> {
        let all = format!("select position from {of} order by position");
        let mut all = db.prepare(&all).unwrap();
        let places = all.query_map([], |row| row.get::<_, i64>(0)).unwrap();
        places.map(|place| u64::try_from(place.unwrap()).unwrap()).collect()
    };
    let (size, records) = (places("log_leaf").len() as u64, places("record"));
    drop(db);
    // A record that both phones have been given a signed head over, and not the first of all.
    let place = 1 + usize::try_from(stage.dice.below(records.len() as u64 - 3)).unwrap();
    let at = usize::try_from(records[place]).unwrap();
    let fresh = stage.friend.protocol(stage.world.country().precinct(3), 77);
    let mut leaves: Vec<Leaf> = (0..size).map(Leaf::Kept).collect();
    match cheat {
        Cheat::Drop => drop(leaves.remove(at)),
        Cheat::Alter => leaves[at] = Leaf::Slipped(fresh, records[place]),
        Cheat::Reorder => leaves.swap(at, usize::try_from(records[place - 1]).unwrap()),
        _ => leaves.insert(at, Leaf::Slipped(fresh, records[place])),
    }
    rewrite(&data, &leaves);
    stage.open();
}

/// Some days, all of which hold when everybody has looked; then a cheat, and who saw it first.
fn play(number: usize) {
    let (kind, mut saw) = (ALL[number], Vec::new());
    for seed in 0..SCENARIOS {
        let seed = seed * 16 + number as u64;
        let mut stage = Stage::new(seed);
        assert_eq!(stage.look(0), None, "a false alarm, seed {seed}");
        stage.open();
        assert_eq!(stage.look(1), None, "a false alarm, seed {seed}");
        stage.open();
        let phone = cheat(kind, &mut stage);
        let first = stage.look(phone).unwrap_or_default();
        assert!(first.starts_with(kind.seen_by()), "{kind:?} with seed {seed}: {first:?}");
        saw.push(first);
    }
    println!("{kind:?}, a real headquarters: {saw:?}");
}

macro_rules! cheats {
    ($($name:ident: $number:literal),+ $(,)?) => {
        $(#[test] fn $name() { play($number) })+
    };
}

cheats![
    a_dropped_record_is_seen: 0,
    an_altered_record_is_seen: 1,
    reordered_records_are_seen: 2,
    an_old_data_folder_that_was_put_back_is_seen: 3,
    a_second_headquarters_with_the_same_keys_is_seen: 4,
    a_record_slipped_in_among_old_ones_is_seen: 5,
    an_old_checkpoint_is_seen: 6,
    another_key_is_seen: 7,
    a_receipt_for_another_record_is_seen: 8,
    a_receipt_for_nothing_is_seen: 9,
    a_hidden_decision_is_seen: 10,
    an_altered_tile_is_seen: 11,
];
