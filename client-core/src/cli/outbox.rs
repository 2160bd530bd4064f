//! `hattama-observer outbox`: what waits, and why.

use hattama_client_core::{LaneSummary, OutboxSummary};
use serde_json::{Value, json};

use super::{At, CliError, open::Beginning, output, table, words};

/// Shows it.
pub(super) fn run(at: &At) -> Result<(), CliError> {
    let summary = at.open(Beginning::Refused)?.outbox_summary()?;
    if at.json { output::say_json(&as_json(&summary)) } else { output::say(&told(&summary)) }
}

/// The lanes, first to go first.
fn lanes(summary: &OutboxSummary) -> [(&'static str, LaneSummary); 5] {
    [
        ("protocols and urgent incidents", summary.urgent),
        ("other records", summary.records),
        ("thumbnails", summary.thumbnails),
        ("previews", summary.previews),
        ("originals", summary.originals),
    ]
}

fn told(summary: &OutboxSummary) -> String {
    let mut text = if summary.is_empty() {
        "Nothing waits.\n".to_owned()
    } else {
        let rows = lanes(summary).map(|(name, lane)| {
            let [count, bytes] = words::lane(lane);
            [name.to_owned(), count, bytes]
        });
        table::render(["waiting", "count", "size"], &rows)
    };
    if let Some(age) = summary.oldest_unsent_ms {
        text.push_str(&format!("oldest record without a receipt: {}\n", words::span(age)));
    }
    if let Some(why) = &summary.blocked_by {
        text.push_str(&format!("in the way: {why}\n"));
    }
    match summary.next_wakeup_ms {
        Some(0) => text.push_str("`hattama-observer sync` sends it now\n"),
        Some(ms) => text.push_str(&format!("next try of its own: in {}\n", words::span(ms))),
        None => {}
    }
    text.push_str(&format!(
        "at headquarters: {} stored, {} awaiting check, {} pictures\n",
        summary.acked, summary.held, summary.photos_verified
    ));
    for (count, what) in [
        (summary.rejected, "records are not accepted by headquarters; see `list`"),
        (summary.suspect, "records could not be read at headquarters and are tried again"),
        (summary.photos_lost, "pictures are gone or damaged on this device"),
        (summary.photos_pruned, "originals were removed from this device; headquarters had them"),
        (summary.gone_for_resend, "of these headquarters lost, and they cannot be sent again"),
        (
            summary.photos_held_sealed,
            "sealed pictures are at headquarters, which cannot open them yet; they are not sent again",
        ),
    ] {
        if count > 0 {
            text.push_str(&format!("{count} {what}\n"));
        }
    }
    text
}

fn as_json(summary: &OutboxSummary) -> Value {
    let lane = |lane: LaneSummary| json!({ "count": lane.count, "bytes": lane.bytes });
    json!({
        "empty": summary.is_empty(),
        "urgent": lane(summary.urgent),
        "records": lane(summary.records),
        "thumbnails": lane(summary.thumbnails),
        "previews": lane(summary.previews),
        "originals": lane(summary.originals),
        "stored": summary.acked,
        "awaiting_check": summary.held,
        "not_accepted": summary.rejected,
        "suspect": summary.suspect,
        "photos_verified": summary.photos_verified,
        "photos_lost": summary.photos_lost,
        "photos_pruned": summary.photos_pruned,
        "gone_for_resend": summary.gone_for_resend,
        "held_bytes": summary.held_bytes,
        "photos_held_sealed": summary.photos_held_sealed,
        "sealing": words::sealing(summary.sealing),
        "oldest_unsent_ms": summary.oldest_unsent_ms,
        "blocked_by": summary.blocked_by,
        "next_wakeup_ms": summary.next_wakeup_ms,
    })
}
