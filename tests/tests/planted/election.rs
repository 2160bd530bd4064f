//! Russia 2018: every precinct, its district commission and its region, and our copies of a third.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
    path::Path,
    sync::{Arc, OnceLock},
};

use hattama_proto::{
    id::{ChoiceCode, ContestCode, CopyType, PublicationId, UnitCode},
    pack::{Names, Pack, Unit, UnitKind, UnitPart, UnitRegister},
    statement::Level,
};
use hattama_server::{
    compare::{Answer, Compared, Earlier, Official, OurCopy, Tree, UnitDigest, answer},
    merge::{CellKey, Cells, Coverage},
};
use serde_json::json;

use super::chance::Chance;

/// Candidates.
pub(super) const CHOICES: usize = 8;
/// The column of the first of them.
const FIRST_CHOICE: usize = 15;
/// Who won.
pub(super) const LEADER: usize = 3;

/// The first publication, where there are two.
#[expect(non_snake_case, reason = "reads as the constant that it is")]
pub(super) fn FIRST() -> PublicationId {
    PublicationId::of(b"as first published")
}

/// An election as it was published, and what we have of it.
#[derive(Clone)]
pub(super) struct Election {
    pub(super) pack: Arc<Pack>,
    /// By level from the lowest, votes by choice.
    pub(super) published: [HashMap<UnitCode, Vec<u64>>; 4],
    pub(super) earlier: HashMap<UnitCode, Vec<u64>>,
    pub(super) digests: HashMap<UnitCode, UnitDigest>,
}

pub(super) fn choice(number: usize) -> ChoiceCode {
    ChoiceCode::new(&format!("c{number}")).unwrap()
}

fn contest() -> ContestCode {
    ContestCode::new("president").unwrap()
}

pub(super) fn cells(votes: &[u64]) -> Cells {
    let vote =
        |(number, votes): (usize, &u64)| (CellKey::vote(contest(), choice(number)), Some(*votes));
    Cells::from_pairs(votes.iter().enumerate().map(vote))
}

impl Election {
    /// Read once; none, said aloud, where the data is not there.
    pub(super) fn russia_2018() -> Option<&'static Self> {
        static READ: OnceLock<Option<Election>> = OnceLock::new();
        let known = READ.get_or_init(read).as_ref();
        if known.is_none() {
            hattama_tests::skip("the shared data russia/2018.csv.zip is not here");
        }
        known
    }

    /// Units of a level, in the order of the register.
    pub(super) fn of(&self, level: Level) -> Vec<UnitCode> {
        let units = self.pack.units.all().iter();
        units.filter(|unit| unit.kind.level() == level).map(|unit| unit.code.clone()).collect()
    }

    /// Changes the figures of a unit and of everything above it.
    pub(super) fn change(&mut self, unit: &UnitCode, by: &[i64]) {
        let above: Vec<(usize, UnitCode)> = self
            .pack
            .units
            .upwards(unit)
            .map(|unit| (unit.kind.level() as usize, unit.code.clone()))
            .collect();
        for (level, unit) in above {
            if let Some(votes) = self.published[level].get_mut(&unit) {
                for (votes, by) in votes.iter_mut().zip(by) {
                    *votes = votes.checked_add_signed(*by).unwrap();
                }
            }
        }
    }

    /// The answer.
    pub(super) fn answer(&self) -> Answer {
        let levels = self.published.each_ref().map(|level| -> HashMap<UnitCode, Cells> {
            level.iter().map(|(unit, votes)| (unit.clone(), cells(votes))).collect()
        });
        let contest = &self.pack.election.contests[0];
        let official = Official { levels: levels.each_ref() };
        let tree =
            Tree::new(Compared { contest, official, digests: &self.digests, pack: &self.pack });
        let nothing = Earlier::new();
        let earlier: Earlier = self
            .earlier
            .iter()
            .map(|(unit, votes)| (unit.clone(), vec![(FIRST(), cells(votes))]))
            .collect();
        answer(tree.nodes(), contest, [&earlier, &nothing, &nothing, &nothing])
    }
}

