//! What an address asks of whoever uses it.

/// Who may use an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without an account: the public log, the page that asks who one is.
    Anybody,
    /// A phone, by its signatures or by its device token; the handler checks.
    Phone,
    /// Any account that is in, whatever its roles: its own sessions, its own password.
    Account,
    /// An account with a role that grants this.
    Holder(Permission),
}

/// One thing that an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Read records, photographs, precinct files, publications and the comparison.
    ReadRecords,
    /// Read incidents and what became of them.
    ReadIncidents,
    /// Triage incidents: take a step, assign, comment, tag, group, mark a duplicate.
    ReviewIncidents,
    /// Publish an edited text of an incident.
    PublishIncidents,
    /// Decide about records: set aside, count, place elsewhere.
    Decide,
    /// Transcribe photographs.
    Transcribe,
    /// Read which devices there are and when each was last heard.
    ReadDevices,
    /// Invite observers and replace their phones; end the keys of lost ones.
    EnrolDevices,
    /// Plan assignments and shifts; note arrivals and departures.
    ManageRoster,
    /// Write messages to observers, and see who has them.
    MessageObservers,
    /// Reach the contacts of observers, in one's own region.
    ReadContacts,
    /// Enter what an observer says over the telephone.
    EnterByTelephone,
    /// Take part in opening the identity vault; two open it.
    OpenVault,
    /// Archive what the commission published.
    ArchivePublications,
    /// Make findings public: propose a release, confirm another's.
    Release,
    /// Draw a random sample of precincts.
    DrawSample,
    /// Take data out as files.
    Export,
    /// Read indicators that are not for the public.
    ReadAnalysis,
    /// Read the audit trail.
    ReadAudit,
    /// Read which accounts there are, and what they may.
    ReadAccounts,
    /// Invite, suspend and remove accounts, and propose and confirm their roles.
    ManageAccounts,
    /// Set up webhooks.
    ManageWebhooks,
    /// Bring cosignatures by hand; see how the log stands.
    ReadLog,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 23] = [
        Self::ReadRecords,
        Self::ReadIncidents,
        Self::ReviewIncidents,
        Self::PublishIncidents,
        Self::Decide,
        Self::Transcribe,
        Self::ReadDevices,
        Self::EnrolDevices,
        Self::ManageRoster,
        Self::MessageObservers,
        Self::ReadContacts,
        Self::EnterByTelephone,
        Self::OpenVault,
        Self::ArchivePublications,
        Self::Release,
        Self::DrawSample,
        Self::Export,
        Self::ReadAnalysis,
        Self::ReadAudit,
        Self::ReadAccounts,
        Self::ManageAccounts,
        Self::ManageWebhooks,
        Self::ReadLog,
    ];

    /// Whether it asks for a second factor that was shown within the last five minutes: what lets
    /// much out, or changes what others may.
    pub const fn needs_fresh_factor(self) -> bool {
        matches!(
            self,
            Self::Export
                | Self::ManageAccounts
                | Self::OpenVault
                | Self::PublishIncidents
                | Self::Release
        )
    }
}
