//! What stands in memory anyway, read when somebody asks.

use std::fmt;

use hattama_proto::tlog::{Checkpoint, SignedNote};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{TypedMetric as _, gauge::ConstGauge, info::Info},
};

use crate::{
    access::Scope,
    backup::last_made,
    book::SharedBook,
    cosigning::Cosigning,
    folder::DataFolder,
    heard::HeardDevices,
    incident_events::Streams,
    log::{PublicFolder, Sequencer},
    room::Room,
};

/// Lanes of a phone's queue, in their order.
const LANES: [&str; hattama_proto::wire::LANES] =
    ["urgent", "records", "thumbnails", "previews", "originals"];

/// Reads a headquarters.
pub(super) struct State {
    book: SharedBook,
    heard: HeardDevices,
    sequencer: Sequencer,
    public: PublicFolder,
    cosigning: Cosigning,
    streams: Streams,
    room: Room,
    folder: DataFolder,
}

impl State {
    pub(super) fn of(headquarters: &crate::app::Headquarters) -> Self {
        Self {
            book: headquarters.book.clone(),
            heard: headquarters.heard.clone(),
            sequencer: headquarters.sequencer.clone(),
            public: headquarters.public_log.clone(),
            cosigning: headquarters.cosigning.clone(),
            streams: headquarters.streams.clone(),
            room: headquarters.room.clone(),
            folder: headquarters.folder.clone(),
        }
    }

    /// Entries that strangers see.
    fn published(&self) -> u64 {
        let size = |note: String| {
            let text = SignedNote::parse(&note).ok()?;
            Some(Checkpoint::parse(text.unverified_text()).ok()?.size)
        };
        self.public.checkpoint().ok().flatten().and_then(size).unwrap_or(0)
    }
}

impl Collector for State {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        version.encode(encoder.encode_descriptor(
            "build",
            "The version that runs",
            None,
            Info::<[(&str, &str); 1]>::TYPE,
        )?)?;
        let mut gauge = |name: &str, help: &str, value: u64| -> Result<(), fmt::Error> {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, ConstGauge::<u64>::TYPE)?)
        };
        let stopped = self.sequencer.stopped().is_some();
        let enrolled = self.book.read().statements.enrolments().count();
        let cosigned = self.cosigning.head().map_or(0, |head| head.size);
        gauge("log_entries", "Entries that a checkpoint covers", self.sequencer.size())?;
        gauge(
            "log_jobs_waiting",
            "Jobs that wait for their group",
            self.sequencer.waiting() as u64,
        )?;
        gauge("log_published_entries", "Entries of the public log", self.published())?;
        gauge("log_cosigned_entries", "Entries that enough witnesses cosigned", cosigned)?;
        gauge("log_stopped", "1 once the log has stopped for good", stopped.into())?;
        gauge("devices_enrolled", "Keys that may speak, or might once", enrolled as u64)?;
        gauge("devices_heard", "Keys that were heard of", self.heard.count() as u64)?;
        gauge("streams_open", "Streams of changes that are followed", self.streams.open() as u64)?;
        if let Some(used) = self.room.used_percent() {
            gauge("disk_used_percent", "How full the data folder's disk is", used.into())?;
        }
        gauge(
            "disk_refused",
            "1 while the disk is too full to take anything",
            (!self.room.is_left()).into(),
        )?;
        gauge(
            "last_backup_timestamp_seconds",
            "When the newest backup was made, in seconds since 1970; 0 if none was made from here",
            last_made(&self.folder).unwrap_or_default().as_secs(),
        )?;
        let waiting = self.heard.waiting_on(&Scope::default(), &self.book);
        let mut family = encoder.encode_descriptor(
            "waiting_on_phones",
            "What phones said last that they had not sent yet, by lane",
            None,
            ConstGauge::<u64>::TYPE,
        )?;
        for (lane, count) in LANES.into_iter().zip(waiting) {
            let gauge = ConstGauge::new(count);
            gauge.encode(family.encode_family(&[("lane", lane)])?)?;
        }
        Ok(())
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}
