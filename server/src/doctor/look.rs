//! Looking: the store, the folder, the system. Judges nothing.

use std::{
    fs::{self, File, TryLockError},
    io::Write as _,
    path::Path,
};

use hattama_proto::time::UnixMillis;

use super::{Facts, FolderFacts, HeadFacts, Lock};
use crate::{
    backup::last_made,
    blobs::{BlobError, BlobFacts, Blobs, BlobsUrl},
    clock::Clock,
    folder::DataFolder,
    keys,
    log::HeadFile,
    store::{
        DatabaseUrl, StoreError,
        facts::{self, StoreFacts, WholeCheck},
    },
};

/// The store, and the kind of file system it is on if it is a file.
pub async fn look_at_store(
    url: &DatabaseUrl,
    check: WholeCheck,
    clock: Clock,
) -> (Result<StoreFacts, StoreError>, Option<String>) {
    let file_system = url.file().and_then(file_system);
    (facts::ask(url, check, clock).await, file_system)
}

/// The store of photographs, tried with an object of its own.
pub async fn look_at_blobs(url: &BlobsUrl) -> Result<(String, BlobFacts), BlobError> {
    Ok((url.to_string(), Blobs::open(url)?.probe().await))
}

/// The data folder, put together with what the stores said.
pub fn look_at_folder(
    folder: &DataFolder,
    (store, store_file_system): (Result<StoreFacts, String>, Option<String>),
    blobs: (String, BlobFacts),
    clock: Clock,
) -> Facts {
    Facts {
        store,
        store_file_system,
        folder: FolderFacts {
            seeds: seeds(&folder.keys()),
            keys_mode: mode(&folder.keys()),
            lock: lock(folder),
            room: room(&folder.blobs()),
            one_file_system: one_file_system(&folder.partial(), &folder.blobs()),
            synced: try_the_disk(&folder.partial()),
            backup_hours: backup_hours(folder, clock()),
        },
        head: head(folder),
        blobs,
        now: clock(),
    }
}

/// A clock that was set back makes it new.
fn backup_hours(folder: &DataFolder, now: UnixMillis) -> Option<u64> {
    let since = now.0.saturating_sub(i64::try_from(last_made(folder)?.as_millis()).ok()?);
    Some(u64::try_from(since).unwrap_or(0) / 3_600_000)
}

fn head(folder: &DataFolder) -> HeadFacts {
    match HeadFile::open(&keys::log_head(&folder.keys())) {
        Ok(head) => head.last().map_or(HeadFacts::Missing, |head| HeadFacts::Leaves(head.size)),
        Err(error) => HeadFacts::Unreadable(error.to_string()),
    }
}

fn seeds(keys: &Path) -> Vec<(String, Option<u32>)> {
    let Ok(entries) = fs::read_dir(keys) else { return Vec::new() };
    let mut seeds: Vec<(String, Option<u32>)> = entries
        .flatten()
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), mode(&entry.path())))
        .filter(|(name, _)| name.ends_with(".seed"))
        .collect();
    seeds.sort();
    seeds
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(fs::metadata(path).ok()?.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_path: &Path) -> Option<u32> {
    None
}

/// Asked with a shared lock, which is let go at once; a lock file that is not there is not made.
fn lock(folder: &DataFolder) -> Lock {
    let Ok(file) = File::open(folder.lock_file()) else { return Lock::Free };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Lock::Held,
        Ok(()) => {
            // Not left to the closing: a process being started may have a copy of the file.
            drop(file.unlock());
            Lock::Free
        }
        Err(TryLockError::Error(_)) => Lock::Free,
    }
}

#[cfg(unix)]
fn room(path: &Path) -> Option<u64> {
    let said = rustix::fs::statvfs(path).ok()?;
    Some(said.f_bavail.saturating_mul(said.f_frsize))
}

#[cfg(not(unix))]
fn room(_path: &Path) -> Option<u64> {
    None
}

#[cfg(unix)]
fn one_file_system(one: &Path, other: &Path) -> Option<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Some(fs::metadata(one).ok()?.dev() == fs::metadata(other).ok()?.dev())
}

#[cfg(not(unix))]
fn one_file_system(_one: &Path, _other: &Path) -> Option<bool> {
    None
}

/// Writes and syncs a small file where uploads begin, and takes it away again.
fn try_the_disk(partial: &Path) -> Result<(), String> {
    let path = partial.join(format!("probe-{}", std::process::id()));
    let tried = File::create(&path).and_then(|mut file| {
        file.write_all(b"hattama doctor")?;
        file.sync_all()
    });
    let removed = if path.exists() { fs::remove_file(&path) } else { Ok(()) };
    tried.and(removed).and_then(|()| crate::folder::sync_folder(partial)).map_err(|e| e.to_string())
}

/// Kind of the file system that a file, or the folder it will be in, is on.
fn file_system(path: &Path) -> Option<String> {
    let folder = match path.parent() {
        Some(bare) if bare.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => path,
    };
    let place = path.canonicalize().or_else(|_| folder.canonicalize()).ok()?;
    kind_of(&fs::read_to_string("/proc/self/mountinfo").ok()?, &place)
}

/// The kind in the last line of the table of mounts whose place leads farthest towards `place`.
fn kind_of(mounts: &str, place: &Path) -> Option<String> {
    let kind = |line: &str| {
        let (mount, system) = line.split_once(" - ")?;
        // Spaces, tabs, line feeds and backslashes are written as octal numbers.
        let at = mount.split(' ').nth(4)?.replace("\\040", " ").replace("\\134", "\\");
        let depth = Path::new(&at).components().count();
        place
            .starts_with(&at)
            .then(|| (depth, system.split(' ').next().unwrap_or_default().to_owned()))
    };
    let found = mounts.lines().filter_map(kind).max_by_key(|(depth, _)| *depth);
    found.map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_says_which_kind_it_is() {
        let mounts = "\
25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 25 0:40 / /srv rw shared:9 - nfs4 server:/srv rw
41 40 0:41 / /srv/my\\040disk rw - xfs /dev/vdb rw
42 25 0:42 / /srv rw - btrfs /dev/vdc rw";
        let kind = |place: &str| kind_of(mounts, Path::new(place)).unwrap();
        assert_eq!(kind("/var/hq.db"), "ext4");
        assert_eq!(kind("/srv/my disk/hq.db"), "xfs");
        assert_eq!(kind("/srvs/hq.db"), "ext4");
        // Mounted over the older one.
        assert_eq!(kind("/srv/hq.db"), "btrfs");
    }

    #[test]
    fn looking_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        try_the_disk(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(try_the_disk(&folder.path().join("missing")).is_err());
    }
}
