//! Set-ups for tests: a small invented country, or one with given precincts.

use std::{collections::BTreeMap, fs, io, path::Path};

use hattama_proto::{
    id::{CopyType, UnitCode},
    record::{Figure, Photo, ResultsProtocol, SheetFlags},
};
use serde_json::{Value, json};

/// Precincts of the small country.
const PRECINCTS: usize = 12;

/// A set-up: a country, its regions, districts and precincts, one form, one contest.
#[derive(Clone, Debug)]
pub struct Country {
    precincts: Vec<UnitCode>,
    choices: Vec<String>,
    copies: Vec<&'static str>,
    /// Name of the election, day of the vote, round.
    vote: (&'static str, &'static str, u32),
    /// When the last polls close, if the set-up says so.
    polls_close_at: Option<String>,
}

/// The election that a country has, unless it says otherwise.
const FIRST_ROUND: (&str, &str, u32) = ("test-2005", "2005-12-04", 1);

impl Country {
    /// Two regions with two districts each and three precincts in each of them.
    pub fn small() -> Self {
        let precincts = (0..PRECINCTS)
            .map(|number| code(&format!("{}-{}-{number}", number % 2, number % 4)))
            .collect();
        Self {
            precincts,
            choices: ["heron", "lark", "crane"].map(str::to_owned).into(),
            copies: vec!["certified_copy", "posted_sheet", "wall_form"],
            vote: FIRST_ROUND,
            polls_close_at: Some("2005-12-04T20:00:00+06:00".to_owned()),
        }
    }

    /// The same country, whose polls close then; or of which nobody said when.
    pub fn closing(self, polls_close_at: Option<&str>) -> Self {
        Self { polls_close_at: polls_close_at.map(str::to_owned), ..self }
    }

    /// The same country two weeks later, in an election of its own.
    pub fn second_round(self) -> Self {
        Self { vote: ("test-2005-2", "2005-12-18", 2), ..self }
    }

