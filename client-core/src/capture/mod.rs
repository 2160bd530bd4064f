//! What an observer hands over becomes a record: drafts in, signed strings and kept files out.
//!
//! ```text
//! Draft ──take in photos──> Body ──place in the chain──> Claims ──sign──> record
//!                             └──check against the set-up──> findings and warnings
//! ```
//!
//! Impossible sheets are recorded as found. What does not add up or is not known comes back as a
//! [`Warning`] or a finding; the record is kept all the same.

mod body;
mod check;
mod claims;
mod copy;
mod draft;
mod jpeg;
mod photo;
mod picture;
mod sniff;
mod summary;

pub(crate) use self::{
    body::{body_of, correction_of},
    check::{Known, check},
    claims::{Place, claims, fresh_nonce, fresh_uid},
    photo::{Depth, Intake, SealedPhoto, is_intact},
};

pub use self::{
    draft::{
        CorrectedDraft, CorrectionDraft, FormDraft, IncidentDraft, KeptPhotos, NotObtainedDraft,
        PhotoInput, ProtocolDraft,
    },
    summary::{CaptureSummary, Warning},
};
