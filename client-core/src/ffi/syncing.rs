//! Enrolling and syncing through the border, over the bundled HTTPS client or the app's own network.

use std::collections::BTreeMap;

use hattama_proto::{id::RecordId, invitation::Invitation};

use super::{
    Enrolment, FeedItem, Notebook, NotebookError, PhotoRole, PruneReport, draft::code, host::Host,
    notifier::Event,
};
use crate::{
    self as core, Notebook as Core,
    error::NotebookError as CoreError,
    steps::crash_point,
    transport::{
        HttpTransport, Request, Response, Stop, Transport, TransportError, usable_addresses,
    },
};

/// How far a sync may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct PumpBudget {
    /// Longest time, in milliseconds; it may take two seconds more. Eight minutes are what a system's
    /// background job allows.
    #[uniffi(default = 480000)]
    pub ms_max: u64,
    /// Most bytes to send, counted in bodies of requests; none for as many as there are.
    #[uniffi(default = None)]
    pub bytes_max: Option<u64>,
    /// Longest single wait for a retry within this call, in milliseconds; 0 returns at once and says
    /// when to call again.
    #[uniffi(default = 0)]
    pub wait_ms_max: u64,
    /// The observer pressed "send now": skips our own pauses, never those headquarters asked for, and
    /// holds nothing back whatever the next three say.
    #[uniffi(default = false)]
    pub by_user: bool,
    /// The network is paid for by what goes over it: originals are held back, but for those that
    /// headquarters asked for.
    #[uniffi(default = false)]
    pub metered: bool,
    /// It is a foreign carrier's: previews and originals are held back.
    #[uniffi(default = false)]
    pub roaming: bool,
    /// The battery is low and not being charged: previews and originals are held back.
    #[uniffi(default = false)]
    pub battery_low: bool,
}

/// What the app tells of the moment, for `plan_transfers`; as in `PumpBudget`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, uniffi::Record)]
pub struct Conditions {
    /// The network is paid for by what goes over it.
    #[uniffi(default = false)]
    pub metered: bool,
    /// It is a foreign carrier's.
    #[uniffi(default = false)]
    pub roaming: bool,
    /// The battery is low and not being charged.
    #[uniffi(default = false)]
    pub battery_low: bool,
}

impl From<Conditions> for core::Conditions {
    fn from(told: Conditions) -> Self {
        let Conditions { metered, roaming, battery_low } = told;
        Self { metered, roaming, battery_low }
    }
}

/// Why pictures are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Hold {
    /// The network is metered.
    Metered,
    /// It is a foreign carrier's.
    Roaming,
    /// The battery is low.
    BatteryLow,
}

/// Pictures that wait for another network or for a charger. Records never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct HeldBack {
    /// Which.
    pub role: PhotoRole,
    /// How many.
    pub count: u32,
    /// Their length, in bytes.
    pub bytes: u64,
    /// Why.
    pub reason: Hold,
}

impl From<core::HeldBack> for HeldBack {
    fn from(held: core::HeldBack) -> Self {
        Self {
            role: match held.lane {
                crate::sync::Lane::Thumbnails => PhotoRole::Thumbnail,
                crate::sync::Lane::Previews => PhotoRole::Preview,
                _ => PhotoRole::Original,
            },
            count: held.count,
            bytes: held.bytes,
            reason: match held.reason {
                core::Hold::Metered => Hold::Metered,
                core::Hold::Roaming => Hold::Roaming,
                core::Hold::BatteryLow => Hold::BatteryLow,
            },
        }
    }
}

impl From<PumpBudget> for core::PumpBudget {
    fn from(budget: PumpBudget) -> Self {
        Self {
            ms_max: budget.ms_max,
            bytes_max: budget.bytes_max.unwrap_or(u64::MAX),
            wait_ms_max: budget.wait_ms_max,
            started: match budget.by_user {
                true => core::Started::ByUser,
                false => core::Started::BySystem,
            },
            conditions: core::Conditions {
                metered: budget.metered,
                roaming: budget.roaming,
                battery_low: budget.battery_low,
            },
        }
    }
}

/// What a sync did.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct PumpReport {
    /// Records that headquarters stored, receipt checked.
    pub stored: u32,
    /// Records that it had already, receipt checked.
    pub duplicate: u32,
    /// Records that it stored and set aside for a human, receipt checked.
    pub held: u32,
    /// Records it could not decide about yet.
    pub deferred: u32,
    /// Records that it does not take for evidence.
    pub rejected: u32,
    /// Photos that are whole at headquarters, receipt checked.
    pub photos_complete: u32,
    /// Bytes sent in bodies of requests.
    pub bytes_sent: u64,
    /// The last trouble with the network or headquarters, if there was any.
    pub trouble: Option<Trouble>,
    /// Things a human must know of.
    pub alarms: Vec<Alarm>,
    /// Why it ended.
    pub end: PumpEnd,
    /// When to call again, in milliseconds from now; none when nothing is left to do.
    pub next_wakeup_ms: Option<u64>,
    /// Pictures that wait for another network or for a charger; tell the observer, who may "send now".
    pub held_back: Vec<HeldBack>,
    /// What was removed from the phone at the end to keep to its disk budget.
    pub pruned: PruneReport,
}