    /// One district with these precincts, these choices and two copies that may be compared.
    pub fn of(precincts: Vec<UnitCode>, choices: Vec<String>, copies: [&'static str; 2]) -> Self {
        Self { precincts, choices, copies: copies.into(), vote: FIRST_ROUND, polls_close_at: None }
    }

    /// All precincts.
    pub fn precincts(&self) -> &[UnitCode] {
        &self.precincts
    }

    /// One precinct; beyond the last one they begin anew.
    pub fn precinct(&self, number: usize) -> UnitCode {
        self.precincts[number % self.precincts.len()].clone()
    }

    /// Writes the four files of the set-up.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let parts = [
            ("election", self.election()),
            ("forms", self.forms()),
            ("incidents", incidents()),
            ("units", self.units()),
        ];
        for (name, part) in parts {
            fs::write(folder.join(format!("{name}.json")), serde_json::to_vec(&part)?)?;
        }
        Ok(())
    }

    fn election(&self) -> Value {
        let choices: Vec<Value> =
            self.choices.iter().map(|code| json!({"code": code, "names": {"en": code}})).collect();
        let copies: Vec<Value> =
            self.copies.iter().map(|code| json!({"code": code, "names": {"en": code}})).collect();
        let pairs: Vec<Value> = (0..self.copies.len())
            .flat_map(|one| (one + 1..self.copies.len()).map(move |other| (one, other)))
            .map(|(one, other)| json!([self.copies[one], self.copies[other]]))
            .collect();
        let mut election = json!({
            "id": self.vote.0,
            "names": {"en": "Test"},
            "exercise": {"en": "EXERCISE"},
            "time_zone": "Asia/Almaty",
            "date": self.vote.1,
            "round": self.vote.2,
            "contests": [{
                "code": "president", "names": {"en": "President"}, "mandates": 1,
                "choices": choices,
            }],
            "copy_types": copies,
            "comparable": pairs,
            "corroboration": "any_persons",
            "deadlines": [
                {
                    "code": "court", "names": {"en": "Complaint to the court"},
                    "hours_after_polls_close": 240, "law": "Law on elections, art. 49",
                },
                {
                    "code": "commission", "names": {"en": "Complaint to the commission"},
                    "at": "2005-12-07T18:00:00+06:00",
                },
            ],
        });
        if let Some(at) = &self.polls_close_at {
            election["polls_close_at"] = at.as_str().into();
        }
        election
    }

    fn forms(&self) -> Value {
        let line = |code: &str, number: &str| {
            json!({
                "code": code, "number": number, "names": {"en": code}, "required": true,
                "counts": code,
            })
        };
        json!({"forms": [{
            "code": "protocol",
            "names": {"en": "Protocol"},
            "kind": "results",
            "levels": ["precinct", "district", "region", "nation"],
            "lines": [line("voters", "1"), line("invalid", "2"), line("valid", "3")],
            "contests": ["president"],
            "relations": [{
                "id": "valid-is-votes", "left": [{"line": "valid"}], "op": "eq",
                "right": [{"votes": "president"}], "severity": "hard",
            }],
        }, {
            "code": "opening",
            "names": {"en": "Opening"},
            "kind": "checklist",
            "levels": ["precinct"],
            "questions": [{
                "code": "sealed", "names": {"en": "Sealed?"}, "kind": "yes_no",
                "critical": false, "phase": "opening",
            }],
            "check_in": "arrived",
        }, {
            "code": "shift",
            "names": {"en": "Arrival and departure"},
            "kind": "checklist",
            "levels": ["precinct"],
            "questions": [
                {
                    "code": "what", "names": {"en": "What?"},
                    "kind": {"one_of": ["arrived", "departed", "handed_over"]},
                },
                {"code": "to", "names": {"en": "Who takes over?"}, "kind": "words"},
            ],
            "check_in": {"asked": {"what": "what", "to": "to"}},
        }, {
            "code": "turnout",
            "names": {"en": "Turnout"},
            "kind": "turnout",
            "levels": ["precinct"],
            "questions": [
                {"code": "hour", "names": {"en": "Hour"}, "kind": "time"},
                {"code": "voted", "names": {"en": "Voted so far"}, "kind": "number"},
            ],
        }]})
    }

    fn units(&self) -> Value {
        let mut units = vec![json!({"code": "land", "kind": "country", "names": {"en": "Land"}})];
        for region in 0..2 {
            let name = format!("{region}");
            units.push(json!({"code": name, "parent": "land", "kind": "region"}));
        }
        for district in 0..4 {
            let name = format!("{}-{district}", district % 2);
            let parent = format!("{}", district % 2);
            units.push(json!({"code": name, "parent": parent, "kind": "district"}));
        }
        for (number, precinct) in self.precincts.iter().enumerate() {
            let parent = format!("{}-{}", number % 2, number % 4);
            units.push(json!({"code": precinct, "parent": parent, "kind": "precinct"}));
        }
        json!({"version": 1, "units": units})
    }
}

fn incidents() -> Value {
    json!({
        "phases": [
            {"code": "opening", "names": {"en": "Opening"}},
            {"code": "count", "names": {"en": "Count"}},
        ],
        "categories": [
            {"code": "pressure", "names": {"en": "Pressure"}, "phases": ["opening", "count"]},
        ],
    })
}

/// A unit's code.
pub fn code(text: &str) -> UnitCode {
    UnitCode::new(text).expect("a test writes codes")
}

/// The copy that most tests use.
pub fn certified() -> CopyType {
    CopyType::new("certified_copy").expect("it is a code")
}

/// Another copy, which may be compared with the first.
pub fn wall() -> CopyType {
    CopyType::new("wall_form").expect("it is a code")
}

/// A protocol whose figures follow from `seed` and add up.
pub fn invented(unit: UnitCode, copy: CopyType, seed: u64, photos: Vec<Photo>) -> ResultsProtocol {
    let figure = |value: u64| Some(Figure::new(value).expect("three digits fit"));
    let code = "tests write codes";
    let votes = [seed % 311, seed % 97, seed % 13];
    let lines = [("voters", 900), ("invalid", seed % 7), ("valid", votes.iter().sum())];
    let choices = ["heron", "lark", "crane"].into_iter().zip(votes);
    ResultsProtocol {
        unit,
        table: None,
        form: "protocol".parse().expect(code),
        copy,
        document_number: None,
        document_time: None,
        lines: lines.map(|(line, value)| (line.parse().expect(code), figure(value))).into(),
        contests: [(
            "president".parse().expect(code),
            choices.map(|(choice, value)| (choice.parse().expect(code), figure(value))).collect(),
        )]
        .into(),
        marks: BTreeMap::new(),
        photos,
        flags: SheetFlags::default(),
    }
}
