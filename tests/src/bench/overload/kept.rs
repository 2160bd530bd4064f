//! Whether all that was acknowledged is there afterwards: every single record by its name.

use std::path::Path;

use hattama_proto::{id::RecordId, wire::PushRequest};
use rusqlite::{Connection, OpenFlags};

use super::pool::Pool;

/// Records that were acknowledged, and how many of them a closed headquarters' folder does not have.
pub(super) fn acknowledged_and_lost(folder: &Path, pools: &[&Pool]) -> (u64, u64) {
    let file = folder.join("hq.db");
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let db = db.expect("its store is there");
    let mut named =
        db.prepare("select 1 from record where record_id = ?1").expect("its own schema");
    let (mut acknowledged, mut lost, mut body) = (0, 0, Vec::new());
    for pool in pools {
        for which in pool.settled() {
            pool.read(which, &mut body);
            let push: PushRequest = serde_json::from_slice(&body).expect("it was written");
            for text in &push.records {
                let id = RecordId::of(text.as_bytes()).to_string();
                acknowledged += 1;
                lost += u64::from(!named.exists([id]).expect("it can be read"));
            }
        }
    }
    (acknowledged, lost)
}
