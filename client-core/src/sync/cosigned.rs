//! What an answer with cosigned receipts means. Pure.

use hattama_proto::{
    id::{Kid, to_hex},
    tlog::LogEntry,
    wire::{ReceiptPart, StatusReply},
};

use super::{Change, Class, Engine, Heard, Trust};
use crate::Alarm;

impl Engine {
    /// What the answer to "have witnesses cosigned these by now?" changes. Whatever it is, the
    /// receipts that are kept stay.
    pub(crate) fn cosigned_read(
        &mut self,
        kid: Kid,
        entries: &[LogEntry],
        heard: &Heard<StatusReply>,
        trust: &Trust,
        seen: &[String],
    ) -> Vec<Change> {
        self.course.cosigned_asked.push(kid);
        let Heard::Reply(reply) = heard else { return self.trouble(Class::Status, heard) };
        let mut changes = self.works(Class::Status);
        let Some(shown) = &reply.checkpoint else { return changes };
        if let Some(contradiction) = self.contradiction(seen, shown, trust) {
            changes.extend(contradiction);
            return changes;
        }
        for entry in entries {
            let subject = to_hex(entry.subject());
            let Some(part) = part_of(reply, entry) else {
                // A headquarters that does not know of photos' receipts yet says nothing of them.
                if matches!(entry, LogEntry::Photo(_)) && still_has(reply, entry) {
                    continue;
                }
                // It was receipted: headquarters has forgotten what it had signed for.
                changes.push(Change::Note { code: "receipted-not-there", detail: subject.clone() });
                self.alarm(Alarm::InvalidReceipt { subject });
                continue;
            };
            match trust.cosigned_receipt(entry, part, shown) {
                Ok(Some(receipt)) => changes.push(Change::Cosigned { entry: *entry, receipt }),
                // Not enough yet; the next sync asks again.
                Ok(None) => {}
                Err(why) => {
                    let detail = format!("{subject} {why}");
                    self.alarm(Alarm::InvalidReceipt { subject });
                    changes.push(Change::Note { code: "invalid-receipt", detail });
                }
            }
        }
        changes
    }
}

/// The receipt of this entry among those of the answer.
fn part_of<'a>(reply: &'a StatusReply, entry: &LogEntry) -> Option<&'a ReceiptPart> {
    let subject = entry.subject();
    match entry {
        LogEntry::Photo(_) => {
            let mut found = reply.photo_receipts.iter();
            found.find(|(of, _)| of.as_bytes() == subject).map(|(_, part)| part)
        }
        _ => {
            let mut found = reply.records.iter();
            found.find(|(of, _)| of.as_bytes() == subject).map(|(_, part)| part)
        }
    }
}

/// Whether the answer says that the photo is there whole.
fn still_has(reply: &StatusReply, entry: &LogEntry) -> bool {
    let is = |hash: &hattama_proto::id::PhotoHash| hash.as_bytes() == entry.subject();
    reply.photos.iter().any(|(hash, state)| is(hash) && state.complete)
}
