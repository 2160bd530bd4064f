//! Whether the data folder keeps keys to itself and photographs for good. Pure.

use super::finding::Finding;

/// Room below which somebody should know, in bytes: about five hundred photographs.
const ROOM_MIN: u64 = 2 * 1024 * 1024 * 1024;

/// How old the newest backup may be, in hours: that of last night, with room for a slow one.
const BACKUP_HOURS_MAX: u64 = 26;

/// Who holds the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Nobody.
    Free,
    /// A process that works on it.
    Held,
    /// The one that asks.
    Ours,
}

/// What the data folder looks like. `None` where the system does not tell.
#[derive(Clone, Debug)]
pub struct FolderFacts {
    /// Files with seeds, and who may read them: the mode's last nine bits.
    pub seeds: Vec<(String, Option<u32>)>,
    /// The folder of keys and who may look in.
    pub keys_mode: Option<u32>,
    /// Who holds the folder.
    pub lock: Lock,
    /// Room for photographs that an ordinary user has, in bytes.
    pub room: Option<u64>,
    /// Whether `partial/` and `blobs/` are on one file system.
    pub one_file_system: Option<bool>,
    /// Whether a small file could be written and synced; else what the system said.
    pub synced: Result<(), String>,
    /// How old the newest backup is, in hours; none if none was made from this folder.
    pub backup_hours: Option<u64>,
}

/// Judges a data folder.
pub(super) fn folder(facts: &FolderFacts) -> Vec<Finding> {
    let mut findings = vec![keys(facts)];
    findings.extend(root_key(facts));
    findings.extend([lock(facts), disk(facts), room(facts), photographs(facts), backup(facts)]);
    findings
}

fn keys(facts: &FolderFacts) -> Finding {
    let about = "keys";
    let open = |mode: Option<u32>| mode.is_some_and(|mode| mode & 0o077 != 0);
    let mut readable: Vec<&str> =
        facts.seeds.iter().filter(|(_, mode)| open(*mode)).map(|(name, _)| name.as_str()).collect();
    if open(facts.keys_mode) {
        readable.push("keys");
    }
    if readable.is_empty() {
        return Finding::sound(about, "only the owner can read them");
    }
    Finding::to_know(
        about,
        format!(
            "{} can be read by others on this machine, who could sign as headquarters",
            readable.join(", ")
        ),
        "chmod 700 HQ/keys && chmod 600 HQ/keys/*.seed",
    )
}

fn root_key(facts: &FolderFacts) -> Option<Finding> {
    let here = facts.seeds.iter().any(|(name, _)| name == "root.seed");
    here.then(|| {
        Finding::to_know(
            "root key",
            "root.seed is on this machine; whoever takes the machine could sign another election",
            "copy HQ/keys/root.seed to two media kept offline, compare, then: shred -u \
             HQ/keys/root.seed",
        )
    })
}

fn lock(facts: &FolderFacts) -> Finding {
    let about = "lock";
    match facts.lock {
        Lock::Free => Finding::sound(about, "nobody works on the folder"),
        Lock::Ours => Finding::sound(about, "held by this process"),
        Lock::Held => Finding::sound(about, "a process serves the folder now"),
    }
}

fn disk(facts: &FolderFacts) -> Finding {
    let about = "disk of the folder";
    match &facts.synced {
        Ok(()) => Finding::sound(about, "a file could be written and synced"),
        Err(said) => Finding::will_lose(
            about,
            format!("a file cannot be written and synced ({said}): photographs cannot be kept"),
            "mount the disk for writing and let the user of headquarters own HQ",
        ),
    }
}

fn room(facts: &FolderFacts) -> Finding {
    let about = "room for photographs";
    let Some(room) = facts.room else {
        return Finding::to_know(about, "the system does not say how much is free", "look: df -h");
    };
    let seen = format!("{} MiB are free", room / (1024 * 1024));
    if room >= ROOM_MIN {
        return Finding::sound(about, seen);
    }
    Finding::to_know(
        about,
        format!("{seen}: soon records and photographs are told to come back later"),
        "free space on the disk of HQ, or move HQ to a larger one",
    )
}

