//! `/messages`: written once, in some of three languages; what was sent, and how many phones have it.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Form},
};
use askama::Template;
use hattama_proto::id::{PersonId, UnitCode};
use serde::{Deserialize, Serialize};

use crate::{
    app::Headquarters,
    field::FieldError,
    http::HttpProblem,
    messages::{Audience, NewMessage},
    once::Once,
    random,
    web::{
        answer,
        figure::figure,
        frame::Frame,
        visitor::Visitor,
        words::{MessageWords, Words},
    },
};

/// Names of the audiences in the form, in the order of their words.
const AUDIENCES: [&str; 5] = ["everybody", "within", "person", "silent", "not_proven"];

#[derive(Template)]
#[template(path = "messages.html")]
struct MessagesPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    m: &'static MessageWords,
    trouble: Option<String>,
    audiences: Vec<(&'static str, &'static str)>,
    once: String,
    typed: MessageForm,
    sent: Vec<Sent>,
}

struct Sent {
    at: String,
    by: String,
    to: String,
    texts: Vec<(String, String)>,
    people: String,
    received: String,
}

/// Body of `POST /messages`.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(in crate::web) struct MessageForm {
    to: String,
    #[serde(default)]
    which: String,
    #[serde(default)]
    kk: String,
    #[serde(default)]
    ru: String,
    #[serde(default)]
    en: String,
    /// Under which this form is sent once, however often it is posted.
    #[serde(default)]
    once: String,
}

/// `GET /messages`.
pub(in crate::web) async fn show(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    page(&visitor, &headquarters, None, MessageForm::default()).await
}

/// `POST /messages`: sends it. What was typed stays in the form when it could not be.
pub(in crate::web) async fn submit(
    visitor: Visitor,
    form: Form<MessageForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let form = form.into_inner();
    let new = match read(&form) {
        Ok(new) => new,
        Err(what) => return page(&visitor, &headquarters, Some(what), form).await,
    };
    let once = Once::new(&form.once, &form).ok();
    let now = (headquarters.clock)();
    match headquarters.messages.send(&new, once.as_ref(), &visitor.operator, now).await {
        Ok(_) => Ok(answer::see_other("/messages")),
        Err(error) => page(&visitor, &headquarters, Some(error.to_string()), form).await,
    }
}

fn read(form: &MessageForm) -> Result<NewMessage, String> {
    let which = form.which.trim();
    let to = match form.to.as_str() {
        "everybody" => Audience::Everybody,
        "within" => Audience::Within(UnitCode::new(which).map_err(|error| error.to_string())?),
        "person" => Audience::Person(PersonId::new(which).map_err(|error| error.to_string())?),
        "silent" => Audience::Silent,
        "not_proven" => Audience::NotProven,
        other => return Err(format!("{other:?}?")),
    };
    let texts = [("kk", &form.kk), ("ru", &form.ru), ("en", &form.en)];
    let texts: BTreeMap<String, String> =
        texts.into_iter().map(|(language, text)| (language.to_owned(), lines(text))).collect();
    Ok(NewMessage { to, org: None, texts })
}

/// A browser ends lines with two signs.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

async fn page(
    visitor: &Visitor,
    headquarters: &Headquarters,
    trouble: Option<String>,
    typed: MessageForm,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let m = &frame.w.message;
    let sent = headquarters.messages.list(&visitor.operator).await?;
    let sent = sent.into_iter().map(|one| Sent {
        at: frame.moment(one.sent_at),
        by: one.account,
        to: told(frame, m, &one.to, one.org.as_deref()),
        texts: one.texts.into_iter().collect(),
        people: figure(one.people),
        received: figure(one.received),
    });
    answer::html(&MessagesPage {
        frame,
        w: frame.w,
        m,
        trouble,
        audiences: AUDIENCES.into_iter().zip(m.audiences).collect(),
        once: random::text::<16>().map_err(FieldError::from)?,
        typed,
        sent: sent.collect(),
    })
}

/// To whom, in words.
fn told(frame: &Frame, m: &MessageWords, to: &Audience, org: Option<&str>) -> String {
    let [everybody, _, _, silent, not_proven] = m.audiences;
    let text = match to {
        Audience::Everybody => everybody.to_owned(),
        Audience::Within(unit) => frame.unit(unit),
        Audience::Person(person) => person.to_string(),
        Audience::Silent => silent.to_owned(),
        Audience::NotProven => not_proven.to_owned(),
    };
    org.map_or_else(|| text.clone(), |org| format!("{text} ({org})"))
}
