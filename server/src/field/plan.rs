//! The plan as it is kept: imported, changed, and laid beside what was heard.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{OrgId, PersonId, UnitCode},
    kind::Role,
    time::UnixMillis,
};
use jiff::{civil::DateTime, tz::TimeZone};
use serde::Serialize;

use super::{Field, FieldError};
use crate::{
    access::Operator,
    random,
    roster::{
        Assignment, Expected, PlannedRow, Presence, PresenceKind, RowError, expected_at, read_plan,
    },
    store::{self, StoreError},
};

/// Longest plan, in bytes: 20,000 lines of a hundred characters.
pub const PLAN_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The roster at a moment.
#[derive(Clone, Debug, Serialize)]
pub struct RosterView {
    /// Which moment.
    pub at: UnixMillis,
    /// Who is expected then, and how that stands.
    pub expected: Vec<Expected>,
    /// How many seats are planned in all.
    pub planned: usize,
    /// Seats that were taken over from the round before and wait to be confirmed.
    pub to_confirm: Vec<Assignment>,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Serialize)]
pub struct ImportReport {
    /// Lines that are wrong; nothing is planned as long as there is one.
    pub errors: Vec<RowError>,
    /// Lines that were understood.
    pub rows: Vec<PlannedRow>,
    /// How many seats were planned; 0 in a dry run.
    pub planned: usize,
    /// How many of them stood in the plan already.
    pub known: usize,
}

/// An arrival, a departure or a handover, as a coordinator notes it.
#[derive(Clone, Debug)]
pub struct NewPresence {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub unit: UnitCode,
    /// What happened.
    pub what: PresenceKind,
    /// Who took over.
    pub to_person: Option<PersonId>,
    /// When.
    pub at: UnixMillis,
}

/// Whether an import plans or only looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// Only look.
    Dry,
    /// Plan.
    Real,
}

impl Field {
    /// Who is expected at a moment, as far as the operator sees.
    pub async fn roster(
        &self,
        at: UnixMillis,
        operator: &Operator,
    ) -> Result<RosterView, FieldError> {
        let (org, region) = (operator.scope.org.as_deref(), operator.scope.region.as_deref());
        let plan = store::roster::assignments(&self.db, org, region).await?;
        let mut presences = store::roster::presences(&self.db, org, None).await?;
        presences.extend(self.arrivals(operator).await?);
        let heard = self.heard().await?;
        let expected = expected_at(at, &plan, &presences, &heard);
        let planned = plan.iter().filter(|seat| seat.stands).count();
        let to_confirm = plan.into_iter().filter(|seat| seat.carried).collect();
        Ok(RosterView { at, expected, planned, to_confirm })
    }

