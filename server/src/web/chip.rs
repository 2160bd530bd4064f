//! A short word with a colour. The word says everything; the colour only helps to find it.

/// A chip of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chip {
    /// Class of the style sheet.
    pub(super) tone: &'static str,
    /// What it says.
    pub(super) text: String,
}

impl Chip {
    /// Nothing special.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { tone: "", text: text.into() }
    }

    /// In order.
    pub(super) fn good(text: impl Into<String>) -> Self {
        Self { tone: "good", text: text.into() }
    }

    /// Needs somebody.
    pub(super) fn warn(text: impl Into<String>) -> Self {
        Self { tone: "warn", text: text.into() }
    }

    /// A difference.
    pub(super) fn alert(text: impl Into<String>) -> Self {
        Self { tone: "alert", text: text.into() }
    }

    /// A difference with what was published.
    pub(super) fn official(text: impl Into<String>) -> Self {
        Self { tone: "official", text: text.into() }
    }
}
