//! What was admitted and what was not.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{TypedMetric as _, gauge::ConstGauge},
    registry::{Registry, Unit},
};

use super::{Admission, Lane, Reason};
use crate::metrics::{Counts, counts};

/// Counts requests by lane. Clones count together.
#[derive(Clone, Debug)]
pub(super) struct AdmissionMeter {
    requests: Counts<2>,
}

impl Default for AdmissionMeter {
    fn default() -> Self {
        let outcomes = || Reason::ALL.map(Reason::name).into_iter().chain([ADMITTED]);
        let known = Lane::ALL
            .into_iter()
            .flat_map(|lane| outcomes().map(move |outcome| labels(lane, outcome)));
        Self { requests: counts(known) }
    }
}

const ADMITTED: &str = "admitted";

const fn labels(lane: Lane, outcome: &'static str) -> [(&'static str, &'static str); 2] {
    [("lane", lane.name()), ("outcome", outcome)]
}

impl AdmissionMeter {
    pub(super) fn admitted(&self, lane: Lane) {
        self.requests.get_or_create(&labels(lane, ADMITTED)).inc();
    }

    pub(super) fn refused(&self, lane: Lane, reason: Reason) {
        self.requests.get_or_create(&labels(lane, reason.name())).inc();
    }
}

impl Admission {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "admission_requests",
            "Requests that were let in, or told to come again and why, by lane",
            self.0.meter.requests.clone(),
        );
        registry.register_collector(Box::new(Load(self.clone())));
    }
}

/// Reads what is under way when somebody asks.
#[derive(Debug)]
struct Load(Admission);

impl Collector for Load {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let (loads, kib) = {
            let state = self.0.state();
            (Lane::ALL.map(|lane| (lane, state.rules.load(lane))), u64::from(state.rules.pace()))
        };
        let kind = ConstGauge::<u64>::TYPE;
        let help = "Requests that are worked on, by lane";
        let mut inside = encoder.encode_descriptor("admission_inside", help, None, kind)?;
        for (lane, (count, _)) in loads {
            let gauge = ConstGauge::new(u64::from(count));
            gauge.encode(inside.encode_family(&[("lane", lane.name())])?)?;
        }
        let help = "Requests that wait for a place, by lane";
        let mut waiting = encoder.encode_descriptor("admission_waiting", help, None, kind)?;
        for (lane, (_, count)) in loads {
            let gauge = ConstGauge::new(count as u64);
            gauge.encode(waiting.encode_family(&[("lane", lane.name())])?)?;
        }
        let held = self.0.0.bodies.held();
        let open = self.0.connections().open() as u64;
        for (name, help, unit, value) in [
            ("admission_records_kib", "KiB of records that may be worked on at once", None, kib),
            ("admission_body", "Bodies on their way", Some(&Unit::Bytes), held),
            ("connections_open", "Connections that are open, idle ones too", None, open),
        ] {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, unit, kind)?)?;
        }
        Ok(())
    }
}
