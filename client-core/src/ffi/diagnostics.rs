//! How a notebook is, for a bug report: versions and counts, and nothing that says who, where or what.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::notifier::Telling;
use crate::{Notebook, error::NotebookError};

/// Most lines of the journal that are counted.
const JOURNAL_LINES: u32 = 2000;

/// As JSON. What cannot be read now is said by the kind of the error, so that a report can be made of a
/// notebook in any state.
pub(super) fn of(notebook: &Notebook, broken: bool, telling: Option<Telling>) -> String {
    let telling = telling.map(|telling| {
        json!({ "told": telling.told, "failed": telling.failed, "dropped": telling.dropped })
    });
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "system": std::env::consts::OS,
        "machine": std::env::consts::ARCH,
        "broken": broken,
        "salvaged": notebook.opened().salvage.is_some(),
        "restored": notebook.opened().restored,
        "set_up_version": said(notebook.enrolment().map(|enrolment| {
            json!(enrolment.map(|enrolment| enrolment.pack_version))
        })),
        "outbox": said(outbox(notebook)),
        "messages": said(notebook.messages().map(|messages| json!(messages.len()))),
        "journal": said(journal(notebook)),
        "forks": said(notebook.forks().map(|forks| json!(forks.len()))),
        "events": telling,
    })
    .to_string()
}

fn outbox(notebook: &Notebook) -> Result<Value, NotebookError> {
    let summary = notebook.outbox_summary()?;
    let lane = |lane: crate::LaneSummary| json!({ "count": lane.count, "bytes": lane.bytes });
    Ok(json!({
        "urgent": lane(summary.urgent),
        "records": lane(summary.records),
        "thumbnails": lane(summary.thumbnails),
        "previews": lane(summary.previews),
        "originals": lane(summary.originals),
        "acked": summary.acked,
        "held": summary.held,
        "rejected": summary.rejected,
        "suspect": summary.suspect,
        "photos_verified": summary.photos_verified,
        "photos_lost": summary.photos_lost,
        "photos_pruned": summary.photos_pruned,
        "gone_for_resend": summary.gone_for_resend,
        "held_bytes": summary.held_bytes,
        "over_budget_bytes": summary.over_budget_bytes,
        "photos_held_sealed": summary.photos_held_sealed,
        "sealing": format!("{:?}", summary.sealing).to_lowercase(),
        "blocked": summary.blocked_by.is_some(),
        "next_wakeup_ms": summary.next_wakeup_ms,
    }))
}

/// How often each thing happened; the details, which are ids, stay on the phone.
fn journal(notebook: &Notebook) -> Result<Value, NotebookError> {
    let mut counts = BTreeMap::<String, u32>::new();
    for line in notebook.journal(JOURNAL_LINES)? {
        *counts.entry(line.code).or_default() += 1;
    }
    Ok(json!(counts))
}

fn said(read: Result<Value, NotebookError>) -> Value {
    read.unwrap_or_else(|error| {
        // The variant's name only: a reason may quote a path.
        let name = format!("{error:?}");
        let end = name.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(name.len());
        json!({ "error": name[..end] })
    })
}
