//! Strangers flood a headquarters whose database stands still: known keys find their places all the same,
//! and everybody is served once it goes on.

use std::{
    sync::mpsc,
    thread::{self, ScopedJoinHandle},
};

use hattama_proto::{
    problem::ProblemCode,
    wire::{PushRequest, Verdict},
};
use hattama_tests::{
    postgres::{self, Cluster},
    world::{Device, Refused, Signed, Wire, World},
};

use super::{DATABASE, load::PATIENCE, on_a_server_of_its_own};

/// Strangers, with more than there is room for from keys that nobody knows: half a MiB for each core.
fn strangers() -> u64 {
    let cores = thread::available_parallelism().map_or(1, usize::from) as u64;
    200.max(50 * cores)
}

/// Records of each stranger, together more than 16 KiB.
const OF_EACH: u64 = 16;

/// Devices that headquarters knows, fewer than there are places on the smallest machine.
const KNOWN: u64 = 3;

/// A device and what it sends.
type Speaker = (Device, Vec<Signed>);

/// What one push came to.
type Came = Result<Option<Verdict>, Refused>;

fn push(wire: &Wire, (device, records): &Speaker) -> Came {
    let batch = PushRequest {
        records: records.iter().map(|record| record.text.clone()).collect(),
        keys: [(device.kid(), device.public_key())].into(),
        seen: None,
    };
    wire.push(&batch).map(|reply| reply.results.first().map(|result| result.verdict))
}

fn is_kept(came: &Came) -> bool {
    matches!(came, Ok(Some(Verdict::Stored | Verdict::Held | Verdict::Duplicate)))
}

#[test]
fn a_flood_of_unknown_keys_takes_no_place_of_a_known_one_and_leaves_none_taken() {
    on_a_server_of_its_own(&[], |world, cluster| {
        let speak = |mut device: Device, count: u64| -> Speaker {
            let unit = || world.country().precinct(0);
            let records = (0..count).map(|number| device.protocol(unit(), number)).collect();
            (device, records)
        };
        let known: Vec<_> = (0..KNOWN).map(|seed| speak(world.device(seed), 1)).collect();
        let strangers = (1000..1000 + strangers()).map(|seed| world.stranger(seed));
        let strangers: Vec<_> = strangers.map(|device| speak(device, OF_EACH)).collect();
        let refused = while_locked(world, cluster, &strangers, &known);
        assert!(refused > 0 && refused < strangers.len(), "{refused} were refused");
        // What was taken is there, what was refused is not; then all is let in again.
        let logged = world.wire().record_ids();
        assert!(known.iter().all(|(_, records)| logged.contains(&records[0].id)));
        for speaker in strangers.iter().chain(&known) {
            let came = push(&world.wire(), speaker);
            assert!(is_kept(&came), "{came:?}");
        }
        let spoken =
            strangers.iter().chain(&known).map(|(_, records)| records.len()).sum::<usize>();
        assert_eq!(world.wire().record_ids().len(), spoken);
    });
}

/// Everybody pushes while nothing can be stored, strangers first; tells how many strangers were refused.
fn while_locked(
    world: &World,
    cluster: &Cluster,
    strangers: &[Speaker],
    known: &[Speaker],
) -> usize {
    let holder = lasting();
    let client = holder.block_on(postgres::connect(&cluster.url(DATABASE))).unwrap();
    holder.block_on(client.batch_execute("begin; lock table log_leaf in exclusive mode")).unwrap();
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let flood: Vec<ScopedJoinHandle<'_, Came>> = strangers
            .iter()
            .map(|speaker| {
                let (wire, tell) = (world.wire(), tell.clone());
                scope.spawn(move || {
                    let came = push(&wire, speaker);
                    tell.send(came.is_err()).unwrap_or(());
                    came
                })
            })
            .collect();
        assert!(told.recv_timeout(PATIENCE).unwrap(), "the first who hears anything is refused");
        let others: Vec<_> = known
            .iter()
            .map(|speaker| {
                let wire = world.wire();
                scope.spawn(move || push(&wire, speaker))
            })
            .collect();
        // Nobody is asked what they wait for: a page is read meanwhile.
        assert_eq!(world.wire().get("/healthz").status, 200);
        assert_eq!(world.wire().get("/v1/openapi.json").status, 200);
        holder.block_on(client.batch_execute("commit")).unwrap();
        for one in others {
            let came = one.join().unwrap();
            assert!(is_kept(&came), "{came:?}");
        }
        let came = flood.into_iter().map(|one| one.join().unwrap());
        came.filter(|came| {
            let Err(problem) = came else { return false };
            assert_eq!((problem.status, problem.code), (503, ProblemCode::Overloaded));
            assert!(problem.retry_after_s.is_some_and(|wait_s| wait_s >= 1), "{problem:?}");
            true
        })
        .count()
    })
}

/// A runtime that keeps the session of the lock alive.
fn lasting() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
