//! Records as nobody would write them.

use hattama_proto::{
    chain::Link,
    id::{
        CategoryCode, ChoiceCode, ContestCode, CopyType, FormCode, LineCode, PersonId, PhaseCode,
        PhotoHash, QuestionCode, RecordId, TableCode, TreeRoot, UnitCode,
    },
    limits::SEQ_MAX,
    record::{
        Answer, Body, Channel, Claims, Corrected, Correction, Figure, FormAnswers, Incident, Mark,
        Missing, NotObtained, OnBehalf, Photo, PhotoRole, Place, ResultsProtocol, Seen, Severity,
        SheetFlags,
    },
    time::ClaimedTime,
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::select,
};
use serde_json::Value;
use uuid::Uuid;

use crate::examples::{election, nonce};

fn code<T: std::fmt::Debug>(make: fn(&str) -> T) -> impl Strategy<Value = T> {
    "[a-zA-Z0-9._:әғқңөұүһі-]{1,12}".prop_map(move |text| make(&text))
}

fn unit() -> impl Strategy<Value = UnitCode> {
    code(|text| UnitCode::new(text).unwrap())
}

fn copy() -> impl Strategy<Value = CopyType> {
    code(|text| CopyType::new(text).unwrap())
}

pub(crate) fn figure() -> impl Strategy<Value = Option<Figure>> {
    let value = prop_oneof![0..5_000_u64, 0..=Figure::MAX, Just(Figure::MAX)];
    option::of(value.prop_map(|value| Figure::new(value).unwrap()))
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![".{0,80}", any::<String>(), Just("\0\u{1f4f7}\"\\\u{2028}".to_owned())]
}

fn time() -> impl Strategy<Value = ClaimedTime> {
    select(
        [
            "1970-01-01T00:00:00Z",
            "2030-12-08T22:15:00+05:00",
            "2030-12-08T22:15:00.123456-11:30",
            "2099-12-31T23:59:59.999Z",
        ]
        .map(|text| text.parse().unwrap())
        .to_vec(),
    )
}

fn photo() -> impl Strategy<Value = Photo> {
    let role = select(vec![PhotoRole::Original, PhotoRole::Preview, PhotoRole::Thumbnail]);
    (any::<[u8; 32]>(), any::<u64>(), words(), role, any::<u32>()).prop_map(
        |(hash, bytes, media_type, role, page)| Photo {
            sha256: PhotoHash::from_bytes(hash),
            bytes,
            media_type,
            role,
            page,
        },
    )
}

fn record_id() -> impl Strategy<Value = RecordId> {
    any::<[u8; 32]>().prop_map(RecordId::from_bytes)
}

fn protocol() -> impl Strategy<Value = ResultsProtocol> {
    let line = || code(|text| LineCode::new(text).unwrap());
    let choices = btree_map(code(|text| ChoiceCode::new(text).unwrap()), figure(), 0..6);
    let mark = select(vec![Mark::Overwritten, Mark::StruckOut, Mark::Illegible, Mark::Pencil]);
    let flag = || any::<Option<bool>>();
    let flags = (flag(), flag(), flag()).prop_map(|(signed, sealed, every_page)| SheetFlags {
        signed,
        sealed,
        every_page,
    });
    (
        (unit(), option::of(code(|text| TableCode::new(text).unwrap()))),
        (code(|text| FormCode::new(text).unwrap()), copy()),
        (option::of(words()), option::of(words())),
        btree_map(line(), figure(), 0..20),
        btree_map(code(|text| ContestCode::new(text).unwrap()), choices, 0..4),
        btree_map(line(), vec(mark, 0..3), 0..4),
        vec(photo(), 0..5),
        flags,
    )
        .prop_map(
            |((unit, table), (form, copy), document, lines, contests, marks, photos, flags)| {
                let (document_number, document_time) = document;
                ResultsProtocol {
                    unit,
                    table,
                    form,
                    copy,
                    document_number,
                    document_time,
                    lines,
                    contests,
                    marks,
                    photos,
                    flags,
                }
            },
        )
}

