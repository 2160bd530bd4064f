//! The evidence bundle: one zip for a court, with everything about one record that can be checked
//! without us, and the page that says how.
//!
//! ```text
//! README.html                       what lies here, and the commands that check it
//! SHA256SUMS                        the hash of every other piece
//! record.jws, record.tlog-proof     the record, and the log's receipt for it
//! photos/HASH.jpg, .tlog-proof      every photograph that the record names and that arrived
//! decisions/HASH.jws, .tlog-proof   what was decided about it
//! transcriptions/HASH.jws, ...      what people at headquarters typed off its photographs
//! chain.json, chain/HASH.tlog-proof the hashes of its neighbours in the device's chain, and that the
//!                                   log has them
//! device/device.key, HASH.jws ...   the device's key, who enrolled it, whether it was revoked
//! setup/manifest.jws, election.json the signed set-up that names headquarters' keys
//! keys/                             those keys, each a line
//! checkpoint                        the signed head that all receipts share, with cosignatures
//! ```
//!
//! What it promises:
//!
//! 1. The same evidence gives the same bytes: fixed order, no dates, the earliest checkpoint that
//!    covers everything (a cosigned one where there is one).
//! 2. Nothing is left out silently: a photograph that the record names and that is not here is
//!    named as missing.
//! 3. No person is named: keys and pseudonyms only. The identity vault is not asked.
//! 4. What is handed out was verified in the making; what is judged is held in bounded memory.
//!
//! [`judge()`] and the verifier in `tests/foreign/second`, which shares no line with it, give the
//! same verdict on every bundle.

mod bundle;
mod complaint;
mod container;
mod gather;
mod judge;
mod lie;
mod names;
mod page;
mod reading;

pub use self::{
    bundle::{Bundle, Missing, Why},
    complaint::{ArchivedFile, COMPLAINT_RECORDS_MAX, Complaint, ComplaintRecord},
    container::ContainerError,
    gather::{EvidenceError, Sources},
    judge::{Judged, Said, Trust, judge, trust_within},
    lie::{Cause, Lie},
};

/// Longest piece that is no photograph, in bytes: the set-up's election part with a contest for
/// every precinct. Everything else is far smaller.
const TEXT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// All pieces that are no photographs, in bytes: what judging a bundle may hold in memory.
const TEXTS_BYTES_MAX: u64 = 32 * 1024 * 1024;
