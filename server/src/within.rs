//! What lies within an account's scope: records, devices, units and photographs of its own organisation
//! and region. What belongs to nobody (a key that is not enrolled, a record without a unit) is for those
//! who see everything.

use hattama_proto::{
    id::{Kid, PhotoHash, UnitCode},
    statement::{Enrolment, Mandate},
};

use crate::{
    access::Scope,
    app::Headquarters,
    book::Book,
    store::{self, StoreError, records::StoredRecord},
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
    /// Whether some record that names this photograph lies within `scope`.
    pub async fn sees_photo(&self, scope: &Scope, photo: &PhotoHash) -> Result<bool, StoreError> {
        if scope.is_everything() {
            return Ok(true);
        }
        for record in store::photos::named_by(&self.db, photo).await? {
            if let Some(record) = store::records::by_id(&self.db, &record).await?
                && scope.sees_record(&self.book.read(), &record)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The record with this id, if it lies within `scope`.
    pub async fn record_within(
        &self,
        scope: &Scope,
        id: &hattama_proto::id::RecordId,
    ) -> Result<Option<StoredRecord>, StoreError> {
        let found = store::records::by_id(&self.db, id).await?;
        Ok(found.filter(|record| scope.sees_record(&self.book.read(), record)))
    }
}
