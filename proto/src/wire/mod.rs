//! Requests and replies between phone and headquarters, version 1.
//!
//! JSON over HTTP/1.1. Every answer of headquarters carries [`WIRE_HEADER`]; an answer without it
//! is somebody else's (a captive portal, a carrier's page, a gateway): transient, never a verdict.
//! Members may be added; readers ignore those they do not know.

mod blobs;
mod enrolment;
mod feed;
mod hello;
mod receipts;
mod records;
mod session;
mod status;
mod waiting;

pub use self::{
    blobs::{
        CellBitmap, CellBitmapError, ContentRange, ContentRangeError, HAVE_HEADER, HELD_SEALED,
        PhotoReply, PhotoState, SEALED_HEADER, SealedAs, SealedAsError,
    },
    enrolment::{EnrolmentPush, EnrolmentReply, PartLocation},
    feed::{Feed, FeedItem, FeedKind},
    hello::{Hello, Limits},
    receipts::{ReceiptKind, ReceiptPart, ReceiptsReply, SubjectReceipt},
    records::{
        DeferredReason, HeldReason, PushReply, PushRequest, RecordVerdict, RejectedReason, Verdict,
    },
    session::{ChallengeAnswer, SessionReply, SessionRequest},
    status::{ChainState, StatusReply, StatusRequest},
    waiting::{LANES, Waiting, WaitingError},
};

/// Marks an answer as ours.
pub const WIRE_HEADER: &str = "Hattama-Wire";

/// The version this code speaks.
pub const WIRE_VERSION: &str = "1";