/// Why a sync ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum PumpEnd {
    /// Nothing is left to do, but for what is held back.
    Done,
    /// What is left waits for a retry.
    Waiting,
    /// The time or the bytes were used up.
    Budget,
    /// It was told to stop.
    Interrupted,
    /// Headquarters is not known yet; nothing was sent.
    NotEnrolled,
}

/// Trouble that passes. Never an error: evidence waits on the phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Trouble {
    /// No connection, or it broke.
    Network {
        /// What happened.
        reason: String,
    },
    /// Somebody else answered: a captive portal, a carrier's page, a gateway.
    Foreign {
        /// The status of that answer.
        status: u16,
    },
    /// Headquarters answered that it cannot now.
    Headquarters {
        /// The stable code, or what could not be read.
        code: String,
    },
    /// The other side is not headquarters: wrong certificate or unusable address. People must mend that.
    Address {
        /// What did not hold.
        reason: String,
    },
}

/// Something a human must know of. Also kept in the journal.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Alarm {
    /// A stable code: `invalid-receipt`, `log-forked`, `restored`, `rejected`, `photo-lost`,
    /// `gone-for-resend`, `photo-disputed`, `revoked`, `set-up-refused`, `message-refused`.
    pub code: String,
    /// The id or the numbers it is about. Empty where the code says all.
    pub detail: String,
}

#[uniffi::export]
impl Notebook {
    /// Enrols both keys by the text of an invitation. Blocks; safe to repeat: a lost answer is asked
    /// for again.
    pub fn enrol(&self, invitation: String) -> Result<Enrolment, NotebookError> {
        let invitation: Invitation = code("invitation", &invitation)?;
        let summary = self.call(|core| {
            let transport = self
                .way(&invitation.hq, invitation.pin.as_deref())
                .map_err(|error| CoreError::invalid("invitation", error))?;
            core.enrol_through(&invitation, transport.as_ref())
        })?;
        Ok(summary.into())
    }

    /// Sends what waits and fetches what is new, within a budget. Network trouble is part of the report.
    /// One at a time: a second one is `Busy`.
    pub fn pump(&self, budget: PumpBudget) -> Result<PumpReport, NotebookError> {
        self.call(|core| {
            let turn = core.take_turn()?;
            let Some(at) = core.headquarters()? else { return Ok(Core::not_enrolled().into()) };
            let way = match self.way(&at.addresses, at.pin.as_deref()) {
                Ok(way) => way,
                Err(error) => return Ok(Core::no_way(&error).into()),
            };
            let before = self.heard_so_far(core)?;
            let watched = Watched { notebook: self, core, way: way.as_ref() };
            let pumped = turn.pump(&budget.into(), &watched);
            crash_point("news-due");
            // Within the turn, which a pause waits for; and also where the sync failed half way: what
            // it had brought until then is not new any more when the next one looks.
            let told = self.tell_news(core, before.as_ref());
            let report = self.reported(pumped?);
            told.map(|()| report)
        })
    }

    /// Goes on in the election that follows, without an invitation: enrols `next`, a notebook in another
    /// folder, for which this one's keys vouch. Sync first, so that headquarters can say which it is.
    pub fn follow(&self, next: std::sync::Arc<Self>) -> Result<Enrolment, NotebookError> {
        let other = next.usable()?;
        let followed = self.call(|core| {
            let succession = core.needed_succession()?;
            let way = self
                .way(&succession.hq, succession.pin.as_deref())
                .map_err(|error| CoreError::invalid("succession", error))?;
            core.follow_through(&other, way.as_ref())
        });
        if self.is_broken() {
            // Nobody can say which of the two it was.
            next.fail();
        }
        Ok(followed?.into())
    }
}

impl Notebook {
    /// A report for the app, whose alarms are told too.
    pub(super) fn reported(&self, report: core::PumpReport) -> PumpReport {
        let report = PumpReport::from(report);
        for alarm in &report.alarms {
            self.tell(|| Some(Event::Alarm(alarm.clone())));
        }
        report
    }

    /// The app's network, or the bundled client.
    fn way(
        &self,
        addresses: &[String],
        pin: Option<&str>,
    ) -> Result<Box<dyn Transport>, TransportError> {
        match &self.transport {
            Some(app) => Ok(Box::new(Host::new(std::sync::Arc::clone(app), addresses, pin)?)),
            None => Ok(Box::new(HttpTransport::new(&usable_addresses(addresses)?, pin)?)),
        }
    }

