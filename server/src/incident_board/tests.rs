//! Whatever comes in whatever order, the columns say what a look at every incident says.

use hattama_proto::{id::RecordId, time::UnixMillis};
use proptest::prelude::*;

use super::{
    columns::Columns,
    filter::{IncidentFilter, IncidentOrder},
};
use crate::{
    access::Scope,
    store::incidents::{ChangedIncident, StoredIncident},
};

const STATES: [&str; 3] = ["received", "triaged", "resolved"];
const AREAS: [&str; 4] = ["/KZ/", "/KZ/11/", "/KZ/11/1/", "/KZ/110/"];
const TAGS: [&str; 3] = ["bus", "busy", "door"];

#[derive(Clone, Debug)]
struct Told {
    changed: ChangedIncident,
    tags: Vec<String>,
}

/// An incident of few kinds, with this report and this last change.
fn told(position: u64, changed: u64, kind: usize) -> Told {
    let pick = |from: &[&str], by: usize| from[kind / by % from.len()].to_owned();
    let incident = StoredIncident {
        record: RecordId::of(&position.to_be_bytes()),
        person: None,
        org: Some(format!("org{}", kind % 2)),
        unit: (!kind.is_multiple_of(3)).then(|| format!("unit{}", kind % 3)),
        region: Some(format!("region{}", kind % 2)),
        categories: format!("[\"a{}\",\"b\"]", kind % 3),
        phase: "count".to_owned(),
        severity: "high".to_owned(),
        occurred_at: None,
        state: pick(&STATES, 2),
        version: 0,
        updated_at: UnixMillis(0),
        position,
        changed_position: changed,
        received_at: UnixMillis(i64::try_from(kind).unwrap()),
        assignee: None,
        group: None,
        duplicate_of: None,
        edition: 0,
    };
    let tags = TAGS.iter().enumerate().filter(|(bit, _)| kind >> bit & 1 == 1);
    Told {
        changed: ChangedIncident {
            incident,
            occurred_at: (!kind.is_multiple_of(4))
                .then(|| UnixMillis(i64::try_from(kind % 4).unwrap())),
            area: Some(pick(&AREAS, 3)),
        },
        tags: tags.map(|(_, tag)| (*tag).to_owned()).collect(),
    }
}

fn fits(told: &Told, filter: &IncidentFilter) -> bool {
    let ChangedIncident { incident, occurred_at, area } = &told.changed;
    let is = |wanted: &Option<String>, has: &Option<String>| wanted.is_none() || wanted == has;
    is(&filter.state, &Some(incident.state.clone()))
        && is(&filter.unit, &incident.unit)
        && is(&filter.scope.org, &incident.org)
        && filter.tag.as_ref().is_none_or(|tag| told.tags.contains(tag))
        && filter.category.as_ref().is_none_or(|code| {
            serde_json::from_str::<Vec<String>>(&incident.categories).unwrap().contains(code)
        })
        && filter.area.as_ref().is_none_or(|wanted| area.as_ref().unwrap().starts_with(wanted))
        && filter.occurred.0.is_none_or(|from| occurred_at.is_some_and(|at| at.0 >= from))
}

fn filters() -> impl Strategy<Value = IncidentFilter> {
    let one_of = |all: &'static [&'static str]| {
        prop::option::of(prop::sample::select(all).prop_map(str::to_owned))
    };
    (
        one_of(&["received", "triaged", "resolved", "escalated"]),
        one_of(&["unit1", "unit2", "unit9"]),
        one_of(&["org0", "org1"]),
        one_of(&["bus", "busy", "door", "do"]),
        one_of(&["a0", "a1", "b", "a"]),
        one_of(&["/KZ/11/", "/KZ/", "/KZ/110/", "/RU/"]),
        prop::option::of(0..5_i64),
    )
        .prop_map(|(state, unit, org, tag, category, area, from)| IncidentFilter {
            state,
            unit,
            tag,
            category,
            area,
            occurred: (from, None),
            scope: Scope { org, ..Scope::default() },
            ..IncidentFilter::default()
        })
}

proptest! {
    #[test]
    fn the_columns_say_what_a_look_at_every_incident_says(
        kinds in prop::collection::vec(0..48_usize, 1..60),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..48_usize), 0..60),
        turns in prop::collection::vec(any::<prop::sample::Index>(), 60),
        filter in filters(),
        after in prop::option::of(0..130_u64),
    ) {
        // What each incident is at last, and everything that was read on the way.
        let mut last: Vec<Told> =
            kinds.iter().zip(0..).map(|(kind, position)| told(position, position, *kind)).collect();
        let mut read = last.clone();
        for ((which, kind), at) in changes.iter().zip(100..) {
            let place = which.index(last.len());
            last[place] = told(place as u64, at, *kind);
            read.push(last[place].clone());
        }
        // Reports may be read in any order; changes of one incident come in theirs.
        for (place, turn) in turns.iter().enumerate().take(kinds.len()) {
            read.swap(place, turn.index(kinds.len()));
        }
        let mut columns = Columns::default();
        for told in read {
            columns.put(told.changed, &told.tags);
        }
        let place = |order, told: &Told| match order {
            IncidentOrder::Changed => told.changed.incident.changed_position,
            IncidentOrder::Received => told.changed.incident.position,
        };
        for order in [IncidentOrder::Changed, IncidentOrder::Received] {
            let mut expected: Vec<u64> = last
                .iter()
                .filter(|told| fits(told, &filter))
                .map(|told| place(order, told))
                .filter(|at| after.is_none_or(|after| *at < after))
                .collect();
            expected.sort_by(|one, other| other.cmp(one));
            let test = columns.test(&filter, &[]);
            let found: Vec<u64> = test.map_or_else(Vec::new, |test| {
                let rows = columns.in_order(order, after).filter(|row| test.fits(*row));
                rows.map(|row| {
                    let incident = columns.incident(row);
                    match order {
                        IncidentOrder::Changed => incident.changed_position,
                        IncidentOrder::Received => incident.position,
                    }
                })
                .collect()
            });
            prop_assert_eq!(found, expected);
        }
        let counted: u64 = columns.test(&filter, &[]).map_or(0, |test| {
            columns.tallies(&test).iter().map(|tally| tally.count).sum()
        });
        let fitting = last.iter().filter(|told| fits(told, &filter)).count() as u64;
        prop_assert_eq!(counted, fitting);
    }
}

#[test]
fn a_row_keeps_its_place_whatever_is_read_later() {
    // Where words stand is kept by row: a report that is read late must not shift the others.
    let mut columns = Columns::default();
    for (position, changed) in [(5, 5), (9, 20), (2, 30), (5, 40)] {
        columns.put(told(position, changed, 1).changed, &[]);
    }
    assert_eq!([5, 9, 2].map(|position| columns.row_of(position)), [Some(0), Some(1), Some(2)]);
    assert_eq!(columns.row_of(7), None);
}
