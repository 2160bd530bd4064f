//! What a photo costs when the line breaks, counted between phone and headquarters.

use hattama_client_core::PumpBudget;
use hattama_proto::id::PhotoHash;
use hattama_tests::{
    form::plain_photo,
    proxy::{Cut, How, Mood, Way},
    world::{Ending, Phone, World},
};

/// Runs over which the cost is averaged.
const RUNS: u64 = 10;
/// Size of the photo, in bytes.
const PHOTO_BYTES: usize = 4_000_000;
/// Cuts per run.
const CUTS: usize = 10;
/// Bytes on the line for each byte of the photo, at most on average.
const COST_MAX: f64 = 1.1;

/// A fast mobile line, in bytes per second; loopback would put whole photos into buffers.
const LINE_BYTES_PER_S: u64 = 20_000_000;

#[test]
fn ten_cuts_cost_a_photo_of_four_megabytes_a_tenth_of_it_at_most() {
    let world = World::new();
    world.proxy.mood(Mood::Slow(LINE_BYTES_PER_S));
    let costs: Vec<f64> = (0..RUNS)
        .map(|run| {
            let phone = world.phone();
            let bytes = plain_photo(run, PHOTO_BYTES);
            let record = phone.photographed(world.country().precinct(0), run, &bytes).record;
            world.proxy.forget();
            world.proxy.cut(random_cuts(run, bytes.len()));
            phone.sync();
            let sent = world.proxy.counts().up;
            assert_eq!(world.proxy.cuts_left(), 0, "all cuts fell");
            let hash = PhotoHash::of(&bytes);
            assert_eq!(world.blob(&hash).unwrap(), bytes);
            assert!(world.wire().record_ids().contains(&record));
            sent as f64 / bytes.len() as f64
        })
        .collect();
    let average = costs.iter().sum::<f64>() / costs.len() as f64;
    eprintln!("bytes on the line per byte of photo: {average:.3} on average, {costs:.3?}");
    assert!(average <= COST_MAX, "{average:.3}: {costs:.3?}");
}

#[test]
fn a_phone_that_was_switched_off_goes_on_at_the_missing_cells() {
    let mut world = World::new();
    world.proxy.mood(Mood::Slow(LINE_BYTES_PER_S));
    let (mut phone, bytes) = (world.phone(), plain_photo(77, 2_000_000));
    phone.photographed(world.country().precinct(0), 1, &bytes);
    world.proxy.forget();
    for _ in 0..3 {
        world.proxy.cut([Cut { way: Way::Up, after: 500_000, how: How::Reset }]);
        stopped_by_a_cut(&world, &phone);
        phone.close();
        world.end(Ending::AtOnce);
        world.start();
        phone.open();
        // Switched on again it finds a network, and the pause after the cut is over.
        phone.notebook().network_changed().unwrap();
    }
    world.proxy.cut([]);
    phone.sync();
    let cost = world.proxy.counts().up as f64 / bytes.len() as f64;
    assert!(cost <= COST_MAX, "{cost:.3}");
    assert_eq!(world.blob(&PhotoHash::of(&bytes)).unwrap(), bytes);
}

/// Syncs until the cut that is armed has fallen, and not further.
fn stopped_by_a_cut(world: &World, phone: &Phone) {
    let budget = PumpBudget { wait_ms_max: 0, ..PumpBudget::default() };
    let report = phone.notebook().pump(&budget).unwrap();
    assert_eq!(report.photos_complete, 0);
    assert_eq!(world.proxy.cuts_left(), 0);
}

/// Cuts at random places of the photo, half of them resets.
fn random_cuts(seed: u64, len: usize) -> Vec<Cut> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66;
    let mut throw = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut places: Vec<u64> = (0..CUTS).map(|_| throw() % len as u64).collect();
    places.sort_unstable();
    let mut before = 0;
    places
        .into_iter()
        .map(|place| {
            let after = place - before;
            before = place;
            let how = if throw() % 2 == 0 { How::Reset } else { How::Finish };
            Cut { way: Way::Up, after, how }
        })
        .collect()
}
