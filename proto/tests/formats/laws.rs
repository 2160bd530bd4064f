//! Laws of records: whatever is written is read, and the order of arrival does not matter.

mod arbitrary;

use std::collections::BTreeMap;

use hattama_proto::{
    chain::{self, ChainFinding, Link},
    id::{ContestCode, LineCode, RecordId},
    jws::{Envelope, SignError, sign},
    kind::Kind,
    limits::{FIGURE_MAX, PHOTOS_PER_RECORD_MAX, WORDS_BYTES_MAX},
    pack::{FindingVerdict, Operator, Relation, Term, check_relations},
    record::{
        Body, BodyError, Figure, NotObtained, PhotoRole, Record, ResultsProtocol, sign_record,
    },
    time::ClaimedTime,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::examples::{self, Signer};

fn read(text: &str) -> Record {
    Record::read(examples::verified(text, Signer::Results)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_is_signed_is_read_back_the_same(claims in arbitrary::claims()) {
        match sign_record(&Signer::Results.key(), &claims) {
            Ok(text) => {
                let record = read(&text);
                prop_assert_eq!(&record.claims, &claims);
                prop_assert_eq!(record.verified.text(), &text);
                prop_assert_eq!(record.id, RecordId::of(text.as_bytes()));
            }
            Err(SignError::TooLarge { bytes }) => prop_assert!(bytes > 16_384),
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn the_same_claims_give_the_same_string(claims in arbitrary::claims()) {
        let sign = || sign_record(&Signer::Results.key(), &claims).ok();
        prop_assert_eq!(sign(), sign());
    }

    #[test]
    fn an_altered_string_never_verifies(
        claims in arbitrary::claims(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        if let Ok(text) = sign_record(&Signer::Results.key(), &claims) {
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            let verified = std::str::from_utf8(&bytes)
                .ok()
                .and_then(|text| Envelope::parse(text).ok())
                .and_then(|envelope| envelope.verify(&Signer::Results.key().public()).ok());
            prop_assert!(verified.is_none());
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,300}") {
        prop_assert!(Envelope::parse(&text).is_err());
    }

    #[test]
    fn no_payload_makes_the_reader_panic(payload in arbitrary::json()) {
        for kind in Kind::ALL {
            let text = sign(&Signer::Results.key(), kind, &payload).unwrap();
            let verified = examples::verified(&text, Signer::Results);
            drop(crate::vectors::read_as_its_kind(verified));
        }
    }

    #[test]
    fn members_nobody_knows_are_ignored_and_kept(
        claims in arbitrary::claims(), name in "x[a-z]{3,8}", value in arbitrary::json()
    ) {
        let Ok(text) = sign_record(&Signer::Results.key(), &claims) else { return Ok(()) };
        let record = read(&text);
        let mut payload: Value = serde_json::from_slice(record.verified.payload()).unwrap();
        payload[&name] = value.clone();
        payload["body"][&name] = value.clone();
        let Ok(text) = sign(&Signer::Results.key(), claims.body.kind(), &payload) else {
            return Ok(());
        };
        let newer = read(&text);
        prop_assert_eq!(&newer.claims, &claims);
        let kept: Value = serde_json::from_slice(newer.verified.payload()).unwrap();
        prop_assert_eq!(&kept["body"][&name], &value);
    }

    #[test]
    fn a_chain_is_the_same_in_any_order_and_with_duplicates(
        links in arbitrary::links(), shuffled in any::<prop::sample::Index>()
    ) {
        let found = chain::inspect(links.clone());
        let mut other = links.clone();
        other.reverse();
        prop_assert_eq!(&chain::inspect(other.clone()), &found);
        if !links.is_empty() {
            let at = shuffled.index(links.len());
            other.rotate_left(at);
            other.push(links[at]);
            prop_assert_eq!(&chain::inspect(other), &found);
        }
    }

    #[test]
    fn a_whole_chain_has_no_findings_and_what_is_missing_is_exactly_the_gaps(
        length in 1_u64..40, missing in prop::collection::btree_set(0_u64..40, 0..10)
    ) {
        let id = |seq: u64| RecordId::of(&seq.to_be_bytes());
        let link = |seq: u64| Link { id: id(seq), seq, prev: seq.checked_sub(1).map(id) };
        prop_assert_eq!(chain::inspect((0..length).map(link)), []);
        let kept: Vec<_> = (0..length).filter(|seq| !missing.contains(seq)).collect();
        let found = chain::inspect(kept.iter().copied().map(link));
        let mut absent = Vec::new();
        for finding in found {
            let ChainFinding::Gap { from, to } = finding else {
                return Err(TestCaseError::fail(format!("{finding:?}")));
            };
            absent.extend(from..=to);
        }
        // Nobody can miss what would stand after the last that came.
        let last = kept.last().copied().unwrap_or(0);
        let expected: Vec<_> = missing.into_iter().filter(|seq| *seq < last).collect();
        prop_assert_eq!(absent, expected);
    }

    #[test]
    fn a_relation_judges_exactly_what_is_there(
        a in arbitrary::figure(), b in arbitrary::figure(), times in 1_u32..5
    ) {
        let line = |text: &str| LineCode::new(text).unwrap();
        let lines: BTreeMap<_, _> = [(line("a"), a), (line("b"), b)].into();
        let protocol = ResultsProtocol { lines, ..examples::protocol() };
        for op in [Operator::Eq, Operator::Le, Operator::Ge] {
            let relation = Relation {
                left: vec![Term::Times(times, line("a"))],
                op,
                right: vec![Term::Line(line("b")), Term::Line(line("b"))],
                copies: vec![],
                ..examples::relations().remove(0)
            };
            let found = check_relations(&[relation], &protocol);
            let Some((a, b)) = a.zip(b) else {
                prop_assert_eq!(found[0].verdict, FindingVerdict::Incomplete);
                continue;
            };
            let (left, right) = (a.value() * u64::from(times), 2 * b.value());
            let holds = match op {
                Operator::Eq => left == right,
                Operator::Le => left <= right,
                Operator::Ge => left >= right,
            };
            if holds {
                prop_assert!(found.is_empty());
            } else {
                prop_assert_eq!(found[0].verdict, FindingVerdict::Broken { left, right });
            }
        }
    }

    #[test]
    fn a_claimed_time_is_kept_as_written_and_names_an_instant(ms in -62_000_000_000_000_i64..250_000_000_000_000) {
        let time = ClaimedTime::from_unix_millis(hattama_proto::time::UnixMillis(ms));
        let json = serde_json::to_string(&time).unwrap();
        let again: ClaimedTime = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(again.as_str(), time.as_str());
        prop_assert_eq!(again.to_unix_millis().0, ms);
    }
}

#[test]
fn a_figure_of_ten_digits_a_zero_and_a_null_are_three_different_readings_and_stay() {
    let body = Body::Protocol(examples::protocol());
    let text = sign_record(&Signer::Results.key(), &examples::claims(0, None, body)).unwrap();
    let record = read(&text);
    let Body::Protocol(protocol) = &record.claims.body else { panic!("a protocol") };
    let figure = |line: &str| protocol.lines[line].map(Figure::value);
    assert_eq!(figure("spoilt"), Some(9_999_999_999));
    assert_eq!(figure("invalid"), Some(0));
    assert_eq!(figure("valid"), None);
    let payload = std::str::from_utf8(record.verified.payload()).unwrap();
    assert!(payload.contains(r#""spoilt":9999999999"#) && payload.contains(r#""valid":null"#));
}

#[test]
fn the_largest_figure_is_read_exactly_and_the_next_is_not_a_figure() {
    let read = |value: u64| serde_json::from_value::<Figure>(json!(value));
    assert_eq!(read(FIGURE_MAX).unwrap().value(), 999_999_999_999_999);
    assert!(read(FIGURE_MAX + 1).is_err());
    assert!(
        serde_json::from_str::<Figure>("-0").is_err()
            && serde_json::from_str::<Figure>("1.0").is_err()
    );
}

#[test]
fn a_sheet_that_cannot_be_is_recorded_as_found() {
    let line = |text: &str| LineCode::new(text).unwrap();
    let mut protocol = examples::protocol();
    protocol.lines.insert(line("unused"), Some(Figure::new(FIGURE_MAX).unwrap()));
    let body = Body::Protocol(protocol.clone());
    assert_eq!(body.check(), Ok(()));
    let text = sign_record(&Signer::Results.key(), &examples::claims(0, None, body)).unwrap();
    assert_eq!(read(&text).claims.body, Body::Protocol(protocol.clone()));
    let found = check_relations(&examples::relations(), &protocol);
    let verdicts: Vec<_> = found.iter().map(|f| (f.relation.as_str(), f.verdict)).collect();
    let broken = FindingVerdict::Broken { left: 1_000, right: 981 + FIGURE_MAX };
    assert_eq!(
        verdicts,
        [("received-is-issued-and-unused", broken), ("valid-is-votes", FindingVerdict::Incomplete),]
    );
}

#[test]
fn a_line_or_a_contest_that_is_not_there_is_incomplete_like_one_nobody_could_read() {
    let relation = |left: Term| Relation {
        left: vec![left],
        op: Operator::Ge,
        right: vec![],
        copies: vec![],
        ..examples::relations().remove(0)
    };
    let absent = relation(Term::Line(LineCode::new("no-such-line").unwrap()));
    let illegible = relation(Term::Line(LineCode::new("valid").unwrap()));
    let choice = relation(Term::Votes(ContestCode::new("president").unwrap()));
    let contest = relation(Term::Votes(ContestCode::new("no-such-contest").unwrap()));
    let found = check_relations(&[absent, illegible, choice, contest], &examples::protocol());
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|finding| finding.verdict == FindingVerdict::Incomplete));
}

#[test]
fn a_relation_for_other_copies_says_nothing() {
    let mut relations = examples::relations();
    relations.retain(|relation| relation.id.as_str() == "issued-at-most-registered");
    let mut protocol = examples::protocol();
    protocol.lines.insert(LineCode::new("issued").unwrap(), Some(Figure::from(9_999)));
    assert_eq!(check_relations(&relations, &protocol).len(), 1);
    protocol.copy = hattama_proto::id::CopyType::new("posted_sheet").unwrap();
    assert_eq!(check_relations(&relations, &protocol), []);
}

#[test]
fn limits_are_kept_to_the_byte_and_said_in_words() {
    let words = |bytes: usize| {
        Body::NotObtained(NotObtained { words: "w".repeat(bytes), ..examples::not_obtained() })
    };
    assert_eq!(words(WORDS_BYTES_MAX).check(), Ok(()));
    let bytes = WORDS_BYTES_MAX + 1;
    assert_eq!(words(bytes).check(), Err(BodyError::TooManyWords { bytes }));
    let photos = |count: usize| {
        let photos = vec![examples::photo("one", PhotoRole::Original); count];
        Body::Protocol(ResultsProtocol { photos, ..examples::protocol() })
    };
    assert_eq!(photos(PHOTOS_PER_RECORD_MAX).check(), Ok(()));
    assert_eq!(photos(PHOTOS_PER_RECORD_MAX + 1).check(), Err(BodyError::TooManyPhotos));
    let claims = examples::claims(0, None, photos(PHOTOS_PER_RECORD_MAX));
    assert!(sign_record(&Signer::Results.key(), &claims).unwrap().len() <= 16_384);
    let oversized = json!({"words": "w".repeat(16_384)});
    let refused = sign(&Signer::Results.key(), Kind::Incident, &oversized);
    assert!(matches!(refused, Err(SignError::TooLarge { bytes }) if bytes > 16_384));
}
