//! Looking through the border: records, receipts, messages, the set-up.

use hattama_proto::{kind::Role, pack::PartName};

use super::{
    Enrolment, JournalLine, KeyRole, MessageItem, Notebook, NotebookError, OutboxSummary, OwnKey,
    RecordItem, draft::code,
};

#[uniffi::export]
impl Notebook {
    /// The notebook's two keys. Never show or send them together.
    pub fn keys(&self) -> Result<Vec<OwnKey>, NotebookError> {
        self.call(|core| {
            let key = |role: Role| OwnKey {
                role: role.into(),
                kid: core.kid(role).to_string(),
                public_key: core.public_key(role).to_string(),
            };
            Ok(Role::ALL.map(key).to_vec())
        })
    }

    /// What the enrolment brought; none before it.
    pub fn enrolment(&self) -> Result<Option<Enrolment>, NotebookError> {
        Ok(self.call(|core| core.enrolment())?.map(Enrolment::from))
    }

    /// The election this notebook is about, once that is known.
    pub fn election(&self) -> Result<Option<String>, NotebookError> {
        Ok(self.call(|core| core.election())?.map(|election| election.to_string()))
    }

    /// The election that follows, once headquarters has said; see `follow`.
    pub fn succession(&self) -> Result<Option<String>, NotebookError> {
        Ok(self.call(|core| core.succession())?.map(|succession| succession.next.to_string()))
    }

    /// One part of the election set-up as JSON, for the screens: `election`, `units`, `forms` or
    /// `incidents`. None before the enrolment. It was signed by the root and checked.
    pub fn set_up(&self, part: String) -> Result<Option<String>, NotebookError> {
        let name = PartName::ALL.into_iter().find(|name| name.to_string() == part);
        let name = name.ok_or_else(|| {
            NotebookError::invalid("part", &"take election, units, forms or incidents")
        })?;
        self.call(|core| core.set_up_part(name))
    }

    /// What waits, what arrived, and what stands in the way.
    pub fn outbox(&self) -> Result<OutboxSummary, NotebookError> {
        Ok(self.call(|core| core.outbox_summary())?.into())
    }

    /// Records, newest first: at most `limit`, after skipping `skip`.
    pub fn list(&self, skip: u32, limit: u32) -> Result<Vec<RecordItem>, NotebookError> {
        let items = self.call(|core| core.list(skip, limit))?;
        Ok(items.into_iter().map(RecordItem::from).collect())
    }

    /// One record.
    pub fn get(&self, record: String) -> Result<RecordItem, NotebookError> {
        let record = code("record", &record)?;
        Ok(self.call(|core| core.get(record))?.into())
    }

    /// The signed string of a record, to the byte.
    pub fn signed_text(&self, record: String) -> Result<String, NotebookError> {
        let record = code("record", &record)?;
        self.call(|core| core.signed_text(record))
    }

    /// The receipt of a record as a `tlog-proof` file, once there is one. It was checked. None also where
    /// receipts are not kept: its progress says whether it has arrived.
    pub fn record_receipt(&self, record: String) -> Result<Option<String>, NotebookError> {
        let record = code("record", &record)?;
        self.call(|core| core.record_receipt(record))
    }

    /// The receipt of a photo as a `tlog-proof` file, once there is one. It was checked. None also where
    /// receipts are not kept.
    pub fn photo_receipt(&self, photo: String) -> Result<Option<String>, NotebookError> {
        let photo = code("photo", &photo)?;
        self.call(|core| core.photo_receipt(photo))
    }

    /// Where the file of a photo is kept, or was, if it was pruned. Show it; do not write there. Of an
    /// encrypted notebook the file is encrypted: `read_photo` gives what it holds. One that is sealed to
    /// headquarters lies there sealed.
    pub fn photo_path(&self, photo: String) -> Result<String, NotebookError> {
        let photo = code("photo", &photo)?;
        self.call(|core| Ok(core.photo_path(photo).display().to_string()))
    }

    /// Messages of headquarters, newest first.
    pub fn messages(&self) -> Result<Vec<MessageItem>, NotebookError> {
        let messages = self.call(|core| core.messages())?;
        Ok(messages.into_iter().map(MessageItem::from).collect())
    }

    /// Notes that the owner has opened a message. Again changes nothing.
    pub fn open_message(&self, message: String) -> Result<(), NotebookError> {
        let message = code("message", &message)?;
        self.call(|core| core.open_message(message))
    }

    /// The language in which the owner reads.
    pub fn language(&self) -> Result<String, NotebookError> {
        self.call(|core| core.language())
    }

    /// Chooses it: `kk`, `ru`, `en` or another tag.
    pub fn set_language(&self, language: String) -> Result<(), NotebookError> {
        self.call(|core| core.set_language(&language))
    }

    /// The newest lines of the journal, newest first. They hold ids and counts, no words.
    pub fn journal(&self, limit: u32) -> Result<Vec<JournalLine>, NotebookError> {
        let lines = self.call(|core| core.journal(limit))?;
        Ok(lines.into_iter().map(JournalLine::from).collect())
    }

    /// Pairs of heads of the log that nothing joins, as files anybody can judge; normally none. Show
    /// them to somebody outside headquarters.
    pub fn forks(&self) -> Result<Vec<String>, NotebookError> {
        let forks = self.call(|core| core.forks())?;
        Ok(forks.iter().map(hattama_proto::tlog::Fork::to_text).collect())
    }

    /// Writes one key's records with their receipts, and with `photos` the originals, into a new zip at
    /// `path`. Anybody checks it offline with `hattama verify`. One key at a time, so that no file says
    /// that both are one person's. Returns how many records it holds. The file appears under its name
    /// once it is whole; a `pause` meanwhile ends it with `Paused`, and nothing is left of it.
    pub fn export_bundle(
        &self,
        path: String,
        role: KeyRole,
        photos: bool,
    ) -> Result<u32, NotebookError> {
        let kind = if photos { super::bundle::Photos::Add } else { super::bundle::Photos::Leave };
        self.call(|core| {
            super::bundle::export(core, std::path::Path::new(&path), role.into(), kind)
        })
    }

    /// How the notebook is, as JSON for a bug report: versions and counts. No ids, no units, no words,
    /// no addresses.
    pub fn diagnostics(&self) -> Result<String, NotebookError> {
        let telling = self.notifier.as_ref().map(super::notifier::Notifier::telling);
        let broken = self.is_broken();
        let core = self.core().ok_or_else(NotebookError::closed)?;
        self.guarded(&core, |core| Ok(super::diagnostics::of(core, broken, telling)))
    }
}
