//! What an answer with cosigned receipts means. Pure.

use hattama_proto::{
    id::{Kid, RecordId},
    wire::StatusReply,
};

use super::{Change, Class, Engine, Heard, Trust};
use crate::Alarm;

impl Engine {
    /// What the answer to "have witnesses cosigned these by now?" changes. Whatever it is, the
    /// receipts that are kept stay.
    pub(crate) fn cosigned_read(
        &mut self,
        kid: Kid,
        ids: &[RecordId],
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
        for id in ids {
            let Some((_, part)) = reply.records.iter().find(|(of, _)| of == id) else {
                // It was receipted: headquarters has forgotten what it had signed for.
                self.alarm(Alarm::InvalidReceipt { subject: id.to_hex() });
                changes.push(Change::Note { code: "receipted-not-there", detail: id.to_hex() });
                continue;
            };
            match trust.cosigned_receipt(*id, part, shown) {
                Ok(Some(receipt)) => changes.push(Change::Cosigned { id: *id, receipt }),
                // Not enough yet; the next sync asks again.
                Ok(None) => {}
                Err(why) => {
                    self.alarm(Alarm::InvalidReceipt { subject: id.to_hex() });
                    let detail = format!("{id} {why}");
                    changes.push(Change::Note { code: "invalid-receipt", detail });
                }
            }
        }
        changes
    }
}
