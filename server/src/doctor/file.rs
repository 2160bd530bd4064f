//! Whether a file of SQLite keeps what it was given. Pure.

use crate::store::facts::FileFacts;

use super::finding::Finding;

/// The level of syncing at which a commit waits for the disk.
const FULL: i64 = 2;

/// File systems whose other end is another machine: the write-ahead log needs memory that all
/// processes share, and locks that hold.
const NETWORK: [&str; 15] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
];

/// File systems that end with the machine.
const MEMORY: [&str; 2] = ["ramfs", "tmpfs"];

/// Judges a file on a file system of this kind, if that is known.
pub(super) fn file(facts: &FileFacts, file_system: Option<&str>) -> Vec<Finding> {
    let mut findings = vec![
        Finding::sound("version", format!("SQLite {}, part of this program", facts.engine_version)),
        commits(facts),
        journal(facts),
        place(file_system),
    ];
    if let Some(said) = &facts.check {
        findings.push(Finding::sound("integrity", format!("the whole file was read: {said}")));
    }
    findings
}

fn commits(facts: &FileFacts) -> Finding {
    let about = "synchronous";
    if facts.synchronous >= FULL {
        return Finding::sound(about, "each commit waits for the disk");
    }
    Finding::will_lose(
        about,
        format!(
            "the level of syncing stays at {} although full was asked for: a power cut may take \
             back what was acknowledged",
            facts.synchronous
        ),
        "install a release of hattama as it was published; this one was built otherwise",
    )
}

fn journal(facts: &FileFacts) -> Finding {
    let about = "journal";
    match facts.journal_mode.as_deref() {
        None => Finding::sound(about, "there is no file yet; it will have a write-ahead log"),
        Some("wal") => Finding::sound(about, "a write-ahead log"),
        Some(mode @ ("off" | "memory")) => Finding::will_lose(
            about,
            format!("the journal is {mode}: a crash while writing ruins the file"),
            "stop whatever else opened the file, then start headquarters",
        ),
        Some(mode) => Finding::to_know(
            about,
            format!("the journal is {mode}; serving makes it a write-ahead log or refuses"),
            "look for another program that uses the file",
        ),
    }
}

fn place(file_system: Option<&str>) -> Finding {
    let about = "file system of the database";
    match file_system {
        None => Finding::to_know(
            about,
            "the system does not say what kind it is",
            "make sure that it is a disk of this machine, not a network's",
        ),
        Some(kind) if NETWORK.contains(&kind) => Finding::will_lose(
            about,
            format!("{kind} is a network's: a write-ahead log is not safe there"),
            "move the database to a disk of this machine, or use PostgreSQL",
        ),
        Some(kind) if MEMORY.contains(&kind) => Finding::to_know(
            about,
            format!("{kind} is memory: everything ends with the machine; for trying out only"),
            "make the folder on a disk",
        ),
        Some(kind) => Finding::sound(about, format!("{kind}, of this machine")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    fn facts(mode: Option<&str>, synchronous: i64) -> FileFacts {
        FileFacts {
            path: "hq.db".into(),
            engine_version: "3.50.0".to_owned(),
            journal_mode: mode.map(str::to_owned),
            synchronous,
            check: None,
            log: None,
        }
    }

    fn worst(facts: &FileFacts, file_system: Option<&str>) -> Level {
        let findings = file(facts, file_system);
        findings.into_iter().map(|finding| finding.level).max().unwrap()
    }

    #[test]
    fn a_file_with_a_log_on_a_disk_of_this_machine_is_sound() {
        assert_eq!(worst(&facts(Some("wal"), 2), Some("ext4")), Level::Sound);
        assert_eq!(worst(&facts(None, 2), Some("xfs")), Level::Sound);
        assert_eq!(worst(&facts(Some("wal"), 3), Some("btrfs")), Level::Sound);
    }

    #[test]
    fn a_network_and_a_commit_that_does_not_wait_would_lose_evidence() {
        for kind in ["nfs4", "cifs", "9p", "fuse.sshfs"] {
            assert_eq!(worst(&facts(Some("wal"), 2), Some(kind)), Level::WillLose, "{kind}");
        }
        assert_eq!(worst(&facts(Some("wal"), 1), Some("ext4")), Level::WillLose);
        assert_eq!(worst(&facts(Some("off"), 2), Some("ext4")), Level::WillLose);
    }

    #[test]
    fn another_journal_memory_and_an_unknown_place_are_to_be_known() {
        assert_eq!(worst(&facts(Some("delete"), 2), Some("ext4")), Level::ToKnow);
        assert_eq!(worst(&facts(Some("wal"), 2), Some("tmpfs")), Level::ToKnow);
        assert_eq!(worst(&facts(Some("wal"), 2), None), Level::ToKnow);
    }
}
