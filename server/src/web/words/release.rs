//! Words of deadlines, of releases, of what is taken away, and of complaints.

mod en;
mod kk;
mod ru;

pub(super) use self::{en::EN, kk::KK, ru::RU};
use crate::release::Limit;

/// The words, in one language.
pub(in crate::web) struct ReleaseWords {
    // Deadlines.
    pub(in crate::web) deadlines: &'static str,
    pub(in crate::web) deadlines_say: &'static str,
    pub(in crate::web) deadline: &'static str,
    pub(in crate::web) due: &'static str,
    pub(in crate::web) left: &'static str,
    pub(in crate::web) law: &'static str,
    pub(in crate::web) passed: &'static str,
    /// `{days}` and `{hours}`.
    pub(in crate::web) days_hours: &'static str,
    pub(in crate::web) next_deadline: &'static str,
    pub(in crate::web) no_deadlines: &'static str,
    pub(in crate::web) polls_close: &'static str,
    pub(in crate::web) not_named: &'static str,
    // Releases, for publishers.
    pub(in crate::web) releases: &'static str,
    pub(in crate::web) releases_say: &'static str,
    pub(in crate::web) none_yet: &'static str,
    pub(in crate::web) drafts: &'static str,
    pub(in crate::web) draft: &'static str,
    pub(in crate::web) draft_says: &'static str,
    pub(in crate::web) proposed_by: &'static str,
    pub(in crate::web) propose: &'static str,
    pub(in crate::web) propose_says: &'static str,
    pub(in crate::web) propose_button: &'static str,
    pub(in crate::web) confirm_button: &'static str,
    pub(in crate::web) withdraw_button: &'static str,
    pub(in crate::web) own_draft: &'static str,
    pub(in crate::web) gate: &'static str,
    pub(in crate::web) may_be_named: &'static str,
    pub(in crate::web) words_beside: &'static str,
    pub(in crate::web) corrects_which: &'static str,
    pub(in crate::web) corrects_none: &'static str,
    pub(in crate::web) what_was_wrong: &'static str,
    pub(in crate::web) nothing_found: &'static str,
    // The gate.
    pub(in crate::web) polls_close_unknown: &'static str,
    /// `{until}`.
    pub(in crate::web) polls_are_open: &'static str,
    /// `{number}`.
    pub(in crate::web) no_such_release: &'static str,
    pub(in crate::web) correction_without_words: &'static str,
    pub(in crate::web) no_difference: &'static str,
    pub(in crate::web) named_twice: &'static str,
    pub(in crate::web) not_typed: &'static str,
    pub(in crate::web) decided_by_one: &'static str,
    pub(in crate::web) on_our_copies: &'static str,
    /// `{level}`.
    pub(in crate::web) not_archived: &'static str,
    // The page of a release.
    /// `{number}`.
    pub(in crate::web) release: &'static str,
    pub(in crate::web) released_at: &'static str,
    pub(in crate::web) drawn_up_at: &'static str,
    /// `{number}`.
    pub(in crate::web) corrects: &'static str,
    /// `{number}`.
    pub(in crate::web) corrected_by: &'static str,
    pub(in crate::web) known_now: &'static str,
    pub(in crate::web) observed: &'static str,
    /// `{covered}`, `{precincts}`, `{published}`.
    pub(in crate::web) observed_says: &'static str,
    pub(in crate::web) whole: &'static str,
    pub(in crate::web) with_copy: &'static str,
    pub(in crate::web) unsettled: &'static str,
    pub(in crate::web) not_obtained: &'static str,
    pub(in crate::web) nothing_known: &'static str,
    pub(in crate::web) published: &'static str,
    pub(in crate::web) compared: &'static str,
    pub(in crate::web) found: &'static str,
    pub(in crate::web) named: &'static str,
    pub(in crate::web) differences: &'static str,
    pub(in crate::web) differences_say: &'static str,
    pub(in crate::web) no_differences_named: &'static str,
    // Drawings.
    pub(in crate::web) drawn_title: &'static str,
    pub(in crate::web) drawn_says: &'static str,
    pub(in crate::web) drawings: &'static str,
    pub(in crate::web) drawings_say: &'static str,
    pub(in crate::web) turnout_says: &'static str,
    pub(in crate::web) official: &'static str,
    pub(in crate::web) copies: &'static str,
    /// `{parts}`.
    pub(in crate::web) sum_below: &'static str,
    /// `{open}`.
    pub(in crate::web) open_below: &'static str,
    pub(in crate::web) difference: &'static str,
    pub(in crate::web) at_least: &'static str,
    pub(in crate::web) line: &'static str,
    pub(in crate::web) choice: &'static str,
    pub(in crate::web) limits: &'static str,
    pub(in crate::web) limits_say: [&'static str; 7],
    pub(in crate::web) rests_on: &'static str,
    pub(in crate::web) source: &'static str,
    pub(in crate::web) fetched_at: &'static str,
    pub(in crate::web) how_to_check: &'static str,
    pub(in crate::web) check_says: &'static str,
    /// `{size}`.
    pub(in crate::web) of_the_log: &'static str,
    pub(in crate::web) content_file: &'static str,
    pub(in crate::web) statement_file: &'static str,
    pub(in crate::web) proof_file: &'static str,
    pub(in crate::web) all_releases: &'static str,
    pub(in crate::web) by_unit: &'static str,
    pub(in crate::web) official_figures: &'static str,
    pub(in crate::web) up: &'static str,
    pub(in crate::web) as_json: &'static str,
    // What is taken away.
    pub(in crate::web) take_away: &'static str,
    pub(in crate::web) take_away_says: &'static str,
    pub(in crate::web) exact: &'static str,
    pub(in crate::web) for_spreadsheets: &'static str,
    pub(in crate::web) comparison: &'static str,
    pub(in crate::web) our_figures: &'static str,
    // Complaints.
    pub(in crate::web) complaint: &'static str,
    pub(in crate::web) complaint_link: &'static str,
    pub(in crate::web) complaint_says: &'static str,
    pub(in crate::web) side_by_side: &'static str,
    pub(in crate::web) relations: &'static str,
    pub(in crate::web) relations_hold: &'static str,
    pub(in crate::web) photographs: &'static str,
    pub(in crate::web) photographs_say: &'static str,
    pub(in crate::web) official_page: &'static str,
    pub(in crate::web) official_page_says: &'static str,
    pub(in crate::web) custody: &'static str,
    pub(in crate::web) further_records: &'static str,
    pub(in crate::web) custody_says: [&'static str; 5],
    /// Of records without a phone. `{count}`, `{all}`.
    pub(in crate::web) custody_told: &'static str,
    /// Beside such a record.
    pub(in crate::web) was_told: &'static str,
    pub(in crate::web) no_photographs: &'static str,
    pub(in crate::web) not_transcribed: &'static str,
    pub(in crate::web) missing_photo: &'static str,
    pub(in crate::web) complainant: &'static str,
    pub(in crate::web) date_and_signature: &'static str,
}

impl ReleaseWords {
    /// What a release cannot show, in words.
    pub(in crate::web) const fn limit(&self, limit: Limit) -> &'static str {
        self.limits_say[match limit {
            Limit::NotFromWhomToWhom => 0,
            Limit::NotASample => 1,
            Limit::PrecinctsNotObserved => 2,
            Limit::CopiesNotObtained => 3,
            Limit::CopiesUnsettled => 4,
            Limit::PrecinctsNotPublished => 5,
            Limit::MoreWasFound => 6,
        }]
    }
}
