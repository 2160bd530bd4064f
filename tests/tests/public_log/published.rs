//! What is published, when, and that it outlasts a process that dies.

use hattama_proto::tlog::{Checkpoint, TileName, Tree, leaf_hash, read_entry_bundle};
use hattama_server::{
    config::Config,
    fsck::check_public,
    log::{PublicFolder, Publisher},
};
use hattama_tests::{
    in_every_world,
    world::{Ending, World, block_on},
};

use super::{fill, log_folder, published, vkey};

in_every_world![
    every_tile_is_served_as_it_lies_on_disk_and_makes_the_signed_root,
    a_headquarters_killed_while_it_publishes_leaves_a_whole_log,
];

fn every_tile_is_served_as_it_lies_on_disk_and_makes_the_signed_root(world: &mut World) {
    let mut device = world.device(1);
    let all = fill(world, &mut device, 300);
    let size = published(world, all);
    let wire = world.wire();
    let mut tree = Tree::new();
    for tile in TileName::grown(0, size) {
        let path = format!("/log/{tile}");
        let answer = wire.get(&path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.body, std::fs::read(log_folder(world).join(tile.to_string())).unwrap());
        if tile.to_string().starts_with("tile/entries/") {
            let entries = read_entry_bundle(&answer.body, tile.width()).unwrap();
            tree.extend(entries.into_iter().map(leaf_hash));
        }
    }
    let key = vkey(world);
    let note = wire.get("/log/checkpoint").text();
    assert_eq!(tree.root(), Checkpoint::verify(&note, key.name(), &key).unwrap().root);
    for nothing in [
        "/log/tile/0/001.p/255",
        "/log/tile/0/000.p/256",
        "/log/tile/0/../checkpoint",
        "/log/tile/entries/0",
        "/log/hattama.toml",
        "/log/tile/..%2f..%2fhattama.toml",
    ] {
        assert_eq!(wire.get(nothing).status, 404, "{nothing}");
    }
}

#[test]
fn a_full_tile_may_be_kept_for_ever_and_a_head_for_a_second() {
    use std::io::{Read as _, Write as _};
    let world = World::new();
    let mut device = world.device(1);
    let all = fill(&world, &mut device, 270);
    published(&world, all);
    let cached = |path: &str| {
        let mut stream = std::net::TcpStream::connect(world.address()).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: hq\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).to_lowercase();
        let line = answer.lines().find(|line| line.starts_with("cache-control: ")).unwrap();
        line.trim_start_matches("cache-control: ").to_owned()
    };
    assert_eq!(cached("/log/tile/0/000"), "public, max-age=31536000, immutable");
    assert_eq!(cached("/log/tile/entries/000"), "public, max-age=31536000, immutable");
    assert_eq!(cached("/log/tile/1/000.p/1"), "public, max-age=60");
    assert_eq!(cached("/log/checkpoint"), "public, max-age=1");
}

fn a_headquarters_killed_while_it_publishes_leaves_a_whole_log(world: &mut World) {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_world"));
    let mut device = world.device(1);
    world.end(Ending::InOrder);
    let mut all = 0;
    for round in 1..=6 {
        world.start_process(program);
        all = fill(world, &mut device, 60 * round);
        // At another moment within the second of a publication each time.
        std::thread::sleep(std::time::Duration::from_millis(170 * round));
        world.end(Ending::AtOnce);
        let folder = PublicFolder::new(&log_folder(world));
        if let Some(public) = check_public(&folder, &vkey(world)).unwrap() {
            assert!(public.head.size <= all);
        }
    }
    world.start();
    assert_eq!(published(world, all), all);
    world.end(Ending::InOrder);
    let folder = PublicFolder::new(&log_folder(world));
    let public = check_public(&folder, &vkey(world)).unwrap().unwrap();
    assert_eq!(public.head.size, all);
}

#[test]
fn a_daily_log_shows_nothing_before_its_day_is_over() {
    let mut world = World::new();
    let mut device = world.device(1);
    let early = fill(&world, &mut device, 20);
    published(&world, early);
    world.end(Ending::InOrder);
    let path = world.data().join("hattama.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let daily = config.replace("log_publish = \"1s\"", "log_publish = \"daily\"");
    assert_ne!(config, daily, "the schedule stands in the file");
    std::fs::write(&path, daily).unwrap();
    assert_eq!(Config::load(&path).unwrap().log_publish.to_string(), "daily");

    world.start();
    let before = world.wire().get("/log/checkpoint").text();
    let late = fill(&world, &mut device, 30);
    assert!(late > early);
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert_eq!(world.wire().get("/log/checkpoint").text(), before, "midnight UTC may have passed");
    world.end(Ending::InOrder);
    let folder = PublicFolder::new(&log_folder(&world));
    assert_eq!(check_public(&folder, &vkey(&world)).unwrap().unwrap().head.size, early);
}

#[test]
fn a_publication_that_failed_half_way_is_made_whole_by_the_next() {
    let mut world = World::new();
    let mut device = world.device(1);
    let first = fill(&world, &mut device, 250);
    published(&world, first);
    let second = fill(&world, &mut device, 40);
    published(&world, second);
    world.end(Ending::InOrder);
    // As if the process had died before the checkpoint: the tiles of the second are there.
    let folder = log_folder(&world);
    std::fs::remove_dir_all(&folder).unwrap();
    block_on(async {
        let hq = hattama_server::app::Headquarters::open(world.data()).await.unwrap();
        let public = PublicFolder::new(&folder);
        let mut publisher =
            Publisher::open(hq.db.clone(), hq.sequencer.view(), public.clone(), 1000).unwrap();
        assert_eq!(publisher.publish().await.unwrap(), 0, "too few to be published");
        // A folder stands where a tile should go.
        std::fs::create_dir_all(folder.join("tile/1/000.p/1/in-the-way")).unwrap();
        let mut publisher =
            Publisher::open(hq.db.clone(), hq.sequencer.view(), public.clone(), 1).unwrap();
        publisher.publish().await.unwrap_err();
        assert!(folder.join("tile/0/000").exists(), "some tiles were written");
        assert!(!folder.join("checkpoint").exists(), "and no head shows them");
        std::fs::remove_dir_all(folder.join("tile/1")).unwrap();
        assert_eq!(publisher.publish().await.unwrap(), second);
        hq.close().await;
    });
    let public = check_public(&PublicFolder::new(&folder), &vkey(&world)).unwrap().unwrap();
    assert_eq!(public.head.size, second);
}
