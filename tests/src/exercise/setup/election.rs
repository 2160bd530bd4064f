//! Names, the contest with its invented candidates, the documents and which may be compared.

use hattama_proto::{
    id::{ChoiceCode, ContestCode, CopyType, ElectionId},
    pack::{
        Choice, Contest, CopyTypeDefinition, Corroboration, ElectionPart, HqKeys, LinkedCopies,
        Names,
    },
};

use super::deadlines;

/// The election.
pub const ELECTION: &str = "kz-2005-exercise";
/// The only contest.
pub const PRESIDENT: &str = "president";

/// A copy with signatures and seal, handed to an observer.
pub const CERTIFIED_COPY: &str = "certified_copy";
/// The protocol posted at the station.
pub const POSTED_SHEET: &str = "posted_sheet";
/// The enlarged form on the wall of the station.
pub const WALL_FORM: &str = "wall_form";
/// A protocol drawn up again.
pub const CORRECTED: &str = "corrected";
/// The protocol of the electronic votes.
pub const ELECTRONIC: &str = "electronic";
/// The protocol of the paper votes, where there are electronic ones too.
pub const PAPER: &str = "paper";
/// Electronic and paper votes together.
pub const SUMMARY: &str = "summary";
/// A scan that the commission published.
pub const OFFICIAL_SCAN: &str = "official_scan";

/// A candidate who does not exist: code and names.
#[derive(Clone, Copy, Debug)]
pub struct ChoiceText {
    /// The code in the set-up.
    pub code: &'static str,
    /// Kazakh, Russian and English name.
    pub names: [&'static str; 3],
}

/// The candidates, in ballot order. They are birds, so that nobody takes them for anybody.
pub const CHOICES: [ChoiceText; 5] = [
    choice("heron", ["«Құтан» үміткері", "Кандидат «Цапля»", "Candidate Heron"]),
    choice("lark", ["«Бозторғай» үміткері", "Кандидат «Жаворонок»", "Candidate Lark"]),
    choice("hoopoe", ["«Бәбісек» үміткері", "Кандидат «Удод»", "Candidate Hoopoe"]),
    choice("crane", ["«Тырна» үміткері", "Кандидат «Журавль»", "Candidate Crane"]),
    choice("woodpecker", ["«Тоқылдақ» үміткері", "Кандидат «Дятел»", "Candidate Woodpecker"]),
];

const COPIES: [(&str, [&str; 3]); 8] = [
    (CERTIFIED_COPY, ["Расталған көшірме", "Заверенная копия", "Certified copy"]),
    (POSTED_SHEET, ["Ілінген хаттама", "Вывешенный протокол", "Posted sheet"]),
    (WALL_FORM, ["Қабырғадағы үлкен нысан", "Увеличенная форма", "Enlarged wall form"]),
    (
        CORRECTED,
        [
            "Түзетілген немесе қайталама хаттама",
            "Исправленный или повторный протокол",
            "Corrected or repeat protocol",
        ],
    ),
    (ELECTRONIC, ["Электрондық хаттама", "Электронный протокол", "Electronic protocol"]),
    (PAPER, ["Қағаз хаттама", "Бумажный протокол", "Paper protocol"]),
    (SUMMARY, ["Жиынтық хаттама", "Сводный протокол", "Summary protocol"]),
    (OFFICIAL_SCAN, ["Ресми скан", "Официальный скан", "Official scan"]),
];

/// Pairs that show the same count. A corrected protocol may rightly differ from what was copied
/// before it, so it is compared with the published scan alone; electronic and paper protocols show
/// different ballots.
const COMPARABLE: [(&str, &str); 8] = [
    (CERTIFIED_COPY, POSTED_SHEET),
    (CERTIFIED_COPY, WALL_FORM),
    (POSTED_SHEET, WALL_FORM),
    (CERTIFIED_COPY, OFFICIAL_SCAN),
    (POSTED_SHEET, OFFICIAL_SCAN),
    (WALL_FORM, OFFICIAL_SCAN),
    (CORRECTED, OFFICIAL_SCAN),
    (SUMMARY, OFFICIAL_SCAN),
];

/// The banner on every page, export and picture.
const BANNER: [&str; 3] = [
    "ОҚУ ЖАТТЫҒУЫ – үміткерлер мен барлық сандар ойдан шығарылған",
    "УЧЕБНЫЕ ДАННЫЕ – кандидаты и все цифры вымышлены",
    "EXERCISE – invented candidates and figures; nothing here happened",
];

const NAMES: [&str; 3] = [
    "Оқу жаттығуы: президент сайлауы, 2005 жылғы 4 желтоқсан",
    "Учение: выборы президента, 4 декабря 2005 года",
    "Exercise: presidential election, 4 December 2005",
];

const CONTEST: [&str; 3] =
    ["Президент (жаттығу)", "Президент (учебный бюллетень)", "President (exercise)"];

const fn choice(code: &'static str, names: [&'static str; 3]) -> ChoiceText {
    ChoiceText { code, names }
}

pub(super) fn election(keys: HqKeys, addresses: Vec<String>) -> ElectionPart {
    ElectionPart {
        id: ElectionId::new(ELECTION).expect("the name of the election is a code"),
        names: names(NAMES),
        exercise: Some(names(BANNER)),
        time_zone: "Asia/Almaty".into(),
        date: "2005-12-04".into(),
        round: 1,
        polls_close_at: Some(deadlines::polls_close_at()),
        deadlines: deadlines::deadlines(),
        contests: vec![contest()],
        copy_types: COPIES
            .map(|(code, texts)| CopyTypeDefinition { code: copy(code), names: names(texts) })
            .into(),
        comparable: COMPARABLE.map(|(one, other)| (copy(one), copy(other))).into(),
        linked: vec![LinkedCopies {
            parts: vec![copy(ELECTRONIC), copy(PAPER)],
            whole: copy(SUMMARY),
        }],
        corroboration: Corroboration::AnyPersons,
        keys,
        addresses,
        sealing: None,
    }
}

fn contest() -> Contest {
    let choices = CHOICES.map(|choice| Choice {
        code: ChoiceCode::new(choice.code).expect("the codes of the choices are codes"),
        names: names(choice.names),
    });
    Contest {
        code: ContestCode::new(PRESIDENT).expect("the contest's code is a code"),
        names: names(CONTEST),
        mandates: 1,
        choices: choices.into(),
    }
}

/// The names of the choice at `place`, in the languages of the paper.
pub(in crate::exercise) fn choice_names(place: usize) -> Vec<String> {
    CHOICES[place].names.map(String::from).into()
}

/// The names of a copy type, in the languages of the paper.
pub(in crate::exercise) fn copy_names(copy: &CopyType) -> [&'static str; 3] {
    let found = COPIES.iter().find(|(code, _)| *code == copy.as_str());
    found.expect("the exercise uses its own copy types only").1
}

pub(super) fn names([kk, ru, en]: [&str; 3]) -> Names {
    Names::new(kk, ru, en)
}

pub(super) fn copy(code: &str) -> CopyType {
    CopyType::new(code).expect("the codes of the copy types are codes")
}
