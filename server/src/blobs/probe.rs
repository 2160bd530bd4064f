//! What a store of photos does when it is tried. Facts only; what they mean is judged elsewhere.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bytes::Bytes;
use object_store::{
    Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, path::Path as Key,
};

/// What was found out about a store of photos. An error is what the store said, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobFacts {
    /// A folder of this machine: whether a file could be written, synced and renamed in it.
    Folder(Result<(), String>),
    /// A bucket.
    Bucket(BucketFacts),
}

/// What a bucket did with an object that was made for trying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketFacts {
    /// Whether an object could be put at all.
    pub put: Result<(), String>,
    /// Whether what was put could be read at once, byte for byte.
    pub read_after_write: Result<bool, String>,
    /// Whether a second put under the same name was refused when it was to be refused.
    pub put_if_absent: Result<bool, String>,
    /// How long a put and the read after it took together, in milliseconds.
    pub round_trip_ms: u64,
}

/// Tries a folder with a file of its own, which it removes. Several processes may try one folder at the
/// same moment: after the power came back they all start together.
pub(super) async fn folder(root: PathBuf) -> BlobFacts {
    let tried = tokio::task::spawn_blocking(move || try_folder(&root)).await;
    let tried = tried.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
    BlobFacts::Folder(tried.map_err(|error| error.to_string()))
}

fn try_folder(root: &Path) -> io::Result<()> {
    let name = format!("probe-{}", uuid::Uuid::now_v7());
    let (fresh, named) = (root.join(format!("{name}.new")), root.join(name));
    fs::write(&fresh, b"probe")?;
    fs::File::open(&fresh)?.sync_all()?;
    fs::rename(&fresh, &named)?;
    crate::folder::sync_folder(root)?;
    let same = fs::read(&named)? == b"probe";
    fs::remove_file(&named)?;
    if same { Ok(()) } else { Err(io::Error::other("what was written was not read")) }
}

/// Tries a bucket with an object under `prefix`, which it removes.
pub(super) async fn bucket(store: &dyn ObjectStore, prefix: &str) -> BucketFacts {
    let begun = Instant::now();
    // A name that nobody has used: an object left by a probe that was cut off disturbs nothing.
    let key = Key::from(format!("{prefix}/{}", uuid::Uuid::now_v7()));
    let bytes = Bytes::from_static(b"hattama probe");
    let create = || {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        store.put_opts(&key, PutPayload::from_bytes(bytes.clone()), options)
    };
    let first = match create().await {
        // Conditions are not known here; it is put without.
        Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => {
            store.put(&key, PutPayload::from_bytes(bytes.clone())).await.map(drop)
        }
        first => first.map(drop),
    };
    let put = first.map_err(|error| error.to_string());
    let read_after_write = match store.get(&key).await {
        Ok(got) => got.bytes().await.map(|got| got == bytes).map_err(|error| error.to_string()),
        Err(Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.to_string()),
    };
    let took = begun.elapsed();
    let put_if_absent = match create().await {
        Ok(_) => Ok(false),
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(true),
        Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => Ok(false),
        Err(error) => Err(error.to_string()),
    };
    if put.is_ok() {
        // Where deleting is forbidden, which is a good thing to forbid, it stays.
        let _stays = store.delete(&key).await;
    }
    BucketFacts { put, read_after_write, put_if_absent, round_trip_ms: whole_ms(took) }
}

fn whole_ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_try_one_folder_at_the_same_moment_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::thread::scope(|scope| {
            let many: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..20).try_for_each(|_| try_folder(root))))
                .collect();
            for one in many {
                one.join().unwrap().unwrap();
            }
        });
        assert_eq!(fs::read_dir(root).unwrap().count(), 0, "nothing is left");
    }
}
