//! Check-ins from phones: forms that say where their authors are, as arrivals and departures.
//!
//! Computed from the records whenever the roster is looked at, so that a form that does not count
//! moves nobody, and one that counts again does.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use hattama_proto::{
    id::{OrgId, PersonId, RecordId, UnitCode},
    kind::Role,
    pack::CheckIn,
    time::UnixMillis,
};

use super::{Field, FieldError, forms::PAGE};
use crate::{
    access::Operator,
    book::Book,
    merge::{Entry, EntryBody, FiledEntry, Reason, Standing, merge},
    roster::{Presence, PresenceKind, check_in, happened_at},
    store::{self, StoreError, forms::FormFilter},
};

impl Field {
    /// What forms that count say of who came and went, as far as the operator sees.
    ///
    /// A form outside its author's mandate waits for a check as a record; that its author was there
    /// is noted all the same.
    pub(super) async fn arrivals(&self, operator: &Operator) -> Result<Vec<Presence>, FieldError> {
        let asked: Vec<(String, CheckIn)> = {
            let book = self.book.read();
            let forms = book.pack.forms.forms.iter();
            let asked =
                forms.filter_map(|form| Some((form.code.to_string(), form.check_in.clone()?)));
            asked.collect()
        };
        let mut received: HashMap<RecordId, UnixMillis> = HashMap::new();
        let mut units: Vec<UnitCode> = Vec::new();
        for (form, _) in &asked {
            let mut after = None;
            loop {
                let filter = FormFilter {
                    form: form.clone(),
                    org: operator.scope.org.clone().unwrap_or_default(),
                    ..FormFilter::default()
                };
                let page = store::forms::list(&self.db, &filter, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.position);
                for filled in page {
                    received.insert(filled.record, filled.received_at);
                    units.extend(UnitCode::new(&filled.unit));
                }
            }
        }
        units.sort_unstable();
        units.dedup();
        let rows = store::unit_lines::of_each(&self.db, &units).await?;
        let book = self.book.clone();
        let merge_all = move || {
            let book = book.read();
            let known = known_people(&book);
            let mut arrivals = Vec::new();
            for (unit, lines) in units.iter().zip(rows) {
                let Some(lines) = lines else { continue };
                let entries: Vec<Arc<Entry>> = Entry::read_lines(&lines)
                    .map_err(|error| FieldError::Invalid(format!("unit {unit}: {error}")))?;
                let file = merge(unit, &entries, &book.statements, &book.pack);
                arrivals.extend(file.entries.iter().filter_map(|filed| {
                    let received_at = *received.get(&filed.entry.id)?;
                    arrival(filed, &asked, received_at, &known, &book)
                }));
            }
            Ok(arrivals)
        };
        // Off the threads that serve connections.
        tokio::task::spawn_blocking(merge_all)
            .await
            .map_err(|stopped| StoreError::Unavailable(stopped.into()))?
    }
}

/// Whoever has a key for protocols, by organisation.
fn known_people(book: &Book) -> HashSet<(&OrgId, &PersonId)> {
    let known = book.statements.enrolments();
    let known = known.filter(|known| known.role == Role::Results && !known.desk);
    known.map(|known| (&known.org, &known.person)).collect()
}

fn arrival(
    filed: &FiledEntry,
    asked: &[(String, CheckIn)],
    received_at: UnixMillis,
    known: &HashSet<(&OrgId, &PersonId)>,
    book: &Book,
) -> Option<Presence> {
    let counts = match &filed.standing {
        Standing::Counted => true,
        Standing::SetAside { reason } => *reason == Reason::OutsideMandate,
        Standing::Superseded { .. } => false,
    };
    let EntryBody::Form(filled) = &filed.entry.body else { return None };
    let (_, means) = asked.iter().find(|(form, _)| *form == filled.form.as_str())?;
    let (what, to_person) = check_in(means, &filled.answers).filter(|_| counts)?;
    let told = filed.entry.on_behalf.as_ref();
    let person = if filed.is_told() { told?.person.as_ref()? } else { filed.person()? };
    let org = filed.org()?;
    // A name that nobody of the organisation has is nobody's: somebody left, and that is all.
    let to_person = to_person.filter(|to| known.contains(&(org, to)));
    let what = match (what, &to_person) {
        (PresenceKind::HandedOver, None) => PresenceKind::Departed,
        (what, _) => what,
    };
    let unit = filed.entry.unit.clone();
    Some(Presence {
        id: filed.entry.id.to_hex(),
        person: person.clone(),
        region: book.pack.units.region_of(&unit).map(|region| region.code.clone()),
        unit,
        org: org.clone(),
        what,
        to_person,
        at: happened_at(filed.entry.claimed_at.to_unix_millis(), received_at),
        noted_by: None,
        noted_at: received_at,
    })
}
