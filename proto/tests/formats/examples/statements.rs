//! What headquarters says in the examples, and what a device asks of it.

use hattama_proto::{
    id::{
        ChoiceCode, ContestCode, CopyType, ElectionId, FileHash, FormCode, LineCode, OrgId,
        PartHash, PersonId, PublicationId, RecordId, ReleaseHash, TreeRoot, WordsHash,
    },
    invitation::{Invitation, Proof},
    jws::sign,
    kind::{Kind, Role},
    pack::{Names, PackManifest, PartRef},
    record::{App, EnrolmentRequest, Figure, RequestClaims, Vouch, VouchClaims},
    statement::{
        Accounting, Addressee, Decision, Disposition, Enrolment, Epoch, Figures, IncidentChange,
        IncidentReview, Level, Mandate, Message, PublicationStatement, ReadBy, Reading,
        RegionTally, Release, Revocation, Sample, SampleStratum, SettledBy, StatementClaims,
        Succession, Tally, Transcription, TreeHead,
    },
    time::UnixMillis,
};
use uuid::Uuid;

use super::{
    PACK_PARTS, Signer, chain_of_incidents, chain_of_results, election, nonce, photo_hash, unit,
};
use crate::golden;

/// 2030-12-08T12:00:00Z.
const NOON: UnixMillis = UnixMillis(1_922_961_600_000);

pub(crate) fn invitation() -> Invitation {
    Invitation {
        hq: vec!["https://hq.example.org".into()],
        election: election(),
        root: Signer::Root.key().kid(),
        pin: Some("ab".repeat(32)),
        secret: nonce(0x5e),
        expires_at: NOON.plus_ms(86_400_000),
    }
}

pub(crate) fn request(role: Role) -> RequestClaims {
    let (signer, number) = match role {
        Role::Results => (Signer::Results, 1),
        Role::Incidents => (Signer::Incidents, 2),
    };
    RequestClaims {
        uid: Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0001_0000 + number),
        election: election(),
        nonce: nonce(0x40 + signer as u8),
        claimed_at: "2030-12-01T09:00:00+05:00".parse().unwrap(),
        body: EnrolmentRequest {
            public_key: signer.key().public(),
            role,
            proof: Proof::derive(&invitation().secret, role),
            app: App { name: "hattama-observer".into(), version: "0.1.0".into() },
            vouch: None,
            hardware: None,
        },
    }
}

/// Wraps a body as headquarters' statement number `number`.
pub(crate) fn statement<B>(number: u8, body: B) -> StatementClaims<B> {
    let issued_at = NOON.plus_ms(1_000 * i64::from(number));
    StatementClaims { election: election(), issued_at, nonce: nonce(0x80 + number), body }
}

pub(crate) fn enrolment(role: Role, request: &str) -> Enrolment {
    let (signer, person, mandate) = match role {
        Role::Results => {
            let units = vec![unit("11-D01"), unit("12-900007")];
            (Signer::Results, "p-0001", Mandate::Units(units))
        }
        Role::Incidents => (Signer::Incidents, "i-7f3a", Mandate::Everywhere),
    };
    let key = signer.key();
    Enrolment {
        kid: key.kid(),
        public_key: key.public(),
        role,
        person: PersonId::new(person).unwrap(),
        org: OrgId::new("observers-one").unwrap(),
        mandate,
        request: RecordId::of(request.as_bytes()),
        desk: false,
        hardware: None,
    }
}

/// A desk of headquarters may speak, for nobody in particular.
pub(crate) fn desk() -> Enrolment {
    let key = Signer::Desk.key();
    Enrolment {
        kid: key.kid(),
        public_key: key.public(),
        role: Role::Results,
        person: PersonId::new("desk-0c1d").unwrap(),
        org: OrgId::new("observers-one").unwrap(),
        mandate: Mandate::Everywhere,
        request: RecordId::of(b"the desk's own request"),
        desk: true,
        hardware: None,
    }
}

