//! What an app says of disk, network, battery and receipts reaches the core, and comes back.

use hattama_client_core::ffi::{
    Hold, KeepOriginals, KeptBecause, Notebook, NotebookConfig, NotebookError, PhotoRole,
    PumpBudget,
};

use crate::{
    app::{App, budget, config},
    hq::noise,
};

/// Opens the app's notebook with another configuration.
fn reopened(app: &App, adjust: impl Fn(&mut NotebookConfig)) -> std::sync::Arc<Notebook> {
    app.notebook.end().unwrap();
    let mut config = config(&app.folder.path().join("notebook"));
    adjust(&mut config);
    Notebook::open(config, None, None, None, None).unwrap()
}

#[test]
fn originals_leave_by_the_apps_budget_and_rule() {
    let app = App::enrolled();
    let made = app.capture(&[app.file("photo.jpg", &noise(200_000))]);
    let held = app
        .notebook
        .pump(PumpBudget { by_user: false, metered: true, ..budget(30_000) })
        .unwrap()
        .held_back;
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].role, held[0].count, held[0].bytes), (PhotoRole::Original, 1, 200_000));
    assert_eq!(held[0].reason, Hold::Metered);
    let sent = app.notebook.pump(PumpBudget { metered: true, roaming: true, ..budget(30_000) });
    assert_eq!((sent.as_ref().unwrap().photos_complete, sent.unwrap().held_back), (1, vec![]));

    let always = reopened(&app, |config| {
        config.disk_budget_bytes = Some(1);
        config.keep_originals = Some(KeepOriginals::Always);
    });
    let kept = always.prune().unwrap();
    assert_eq!((kept.files, kept.kept_because), (0, Some(KeptBecause::NothingMayGo)));
    assert_eq!(always.outbox().unwrap().over_budget_bytes, 199_999);
    always.end().unwrap();
    let pruned = reopened(&app, |config| config.disk_budget_bytes = Some(1));
    assert_eq!((pruned.prune().unwrap().files, pruned.prune().unwrap().files), (1, 0));
    let photo = pruned.get(made.record).unwrap().photos.remove(0);
    assert!(photo.pruned_at_ms.is_some());
    let refused = pruned.read_photo(photo.hash);
    assert!(matches!(refused, Err(NotebookError::InvalidInput { .. })), "{refused:?}");
    let outbox = pruned.outbox().unwrap();
    assert_eq!((outbox.photos_pruned, outbox.held_bytes, outbox.over_budget_bytes), (1, 0, 0));
    let said: serde_json::Value = serde_json::from_str(&pruned.diagnostics().unwrap()).unwrap();
    assert_eq!(said["outbox"]["photos_pruned"], 1);
    // A bundle has the receipt, and the original no more.
    let bundle = app.folder.path().join("bundle.zip");
    let role = hattama_client_core::ffi::KeyRole::Results;
    assert_eq!(pruned.export_bundle(bundle.display().to_string(), role, true), Ok(1));
    pruned.end().unwrap();
}

#[test]
fn an_app_that_keeps_no_receipts_is_answered_none_and_sees_that_the_record_arrived() {
    let app = App::enrolled();
    let made = app.capture(&[]);
    app.notebook.pump(budget(30_000)).unwrap();
    assert!(app.notebook.record_receipt(made.record.clone()).unwrap().is_some());
    let without = reopened(&app, |config| config.keep_receipts = false);
    assert_eq!(without.record_receipt(made.record.clone()), Ok(None));
    let progress = without.get(made.record).unwrap().progress;
    assert_eq!(progress, hattama_client_core::ffi::RecordProgress::Acked);
    without.end().unwrap();
}
