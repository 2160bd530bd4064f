//! Names and contacts of those who carry over: sealed as they are, or in the clear where there is no
//! vault. Nothing is opened on the way.

use std::collections::BTreeSet;

use hattama_proto::id::PersonId;

use super::{Before, OWN};
use crate::store::{
    self, Batch, Db, Row, Rows, StoreError, Value,
    tables::{TABLES, Table},
};

/// Tables of a vault that carry over. Not the grants: which coordinators reach whom is said anew.
const SEALED: [&str; 4] = ["vault_member", "vault_key", "vault_share", "vault_entry"];

/// What has to be added for these people, and of how many of them a contact is among it.
pub(super) async fn of(
    before: &Before,
    people: &BTreeSet<PersonId>,
    db: &Db,
) -> Result<(Batch, usize), StoreError> {
    let theirs = store::vault::key(&before.db, OWN, OWN).await?;
    let ours = store::vault::key(db, OWN, OWN).await?;
    let here = store::vault::clear_identities(db).await?;
    match (theirs, ours) {
        (Some(theirs), Some(ours)) if theirs.public_key == ours.public_key => {
            sealed(before, people, db).await
        }
        (Some(_), None) if here.is_empty() => sealed(before, people, db).await,
        (None, None) => {
            let known = |person: &PersonId| here.iter().any(|one| one.person == *person);
            let (mut batch, mut count) = (Batch::new(), 0);
            let clear = store::vault::clear_identities(&before.db).await?;
            for one in clear.iter().filter(|one| people.contains(&one.person)) {
                if !known(&one.person) {
                    count += 1;
                    let (person, reporter) = (&one.person, &one.reporter);
                    batch = batch
                        .and(store::devices::enter_vault(person, reporter, &one.label, &one.org));
                }
            }
            Ok((batch, count))
        }
        // Another vault: what is sealed to one cannot be sealed to the other without opening it.
        _ => Ok((Batch::new(), 0)),
    }
}

async fn sealed(
    before: &Before,
    people: &BTreeSet<PersonId>,
    db: &Db,
) -> Result<(Batch, usize), StoreError> {
    let (mut batch, mut count) = (Batch::new(), 0);
    for table in TABLES.iter().filter(|table| SEALED.contains(&table.name)) {
        let here: BTreeSet<String> =
            rows(table, db).await?.iter().map(|row| key(table, row)).collect();
        let mut lacking = Rows::default();
        for row in rows(table, &before.db).await? {
            let is_contact = table.name == "vault_entry";
            let person = PersonId::new(row.text(0)?).ok();
            let stays = is_contact && !person.is_some_and(|person| people.contains(&person));
            if stays || here.contains(&key(table, &row)) {
                continue;
            }
            count += usize::from(is_contact);
            lacking.push(row.values().to_vec());
        }
        if !lacking.is_empty() {
            batch = batch.and(table.add(lacking));
        }
    }
    Ok((batch, count))
}

async fn rows(table: &Table, db: &Db) -> Result<Vec<Row>, StoreError> {
    let mut all: Vec<Row> = Vec::new();
    loop {
        let page = table.page(db, all.last()).await?;
        let is_last = page.len() < table.page_rows();
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// A row's key as text, to be compared.
fn key(table: &Table, row: &Row) -> String {
    let values: &[Value] = table.key_of(row);
    format!("{values:?}")
}
