//! The page of a bundle: what lies in it, and which commands of whose programs check it.
//!
//! It stands by itself (no script, nothing from elsewhere), prints, and escapes whatever came from
//! outside. Its commands are run by a test, as they stand there.

use askama::Template;
use hattama_proto::{
    id::{Kid, RecordId},
    kind::Kind,
    statement::{Decision, Disposition, SettledBy, Statement, Transcription},
    tlog::{Policy, Witnessed},
};

use super::{
    EvidenceError, Missing,
    bundle::Pieces,
    names,
    reading::{Chain, Reading},
};
use crate::store::records::StoredRecord;

/// What the page tells.
pub(super) struct Facts<'a> {
    pub(super) record: &'a StoredRecord,
    pub(super) kind: Kind,
    pub(super) reading: &'a Reading,
    pub(super) chain: &'a Chain,
    pub(super) enrolled: bool,
    pub(super) decisions: &'a [Statement<Decision>],
    pub(super) transcriptions: &'a [Statement<Transcription>],
    /// How often each open document was read.
    pub(super) open: &'a [usize],
    pub(super) missing: &'a [Missing],
    pub(super) policy: &'a Policy,
    pub(super) root: Kid,
    pub(super) witnessed: &'a Witnessed,
}

#[derive(Template)]
#[template(path = "evidence/page.html")]
struct Page {
    record: RecordId,
    kind: &'static str,
    unit: Option<String>,
    kid: String,
    enrolled: bool,
    held: Option<String>,
    index: u64,
    size: u64,
    log: String,
    policy: String,
    root: String,
    cosigned: Vec<String>,
    quorum: usize,
    payload: String,
    rows: Vec<Row>,
    missing: Vec<MissingRow>,
    before: Vec<String>,
    beside: Vec<String>,
    after: Vec<String>,
    corrected_by: Vec<String>,
    seq: String,
    /// What was decided and why, oldest first.
    decisions: Vec<String>,
    /// What was typed off the photographs, oldest first.
    transcriptions: Vec<Transcribed>,
    /// How often each document was read that nobody settled.
    open: Vec<usize>,
    /// Pieces that are signed strings, with the file that holds the key.
    signed: Vec<(String, &'static str)>,
    /// What receipts are for: word, file, receipt.
    proven: Vec<(&'static str, String, String)>,
}

struct Transcribed {
    how: &'static str,
    shows: String,
    reason: Option<String>,
}

struct Row {
    name: String,
    sha256: String,
    what: &'static str,
}

struct MissingRow {
    photo: String,
    what: String,
    why: String,
}

/// Writes the page over the pieces that were gathered so far, which are all but itself and the list
/// of hashes.
pub(super) fn write(facts: &Facts<'_>, pieces: &Pieces) -> Result<String, EvidenceError> {
    let rows: Vec<Row> = pieces
        .by_name
        .iter()
        .map(|(name, piece)| Row {
            name: name.clone(),
            sha256: piece.sha256.clone(),
            what: what(name),
        })
        .collect();
    let names = || rows.iter().map(|row| row.name.clone());
    let signed = names().filter_map(|name| {
        let key = match name.as_str() {
            names::RECORD => names::DEVICE_KEY,
            names::MANIFEST => names::ROOT_KEY,
            name if name.ends_with(".jws") => names::HQ_KEY,
            _ => return None,
        };
        Some((name, key))
    });
    let proven = names().filter_map(|name| {
        let word = match name.as_str() {
            names::RECORD => "record",
            name if names::photo_hash(name).is_some() => "photo",
            name if name.ends_with(".jws") => "statement",
            _ => return None,
        };
        let receipt = names::receipt(&name);
        Some((word, name, receipt))
    });
    let missing = facts.missing.iter().map(|missing| MissingRow {
        photo: missing.photo.to_hex(),
        what: match missing.page {
            Some(page) => format!("{}, page {page}", missing.role),
            None => missing.role.clone(),
        },
        why: missing.why.words(),
    });
    let chain = facts.chain;
    let page = Page {
        record: facts.record.id,
        kind: facts.kind.name(),
        unit: facts.record.unit.clone(),
        kid: facts.record.kid.clone(),
        enrolled: facts.enrolled,
        held: facts.record.held.clone().map(|reason| reason.replace('_', " ")),
        index: facts.record.position,
        size: facts.witnessed.checkpoint.size,
        log: facts.policy.log().to_string(),
        policy: facts.policy.to_text(),
        root: facts.root.to_string(),
        cosigned: facts.witnessed.cosigned.iter().map(|by| by.by.to_string()).collect(),
        quorum: facts.witnessed.quorum,
        payload: serde_json::to_string_pretty(&facts.reading.whole).unwrap_or_default(),
        missing: missing.collect(),
        before: chain.before.clone(),
        beside: chain.beside.clone(),
        after: chain.after.clone(),
        corrected_by: chain.corrected_by.clone(),
        seq: chain.seq.to_string(),
        signed: signed.collect(),
        proven: proven.collect(),
        decisions: facts.decisions.iter().map(decided).collect(),
        transcriptions: facts.transcriptions.iter().map(transcribed).collect(),
        open: facts.open.to_vec(),
        rows,
    };
    Ok(page.render()?)
}

/// A decision in words. The account that took it stands in the signed text only.
fn decided(statement: &Statement<Decision>) -> String {
    let body = &statement.claims.body;
    let mut words = match body.disposition {
        Disposition::Counted => "it counts".to_owned(),
        Disposition::SetAside => "it is set aside".to_owned(),
    };
    if let Some(unit) = &body.unit {
        words = format!("{words}, as of unit {unit}");
    }
    format!("{words}: {}", body.reason)
}

/// A transcription in words. The accounts that typed it stand in the signed text only.
fn transcribed(statement: &Statement<Transcription>) -> Transcribed {
    let body = &statement.claims.body;
    Transcribed {
        how: match body.settled_by {
            SettledBy::TwoAlike => "two people read the same, without seeing one another's entry",
            SettledBy::Third => "two read it differently; a third read every figure as one of them",
            SettledBy::Decision => "no third settled it, and somebody decided",
        },
        shows: serde_json::to_string_pretty(&body.reading).unwrap_or_default(),
        reason: body.reason.clone(),
    }
}

/// What a piece is, in a few words.
fn what(name: &str) -> &'static str {
    match name {
        names::RECORD => "the record as the device signed it",
        names::CHAIN => "the neighbours in the device's chain, by hash",
        names::CHECKPOINT => "the head of the log that all receipts stand on",
        names::DEVICE_KEY => "the device's public key",
        names::ELECTION => "the part of the set-up that names headquarters' keys",
        names::MANIFEST => "the signed election set-up",
        names::HQ_KEY => "headquarters' public key for statements",
        names::LOG_KEY => "the log's public key",
        names::ROOT_KEY => "the public key that signs set-ups",
        name if name.ends_with(".tlog-proof") && name.starts_with("chain/") => {
            "the log's receipt for a neighbour"
        }
        name if name.ends_with(".tlog-proof") => "the log's receipt for the piece of this name",
        name if name.starts_with("photos/") => "a photograph, byte for byte as captured",
        name if name.starts_with("decisions/") => "a decision of headquarters about the record",
        name if name.starts_with("transcriptions/") => {
            "what people at headquarters typed off the record's photographs"
        }
        name if name.starts_with("device/") => "who enrolled the device's key, or revoked it",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_outside_cannot_become_part_of_the_page() {
        let hostile = "<script>alert(1)</script>\"'&";
        let payload = serde_json::json!({ "seq": hostile, "body": { "words": hostile } });
        let record = StoredRecord {
            position: 3,
            id: RecordId::from_bytes([7; 32]),
            typ: String::new(),
            kid: hostile.into(),
            received_at: hattama_proto::time::UnixMillis(0),
            held: Some(hostile.into()),
            jws: String::new(),
            unit: Some(hostile.into()),
        };
        let log = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
        let policy = Policy::of_log(log.parse().unwrap());
        let chain = Chain {
            record: String::new(),
            kid: hostile.into(),
            seq: hostile.into(),
            prev: hostile.into(),
            before: vec![hostile.into()],
            beside: Vec::new(),
            after: Vec::new(),
            corrected_by: Vec::new(),
        };
        let missing = [Missing {
            photo: hattama_proto::id::PhotoHash::of(b"x"),
            role: hostile.into(),
            page: None,
            why: super::super::Why::NotArrived,
        }];
        let witnessed = Witnessed {
            checkpoint: hattama_proto::tlog::Checkpoint {
                origin: policy.log().name().clone(),
                size: 4,
                root: hattama_proto::tlog::empty_root(),
            },
            cosigned: Vec::new(),
            quorum: 0,
        };
        let facts = Facts {
            record: &record,
            kind: Kind::Incident,
            reading: &Reading::of(payload.to_string().as_bytes()),
            chain: &chain,
            enrolled: false,
            decisions: &[],
            transcriptions: &[],
            open: &[],
            missing: &missing,
            policy: &policy,
            root: Kid::from_bytes([1; 32]),
            witnessed: &witnessed,
        };
        let page = write(&facts, &Pieces::default()).unwrap();
        assert!(!page.contains("<script"), "{page}");
        assert!(page.matches("&#60;script&#62;alert(1)").count() >= 5, "{page}");
        for from_elsewhere in ["src=", "href=", "url(", "@import"] {
            assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
        }
    }
}
