//! An object store that is away, overloaded, slow or forgetful: nothing is acknowledged that is not
//! there, the phone is told to come again, and it needs nobody to mend anything afterwards.

use std::{sync::Arc, time::Duration};

use hattama_client_core::PumpBudget;
use hattama_proto::{id::PhotoHash, problem::ProblemCode, record::PhotoRole, wire::StatusRequest};
use hattama_tests::{
    form::plain_photo,
    proxy::{Cut, How, Proxy, Way},
    world::{Country, Device, Ending, World, block_on},
};

use crate::bucket::{BucketServer, Mood};

fn world() -> (World, Arc<BucketServer>) {
    let server = Arc::new(BucketServer::start());
    (World::of(Country::small(), server.engine()), server)
}

/// A device whose record names these bytes.
fn announce(world: &World, bytes: &[u8]) -> (Device, PhotoHash) {
    let mut device = world.device(1);
    let photo = Device::photo(bytes, PhotoRole::Original);
    let unit = world.country().precinct(0);
    world.wire().push_all([&device.protocol_with(unit, 1, vec![photo.clone()])]);
    (device, photo.sha256)
}

/// What is said while the store fails: try again, and nothing is there.
fn is_not_acknowledged(world: &World, device: &Device, photo: PhotoHash, bytes: &[u8]) {
    let problem = world.wire().put(&photo, bytes).unwrap_err();
    assert_eq!((problem.code, problem.status), (ProblemCode::StoreUnavailable, 503), "{problem:?}");
    assert!(problem.retry_after_s.is_some(), "{problem:?}");
    let asked = StatusRequest { kid: device.kid(), records: vec![], photos: vec![] };
    assert!(world.wire().status(&asked).unwrap().chain.highest.is_some(), "records go on");
}

#[test]
fn a_store_that_fails_gets_no_receipt_and_recovers_by_itself() {
    for mood in
        [Mood::Unavailable, Mood::Broken, Mood::ReadOnly, Mood::SwallowPuts, Mood::KeepHalves]
    {
        let (world, server) = world();
        let bytes = plain_photo(1, 300_000);
        let (device, photo) = announce(&world, &bytes);
        server.mood(mood);
        is_not_acknowledged(&world, &device, photo, &bytes);
        server.mood(Mood::Well);
        // The last cell is enough: what arrived was kept on headquarters' own disk.
        let last = bytes.len() / 32_768 * 32_768;
        let reply = world.wire().put_range(&photo, last, &bytes[last..], bytes.len()).unwrap();
        world.witness().photo(&reply, &photo);
        assert_eq!(std::fs::read(server.object(&photo)).unwrap(), bytes, "{mood:?}");
        let left = std::fs::read_dir(world.data().join("partial")).unwrap().count();
        assert_eq!(left, 0, "nothing is left of a whole photo");
    }
}

#[test]
fn a_store_that_is_away_is_found_again() {
    let (mut world, server) = world();
    let (small, large) = (plain_photo(1, 100_000), plain_photo(2, 9_000_000));
    let (device, first) = announce(&world, &small);
    server.stop();
    is_not_acknowledged(&world, &device, first, &small);
    server.resume();
    let reply = world.wire().put(&first, &small).unwrap();
    world.witness().photo(&reply, &first);
    // One that is sent in parts, cut off in the middle by a restart of headquarters.
    let mut second = world.device(2);
    let photo = Device::photo(&large, PhotoRole::Original);
    let unit = world.country().precinct(1);
    world.wire().push_all([&second.protocol_with(unit, 2, vec![photo.clone()])]);
    server.mood(Mood::Unavailable);
    for (number, range) in large.chunks(1 << 20).enumerate() {
        let put = world.wire().put_range(&photo.sha256, number << 20, range, large.len());
        assert_eq!(put.is_err(), number == 8, "only the last one needs the store: {put:?}");
    }
    world.end(Ending::AtOnce);
    server.mood(Mood::Well);
    world.start();
    let last = 8 << 20;
    let reply = world.wire().put_range(&photo.sha256, last, &large[last..], large.len()).unwrap();
    world.witness().photo(&reply, &photo.sha256);
    assert_eq!(world.blob(&photo.sha256).unwrap(), large);
}

