//! Where an account stands, and how far whoever uses it has proved to be its owner.

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// Has a link and has not set a password yet.
    Invited,
    /// Gets in.
    Active,
    /// Does not get in until an admin lets it again.
    Suspended,
    /// Never gets in again; its name stays in what it decided.
    Removed,
}

impl AccountState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Invited, Self::Active, Self::Suspended, Self::Removed];

    /// Its name in the store and in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether an admin may move an account from here to there.
    pub const fn leads_to(self, next: Self) -> bool {
        match (self, next) {
            (Self::Active, Self::Suspended) | (Self::Suspended, Self::Active) => true,
            (Self::Removed, _) => false,
            (_, Self::Removed) => true,
            _ => false,
        }
    }
}

/// How far whoever is in has proved to be the account's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// The account has no second factor: it may only give itself one.
    Missing,
    /// A second factor was shown, some time ago.
    Stale,
    /// A second factor was shown within the last minutes.
    Fresh,
}
