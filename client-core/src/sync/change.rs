//! What an answer changes in the outbox. Applied all together or not at all.

use hattama_proto::{
    id::{PhotoHash, RecordId, StatementId},
    key::PublicKey,
    kind::Role,
    statement::Epoch,
    tlog::LogEntry,
    wire::CellBitmap,
};

use super::{Class, Deadline, There};

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Headquarters has the record, and its receipt holds.
    RecordDone { id: RecordId, held: bool, reason: Option<String>, receipt: String },
    /// Enough witnesses have cosigned a checkpoint that covers the record or photo, and the receipt
    /// holds.
    Cosigned { entry: LogEntry, receipt: String },
    /// Headquarters does not take the record for evidence.
    RecordRejected { id: RecordId, reason: Option<String> },
    /// Not this time.
    RecordWaits { id: RecordId, reason: String, deadline: Deadline },
    /// Headquarters has the record and the receipt is owed.
    RecordOwed { id: RecordId, reason: String, deadline: Option<Deadline> },
    /// Headquarters does not have a record after all that was said to be there.
    RecordNotThere { id: RecordId },
    /// A request with this record alone could not be read.
    RecordSuspect { id: RecordId, deadline: Deadline },
    /// Cells of a photo at headquarters, as it says.
    PhotoCells { hash: PhotoHash, have: CellBitmap },
    /// What is believed of a photo at headquarters.
    PhotoThere { hash: PhotoHash, there: There },
    /// Not before.
    PhotoWaits { hash: PhotoHash, reason: String, deadline: Deadline },
    /// Headquarters dropped what it had of a photo.
    PhotoReset { hash: PhotoHash },
    /// Headquarters has the photo whole, and its receipt holds.
    PhotoDone { hash: PhotoHash, receipt: String },
    /// The file on the phone is gone or damaged.
    PhotoLost { hash: PhotoHash },
    /// Headquarters wants this original now.
    PhotoWanted { hash: PhotoHash },
    /// A pause for a class of requests.
    Paused { class: Class, attempts: u32, deadline: Deadline },
    /// The class works.
    Works { class: Class },
    /// A fact to keep; none forgets it.
    Fact { name: &'static str, value: Option<String> },
    /// Two checkpoints that nothing joins.
    Forked { known: String, shown: String, proof: String, why: String },
    /// Headquarters goes on from a backup: what it lost is sent again. Once for each statement.
    Epoch { id: String, epoch: Epoch, statement: String },
    /// A decision about a record of ours, its signature checked.
    Decided { record: RecordId, issued_at: i64, signer: PublicKey, statement: String },
    /// A message to the owner, its signature checked.
    Message { id: StatementId, signer: PublicKey, statement: String },
    /// The token of a role is not accepted any more.
    TokenGone { role: Role },
    /// A line for the journal.
    Note { code: &'static str, detail: String },
}
