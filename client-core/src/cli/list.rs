//! `hattama-observer list`: the notebook's records.

use clap::Args;
use hattama_client_core::{PhotoItem, PhotoProgress, RecordItem};
use serde_json::{Value, json};

use super::{At, CliError, open::Beginning, output, table, words};

/// Flags of `hattama-observer list`.
#[derive(Debug, Args)]
#[command(after_help = "Pictures are photographs with their previews and thumbnails: those at \
                        headquarters, and all.")]
pub(super) struct List {
    /// Leave out the newest so many
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: u32,
    /// Show at most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

impl List {
    /// Lists them.
    pub(super) fn run(&self, at: &At) -> Result<(), CliError> {
        let items = at.open(Beginning::Refused)?.list(self.skip, self.limit)?;
        if at.json {
            return output::say_json(&items.iter().map(as_json).collect::<Vec<_>>());
        }
        if items.is_empty() {
            return output::say("No records here.");
        }
        output::say(&table(&items))
    }
}

/// Records as lines, in the interface's words.
pub(super) fn table(items: &[RecordItem]) -> String {
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            [
                item.captured_at.to_rfc3339(),
                item.kind.name().to_owned(),
                item.unit.as_ref().map_or_else(String::new, ToString::to_string),
                words::progress(item),
                words::pictures(item),
                item.id.to_string(),
            ]
        })
        .collect();
    table::render(["captured", "kind", "unit", "state", "pictures", "record"], &rows)
}

fn as_json(item: &RecordItem) -> Value {
    json!({
        "record": item.id,
        "uid": item.uid,
        "kind": item.kind.name(),
        "role": item.role.name(),
        "seq": item.seq,
        "unit": item.unit,
        "corrects": item.corrects,
        "captured_at": item.captured_at,
        "progress": item.progress.name(),
        "reason": item.reason,
        "decision": item.decision.as_ref().map(|decided| json!({
            "disposition": decided.disposition,
            "reason": decided.reason,
        })),
        "photos": item.photos.iter().map(photo).collect::<Vec<_>>(),
    })
}

fn photo(photo: &PhotoItem) -> Value {
    let progress = match photo.progress {
        PhotoProgress::Queued => "queued",
        PhotoProgress::Verified => "verified",
        PhotoProgress::Lost => "lost",
    };
    json!({
        "sha256": photo.hash,
        "role": photo.role.name(),
        "page": photo.page,
        "bytes": photo.bytes,
        "progress": progress,
    })
}
