//! The roster's rows: assignments, arrivals and departures.

use hattama_proto::{
    id::{OrgId, PersonId, UnitCode},
    time::UnixMillis,
};

use super::{
    Batch, Db, Row, Rows, StoreError, Value,
    log::{integer, unsigned},
    records::unreadable,
};
use crate::roster::{Assignment, Duty, Presence, PresenceKind};

pub(super) const PLAN: &str =
    "insert into assignment (assignment, person, seat, org, unit, region, duty, team, stop,
                             from_ms, until_ms, stands, version, carried)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

fn values(assignment: &Assignment) -> [Value; 14] {
    [
        assignment.id.as_str().into(),
        assignment.person.as_ref().map(PersonId::as_str).into(),
        assignment.seat.as_str().into(),
        assignment.org.as_str().into(),
        assignment.unit.as_str().into(),
        assignment.region.as_ref().map(UnitCode::as_str).into(),
        assignment.duty.name().into(),
        assignment.team.as_deref().into(),
        assignment.stop.into(),
        assignment.from.0.into(),
        assignment.until.0.into(),
        assignment.stands.into(),
        integer(assignment.version),
        if assignment.carried { Value::Int(1) } else { Value::Null },
    ]
}

/// Plans; a seat that is planned for the same moment is a unique violation.
pub fn plan(assignments: &[Assignment]) -> Batch {
    Batch::new().many(PLAN, assignments.iter().map(values).collect::<Rows>())
}

/// Lets seats stand that were taken over from the round before; one that was confirmed or changed
/// meanwhile stays as it is.
pub fn confirm<'a>(ids: impl IntoIterator<Item = &'a str>) -> Batch {
    let rows: Rows = ids.into_iter().map(|id| [Value::from(id)]).collect();
    Batch::new().many(
        "update assignment set stands = 1, carried = null, version = version + 1
          where assignment = $1 and carried = 1",
        rows,
    )
}

/// Changes who sits where and when, if the plan still is the version before.
pub fn change(assignment: &Assignment) -> Batch {
    Batch::new()
        .step(
            "update assignment
                set person = $1, from_ms = $2, until_ms = $3, stands = $4, carried = null,
                    version = version + 1
              where assignment = $5 and version = $6",
            [
                assignment.person.as_ref().map(PersonId::as_str).into(),
                assignment.from.0.into(),
                assignment.until.0.into(),
                assignment.stands.into(),
                assignment.id.as_str().into(),
                integer(assignment.version),
            ],
        )
        .expect_rows(1)
}

fn read_assignment(row: &Row) -> Result<Assignment, StoreError> {
    let person = row.opt_text(1)?.map(PersonId::new).transpose();
    let unit = |text| UnitCode::new(text).map_err(|_| unreadable("a unit"));
    Ok(Assignment {
        id: row.text(0)?.to_owned(),
        person: person.map_err(|_| unreadable("a person"))?,
        seat: row.text(2)?.to_owned(),
        org: OrgId::new(row.text(3)?).map_err(|_| unreadable("an organisation"))?,
        unit: unit(row.text(4)?)?,
        region: row.opt_text(5)?.map(unit).transpose()?,
        duty: Duty::from_name(row.text(6)?).ok_or_else(|| unreadable("a duty"))?,
        team: row.opt_text(7)?.map(str::to_owned),
        stop: row.opt_int(8)?.and_then(|stop| u32::try_from(stop).ok()),
        from: UnixMillis(row.int(9)?),
        until: UnixMillis(row.int(10)?),
        stands: row.int(11)? == 1,
        version: unsigned(row.int(12)?),
        carried: row.opt_int(13)? == Some(1),
    })
}

/// The plan, as far as an organisation and a region see it; none does not limit.
pub async fn assignments(
    db: &Db,
    org: Option<&str>,
    region: Option<&str>,
) -> Result<Vec<Assignment>, StoreError> {
    let rows = db
        .query(
            "select assignment, person, seat, org, unit, region, duty, team, stop, from_ms,
                    until_ms, stands, version, carried
               from assignment
              where ($1 = '' or org = $1)
                and ($2 = '' or region = $2)
              order by unit, from_ms, seat, assignment",
            &[org.unwrap_or_default().into(), region.unwrap_or_default().into()],
        )
        .await?;
    rows.iter().map(read_assignment).collect()
}

/// One assignment.
pub async fn assignment(db: &Db, id: &str) -> Result<Option<Assignment>, StoreError> {
    let row = db
        .query_opt(
            "select assignment, person, seat, org, unit, region, duty, team, stop, from_ms,
                    until_ms, stands, version, carried
               from assignment where assignment = $1",
            &[id.into()],
        )
        .await?;
    row.as_ref().map(read_assignment).transpose()
}

pub(super) const NOTE_PRESENCE: &str =
    "insert into presence (presence, person, unit, region, org, what, to_person, at_ms, noted_by,
                           noted_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (presence) do nothing";

/// Notes arrivals, departures and handovers.
pub fn note_presence(presences: &[Presence]) -> Batch {
    let rows: Rows = presences
        .iter()
        .map(|presence| {
            [
                Value::from(presence.id.as_str()),
                presence.person.as_str().into(),
                presence.unit.as_str().into(),
                presence.region.as_ref().map(UnitCode::as_str).into(),
                presence.org.as_str().into(),
                presence.what.name().into(),
                presence.to_person.as_ref().map(PersonId::as_str).into(),
                presence.at.0.into(),
                presence.noted_by.as_deref().into(),
                presence.noted_at.0.into(),
            ]
        })
        .collect();
    Batch::new().many(NOTE_PRESENCE, rows)
}

/// Who came and went, oldest first, as far as an organisation and a region see it.
pub async fn presences(
    db: &Db,
    org: Option<&str>,
    region: Option<&str>,
) -> Result<Vec<Presence>, StoreError> {
    let rows = db
        .query(
            "select presence, person, unit, region, org, what, to_person, at_ms, noted_by,
                    noted_at_ms
               from presence
              where ($1 = '' or org = $1)
                and ($2 = '' or region = $2)
              order by at_ms, noted_at_ms, presence",
            &[org.unwrap_or_default().into(), region.unwrap_or_default().into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let person = |text| PersonId::new(text).map_err(|_| unreadable("a person"));
            let unit = |text| UnitCode::new(text).map_err(|_| unreadable("a unit"));
            Ok(Presence {
                id: row.text(0)?.to_owned(),
                person: person(row.text(1)?)?,
                unit: unit(row.text(2)?)?,
                region: row.opt_text(3)?.map(unit).transpose()?,
                org: OrgId::new(row.text(4)?).map_err(|_| unreadable("an organisation"))?,
                what: PresenceKind::from_name(row.text(5)?)
                    .ok_or_else(|| unreadable("a presence"))?,
                to_person: row.opt_text(6)?.map(person).transpose()?,
                at: UnixMillis(row.int(7)?),
                noted_by: row.opt_text(8)?.map(str::to_owned),
                noted_at: UnixMillis(row.int(9)?),
            })
        })
        .collect()
}