#[test]
fn a_phone_goes_on_with_its_records_and_brings_its_photos_later() {
    let (world, server) = world();
    let phone = world.phone();
    let bytes = plain_photo(5, 200_000);
    server.mood(Mood::Unavailable);
    let captured = phone.photographed(world.country().precinct(0), 5, &bytes);
    let budget = PumpBudget { ms_max: 8_000, wait_ms_max: 0, ..PumpBudget::default() };
    let report = phone.notebook().pump(&budget).unwrap();
    assert_eq!(report.photos_complete, 0);
    assert!(world.wire().record_ids().contains(&captured.record), "its record has arrived");
    server.mood(Mood::Well);
    // Headquarters said when to come again, and the phone keeps to it.
    let budget = PumpBudget { ms_max: 60_000, wait_ms_max: 15_000, ..PumpBudget::default() };
    assert_eq!(phone.notebook().pump(&budget).unwrap().photos_complete, 1);
    assert_eq!(world.blob(&PhotoHash::of(&bytes)).unwrap(), bytes);
}

#[test]
fn a_store_that_only_reads_shows_what_it_has_and_headquarters_is_whole_afterwards() {
    let (mut world, server) = world();
    let (early, late) = (plain_photo(8, 100_000), plain_photo(9, 100_000));
    let (_, first) = announce(&world, &early);
    world.witness().photo(&world.wire().put(&first, &early).unwrap(), &first);
    let phone = world.phone();
    server.mood(Mood::ReadOnly);
    let captured = phone.photographed(world.country().precinct(1), 9, &late);
    let budget = PumpBudget { ms_max: 8_000, wait_ms_max: 0, ..PumpBudget::default() };
    assert_eq!(phone.notebook().pump(&budget).unwrap().photos_complete, 0);
    assert!(world.wire().record_ids().contains(&captured.record), "records go on");
    assert!(world.blob(&first).unwrap() == early, "what is there can be read");
    server.mood(Mood::Well);
    let budget = PumpBudget { ms_max: 60_000, wait_ms_max: 15_000, ..PumpBudget::default() };
    assert_eq!(phone.notebook().pump(&budget).unwrap().photos_complete, 1);
    assert_eq!(world.blob(&PhotoHash::of(&late)).unwrap(), late);
    world.end(Ending::InOrder);
    assert_eq!(world.fsck(), None);
}

#[test]
fn a_slow_store_is_waited_for() {
    let (world, server) = world();
    let bytes = plain_photo(6, 100_000);
    let (_, photo) = announce(&world, &bytes);
    server.mood(Mood::Slow(Duration::from_millis(700)));
    let reply = world.wire().put(&photo, &bytes).unwrap();
    world.witness().photo(&reply, &photo);
    assert_eq!(world.blob(&photo).unwrap(), bytes);
}

#[test]
fn an_answer_that_is_cut_is_not_a_photograph() {
    let server = Arc::new(BucketServer::start());
    let proxy = Proxy::start(server.address());
    let through = server.url().replace(&server.address().to_string(), &proxy.address().to_string());
    let blobs = hattama_server::blobs::Blobs::open(&through.parse().unwrap()).unwrap();
    let bytes = plain_photo(7, 300_000);
    let photo = PhotoHash::of(&bytes);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checked");
    std::fs::write(&file, &bytes).unwrap();
    block_on(async {
        blobs.keep(file, &photo).await.unwrap();
        for after in [0, 200, 100_000, 299_000] {
            proxy.cut([Cut { way: Way::Down, after, how: How::Reset }]);
            match blobs.read(&photo).await {
                // Asked for again, from where it was cut.
                Ok(read) => assert_eq!(read.unwrap(), bytes),
                Err(error) => eprintln!("cut after {after}: {error}"),
            }
        }
        proxy.cut([]);
        assert_eq!(blobs.read(&photo).await.unwrap().unwrap(), bytes);
    });
}
