//! A phone with a vault, and what somebody does with it on election day.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use hattama_client_core::{
    AtRest, Notebook, NotebookError, NotebookOptions, Pictures, PumpBudget, Started,
    capture::{IncidentDraft, NotObtainedDraft, PhotoInput, ProtocolDraft},
    vault::{KeyVault, VaultError},
};
use hattama_proto::record::{Missing, Severity};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::hq::{Hq, TestClock, draft, options};

/// A vault like a phone's: encrypts with a key that no file holds.
pub(crate) struct Hardware([u8; 32]);

impl Hardware {
    pub(crate) fn new(serial: u8) -> Arc<Self> {
        Arc::new(Self([serial; 32]))
    }

    fn key(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &self.0).unwrap())
    }
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

impl KeyVault for Hardware {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut bytes = plain.to_vec();
        self.key().seal_in_place_append_tag(nonce(), Aad::empty(), &mut bytes).unwrap();
        Ok(bytes)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut bytes = Zeroizing::new(wrapped.to_vec());
        let len = self
            .key()
            .open_in_place(nonce(), Aad::empty(), &mut bytes)
            .map_err(|_| VaultError::Rejected("another phone".to_owned()))?
            .len();
        bytes.truncate(len);
        Ok(bytes)
    }
}

pub(crate) fn encrypted(clock: &Arc<TestClock>, vault: &Arc<Hardware>) -> NotebookOptions {
    NotebookOptions {
        vault: Some(Arc::clone(vault) as Arc<dyn KeyVault>),
        at_rest: AtRest::Encrypted,
        pictures: Pictures::Make,
        ..options(clock)
    }
}

pub(crate) fn open(
    folder: &Path,
    clock: &Arc<TestClock>,
    vault: &Arc<Hardware>,
) -> Result<Notebook, NotebookError> {
    Notebook::open(folder, encrypted(clock, vault))
}

/// What somebody writes down that nobody else shall find.
pub(crate) struct Secrets {
    pub(crate) unit: String,
    pub(crate) number: String,
    pub(crate) office: String,
    pub(crate) words: String,
    pub(crate) place: String,
    pub(crate) reason: String,
    pub(crate) photo: PathBuf,
}

/// A whole day: enrolled, protocol with a photograph, copy not obtained, incident, all sent, one of
/// them decided about and heard of.
pub(crate) fn election_day(notebook: &Notebook, hq: &Arc<Hq>, secrets: &Secrets) {
    notebook.enrol_through(&hq.invitation(), hq.as_ref()).unwrap();
    notebook.set_language("kk").unwrap();
    let photo = || vec![PhotoInput { path: secrets.photo.clone(), page: 1 }];
    let protocol = notebook
        .capture_protocol(ProtocolDraft {
            unit: secrets.unit.parse().unwrap(),
            document_number: Some(secrets.number.clone()),
            photos: photo(),
            ..draft(98)
        })
        .unwrap();
    let missing = NotObtainedDraft {
        office: Some(secrets.office.clone()),
        words: secrets.words.clone(),
        ..NotObtainedDraft::new(secrets.unit.parse().unwrap(), Missing::CopyRefused)
    };
    notebook.capture_not_obtained(missing).unwrap();
    let (category, phase) = ("removal".parse().unwrap(), "counting".parse().unwrap());
    let incident = IncidentDraft {
        place_words: Some(secrets.place.clone()),
        attachments: photo(),
        ..IncidentDraft::new(category, phase, Severity::Critical, &secrets.words)
    };
    notebook.capture_incident(incident).unwrap();
    let budget = PumpBudget { started: Started::ByUser, ..PumpBudget::default() };
    notebook.pump_through(&budget, hq.as_ref()).unwrap();
    hq.decide(protocol.record, &secrets.reason);
    notebook.pump_through(&budget, hq.as_ref()).unwrap();
}

/// What a person looks at afterwards.
pub(crate) fn look_around(notebook: &Notebook) {
    for item in notebook.list(0, 100).unwrap() {
        notebook.signed_text(item.id).unwrap();
        for photo in item.photos {
            notebook.read_photo(photo.hash).unwrap();
        }
    }
    notebook.pack().unwrap();
    notebook.journal(100).unwrap();
}

/// A photograph of noise, which no other file resembles, with a remark in its metadata.
pub(crate) fn photograph(seed: u32, remark: &str) -> Vec<u8> {
    let mut state = seed;
    let image = image::RgbImage::from_fn(1600, 900, |_, _| {
        let mut channel = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        image::Rgb([channel(), channel(), channel()])
    });
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 40).encode_image(&image).unwrap();
    let length = u16::try_from(remark.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xfe], &length, remark.as_bytes(), &jpeg[2..]].concat()
}