pub(crate) fn revocation() -> Revocation {
    let kid = Signer::Results.key().kid();
    Revocation { kid, from_index: 4_711, reason: "phone lost on the way home".into() }
}

/// The precinct next door was tapped.
pub(crate) fn decision() -> Decision {
    let records = chain_of_results();
    Decision {
        record: RecordId::of(records[0].as_bytes()),
        disposition: Disposition::Counted,
        reason: "the photograph shows precinct 900003".into(),
        account: "coordinator-2".into(),
        unit: Some(unit("11-900003")),
        copy: Some(CopyType::new("posted_sheet").unwrap()),
        same_document_as: Some(RecordId::of(records[3].as_bytes())),
    }
}

/// Names the parts by the bytes of the committed files.
pub(crate) fn manifest() -> PackManifest {
    let parts = PACK_PARTS.map(|(part, file)| {
        let bytes = golden::read(file).into_bytes();
        (part, PartRef { sha256: PartHash::of(&bytes), bytes: bytes.len() as u64 })
    });
    PackManifest { version: 3, parts: parts.into() }
}

pub(crate) fn publication() -> PublicationStatement {
    PublicationStatement {
        publication: PublicationId::of(b"precinct,choice,votes\n"),
        bytes: 22,
        level: Level::Precinct,
        source: "table on the commission's page".into(),
        fetched_at: NOON.plus_ms(-5_000),
        read_by: None,
    }
}

/// The same figures in a table that a mapping reads.
pub(crate) fn mapped_publication() -> PublicationStatement {
    let file = FileHash::of("УИК;Итого\n".as_bytes());
    let mapping = FileHash::of("[unit]\ncode = \"{УИК}\"\n".as_bytes());
    PublicationStatement {
        publication: PublicationId::mapped(Level::Precinct.name(), &file, &mapping),
        bytes: 17,
        read_by: Some(ReadBy { file, mapping }),
        ..publication()
    }
}

/// A second release, which corrects the first.
pub(crate) fn release() -> Release {
    let content = br#"{"format":"hattama-release-1"}"#;
    Release {
        number: 2,
        content: ReleaseHash::of(content),
        bytes: content.len() as u64,
        corrects: Some(1),
    }
}

/// One region is shown, one is kept back because too few observe there.
pub(crate) fn accounting() -> Accounting {
    let counts = |pairs: &[(&str, u64)]| {
        pairs.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect()
    };
    Accounting {
        size: 4_711,
        root: TreeRoot::from_bytes([0x3c; 32]),
        total: Tally {
            received: 1_204,
            counted: 1_180,
            set_aside: counts(&[("decided", 4), ("revoked", 1), ("superseded", 9)]),
            undecided: counts(&[("fork", 2), ("outside_mandate", 7), ("unreadable", 1)]),
        },
        regions: vec![
            RegionTally {
                region: Some(unit("11")),
                tally: Some(Tally {
                    received: 1_150,
                    counted: 1_133,
                    set_aside: counts(&[("decided", 4), ("superseded", 9)]),
                    undecided: counts(&[("outside_mandate", 4)]),
                }),
            },
            RegionTally { region: Some(unit("12")), tally: None },
            RegionTally { region: None, tally: None },
        ],
    }
}

/// Six entries were lost.
pub(crate) fn epoch() -> Epoch {
    let head = |size, byte| TreeHead { size, root: TreeRoot::from_bytes([byte; 32]) };
    Epoch {
        lost: head(4_717, 0x4d),
        kept: head(4_711, 0x3c),
        reason: "the disk broke; the backup of noon was restored".into(),
    }
}

