//! What a sample is drawn from, and the draw: the ordinary precincts of a register. Pure.
//!
//! Precincts that no territory explains (abroad, garrisons, hospitals, places of detention) are outside
//! the frame: they vote otherwise than their neighbours, observers seldom get there, and they are
//! reported apart.

use std::collections::{BTreeMap, HashMap};

use hattama_proto::{
    id::UnitCode,
    pack::{UnitKind, UnitRegister},
    statement::{Sample, SampleStratum},
};
use serde::{Deserialize, Serialize};

use crate::estimate::draw::{allocate, draw};

/// How a frame is divided before it is drawn from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Not at all.
    #[default]
    Country,
    /// Each region by itself, in proportion to its precincts.
    Region,
}

/// The precincts that can be drawn, by stratum in the order of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The strata with their precincts. A stratum of a region bears its code.
    pub strata: Vec<(Option<&'a UnitCode>, Vec<&'a UnitCode>)>,
    /// Precincts that are left out because they are special.
    pub special: u64,
}

/// What came of a draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// How many of each stratum.
    pub strata: Vec<SampleStratum>,
    /// Which, stratum by stratum in the order drawn.
    pub units: Vec<UnitCode>,
}

impl<'a> Frame<'a> {
    /// The frame of a register.
    pub fn of(register: &'a UnitRegister, by: By) -> Self {
        let mut frame = Self { strata: Vec::new(), special: 0 };
        let mut places: HashMap<Option<&UnitCode>, usize> = HashMap::new();
        for precinct in register.of_kind(UnitKind::Precinct) {
            if precinct.special.is_some() {
                frame.special += 1;
                continue;
            }
            let region = match by {
                By::Country => None,
                By::Region => register.region_of(&precinct.code).map(|region| &region.code),
            };
            let place = *places.entry(region).or_insert_with(|| {
                frame.strata.push((region, Vec::new()));
                frame.strata.len() - 1
            });
            frame.strata[place].1.push(&precinct.code);
        }
        frame
    }

    /// Precincts that can be drawn.
    pub fn size(&self) -> usize {
        self.strata.iter().map(|(_, codes)| codes.len()).sum()
    }

    /// Draws `count` precincts, of each stratum in proportion to its size.
    pub fn draw(&self, seed: &str, count: usize) -> Drawn {
        let sizes: BTreeMap<usize, usize> = self
            .strata
            .iter()
            .enumerate()
            .map(|(place, (_, codes))| (place, codes.len()))
            .collect();
        let given = allocate(&sizes, count);
        self.draw_each(seed, |place| given.get(&place).copied().unwrap_or_default())
    }

    fn draw_each(&self, seed: &str, count: impl Fn(usize) -> usize) -> Drawn {
        let mut drawn = Drawn { strata: Vec::new(), units: Vec::new() };
        for (place, (unit, codes)) in self.strata.iter().enumerate() {
            let by_code: HashMap<&str, &UnitCode> =
                codes.iter().map(|code| (code.as_str(), *code)).collect();
            let names = draw(seed, codes.iter().map(|code| code.as_str()), count(place));
            drawn.strata.push(SampleStratum {
                unit: unit.cloned(),
                frame: codes.len() as u64,
                drawn: names.len() as u64,
            });
            drawn.units.extend(names.iter().map(|name| by_code[name].clone()));
        }
        drawn
    }
}

/// What a draw looks like when somebody draws again from what its statement says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Whether everything came out as it was said.
    pub as_drawn: bool,
    /// What did not, in words for people.
    pub wrong: Vec<String>,
}

/// Draws again from `register`, which must be the one that the statement names, and compares with what
/// was said and with the list that was kept.
pub fn check(sample: &Sample, kept: &[UnitCode], register: &UnitRegister) -> Checked {
    let by = if sample.strata.iter().any(|stratum| stratum.unit.is_some()) {
        By::Region
    } else {
        By::Country
    };
    let frame = Frame::of(register, by);
    let mut wrong = Vec::new();
    if frame.special != sample.special {
        wrong.push(format!(
            "the register has {} special precincts, the statement says {}",
            frame.special, sample.special
        ));
    }
    let said: HashMap<Option<&UnitCode>, &SampleStratum> =
        sample.strata.iter().map(|stratum| (stratum.unit.as_ref(), stratum)).collect();
    let again = frame.draw_each(&sample.seed, |place| {
        said.get(&frame.strata[place].0)
            .map_or(0, |stratum| usize::try_from(stratum.drawn).unwrap_or(usize::MAX))
    });
    if again.strata != sample.strata {
        let name = |stratum: &SampleStratum| {
            let unit = stratum.unit.as_ref().map_or("the country", |unit| unit.as_str());
            format!("{unit}: {} of {}", stratum.drawn, stratum.frame)
        };
        let list =
            |strata: &[SampleStratum]| strata.iter().map(name).collect::<Vec<_>>().join(", ");
        wrong.push(format!(
            "the strata come out as {}, the statement says {}",
            list(&again.strata),
            list(&sample.strata)
        ));
    }
    if Sample::hash_of(&again.units) != sample.drawn {
        wrong.push("the precincts that the seed draws are not those that were signed".to_owned());
    }
    if kept != again.units {
        wrong.push("the list of precincts is not the one that the seed draws".to_owned());
    }
    Checked { as_drawn: wrong.is_empty(), wrong }
}

