//! What lies within an account's scope: records, devices, units and photographs of its own organisation
//! and region. What belongs to nobody (a key that is not enrolled, a record without a unit) is for those
//! who see everything.

use std::collections::HashSet;

use hattama_proto::{
    id::{Kid, PhotoHash, RecordId, UnitCode},
    statement::{Enrolment, Mandate},
};

use crate::{
    access::Scope,
    app::Headquarters,
    book::Book,
    store::{self, StoreError, incidents::StoredIncident, records::StoredRecord},
};

impl Scope {
    /// Whether it includes what this key says about this unit.
    pub fn sees_said(&self, book: &Book, kid: &Kid, unit: Option<&UnitCode>) -> bool {
        if self.is_everything() {
            return true;
        }
        let org = book.statements.org(kid).map(|org| org.as_str());
        let region = unit.and_then(|unit| book.pack.units.region_of(unit));
        self.sees(org, region.map(|region| region.code.as_str()))
    }

    /// Whether it includes a record.
    pub fn sees_record(&self, book: &Book, record: &StoredRecord) -> bool {
        self.sees_row(book, &record.kid, record.unit.as_deref())
    }

    /// Whether it includes what a row of the store says by key and unit.
    pub fn sees_row(&self, book: &Book, kid: &str, unit: Option<&str>) -> bool {
        if self.is_everything() {
            return true;
        }
        let unit = unit.and_then(|unit| UnitCode::new(unit).ok());
        kid.parse().is_ok_and(|kid| self.sees_said(book, &kid, unit.as_ref()))
    }

    /// Whether it includes a device: of its organisation, and with a mandate in its region only.
    pub fn sees_device(&self, book: &Book, device: &Enrolment) -> bool {
        self.sees_mandate(book, device.org.as_str(), &device.mandate)
    }

    /// Whether it includes everything that somebody of `org` with this mandate may send.
    pub fn sees_mandate(&self, book: &Book, org: &str, mandate: &Mandate) -> bool {
        if self.region.is_none() {
            return self.sees(Some(org), None);
        }
        let region = |unit| book.pack.units.region_of(unit).map(|region| region.code.as_str());
        match mandate {
            Mandate::Everywhere => false,
            Mandate::Units(units) => {
                !units.is_empty() && units.iter().all(|unit| self.sees(Some(org), region(unit)))
            }
        }
    }

    /// Whether a unit lies in its region. Units themselves belong to no organisation.
    pub fn sees_unit(&self, book: &Book, unit: &UnitCode) -> bool {
        let Some(limit) = &self.region else { return true };
        book.pack.units.region_of(unit).is_some_and(|region| region.code.as_str() == limit)
    }
}

impl Headquarters {
    /// Whether a record that names this photograph lies within `scope`, and is of the organisation
    /// that named it first.
    ///
    /// Hashes of photographs stand in the public log: without the second condition, whoever has one
    /// phone of an organisation could name another's photograph in a record, and have it shown.
    pub async fn sees_photo(&self, scope: &Scope, photo: &PhotoHash) -> Result<bool, StoreError> {
        if scope.is_everything() {
            return Ok(true);
        }
        let mut first = None;
        for record in store::photos::named_by(&self.db, photo).await? {
            let Some(record) = store::records::by_id(&self.db, &record).await? else { continue };
            let book = self.book.read();
            let kid: Option<Kid> = record.kid.parse().ok();
            let org = kid.and_then(|kid| book.statements.org(&kid).cloned());
            let is_theirs = *first.get_or_insert_with(|| org.clone()) == org;
            if is_theirs && scope.sees_record(&book, &record) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The record with this id, if it lies within `scope`.
    pub async fn record_within(
        &self,
        scope: &Scope,
        id: &RecordId,
    ) -> Result<Option<StoredRecord>, StoreError> {
        let found = store::records::by_id(&self.db, id).await?;
        Ok(found.filter(|record| scope.sees_record(&self.book.read(), record)))
    }

    /// Of these records those that lie within `scope`.
    pub async fn records_within(
        &self,
        scope: &Scope,
        ids: impl IntoIterator<Item = RecordId>,
    ) -> Result<HashSet<RecordId>, StoreError> {
        let ids: Vec<RecordId> = ids.into_iter().collect();
        if scope.is_everything() || ids.is_empty() {
            return Ok(ids.into_iter().collect());
        }
        let found = store::records::keys_and_units(&self.db, &ids).await?;
        let book = self.book.read();
        let sees =
            |(kid, unit): &(String, Option<String>)| scope.sees_row(&book, kid, unit.as_deref());
        let known = ids.into_iter().zip(found);
        Ok(known.filter(|(_, row)| row.as_ref().is_some_and(sees)).map(|(id, _)| id).collect())
    }

    /// Takes out of incidents what they count instead of, where that lies outside `scope`.
    pub async fn veil(
        &self,
        scope: &Scope,
        incidents: &mut [StoredIncident],
    ) -> Result<(), StoreError> {
        let originals = incidents.iter().filter_map(|incident| incident.duplicate_of);
        let seen = self.records_within(scope, originals.collect::<HashSet<_>>()).await?;
        for incident in incidents {
            incident.duplicate_of = incident.duplicate_of.filter(|of| seen.contains(of));
        }
        Ok(())
    }
}
