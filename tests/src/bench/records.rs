//! Signed records to load a server with.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{CategoryCode, ElectionId, PhaseCode, PhotoHash, RecordId, UnitCode},
    invitation::Invitation,
    jws,
    key::SigningKey,
    kind::{Kind, Role},
    pack::UnitKind,
    record::{
        App, Body, Claims, EnrolmentRequest, Incident, Photo, PhotoRole, RequestClaims,
        ResultsProtocol, Severity, sign_record,
    },
    statement::Mandate,
    wire::EnrolmentPush,
};
use hattama_server::ingest::Guest;

use super::headquarters::BenchHeadquarters;
use crate::exercise::{Exercise, data};

/// A device of the load: a key, enrolled for everywhere.
pub(super) struct Device {
    pub(super) key: SigningKey,
    chain: Option<RecordId>,
    seq: u64,
}

impl Device {
    /// Enrols a key for protocols through the front door.
    pub(super) fn enrol(hq: &BenchHeadquarters, number: u64) -> Self {
        Self::enrol_as(hq, number, Role::Results)
    }

    fn enrol_as(hq: &BenchHeadquarters, number: u64, role: Role) -> Self {
        let device = Self::new(number);
        let guest = Guest {
            label: format!("load {number}"),
            reach: String::new(),
            org: "bench".parse().expect("a code"),
            mandate: Mandate::Everywhere,
            valid_hours: 1,
        };
        let now = hattama_server::clock::system();
        hq.runtime.block_on(async {
            let (invitation, _) = hq
                .headquarters
                .invitations
                .invite(&guest, "bench", now)
                .await
                .expect("an invitation");
            let push = EnrolmentPush { request: request(&device.key, role, &invitation) };
            hq.headquarters.enrolments.enrol(&push, now).await.expect("an enrolment");
        });
        device
    }

    /// A key that nobody knows yet.
    pub(super) fn new(number: u64) -> Self {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let key = SigningKey::from_seed(&seed).expect("32 bytes");
        Self { key, chain: None, seq: 0 }
    }

    /// Signs the next record of this device's chain.
    pub(super) fn sign(&mut self, election: &ElectionId, body: Body) -> String {
        let claims = Claims {
            uid: uuid(self.seq),
            election: election.clone(),
            seq: self.seq,
            prev: self.chain,
            nonce: "AAAAAAAAAAAAAAAAAAAAAA".into(),
            claimed_at: "2005-12-04T22:15:00+06:00".parse().expect("a time"),
            boot: "b".into(),
            mono_ms: self.seq,
            seen: None,
            place: None,
            on_behalf: None,
            body,
        };
        let text = sign_record(&self.key, &claims).expect("it fits");
        self.chain = Some(RecordId::of(text.as_bytes()));
        self.seq += 1;
        text
    }
}

/// A device that reports incidents, in words that a team would search for.
pub(super) struct Reporter {
    device: Device,
    reports: Vec<Incident>,
    units: Vec<UnitCode>,
}

impl Reporter {
    /// Enrols a key for incidents through the front door.
    pub(super) fn enrol(hq: &BenchHeadquarters, number: u64) -> Self {
        // The two keys of a person are never the same.
        let device = Device::enrol_as(hq, (1 << 32) + number, Role::Incidents);
        let register = Exercise::invent(1, 1).register;
        let units = register.of_kind(UnitKind::Precinct).map(|unit| unit.code.clone()).collect();
        Self { device, reports: reports(), units }
    }

    /// Signs the next report of this device: `number` chooses which, and where.
    pub(super) fn sign(&mut self, election: &ElectionId, number: u64) -> String {
        let place = usize::try_from(number).expect("far below 2^32");
        let mut report = self.reports[place % self.reports.len()].clone();
        report.unit = Some(self.units[place * 31 % self.units.len()].clone());
        report.words = format!("{} № {number}", report.words);
        self.device.sign(election, Body::Incident(report))
    }
}

