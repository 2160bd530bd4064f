//! From an invitation to receipts.

use std::{io::Read as _, sync::Arc};

use hattama_client_core::ffi::{
    Answer, Draft, FormDraft, IncidentDraft, KeptPhotos, KeyRole, NotebookError, PhotoProgress,
    PumpEnd, RecordProgress, Severity, Trouble,
};
use hattama_proto::id::PhotoHash;

use crate::{
    app::{App, Line, budget, protocol},
    hq::noise,
};

#[test]
fn what_is_captured_in_airplane_mode_arrives_with_receipts_when_there_is_a_network() {
    let app = App::enrolled();
    app.line(Line::Down);
    let photo = app.file("photo.jpg", &noise(200_000));
    let made = app.capture(&[photo]);
    let report = app.notebook.pump(budget(5_000)).unwrap();
    assert!(matches!(report.trouble, Some(Trouble::Network { .. })), "{report:?}");
    assert_eq!(app.notebook.get(made.record.clone()).unwrap().progress, RecordProgress::Queued);
    assert_eq!(app.notebook.outbox().unwrap().urgent.count, 1);
    app.line(Line::Up);
    app.notebook.network_changed().unwrap();
    let report = app.notebook.pump(budget(30_000)).unwrap();
    assert_eq!((report.stored, report.photos_complete, report.end), (1, 1, PumpEnd::Done));
    let item = app.notebook.get(made.record.clone()).unwrap();
    assert_eq!(item.progress, RecordProgress::Acked);
    assert_eq!(item.photos[0].progress, PhotoProgress::Verified);
    assert!(app.notebook.record_receipt(made.record).unwrap().is_some());
    assert!(app.notebook.photo_receipt(made.photos[0].clone()).unwrap().is_some());
    assert_eq!(app.notebook.outbox().unwrap().urgent.count, 0);
}

#[test]
fn a_sheet_is_looked_over_while_it_is_typed_and_taken_as_it_is() {
    let app = App::enrolled();
    let capture = Arc::clone(&app.notebook).begin_capture(protocol(90));
    let looked = capture.look_over().unwrap();
    assert_eq!(looked.findings.len(), 1, "{looked:?}");
    assert_eq!((looked.findings[0].left, looked.findings[0].right), (Some(100), Some(92)));
    assert!(app.notebook.list(0, 10).unwrap().is_empty(), "nothing was kept");
    capture.change(protocol(98)).unwrap();
    assert!(capture.look_over().unwrap().findings.is_empty());
    capture.change(protocol(90)).unwrap();
    let made = capture.commit().unwrap();
    assert_eq!(made.findings.len(), 1, "recorded as found");
    assert!(matches!(capture.commit(), Err(NotebookError::InvalidInput { .. })), "once");
    assert_eq!(app.notebook.list(0, 10).unwrap().len(), 1);
}

#[test]
fn a_capture_that_fails_keeps_nothing_and_may_be_tried_again() {
    let app = App::enrolled();
    let capture = Arc::clone(&app.notebook).begin_capture(protocol(98));
    let path = app.folder.path().join("late.jpg").display().to_string();
    capture.add_photo(path, 1).unwrap();
    assert!(capture.commit().is_err(), "the file is not there");
    assert!(app.notebook.list(0, 10).unwrap().is_empty());
    app.file("late.jpg", &noise(1000));
    assert_eq!(capture.commit().unwrap().photos.len(), 1);
    let other = Arc::clone(&app.notebook).begin_capture(protocol(98));
    other.discard();
    assert!(other.commit().is_err());
}

#[test]
fn every_kind_of_draft_becomes_a_record_of_the_right_key() {
    let app = App::enrolled();
    let protocol_made = app.capture(&[]);
    assert_eq!(protocol_made.role, KeyRole::Results);
    let incident = Draft::Incident {
        draft: IncidentDraft {
            categories: vec!["stuffing".to_owned()],
            phase: "voting".to_owned(),
            severity: Severity::High,
            words: "words".to_owned(),
            language: "en".to_owned(),
            unit: None,
            place_words: None,
            occurred_at: Some("2026-11-20T10:00:00+05:00".to_owned()),
            refers_to: None,
        },
    };
    let begin = |draft| Arc::clone(&app.notebook).begin_capture(draft);
    let made = begin(incident.clone()).commit().unwrap();
    assert_eq!((made.role, made.kind.as_str(), made.seq), (KeyRole::Incidents, "incident", 0));
    let answers = [("opened".to_owned(), Answer::YesNo { yes: true })].into_iter().collect();
    let form = FormDraft { unit: "11-900001".to_owned(), form: "opening".to_owned(), answers };
    assert_eq!(begin(Draft::Form { draft: form }).commit().unwrap().kind, "form");
    let correct = |draft| {
        let (record, reason) = (protocol_made.record.clone(), "misread".to_owned());
        Arc::clone(&app.notebook).begin_correction(record, reason, KeptPhotos::Keep, draft).unwrap()
    };
    let corrected = correct(protocol(97)).commit().unwrap();
    let item = app.notebook.get(corrected.record).unwrap();
    assert_eq!(item.corrects.as_ref(), Some(&protocol_made.record));
    assert!(correct(incident).commit().is_err(), "the other key cannot correct it");
}

