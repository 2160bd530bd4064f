//! Which incidents fit: filters, orders, counts.
//!
//! A page goes on after a log index, so it costs the same wherever it begins, and nothing that is
//! added meanwhile can move what was not shown yet. By receipt an incident never changes its place:
//! going through all pages shows every one of them once. By change it moves to the front with every
//! change: one that changes while somebody pages may be passed over, and stands first in the next
//! look.

use hattama_proto::id::RecordId;

use super::{
    super::{Db, Row, StoreError, Value, log::integer, log::unsigned},
    StoredIncident, columns,
};
use crate::access::Scope;

/// Which incidents to list; what is none does not limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct IncidentFilter {
    /// In this state.
    pub state: Option<String>,
    /// Of this severity.
    pub severity: Option<String>,
    /// Of this phase.
    pub phase: Option<String>,
    /// Of this category, among others.
    pub category: Option<String>,
    /// At this unit.
    pub unit: Option<String>,
    /// Within this area: at a unit or below it, see [`area`](super::area).
    pub area: Option<String>,
    /// Reported for this organisation.
    pub org: Option<String>,
    /// Looked after by this account.
    pub assignee: Option<String>,
    /// With this tag.
    pub tag: Option<String>,
    /// In this group.
    pub group: Option<String>,
    /// Received at or after, and before: Unix milliseconds.
    pub received: (Option<i64>, Option<i64>),
    /// Occurred at or after, and before; what does not say when does not fit then.
    pub occurred: (Option<i64>, Option<i64>),
    /// With these words: of each row at least one token; at most four rows.
    pub words: Vec<[String; 2]>,
    /// What whoever asks may see.
    pub scope: Scope,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IncidentOrder {
    /// The newest change first.
    #[default]
    Changed,
    /// The newest report first.
    Received,
}

/// The condition of every list: values 1 to 26.
macro_rules! fits {
    () => {
        "($1 = '' or i.state = $1)
         and ($2 = '' or i.severity = $2)
         and ($3 = '' or i.phase = $3)
         and ($4 = '' or replace(i.categories, $4, '') <> i.categories)
         and ($5 = '' or i.unit = $5)
         and ($6 = '' or (i.area >= $6 and i.area < $7))
         and ($8 = '' or i.org = $8)
         and ($9 = '' or i.assignee = $9)
         and ($10 = '' or exists (select 1 from incident_tag t
                                   where t.tag = $10 and t.record_id = i.record_id
                                     and t.given = 1))
         and ($11 = '' or i.in_group = $11)
         and i.received_at_ms >= $12 and i.received_at_ms < $13
         and coalesce(i.occurred_at_ms, $14) >= $15 and coalesce(i.occurred_at_ms, $14) < $16
         and ($17 = '' or i.org = $17)
         and ($18 = '' or i.region = $18)
         and ($19 = '' or exists (select 1 from incident_token k
                                   where k.token in ($19, $20) and k.position = i.position))
         and ($21 = '' or exists (select 1 from incident_token k
                                   where k.token in ($21, $22) and k.position = i.position))
         and ($23 = '' or exists (select 1 from incident_token k
                                   where k.token in ($23, $24) and k.position = i.position))
         and ($25 = '' or exists (select 1 from incident_token k
                                   where k.token in ($25, $26) and k.position = i.position))"
    };
}

/// What few incidents have: asked first, so that an index finds them. Without it a list is gone
/// through in its order until a page is full, which is soon where many fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Narrow {
    Nothing,
    Word,
    Unit,
    Assignee,
    Group,
    Tag,
}

/// A statement for each [`Narrow`], in its order.
macro_rules! narrowed {
    ($begin:expr, $end:expr) => {
        [
            concat!("select ", $begin, fits!(), $end),
            concat!(
                "select ",
                $begin,
                "i.position in (select position from incident_token where token in ($19, $20)) and ",
                fits!(),
                $end
            ),
            concat!("select ", $begin, "i.unit = $5 and ", fits!(), $end),
            concat!("select ", $begin, "i.assignee = $9 and ", fits!(), $end),
            concat!("select ", $begin, "i.in_group = $11 and ", fits!(), $end),
            concat!(
                "select ",
                $begin,
                "i.record_id in (select record_id from incident_tag where tag = $10) and ",
                fits!(),
                $end
            ),
        ]
    };
}