fn read() -> Option<Election> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/russia/2018.csv.zip");
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).ok()?).unwrap();
    let mut text = String::new();
    archive.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    let mut areas: BTreeMap<String, BTreeMap<String, Vec<Vec<u64>>>> = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        let votes = (0..CHOICES).map(|number| row[FIRST_CHOICE + number].parse().unwrap());
        let district = areas.entry(row[0].to_owned()).or_default();
        district.entry(row[1].to_owned()).or_default().push(votes.collect());
    }
    Some(elect(&areas))
}

/// A country out of regions, districts and the votes of their precincts.
fn elect(areas: &BTreeMap<String, BTreeMap<String, Vec<Vec<u64>>>>) -> Election {
    let code = |text: String| UnitCode::new(&text).unwrap();
    let (mut units, mut precincts) = (Vec::new(), Vec::new());
    let mut add = |code: &UnitCode, parent: Option<&UnitCode>, kind| {
        let (code, parent) = (code.clone(), parent.cloned());
        units.push(Unit { code, parent, kind, names: Names::default(), special: None, since: 0 });
    };
    let country = code("country".to_owned());
    add(&country, None, UnitKind::Country);
    for (number, districts) in areas.values().enumerate() {
        let region = code(format!("r{number}"));
        add(&region, Some(&country), UnitKind::Region);
        for (number, votes) in districts.values().enumerate() {
            let district = code(format!("{region}-d{number}"));
            add(&district, Some(&region), UnitKind::District);
            for (number, votes) in votes.iter().enumerate() {
                let precinct = code(format!("{district}-p{number}"));
                add(&precinct, Some(&district), UnitKind::Precinct);
                precincts.push((precinct, votes.clone()));
            }
        }
    }
    let register = UnitRegister::new(UnitPart { version: 1, units, outlines: None }).unwrap();
    let pack = Arc::new(pack(register));
    let mut election = Election {
        published: Default::default(),
        earlier: HashMap::new(),
        digests: HashMap::new(),
        pack: Arc::clone(&pack),
    };
    for unit in pack.units.all() {
        election.published[unit.kind.level() as usize].insert(unit.code.clone(), vec![0; CHOICES]);
    }
    let mut chance = Chance::of(2018);
    for (precinct, votes) in precincts {
        let by: Vec<i64> = votes.iter().map(|votes| i64::try_from(*votes).unwrap()).collect();
        election.change(&precinct, &by);
        if chance.happens(0.3) {
            election.digests.insert(precinct.clone(), seen(precinct, &votes));
        }
    }
    election
}

/// What we have of a precinct where an observer was.
fn seen(unit: UnitCode, votes: &[u64]) -> UnitDigest {
    let figures = cells(votes);
    UnitDigest {
        unit,
        coverage: Coverage::Obtained,
        is_empty: false,
        ours: vec![OurCopy::Settled {
            copies: vec![CopyType::new("certified").unwrap()],
            votes: figures.clone(),
            transcribed: false,
        }],
        figures,
        has_mismatch: false,
        has_difference: false,
        does_not_add_up: false,
        awaits_check: false,
        missing: Vec::new(),
    }
}

fn pack(units: UnitRegister) -> Pack {
    let name = |text: &str| json!({"en": text});
    let choices: Vec<_> = (0..CHOICES)
        .map(|number| json!({"code": format!("c{number}"), "names": name("A candidate")}))
        .collect();
    let key = hattama_proto::key::SigningKey::from_seed(&[7; 32]).unwrap().public();
    let election = json!({
        "id": "01890000-0000-7000-8000-000000000000",
        "names": name("An election"),
        "time_zone": "Europe/Moscow",
        "date": "2018-03-18",
        "round": 1,
        "contests": [{
            "code": "president", "names": name("President"), "mandates": 1, "choices": choices,
        }],
        "copy_types": [{"code": "certified", "names": name("Certified copy")}],
        "comparable": [],
        "corroboration": "any_persons",
        "keys": {"hq": key, "log_origin": "log", "log_vkey": "none"},
        "addresses": [],
    });
    Pack {
        version: 1,
        election: serde_json::from_value(election).unwrap(),
        units,
        forms: serde_json::from_value(json!({"forms": []})).unwrap(),
        incidents: serde_json::from_value(json!({"phases": [], "categories": []})).unwrap(),
    }
}