    /// Lets the seats stand that were taken over from the round before, as far as the operator sees.
    /// How many there were.
    pub async fn confirm_carried(
        &self,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<usize, FieldError> {
        let (org, region) = (operator.scope.org.as_deref(), operator.scope.region.as_deref());
        let plan = store::roster::assignments(&self.db, org, region).await?;
        let carried: Vec<&str> =
            plan.iter().filter(|seat| seat.carried).map(|seat| seat.id.as_str()).collect();
        if carried.is_empty() {
            return Ok(0);
        }
        self.db.commit(store::roster::confirm(carried.iter().copied())).await?;
        let count = carried.len().to_string();
        crate::audit::note(&self.db, &operator.name, "roster-confirm", &count, now).await?;
        Ok(carried.len())
    }

    /// When each person was heard from, by the records of their keys for protocols and forms.
    async fn heard(&self) -> Result<BTreeMap<PersonId, Vec<UnixMillis>>, StoreError> {
        let last = store::records::received_by_key(&self.db).await?;
        let book = self.book.read();
        let mut heard: BTreeMap<PersonId, Vec<UnixMillis>> = BTreeMap::new();
        for (kid, first, last) in last {
            let Some(known) = book.statements.enrolment(&kid) else { continue };
            if known.role == Role::Results && !known.desk {
                heard.entry(known.person.clone()).or_default().extend([first, last]);
            }
        }
        Ok(heard)
    }

    /// Reads a plan for an organisation and, in a real run, plans it. The same file again changes
    /// nothing.
    pub async fn import_plan(
        &self,
        text: &str,
        org: &OrgId,
        run: Run,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<ImportReport, FieldError> {
        if text.len() > PLAN_BYTES_MAX {
            return Err(FieldError::Invalid(format!(
                "a plan has at most {PLAN_BYTES_MAX} bytes; import it in parts"
            )));
        }
        if operator.scope.org.as_deref().is_some_and(|mine| mine != org.as_str()) {
            return Err(FieldError::NotFound);
        }
        let read = {
            let book = self.book.read();
            let zone = TimeZone::get(&book.pack.election.time_zone).unwrap_or(TimeZone::UTC);
            read_plan(text, |unit| book.pack.units.get(unit).is_some(), |text| moment(text, &zone))
        };
        let rows = match read {
            Ok(rows) => rows,
            Err(errors) => {
                return Ok(ImportReport { errors, rows: Vec::new(), planned: 0, known: 0 });
            }
        };
        let mut errors = Vec::new();
        let mut seats = Vec::with_capacity(rows.len());
        for row in &rows {
            let region = self.region(&row.unit);
            let mine = operator.scope.region.as_deref();
            if mine.is_some_and(|mine| region.as_ref().map(UnitCode::as_str) != Some(mine)) {
                let what = format!("unit {} is outside your region", row.unit);
                errors.push(RowError { line: row.line, what });
                continue;
            }
            if let Some(person) = &row.person {
                let invited = store::devices::invited_as(&self.db, person).await?;
                if !invited.is_some_and(|(role, of, _)| role == Role::Results && of == *org) {
                    let what = format!("{org} has invited nobody called {person}");
                    errors.push(RowError { line: row.line, what });
                    continue;
                }
            }
            seats.push(seat(row, org, region)?);
        }
        if !errors.is_empty() {
            return Ok(ImportReport { errors, rows, planned: 0, known: 0 });
        }
        let standing = store::roster::assignments(&self.db, Some(org.as_str()), None).await?;
        let all = seats.len();
        seats.retain(|seat| {
            !standing.iter().any(|known| {
                (&known.unit, &known.seat, known.from) == (&seat.unit, &seat.seat, seat.from)
            })
        });
        let (fresh, known) = (seats.len(), all - seats.len());
        if run == Run::Dry || seats.is_empty() {
            return Ok(ImportReport { errors, rows, planned: 0, known });
        }
        match self.db.commit(store::roster::plan(&seats)).await {
            Ok(_) => {}
            Err(StoreError::UniqueViolation { .. }) => return Err(FieldError::Stale),
            Err(error) => return Err(error.into()),
        }
        crate::audit::note(&self.db, &operator.name, "roster-import", org.as_str(), now).await?;
        Ok(ImportReport { errors, rows, planned: fresh, known })
    }

    /// Puts somebody into a seat, or takes the seat back.
    pub async fn change_seat(
        &self,
        id: &str,
        person: Option<PersonId>,
        stands: bool,
        version: u64,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Assignment, FieldError> {
        let seat = store::roster::assignment(&self.db, id).await?.ok_or(FieldError::NotFound)?;
        let region = seat.region.as_ref().map(UnitCode::as_str);
        if !operator.scope.sees(Some(seat.org.as_str()), region) {
            return Err(FieldError::NotFound);
        }
        if let Some(person) = &person {
            let invited = store::devices::invited_as(&self.db, person).await?;
            if !invited.is_some_and(|(role, of, _)| role == Role::Results && of == seat.org) {
                return Err(FieldError::Invalid(format!(
                    "{} has invited nobody called {person}",
                    seat.org
                )));
            }
        }
        let changed = Assignment { person, stands, version, carried: false, ..seat };
        match self.db.commit(store::roster::change(&changed)).await {
            Ok(_) => {}
            Err(StoreError::Conflict { .. }) => return Err(FieldError::Stale),
            Err(error) => return Err(error.into()),
        }
        crate::audit::note(&self.db, &operator.name, "roster-change", id, now).await?;
        Ok(Assignment { version: version + 1, ..changed })
    }

    /// Notes an arrival, a departure or a handover.
    pub async fn note_presence(
        &self,
        told: NewPresence,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Presence, FieldError> {
        let region = self.region(&told.unit);
        if self.book.read().pack.units.get(&told.unit).is_none() {
            return Err(FieldError::Invalid(format!("the register has no unit {}", told.unit)));
        }
        if (told.what == PresenceKind::HandedOver) != told.to_person.is_some() {
            return Err(FieldError::Invalid("a handover names who takes over".to_owned()));
        }
        let invited = store::devices::invited_as(&self.db, &told.person).await?;
        let (role, org, _) = invited.ok_or(FieldError::NotFound)?;
        let sees = operator.scope.sees(Some(org.as_str()), region.as_ref().map(UnitCode::as_str));
        if role != Role::Results || !sees {
            return Err(FieldError::NotFound);
        }
        if let Some(to) = &told.to_person {
            let invited = store::devices::invited_as(&self.db, to).await?;
            if !invited.is_some_and(|(role, of, _)| role == Role::Results && of == org) {
                return Err(FieldError::Invalid(format!("{org} has invited nobody called {to}")));
            }
        }
        let presence = Presence {
            id: random::text::<12>()?,
            person: told.person,
            unit: told.unit,
            region,
            org,
            what: told.what,
            to_person: told.to_person,
            at: told.at,
            noted_by: Some(operator.name.clone()),
            noted_at: now,
        };
        self.db.commit(store::roster::note_presence(std::slice::from_ref(&presence))).await?;
        let subject = presence.person.as_str();
        crate::audit::note(&self.db, &operator.name, presence.what.name(), subject, now).await?;
        Ok(presence)
    }

    fn region(&self, unit: &UnitCode) -> Option<UnitCode> {
        self.book.read().pack.units.region_of(unit).map(|region| region.code.clone())
    }
}

fn seat(row: &PlannedRow, org: &OrgId, region: Option<UnitCode>) -> Result<Assignment, FieldError> {
    Ok(Assignment {
        id: random::text::<12>()?,
        person: row.person.clone(),
        seat: row.seat.clone(),
        org: org.clone(),
        unit: row.unit.clone(),
        region,
        duty: row.duty,
        team: row.team.as_ref().map(|(team, _)| team.clone()),
        stop: row.team.as_ref().map(|(_, stop)| *stop),
        from: row.from,
        until: row.until,
        stands: true,
        version: 0,
        carried: false,
    })
}

/// A time with an offset, else in the election's zone: `2005-12-04 06:30`.
pub(crate) fn moment(text: &str, zone: &TimeZone) -> Option<UnixMillis> {
    if let Ok(at) = text.parse::<hattama_proto::time::ClaimedTime>() {
        return Some(at.to_unix_millis());
    }
    let local: DateTime = text.replace(' ', "T").parse().ok()?;
    let at = local.to_zoned_datetime(zone.clone()).ok()?;
    Some(UnixMillis(at.timestamp().as_millisecond()))
}
