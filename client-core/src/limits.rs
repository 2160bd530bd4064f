//! The phone's own limits, each with its unit and its reason. Those of the wire are in
//! [`hattama_proto::limits`].

/// Longest side of a picture that is decoded, in pixels. No phone's camera has more; a file that
/// claims more was made to exhaust the phone.
pub const PICTURE_SIDE_MAX: u32 = 30_000;

/// Most memory that the pixels of one picture may take while it is scaled, in bytes: 44 megapixels of a
/// PNG, and hundreds of a JPEG, of which only a part is ever kept. With all that a capture takes besides
/// it stays below 256 MB, so that a cheap phone does not end the app.
pub const PICTURE_ALLOC_MAX: u64 = 128 * 1024 * 1024;

/// Most memory that a PNG may take beside its pixels, in bytes: rows, and a colour profile, of which
/// honest ones have a few kibibytes.
pub const PICTURE_ASIDE_MAX: u64 = 16 * 1024 * 1024;

/// First length of a range of a photo, in bytes, before anything is known of the network.
pub const RANGE_START_BYTES: u64 = 256 * 1024;

/// Largest answer that is read, in bytes: 64 receipts with the longest proofs, twice over.
pub const ANSWER_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// How long to wait for a connection, in seconds. A phone on 2G needs several.
pub const CONNECT_TIMEOUT_S: u64 = 20;

/// How long nothing may move on a connection, in seconds. There is no limit on the whole: a large
/// photo on a slow line takes as long as it takes.
pub const IDLE_TIMEOUT_S: u64 = 30;

/// Most bytes of a request that the system has taken over and that may still wait to be sent, or to be sent
/// again: nothing is seen of them until the answer comes. On slow lines the system takes 30 to 60 KiB.
pub const UNSENT_BYTES_MAX: u64 = 64 * 1024;

/// How fast they leave at least, in bytes per second. A line of 8 kbit/s that loses one packet in five each
/// way carries 300 to 500.
pub const LINE_BYTES_PER_S_MIN: u64 = 400;

/// Longest pause between retries of records, in milliseconds (5 minutes): figures are what
/// election night waits for.
pub const BACKOFF_RECORDS_MS_MAX: u64 = 5 * 60 * 1000;

/// Longest pause between retries of thumbnails and previews, in milliseconds (15 minutes).
pub const BACKOFF_PREVIEWS_MS_MAX: u64 = 15 * 60 * 1000;

/// Longest pause between retries of originals and the feed, in milliseconds (1 hour).
pub const BACKOFF_ORIGINALS_MS_MAX: u64 = 60 * 60 * 1000;

/// For how long a sync that only sends pictures again does not ask what is new, in milliseconds (1 minute):
/// headquarters that has no room for pictures has none for thousands of questions either.
pub const FEED_RESTS_MS: u64 = 60 * 1000;

/// First pause after a failure, in milliseconds.
pub const BACKOFF_BASE_MS: u64 = 2000;

/// Pause before a record that headquarters cannot read is sent again, in milliseconds (15 minutes).
pub const SUSPECT_MS: u64 = 15 * 60 * 1000;

/// Difference between the phone's clock and headquarters' above which the observer is told, in
/// milliseconds (2 minutes).
pub const CLOCK_WARNING_MS: i64 = 2 * 60 * 1000;

/// Most lines kept in the journal; older ones make room.
pub const JOURNAL_LINES_MAX: i64 = 2000;

/// How long a look at a running request may take to notice an interruption, in milliseconds.
pub const STOP_POLL_MS: u64 = 50;

/// Most events that wait for an app that is slow to take them. Beyond it the oldest are given up: the
/// notebook itself can be asked at any time, and memory for a stuck app has an end.
#[cfg(feature = "ffi")]
pub const EVENTS_WAITING_MAX: usize = 1000;