#[test]
fn nonsense_is_refused_by_its_field_and_nothing_is_kept() {
    let app = App::enrolled();
    let refused = |result: Result<(), NotebookError>, at: &str| match result {
        Err(NotebookError::InvalidInput { field, .. }) => assert_eq!(field, at),
        other => panic!("{at}: {other:?}"),
    };
    refused(app.notebook.get("zz".to_owned()).map(drop), "record");
    refused(app.notebook.enrol("HATTAMA1.x".to_owned()).map(drop), "invitation");
    refused(app.notebook.photo_receipt(String::new()).map(drop), "photo");
    refused(app.notebook.set_up("people".to_owned()).map(drop), "part");
    let Draft::Protocol { mut draft } = protocol(1) else { unreachable!() };
    draft.unit = "no such code!".to_owned();
    let wrong = Arc::clone(&app.notebook).begin_capture(Draft::Protocol { draft: draft.clone() });
    refused(wrong.commit().map(drop), "unit");
    draft.unit = "11-900001".to_owned();
    draft.lines.insert("valid".to_owned(), Some(u64::MAX));
    let wrong = Arc::clone(&app.notebook).begin_capture(Draft::Protocol { draft });
    refused(wrong.commit().map(drop), "valid");
    assert!(app.notebook.list(0, 10).unwrap().is_empty());
}

#[test]
fn a_bundle_holds_one_keys_records_with_receipts_and_never_both_keys() {
    let app = App::enrolled();
    let photo = app.file("photo.jpg", &noise(5_000));
    let made = app.capture(&[photo]);
    app.notebook.pump(budget(30_000)).unwrap();
    let path = app.folder.path().join("bundle.zip").display().to_string();
    let export = |path: &str, role| app.notebook.export_bundle(path.to_owned(), role, true);
    assert_eq!(export(&path, KeyRole::Results), Ok(1));
    assert!(matches!(export(&path, KeyRole::Results), Err(NotebookError::InvalidInput { .. })));
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let mut text = String::new();
    zip.by_name(&format!("{}.jws", made.record)).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, app.notebook.signed_text(made.record.clone()).unwrap());
    let mut names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    names.sort_unstable();
    let mut expected = vec![
        format!("{}.jws", made.record),
        format!("{}.tlog-proof", made.record),
        format!("{}.tlog-proof", made.photos[0]),
        "log.vkey".to_owned(),
        format!("photos/{}", made.photos[0]),
        "results.key".to_owned(),
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    let other = app.folder.path().join("incidents.zip").display().to_string();
    assert_eq!(export(&other, KeyRole::Incidents), Ok(0));
}

#[test]
fn a_bundle_that_fails_leaves_nothing_and_touches_nothing_of_others() {
    let app = App::enrolled();
    app.capture(&[app.file("photo.jpg", &noise(5_000))]);
    let out = app.folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let export = |name: &str| {
        let path = out.join(name).display().to_string();
        app.notebook.export_bundle(path, KeyRole::Results, true)
    };
    std::fs::write(out.join("bundle.zip.part"), "somebody else's").unwrap();
    assert_eq!(export("bundle.zip"), Ok(1));
    let kept = std::fs::read_to_string(out.join("bundle.zip.part")).unwrap();
    assert_eq!(kept, "somebody else's");
    assert!(matches!(export("no-folder/bundle.zip"), Err(NotebookError::Storage { .. })));
    app.notebook.pause().unwrap();
    assert!(matches!(export("paused.zip"), Err(NotebookError::Paused { .. })));
    app.notebook.resume().unwrap();
    let path = app.notebook.photo_path(PhotoHash::of(&noise(5_000)).to_hex()).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(matches!(export("unreadable.zip"), Err(NotebookError::Storage { .. })));
    let mut names: Vec<_> =
        std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort_unstable();
    assert_eq!(names, ["bundle.zip", "bundle.zip.part"]);
}

#[test]
fn of_many_exports_under_one_name_one_comes_whole_and_the_others_are_refused() {
    let app = App::enrolled();
    app.capture(&[app.file("photo.jpg", &noise(50_000))]);
    let path = app.folder.path().join("bundle.zip").display().to_string();
    let exports: Vec<_> = (0..4)
        .map(|_| {
            let (notebook, path) = (Arc::clone(&app.notebook), path.clone());
            std::thread::spawn(move || notebook.export_bundle(path, KeyRole::Results, true))
        })
        .collect();
    let ended: Vec<_> = exports.into_iter().map(|export| export.join().unwrap()).collect();
    assert_eq!(ended.iter().filter(|ended| ended.is_ok()).count(), 1, "{ended:?}");
    assert_eq!(zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap().len(), 4);
}

#[test]
fn diagnostics_count_and_name_nothing() {
    let app = App::enrolled();
    let made = app.capture(&[app.file("photo.jpg", &noise(5_000))]);
    app.notebook.pump(budget(30_000)).unwrap();
    let said = app.notebook.diagnostics().unwrap();
    let read: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(read["outbox"]["acked"], 1);
    let kids = app.notebook.keys().unwrap().into_iter().map(|key| key.kid);
    let folder = app.folder.path().display().to_string();
    let private =
        ["11-900001", "hq.example.org", "exercise", &folder, &made.record, &made.photos[0]];
    for word in private.into_iter().map(str::to_owned).chain(kids) {
        assert!(!said.contains(&word), "{word} in {said}");
    }
}

#[test]
fn the_set_up_is_there_for_screens_and_only_as_it_was_signed() {
    let app = App::new();
    assert_eq!(app.notebook.set_up("forms".to_owned()), Ok(None));
    assert_eq!(app.notebook.enrolment(), Ok(None));
    app.notebook.enrol(app.hq.invitation().to_text()).unwrap();
    for part in ["election", "units", "forms", "incidents"] {
        let json = app.notebook.set_up(part.to_owned()).unwrap().unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap().is_object(), "{part}");
    }
    assert_eq!(app.notebook.election().unwrap().as_deref(), Some("exercise"));
}