const BY_CHANGE: [&str; 6] = narrowed!(
    concat!(columns!(), " from incident i where i.changed_position < $27 and "),
    " order by i.changed_position desc limit $28"
);

const BY_RECEIPT: [&str; 6] = narrowed!(
    concat!(columns!(), " from incident i where i.position < $27 and "),
    " order by i.position desc limit $28"
);

const TALLIES: [&str; 6] = narrowed!(
    "i.state, i.severity, i.categories, count(*) from incident i where ",
    " group by i.state, i.severity, i.categories order by i.state, i.severity, i.categories"
);

/// Up to how many reports a word stands in and is still asked first. Beyond, going through the list
/// finds a page of them sooner.
const RARE_MAX: i64 = 2000;

/// Comes behind every area that begins like this one: `0` is what follows `/`.
fn end_of(area: &str) -> String {
    area.strip_suffix('/').map_or_else(String::new, |begin| format!("{begin}0"))
}

impl IncidentFilter {
    fn values(&self) -> Vec<Value> {
        let text = |text: &Option<String>| Value::from(text.as_deref().unwrap_or_default());
        // Of a JSON list of codes, in which nothing is ever escaped.
        let category = self.category.as_ref().map(|code| format!("\"{code}\""));
        let occurs = self.occurred != (None, None);
        let mut values = vec![
            text(&self.state),
            text(&self.severity),
            text(&self.phase),
            text(&category),
            text(&self.unit),
            text(&self.area),
            end_of(self.area.as_deref().unwrap_or_default()).into(),
            text(&self.org),
            text(&self.assignee),
            text(&self.tag),
            text(&self.group),
            Value::Int(self.received.0.unwrap_or(i64::MIN)),
            Value::Int(self.received.1.unwrap_or(i64::MAX)),
            // What does not say when stands before every time that may be asked for.
            Value::Int(if occurs { i64::MIN } else { 0 }),
            Value::Int(self.occurred.0.unwrap_or(i64::MIN + 1)),
            Value::Int(self.occurred.1.unwrap_or(i64::MAX)),
            text(&self.scope.org),
            text(&self.scope.region),
        ];
        for word in 0..4 {
            match self.words.get(word) {
                Some([one, other]) => values.extend([one.as_str().into(), other.as_str().into()]),
                None => values.extend(["".into(), "".into()]),
            }
        }
        values
    }

    /// The same with the rarest word first, and what few incidents have of it.
    async fn narrowed(&self, db: &Db) -> Result<(Self, Narrow), StoreError> {
        let narrow = if self.unit.is_some() {
            Narrow::Unit
        } else if self.group.is_some() {
            Narrow::Group
        } else if self.assignee.is_some() {
            Narrow::Assignee
        } else if self.tag.is_some() {
            Narrow::Tag
        } else {
            Narrow::Nothing
        };
        if self.words.is_empty() {
            return Ok((self.clone(), narrow));
        }
        let rows: Vec<[Value; 3]> = self
            .words
            .iter()
            .map(|[one, other]| {
                [one.as_str().into(), other.as_str().into(), Value::Int(RARE_MAX + 1)]
            })
            .collect();
        let found = db
            .query_many(
                "select count(*) from (select position from incident_token
                                        where token in ($1, $2) limit $3) k",
                rows,
            )
            .await?;
        let count = |rows: &Vec<Row>| rows.first().map_or(Ok(0), |row| row.int(0));
        let counts = found.iter().map(count).collect::<Result<Vec<i64>, _>>()?;
        let mut words: Vec<_> = counts.into_iter().zip(self.words.iter().cloned()).collect();
        words.sort();
        let narrow = if words[0].0 <= RARE_MAX { Narrow::Word } else { narrow };
        let words = words.into_iter().map(|(_, word)| word).collect();
        Ok((Self { words, ..self.clone() }, narrow))
    }

    /// Whether nothing limits it but what whoever asks may see.
    fn is_everything(&self) -> bool {
        *self == Self { scope: self.scope.clone(), ..Self::default() }
    }
}

