//! Capturing: whatever is handed over, it is signed and on disk, or refused with a reason.

#![allow(clippy::unwrap_used, reason = "tests")]

mod hq;

use hattama_client_core::{
    NotebookError, Pictures,
    capture::{
        CorrectedDraft, CorrectionDraft, FormDraft, IncidentDraft, KeptPhotos, NotObtainedDraft,
        PhotoInput, ProtocolDraft, Warning,
    },
};
use hattama_proto::{
    chain::{Link, inspect},
    id::RecordId,
    jws::Envelope,
    kind::{Kind, Role},
    pack::FindingVerdict,
    record::{Body, Figure, Missing, PhotoRole, Record, Severity},
};
use hq::{World, draft, noise, options};

fn read(world: &World, id: RecordId) -> Record {
    let text = world.notebook.signed_text(id).unwrap();
    assert_eq!(RecordId::of(text.as_bytes()), id);
    let envelope = Envelope::parse(&text).unwrap();
    let role = world.notebook.get(id).unwrap().role;
    Record::read(envelope.verify(&world.notebook.public_key(role)).unwrap()).unwrap()
}

fn incident() -> IncidentDraft {
    let category = "stuffing".parse().unwrap();
    IncidentDraft::new(category, "voting".parse().unwrap(), Severity::High, "words")
}

#[test]
fn records_of_each_key_form_a_whole_chain_over_restarts() {
    let mut world = World::new();
    let mut results = vec![];
    let mut incidents = vec![];
    for n in 0..3 {
        results.push(world.capture(n));
        incidents.push(world.notebook.capture_incident(incident()).unwrap().record);
        let missing = NotObtainedDraft::new("11-900001".parse().unwrap(), Missing::NotPosted);
        results.push(world.notebook.capture_not_obtained(missing).unwrap().record);
        world = world.reopen();
    }
    for (ids, role) in [(results, Role::Results), (incidents, Role::Incidents)] {
        let records: Vec<_> = ids.iter().map(|id| read(&world, *id)).collect();
        assert!(records.iter().all(|r| r.verified.kid() == world.notebook.kid(role)));
        let links = records.iter().map(|record| Link {
            id: record.id,
            seq: record.claims.seq,
            prev: record.claims.prev,
        });
        assert_eq!(inspect(links), []);
        let seqs: Vec<_> = records.iter().map(|record| record.claims.seq).collect();
        assert_eq!(seqs, (0..ids.len() as u64).collect::<Vec<_>>());
    }
}

#[test]
fn nothing_in_two_records_tells_that_one_phone_made_both() {
    let world = World::new();
    let protocol = read(&world, world.capture(1)).claims;
    let incident = read(&world, world.notebook.capture_incident(incident()).unwrap().record).claims;
    assert_ne!(protocol.boot, incident.boot);
    assert!(protocol.mono_ms.abs_diff(incident.mono_ms) > 10_000);
    assert_ne!(protocol.nonce, incident.nonce);
}

#[test]
fn an_impossible_sheet_is_recorded_as_found_and_said_to_be_so() {
    let world = World::enrolled();
    let mut absurd = draft(9);
    absurd.unit = "99-000000".parse().unwrap();
    absurd.lines.insert("found".parse().unwrap(), Some(Figure::new(9_999_999_999).unwrap()));
    absurd.lines.insert("nonsense".parse().unwrap(), None);
    let summary = world.notebook.capture_protocol(absurd).unwrap();
    assert_eq!(summary.findings.len(), 1);
    let expected = FindingVerdict::Broken { left: 9_999_999_999, right: 11 };
    assert_eq!(summary.findings[0].verdict, expected);
    assert!(summary.warnings.contains(&Warning::UnknownUnit("99-000000".into())));
    assert!(summary.warnings.contains(&Warning::UnknownLine("nonsense".into())));
    let Body::Protocol(kept) = read(&world, summary.record).claims.body else { panic!() };
    assert_eq!(kept.lines["found"].unwrap().value(), 9_999_999_999);
    assert_eq!(kept.lines["nonsense"], None);
}

#[test]
fn a_clock_in_1970_or_2099_is_said_and_stops_nothing() {
    for wall in [0, 4_102_358_400_000, -5_000] {
        let world = World::new();
        world.clock.wall_ms.store(wall, std::sync::atomic::Ordering::SeqCst);
        let summary = world.notebook.capture_protocol(draft(1)).unwrap();
        assert!(summary.warnings.contains(&Warning::ClockAbsurd), "{wall}");
        assert_eq!(read(&world, summary.record).claims.claimed_at.to_unix_millis().0, wall);
    }
}

