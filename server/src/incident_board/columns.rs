//! What filters look at, in columns that are read from front to back.

use std::{
    collections::{BTreeMap, HashMap},
    ops::{Bound, Range},
    sync::Arc,
};

use super::{
    Tallies,
    bits::Bits,
    filter::{IncidentFilter, IncidentOrder},
    postings::Postings,
};
use crate::store::incidents::{ChangedIncident, StoredIncident};

/// A text as a number. Texts of one column are compared with one another only.
type Symbol = u32;

/// No text.
const NONE: Symbol = 0;

/// When an event happened that does not say when.
const UNKNOWN: i64 = i64::MIN;

/// Texts, each once.
#[derive(Debug, Default)]
struct Symbols {
    known: HashMap<Arc<str>, Symbol>,
    texts: Vec<Arc<str>>,
}

impl Symbols {
    fn of(&mut self, text: Option<&str>) -> Symbol {
        let Some(text) = text else { return NONE };
        if let Some(symbol) = self.known.get(text) {
            return *symbol;
        }
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        let symbol = Symbol::try_from(self.texts.len()).unwrap_or(Symbol::MAX);
        self.known.insert(text, symbol);
        symbol
    }

    fn find(&self, text: &str) -> Option<Symbol> {
        self.known.get(text).copied()
    }

    /// Those for which `holds`; for columns with few texts.
    fn with(&self, holds: impl Fn(&str) -> bool) -> Bits {
        let texts = self.texts.iter().zip(1..);
        texts.filter(|(text, _)| holds(text)).map(|(_, symbol)| symbol).collect()
    }

    fn text(&self, symbol: Symbol) -> &str {
        let place = (symbol as usize).checked_sub(1);
        place.and_then(|place| self.texts.get(place)).map_or("", |text| text)
    }
}

/// Areas, each once, and in order: what lies below one begins with it.
#[derive(Debug, Default)]
struct Areas {
    symbols: Symbols,
    sorted: BTreeMap<Arc<str>, Symbol>,
}

impl Areas {
    fn of(&mut self, area: Option<&str>) -> Symbol {
        let symbol = self.symbols.of(area);
        if let Some(area) = area.filter(|area| !self.sorted.contains_key(*area)) {
            self.sorted.insert(area.into(), symbol);
        }
        symbol
    }

    fn within(&self, area: &str) -> Bits {
        let from = (Bound::Included(area), Bound::Unbounded);
        let rest = self.sorted.range::<str, _>(from);
        rest.take_while(|(text, _)| text.starts_with(area)).map(|(_, symbol)| *symbol).collect()
    }
}

/// State, severity and categories: what is counted.
type Kind = (Symbol, Symbol, Symbol);

/// One incident as filters see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    /// The number of its kind.
    kind: usize,
    state: Symbol,
    severity: Symbol,
    phase: Symbol,
    categories: Symbol,
    unit: Symbol,
    area: Symbol,
    org: Symbol,
    region: Symbol,
    assignee: Symbol,
    group: Symbol,
    /// All its tags, as one text: each between line ends.
    tags: Symbol,
    received: i64,
    occurred: i64,
}

/// All incidents, in the order in which they were first read. A row never moves.
#[derive(Debug, Default)]
pub(super) struct Columns {
    codes: Symbols,
    categories: Symbols,
    tags: Symbols,
    areas: Areas,
    kinds: Vec<Kind>,
    /// How many incidents are of each kind: the answer where nothing limits.
    counts: Vec<u64>,
    rows: Vec<Row>,
    incidents: Vec<StoredIncident>,
    /// Rows by the log index of the report.
    by_receipt: BTreeMap<u64, usize>,
    /// Rows by the log index of the last change.
    by_change: BTreeMap<u64, usize>,
}

impl Columns {
    /// The first log index whose changes are not here yet.
    pub(super) fn next_change(&self) -> u64 {
        self.by_change.last_key_value().map_or(0, |(last, _)| last + 1)
    }

    /// The row of the incident with this report.
    pub(super) fn row_of(&self, position: u64) -> Option<usize> {
        self.by_receipt.get(&position).copied()
    }

