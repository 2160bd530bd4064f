//! Who comes before whom, and how long each may wait. Pure.

/// A kind of request, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// Records of keys that headquarters knows: figures and incidents of a night.
    Enrolled,
    /// Records of keys that it does not know, and of those that were lied about from there.
    Unknown,
    /// What phones ask: who is there, what has come, what is new, enrolments.
    Phone,
    /// Ranges of photographs.
    Photo,
    /// Pages and the interface for programs, for somebody who says who they are.
    Person,
    /// What anybody may ask: the public log, what was released, the page at which people enter.
    Stranger,
}

impl Lane {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 6] =
        [Self::Enrolled, Self::Unknown, Self::Phone, Self::Photo, Self::Person, Self::Stranger];

    /// Its name, for a label.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::Unknown => "unknown",
            Self::Phone => "phone",
            Self::Photo => "photo",
            Self::Person => "person",
            Self::Stranger => "stranger",
        }
    }

    /// Longest wait for a place, in milliseconds. With the time that the work itself may take it stays
    /// below the second within which a receipt is promised; a person who waits for a page looks at it.
    pub(super) const fn wait_ms(self) -> u64 {
        match self {
            Self::Person => 1000,
            _ => 300,
        }
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}
