//! Records of one observer: a chain for protocols and forms, another for incidents.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{
        CategoryCode, ChoiceCode, ContestCode, CopyType, FormCode, LineCode, PersonId, PhaseCode,
        QuestionCode, RecordId, TableCode, TreeRoot,
    },
    record::{
        Answer, Body, Channel, Claims, Corrected, Correction, Figure, FormAnswers, Incident, Mark,
        Missing, NotObtained, OnBehalf, Photo, PhotoRole, Place, ResultsProtocol, Seen, Severity,
        SheetFlags, sign_record,
    },
};
use uuid::Uuid;

use super::{Signer, election, nonce, photo_hash, unit};

pub(crate) fn photo(name: &str, role: PhotoRole) -> Photo {
    let bytes = match role {
        PhotoRole::Original => 3_145_728,
        PhotoRole::Preview => 181_204,
        PhotoRole::Thumbnail => 12_345,
    };
    let sha256 = photo_hash(&format!("{name} {}", role.name()));
    Photo { sha256, bytes, media_type: "image/jpeg".into(), role, page: 1 }
}

fn figures<K: Ord>(
    pairs: &[(&str, Option<u64>)],
    code: fn(&str) -> K,
) -> BTreeMap<K, Option<Figure>> {
    let figure = |value: Option<u64>| value.map(|value| Figure::new(value).unwrap());
    pairs.iter().map(|(name, value)| (code(name), figure(*value))).collect()
}

/// A sheet with a zero, a line nobody could read, and a figure of ten digits that cannot be.
pub(crate) fn protocol() -> ResultsProtocol {
    let line = |text: &str| LineCode::new(text).unwrap();
    let lines = [
        ("registered", Some(1_432)),
        ("received", Some(1_000)),
        ("issued", Some(981)),
        ("unused", Some(19)),
        ("invalid", Some(0)),
        ("valid", None),
        ("spoilt", Some(9_999_999_999)),
    ];
    let votes = [("ivanov", Some(640)), ("dosov", Some(301)), ("against-all", None)];
    ResultsProtocol {
        unit: unit("11-900001"),
        table: None,
        form: FormCode::new("precinct-protocol").unwrap(),
        copy: CopyType::new("certified_copy").unwrap(),
        document_number: Some("7".into()),
        document_time: Some("22 сағ 40 мин".into()),
        lines: figures(&lines, |text| LineCode::new(text).unwrap()),
        contests: [(
            ContestCode::new("president").unwrap(),
            figures(&votes, |text| ChoiceCode::new(text).unwrap()),
        )]
        .into(),
        marks: [
            (line("valid"), vec![Mark::Illegible]),
            (line("spoilt"), vec![Mark::Overwritten, Mark::Pencil]),
        ]
        .into(),
        photos: [PhotoRole::Original, PhotoRole::Preview, PhotoRole::Thumbnail]
            .map(|role| photo("protocol", role))
            .into(),
        flags: SheetFlags { signed: Some(true), sealed: Some(false), every_page: None },
    }
}

fn summary() -> ResultsProtocol {
    ResultsProtocol {
        unit: unit("11-D01"),
        table: Some(TableCode::new("table-2").unwrap()),
        form: FormCode::new("summary-protocol").unwrap(),
        copy: CopyType::new("posted_sheet").unwrap(),
        document_number: None,
        document_time: None,
        lines: figures(&[("valid", Some(18_204))], |text| LineCode::new(text).unwrap()),
        contests: BTreeMap::new(),
        marks: BTreeMap::new(),
        photos: vec![],
        flags: SheetFlags::default(),
    }
}

pub(crate) fn not_obtained() -> NotObtained {
    NotObtained {
        unit: unit("11-900002"),
        missing: Missing::CopyRefused,
        copy: Some(CopyType::new("certified_copy").unwrap()),
        occurred_at: Some("2030-12-08T23:10:00+05:00".parse().unwrap()),
        office: Some("chair of the commission".into()),
        words: "Көшірме берілмеді: «мөр жоқ»".into(),
        photos: vec![],
    }
}

pub(crate) fn incident() -> Incident {
    Incident {
        categories: vec![
            CategoryCode::new("copy_refused").unwrap(),
            CategoryCode::new("observer_restricted").unwrap(),
        ],
        phase: PhaseCode::new("count").unwrap(),
        severity: Severity::High,
        unit: Some(unit("11-900002")),
        place_words: None,
        occurred_at: Some("2030-12-08T23:12:30+05:00".parse().unwrap()),
        words: "Выдать копию отказались \"до утра\".\n\u{1f4f7} есть.".into(),
        language: "ru".into(),
        attachments: vec![photo("door", PhotoRole::Original)],
        refers_to: None,
    }
}