    pub(super) fn incident(&self, row: usize) -> &StoredIncident {
        &self.incidents[row]
    }

    /// When it happened; where the report does not say, when it came.
    pub(super) fn happened(&self, row: usize) -> i64 {
        let Row { occurred, received, .. } = self.rows[row];
        if occurred == UNKNOWN { received } else { occurred }
    }

    /// Adds an incident, or puts what it is now in its place.
    pub(super) fn put(&mut self, changed: ChangedIncident, tags: &[String]) {
        let ChangedIncident { incident, occurred_at, area } = changed;
        let tags = (!tags.is_empty()).then(|| format!("\n{}\n", tags.join("\n")));
        let symbols = &mut self.codes;
        let mut row = Row {
            kind: 0,
            state: symbols.of(Some(&incident.state)),
            severity: symbols.of(Some(&incident.severity)),
            phase: symbols.of(Some(&incident.phase)),
            categories: self.categories.of(Some(&incident.categories)),
            unit: symbols.of(incident.unit.as_deref()),
            area: self.areas.of(area.as_deref()),
            org: symbols.of(incident.org.as_deref()),
            region: symbols.of(incident.region.as_deref()),
            assignee: symbols.of(incident.assignee.as_deref()),
            group: symbols.of(incident.group.as_deref()),
            tags: self.tags.of(tags.as_deref()),
            received: incident.received_at.0,
            occurred: occurred_at.map_or(UNKNOWN, |at| at.0),
        };
        row.kind = self.kind_of((row.state, row.severity, row.categories));
        self.counts[row.kind] += 1;
        if let Some(place) = self.row_of(incident.position) {
            self.counts[self.rows[place].kind] -= 1;
            self.by_change.remove(&self.incidents[place].changed_position);
            self.by_change.insert(incident.changed_position, place);
            self.rows[place] = row;
            self.incidents[place] = incident;
        } else {
            let place = self.rows.len();
            self.by_receipt.insert(incident.position, place);
            self.by_change.insert(incident.changed_position, place);
            self.rows.push(row);
            self.incidents.push(incident);
        }
    }