fn not_obtained() -> impl Strategy<Value = NotObtained> {
    let missing = select(Missing::ALL.to_vec());
    let rest = (option::of(copy()), option::of(time()), option::of(words()), words());
    (unit(), missing, rest, vec(photo(), 0..3)).prop_map(
        |(unit, missing, (copy, occurred_at, office, words), photos)| NotObtained {
            unit,
            missing,
            copy,
            occurred_at,
            office,
            words,
            photos,
        },
    )
}

fn incident() -> impl Strategy<Value = Incident> {
    (
        vec(code(|text| CategoryCode::new(text).unwrap()), 0..4),
        code(|text| PhaseCode::new(text).unwrap()),
        select(Severity::ALL.to_vec()),
        (option::of(unit()), option::of(words()), option::of(time())),
        (words(), select(vec!["kk", "ru", "en", ""])),
        vec(photo(), 0..3),
        option::of(record_id()),
    )
        .prop_map(|(categories, phase, severity, place, words, attachments, refers_to)| {
            let (unit, place_words, occurred_at) = place;
            Incident {
                categories,
                phase,
                severity,
                unit,
                place_words,
                occurred_at,
                words: words.0,
                language: words.1.into(),
                attachments,
                refers_to,
            }
        })
}

fn form() -> impl Strategy<Value = FormAnswers> {
    let answer = prop_oneof![
        Just(Answer::Open),
        any::<bool>().prop_map(Answer::YesNo),
        any::<i64>().prop_map(Answer::Number),
        words().prop_map(Answer::Text),
    ];
    let answers = btree_map(code(|text| QuestionCode::new(text).unwrap()), answer, 0..10);
    (unit(), code(|text| FormCode::new(text).unwrap()), answers)
        .prop_map(|(unit, form, answers)| FormAnswers { unit, form, answers })
}

fn correction() -> impl Strategy<Value = Correction> {
    let becomes = prop_oneof![
        protocol().prop_map(Corrected::Protocol),
        not_obtained().prop_map(Corrected::NotObtained),
        incident().prop_map(Corrected::Incident),
        form().prop_map(Corrected::Form),
    ];
    (record_id(), words(), becomes).prop_map(|(corrects, reason, becomes)| Correction {
        corrects,
        reason,
        becomes,
    })
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        protocol().prop_map(Body::Protocol),
        not_obtained().prop_map(Body::NotObtained),
        incident().prop_map(Body::Incident),
        form().prop_map(Body::Form),
        correction().prop_map(Body::Correction),
    ]
}

pub(crate) fn claims() -> impl Strategy<Value = Claims<Body>> {
    let seen = (words(), any::<u64>(), any::<[u8; 32]>()).prop_map(|(origin, size, root)| Seen {
        origin,
        size,
        root: TreeRoot::from_bytes(root),
    });
    let place = (any::<i32>(), any::<i32>(), any::<u32>())
        .prop_map(|(lat_e6, lon_e6, accuracy_m)| Place { lat_e6, lon_e6, accuracy_m });
    let on_behalf = (option::of(any::<u8>()), 0..Channel::ALL.len(), time()).prop_map(
        |(person, channel, told_at)| OnBehalf {
            person: person.map(|n| PersonId::new(&format!("p-{n}")).unwrap()),
            channel: Channel::ALL[channel],
            told_at,
        },
    );
    (
        (any::<u128>(), 0..=SEQ_MAX, option::of(record_id())),
        (any::<u8>(), time(), words(), any::<u64>()),
        (option::of(seen), option::of(place), option::of(on_behalf)),
        body(),
    )
        .prop_map(
            |(
                (uid, seq, prev),
                (byte, claimed_at, boot, mono_ms),
                (seen, place, on_behalf),
                body,
            )| Claims {
                uid: Uuid::from_u128(uid),
                election: election(),
                seq,
                prev,
                nonce: nonce(byte),
                claimed_at,
                boot,
                mono_ms,
                seen,
                place,
                on_behalf,
                body,
            },
        )
}

/// Any JSON, three levels deep.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\"\\\\]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map("[a-z]{1,5}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Links of a small chain, with forks, gaps and wrong predecessors among them.
pub(crate) fn links() -> impl Strategy<Value = Vec<Link>> {
    let id = || (0_u8..6).prop_map(|byte| RecordId::from_bytes([byte; 32]));
    let link =
        (id(), 0_u64..6, option::of(id())).prop_map(|(id, seq, prev)| Link { id, seq, prev });
    vec(link, 0..12)
}
