//! Releases: the list and the form to propose one, drafts, the page of each; and the same for anybody.

mod article;
mod draft;
mod drawings;
mod drawn;
mod list;
mod public;
mod site;

pub(super) use self::{
    draft::{decide, show as show_draft, show_release},
    list::{propose, show},
    public::{list as public_list, show as public_show},
};

pub(crate) use self::site::Site;
use super::{frame::Frame, words::fill};
use crate::store::releases::Draft;

/// One release in a list.
struct Line {
    number: u32,
    title: String,
    at: String,
    corrects: Option<String>,
    chosen: bool,
}

impl Line {
    fn new(frame: &Frame, number: u32, of: &Draft, chosen: Option<u32>) -> Self {
        let r = frame.w.release;
        let at = of.outcome.as_ref().map_or(of.proposed_at, |outcome| outcome.at);
        let numbered = |text, number: u32| fill(text, &[("number", &number.to_string())]);
        Self {
            number,
            title: numbered(r.release, number),
            at: frame.moment(at),
            corrects: of.corrects.map(|earlier| numbered(r.corrects, earlier)),
            chosen: chosen == Some(number),
        }
    }
}