    /// The number of a kind: there are a few dozen, so they are looked through.
    fn kind_of(&mut self, kind: Kind) -> usize {
        self.kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
            self.kinds.push(kind);
            self.counts.push(0);
            self.kinds.len() - 1
        })
    }

    /// Rows in this order, after this place of it.
    pub(super) fn in_order(
        &self,
        order: IncidentOrder,
        after: Option<u64>,
    ) -> impl Iterator<Item = usize> + '_ {
        let rows = match order {
            IncidentOrder::Changed => &self.by_change,
            IncidentOrder::Received => &self.by_receipt,
        };
        rows.range(..after.unwrap_or(u64::MAX)).rev().map(|(_, row)| *row)
    }

    /// The filter in symbols; none where nothing can fit.
    pub(super) fn test<'a>(
        &'a self,
        filter: &IncidentFilter,
        words: &[Arc<Postings>],
    ) -> Option<Test<'a>> {
        let mut checks = Vec::new();
        let equal: [(&Option<String>, Column); 7] = [
            (&filter.scope.org, |row| row.org),
            (&filter.scope.region, |row| row.region),
            (&filter.phase, |row| row.phase),
            (&filter.unit, |row| row.unit),
            (&filter.org, |row| row.org),
            (&filter.assignee, |row| row.assignee),
            (&filter.group, |row| row.group),
        ];
        for (wanted, column) in equal {
            if let Some(wanted) = wanted {
                // A text that no incident has fits none.
                checks.push(Check::Is(column, self.codes.find(wanted)?));
            }
        }
        let tag = filter.tag.as_ref().map(|tag| format!("\n{tag}\n"));
        let among = [
            (filter.area.as_ref().map(|area| self.areas.within(area)), (|row| row.area) as Column),
            (tag.map(|tag| self.tags.with(|text| text.contains(&tag))), |row| row.tags),
        ];
        for (wanted, column) in among {
            checks.extend(wanted.map(|wanted| Check::Among(column, wanted)));
        }
        let span = |(from, until): (Option<i64>, Option<i64>)| {
            (from.is_some() || until.is_some())
                .then(|| from.unwrap_or(i64::MIN)..until.unwrap_or(i64::MAX))
        };
        checks.extend(span(filter.received).map(Check::Received));
        checks.extend(span(filter.occurred).map(Check::Occurred));
        checks.extend(words.iter().cloned().map(Check::Word));
        let kinds = self.kinds(filter)?;
        Some(Test { rows: &self.rows, kinds, checks })
    }

    /// The kinds that fit; all of them where neither state nor severity nor category limits. None where
    /// nothing can fit.
    fn kinds(&self, filter: &IncidentFilter) -> Option<Option<Bits>> {
        if filter.state.is_none() && filter.severity.is_none() && filter.category.is_none() {
            return Some(None);
        }
        let find = |text: &Option<String>| match text {
            None => Some(None),
            Some(text) => self.codes.find(text).map(Some),
        };
        let (state, severity) = (find(&filter.state)?, find(&filter.severity)?);
        let code = filter.category.as_ref().map(|code| format!("\"{code}\""));
        let fits = |(of_state, of_severity, categories): &Kind| {
            state.is_none_or(|wanted| wanted == *of_state)
                && severity.is_none_or(|wanted| wanted == *of_severity)
                && code.as_ref().is_none_or(|code| self.categories.text(*categories).contains(code))
        };
        let kinds = self.kinds.iter().zip(0..);
        Some(Some(kinds.filter(|(kind, _)| fits(kind)).map(|(_, number)| number).collect()))
    }

    /// How many fit, by state, severity and categories; in the order of their texts. What asks for
    /// nothing else is answered without a look at the rows.
    pub(super) fn tallies(&self, test: &Test<'_>) -> Vec<Tallies> {
        let mut counts;
        let counts = if test.checks.is_empty() {
            &self.counts
        } else {
            counts = vec![0; self.kinds.len()];
            for (place, row) in self.rows.iter().enumerate() {
                counts[row.kind] += u64::from(test.fits(place));
            }
            &counts
        };
        let text = |symbol| self.codes.text(symbol).to_owned();
        let mut tallies: Vec<Tallies> = self
            .kinds
            .iter()
            .zip(counts)
            .enumerate()
            .filter(|(kind, (_, count))| **count > 0 && test.takes(*kind))
            .map(|(_, ((state, severity, categories), count))| Tallies {
                state: text(*state),
                severity: text(*severity),
                categories: self.categories.text(*categories).to_owned(),
                count: *count,
            })
            .collect();
        tallies.sort();
        tallies
    }
}

/// What a row has in a column.
type Column = fn(&Row) -> Symbol;

/// One condition of a filter.
enum Check {
    /// The column has this text.
    Is(Column, Symbol),
    /// The column has one of these texts.
    Among(Column, Bits),
    /// Received in this time.
    Received(Range<i64>),
    /// Occurred in this time; what does not say when does not fit.
    Occurred(Range<i64>),
    /// The word stands in it.
    Word(Arc<Postings>),
}

/// A filter in symbols: only what it asks for is looked at.
pub(super) struct Test<'a> {
    rows: &'a [Row],
    /// The kinds that fit; none: all.
    kinds: Option<Bits>,
    /// What else has to hold.
    checks: Vec<Check>,
}

impl Test<'_> {
    /// Whether a kind fits.
    fn takes(&self, kind: usize) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.has(kind))
    }

    /// Whether a row fits.
    pub(super) fn fits(&self, place: usize) -> bool {
        let row = &self.rows[place];
        self.takes(row.kind)
            && self.checks.iter().all(|check| match check {
                Check::Is(column, wanted) => column(row) == *wanted,
                Check::Among(column, wanted) => wanted.has(column(row) as usize),
                Check::Received(span) => span.contains(&row.received),
                Check::Occurred(span) => row.occurred != UNKNOWN && span.contains(&row.occurred),
                Check::Word(word) => word.has(place),
            })
    }
}
