//! What the forms of an incident's page send.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Form, Path},
};
use hattama_proto::{id::RecordId, problem::ProblemCode};
use serde::Deserialize;

use super::shown;
use crate::{
    app::Headquarters,
    http::HttpProblem,
    review::{Ask, Asked, IncidentState, ReviewError},
    web::{answer, visitor::Visitor},
};

/// Every form of the page; `what` says which. What is not of that form is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct IncidentForm {
    /// `step` if it says nothing.
    pub(super) what: String,
    /// The version that the operator saw.
    version: Option<u64>,
    /// Under it, what is sent twice is done once.
    key: String,
    pub(super) to: String,
    pub(super) reason: String,
    pub(super) assignee: String,
    pub(super) words: String,
    pub(super) tag: String,
    pub(super) group: String,
    pub(super) of: String,
    pub(super) kk: String,
    pub(super) ru: String,
    pub(super) en: String,
}

impl IncidentForm {
    /// What was written, if this is the form that was sent.
    pub(super) fn reason_of(&self, what: &str) -> &str {
        let sent = if self.what.is_empty() { "step" } else { &self.what };
        if sent == what { &self.reason } else { "" }
    }

    fn ask(&self) -> Result<Ask, String> {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let reason = self.reason.clone();
        Ok(match self.what.as_str() {
            "" | "step" => {
                let to = IncidentState::from_name(&self.to)
                    .ok_or_else(|| "there is no such state".to_owned())?;
                Ask::Step { to, reason }
            }
            "assign" => Ask::Assign { to: some(&self.assignee) },
            "comment" => Ask::Comment { words: self.words.clone() },
            "tag" => Ask::Tag { add: vec![self.tag.clone()], remove: Vec::new() },
            "untag" => Ask::Tag { add: Vec::new(), remove: vec![self.tag.clone()] },
            "group" => Ask::Group { group: some(&self.group) },
            "duplicate" => Ask::Duplicate { of: id_in(&self.of)?, reason },
            "not_duplicate" => Ask::NotDuplicate { reason },
            other => return Err(format!("there is no form {other:?}")),
        })
    }

    fn texts(&self) -> BTreeMap<String, String> {
        [("kk", &self.kk), ("ru", &self.ru), ("en", &self.en)]
            .into_iter()
            .filter(|(_, text)| !text.trim().is_empty())
            .map(|(language, text)| (language.to_owned(), text.replace("\r\n", "\n")))
            .collect()
    }
}

/// The id in what somebody copied: the id itself, or the address of the page.
fn id_in(text: &str) -> Result<RecordId, String> {
    let text = text.trim();
    let last = text.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let last = last.rsplit('/').next().unwrap_or_default();
    last.parse().map_err(|_| {
        "write the id of the incident that counts: 64 digits, or the address of its page".to_owned()
    })
}

/// `POST /incidents/{id}`: one change, from the version that the operator saw.
pub(in super::super) async fn submit(
    visitor: Visitor,
    id: Path<RecordId>,
    form: Form<IncidentForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let form = form.into_inner();
    match form.ask() {
        Ok(ask) => carry_out(&visitor, &headquarters, &id, ask, form).await,
        Err(why) => shown(&visitor, &headquarters, &id, Some(why), form).await,
    }
}

/// `POST /incidents/{id}/publication`: a text for everybody, or the end of one.
pub(in super::super) async fn publish(
    visitor: Visitor,
    id: Path<RecordId>,
    form: Form<IncidentForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let form = form.into_inner();
    let ask = match form.what.as_str() {
        "publish" => Ask::Publish { texts: form.texts() },
        "withdraw" => Ask::Withdraw { reason: form.reason.clone() },
        _ => return Err(HttpProblem::new(ProblemCode::Invalid, "there is no such form")),
    };
    carry_out(&visitor, &headquarters, &id, ask, form).await
}

async fn carry_out(
    visitor: &Visitor,
    headquarters: &Headquarters,
    id: &RecordId,
    ask: Ask,
    form: IncidentForm,
) -> Result<HttpResponse, HttpProblem> {
    let asked = Asked {
        incident: *id,
        by: &visitor.operator,
        expected: form.version,
        key: Some(form.key.as_str()).filter(|key| !key.is_empty()),
    };
    let w = visitor.frame.w;
    let now = (headquarters.clock)();
    let trouble = match headquarters.review.change_incident(&asked, &ask, now).await {
        Ok(_) => return Ok(answer::see_other(&format!("/incidents/{id}"))),
        // The operator's to mend: the page again, with what was written.
        Err(ReviewError::Stale) => w.review.stale.to_owned(),
        Err(ReviewError::Assignee) => w.review.assignee_wrong.to_owned(),
        Err(ReviewError::Invalid(_))
            if ask.words().is_some_and(|words| words.trim().is_empty()) =>
        {
            w.review.say_why.to_owned()
        }
        Err(
            error @ (ReviewError::Transition(_) | ReviewError::Invalid(_) | ReviewError::KeyReused),
        ) => error.to_string(),
        Err(error) => return Err(error.into()),
    };
    shown(visitor, headquarters, id, Some(trouble), form).await
}

#[cfg(test)]
mod tests {
    use super::id_in;

    #[test]
    fn an_id_is_read_out_of_what_was_copied() {
        let id = "ab".repeat(32);
        for copied in [
            id.clone(),
            format!("  {id}\n"),
            format!("https://hq.example/incidents/{id}?lang=kk"),
            format!("/incidents/{id}/"),
        ] {
            assert_eq!(id_in(&copied).unwrap().to_hex(), id, "{copied}");
        }
        assert!(id_in("that one").is_err() && id_in("").is_err());
    }
}