fn photographs(facts: &FolderFacts) -> Finding {
    let about = "photographs";
    match facts.one_file_system {
        Some(false) => Finding::to_know(
            about,
            "partial/ and blobs/ are on two file systems: each photograph is copied into its place, \
             which takes time and twice the room",
            "mount one file system over both, or none of its own over either",
        ),
        Some(true) => Finding::sound(about, "partial/ and blobs/ are on one file system"),
        None => Finding::to_know(
            about,
            "the system does not say whether partial/ and blobs/ are on one file system",
            "make sure that they are",
        ),
    }
}

fn backup(facts: &FolderFacts) -> Finding {
    let about = "backup";
    let mend = "hattama backup --folder HQ --to DIR --recipient age1...; every night, and every \
                quarter of an hour on the day (docs/operating.md)";
    match facts.backup_hours {
        None => Finding::to_know(
            about,
            "none was made from this folder: whoever takes or breaks this machine takes all of it",
            mend,
        ),
        Some(hours) if hours > BACKUP_HOURS_MAX => Finding::to_know(
            about,
            format!("the newest is {hours} hours old: what came since is here and on phones only"),
            mend,
        ),
        Some(hours) => Finding::sound(about, format!("the newest is {hours} hours old")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    fn good() -> FolderFacts {
        FolderFacts {
            seeds: vec![("hq.seed".to_owned(), Some(0o600)), ("log.seed".to_owned(), Some(0o600))],
            keys_mode: Some(0o700),
            lock: Lock::Free,
            room: Some(1 << 40),
            one_file_system: Some(true),
            synced: Ok(()),
            backup_hours: Some(3),
        }
    }

    fn found(facts: &FolderFacts) -> Vec<(Level, &'static str)> {
        let findings = folder(facts).into_iter();
        findings
            .filter(|finding| finding.level > Level::Sound)
            .map(|finding| (finding.level, finding.about))
            .collect()
    }

    #[test]
    fn a_folder_as_it_was_made_is_sound_once_the_root_key_is_away() {
        assert_eq!(found(&good()), []);
        let mut facts = good();
        facts.seeds.push(("root.seed".to_owned(), Some(0o600)));
        assert_eq!(found(&facts), [(Level::ToKnow, "root key")]);
    }

    #[test]
    fn a_key_that_others_can_read_is_named() {
        let mut facts = good();
        facts.seeds[1].1 = Some(0o640);
        assert_eq!(found(&facts), [(Level::ToKnow, "keys")]);
        assert!(folder(&facts)[0].reason.starts_with("log.seed can be read"));
    }

    #[test]
    fn two_file_systems_cost_time_and_a_disk_that_takes_nothing_would_lose_photographs() {
        let facts = FolderFacts { one_file_system: Some(false), ..good() };
        assert_eq!(found(&facts), [(Level::ToKnow, "photographs")]);
        let facts = FolderFacts { synced: Err("read-only".to_owned()), ..good() };
        assert_eq!(found(&facts), [(Level::WillLose, "disk of the folder")]);
    }

    #[test]
    fn little_room_is_to_be_known_and_a_served_folder_is_sound() {
        let facts = FolderFacts { room: Some(1024), lock: Lock::Held, ..good() };
        assert_eq!(found(&facts), [(Level::ToKnow, "room for photographs")]);
    }

    #[test]
    fn a_backup_of_last_night_is_enough_and_none_or_an_old_one_is_to_be_known() {
        for (hours, sound) in [(Some(0), true), (Some(26), true), (Some(27), false), (None, false)]
        {
            let facts = FolderFacts { backup_hours: hours, ..good() };
            assert_eq!(found(&facts).is_empty(), sound, "{hours:?}");
        }
    }
}
