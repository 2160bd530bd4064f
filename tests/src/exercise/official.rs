//! What the commission of the exercise published.
//!
//! Promises: nearly all precincts are published (about three in a hundred are not); two regional
//! totals were altered after the precincts had reported and no others; the nation's total is the
//! sum of the published regions. Every published row satisfies the control relations, because
//! official systems refuse what does not add up.

use std::{fs, io, path::Path};

use hattama_proto::{
    id::UnitCode,
    pack::{UnitKind, UnitRegister},
    statement::Level,
};

use super::{
    chance::Chance,
    count::{Count, Line},
    figures::Figures,
    setup::{CHOICES, COUNTRY, PRESIDENT},
    story::{Case, Story},
};

/// One precinct in so many is not published.
const UNPUBLISHED_ONE_IN: u64 = 33;

/// The publications of the three levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Official {
    /// Published precincts with their counts, in register order.
    pub precincts: Vec<(UnitCode, Count)>,
    /// All regions.
    pub regions: Vec<(UnitCode, Count)>,
    /// The country.
    pub nation: (UnitCode, Count),
    /// The regions whose total was altered.
    pub altered: [UnitCode; 2],
    /// Precincts whose published figures are not what was counted there.
    pub misreported: Vec<UnitCode>,
}

impl Official {
    /// Publishes the results, altered as the story wants.
    pub fn publish(seed: u64, register: &UnitRegister, figures: &Figures, story: &Story) -> Self {
        let mut chance = Chance::of(seed, "official");
        let misprint = misprinted(&mut chance, figures, story);
        let mut precincts = Vec::new();
        let mut misreported = Vec::new();
        for unit in register.of_kind(UnitKind::Precinct) {
            let misprinted = misprint.as_ref().filter(|(code, _)| *code == unit.code);
            let other = story.announced.get(&unit.code).or(misprinted.map(|(_, count)| count));
            if other.is_none() && chance.once_in(UNPUBLISHED_ONE_IN) {
                continue;
            }
            misreported.extend(other.map(|_| unit.code.clone()));
            precincts.push((unit.code.clone(), *other.unwrap_or_else(|| figures.of(&unit.code))));
        }
        let regions: Vec<_> = register
            .of_kind(UnitKind::Region)
            .map(|unit| {
                let truly = figures.sum_within(register, &unit.code);
                let published = match story.altered.iter().position(|code| *code == unit.code) {
                    None => truly,
                    Some(0) => move_votes(&mut chance, &truly),
                    Some(_) => {
                        let moved = move_votes(&mut chance, &truly);
                        add_votes(&mut chance, &moved)
                    }
                };
                (unit.code.clone(), published)
            })
            .collect();
        let nation = regions.iter().map(|(_, count)| count).sum();
        let country = UnitCode::new(COUNTRY).expect("the country's code is a code");
        let altered = story.altered.clone();
        Self { precincts, regions, nation: (country, nation), altered, misreported }
    }

    /// The publication of one level as CSV, none for a level that was not published.
    pub fn csv(&self, level: Level) -> Option<String> {
        match level {
            Level::Precinct => Some(csv(&self.precincts)),
            Level::District => None,
            Level::Region => Some(csv(&self.regions)),
            Level::Nation => Some(csv(std::slice::from_ref(&self.nation))),
        }
    }

    /// Writes `precinct.csv`, `region.csv` and `nation.csv` into `folder`, which is made if it is
    /// not there.
    pub fn write_folder(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for level in Level::ALL {
            if let Some(text) = self.csv(level) {
                fs::write(folder.join(format!("{}.csv", level.name())), text)?;
            }
        }
        Ok(())
    }
}

/// An observed precinct whose two leading rows were swapped by a clerk, if there is a plain one.
fn misprinted(chance: &mut Chance, figures: &Figures, story: &Story) -> Option<(UnitCode, Count)> {
    let plain: Vec<_> = story
        .observed
        .iter()
        .filter(|(code, case)| {
            let [first, second, ..] = figures.of(code).ranking();
            let votes = figures.of(code).votes;
            **case == Case::Plain && votes[first] != votes[second]
        })
        .collect();
    if plain.is_empty() {
        return None;
    }
    let unit = chance.pick(&plain).0;
    let mut count = *figures.of(unit);
    let [first, second, ..] = count.ranking();
    count.votes.swap(first, second);
    Some((unit.clone(), count))
}

/// About a seventh of one leading choice's votes are given to another: more than all unpublished
/// precincts together could explain.
fn move_votes(chance: &mut Chance, truly: &Count) -> Count {
    let mut places = truly.ranking();
    chance.shuffle(&mut places[..3]);
    let votes = truly.votes[places[0]] * chance.between(120, 180) / 1_000;
    truly.with_votes_moved(votes, places[0], places[1])
}

/// Cancelled ballots become votes of the leading choice, in every line that shows ballots.
fn add_votes(chance: &mut Chance, truly: &Count) -> Count {
    let mut altered = *truly;
    let room = truly[Line::Cancelled].min(truly[Line::VotersOnList] - truly.issued());
    let votes = (truly[Line::Valid] * chance.between(20, 40) / 1_000).min(room / 2);
    altered[Line::Cancelled] -= votes;
    for line in [Line::IssuedStation, Line::StationaryBoxes, Line::Valid] {
        altered[line] += votes;
    }
    altered.votes[truly.ranking()[0]] += votes;
    altered
}

/// One header, one row per unit: `unit`, the lines of the form, `contest:choice`.
fn csv(rows: &[(UnitCode, Count)]) -> String {
    let lines = Line::ALL.iter().map(|line| line.name().to_owned());
    let choices = CHOICES.iter().map(|choice| format!("{PRESIDENT}:{}", choice.code));
    let header: Vec<_> = std::iter::once("unit".to_owned()).chain(lines).chain(choices).collect();
    let mut text = header.join(",") + "\n";
    for (unit, count) in rows {
        let figures = count.lines().map(|(_, figure)| figure).chain(count.votes);
        text.push_str(unit.as_str());
        figures.for_each(|figure| text.push_str(&format!(",{figure}")));
        text.push('\n');
    }
    text
}
