//! What an app hears of photographs that are sealed to headquarters.

use std::io::Read as _;

use hattama_client_core::ffi::{KeyRole, NotebookError, PhotoProgress, PhotoSealing};
use hattama_proto::sealing::{Identity, Opener};

use crate::{
    app::{App, budget},
    hq::noise,
};

fn sealing_app(previews: bool) -> (App, Identity) {
    let (app, key) = (App::new(), Identity::from_secret([1; 32]));
    assert_eq!(app.notebook.outbox().unwrap().sealing, PhotoSealing::Off);
    app.hq.seal_photographs(std::slice::from_ref(&key), &[], previews);
    let enrolled = app.notebook.enrol(app.hq.invitation().to_text()).unwrap();
    let expected = if previews { PhotoSealing::All } else { PhotoSealing::Originals };
    assert_eq!(enrolled.sealing, expected);
    assert_eq!(app.notebook.outbox().unwrap().sealing, expected);
    (app, key)
}

#[test]
fn an_app_is_told_what_is_sealed_and_cannot_show_it() {
    let (app, _) = sealing_app(true);
    let made = app.capture(&[app.file("photo.jpg", &noise(70_000))]);
    let photo = app.notebook.get(made.record.clone()).unwrap().photos.remove(0);
    assert!(photo.sealed);
    let refused = app.notebook.read_photo(photo.hash);
    assert!(matches!(refused, Err(NotebookError::InvalidInput { .. })), "{refused:?}");
    app.hq.state.lock().unwrap().identities.clear();
    app.notebook.pump(budget(30_000)).unwrap();
    assert_eq!(app.notebook.outbox().unwrap().photos_held_sealed, 1);
    assert!(app.notebook.diagnostics().unwrap().contains("\"sealing\":\"all\""));
    let photo = app.notebook.get(made.record).unwrap().photos.remove(0);
    assert_eq!(photo.progress, PhotoProgress::Queued);
}

#[test]
fn a_bundle_carries_sealed_photographs_as_they_are() {
    let (app, key) = sealing_app(false);
    let bytes = noise(70_000);
    let made = app.capture(&[app.file("photo.jpg", &bytes)]);
    let path = app.folder.path().join("bundle.zip");
    let place = path.display().to_string();
    assert_eq!(app.notebook.export_bundle(place, KeyRole::Results, true), Ok(1));
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let mut sealed = Vec::new();
    let name = format!("photos/{}.age", made.photos[0]);
    zip.by_name(&name).unwrap().read_to_end(&mut sealed).unwrap();
    let mut opened = Vec::new();
    let mut opener = Opener::new(std::io::Cursor::new(sealed), &[key]).unwrap();
    opener.read_to_end(&mut opened).unwrap();
    assert_eq!(opened, bytes);
}
