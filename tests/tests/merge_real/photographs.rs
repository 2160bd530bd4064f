//! Real photographs, and files made to break decoders, byte for byte from phone to headquarters.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use hattama_client_core::capture::Warning;
use hattama_proto::{id::PhotoHash, record::PhotoRole};
use hattama_tests::world::{World, certified, invented};

use super::shared_data;

#[test]
fn twenty_photographed_protocols_come_back_byte_for_byte_with_previews() {
    let Some(folder) = shared_data("photos/protocols_kenya2022") else { return };
    let files = files(&folder, &["jpg"]);
    assert_eq!(files.len(), 20);
    assert_eq!(brought_with_previews(&files), 20);
}

#[test]
fn photographs_of_many_phones_and_kinds_of_exif_come_back_byte_for_byte() {
    let Some(phones) = shared_data("photos/phones") else { return };
    let Some(samples) = shared_data("photos/exif_samples") else { return };
    let files = [files(&phones, &["jpg"]), files(&samples, &["jpg"])].concat();
    assert_eq!(files.len(), 6 + 46);
    assert_eq!(brought_with_previews(&files), files.len());
}

#[test]
fn malformed_images_come_back_byte_for_byte_with_a_preview_or_a_reason() {
    let Some(folder) = shared_data("photos/hostile/imagetestsuite") else { return };
    let files = files(&folder, &[]);
    assert_eq!(files.len(), 98);
    let with_previews = brought_with_previews(&files);
    assert!((20..80).contains(&with_previews), "about two thirds do not decode: {with_previews}");
}

/// All files of a folder that end in one of `endings`, or all, sorted.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let ends = |path: &Path| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        endings.is_empty() || ending.is_some_and(|ending| endings.contains(&ending.as_str()))
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && ends(path))
        .collect();
    files.sort();
    files
}

/// Brings each file to headquarters in a protocol of its own; tells how many have previews.
fn brought_with_previews(files: &[PathBuf]) -> usize {
    let world = World::new();
    let phone = world.painter();
    let mut small = 0;
    for (number, path) in files.iter().enumerate() {
        let sheet =
            invented(world.country().precinct(number), certified(), number as u64, Vec::new());
        let captured = phone.protocol_of(&sheet, std::slice::from_ref(path)).unwrap();
        let item = phone.notebook().get(captured.record).unwrap();
        let roles: BTreeSet<PhotoRole> = item.photos.iter().map(|photo| photo.role).collect();
        let said = captured.warnings.iter().any(|one| matches!(one, Warning::NoPreview { .. }));
        assert_eq!(said, roles.len() == 1, "{}: {captured:?}", path.display());
        small += usize::from(roles.len() == 3);
    }
    phone.sync();
    let mut witness = world.witness();
    for path in files {
        let bytes = std::fs::read(path).unwrap();
        let hash = PhotoHash::of(&bytes);
        assert!(world.blob(&hash).unwrap() == bytes, "{}", path.display());
        witness.photo_file(&phone.notebook().photo_receipt(hash).unwrap().unwrap(), &hash);
    }
    assert_eq!(world.wire().record_ids().len(), files.len());
    small
}
