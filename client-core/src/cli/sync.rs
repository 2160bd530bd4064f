//! `hattama-observer sync`: brings to headquarters what waits, and says what it answered.

use std::{
    collections::HashMap,
    io::IsTerminal as _,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use clap::Args;
use hattama_client_core::{
    Conditions, Notebook, NotebookError, OutboxSummary, PumpBudget, PumpEnd, PumpReport,
    RecordItem, Started,
};
use hattama_proto::id::RecordId;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{At, CliError, list, open::Beginning, output, words};

/// Pause between looks at the outbox for the progress bar.
const LOOK: Duration = Duration::from_millis(200);

const AFTER_HELP: &str = "\
Records go first, then thumbnails, previews and originals. Interrupting it loses nothing: the next \
sync goes on at the missing pieces.

Headquarters answers for each record: stored; awaiting check, which means stored too, and looked \
at by a person first; or not accepted, which means that it is not evidence.";

/// Flags of `hattama-observer sync`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Sync {
    /// Go on for so long, waiting where a retry has to wait; without it, everything that goes at
    /// once is sent
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u32>,
    /// Leave the original photographs for a better network
    #[arg(long)]
    no_originals: bool,
}

impl Sync {
    /// Syncs.
    pub(super) fn run(&self, at: &At) -> Result<(), CliError> {
        let notebook = at.open(Beginning::Refused)?;
        let before = states(&notebook)?;
        // Whoever types the command does not wait for our own pauses, with originals or without.
        notebook.network_changed()?;
        let report = with_progress(&notebook, &self.budget())?;
        let changed: Vec<RecordItem> = all(&notebook)?
            .into_iter()
            .filter(|item| before.get(&item.id) != Some(&words::progress(item)))
            .collect();
        let left = notebook.outbox_summary()?;
        for alarm in &report.alarms {
            output::note(&format!("ALARM: {}", words::alarm(alarm)));
        }
        if at.json {
            output::say_json(&as_json(&report, &changed, &left))?;
        } else {
            output::say(&told(&report, &changed, &left))?;
        }
        judge(&report, &left)
    }

    fn budget(&self) -> PumpBudget {
        let budget = match self.no_originals {
            false => PumpBudget { started: Started::ByUser, ..PumpBudget::default() },
            // "Send now" would hold nothing back.
            true => PumpBudget {
                conditions: Conditions { metered: true, ..Conditions::default() },
                ..PumpBudget::default()
            },
        };
        match self.wait {
            None => budget,
            Some(seconds) => {
                let ms = u64::from(seconds) * 1000;
                PumpBudget { ms_max: ms, wait_ms_max: ms, ..budget }
            }
        }
    }
}

/// Pumps while a bar shows what is left.
fn with_progress(notebook: &Notebook, budget: &PumpBudget) -> Result<PumpReport, NotebookError> {
    if !std::io::stderr().is_terminal() {
        return notebook.pump(budget);
    }
    let total = waiting(&notebook.outbox_summary()?);
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {msg}")
        .expect("the template is a constant");
    let bar = ProgressBar::new(total).with_style(style);
    let done = AtomicBool::new(false);
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // A look that fails shows nothing; the sync itself will say what is wrong.
                if let Ok(left) = notebook.outbox_summary() {
                    bar.set_position(total.saturating_sub(waiting(&left)));
                    bar.set_message(left.blocked_by.unwrap_or_default());
                }
                std::thread::sleep(LOOK);
            }
        });
        let report = notebook.pump(budget);
        done.store(true, Ordering::Relaxed);
        report
    });
    bar.finish_and_clear();
    report
}

/// Bytes that wait in all lanes.
const fn waiting(summary: &OutboxSummary) -> u64 {
    summary.urgent.bytes
        + summary.records.bytes
        + summary.thumbnails.bytes
        + summary.previews.bytes
        + summary.originals.bytes
}

fn all(notebook: &Notebook) -> Result<Vec<RecordItem>, NotebookError> {
    notebook.list(0, u32::MAX)
}

/// Where each record stands, in words: what changes is told.
fn states(notebook: &Notebook) -> Result<HashMap<RecordId, String>, NotebookError> {
    Ok(all(notebook)?.iter().map(|item| (item.id, words::progress(item))).collect())
}

fn told(report: &PumpReport, changed: &[RecordItem], left: &OutboxSummary) -> String {
    let mut text = String::new();
    if !changed.is_empty() {
        text.push_str(&list::table(changed));
        text.push('\n');
    }
    text.push_str(&format!(
        "stored {}, awaiting check {}, not accepted {}, pictures complete {}, {} sent\n",
        report.stored + report.duplicate,
        report.held,
        report.rejected,
        report.photos_complete,
        words::bytes(report.bytes_sent)
    ));
    text.push_str(&still_waiting(left));
    text.push('\n');
    text
}

fn still_waiting(left: &OutboxSummary) -> String {
    if left.is_empty() {
        return "Everything is at headquarters.".into();
    }
    let records = left.urgent.count + left.records.count;
    let pictures = left.thumbnails.count + left.previews.count + left.originals.count;
    format!("Still on this device only: records {records}, pictures {pictures}.")
}

fn as_json(report: &PumpReport, changed: &[RecordItem], left: &OutboxSummary) -> serde_json::Value {
    json!({
        "stored": report.stored + report.duplicate,
        "awaiting_check": report.held,
        "deferred": report.deferred,
        "not_accepted": report.rejected,
        "photos_complete": report.photos_complete,
        "bytes_sent": report.bytes_sent,
        "everything_sent": left.is_empty(),
        "trouble": report.trouble.as_ref().map(words::trouble),
        "alarms": report.alarms.iter().map(words::alarm).collect::<Vec<_>>(),
        "records": changed.iter().map(|item| json!({
            "record": item.id,
            "state": words::progress(item),
        })).collect::<Vec<_>>(),
    })
}

/// What the exit code says.
fn judge(report: &PumpReport, left: &OutboxSummary) -> Result<(), CliError> {
    if report.end == PumpEnd::NotEnrolled {
        return Err(NotebookError::NotEnrolled.into());
    }
    if report.rejected > 0 {
        return Err(CliError::Refused(format!(
            "headquarters does not accept {} of the records; they stay on this device, show your \
             coordinator `hattama-observer list`",
            report.rejected
        )));
    }
    match (report.end, &report.trouble) {
        (PumpEnd::Done, _) => Ok(()),
        (_, Some(trouble)) => Err(CliError::Network(format!(
            "{}; nothing is lost, sync again",
            words::trouble(trouble)
        ))),
        (_, None) if left.is_empty() => Ok(()),
        (_, None) => Err(CliError::Network(
            "not everything could be sent yet; nothing is lost, sync again".into(),
        )),
    }
}
