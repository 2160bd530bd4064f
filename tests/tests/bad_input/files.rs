//! Files that are too large, no pictures, or broken ones.

use hattama_client_core::{NotebookError, capture::Warning};
use hattama_proto::{id::PhotoHash, limits::PHOTO_BYTES_MAX, record::PhotoRole};
use hattama_tests::{
    form::plain_photo,
    world::{Phone, World, certified, invented},
};

#[test]
fn a_file_of_65_mebibytes_is_refused_and_one_of_64_arrives() {
    let world = World::new();
    let phone = world.phone();
    let sheet = invented(world.country().precinct(0), certified(), 1, Vec::new());
    let path = phone.scratch().join("large");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(65 * 1024 * 1024).unwrap();
    let refused = phone.protocol_of(&sheet, std::slice::from_ref(&path));
    let Err(NotebookError::InvalidInput { field: "photos", reason }) = refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains("64"), "it says what is allowed: {reason}");
    assert_eq!(phone.notebook().list(0, 10).unwrap(), [], "nothing is half captured");
    assert!(files_in(&phone).is_empty(), "and no room is taken");

    file.set_len(PHOTO_BYTES_MAX).unwrap();
    let captured = phone.protocol_of(&sheet, &[path]).unwrap();
    phone.sync();
    let kept = world.data().join("blobs").join(&captured.photos[0].to_hex()[..2]);
    let kept = kept.join(captured.photos[0].to_hex());
    assert_eq!(std::fs::metadata(kept).unwrap().len(), PHOTO_BYTES_MAX);
}

#[test]
fn a_file_that_is_no_picture_is_evidence_all_the_same() {
    let world = World::new();
    let phone = world.painter();
    let cut = plain_photo(1, 80_000);
    let files: [(&str, Vec<u8>); 5] = [
        ("text", b"a list of names, typed".to_vec()),
        ("cut.jpg", cut[..cut.len() / 2].to_vec()),
        ("zeros", vec![0; 50_000]),
        ("empty.jpg", b"\xff\xd8\xff\xd9".to_vec()),
        ("huge.png", huge_png()),
    ];
    for (number, (name, bytes)) in files.iter().enumerate() {
        let path = phone.scratch().join(name);
        std::fs::write(&path, bytes).unwrap();
        let sheet = invented(world.country().precinct(number), certified(), 1, Vec::new());
        let captured = phone.protocol_of(&sheet, &[path]).unwrap();
        let item = phone.notebook().get(captured.record).unwrap();
        let small = item.photos.iter().any(|photo| photo.role != PhotoRole::Original);
        let said = captured.warnings.iter().any(|one| matches!(one, Warning::NoPreview { .. }));
        assert_eq!(said, !small, "{name}: a missing preview is said: {captured:?}");
        phone.sync();
        assert_eq!(&world.blob(&PhotoHash::of(bytes)).unwrap(), bytes, "{name}");
    }
    assert_eq!(world.wire().record_ids().len(), files.len());
}

#[test]
fn an_empty_or_missing_file_is_refused_with_a_reason() {
    let world = World::new();
    let phone = world.phone();
    let sheet = invented(world.country().precinct(0), certified(), 1, Vec::new());
    let empty = phone.scratch().join("empty");
    std::fs::write(&empty, []).unwrap();
    for path in [empty, phone.scratch().join("missing"), phone.scratch().to_owned()] {
        let refused = phone.protocol_of(&sheet, &[path]).unwrap_err();
        let NotebookError::InvalidInput { field: "photos", reason } = refused else {
            panic!("{refused:?}");
        };
        assert!(!reason.is_empty());
    }
    assert_eq!(phone.notebook().list(0, 10).unwrap(), []);
}

/// All files that the notebook keeps of photos.
fn files_in(phone: &Phone) -> Vec<std::path::PathBuf> {
    let folders = ["blobs", "tmp"].map(|name| phone.folder().join(name));
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

/// A PNG of a few bytes that says it has four thousand million pixels.
fn huge_png() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend_from_slice(&65_000_u32.to_be_bytes());
    png.extend_from_slice(&65_000_u32.to_be_bytes());
    png.extend_from_slice(&[8, 6, 0, 0, 0, 0, 0, 0, 0]);
    png
}
