//! The transparency log, from both ends: the tree that headquarters grows, and the proofs that
//! anybody can check without it.
//!
//! ```text
//! LogEntry ──> leaf hash ──> Tree ──> root ──> Checkpoint ──sign──> signed note
//!                              └────> proof ──────────────┐            │
//! LogEntry ──────────────────────────────────> Receipt::verify <───────┘
//! ```
//!
//! What this folder promises:
//!
//! 1. The bytes are those of published specifications, so that nobody needs our code to check us:
//!    RFC 6962 section 2.1 (tree and proofs), C2SP `signed-note@v1.0.0`,
//!    `tlog-checkpoint@v1.0.0`, `tlog-cosignature@v1.0.1`, `tlog-witness@v1.0.0`, `tlog-tiles@v0.1.0`,
//!    `tlog-proof@v1` and `tlog-policy`.
//! 2. An entry is a hash with a word before it. Nothing in the log is personal data, so the log can
//!    stay public for ever while what it names is erased.
//! 3. One meaning has one spelling. Every parser refuses what our writers would not write: other
//!    base64, leading zeros, extension lines, trailing bytes. Two receipts that differ are two
//!    receipts.
//! 4. Everything is a pure function of its arguments: no I/O, no clock, no randomness. Input never
//!    panics and never makes us allocate more than a small multiple of its own length.
//!
//! What it does not promise: a valid receipt says that the log *committed* to the entry, not that
//! everybody is shown the same log. That takes [`verify_consistency`] between the checkpoints a
//! phone has seen, and witnesses.

mod checkpoint;
mod cosignature;
mod entry;
mod fork;
mod hash;
mod note;
mod note_key;
mod parts;
mod policy;
mod proof;
mod receipt;
mod tile;
mod tree;
mod witness;

pub use checkpoint::{Checkpoint, CheckpointError, Origin, SIZE_MAX};
pub use cosignature::{COSIGNED_AT_S_MAX, Cosigned, Cosigner, CosignerKey, cosignatures};
pub use entry::{EntryError, LogEntry};
pub use fork::{FORK_BYTES_MAX, Fork, ForkError, Verdict};
pub use hash::{Hash, HashError, empty_root, leaf_hash, node_hash};
pub use note::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, NoteError, NoteSignature, SignedNote};
pub use note_key::{KeyError, KeyId, KeyName, NoteSigner, VerifierKey};
pub use parts::{PartsError, join_receipt, receipt_pieces, split_receipt};
pub use policy::{Policy, PolicyError, WITNESSES_MAX, Witnessed};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use receipt::{PROOF_HASHES_MAX, RECEIPT_BYTES_MAX, Receipt, ReceiptError};
pub use tile::{
    ENTRY_BYTES_MAX, TILE_WIDTH, TileError, TileKind, TileName, read_entry_bundle, read_hash_tile,
    write_entry_bundle,
};
pub use tree::{Tree, TreeAt, TreeError};
pub use witness::{ADD_CHECKPOINT_BYTES_MAX, AddCheckpoint, Last, Refusal, judge};
