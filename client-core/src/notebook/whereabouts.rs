//! Where headquarters is.

use super::{Notebook, PumpEnd, PumpReport, Trouble};
use crate::{error::NotebookError, outbox, transport::TransportError};

/// Where headquarters is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// Its addresses, tried in order.
    pub addresses: Vec<String>,
    /// SHA-256 of its certificate in hex; none where the public roots serve.
    pub pin: Option<String>,
}

impl Notebook {
    /// Where headquarters is, as the enrolment or the set-up said; none before the enrolment.
    pub fn headquarters(&self) -> Result<Option<Whereabouts>, NotebookError> {
        let (addresses, pin) = self.with(|outbox| {
            Ok((outbox.setting(outbox::ADDRESSES)?, outbox.setting(outbox::PIN)?))
        })?;
        Ok(addresses.map(|text| {
            let addresses = serde_json::from_str(&text).unwrap_or_default();
            Whereabouts { addresses, pin }
        }))
    }

    /// The report of a sync that nobody knows where to send.
    pub(crate) fn not_enrolled() -> PumpReport {
        PumpReport { end: PumpEnd::NotEnrolled, ..PumpReport::default() }
    }

    /// The report of a sync that could not begin, because none of the addresses can be used.
    pub(crate) fn no_way(error: &TransportError) -> PumpReport {
        PumpReport {
            trouble: Some(Trouble::Address(error.to_string())),
            end: PumpEnd::Waiting,
            ..PumpReport::default()
        }
    }
}