#[test]
fn a_clock_that_differs_from_headquarters_is_said_after_a_sync() {
    let world = World::enrolled();
    world.capture(1);
    world.pump();
    world.clock.wall_ms.fetch_add(600_000, std::sync::atomic::Ordering::SeqCst);
    let summary = world.notebook.capture_protocol(draft(1)).unwrap();
    let off = summary.warnings.iter().find_map(|warning| match warning {
        Warning::ClockOff { ahead_ms } => Some(*ahead_ms),
        _ => None,
    });
    assert!(off.is_some_and(|ms| (595_000..605_000).contains(&ms)), "{off:?}");
}

#[test]
fn before_the_enrolment_an_election_must_be_named_once() {
    let folder = tempfile::tempdir().unwrap();
    let clock = hq::TestClock::new();
    let mut unnamed = options(&clock);
    unnamed.election = None;
    let notebook = hattama_client_core::Notebook::open(folder.path(), unnamed).unwrap();
    let refused = notebook.capture_protocol(draft(1));
    assert!(matches!(refused, Err(NotebookError::InvalidInput { field: "election", .. })));
    drop(notebook);
    drop(hattama_client_core::Notebook::open(folder.path(), options(&clock)).unwrap());
    let mut other = options(&clock);
    other.election = Some("another".parse().unwrap());
    let refused = hattama_client_core::Notebook::open(folder.path(), other);
    assert!(matches!(refused, Err(NotebookError::InvalidInput { field: "election", .. })));
}

#[test]
fn a_photograph_is_kept_byte_for_byte_with_its_small_pictures() {
    let world = World::new();
    drop(world.notebook);
    let mut with_pictures = options(&world.clock);
    with_pictures.pictures = Pictures::Make;
    let notebook = hattama_client_core::Notebook::open(world.folder.path(), with_pictures).unwrap();
    let mut jpeg = std::io::Cursor::new(vec![]);
    image::RgbImage::from_pixel(1600, 1200, image::Rgb([200, 10, 10]))
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .unwrap();
    let path = world.folder.path().join("camera.jpg");
    std::fs::write(&path, jpeg.get_ref()).unwrap();
    let photos = vec![PhotoInput { path: path.clone(), page: 1 }];
    let summary = notebook.capture_protocol(ProtocolDraft { photos, ..draft(1) }).unwrap();
    std::fs::remove_file(path).unwrap();
    assert_eq!(&std::fs::read(notebook.photo_path(summary.photos[0])).unwrap(), jpeg.get_ref());
    let item = notebook.get(summary.record).unwrap();
    let roles: Vec<_> = item.photos.iter().map(|photo| photo.role).collect();
    assert_eq!(roles, [PhotoRole::Original, PhotoRole::Preview, PhotoRole::Thumbnail]);
    for photo in &item.photos {
        let bytes = std::fs::read(notebook.photo_path(photo.hash)).unwrap();
        assert_eq!(hattama_proto::id::PhotoHash::of(&bytes), photo.hash);
        assert_eq!(bytes.len() as u64, photo.bytes);
    }
}

#[test]
fn a_file_that_is_no_picture_is_evidence_without_a_preview() {
    let world = World::new();
    drop(world.notebook);
    let mut with_pictures = options(&world.clock);
    with_pictures.pictures = Pictures::Make;
    let notebook = hattama_client_core::Notebook::open(world.folder.path(), with_pictures).unwrap();
    for (name, bytes, media_type) in [
        ("cut.jpg", &b"\xff\xd8\xff\xe0\0\x10JFIF"[..], "image/jpeg"),
        ("notes.txt", b"not a picture", "application/octet-stream"),
    ] {
        let path = world.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let photos = vec![PhotoInput { path, page: 3 }];
        let summary = notebook.capture_protocol(ProtocolDraft { photos, ..draft(1) }).unwrap();
        assert!(
            summary.warnings.iter().any(|w| matches!(w, Warning::NoPreview { page: 3, .. })),
            "{:?}",
            summary.warnings
        );
        let text = notebook.signed_text(summary.record).unwrap();
        let envelope = Envelope::parse(&text).unwrap();
        let record =
            Record::read(envelope.verify(&notebook.public_key(Role::Results)).unwrap()).unwrap();
        let [photo] = record.claims.body.photos() else { panic!() };
        assert_eq!(photo.media_type, media_type);
        assert_eq!(std::fs::read(notebook.photo_path(photo.sha256)).unwrap(), bytes);
    }
}

