//! What became of an incident, as sentences of a page.

use std::collections::BTreeMap;

use hattama_proto::statement::IncidentChange;

use crate::{
    incident_file::IncidentFile,
    review::IncidentState,
    store::incidents::Edition,
    web::{
        frame::{Frame, Id},
        words::Words,
    },
};

/// One change, as it is shown.
pub(super) struct Said {
    pub(super) at: String,
    /// For sorting by sight: the state before, where the change is of states.
    pub(super) from: Option<String>,
    pub(super) to: String,
    pub(super) other: Option<Id>,
    pub(super) actor: String,
    pub(super) words: Option<String>,
    /// Log index of the statement.
    pub(super) index: Option<u64>,
}

/// A published text in one language.
pub(super) struct PublicText {
    pub(super) language: String,
    pub(super) text: String,
}

fn state(w: &Words, name: &str) -> String {
    IncidentState::from_name(name)
        .map_or_else(|| name.to_owned(), |state| w.incident_state(state).to_owned())
}

/// Every change, oldest first.
pub(super) fn history(frame: &Frame, file: &IncidentFile) -> Vec<Said> {
    let w = frame.w;
    let before = file.unlogged.iter().map(|step| Said {
        at: frame.moment(step.at),
        from: Some(state(w, &step.from)),
        to: state(w, &step.to),
        other: None,
        actor: step.actor.clone(),
        words: Some(step.reason.clone()),
        index: None,
    });
    let logged = file.changes.iter().map(|change| {
        let said: Option<IncidentChange> = serde_json::from_str(&change.change).ok();
        let (from, to, other) = match said {
            Some(said) => sentence(w, said),
            None => (None, "–".to_owned(), None),
        };
        Said {
            at: frame.moment(change.at),
            from,
            to,
            other,
            actor: change.actor.clone(),
            words: change.words.clone(),
            index: Some(change.position),
        }
    });
    before.chain(logged).collect()
}

fn sentence(w: &Words, change: IncidentChange) -> (Option<String>, String, Option<Id>) {
    let r = w.review;
    let said = |text: String| (None, text, None);
    match change {
        IncidentChange::Step { from, to, .. } => (Some(state(w, &from)), state(w, &to), None),
        IncidentChange::Duplicate { from, of, .. } => {
            (Some(state(w, &from)), state(w, IncidentState::Duplicate.name()), Some(of.into()))
        }
        IncidentChange::Assign { to: Some(to) } => said(format!("{} {to}", r.said_assign)),
        IncidentChange::Assign { to: None } => said(r.said_unassign.to_owned()),
        IncidentChange::Comment { .. } => said(r.said_comment.to_owned()),
        IncidentChange::Tag { add, remove } => {
            let signed = |sign: char| move |tag: &String| format!("{sign}{tag}");
            let tags: Vec<String> =
                add.iter().map(signed('+')).chain(remove.iter().map(signed('−'))).collect();
            said(format!("{}: {}", r.said_tag, tags.join(", ")))
        }
        IncidentChange::Group { group: Some(group) } => said(format!("{} {group}", r.said_group)),
        IncidentChange::Group { group: None } => said(r.said_ungroup.to_owned()),
        IncidentChange::Publish { edition, texts } => {
            let languages: Vec<&str> = texts.keys().map(String::as_str).collect();
            said(format!("{}: {} {edition} ({})", r.said_publish, r.edition, languages.join(", ")))
        }
        IncidentChange::Withdraw { .. } => said(r.said_withdraw.to_owned()),
    }
}

/// The texts that are public, in the order of our languages.
pub(super) fn public_texts(edition: Option<&Edition>) -> Vec<PublicText> {
    let texts = edition.and_then(|edition| edition.texts.as_deref());
    let mut texts: BTreeMap<String, String> =
        texts.and_then(|texts| serde_json::from_str(texts).ok()).unwrap_or_default();
    crate::review::LANGUAGES
        .into_iter()
        .filter_map(|language| {
            let text = texts.remove(language)?;
            Some(PublicText { language: language.to_owned(), text })
        })
        .collect()
}