/// Incidents that fit, at most `limit`, in this order, after the one at this place of it.
pub async fn page(
    db: &Db,
    filter: &IncidentFilter,
    order: IncidentOrder,
    after: Option<u64>,
    limit: u32,
) -> Result<Vec<StoredIncident>, StoreError> {
    let (filter, narrow) = filter.narrowed(db).await?;
    let statements = match order {
        IncidentOrder::Changed => BY_CHANGE,
        IncidentOrder::Received => BY_RECEIPT,
    };
    let mut values = filter.values();
    values.push(after.map_or(Value::Int(i64::MAX), integer));
    values.push(limit.into());
    let rows = db.query(statements[narrow as usize], &values).await?;
    rows.iter().map(StoredIncident::read).collect()
}

/// How many incidents of a state, a severity and these categories (JSON) fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tallies {
    /// State.
    pub state: String,
    /// Severity.
    pub severity: String,
    /// Categories, JSON.
    pub categories: String,
    /// How many.
    pub count: u64,
}

/// How many incidents fit, by state, severity and categories.
pub async fn tallies(db: &Db, filter: &IncidentFilter) -> Result<Vec<Tallies>, StoreError> {
    let rows = if filter.is_everything() {
        // The commonest question: answered from an index alone.
        let scope = filter.scope.clone();
        db.query(
            "select state, severity, categories, count(*) from incident
              where ($1 = '' or org = $1) and ($2 = '' or region = $2) and position is not null
              group by state, severity, categories order by state, severity, categories",
            &[scope.org.unwrap_or_default().into(), scope.region.unwrap_or_default().into()],
        )
        .await?
    } else {
        let (filter, narrow) = filter.narrowed(db).await?;
        db.query(TALLIES[narrow as usize], &filter.values()).await?
    };
    rows.iter()
        .map(|row| {
            Ok(Tallies {
                state: row.text(0)?.to_owned(),
                severity: row.text(1)?.to_owned(),
                categories: row.text(2)?.to_owned(),
                count: unsigned(row.int(3)?),
            })
        })
        .collect()
}

/// Other incidents at the same unit or around the same time, newest first, at most `limit`.
///
/// The same time is that of the event; where the report does not say, that of its receipt.
pub async fn near(
    db: &Db,
    scope: &Scope,
    of: &StoredIncident,
    around: (i64, i64),
    limit: u32,
) -> Result<Vec<StoredIncident>, StoreError> {
    let except = |found: Vec<StoredIncident>| {
        found.into_iter().filter(|incident| incident.record != of.record).collect::<Vec<_>>()
    };
    let scope = scope.clone();
    let mut near = Vec::new();
    if of.unit.is_some() {
        let filter = IncidentFilter {
            unit: of.unit.clone(),
            scope: scope.clone(),
            ..IncidentFilter::default()
        };
        near = except(page(db, &filter, IncidentOrder::Received, None, limit + 1).await?);
    }
    if of.region.is_some() {
        let rows = db
            .query(
                concat!(
                    "select ",
                    columns!(),
                    " from incident i
                      where i.region = $1 and coalesce(i.occurred_at_ms, i.received_at_ms) >= $2
                        and coalesce(i.occurred_at_ms, i.received_at_ms) < $3
                        and ($4 = '' or i.org = $4) and ($5 = '' or i.region = $5)
                      order by i.position desc limit $6"
                ),
                &[
                    of.region.clone().into(),
                    Value::Int(around.0),
                    Value::Int(around.1),
                    scope.org.unwrap_or_default().into(),
                    scope.region.unwrap_or_default().into(),
                    (limit + 1).into(),
                ],
            )
            .await?;
        let found: Result<Vec<_>, _> = rows.iter().map(StoredIncident::read).collect();
        let known: Vec<RecordId> = near.iter().map(|incident| incident.record).collect();
        near.extend(
            except(found?).into_iter().filter(|incident| !known.contains(&incident.record)),
        );
    }
    near.truncate(limit as usize);
    Ok(near)
}

/// The exact strings of these reports; none for one that is not there.
pub async fn reports(db: &Db, records: &[RecordId]) -> Result<Vec<Option<String>>, StoreError> {
    let rows: Vec<[Value; 1]> = records.iter().map(|record| [record.to_hex().into()]).collect();
    let found = db.query_many("select jws from record where record_id = $1", rows).await?;
    found
        .iter()
        .map(|rows| rows.first().map(|row| row.text(0).map(str::to_owned)).transpose())
        .collect()
}