#[test]
fn a_file_that_is_missing_empty_or_too_large_is_refused_and_nothing_is_kept() {
    let world = World::new();
    let large = world.path().join("large");
    std::fs::File::create(&large).unwrap().set_len(64 * 1024 * 1024 + 1).unwrap();
    let empty = world.file("empty", b"").path;
    for path in [large, empty, world.path().join("nowhere"), world.path().to_owned()] {
        let photos = vec![PhotoInput { path, page: 1 }];
        let refused = world.notebook.capture_protocol(ProtocolDraft { photos, ..draft(1) });
        let Err(NotebookError::InvalidInput { field: "photos", reason }) = refused else {
            panic!("{refused:?}")
        };
        assert!(!reason.is_empty());
    }
    assert!(world.notebook.list(0, 10).unwrap().is_empty());
    assert_eq!(std::fs::read_dir(world.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn a_record_that_would_not_fit_is_refused_with_the_way_out() {
    let world = World::new();
    let mut long = incident();
    long.words = "ж".repeat(5000);
    let refused = world.notebook.capture_incident(long);
    let Err(NotebookError::InvalidInput { reason, .. }) = refused else { panic!("{refused:?}") };
    assert!(reason.contains("8192"), "{reason}");
    let again = world.notebook.capture_incident(incident()).unwrap();
    assert_eq!(again.seq, 0, "a refused record takes no place in the chain");
}

#[test]
fn a_correction_names_what_it_corrects_and_keeps_its_photographs() {
    let world = World::new();
    let (wrong, photo) = world.capture_with_photo(&noise(1000));
    let becomes = CorrectedDraft::Protocol(draft(98));
    let correction = CorrectionDraft {
        reason: "a slip".into(),
        becomes: becomes.clone(),
        earlier_photos: KeptPhotos::Keep,
    };
    let summary = world.notebook.correct(wrong, correction.clone()).unwrap();
    assert_eq!((summary.kind, summary.seq), (Kind::Correction, 1));
    let item = world.notebook.get(summary.record).unwrap();
    assert_eq!(item.corrects, Some(wrong));
    assert_eq!(item.photos[0].hash, photo);
    assert!(world.notebook.get(wrong).is_ok(), "the earlier one stays");

    let as_incident =
        CorrectionDraft { becomes: CorrectedDraft::Incident(incident()), ..correction.clone() };
    let refused = world.notebook.correct(wrong, as_incident);
    assert!(matches!(refused, Err(NotebookError::InvalidInput { field: "becomes", .. })));
    let unknown = world.notebook.correct(RecordId::of(b"x"), correction);
    assert!(matches!(unknown, Err(NotebookError::InvalidInput { field: "record", .. })));
}

#[test]
fn a_form_is_signed_by_the_key_of_protocols() {
    let world = World::new();
    let form = FormDraft {
        unit: "11-900001".parse().unwrap(),
        form: "opening".parse().unwrap(),
        answers: [("sealed".parse().unwrap(), hattama_proto::record::Answer::YesNo(true))].into(),
    };
    let summary = world.notebook.capture_form(form).unwrap();
    assert_eq!((summary.kind, summary.role), (Kind::Form, Role::Results));
}

#[test]
fn every_record_has_a_copy_of_its_own_in_a_file() {
    let world = World::new();
    let ids: Vec<_> = (0..3).map(|n| world.capture(n)).collect();
    for (seq, id) in ids.iter().enumerate() {
        let path = world.path().join("records").join(format!("results-{seq:06}-{id}.jws"));
        let text = world.notebook.signed_text(*id).unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), text);
    }
}

#[test]
fn captures_from_many_threads_stand_one_after_the_other() {
    let world = World::new();
    std::thread::scope(|scope| {
        for n in 0..4 {
            let world = &world;
            scope.spawn(move || {
                for m in 0..5 {
                    world.capture(n * 5 + m);
                }
            });
        }
    });
    let links = world.notebook.list(0, 100).unwrap().into_iter().map(|item| {
        let record = read(&world, item.id);
        Link { id: record.id, seq: record.claims.seq, prev: record.claims.prev }
    });
    let links: Vec<_> = links.collect();
    assert_eq!((links.len(), inspect(links)), (20, vec![]));
}