/// Two typed the same off the photographs, and neither could read one line.
pub(crate) fn transcription() -> Transcription {
    let figure = |value: Option<u32>| value.map(Figure::from);
    let line = |code: &str, value| (LineCode::new(code).unwrap(), figure(value));
    let votes = [("heron", Some(212)), ("saffron", Some(0))]
        .map(|(choice, votes)| (ChoiceCode::new(choice).unwrap(), figure(votes)));
    Transcription {
        records: vec![RecordId::of(chain_of_results()[0].as_bytes())],
        photos: vec![photo_hash("page one"), photo_hash("page two")],
        form: FormCode::new("results").unwrap(),
        reading: Reading::Figures(Figures {
            lines: [line("found", Some(1_204)), line("invalid", None)].into(),
            contests: [(ContestCode::new("president").unwrap(), votes.into())].into(),
        }),
        settled_by: SettledBy::TwoAlike,
        accounts: vec!["reviewer-4".into(), "reviewer-2".into()],
        reason: None,
    }
}

/// The photograph shows the protocol of the precinct next door.
pub(crate) fn wrong_unit() -> Transcription {
    Transcription {
        reading: Reading::WrongUnit { unit: unit("11-900003") },
        settled_by: SettledBy::Decision,
        accounts: vec!["coordinator-2".into()],
        reason: Some("the number in the corner was cut; the seal says 900003".into()),
        ..transcription()
    }
}

/// One change of every kind.
pub(crate) fn incident_changes() -> Vec<(&'static str, IncidentChange)> {
    let salted = |words| WordsHash::salted("c2FsdA", words);
    let other = RecordId::of(chain_of_incidents()[1].as_bytes());
    let text = WordsHash::of("Observers were sent out of the counting room.".as_bytes());
    let changes = [
        IncidentChange::Step {
            from: "triaged".into(),
            to: "verifying".into(),
            reason: salted("a second observer was there"),
        },
        IncidentChange::Assign { to: Some("reviewer-3".into()) },
        IncidentChange::Comment { words: salted("called back at ten") },
        IncidentChange::Tag { add: vec!["police".into()], remove: vec!["unclear".into()] },
        IncidentChange::Group { group: Some("buses at noon".into()) },
        IncidentChange::Duplicate {
            from: "triaged".into(),
            of: other,
            reason: salted("the same bus"),
        },
        IncidentChange::Publish { edition: 1, texts: [("en".to_owned(), text)].into() },
        IncidentChange::Withdraw { edition: 2, reason: salted("a name was in it") },
    ];
    changes.map(|change| (change.name(), change)).into()
}

pub(crate) fn incident_review(change: IncidentChange) -> IncidentReview {
    let incident = RecordId::of(chain_of_incidents()[0].as_bytes());
    IncidentReview { incident, version: 4, account: "reviewer-2".into(), change }
}

pub(crate) fn message() -> Message {
    let salt = nonce(31);
    let person = PersonId::new("observer-17").unwrap();
    Message {
        message: "m-1".into(),
        account: "coordinator-2".into(),
        texts: Names::new(
            "Санау аяқталғанша орныңыздан кетпеңіз.",
            "Не уходите, пока подсчёт не окончен.",
            "Stay until the count is over.",
        ),
        to: vec![Addressee::of(&salt, &person)],
        salt,
    }
}

pub(crate) fn succession() -> Succession {
    Succession {
        next: ElectionId::new("exercise-2030-2").unwrap(),
        root: Signer::Root.key().kid(),
        hq: vec!["https://hq.example.org".into()],
        pin: None,
    }
}

/// Two of the three precincts of a register were drawn.
pub(crate) fn sample() -> Sample {
    let drawn = [unit("11-0001"), unit("11-0004")];
    Sample {
        account: "analyst-1".into(),
        seed: "dice 3 1 4 1 5".into(),
        register: PartHash::of(b"units"),
        register_version: 1,
        special: 1,
        strata: vec![SampleStratum { unit: None, frame: 4, drawn: 2 }],
        drawn: Sample::hash_of(&drawn),
    }
}

/// The observer's key for protocols vouches for the one of the next round.
pub(crate) fn vouch() -> String {
    let claims = VouchClaims {
        election: election(),
        nonce: nonce(33),
        body: Vouch { next: succession().next, key: Signer::Stranger.key().kid() },
    };
    sign(&Signer::Results.key(), Kind::Vouch, &claims).unwrap()
}
