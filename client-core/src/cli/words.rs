//! What a notebook says, in words for people. Pure.

use hattama_client_core::{
    Alarm, LaneSummary, PhotoProgress, PhotoSealing, RecordItem, RecordProgress, Trouble,
    capture::Warning,
};
use hattama_proto::{
    pack::{Finding, FindingVerdict},
    statement::Disposition,
};

/// How far a record has come, in the interface's words.
pub(super) fn progress(item: &RecordItem) -> String {
    let why = || item.reason.as_ref().map_or(String::new(), |why| format!(" ({})", spaced(why)));
    let state = match item.progress {
        RecordProgress::Queued => "saved here".to_owned(),
        RecordProgress::Suspect => format!("saved here, not readable at headquarters{}", why()),
        RecordProgress::Acked => "stored".to_owned(),
        RecordProgress::Held => format!("awaiting check{}", why()),
        RecordProgress::Rejected => format!("not accepted{}", why()),
    };
    match &item.decision {
        None => state,
        Some(decided) => {
            let word = match decided.disposition {
                Disposition::Counted => "counted",
                Disposition::SetAside => "not counted",
            };
            format!("{word} ({})", decided.reason)
        }
    }
}

/// How many of a record's pictures, previews and thumbnails included, are at headquarters.
pub(super) fn pictures(item: &RecordItem) -> String {
    let whole =
        item.photos.iter().filter(|photo| photo.progress == PhotoProgress::Verified).count();
    if item.photos.is_empty() { String::new() } else { format!("{whole}/{}", item.photos.len()) }
}

/// How photographs are sealed, for programs.
pub(super) const fn sealing(sealing: PhotoSealing) -> &'static str {
    match sealing {
        PhotoSealing::Off => "off",
        PhotoSealing::Originals => "originals",
        PhotoSealing::All => "all",
        PhotoSealing::Unusable => "unusable",
    }
}

/// A warning as a sentence.
pub(super) fn warning(warning: &Warning) -> String {
    match warning {
        Warning::NoSetUp => {
            "there is no election set-up on this device yet, so nothing could be checked".into()
        }
        Warning::UnknownUnit(unit) => format!("the set-up does not know the unit {unit}"),
        Warning::UnknownForm(form) => format!("the set-up does not know the form {form}"),
        Warning::UnknownLine(line) => format!("the form has no line {line}"),
        Warning::RequiredLineMissing(line) => {
            format!("the paper should have the line {line}, which was left out")
        }
        Warning::UnknownChoice(choice) => format!("the form has no contest or choice {choice}"),
        Warning::UnknownCopy(copy) => format!("the set-up does not know the copy type {copy}"),
        Warning::UnknownQuestion(question) => format!("the form has no question {question}"),
        Warning::UnknownCategory(category) => {
            format!("the set-up does not know the phase or category {category}")
        }
        Warning::CriticalAnswer(question) => {
            format!("headquarters will open an incident for the answer to {question}")
        }
        Warning::ClockOff { ahead_ms } => format!(
            "this device's clock is {} seconds {} headquarters'; set it right",
            ahead_ms.unsigned_abs() / 1000,
            if *ahead_ms > 0 { "ahead of" } else { "behind" }
        ),
        Warning::ClockAbsurd => "this device's clock shows an impossible year; set it right".into(),
        Warning::NoPreview { page, reason } => format!(
            "no small picture could be made of page {page} ({reason}); the file itself is kept \
             and will be sent"
        ),
        Warning::NotSealed => {
            "the photographs could not be sealed to headquarters as the set-up asks, \
                               and were kept as they are; tell your coordinator"
                .into()
        }
        Warning::SealedToFewer { left_out } => format!(
            "the photographs are sealed, but {left_out} of those who should open them are not known \
             to this program; tell your coordinator"
        ),
        Warning::SamePhotoTwice { page } => {
            format!("page {page} is a file that was given before; was another one meant?")
        }
        other => format!("{other:?}"),
    }
}

/// A control relation that does not hold, as a sentence.
pub(super) fn finding(finding: &Finding) -> String {
    match finding.verdict {
        FindingVerdict::Broken { left, right } => format!(
            "{} does not hold on this sheet: {left} against {right}; if the paper says so, that is \
             what is recorded",
            finding.relation
        ),
        FindingVerdict::Incomplete => {
            format!("{} cannot be checked: a figure is missing", finding.relation)
        }
    }
}

/// Trouble with the network or headquarters, as a sentence.
pub(super) fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Network(why) => format!("headquarters cannot be reached: {why}"),
        Trouble::Foreign { status } => format!(
            "somebody else answered in headquarters' place (status {status}); is there a login \
             page on this network?"
        ),
        Trouble::Headquarters { code } => format!("headquarters cannot take more now ({code})"),
        Trouble::Address(why) => format!(
            "the other side is not headquarters: {why}; ask your coordinator for a new invitation"
        ),
    }
}

/// Something a human must know of, as a sentence.
pub(super) fn alarm(alarm: &Alarm) -> String {
    match alarm {
        Alarm::InvalidReceipt { subject } => format!(
            "the receipt for {subject} does not prove what it should; it stays queued, tell your \
             coordinator"
        ),
        Alarm::LogForked => "headquarters showed two histories of its log; both signed notes are \
                             kept as proof, tell your coordinator in person"
            .into(),
        Alarm::Restored { lost_from, lost_until } => format!(
            "headquarters was restored from a backup and lost the entries {lost_from} to {} of its \
             log; what it lost of yours is sent again, the receipts for it are kept",
            lost_until.saturating_sub(1)
        ),
        Alarm::Rejected(record) => {
            format!("headquarters does not accept {record} as evidence; it stays on this device")
        }
        Alarm::GoneForResend(count) => format!(
            "headquarters lost {count} original photograph(s) that had been removed from this device \
             after it gave receipts for them. They cannot be sent again; their previews are."
        ),
        Alarm::PhotoLost(photo) => {
            format!("the file of the photograph {photo} is gone or damaged on this device")
        }
        Alarm::PhotoDisputed(photo) => {
            format!("headquarters says that the photograph {photo} has another length")
        }
        Alarm::Revoked(kid) => format!("the key {kid} of this notebook was revoked"),
        Alarm::SetUpRefused(why) => format!("a new election set-up was not taken over: {why}"),
        Alarm::MessageRefused => "a message came that headquarters did not sign; it was not kept. \
             Tell your coordinator"
            .to_owned(),
        other => format!("{other:?}"),
    }
}

/// A lane of the outbox: how many wait, and how much that is.
pub(super) fn lane(lane: LaneSummary) -> [String; 2] {
    [lane.count.to_string(), bytes(lane.bytes)]
}

/// A length for people.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

/// A span of time for people.
pub(super) fn span(ms: u64) -> String {
    let seconds = ms.div_ceil(1000);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

/// A stable code as words.
pub(super) fn spaced(code: &str) -> String {
    code.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_spans_are_short() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(4 * 1_048_576 + 600_000), "4.5 MiB");
        assert_eq!(span(90_000), "90 s");
        assert_eq!(span(3 * 3_600_000), "3 h");
    }
}
