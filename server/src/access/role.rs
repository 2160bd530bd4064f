//! Roles, and what each grants.

use super::Permission;

/// What an account is at headquarters. It may be several things at once: a small team has few people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Works in the field, with a phone; sees nothing here but its own account.
    Observer,
    /// Looks after the observers of a region.
    Coordinator,
    /// Triages incidents, transcribes photographs, decides about records.
    Reviewer,
    /// Lets things out.
    Publisher,
    /// Compares and computes.
    Analyst,
    /// Reads everything but contacts, and changes nothing.
    Auditor,
    /// Looks after accounts and machines.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Observer,
        Self::Coordinator,
        Self::Reviewer,
        Self::Publisher,
        Self::Analyst,
        Self::Auditor,
        Self::Admin,
    ];

    /// Its name in the store, in the API and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Coordinator => "coordinator",
            Self::Reviewer => "reviewer",
            Self::Publisher => "publisher",
            Self::Analyst => "analyst",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// The role with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether it grants `permission`.
    pub fn grants(self, permission: Permission) -> bool {
        self.granted().contains(&permission)
    }

    /// What it grants.
    pub const fn granted(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::Observer => &[],
            Self::Coordinator => &[
                P::ReadRecords,
                P::ReadIncidents,
                P::ReadDevices,
                P::EnrolDevices,
                P::ManageRoster,
                P::MessageObservers,
                P::ReadContacts,
                P::EnterByTelephone,
            ],
            Self::Reviewer => &[
                P::ReadRecords,
                P::ReadIncidents,
                P::ReviewIncidents,
                P::Decide,
                P::Transcribe,
                P::ReadDevices,
            ],
            Self::Publisher => &[
                P::ReadRecords,
                P::ReadIncidents,
                P::PublishIncidents,
                P::ArchivePublications,
                P::Release,
                P::Export,
            ],
            Self::Analyst => &[
                P::ReadRecords,
                P::ReadIncidents,
                P::ArchivePublications,
                P::DrawSample,
                P::ReadAnalysis,
                P::Export,
            ],
            Self::Auditor => &[
                P::ReadRecords,
                P::ReadIncidents,
                P::ReadDevices,
                P::ReadAnalysis,
                P::ReadAudit,
                P::ReadAccounts,
                P::ReadLog,
            ],
            Self::Admin => &[
                P::ReadDevices,
                P::EnrolDevices,
                P::MessageObservers,
                P::OpenVault,
                P::ReadAudit,
                P::ReadAccounts,
                P::ManageAccounts,
                P::ManageWebhooks,
                P::ReadLog,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, Role};

    #[test]
    fn every_role_is_found_again_by_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_name("Admin"), None);
    }

    #[test]
    fn every_permission_is_granted_by_some_role() {
        for permission in Permission::ALL {
            assert!(Role::ALL.iter().any(|role| role.grants(permission)), "{permission:?}");
        }
    }
}