#[cfg(test)]
mod tests {
    use hattama_proto::{
        id::PartHash,
        pack::{Names, Special, Unit, UnitPart},
    };
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> UnitCode {
        UnitCode::new(text).unwrap()
    }

    /// Regions with so many precincts each; every seventh precinct of a region is special.
    fn register(regions: &[usize]) -> UnitRegister {
        let unit = |name: &str, parent: Option<&str>, kind| Unit {
            code: code(name),
            parent: parent.map(code),
            kind,
            names: Names::default(),
            special: None,
            since: 1,
        };
        let mut units = vec![unit("land", None, UnitKind::Country)];
        for (number, precincts) in regions.iter().enumerate() {
            let region = format!("r{number}");
            units.push(unit(&region, Some("land"), UnitKind::Region));
            for precinct in 1..=*precincts {
                let name = format!("{region}-{precinct}");
                let special = (precinct % 7 == 0).then_some(Special::Hospital);
                units.push(Unit { special, ..unit(&name, Some(&region), UnitKind::Precinct) });
            }
        }
        UnitRegister::new(UnitPart { version: 1, units, outlines: None }).unwrap()
    }

    fn said(frame: &Frame<'_>, seed: &str, count: usize) -> (Sample, Vec<UnitCode>) {
        let drawn = frame.draw(seed, count);
        let sample = Sample {
            account: "a".into(),
            seed: seed.into(),
            register: PartHash::of(b"units"),
            register_version: 1,
            special: frame.special,
            drawn: Sample::hash_of(&drawn.units),
            strata: drawn.strata,
        };
        (sample, drawn.units)
    }

    #[test]
    fn special_precincts_are_outside_and_every_region_is_a_stratum() {
        let register = register(&[14, 3]);
        let frame = Frame::of(&register, By::Region);
        let sizes: Vec<usize> = frame.strata.iter().map(|(_, codes)| codes.len()).collect();
        assert_eq!((sizes, frame.special, frame.size()), (vec![12, 3], 2, 15));
        assert_eq!(Frame::of(&register, By::Country).strata.len(), 1);
    }

    #[test]
    fn whatever_is_altered_of_a_draw_is_told() {
        let (small, large) = (register(&[40, 20]), register(&[40, 21]));
        let (sample, units) = said(&Frame::of(&small, By::Region), "dice", 9);
        assert!(check(&sample, &units, &small).as_drawn);
        let wrong = |sample: &Sample, units: &[UnitCode], register| {
            let checked = check(sample, units, register);
            assert!(!checked.as_drawn);
            checked.wrong.len()
        };
        let mut swapped = units.clone();
        swapped.swap(0, 1);
        assert_eq!(wrong(&sample, &swapped, &small), 1);
        assert_eq!(wrong(&Sample { seed: "other".into(), ..sample.clone() }, &units, &small), 2);
        assert_eq!(wrong(&Sample { special: 0, ..sample.clone() }, &units, &small), 1);
        assert!(wrong(&sample, &units, &large) > 0, "another register");
        let mut more = sample.clone();
        more.strata[1].drawn += 1;
        assert!(wrong(&more, &units, &small) > 0);
    }

    proptest! {
        #[test]
        fn a_draw_checks_and_takes_what_was_asked_of_ordinary_precincts_only(
            regions in prop::collection::vec(1..60_usize, 1..6), count in 1..80_usize,
            seed in "[a-z0-9]{1,12}", by_region in any::<bool>()
        ) {
            let register = register(&regions);
            let by = if by_region { By::Region } else { By::Country };
            let frame = Frame::of(&register, by);
            let (sample, units) = said(&frame, &seed, count);
            prop_assert!(check(&sample, &units, &register).as_drawn);
            prop_assert_eq!(units.len(), count.min(frame.size()));
            let is_special = |unit: &UnitCode| register.get(unit).unwrap().special.is_some();
            prop_assert!(!units.iter().any(is_special));
        }
    }
}
