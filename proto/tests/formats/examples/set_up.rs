//! The parts of a small election set-up that use every member there is.

use hattama_proto::{
    id::{
        CategoryCode, ChoiceCode, ContestCode, CopyType, FormCode, LineCode, PhaseCode,
        QuestionCode, RelationId,
    },
    pack::{
        CategoryDefinition, Choice, Contest, CopyTypeDefinition, Corroboration, ElectionPart,
        FormDefinition, FormKind, FormLine, FormPart, HqKeys, IncidentPart, LinkedCopies, Names,
        Operator, PartName, PhaseDefinition, Question, QuestionKind, Relation, RelationSeverity,
        Sealing, Special, Term, Unit, UnitKind, UnitPart,
    },
    statement::Level,
    tlog::{KeyName, NoteSigner},
};

use super::{Signer, election, unit};

/// Each part and the committed file that holds it.
pub(crate) const PACK_PARTS: [(PartName, &str); 4] = [
    (PartName::Election, "wire-v1/pack-election.json"),
    (PartName::Forms, "wire-v1/pack-forms.json"),
    (PartName::Incidents, "wire-v1/pack-incidents.json"),
    (PartName::Units, "wire-v1/pack-units.json"),
];

fn line(text: &str) -> LineCode {
    LineCode::new(text).unwrap()
}

fn copy(text: &str) -> CopyType {
    CopyType::new(text).unwrap()
}

pub(crate) fn sealing() -> Sealing {
    let recipient = "age13aqvttdk3ujkyjh9kg2w5an6dmy5mq5a84a4uxk3hfhnugfc9p0sy5p2wh";
    Sealing { recipients: vec![recipient.to_owned()], previews: true }
}

pub(crate) fn election_part() -> ElectionPart {
    let choice = |code: &str, names| Choice { code: ChoiceCode::new(code).unwrap(), names };
    let copies = [
        (
            "certified_copy",
            Names::new("Куәландырылған көшірме", "Заверенная копия", "Certified copy"),
        ),
        ("posted_sheet", Names::new("Ілінген парақ", "Вывешенный лист", "Posted sheet")),
        ("electronic", Names::new("Электрондық", "Электронный", "Electronic")),
        ("paper", Names::new("Қағаз", "Бумажный", "Paper")),
    ];
    let origin = KeyName::new("log.example.org/exercise-2030").unwrap();
    let log = NoteSigner::from_seed(origin, &[9; 32]);
    ElectionPart {
        id: election(),
        names: Names::new("Оқу-жаттығу", "Учения", "Exercise"),
        exercise: Some(Names::new("ОҚУ-ЖАТТЫҒУ", "УЧЕБНЫЕ ДАННЫЕ", "EXERCISE")),
        time_zone: "Asia/Almaty".into(),
        date: "2030-12-08".into(),
        round: 1,
        polls_close_at: None,
        deadlines: Vec::new(),
        contests: vec![Contest {
            code: ContestCode::new("president").unwrap(),
            names: Names::new("Президент", "Президент", "President"),
            mandates: 1,
            choices: vec![
                choice("ivanov", Names::new("Иванов", "Иванов", "Ivanov")),
                choice("dosov", Names::new("Досов", "Досов", "Dosov")),
                choice("against-all", Names::new("Бәріне қарсы", "Против всех", "Against all")),
            ],
        }],
        copy_types: copies
            .map(|(code, names)| CopyTypeDefinition { code: copy(code), names })
            .into(),
        comparable: vec![(copy("certified_copy"), copy("posted_sheet"))],
        linked: vec![LinkedCopies {
            parts: vec![copy("electronic"), copy("paper")],
            whole: copy("certified_copy"),
        }],
        corroboration: Corroboration::AnyPersons,
        keys: HqKeys {
            hq: Signer::Hq.key().public(),
            log_origin: log.verifier_key().name().as_str().to_owned(),
            log_vkey: log.verifier_key().to_string(),
            witnesses: None,
        },
        addresses: vec!["https://hq.example.org".into()],
        sealing: None,
    }
}

