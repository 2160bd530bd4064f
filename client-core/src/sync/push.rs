//! What an answer to a push, or to "do you have my records?", means. Pure.

use hattama_proto::{
    id::RecordId,
    kind::Role,
    limits::BATCH_RECORDS_MAX,
    problem::ProblemCode,
    wire::{PushReply, RecordVerdict, StatusReply, Verdict},
};

use super::{
    Change, Class, Deadline, Engine, Firmness, Heard, There, Trust,
    head::{Advance, advance, contradicts},
    retry::told_wait_ms,
};
use crate::{Alarm, clock::Anchor, limits::SUSPECT_MS};

/// What was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// The record.
    pub(crate) id: RecordId,
    /// Its last pause.
    pub(crate) deadline: Option<Deadline>,
}

impl Engine {
    /// What the answer to a push of one role's records changes. `seen` is the checkpoint that was
    /// sent along.
    pub(crate) fn pushed(
        &mut self,
        role: Role,
        sent: &[Sent],
        heard: &Heard<PushReply>,
        trust: &Trust,
        seen: Option<&str>,
    ) -> Vec<Change> {
        match heard {
            Heard::Reply(reply) => {
                self.course.batch = (self.course.batch * 2).min(BATCH_RECORDS_MAX);
                let mut changes = self.works(Class::Records);
                changes.extend(self.verdicts(role, sent, reply, trust, seen));
                changes
            }
            Heard::Problem(problem)
                if matches!(
                    problem.code,
                    ProblemCode::MalformedBody
                        | ProblemCode::MalformedRequest
                        | ProblemCode::Invalid
                        | ProblemCode::TooLarge
                ) =>
            {
                self.cannot_read(sent)
            }
            // Whoever it is, a shorter request may pass; but it decides nothing.
            Heard::Foreign { status: 413 } if sent.len() > 1 => {
                self.halve(sent.len());
                Vec::new()
            }
            _ => self.trouble(Class::Records, heard),
        }
    }

    fn halve(&mut self, sent: usize) {
        self.course.batch = (sent / 2).max(1);
    }

    /// Headquarters could not read the request: half of it is tried, down to the one at fault.
    fn cannot_read(&mut self, sent: &[Sent]) -> Vec<Change> {
        if let [alone] = sent {
            let deadline = Deadline::after(SUSPECT_MS, &self.now, Firmness::Soft);
            return vec![
                Change::RecordSuspect { id: alone.id, deadline },
                Change::Note { code: "record-unreadable", detail: alone.id.to_hex() },
            ];
        }
        self.halve(sent.len());
        Vec::new()
    }

    fn verdicts(
        &mut self,
        role: Role,
        sent: &[Sent],
        reply: &PushReply,
        trust: &Trust,
        seen: Option<&str>,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let anchor = Anchor::new(reply.server_time, &self.now).to_text();
        changes.push(fact(crate::outbox::CLOCK_ANCHOR, anchor));
        let proven = match &reply.checkpoint {
            None => None,
            Some(shown) => match advance(seen, shown, reply.consistency.as_deref(), trust) {
                Advance::Continues => {
                    changes.push(fact(crate::outbox::seen(role), shown.clone()));
                    Some(shown.as_str())
                }
                Advance::Forked { why } => match self.explained(seen, shown, reply, trust) {
                    Some(explained) => {
                        changes.extend(explained);
                        changes.push(fact(crate::outbox::seen(role), shown.clone()));
                        Some(shown.as_str())
                    }
                    None => {
                        changes.extend(self.forked(seen, shown, reply.consistency.as_deref(), why));
                        None
                    }
                },
                // Told below, for each receipt that leans on it.
                Advance::NotOurs { .. } => Some(shown.as_str()),
            },
        };
        // A log that contradicts itself promises nothing: its receipts are not taken.
        let forked = reply.checkpoint.is_some() && proven.is_none();
        for one in sent {
            let verdict = reply.results.iter().find(|result| result.id == one.id);
            changes.extend(self.verdict(one, verdict, proven, forked, trust));
        }
        changes.extend(
            reply.have.iter().map(|hash| Change::PhotoThere { hash: *hash, there: There::Whole }),
        );
        changes
    }

