//! The files as Go's transparency log code reads them.

use std::{path::PathBuf, process::Command};

use hattama_tests::world::{Ending, World, copy_folder};

use super::{fill, log_folder, published, vkey};

/// Where `tests/foreign/prepare.sh` puts it; none, said aloud, where it is not.
fn go_tlog() -> Option<Command> {
    let target = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let program: PathBuf = target.join("foreign/go-tlog/go-tlog");
    if program.exists() {
        return Some(Command::new(program));
    }
    let why = "the check with Go's sumdb is not installed; `make test` does it";
    let required = std::env::var_os("HATTAMA_REQUIRE_FOREIGN").is_some_and(|value| value == "1");
    assert!(!required, "{why}");
    hattama_tests::skip(why);
    None
}

#[test]
fn go_sumdb_proves_every_entry_and_every_tile_and_notices_one_changed_bit() {
    if go_tlog().is_none() {
        return;
    }
    let mut world = World::new();
    let mut device = world.device(1);
    for records in [3, 250, 1, 40, 290] {
        let all = fill(&world, &mut device, records);
        published(&world, all);
    }
    world.end(Ending::InOrder);
    let folder = log_folder(&world);
    let judge = || {
        let mut command = go_tlog().unwrap();
        command.arg("tiles").arg(&folder).arg(vkey(&world).to_string()).output().unwrap()
    };
    let honest = judge();
    let said = String::from_utf8_lossy(&honest.stdout).into_owned();
    assert!(honest.status.success(), "{said}{}", String::from_utf8_lossy(&honest.stderr));
    print!("{said}");

    for file in ["checkpoint", "tile/0/000", "tile/0/001", "tile/1/000.p/2", "tile/entries/001"] {
        let path = folder.join(file);
        let bytes = std::fs::read(&path).unwrap();
        let mut lie = bytes.clone();
        let middle = lie.len() / 2;
        lie[middle] ^= 1;
        std::fs::write(&path, lie).unwrap();
        assert_eq!(judge().status.code(), Some(1), "{file}");
        std::fs::write(&path, bytes).unwrap();
    }
    assert!(judge().status.success());
}

#[test]
fn a_foreign_log_of_every_size_is_read_from_its_files() {
    use hattama_proto::tlog::VerifierKey;
    use hattama_server::{fsck::check_public, log::PublicFolder};
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data/vectors/tessera/log");
    if !data.is_dir() {
        hattama_tests::skip("the shared data vectors/tessera is not here");
        return;
    }
    let vkey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    let key = VerifierKey::parse(vkey).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    for size in 1..=15 {
        let folder = scratch.path().join(size.to_string());
        copy_folder(&data.join("tile"), &folder.join("tile"));
        std::fs::copy(data.join(format!("checkpoint.{size}")), folder.join("checkpoint")).unwrap();
        let public = check_public(&PublicFolder::new(&folder), &key).unwrap().unwrap();
        assert_eq!((public.head.size, public.tiles), (size, 2 * size));
    }
}