/// "received = issued + unused" and two more.
pub(crate) fn relations() -> Vec<Relation> {
    let id = |text: &str| RelationId::new(text).unwrap();
    let term = |text: &str| Term::Line(line(text));
    vec![
        Relation {
            id: id("received-is-issued-and-unused"),
            left: vec![term("received")],
            op: Operator::Eq,
            right: vec![term("issued"), term("unused")],
            severity: RelationSeverity::Hard,
            copies: vec![],
        },
        Relation {
            id: id("issued-at-most-registered"),
            left: vec![term("issued")],
            op: Operator::Le,
            right: vec![term("registered")],
            severity: RelationSeverity::Soft,
            copies: vec![copy("certified_copy")],
        },
        Relation {
            id: id("valid-is-votes"),
            left: vec![Term::Times(1, line("valid"))],
            op: Operator::Ge,
            right: vec![Term::Votes(ContestCode::new("president").unwrap())],
            severity: RelationSeverity::Hard,
            copies: vec![],
        },
    ]
}

pub(crate) fn form_part() -> FormPart {
    let lines = ["registered", "received", "issued", "unused", "invalid", "valid", "spoilt"];
    let question = |code: &str, kind, critical, phase: Option<&str>| Question {
        code: QuestionCode::new(code).unwrap(),
        names: Names::new("", "", code),
        kind,
        critical,
        phase: phase.map(|text| PhaseCode::new(text).unwrap()),
    };
    let codes = ["signed", "unsigned"].map(str::to_owned).to_vec();
    FormPart {
        forms: vec![
            FormDefinition {
                code: FormCode::new("precinct-protocol").unwrap(),
                names: Names::new("Хаттама", "Протокол", "Results protocol"),
                kind: FormKind::Results,
                levels: vec![Level::Precinct],
                lines: lines
                    .iter()
                    .zip(1..)
                    .map(|(code, number)| FormLine {
                        code: line(code),
                        number: format!("{number}"),
                        names: Names::new("", "", code),
                        required: *code != "spoilt",
                        counts: None,
                    })
                    .collect(),
                contests: vec![ContestCode::new("president").unwrap()],
                relations: relations(),
                questions: vec![],
                check_in: None,
            },
            FormDefinition {
                code: FormCode::new("opening").unwrap(),
                names: Names::new("Ашылуы", "Открытие", "Opening"),
                kind: FormKind::Checklist,
                levels: vec![Level::Precinct],
                lines: vec![],
                contests: vec![],
                relations: vec![],
                questions: vec![
                    question(
                        "box_shown_empty",
                        QuestionKind::YesNo,
                        Some(false.into()),
                        Some("opening"),
                    ),
                    question("observers_present", QuestionKind::Number, None, None),
                    question("opened_at", QuestionKind::Time, None, None),
                    question("remarks", QuestionKind::Words, None, None),
                    question("register_signed", QuestionKind::OneOf(codes), None, None),
                ],
                check_in: None,
            },
            FormDefinition {
                code: FormCode::new("turnout").unwrap(),
                names: Names::new("Келу", "Явка", "Turnout"),
                kind: FormKind::Turnout,
                levels: Level::ALL.to_vec(),
                lines: vec![],
                contests: vec![],
                relations: vec![],
                questions: vec![],
                check_in: None,
            },
        ],
    }
}

pub(crate) fn incident_part() -> IncidentPart {
    let phase = |text: &str| PhaseCode::new(text).unwrap();
    let category = |code: &str, name: &str, phases: &[&str]| CategoryDefinition {
        code: CategoryCode::new(code).unwrap(),
        names: Names::new("", "", name),
        phases: phases.iter().map(|text| phase(text)).collect(),
    };
    IncidentPart {
        phases: ["campaign", "opening", "count"]
            .map(|code| PhaseDefinition { code: phase(code), names: Names::new("", "", code) })
            .into(),
        categories: vec![
            category("print_run_seized", "Print run seized", &["campaign"]),
            category("copy_refused", "Copy refused", &["count"]),
            category("observer_restricted", "Observer restricted", &["opening", "count"]),
        ],
    }
}

pub(crate) fn unit_part() -> UnitPart {
    let at = |code: &str, parent: Option<&str>, kind, special, since| Unit {
        code: unit(code),
        parent: parent.map(unit),
        kind,
        names: if kind == UnitKind::Precinct { Names::default() } else { Names::new("", "", code) },
        special,
        since,
    };
    UnitPart {
        version: 2,
        units: vec![
            at("KZ", None, UnitKind::Country, None, 1),
            at("11", Some("KZ"), UnitKind::Region, None, 1),
            at("11-D01", Some("11"), UnitKind::District, None, 1),
            at("11-900001", Some("11-D01"), UnitKind::Precinct, None, 1),
            at("11-900002", Some("11-D01"), UnitKind::Precinct, Some(Special::Hospital), 1),
            at("11-900003", Some("11-D01"), UnitKind::Precinct, None, 2),
        ],
        outlines: None,
    }
}
