//! The store written anew behind headquarters' back, by somebody who has all of its keys: rows,
//! leaves, a checkpoint over them, and no head file to tell.

use std::{fs, path::Path};

use hattama_proto::{
    id::to_hex,
    jws::Envelope,
    tlog::{Checkpoint, KeyName, LogEntry, Tree},
};
use hattama_server::{config::Config, keys};
use hattama_tests::world::Signed;
use rusqlite::{Connection, params};

/// Beyond every place of a log: where rows wait for their new one.
const ASIDE: i64 = 1_000_000_000;

/// Tables whose rows have a place in the log.
const PLACED: [&str; 4] = ["record", "statement", "photo", "photo_named"];

/// One leaf of the history that will have been.
#[derive(Clone)]
pub(crate) enum Leaf {
    /// What stands at this place now.
    Kept(u64),
    /// A record that was never received; its row looks like that of the record at this place.
    Slipped(Signed, u64),
}

/// The history of the closed headquarters in `folder` becomes `leaves`.
pub(crate) fn rewrite(folder: &Path, leaves: &[Leaf]) {
    let mut db = Connection::open(folder.join("hq.db")).unwrap();
    let all = db.transaction().unwrap();
    let entries: Vec<LogEntry> = all
        .prepare("select kind, subject from log_leaf order by position")
        .unwrap()
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .unwrap()
        .map(|row| {
            let (kind, subject) = row.unwrap();
            LogEntry::parse(format!("hattama-{kind}/v1 {subject}").as_bytes()).unwrap()
        })
        .collect();
    for table in PLACED {
        all.execute(&format!("update {table} set position = position + {ASIDE}"), []).unwrap();
    }
    // Nor does who rewrites a history leave behind what was signed last in the other one.
    all.execute_batch(
        "delete from log_leaf; delete from checkpoint; delete from cosignature;
         delete from log_signer; delete from published_head",
    )
    .unwrap();
    let mut tree = Tree::new();
    for (place, leaf) in (0_i64..).zip(leaves) {
        let entry = match leaf {
            Leaf::Kept(old) => {
                let aside = ASIDE + i64::try_from(*old).unwrap();
                for table in PLACED {
                    let back = format!("update {table} set position = ?1 where position = ?2");
                    all.execute(&back, [place, aside]).unwrap();
                }
                entries[usize::try_from(*old).unwrap()]
            }
            Leaf::Slipped(record, like) => {
                let kid = Envelope::parse(&record.text).unwrap().kid().to_string();
                // Its model may have found its place already, or still wait, or be on its way out.
                let like = i64::try_from(*like).unwrap();
                let model = match entries[usize::try_from(like).unwrap()] {
                    LogEntry::Record(id) => to_hex(&id),
                    other => panic!("{other:?} is no record"),
                };
                let rows = all.execute(
                    "insert into record (position, record_id, kind, kid, seq, unit, received_at_ms,
                                         claimed_at, verdict, reason, jws)
                     select ?1, ?2, kind, ?3, null, unit, received_at_ms, claimed_at, verdict,
                            reason, ?4
                       from record where record_id = ?5",
                    params![place, record.id.to_hex(), kid, record.text, model],
                );
                assert_eq!(rows.unwrap(), 1);
                LogEntry::Record(*record.id.as_bytes())
            }
        };
        let kind = match entry {
            LogEntry::Record(_) => "record",
            LogEntry::Statement(_) => "statement",
            LogEntry::Photo(_) => "photo",
        };
        tree.push(entry.leaf_hash());
        all.execute(
            "insert into log_leaf (position, hash, kind, subject) values (?1, ?2, ?3, ?4)",
            params![place, entry.leaf_hash().as_bytes(), kind, to_hex(entry.subject())],
        )
        .unwrap();
    }
    for table in PLACED {
        all.execute(&format!("delete from {table} where position >= {ASIDE}"), []).unwrap();
    }
    let config = Config::load(&folder.join("hattama.toml")).unwrap();
    let origin = KeyName::new(&config.log_origin).unwrap();
    let signer = keys::log(&folder.join("keys"), origin.clone()).unwrap();
    let note = Checkpoint { origin, size: tree.len(), root: tree.root() }.sign(&signer);
    let size = i64::try_from(tree.len()).unwrap();
    all.execute(
        "insert into checkpoint (size, note, signed_at_ms) values (?1, ?2, 0)",
        params![size, note],
    )
    .unwrap();
    all.commit().unwrap();
    db.close().unwrap();
    fs::remove_file(folder.join("keys/log.head")).unwrap();
    fs::remove_dir_all(folder.join("log")).unwrap();
}