    /// What had come before, where somebody listens for what is new.
    fn heard_so_far(&self, core: &Core) -> Result<Option<Heard>, CoreError> {
        match self.notifier {
            Some(_) => Heard::of(core).map(Some),
            None => Ok(None),
        }
    }

    fn tell_news(&self, core: &Core, before: Option<&Heard>) -> Result<(), CoreError> {
        let Some(before) = before else { return Ok(()) };
        for message in core.messages()?.into_iter().rev() {
            if !before.messages.contains(&message.id) {
                let item = FeedItem::Message { message: message.into() };
                self.tell(|| Some(Event::Feed(item)));
            }
        }
        for (record, decided) in decisions(core)? {
            if before.decisions.get(&record) != Some(&decided) {
                let counted = decided.disposition == hattama_proto::statement::Disposition::Counted;
                let (record, reason) = (record.to_string(), decided.reason);
                let item = FeedItem::Decision { record, counted, reason };
                self.tell(|| Some(Event::Feed(item)));
            }
        }
        self.tell_outbox(core);
        Ok(())
    }
}

/// What headquarters had said at some moment.
struct Heard {
    messages: Vec<hattama_proto::id::StatementId>,
    decisions: BTreeMap<RecordId, core::Decided>,
}

impl Heard {
    fn of(core: &Core) -> Result<Self, CoreError> {
        let messages = core.messages()?.into_iter().map(|message| message.id).collect();
        Ok(Self { messages, decisions: decisions(core)? })
    }
}

fn decisions(core: &Core) -> Result<BTreeMap<RecordId, core::Decided>, CoreError> {
    let all = core.list(0, u32::MAX)?.into_iter();
    Ok(all.filter_map(|item| Some((item.id, item.decision?))).collect())
}

/// A way to headquarters that tells the app how the outbox shrinks.
struct Watched<'a> {
    notebook: &'a Notebook,
    core: &'a Core,
    way: &'a dyn Transport,
}

impl Transport for Watched<'_> {
    fn execute(&self, request: Request, stop: &Stop) -> Result<Response, TransportError> {
        // What the answer before this request has changed is stored by now.
        self.notebook.tell_outbox(self.core);
        self.way.execute(request, stop)
    }
}

impl From<core::PumpReport> for PumpReport {
    fn from(report: core::PumpReport) -> Self {
        Self {
            stored: report.stored,
            duplicate: report.duplicate,
            held: report.held,
            deferred: report.deferred,
            rejected: report.rejected,
            photos_complete: report.photos_complete,
            bytes_sent: report.bytes_sent,
            trouble: report.trouble.map(Trouble::from),
            alarms: report.alarms.into_iter().map(Alarm::from).collect(),
            end: match report.end {
                core::PumpEnd::Done => PumpEnd::Done,
                core::PumpEnd::Waiting => PumpEnd::Waiting,
                core::PumpEnd::Budget => PumpEnd::Budget,
                core::PumpEnd::Interrupted => PumpEnd::Interrupted,
                core::PumpEnd::NotEnrolled => PumpEnd::NotEnrolled,
            },
            next_wakeup_ms: report.next_wakeup_ms,
            held_back: report.held_back.into_iter().map(HeldBack::from).collect(),
            pruned: report.pruned.into(),
        }
    }
}

impl From<core::Trouble> for Trouble {
    fn from(trouble: core::Trouble) -> Self {
        match trouble {
            core::Trouble::Network(reason) => Self::Network { reason },
            core::Trouble::Foreign { status } => Self::Foreign { status },
            core::Trouble::Headquarters { code } => Self::Headquarters { code },
            core::Trouble::Address(reason) => Self::Address { reason },
        }
    }
}

impl From<core::Alarm> for Alarm {
    fn from(alarm: core::Alarm) -> Self {
        use core::Alarm as A;
        let (code, detail) = match alarm {
            A::InvalidReceipt { subject } => ("invalid-receipt", subject),
            A::LogForked => ("log-forked", String::new()),
            A::Restored { lost_from, lost_until } => {
                ("restored", format!("{lost_from} {lost_until}"))
            }
            A::Rejected(record) => ("rejected", record.to_string()),
            A::PhotoLost(photo) => ("photo-lost", photo.to_string()),
            A::GoneForResend(count) => ("gone-for-resend", count.to_string()),
            A::PhotoDisputed(photo) => ("photo-disputed", photo.to_string()),
            A::Revoked(kid) => ("revoked", kid.to_string()),
            A::SetUpRefused(reason) => ("set-up-refused", reason),
            A::MessageRefused => ("message-refused", String::new()),
        };
        Self { code: code.to_owned(), detail }
    }
}