    fn verdict(
        &mut self,
        one: &Sent,
        verdict: Option<&RecordVerdict>,
        checkpoint: Option<&str>,
        forked: bool,
        trust: &Trust,
    ) -> Vec<Change> {
        let id = one.id;
        let cap_ms = Class::Records.cap_ms();
        let wait = |engine: &Self, reason: &str| Change::RecordWaits {
            id,
            reason: reason.to_owned(),
            deadline: engine.item_pause(one.deadline.as_ref(), cap_ms),
        };
        let Some(verdict) = verdict else { return vec![wait(self, "unanswered")] };
        match verdict.verdict {
            Verdict::Rejected => {
                self.report.rejected += 1;
                self.alarm(Alarm::Rejected(id));
                vec![
                    Change::RecordRejected { id, reason: verdict.reason.clone() },
                    Change::Note { code: "record-rejected", detail: id.to_hex() },
                ]
            }
            Verdict::Deferred | Verdict::Unknown => {
                self.report.deferred += 1;
                let reason = verdict.reason.as_deref().unwrap_or("deferred");
                let Some(seconds) = verdict.retry_after_s else { return vec![wait(self, reason)] };
                let wait_ms = told_wait_ms(seconds, self.dice);
                let deadline = Deadline::after(wait_ms, &self.now, Firmness::Hard);
                vec![Change::RecordWaits { id, reason: reason.to_owned(), deadline }]
            }
            Verdict::Stored | Verdict::Duplicate | Verdict::Held if forked => {
                vec![wait(self, "log-forked")]
            }
            Verdict::Stored | Verdict::Duplicate | Verdict::Held => {
                let (Some(part), Some(checkpoint)) = (&verdict.receipt, checkpoint) else {
                    let reason = "receipt-owed".to_owned();
                    return vec![Change::RecordOwed { id, reason, deadline: None }];
                };
                match trust.record_receipt(id, part, checkpoint) {
                    Ok(receipt) => vec![self.done(verdict, receipt)],
                    Err(why) => self.invalid(one, &why),
                }
            }
        }
    }

    fn done(&mut self, verdict: &RecordVerdict, receipt: String) -> Change {
        let held = match verdict.verdict {
            Verdict::Held => {
                self.report.held += 1;
                true
            }
            Verdict::Duplicate => {
                self.report.duplicate += 1;
                // Held before and its answer lost: the reason says so.
                verdict.reason.is_some()
            }
            _ => {
                self.report.stored += 1;
                false
            }
        };
        Change::RecordDone { id: verdict.id, held, reason: verdict.reason.clone(), receipt }
    }

    fn invalid(&mut self, one: &Sent, why: &str) -> Vec<Change> {
        self.alarm(Alarm::InvalidReceipt { subject: one.id.to_hex() });
        vec![
            Change::RecordWaits {
                id: one.id,
                reason: "invalid-receipt".to_owned(),
                deadline: self.item_pause(one.deadline.as_ref(), Class::Records.cap_ms()),
            },
            Change::Note { code: "invalid-receipt", detail: format!("{} {why}", one.id) },
        ]
    }

    fn forked(
        &mut self,
        seen: Option<&str>,
        shown: &str,
        proof: Option<&[String]>,
        why: String,
    ) -> Vec<Change> {
        self.alarm(Alarm::LogForked);
        vec![
            Change::Note { code: "log-forked", detail: why.clone() },
            Change::Forked {
                known: seen.unwrap_or_default().to_owned(),
                shown: shown.to_owned(),
                proof: proof.unwrap_or_default().join("\n"),
                why,
            },
        ]
    }

    /// Keeps a checkpoint that contradicts the known one; true if it does.
    pub(super) fn contradiction(
        &mut self,
        seen: &[String],
        shown: &str,
        trust: &Trust,
    ) -> Option<Vec<Change>> {
        let known = seen.iter().find(|known| contradicts(Some(known), shown, trust))?;
        let why = "two roots at one size".to_owned();
        Some(self.forked(Some(known), shown, None, why))
    }

    /// What the answer to "do you have these, and where are the receipts?" changes.
    pub(crate) fn status_read(
        &mut self,
        sent: &[Sent],
        heard: &Heard<StatusReply>,
        trust: &Trust,
        seen: &[String],
    ) -> Vec<Change> {
        let Heard::Reply(reply) = heard else { return self.trouble(Class::Status, heard) };
        let mut changes = self.works(Class::Status);
        if let Some(shown) = &reply.checkpoint
            && let Some(contradiction) = self.contradiction(seen, shown, trust)
        {
            changes.extend(contradiction);
            changes.extend(self.pause(Class::Status));
            return changes;
        }
        for one in sent {
            let part = reply.records.iter().find(|(id, _)| *id == one.id).map(|(_, part)| part);
            let (Some(part), Some(checkpoint)) = (part, &reply.checkpoint) else {
                // Headquarters was restored from before: it is sent again.
                changes.push(Change::RecordNotThere { id: one.id });
                continue;
            };
            match trust.record_receipt(one.id, part, checkpoint) {
                Ok(receipt) => {
                    self.report.duplicate += 1;
                    let (held, reason) = (false, None);
                    changes.push(Change::RecordDone { id: one.id, held, reason, receipt });
                }
                Err(why) => changes.extend(self.invalid(one, &why)),
            }
        }
        changes
    }
}

fn fact(name: &'static str, value: String) -> Change {
    Change::Fact { name, value: Some(value) }
}