pub(crate) fn form() -> FormAnswers {
    let answer = |code: &str, answer| (QuestionCode::new(code).unwrap(), answer);
    FormAnswers {
        unit: unit("11-900001"),
        form: FormCode::new("opening").unwrap(),
        answers: [
            answer("box_shown_empty", Answer::YesNo(true)),
            answer("observers_present", Answer::Number(4)),
            answer("opened_at", Answer::Text("07:02".into())),
            answer("register_signed", Answer::Open),
        ]
        .into(),
    }
}

/// The claims of the record at `seq`, after `prev`.
pub(crate) fn claims(seq: u64, prev: Option<RecordId>, body: Body) -> Claims<Body> {
    let step = u8::try_from(seq).unwrap();
    Claims {
        uid: Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_0000 + u128::from(seq)),
        election: election(),
        seq,
        prev,
        nonce: nonce(step),
        claimed_at: format!("2030-12-08T22:{:02}:05.250+05:00", 10 + seq).parse().unwrap(),
        boot: "b7".into(),
        mono_ms: 3_600_000 + 60_000 * seq,
        seen: None,
        place: None,
        on_behalf: None,
        body,
    }
}

/// Signs bodies one after the other, each chained to the one before.
fn chain(signer: Signer, claims: impl IntoIterator<Item = Claims<Body>>) -> Vec<String> {
    let key = signer.key();
    let mut prev = None;
    let mut signed = Vec::new();
    for mut claims in claims {
        claims.prev = prev;
        let text = sign_record(&key, &claims).unwrap();
        prev = Some(RecordId::of(text.as_bytes()));
        signed.push(text);
    }
    signed
}

/// One of every kind that the key for results may sign.
pub(crate) fn chain_of_results() -> Vec<String> {
    let first = chain(Signer::Results, [claims(0, None, Body::Protocol(protocol()))]);
    let correction = Correction {
        corrects: RecordId::of(first[0].as_bytes()),
        reason: "line 6 read again by daylight".into(),
        becomes: Corrected::Protocol(ResultsProtocol {
            lines: figures(&[("valid", Some(981))], |text| LineCode::new(text).unwrap()),
            ..protocol()
        }),
    };
    let mut last = claims(4, None, Body::Protocol(summary()));
    last.seen = Some(Seen {
        origin: "log.example.org/exercise-2030".into(),
        size: 20_852_163,
        root: TreeRoot::of(b"some tree"),
    });
    last.place = Some(Place { lat_e6: 43_238_949, lon_e6: -76_889_709, accuracy_m: 5_000 });
    // A clock that was set back: evidence like any other.
    last.claimed_at = "1970-01-01T00:00:07Z".parse().unwrap();
    last.boot = "b8".into();
    last.mono_ms = 7_000;
    chain(
        Signer::Results,
        [
            claims(0, None, Body::Protocol(protocol())),
            claims(1, None, Body::Form(form())),
            claims(2, None, Body::NotObtained(not_obtained())),
            claims(3, None, Body::Correction(correction)),
            last,
        ],
    )
}

/// One of every kind that the key for incidents may sign.
pub(crate) fn chain_of_incidents() -> Vec<String> {
    let first = chain(Signer::Incidents, [claims(0, None, Body::Incident(incident()))]);
    let campaign = Incident {
        categories: vec![CategoryCode::new("print_run_seized").unwrap()],
        phase: PhaseCode::new("campaign").unwrap(),
        severity: Severity::Critical,
        unit: None,
        place_words: Some("printing house".into()),
        occurred_at: None,
        words: String::new(),
        language: "kk".into(),
        attachments: vec![],
        refers_to: Some(RecordId::of(first[0].as_bytes())),
    };
    let correction = Correction {
        corrects: RecordId::of(first[0].as_bytes()),
        reason: String::new(),
        becomes: Corrected::Incident(Incident { severity: Severity::Medium, ..incident() }),
    };
    chain(
        Signer::Incidents,
        [
            claims(0, None, Body::Incident(incident())),
            claims(1, None, Body::Incident(campaign)),
            claims(2, None, Body::Correction(correction)),
        ],
    )
}

/// What an observer told a desk: a protocol without photographs, signed by the desk's key.
pub(crate) fn told() -> String {
    let mut claims =
        claims(0, None, Body::Protocol(ResultsProtocol { photos: vec![], ..protocol() }));
    claims.on_behalf = Some(OnBehalf {
        person: Some(PersonId::new("p-0001").unwrap()),
        channel: Channel::Voice,
        told_at: "2030-12-08T22:09:00+05:00".parse().unwrap(),
    });
    chain(Signer::Desk, [claims]).remove(0)
}
