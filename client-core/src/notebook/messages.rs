//! What headquarters wrote to the owner of this notebook.

use std::collections::BTreeMap;

use hattama_proto::{id::StatementId, time::UnixMillis};

use super::Notebook;
use crate::{error::NotebookError, outbox};

/// The language in which messages are shown where nobody has chosen one.
const LANGUAGE: &str = "kk";

/// Longest name of a language, in bytes: BCP 47 tags for what people write are shorter.
const LANGUAGE_BYTES_MAX: usize = 16;

/// A message. Its signature was checked, and that it is for this notebook's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageItem {
    /// Its name, to open it by.
    pub id: StatementId,
    /// The account of headquarters that wrote it.
    pub account: String,
    /// The text in the owner's language, else in the first that is there of kk, ru, en.
    pub text: String,
    /// The language of that text.
    pub language: String,
    /// Every text, by language.
    pub texts: BTreeMap<String, String>,
    /// When it was written, by headquarters' clock.
    pub sent_at: UnixMillis,
    /// When it came, by this device's clock.
    pub received_at: UnixMillis,
    /// When it was first opened; none while it is unread.
    pub read_at: Option<UnixMillis>,
}

impl Notebook {
    /// All messages, newest first. Nothing is ever deleted.
    pub fn messages(&self) -> Result<Vec<MessageItem>, NotebookError> {
        let language = self.language()?;
        let kept = self.with(|outbox| outbox.messages())?;
        Ok(kept
            .into_iter()
            .map(|kept| {
                let claims = &kept.statement.claims;
                let (shown, text) = claims.body.text(&language);
                MessageItem {
                    id: kept.statement.id,
                    account: claims.body.account.clone(),
                    text: text.to_owned(),
                    language: shown.to_owned(),
                    texts: claims.body.texts.0.clone(),
                    sent_at: claims.issued_at,
                    received_at: kept.received_at,
                    read_at: kept.read_at,
                }
            })
            .collect())
    }

    /// Notes that its owner has opened a message. Again changes nothing.
    pub fn open_message(&self, id: StatementId) -> Result<(), NotebookError> {
        let now = self.options.clock.now().wall;
        if self.with(|outbox| outbox.open_message(id, now))? {
            return Ok(());
        }
        Err(NotebookError::invalid("message", format!("this notebook has no message {id}")))
    }

    /// The language in which its owner reads.
    pub fn language(&self) -> Result<String, NotebookError> {
        let chosen = self.with(|outbox| outbox.setting(outbox::LANGUAGE))?;
        Ok(chosen.unwrap_or_else(|| LANGUAGE.to_owned()))
    }

    /// Chooses the language in which its owner reads: `kk`, `ru`, `en` or another tag.
    pub fn set_language(&self, language: &str) -> Result<(), NotebookError> {
        let is_tag = !language.is_empty()
            && language.len() <= LANGUAGE_BYTES_MAX
            && language.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'-');
        if !is_tag {
            let error = "write it as kk, ru or en".to_owned();
            return Err(NotebookError::invalid("language", error));
        }
        self.with(|outbox| outbox.set(&[(outbox::LANGUAGE, Some(language))]))
    }
}
