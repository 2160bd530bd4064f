//! `/contacts`: names and ways to reach the observers of one's own region, once opened by passphrase.

use actix_web::{
    HttpResponse,
    web::{Data, Form},
};
use askama::Template;
use hattama_proto::id::PersonId;
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use serde::Deserialize;

use crate::{
    app::Headquarters,
    http::HttpProblem,
    vault::{OpenContact, VaultError},
    web::{
        answer,
        frame::Frame,
        visitor::Visitor,
        words::{FieldWords, Words},
    },
};

#[derive(Template)]
#[template(path = "contacts.html")]
struct ContactsPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    f: &'static FieldWords,
    trouble: Option<String>,
    /// Until when contacts are open; none if they are closed.
    open_until: Option<String>,
    contacts: Vec<OpenContact>,
    /// A new invitation, shown once.
    invitation: Option<Shown>,
}

/// An invitation as text and as a picture of blocks.
struct Shown {
    person: String,
    text: String,
    code: String,
}

async fn page(
    visitor: &Visitor,
    headquarters: &Headquarters,
    trouble: Option<String>,
    invitation: Option<Shown>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, now) = (&visitor.frame, (headquarters.clock)());
    let open_until = headquarters.vault.open_until(&visitor.operator.name, now);
    let contacts = match headquarters.vault.contacts(&visitor.operator, now).await {
        Ok(contacts) => contacts,
        Err(VaultError::Closed) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    answer::html(&ContactsPage {
        frame,
        w: frame.w,
        f: super::words(frame),
        trouble,
        open_until: open_until.map(|until| frame.moment(until)),
        contacts,
        invitation,
    })
}

/// `GET /contacts`.
pub(in crate::web) async fn show(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    page(&visitor, &headquarters, None, None).await
}

/// Body of `POST /contacts`: one of several forms of the page.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(in crate::web) enum ContactsForm {
    Open {
        passphrase: String,
    },
    Close {},
    /// Sets one's own passphrase; with the old one, changes it.
    Passphrase {
        old: String,
        passphrase: String,
    },
    Save {
        person: PersonId,
        label: String,
        reach: String,
        note: String,
        version: String,
    },
    Replace {
        person: PersonId,
        reason: String,
    },
}

/// `POST /contacts`: opens, closes, saves a contact, replaces a lost phone.
pub(in crate::web) async fn submit(
    visitor: Visitor,
    form: Form<ContactsForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (operator, now) = (&visitor.operator, (headquarters.clock)());
    let vault = &headquarters.vault;
    let done = match form.into_inner() {
        ContactsForm::Open { passphrase } => vault.open_regions(operator, passphrase, now).await,
        ContactsForm::Close {} => {
            vault.close_regions(&operator.name, now);
            Ok(())
        }
        ContactsForm::Passphrase { old, passphrase } => {
            let old = Some(old).filter(|old| !old.is_empty());
            vault.set_passphrase(&operator.name, old, passphrase, now).await
        }
        ContactsForm::Save { person, label, reach, note, version } => {
            let version = version.parse().unwrap_or(u64::MAX);
            vault.change_contact(&person, (label, reach, note), version, operator, now).await
        }
        ContactsForm::Replace { person, reason } => {
            // Answered at once and not by another address: the invitation is kept nowhere.
            let replaced =
                headquarters.field.replace_phone(&person, &reason, HOURS, operator, now).await;
            return match replaced {
                Ok(replaced) => {
                    let text = replaced.invitation.to_text();
                    let code = blocks(&text);
                    let person = replaced.person.to_string();
                    page(&visitor, &headquarters, None, Some(Shown { person, text, code })).await
                }
                Err(error) => page(&visitor, &headquarters, Some(error.to_string()), None).await,
            };
        }
    };
    match done {
        Ok(()) => Ok(answer::see_other("/contacts")),
        Err(error) => page(&visitor, &headquarters, Some(error.to_string()), None).await,
    }
}

/// How long an invitation for a new phone can be used, in hours.
const HOURS: u32 = 24;

/// The code as characters, so that the page needs no picture; empty where it does not fit.
fn blocks(text: &str) -> String {
    QrCode::with_error_correction_level(text, EcLevel::L)
        .map(|code| code.render::<Dense1x2>().build())
        .unwrap_or_default()
}
