//! What an answer about a photo means. Pure.

use hattama_proto::{
    limits::CELL_BYTES,
    problem::{Problem, ProblemCode},
    wire::{CellBitmap, ContentRange, PhotoReply},
};

use super::{
    Change, Class, Deadline, Engine, Firmness, Have, Heard, HeardHave, There, Trust,
    plan::PendingPhoto,
};
use crate::{Alarm, limits::BACKOFF_ORIGINALS_MS_MAX};

impl Engine {
    /// What the answer to a range changes. `seen` are the checkpoints known so far.
    pub(crate) fn range_sent(
        &mut self,
        photo: &PendingPhoto,
        range: ContentRange,
        heard: &Heard<PhotoReply>,
        trust: &Trust,
        seen: &[String],
    ) -> Vec<Change> {
        self.course.slot += 1;
        let (hash, class) = (photo.hash, Class::of(photo.lane));
        match heard {
            Heard::Reply(reply) if reply.held_sealed => {
                let mut changes = self.works(class);
                changes.extend(self.held_sealed(photo));
                changes
            }
            Heard::Reply(reply) if reply.state.complete => {
                let mut changes = self.works(class);
                changes.extend(self.complete(photo, reply, trust, seen));
                changes
            }
            Heard::Reply(reply) => {
                let mut changes = self.works(class);
                changes.push(Change::PhotoCells { hash, have: reply.state.have.clone() });
                let cells = range.first / CELL_BYTES..range.end.div_ceil(CELL_BYTES);
                if !cells.clone().all(|cell| reply.state.have.has(cell)) {
                    // Answered and not kept: without a pause this would go round for ever.
                    changes.push(self.photo_waits(photo, "not-kept"));
                } else if reply.state.have.is_full(photo.bytes) {
                    changes.push(Change::PhotoThere { hash, there: There::Whole });
                    changes.push(self.photo_waits(photo, "being-checked"));
                }
                changes
            }
            Heard::Problem(problem) => self.photo_refused(photo, problem, heard),
            Heard::Garbled { .. } | Heard::Foreign { .. } | Heard::Failed(_) => {
                let mut changes = self.trouble(class, heard);
                // Some of it may have arrived: ask before sending any of it again.
                changes.push(Change::PhotoThere { hash, there: There::Unknown });
                changes
            }
        }
    }

    fn complete(
        &mut self,
        photo: &PendingPhoto,
        reply: &PhotoReply,
        trust: &Trust,
        seen: &[String],
    ) -> Vec<Change> {
        let hash = photo.hash;
        let whole = Change::PhotoThere { hash, there: There::Whole };
        let (Some(part), Some(checkpoint)) = (&reply.receipt, &reply.checkpoint) else {
            return vec![whole, self.photo_waits(photo, "receipt-owed")];
        };
        if let Some(mut changes) = self.contradiction(seen, checkpoint, trust) {
            changes.push(whole);
            changes.push(self.photo_waits(photo, "log-forked"));
            return changes;
        }
        match trust.photo_receipt(hash, part, checkpoint) {
            Ok(receipt) => {
                self.report.photos_complete += 1;
                vec![Change::PhotoDone { hash, receipt }]
            }
            Err(why) => {
                self.alarm(Alarm::InvalidReceipt { subject: hash.to_hex() });
                vec![
                    whole,
                    self.photo_waits(photo, "invalid-receipt"),
                    Change::Note { code: "invalid-receipt", detail: format!("{hash} {why}") },
                ]
            }
        }
    }

    /// Headquarters keeps the sealed file and cannot open it yet: it is asked now and then, and nothing is
    /// sent again.
    fn held_sealed(&self, photo: &PendingPhoto) -> Vec<Change> {
        let hash = photo.hash;
        let deadline = Deadline::after(BACKOFF_ORIGINALS_MS_MAX, &self.now, Firmness::Soft);
        vec![
            Change::PhotoCells { hash, have: CellBitmap::full(photo.bytes) },
            Change::PhotoThere { hash, there: There::Unknown },
            Change::PhotoWaits { hash, reason: "held-sealed".to_owned(), deadline },
        ]
    }

    fn photo_refused<T>(
        &mut self,
        photo: &PendingPhoto,
        problem: &Problem,
        heard: &Heard<T>,
    ) -> Vec<Change> {
        let hash = photo.hash;
        match problem.code {
            ProblemCode::NotExpected => vec![self.photo_waits(photo, "not-expected")],
            ProblemCode::DigestMismatch => {
                vec![Change::PhotoReset { hash }, self.photo_waits(photo, "digest-mismatch")]
            }
            ProblemCode::SizeConflict | ProblemCode::TooLarge | ProblemCode::SealingWrong => {
                self.alarm(Alarm::PhotoDisputed(hash));
                let deadline = Deadline::after(BACKOFF_ORIGINALS_MS_MAX, &self.now, Firmness::Soft);
                let reason = problem.code.name();
                vec![
                    // What is there now is worth nothing, or it is not known what it is.
                    Change::PhotoReset { hash },
                    Change::PhotoWaits { hash, reason, deadline },
                    Change::Note { code: "photo-disputed", detail: hash.to_hex() },
                ]
            }
            // Whole cells that came were kept; nothing is wrong with headquarters. On the worst lines this
            // happens again and again, and pauses that grew with it would become the slowest part: a
            // minute of silence has gone by already.
            ProblemCode::Stalled => {
                let deadline = self.item_pause(None, Class::of(photo.lane).cap_ms());
                let reason = "stalled".to_owned();
                vec![
                    Change::PhotoThere { hash, there: There::Unknown },
                    Change::PhotoWaits { hash, reason, deadline },
                ]
            }
            _ => {
                let mut changes = self.trouble(Class::of(photo.lane), heard);
                changes.push(Change::PhotoThere { hash, there: There::Unknown });
                changes
            }
        }
    }

    /// What the answer to "which cells do you have?" changes.
    pub(crate) fn photo_asked(&mut self, photo: &PendingPhoto, heard: &HeardHave) -> Vec<Change> {
        let (hash, class) = (photo.hash, Class::of(photo.lane));
        match heard {
            Heard::Reply(have) => {
                let mut changes = self.works(class);
                match have {
                    Have::Cells(have) => {
                        changes.push(Change::PhotoCells { hash, have: have.clone() });
                    }
                    Have::Complete => {
                        changes.push(Change::PhotoThere { hash, there: There::Whole });
                    }
                    Have::HeldSealed => changes.extend(self.held_sealed(photo)),
                }
                changes
            }
            Heard::Garbled { status: 403 } => vec![self.photo_waits(photo, "not-expected")],
            _ => self.trouble(class, heard),
        }
    }

    /// The file of a photo is not what was signed any more.
    pub(crate) fn photo_lost(&mut self, photo: &PendingPhoto) -> Vec<Change> {
        self.alarm(Alarm::PhotoLost(photo.hash));
        vec![
            Change::PhotoLost { hash: photo.hash },
            Change::Note { code: "photo-lost", detail: photo.hash.to_hex() },
        ]
    }

    fn photo_waits(&self, photo: &PendingPhoto, reason: &str) -> Change {
        Change::PhotoWaits {
            hash: photo.hash,
            reason: reason.to_owned(),
            deadline: self.item_pause(photo.deadline.as_ref(), Class::of(photo.lane).cap_ms()),
        }
    }
}
