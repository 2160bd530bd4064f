//! What a filled form says of where its author is. Pure.

use hattama_proto::{
    id::{PersonId, QuestionCode},
    pack::CheckIn,
    record::Answer,
    time::UnixMillis,
};

use super::PresenceKind;

/// How long before its receipt a form may say that it was filled and be believed, in ms. Phones are
/// offline for days; a clock that says more is wrong, and the receipt counts instead.
const OFFLINE_MS_MAX: i64 = 3 * 24 * 60 * 60 * 1000;

/// How far a phone's clock may be ahead and be believed, in ms: a few minutes are common.
const AHEAD_MS_MAX: i64 = 5 * 60 * 1000;

/// What happened, and who took over; none where the form does not say it. A handover to nobody whose
/// name can be read is a departure: that somebody left is sure.
pub fn check_in(
    means: &CheckIn,
    answers: &[(QuestionCode, Answer)],
) -> Option<(PresenceKind, Option<PersonId>)> {
    let text = |question: &QuestionCode| {
        answers.iter().find_map(|(asked, answer)| match answer {
            Answer::Text(text) if asked == question => Some(text.trim()),
            _ => None,
        })
    };
    match means {
        CheckIn::Arrived => Some((PresenceKind::Arrived, None)),
        CheckIn::Departed => Some((PresenceKind::Departed, None)),
        CheckIn::Asked { what, to } => {
            let what = PresenceKind::from_name(text(what)?)?;
            let to = to.as_ref().and_then(text).and_then(|name| PersonId::new(name).ok());
            Some(match (what, to) {
                (PresenceKind::HandedOver, None) => (PresenceKind::Departed, None),
                (PresenceKind::HandedOver, to) => (PresenceKind::HandedOver, to),
                (what, _) => (what, None),
            })
        }
    }
}

/// When it happened: as the device claims, where that can be; else when headquarters heard of it.
pub const fn happened_at(claimed: UnixMillis, received: UnixMillis) -> UnixMillis {
    let early = received.0.saturating_sub(claimed.0) > OFFLINE_MS_MAX;
    let late = claimed.0.saturating_sub(received.0) > AHEAD_MS_MAX;
    if early || late { received } else { claimed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(code: &str) -> QuestionCode {
        QuestionCode::new(code).unwrap()
    }

    fn asked(what: &str, to: &str) -> Option<(PresenceKind, Option<PersonId>)> {
        let means = CheckIn::Asked { what: question("what"), to: Some(question("to")) };
        let answers = [("what", what), ("to", to)]
            .map(|(code, text)| (question(code), Answer::Text(text.to_owned())));
        check_in(&means, &answers)
    }

    #[test]
    fn a_form_says_it_by_being_filled_or_by_its_answer() {
        assert_eq!(check_in(&CheckIn::Arrived, &[]), Some((PresenceKind::Arrived, None)));
        assert_eq!(asked("arrived", "p-2"), Some((PresenceKind::Arrived, None)));
        let over = Some((PresenceKind::HandedOver, Some(PersonId::new("p-2").unwrap())));
        assert_eq!(asked("handed_over", " p-2 "), over);
        assert_eq!(asked("handed_over", "my sister, 2"), Some((PresenceKind::Departed, None)));
        assert_eq!(asked("dancing", ""), None);
    }

    #[test]
    fn a_clock_that_cannot_be_right_is_not_believed() {
        let received = UnixMillis(1_000_000_000_000);
        let hours = |n: i64| received.plus_ms(n * 60 * 60 * 1000);
        assert_eq!(happened_at(hours(-40), received), hours(-40), "offline for two days");
        assert_eq!(happened_at(UnixMillis(0), received), received, "1970");
        assert_eq!(happened_at(hours(1), received), received, "the future");
    }
}
