//! Which photos headquarters takes at all.

use hattama_proto::{id::PhotoHash, problem::ProblemCode, record::PhotoRole, wire::Verdict};
use hattama_tests::{
    form::plain_photo,
    in_every_world,
    world::{Device, World},
};

in_every_world![
    a_photo_that_no_record_names_is_not_taken,
    a_photo_of_another_length_than_announced_is_not_taken,
    of_strangers_only_small_pictures_are_taken,
    a_photo_that_two_records_name_is_sent_once,
];

fn a_photo_that_no_record_names_is_not_taken(world: &World) {
    let (wire, mut device, bytes) = (world.wire(), world.device(1), plain_photo(1, 50_000));
    let photo = Device::photo(&bytes, PhotoRole::Original);
    let refused = wire.put(&photo.sha256, &bytes).unwrap_err();
    assert_eq!((refused.code, refused.status), (ProblemCode::NotExpected, 403));
    assert_eq!(wire.have(&photo.sha256), None);
    // The record came late: the very same request is taken now.
    let unit = world.country().precinct(0);
    wire.push_all([&device.protocol_with(unit, 1, vec![photo.clone()])]);
    assert!(wire.put(&photo.sha256, &bytes).unwrap().state.complete);
    assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
}

fn a_photo_of_another_length_than_announced_is_not_taken(world: &World) {
    let (wire, mut device, bytes) = (world.wire(), world.device(1), plain_photo(1, 50_000));
    let photo = Device::photo(&bytes, PhotoRole::Original);
    let unit = world.country().precinct(0);
    wire.push_all([&device.protocol_with(unit, 1, vec![photo.clone()])]);
    let longer = [&bytes[..], b"more"].concat();
    for bytes in [&longer[..], &bytes[..bytes.len() - 1]] {
        let refused = wire.put(&photo.sha256, bytes).unwrap_err();
        assert_eq!((refused.code, refused.status), (ProblemCode::SizeConflict, 409));
    }
    assert!(wire.put(&photo.sha256, &bytes).unwrap().state.complete);
}

fn of_strangers_only_small_pictures_are_taken(world: &World) {
    let (wire, mut stranger) = (world.wire(), world.stranger(1));
    let bytes: Vec<_> = (0..3).map(|seed| plain_photo(seed, 40_000)).collect();
    let large = plain_photo(9, 1_200_000);
    let photos = vec![
        Device::photo(&bytes[0], PhotoRole::Thumbnail),
        Device::photo(&bytes[1], PhotoRole::Preview),
        Device::photo(&bytes[2], PhotoRole::Original),
        Device::photo(&large, PhotoRole::Preview),
    ];
    let record = stranger.protocol_with(world.country().precinct(0), 1, photos.clone());
    assert_eq!(wire.push_with_key(&record, &stranger).verdict, Verdict::Held);
    assert!(wire.put(&photos[0].sha256, &bytes[0]).unwrap().state.complete);
    assert!(wire.put(&photos[1].sha256, &bytes[1]).unwrap().state.complete);
    for (photo, bytes) in [(&photos[2], &bytes[2]), (&photos[3], &large)] {
        let refused = wire.put(&photo.sha256, bytes).unwrap_err();
        assert_eq!(refused.code, ProblemCode::NotExpected);
        assert_eq!(world.blob(&photo.sha256), None);
    }
}

fn a_photo_that_two_records_name_is_sent_once(world: &World) {
    let bytes = plain_photo(1, 1_500_000);
    let phones = [world.phone(), world.phone()];
    let mut sent = Vec::new();
    for (number, phone) in phones.iter().enumerate() {
        phone.photographed(world.country().precinct(number), 1, &bytes);
        sent.push(phone.sync().reports.iter().map(|report| report.bytes_sent).sum::<u64>());
    }
    assert!(sent[0] >= bytes.len() as u64);
    // Headquarters answers the first range with the receipt of the whole.
    assert!(sent[1] < 400_000, "the second phone learns that it is there: {sent:?}");
    let hash = PhotoHash::of(&bytes);
    assert_eq!(world.blob(&hash).unwrap(), bytes);
    let mut witness = world.witness();
    for phone in &phones {
        // The same place in the log for both.
        witness.photo_file(&phone.notebook().photo_receipt(hash).unwrap().unwrap(), &hash);
    }
    assert_eq!(witness.receipted(), 1);
}
