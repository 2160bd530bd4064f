//! The filters above a list, as a form that needs no script.

/// One filter.
pub(super) struct Select {
    /// Its name in the query.
    pub(super) name: &'static str,
    /// What it is called on the page.
    pub(super) label: &'static str,
    /// What can be chosen, besides everything.
    pub(super) options: Vec<Choice>,
}

/// One value of a filter.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) chosen: bool,
}

impl Choice {
    /// A value, chosen if the query says so.
    pub(super) fn new(asked: &str, value: &str, text: &str) -> Self {
        Self { value: value.to_owned(), text: text.to_owned(), chosen: value == asked }
    }
}
