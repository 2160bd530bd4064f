//! Photographs that the system uploads while the app sleeps.

use hattama_client_core::ffi::{
    Conditions, HttpRequest, HttpResponse, HttpTransport as _, NotebookError, PhotoProgress,
    PumpBudget, PumpEnd, PumpReport, TransferPlan, Trouble,
};

use crate::{
    app::{App, budget},
    hq::noise,
};

/// Does what a system's uploader does: sends the file as it is.
fn upload(app: &App, plan: &TransferPlan) -> HttpResponse {
    let body = std::fs::read(&plan.file).unwrap();
    assert_eq!(body.len() as u64, plan.bytes);
    let request = HttpRequest {
        method: plan.method.clone(),
        url: plan.url.clone(),
        headers: plan.headers.clone(),
        body,
        answer_bytes_max: 1 << 20,
        certificate_sha256: plan.certificate_sha256.clone(),
    };
    app.network.execute(request).unwrap()
}

fn complete(app: &App, plan: &TransferPlan, answer: Option<HttpResponse>) -> PumpReport {
    app.notebook.complete_transfer(plan.id.clone(), answer).unwrap()
}

/// An app whose record is at headquarters and whose original is not.
fn waiting(bytes: usize) -> (App, String) {
    let app = App::enrolled();
    let made = app.capture(&[app.file("photo.jpg", &noise(bytes))]);
    assert!(
        app.notebook.plan_transfers(10, Conditions::default()).unwrap().is_empty(),
        "the record goes first"
    );
    let figures = PumpBudget { by_user: false, metered: true, ..budget(30_000) };
    assert_eq!(app.notebook.pump(figures).unwrap().stored, 1);
    (app, made.record)
}

fn progress(app: &App, record: &str) -> PhotoProgress {
    app.notebook.get(record.to_owned()).unwrap().photos[0].progress
}

fn files(app: &App) -> usize {
    std::fs::read_dir(app.folder.path().join("notebook/transfers")).unwrap().count()
}

#[test]
fn an_original_arrives_in_several_uploads_in_any_order_and_leaves_no_file() {
    let (app, record) = waiting(9_000_000);
    let metered = Conditions { metered: true, ..Conditions::default() };
    assert!(app.notebook.plan_transfers(10, metered).unwrap().is_empty(), "a metered network");
    let mut plans = app.notebook.plan_transfers(10, Conditions::default()).unwrap();
    assert!(plans.len() > 1, "{plans:?}");
    assert_eq!(plans.iter().map(|plan| plan.bytes).sum::<u64>(), 9_000_000);
    let again = app.notebook.plan_transfers(10, Conditions::default()).unwrap();
    assert_eq!(again, plans, "what runs is named again");
    assert_eq!(app.notebook.plan_transfers(1, Conditions::default()).unwrap().len(), 1);
    plans.reverse();
    for (sent, plan) in plans.iter().enumerate() {
        assert_eq!(progress(&app, &record), PhotoProgress::Queued);
        let answer = upload(&app, plan);
        let report = complete(&app, plan, Some(answer));
        let left = match sent + 1 == plans.len() {
            true => (PumpEnd::Done, None, 1),
            false => (PumpEnd::Waiting, Some(0), 0),
        };
        assert_eq!((report.end, report.next_wakeup_ms, report.photos_complete), left);
        assert_eq!(report.bytes_sent, plan.bytes);
    }
    assert_eq!(progress(&app, &record), PhotoProgress::Verified);
    assert_eq!(files(&app), 0);
    assert!(app.notebook.plan_transfers(10, Conditions::default()).unwrap().is_empty());
    let late = complete(&app, &plans[0], None);
    assert_eq!((late.photos_complete, late.trouble), (0, None), "late news changes nothing");
}

#[test]
fn an_upload_that_failed_or_that_somebody_else_answered_is_believed_nothing() {
    let (app, record) = waiting(100_000);
    let plan = app.notebook.plan_transfers(10, Conditions::default()).unwrap().remove(0);
    let report = complete(&app, &plan, None);
    assert!(matches!(report.trouble, Some(Trouble::Network { .. })), "{report:?}");
    assert_eq!((report.end, report.bytes_sent), (PumpEnd::Waiting, 0));
    assert!(report.next_wakeup_ms.is_some_and(|ms| ms > 0), "{report:?}");
    let body = b"<html>please log in</html>".to_vec();
    let portal = HttpResponse { status: 200, headers: Default::default(), body };
    let report = complete(&app, &plan, Some(portal));
    assert!(matches!(report.trouble, Some(Trouble::Foreign { status: 200 })), "{report:?}");
    assert_eq!(progress(&app, &record), PhotoProgress::Queued);
    app.notebook.network_changed().unwrap();
    let plan = app.notebook.plan_transfers(10, Conditions::default()).unwrap().remove(0);
    let answer = upload(&app, &plan);
    assert_eq!(complete(&app, &plan, Some(answer)).photos_complete, 1);
    assert_eq!(progress(&app, &record), PhotoProgress::Verified);
}

#[test]
fn plans_outlive_the_process_and_unknown_names_are_refused() {
    let (app, record) = waiting(100_000);
    let plan = app.notebook.plan_transfers(10, Conditions::default()).unwrap().remove(0);
    app.notebook.pause().unwrap();
    let answer = upload(&app, &plan);
    app.notebook.resume().unwrap();
    assert_eq!(complete(&app, &plan, Some(answer)).photos_complete, 1);
    assert_eq!(progress(&app, &record), PhotoProgress::Verified);
    let refused = app.notebook.complete_transfer("../keys.json".to_owned(), None);
    assert!(matches!(refused, Err(NotebookError::InvalidInput { .. })), "{refused:?}");
}

#[test]
fn whoever_plans_and_completes_at_once_reads_whole_ranges_and_sees_no_error() {
    let (app, record) = waiting(5_000_000);
    let photo = noise(5_000_000);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..40 {
                    for plan in app.notebook.plan_transfers(10, Conditions::default()).unwrap() {
                        // What was completed meanwhile is gone; what is there is whole.
                        let Ok(body) = std::fs::read(&plan.file) else { continue };
                        let first = plan.id.split('-').nth(1).unwrap().parse::<usize>().unwrap();
                        assert!(body == photo[first..first + body.len()], "{}", plan.id);
                        assert_eq!(body.len() as u64, plan.bytes);
                    }
                }
            });
        }
        for plan in app.notebook.plan_transfers(10, Conditions::default()).unwrap() {
            let answer = upload(&app, &plan);
            complete(&app, &plan, Some(answer));
        }
    });
    assert_eq!(progress(&app, &record), PhotoProgress::Verified);
    assert!(app.notebook.plan_transfers(10, Conditions::default()).unwrap().is_empty());
    assert_eq!(files(&app), 0);
}
