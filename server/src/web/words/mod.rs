//! The interface's words: one file per language, and the compiler sees that none is missing.
//!
//! Names of units, forms, lines, choices, phases and categories are not here: they are in the
//! election set-up.

mod compare;
mod en;
mod field;
mod forensic;
mod kk;
mod known;
mod messages;
mod people;
mod publications;
mod release;
mod review;
mod ru;
mod transcription;
mod turnout;
mod watch;

use hattama_proto::{
    record::{Mark, Missing, Severity},
    statement::{Disposition, Level},
    wire::HeldReason,
};

pub(super) use self::{
    compare::CompareWords, en::EN, field::FieldWords, forensic::ForensicWords, kk::KK,
    known::KnownWords, messages::MessageWords, people::PeopleWords, publications::PublicationWords,
    release::ReleaseWords, review::ReviewWords, ru::RU, transcription::TranscriptionWords,
    turnout::TurnoutWords,
};
use crate::{
    merge::{EntryFlag, Reason, Standing},
    review::IncidentState,
};

/// Every word of the interface in one language. Texts in braces are filled in by [`fill`].
pub(super) struct Words {
    /// Of devices, the log, the map and lists of precincts.
    pub(super) watch: watch::WatchWords,
    pub(super) transcription: TranscriptionWords,
    /// Of the incident pages.
    pub(super) review: &'static ReviewWords,
    /// Entering, accounts, the audit trail.
    pub(super) people: PeopleWords,
    /// Work with people in the field.
    pub(super) field: FieldWords,
    /// Of messages to them.
    pub(super) message: MessageWords,
    /// Of the comparison of one unit.
    pub(super) compare: CompareWords,
    /// Of what the commission published.
    pub(super) publications: PublicationWords,
    /// Of turnout over the day.
    pub(super) turnout: TurnoutWords,
    /// Of deadlines, releases and what is taken away.
    pub(super) release: &'static ReleaseWords,
    /// Of coverage, the sample and what it says.
    pub(super) known: &'static KnownWords,
    /// Of indicators for analysts.
    pub(super) forensic: &'static ForensicWords,
    pub(super) skip: &'static str,
    pub(super) language: &'static str,
    pub(super) leave: &'static str,
    pub(super) pages: &'static str,
    pub(super) overview: &'static str,
    pub(super) incidents: &'static str,
    pub(super) search_what: &'static str,
    pub(super) search: &'static str,
    pub(super) made_at: &'static str,
    pub(super) footer: &'static str,
    pub(super) to_overview: &'static str,
    pub(super) enter: &'static str,
    pub(super) enter_why: &'static str,
    pub(super) enter_token: &'static str,
    pub(super) enter_button: &'static str,
    pub(super) enter_wrong: &'static str,
    pub(super) problem_forbidden: &'static str,
    pub(super) problem_not_found: &'static str,
    pub(super) problem_conflict: &'static str,
    pub(super) problem_invalid: &'static str,
    pub(super) problem_internal: &'static str,
    pub(super) here: &'static str,
    pub(super) unit_not_registered: &'static str,
    pub(super) unit_nothing: &'static str,
    pub(super) moved_away: &'static str,
    pub(super) legend_mismatch: &'static str,
    pub(super) legend_difference: &'static str,
    pub(super) legend_official: &'static str,
    pub(super) remarks: &'static str,
    pub(super) not_obtained: &'static str,
    pub(super) by_office: &'static str,
    pub(super) photographs: &'static str,
    pub(super) picture_on_its_way: &'static str,
    pub(super) original_whole: &'static str,
    pub(super) original_on_its_way: &'static str,
    pub(super) other_forms: &'static str,
    pub(super) longer_in_record: &'static str,
    pub(super) records_here: &'static str,
    pub(super) record: &'static str,
    pub(super) what: &'static str,
    pub(super) who: &'static str,
    pub(super) claimed_at: &'static str,
    pub(super) log_index: &'static str,
    pub(super) standing: &'static str,
    pub(super) log_index_says: &'static str,
    pub(super) all: &'static str,
    pub(super) show: &'static str,
    pub(super) incidents_none: &'static str,
    pub(super) categories: &'static str,
    pub(super) severity: &'static str,
    pub(super) state: &'static str,
    pub(super) place: &'static str,
    pub(super) phase: &'static str,
    pub(super) occurred_at: &'static str,
    pub(super) updated_at: &'static str,
    pub(super) older: &'static str,
    pub(super) received_at: &'static str,
    pub(super) refers_to: &'static str,
    pub(super) words: &'static str,
    pub(super) attachments: &'static str,
    pub(super) history: &'static str,
    pub(super) next_step: &'static str,
    pub(super) next_state: &'static str,
    pub(super) reason: &'static str,
    pub(super) take_step: &'static str,
    pub(super) record_id: &'static str,
    pub(super) verdict: &'static str,
    pub(super) verdict_stored: &'static str,
    pub(super) verdict_held: &'static str,
    pub(super) key: &'static str,
    pub(super) incident: &'static str,
    pub(super) open_incident: &'static str,
    pub(super) corrects: &'static str,
    pub(super) corrected_by: &'static str,
    pub(super) decisions: &'static str,
    pub(super) belongs_to: &'static str,
    pub(super) same_document_as: &'static str,
    pub(super) payload: &'static str,
    pub(super) exact_string: &'static str,
    pub(super) exact_string_says: &'static str,
    pub(super) unreadable: &'static str,
    pub(super) search_none: &'static str,
    pub(super) search_help: &'static str,
    pub(super) search_more: &'static str,
    pub(super) regional_total: &'static str,
    pub(super) sum_of_published: &'static str,
    pub(super) sum_of_ours: &'static str,
    pub(super) published_for_same: &'static str,
    pub(super) altered_title: &'static str,
    pub(super) altered_says: &'static str,
    pub(super) lower_by: &'static str,
    pub(super) higher_by: &'static str,
    pub(super) lower_note: &'static str,
    pub(super) higher_note: &'static str,
    pub(super) about_lower: &'static str,
    pub(super) about_higher: &'static str,
    pub(super) likely: &'static str,
    pub(super) possible_says: &'static str,
    pub(super) in_brackets: &'static str,
    pub(super) differing_precincts: &'static str,
    pub(super) below: &'static str,
    pub(super) more_incidents: &'static str,
    pub(super) records: &'static str,
    pub(super) awaiting_check: &'static str,
    pub(super) photos_whole: &'static str,
    pub(super) photos_on_their_way: &'static str,
    pub(super) covered_precincts: &'static str,
    pub(super) published_precincts: &'static str,
    pub(super) silent: &'static str,
    pub(super) silent_people: &'static str,
    pub(super) silent_precincts: &'static str,
    pub(super) silent_definition: &'static str,
    pub(super) everywhere: &'static str,
    pub(super) not_yet_enrolled: &'static str,
    pub(super) list_is_cut: &'static str,
    pub(super) coverage: &'static str,
    pub(super) region: &'static str,
    pub(super) precincts: &'static str,
    pub(super) with_document: &'static str,
    pub(super) published: &'static str,
    pub(super) compared: &'static str,
    pub(super) side_by_side: &'static str,
    pub(super) side_by_side_says: &'static str,
    pub(super) computed_at: &'static str,
    pub(super) log_size: &'static str,
    pub(super) files_here: &'static str,
    pub(super) unit: &'static str,
    pub(super) territorial: &'static str,
    pub(super) region_to_check: &'static str,
    pub(super) region_possible: &'static str,
    pub(super) region_adds_up: &'static str,
    pub(super) region_unknown: &'static str,
    pub(super) single: &'static str,
    pub(super) corroborated: &'static str,
    pub(super) entry_mismatch: &'static str,
    pub(super) difference_between_copies: &'static str,
    pub(super) does_not_add_up: &'static str,
    pub(super) cannot_be_told: &'static str,
    pub(super) moved_here: &'static str,
    pub(super) moved: &'static str,
    pub(super) differs_from_published: &'static str,
    pub(super) no_document: &'static str,
    pub(super) perhaps_one: &'static str,
    pub(super) perhaps_one_says: &'static str,
    pub(super) copies_differ_says: &'static str,
    pub(super) relation_says: &'static str,
    pub(super) relation_open_says: &'static str,
    pub(super) linked_broken: &'static str,
    pub(super) linked_says: &'static str,
    pub(super) linked_holds: &'static str,
    pub(super) linked_holds_says: &'static str,
    pub(super) unfollowed: &'static str,
    pub(super) unfollowed_says: &'static str,
    pub(super) votes_of: &'static str,
    pub(super) official: &'static str,
    pub(super) unknown_person: &'static str,
    pub(super) signed: &'static str,
    pub(super) sealed: &'static str,
    pub(super) every_page: &'static str,
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
    pub(super) page: &'static str,
    pub(super) no_preview: &'static str,
    pub(super) counted: &'static str,
    pub(super) superseded: &'static str,
    pub(super) not_counted: &'static str,
    pub(super) answer_open: &'static str,
    pub(super) country: &'static str,
    pub(super) district: &'static str,
    pub(super) precinct: &'static str,
    pub(super) compare_title: &'static str,
    pub(super) compare_says: &'static str,
    pub(super) compare_nothing: &'static str,
    pub(super) compare_equal: &'static str,
    pub(super) compare_copy: &'static str,
    pub(super) compare_total: &'static str,
    pub(super) compare_again: &'static str,
    pub(super) compare_at_least: &'static str,
    pub(super) compare_impossible: &'static str,
    pub(super) compare_levels: &'static str,
    pub(super) compare_level: &'static str,
    pub(super) compare_compared: &'static str,
    pub(super) compare_differ: &'static str,
    pub(super) compare_open: &'static str,
    pub(super) compare_open_says: &'static str,
    pub(super) compare_changes: &'static str,
    pub(super) compare_size: &'static str,
    pub(super) compare_moved: &'static str,
    pub(super) compare_looks: &'static str,
    pub(super) kind_protocol: &'static str,
    pub(super) kind_not_obtained: &'static str,
    pub(super) kind_incident: &'static str,
    pub(super) kind_form: &'static str,
    pub(super) kind_correction: &'static str,
    pub(super) kind_other: &'static str,
    /// In the order of [`IncidentState::ALL`](crate::review::IncidentState).
    pub(super) states: [&'static str; 9],
    /// In the order of [`Missing::ALL`](hattama_proto::record::Missing).
    pub(super) missing: [&'static str; 6],
    /// In the order of [`Reason::ALL`](crate::merge::Reason).
    pub(super) reasons: [&'static str; 9],
    /// In the order of `held_reasons`.
    pub(super) held: [&'static str; 7],
    /// In the order of [`Severity::ALL`](hattama_proto::record::Severity).
    pub(super) severities: [&'static str; 4],
    /// Overwritten, struck out, illegible, pencil, other.
    pub(super) marks: [&'static str; 5],
    /// In the order of `merge::EntryFlag`.
    pub(super) flags: [&'static str; 7],
    /// In the order of `compare::Slip`.
    pub(super) slips: [&'static str; 9],
    /// Counted, set aside.
    pub(super) dispositions: [&'static str; 2],
}

/// The reasons for which a record is held, in the order of the words for them.
const HELD: [HeldReason; 7] = [
    HeldReason::UnknownDevice,
    HeldReason::Revoked,
    HeldReason::Fork,
    HeldReason::UnreadableBody,
    HeldReason::UnknownUnit,
    HeldReason::OutsideMandate,
    HeldReason::WrongElection,
];

impl Words {
    /// A level of commissions.
    pub(super) const fn level(&self, level: Level) -> &'static str {
        match level {
            Level::Precinct => self.precinct,
            Level::District => self.district,
            Level::Region => self.region,
            Level::Nation => self.country,
        }
    }

    /// A state of an incident's review.
    pub(super) fn incident_state(&self, state: IncidentState) -> &'static str {
        said(&self.states, &IncidentState::ALL, state)
    }

    /// Why there is no copy.
    pub(super) fn missing(&self, missing: Missing) -> &'static str {
        said(&self.missing, &Missing::ALL, missing)
    }

    /// How bad an incident is.
    pub(super) fn severity(&self, severity: Severity) -> &'static str {
        said(&self.severities, &Severity::ALL, severity)
    }

    /// Why a record is held.
    pub(super) fn held(&self, reason: HeldReason) -> &'static str {
        said(&self.held, &HELD, reason)
    }

    /// How a figure looks on the paper.
    pub(super) const fn mark(&self, mark: Mark) -> &'static str {
        match mark {
            Mark::Overwritten => self.marks[0],
            Mark::StruckOut => self.marks[1],
            Mark::Illegible => self.marks[2],
            Mark::Pencil => self.marks[3],
            Mark::Other => self.marks[4],
        }
    }

    /// What a reader of an entry should know.
    pub(super) const fn flag(&self, flag: EntryFlag) -> &'static str {
        match flag {
            EntryFlag::CompetingCorrection => self.flags[0],
            EntryFlag::CorrectedAfterDecision => self.flags[1],
            EntryFlag::Forked => self.flags[2],
            EntryFlag::Marked => self.flags[3],
            EntryFlag::MovedHere => self.flags[4],
            EntryFlag::ToldToDesk => self.flags[5],
            EntryFlag::OwnRecordCame => self.flags[6],
        }
    }

    /// What was decided about a record.
    pub(super) const fn disposition(&self, disposition: Disposition) -> &'static str {
        match disposition {
            Disposition::Counted => self.dispositions[0],
            Disposition::SetAside => self.dispositions[1],
        }
    }

    /// Whether a record counts.
    pub(super) fn standing(&self, standing: &Standing) -> String {
        match standing {
            Standing::Counted => self.counted.to_owned(),
            Standing::Superseded { .. } => self.superseded.to_owned(),
            Standing::SetAside { reason } => {
                fill(self.not_counted, &[("reason", said(&self.reasons, &Reason::ALL, *reason))])
            }
        }
    }

    /// Yes, no, or nobody looked.
    pub(super) const fn yes_no(&self, answer: Option<bool>) -> &'static str {
        match answer {
            Some(true) => self.yes,
            Some(false) => self.no,
            None => "–",
        }
    }
}

