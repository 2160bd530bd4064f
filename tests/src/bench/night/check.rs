//! What is there after the night, held against what phones were promised.

use std::{collections::HashSet, time::Instant};

use hattama_proto::id::{PhotoHash, RecordId};
use hattama_server::{
    config::Config,
    folder::DataFolder,
    fsck::{PhotoFiles, check_folder},
};

use super::house::House;
use crate::{postgres::connect, world::block_on};

/// What phones hold receipts for.
#[derive(Default)]
pub(super) struct Promised {
    pub(super) records: HashSet<RecordId>,
    pub(super) photos: HashSet<PhotoHash>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Records for which a phone has a receipt and which are not there.
    pub(super) lost_records: u64,
    /// The same of photographs.
    pub(super) lost_photos: u64,
    /// Records that are there and of which no phone has a receipt.
    pub(super) unpromised: u64,
    /// Entries of the log that are no record, statement or photograph that is there.
    pub(super) entries_astray: u64,
    /// Entries of the log.
    pub(super) entries: u64,
    /// What `fsck` finds wrong from the folder of any process.
    pub(super) wrong: Vec<String>,
    /// What one `fsck` takes, in seconds.
    pub(super) fsck_s: f64,
}

/// Looks; no process runs any more. `files` says whether photographs are read too.
pub(super) fn check(house: &House, promised: &Promised, files: PhotoFiles) -> Found {
    let mut found = Found::default();
    block_on(async {
        let client = connect(&house.database).await.expect("it takes connections");
        let names = |rows: Vec<tokio_postgres::Row>| -> HashSet<String> {
            rows.iter().map(|row| row.get::<_, String>(0)).collect()
        };
        let records = client.query("select record_id from record", &[]).await.expect("a table");
        let records = names(records);
        let photos = client.query("select sha256 from photo", &[]).await.expect("a table");
        let photos = names(photos);
        let count = |table: &str| format!("select count(*) from {table}");
        let statements: i64 =
            client.query_one(&count("statement"), &[]).await.expect("a table").get(0);
        let leaves: i64 = client.query_one(&count("log_leaf"), &[]).await.expect("a table").get(0);
        let here = |id: &RecordId| records.contains(&id.to_hex());
        let kept = promised.records.iter().filter(|id| here(id)).count();
        found.lost_records = (promised.records.len() - kept) as u64;
        found.unpromised = (records.len() - kept) as u64;
        let whole = |hash: &&PhotoHash| photos.contains(&hash.to_hex());
        found.lost_photos =
            (promised.photos.len() - promised.photos.iter().filter(whole).count()) as u64;
        found.entries = u64::try_from(leaves).expect("a count");
        let known = (records.len() + photos.len()) as u64;
        let known = known + u64::try_from(statements).expect("a count");
        found.entries_astray = found.entries.abs_diff(known);
    });
    let begun = Instant::now();
    for folder in &house.folders {
        let opened = DataFolder::open(folder).expect("it was served");
        let config = Config::load(&opened.config()).expect("it was served");
        let mut silent = |_, _| {};
        let checked = block_on(check_folder(&opened, &config, files, &mut silent));
        found.wrong.extend(checked.err().map(|error| error.to_string()));
    }
    found.fsck_s = begun.elapsed().as_secs_f64() / house.folders.len() as f64;
    found
}
