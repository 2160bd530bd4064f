//! Every limit of the wire and of a record, with its unit and its reason, in one place.
//!
//! Headquarters announces those a phone must keep to in `GET /v1/hello`; the constants are what
//! both sides are compiled with.

/// Longest signed record or statement, in bytes of its compact form. A protocol with forty lines,
/// five contests and six photographs needs about 6 KiB; a leaf of the log must stay small enough
/// to be printed and read aloud.
pub const RECORD_BYTES_MAX: usize = 16 * 1024;

/// Most records in one push. One signature check costs about 60 microseconds, so a full batch
/// keeps a core busy for some milliseconds only, and nobody else waits behind it.
pub const BATCH_RECORDS_MAX: usize = 64;

/// Largest body of one push after inflation, in bytes: 64 full records and their keys.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024 + 64 * 1024;

/// Largest photograph or other attachment, in bytes. The largest phone pictures are 20 to 30 MB.
pub const PHOTO_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Largest photograph that a phone sealed to headquarters, in bytes: the tags of a thousand chunks and a
/// header fit into one cell besides.
pub const SEALED_BYTES_MAX: u64 = PHOTO_BYTES_MAX + CELL_BYTES;

/// Size of one cell of a photo upload, in bytes. Small enough that a dropped 2G connection loses
/// seconds, large enough that the bitmap of a 64 MiB file stays at 256 bytes.
pub const CELL_BYTES: u64 = 32 * 1024;

/// Longest range in one photo upload request, in bytes. Bounds what a buffering proxy can lose.
pub const RANGE_BYTES_MAX: u64 = 1024 * 1024;

/// Longest side of a thumbnail, in pixels.
pub const THUMBNAIL_PIXELS_MAX: u32 = 320;

/// Longest side of the legible preview, in pixels: enough to re-type a protocol from it.
pub const PREVIEW_PIXELS_MAX: u32 = 1280;

/// Largest thumbnail or preview, in bytes. What headquarters takes from unknown devices.
pub const PREVIEW_BYTES_MAX: u64 = 1024 * 1024;

/// Most photographs and attachments named by one record.
pub const PHOTOS_PER_RECORD_MAX: usize = 60;

/// Highest place in a device's chain: what every JSON reader keeps exactly. Nobody writes so many.
pub const SEQ_MAX: u64 = (1 << 53) - 1;

/// Longest code (unit, line, form, category ...), in bytes.
pub const CODE_BYTES_MAX: usize = 64;

/// Largest figure that can be written into a cell: fifteen digits. Every JSON reader keeps these
/// exactly (below 2^53), and no sheet has room for more. Absurd figures below it are evidence and
/// are recorded as found.
pub const FIGURE_MAX: u64 = 999_999_999_999_999;

/// Longest free text in a record, in bytes, so that a record with text still fits.
pub const WORDS_BYTES_MAX: usize = 8 * 1024;

/// Longest text of a message in one language, in bytes: some lines that are read on a small screen.
/// Three of them and the people it is for fit into a statement.
pub const MESSAGE_TEXT_BYTES_MAX: usize = 1500;

/// Most people whom one statement of a message is for; more are further statements.
pub const MESSAGE_TO_MAX: usize = 100;

/// Longest seed of a sample, in bytes: some lines of dice, read aloud before witnesses.
pub const SAMPLE_SEED_BYTES_MAX: usize = 256;

/// Most strata of a sample: the regions of the largest country, so that a draw fits into a statement.
pub const SAMPLE_STRATA_MAX: usize = 96;

/// Largest pack part, in bytes: 100,000 units with names in three languages take about 20 MB.
pub const PACK_PART_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How long a device token is accepted, in milliseconds (14 days: longer than one round and its
/// disputes, so that nobody has to log in on election night).
pub const DEVICE_TOKEN_MS: i64 = 14 * 24 * 60 * 60 * 1000;

/// How long a key of the election before may vouch for one in the next, in milliseconds (90 days: the
/// longest between two rounds, and a season like an invitation's).
pub const CARRIED_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// Most feed items in one answer.
pub const FEED_ITEMS_MAX: usize = 100;

/// Most ids a phone may ask about in one status request.
pub const STATUS_IDS_MAX: usize = 256;
