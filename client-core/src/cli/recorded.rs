//! What a capture says once it is on disk.

use hattama_client_core::capture::CaptureSummary;
use hattama_proto::pack::FindingVerdict;
use serde_json::json;

use super::{At, CliError, output, words};

/// Tells of a record that was made: itself on stdout, second thoughts on stderr.
pub(super) fn tell(at: &At, summary: &CaptureSummary) -> Result<(), CliError> {
    let findings = summary.findings.iter().map(words::finding);
    let warnings: Vec<String> =
        summary.warnings.iter().map(words::warning).chain(findings).collect();
    if at.json {
        return output::say_json(&json!({
            "record": summary.record,
            "uid": summary.uid,
            "kind": summary.kind.name(),
            "role": summary.role.name(),
            "seq": summary.seq,
            "photos": summary.photos,
            "broken": summary.findings.iter()
                .filter(|finding| matches!(finding.verdict, FindingVerdict::Broken { .. }))
                .map(|finding| &finding.relation)
                .collect::<Vec<_>>(),
            "warnings": warnings,
        }));
    }
    for warning in &warnings {
        output::note(&format!("warning: {warning}"));
    }
    let photos = match summary.photos.len() {
        0 => String::new(),
        1 => ", with 1 file".to_owned(),
        more => format!(", with {more} files"),
    };
    output::say(&format!(
        "Recorded: {}{photos}; number {} under the key for {}.\nrecord {}",
        words::spaced(&summary.kind.name().replace('-', " ")),
        summary.seq + 1,
        summary.role.name(),
        summary.record
    ))
}