/// Every report of the exercise, in each of its languages.
pub(super) fn reports() -> Vec<Incident> {
    let mut reports = Vec::new();
    for row in data::reports() {
        let category = |code| CategoryCode::new(code).expect("the table has codes");
        for (language, words) in [("kk", &row.kk), ("ru", &row.ru), ("en", &row.en)] {
            reports.push(Incident {
                categories: row.categories.split('|').map(category).collect(),
                phase: PhaseCode::new(&row.phase).expect("the table has codes"),
                severity: Severity::from_name(&row.severity).expect("the table knows them"),
                unit: None,
                place_words: None,
                occurred_at: None,
                words: words.clone(),
                language: language.to_owned(),
                attachments: Vec::new(),
                refers_to: None,
            });
        }
    }
    reports
}

fn request(key: &SigningKey, role: Role, invitation: &Invitation) -> String {
    let claims = RequestClaims {
        uid: uuid(0),
        election: invitation.election.clone(),
        nonce: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        claimed_at: "2005-12-04T20:00:00+06:00".parse().expect("a time"),
        body: EnrolmentRequest {
            public_key: key.public(),
            role,
            proof: invitation.proof(role),
            app: App { name: "bench".into(), version: "1".into() },
            vouch: None,
            hardware: None,
        },
    };
    jws::sign(key, Kind::EnrolmentRequest, &claims).expect("it fits")
}

fn uuid(number: u64) -> uuid::Uuid {
    uuid::Uuid::from_u128(u128::from(number))
}

/// Protocols of the exercise with three pictures each, as phones send them.
pub(super) fn protocols(photos: &[(PhotoHash, u64)]) -> Vec<ResultsProtocol> {
    let exercise = Exercise::invent(1, 1);
    let units: Vec<UnitCode> =
        exercise.register.of_kind(UnitKind::Precinct).map(|unit| unit.code.clone()).collect();
    units
        .iter()
        .enumerate()
        .map(|(number, unit)| {
            let paper = crate::exercise::story::Paper::of_precinct(
                unit,
                "certified_copy",
                exercise.figures.of(unit),
            );
            let mut protocol = paper.read();
            protocol.photos = pictures(number, photos);
            protocol
        })
        .collect()
}

fn pictures(number: usize, photos: &[(PhotoHash, u64)]) -> Vec<Photo> {
    let photo = |sha256, bytes, role| Photo {
        sha256,
        bytes,
        media_type: "image/jpeg".into(),
        role,
        page: 1,
    };
    if let Some((hash, bytes)) = photos.get(number) {
        return vec![photo(*hash, *bytes, PhotoRole::Original)];
    }
    [
        (PhotoRole::Original, 2_400_000),
        (PhotoRole::Preview, 120_000),
        (PhotoRole::Thumbnail, 12_000),
    ]
    .into_iter()
    .map(|(role, bytes)| {
        let hash = PhotoHash::of(format!("{number} {}", role.name()).as_bytes());
        photo(hash, bytes, role)
    })
    .collect()
}

/// The sheet with pictures that no other record names, as every capture has its own: in a store, each hash
/// falls on a place of its own.
pub(super) fn own_pictures(mut sheet: ResultsProtocol, number: u64) -> ResultsProtocol {
    for photo in &mut sheet.photos {
        photo.sha256 =
            PhotoHash::of(format!("of record {number}, {}", photo.role.name()).as_bytes());
    }
    sheet
}

/// Records of one push of the load.
pub(super) const BATCH: usize = 64;

/// Bodies of pushes, ready to be sent.
pub(super) fn batches(records: &[String]) -> Vec<Vec<u8>> {
    records.chunks(BATCH).map(push_body).collect()
}

/// The body of one push.
pub(super) fn push_body(records: &[String]) -> Vec<u8> {
    let body: BTreeMap<&str, &[String]> = BTreeMap::from([("records", records)]);
    serde_json::to_vec(&body).expect("strings are plain data")
}
