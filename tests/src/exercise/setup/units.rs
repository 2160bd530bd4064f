//! The register: the country, its 16 regions of 2005, territorial commissions and 9,580 precincts.
//!
//! Regions and the number of precincts are facts. How they are spread, how many territorial
//! commissions there are and every precinct's number are invented; real precincts have no numbers
//! above 900000.

use hattama_proto::{
    id::UnitCode,
    pack::{Names, Special, Unit, UnitKind, UnitPart},
};

use super::outlines;
use crate::exercise::data;

/// The code of the country.
pub const COUNTRY: &str = "KZ";
/// How many precincts there are.
pub const PRECINCTS: usize = 9_580;

/// KATO code, invented number of precincts and of territorial commissions, by region.
const SPREAD: [(&str, u32, u32); 16] = [
    ("11", 700, 19),
    ("15", 480, 13),
    ("19", 850, 19),
    ("23", 200, 8),
    ("27", 500, 13),
    ("31", 480, 11),
    ("35", 750, 18),
    ("39", 800, 20),
    ("43", 350, 8),
    ("47", 160, 6),
    ("51", 980, 16),
    ("55", 520, 13),
    ("59", 780, 14),
    ("63", 900, 19),
    ("71", 230, 6),
    ("75", 900, 7),
];

/// The region whose last territorial commission has the precincts abroad.
const ABROAD: &str = "71";
/// How many precincts are abroad.
const PRECINCTS_ABROAD: u32 = 34;

pub(super) fn units() -> UnitPart {
    let mut units = vec![unit(
        COUNTRY,
        None,
        UnitKind::Country,
        Names::new("Қазақстан", "Казахстан", "Kazakhstan"),
    )];
    for row in data::regions() {
        let names = Names::new(&row.kk, &row.ru, &row.en);
        units.push(unit(&row.kato, Some(COUNTRY), UnitKind::Region, names));
        let spread = SPREAD.iter().find(|(kato, ..)| *kato == row.kato);
        let (kato, precincts, commissions) = *spread.expect("every region has its share");
        push_districts(&mut units, kato, commissions);
        push_precincts(&mut units, kato, precincts, commissions);
    }
    UnitPart { version: 1, units, outlines: Some(outlines::outlines()) }
}

fn push_districts(units: &mut Vec<Unit>, kato: &str, commissions: u32) {
    units.extend((1..=commissions).map(|number| {
        let names = Names::new(
            &format!("№ {number} аумақтық комиссия (жаттығу)"),
            &format!("Территориальная комиссия № {number} (учебная)"),
            &format!("Territorial commission {number} (exercise)"),
        );
        unit(&district(kato, number), Some(kato), UnitKind::District, names)
    }));
}

/// Spreads the precincts evenly over the commissions, with numbers that run through the region.
fn push_precincts(units: &mut Vec<Unit>, kato: &str, precincts: u32, commissions: u32) {
    let abroad = if kato == ABROAD { PRECINCTS_ABROAD } else { 0 };
    let at_home = precincts - abroad;
    let home_commissions = if abroad > 0 { commissions - 1 } else { commissions };
    for index in 0..precincts {
        let (commission, special) = if index < at_home {
            (1 + index * home_commissions / at_home, special(index))
        } else {
            (commissions, Some(Special::Abroad))
        };
        let code = format!("{kato}-{}", 900_001 + index);
        let parent = district(kato, commission);
        let precinct = unit(&code, Some(&parent), UnitKind::Precinct, Names::default());
        units.push(Unit { special, ..precinct });
    }
}

/// A few precincts in every region stand in hospitals, garrisons and places of detention.
const fn special(index: u32) -> Option<Special> {
    match index % 90 {
        37 => Some(Special::Hospital),
        61 => Some(Special::Military),
        83 => Some(Special::Detention),
        _ => None,
    }
}

fn district(kato: &str, number: u32) -> String {
    format!("{kato}-T{number:02}")
}

fn unit(code: &str, parent: Option<&str>, kind: UnitKind, names: Names) -> Unit {
    let read = |code: &str| UnitCode::new(code).expect("the codes of the units are codes");
    Unit { code: read(code), parent: parent.map(read), kind, names, special: None, since: 1 }
}