fn said<T: Copy + PartialEq, const N: usize>(
    words: &[&'static str; N],
    all: &[T; N],
    one: T,
) -> &'static str {
    all.iter().position(|known| *known == one).map_or("?", |at| words[at])
}

/// Fills `{name}` in a text.
pub(super) fn fill(text: &str, with: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(with.iter().find(|(known, _)| *known == name).map_or("", |(_, v)| v));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        assert_eq!(fill("{a} and {b}", &[("a", "{b}"), ("b", "2")]), "{b} and 2");
        assert_eq!(fill("nothing", &[("a", "1")]), "nothing");
    }

    #[test]
    fn the_three_languages_fill_in_the_same_things() {
        let names = |text: &str| {
            let mut names: Vec<_> = text
                .split('{')
                .skip(1)
                .filter_map(|part| part.split_once('}').map(|(name, _)| name.to_owned()))
                .collect();
            names.sort();
            names
        };
        for pick in [
            |w: &Words| w.lower_by,
            |w: &Words| w.higher_note,
            |w: &Words| w.about_lower,
            |w: &Words| w.likely,
            |w: &Words| w.relation_says,
            |w: &Words| w.relation_open_says,
            |w: &Words| w.linked_says,
            |w: &Words| w.linked_holds_says,
            |w: &Words| w.perhaps_one_says,
            |w: &Words| w.not_counted,
            |w: &Words| w.compare_copy,
            |w: &Words| w.compare_total,
            |w: &Words| w.compare_again,
            |w: &Words| w.compare_at_least,
            |w: &Words| w.transcription.photograph,
            |w: &Words| w.transcription.left_empty,
            |w: &Words| w.release.days_hours,
            |w: &Words| w.release.polls_are_open,
            |w: &Words| w.release.no_such_release,
            |w: &Words| w.release.not_archived,
            |w: &Words| w.release.release,
            |w: &Words| w.release.corrects,
            |w: &Words| w.release.corrected_by,
            |w: &Words| w.release.observed_says,
            |w: &Words| w.release.sum_below,
            |w: &Words| w.release.open_below,
            |w: &Words| w.release.of_the_log,
        ] {
            assert_eq!(names(pick(&EN)), names(pick(&RU)));
            assert_eq!(names(pick(&EN)), names(pick(&KK)));
        }
    }
}
