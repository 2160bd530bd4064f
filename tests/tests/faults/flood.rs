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

/// Strangers, more than there are places for keys that nobody knows: those grow with the cores.
fn strangers() -> u64 {
    let cores = thread::available_parallelism().map_or(1, usize::from) as u64;
    200.max(16 * cores)
}

/// Devices that headquarters knows, fewer than there are places on the smallest machine.
const KNOWN: u64 = 3;

/// What one push came to.
type Came = Result<Option<Verdict>, Refused>;

fn push(wire: &Wire, device: &Device, record: &Signed) -> Came {
    let batch = PushRequest {
        records: vec![record.text.clone()],
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
        let speak = |(number, mut device): (u64, Device)| {
            let record = device.protocol(world.country().precinct(0), number);
            (device, record)
        };
        let known = (0..KNOWN).map(|seed| (seed, world.device(seed)));
        let known: Vec<_> = known.map(speak).collect();
        let strangers = (1000..1000 + strangers()).map(|seed| (seed, world.stranger(seed)));
        let strangers: Vec<_> = strangers.map(speak).collect();
        let refused = while_locked(world, cluster, &strangers, &known);
        assert!(refused > 0 && refused < strangers.len(), "{refused} were refused");
        // What was taken is there, what was refused is not; then all is let in again.
        let logged = world.wire().record_ids();
        assert!(known.iter().all(|(_, record)| logged.contains(&record.id)));
        for (device, record) in strangers.iter().chain(&known) {
            let came = push(&world.wire(), device, record);
            assert!(is_kept(&came), "{came:?}");
        }
        assert_eq!(world.wire().record_ids().len(), strangers.len() + known.len());
    });
}

/// Everybody pushes while nothing can be stored, strangers first; tells how many strangers were refused.
fn while_locked(
    world: &World,
    cluster: &Cluster,
    strangers: &[(Device, Signed)],
    known: &[(Device, Signed)],
) -> usize {
    let holder = lasting();
    let client = holder.block_on(postgres::connect(&cluster.url(DATABASE))).unwrap();
    holder.block_on(client.batch_execute("begin; lock table log_leaf in exclusive mode")).unwrap();
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let flood: Vec<ScopedJoinHandle<'_, Came>> = strangers
            .iter()
            .map(|(device, record)| {
                let (wire, tell) = (world.wire(), tell.clone());
                scope.spawn(move || {
                    let came = push(&wire, device, record);
                    tell.send(came.is_err()).unwrap_or(());
                    came
                })
            })
            .collect();
        assert!(told.recv_timeout(PATIENCE).unwrap(), "the first who hears anything is refused");
        let others: Vec<_> = known
            .iter()
            .map(|(device, record)| {
                let wire = world.wire();
                scope.spawn(move || push(&wire, device, record))
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
