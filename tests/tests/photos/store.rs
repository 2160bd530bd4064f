//! What every store of photos promises, tried on each of them.

use std::{path::PathBuf, sync::Arc};

use hattama_proto::id::PhotoHash;
use hattama_server::blobs::{BlobError, BlobFacts, Blobs, BlobsUrl};
use hattama_tests::{form::plain_photo, world::block_on};

use crate::bucket::BucketServer;

/// A store, and where the bytes of a photo lie in it.
struct Tried {
    blobs: Blobs,
    folder: tempfile::TempDir,
    server: Option<Arc<BucketServer>>,
}

impl Tried {
    fn file_of(&self, photo: &PhotoHash) -> PathBuf {
        let name = photo.to_hex();
        match &self.server {
            Some(server) => server.object(photo),
            None => self.folder.path().join("blobs").join(&name[..2]).join(name),
        }
    }

    /// A file that was checked, about to be kept.
    fn checked(&self, bytes: &[u8]) -> PathBuf {
        let file = self.folder.path().join("checked");
        std::fs::write(&file, bytes).unwrap();
        file
    }

    async fn keep(&self, bytes: &[u8]) -> PhotoHash {
        let photo = PhotoHash::of(bytes);
        let file = self.checked(bytes);
        self.blobs.keep(file, &photo).await.unwrap();
        photo
    }
}

fn on_each_store(test: &impl AsyncFn(&Tried)) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("blobs")).unwrap();
    let url = BlobsUrl::Folder(folder.path().join("blobs"));
    block_on(test(&Tried { blobs: Blobs::open(&url).unwrap(), folder, server: None }));

    let server = Arc::new(BucketServer::start());
    let blobs = Blobs::open(&server.url().parse().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    block_on(test(&Tried { blobs, folder, server: Some(server) }));
}

#[test]
fn what_was_kept_is_read_byte_for_byte_small_and_in_parts() {
    on_each_store(&async |store: &Tried| {
        for len in [1, 40_000, 8 * 1024 * 1024, 12 * 1024 * 1024 + 7] {
            let bytes = plain_photo(len as u64, len);
            let photo = PhotoHash::of(&bytes);
            assert!(!store.blobs.has(&photo).await.unwrap());
            assert_eq!(store.blobs.read(&photo).await.unwrap(), None);
            store.keep(&bytes).await;
            assert!(store.blobs.has(&photo).await.unwrap());
            assert_eq!(store.blobs.read(&photo).await.unwrap().unwrap(), bytes);
        }
    });
}

#[test]
fn keeping_the_same_photo_again_changes_nothing() {
    on_each_store(&async |store: &Tried| {
        let bytes = plain_photo(1, 90_000);
        let photo = store.keep(&bytes).await;
        store.keep(&bytes).await;
        assert_eq!(store.blobs.read(&photo).await.unwrap().unwrap(), bytes);
    });
}

#[test]
fn altered_and_cut_bytes_are_an_error_and_are_left_as_they_are() {
    on_each_store(&async |store: &Tried| {
        let photo = store.keep(&plain_photo(2, 90_000)).await;
        let file = store.file_of(&photo);
        let right = std::fs::read(&file).unwrap();
        let mut altered = right.clone();
        altered[45_000] ^= 1;
        for wrong in [&altered[..], &right[..right.len() - 1], &[]] {
            std::fs::write(&file, wrong).unwrap();
            let read = store.blobs.read(&photo).await;
            assert!(matches!(read, Err(BlobError::Altered(found)) if found == photo), "{read:?}");
            assert_eq!(std::fs::read(&file).unwrap(), wrong);
        }
    });
}

#[test]
fn half_an_object_is_replaced_by_the_whole_photo() {
    let server = Arc::new(BucketServer::start());
    let blobs = Blobs::open(&server.url().parse().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Tried { blobs, folder, server: Some(server) };
    block_on(async {
        let bytes = plain_photo(3, 90_000);
        let photo = store.keep(&bytes).await;
        let mut altered = bytes.clone();
        altered[7] ^= 1;
        for wrong in [&bytes[..50_000], &altered] {
            std::fs::write(store.file_of(&photo), wrong).unwrap();
            store.keep(&bytes).await;
            assert_eq!(store.blobs.read(&photo).await.unwrap().unwrap(), bytes);
        }
    });
}

#[test]
fn a_probe_tells_what_the_store_does_and_leaves_nothing() {
    on_each_store(&async |store: &Tried| match store.blobs.probe().await {
        BlobFacts::Folder(tried) => {
            tried.unwrap();
            let left = std::fs::read_dir(store.folder.path().join("blobs")).unwrap().count();
            assert_eq!(left, 0);
        }
        BlobFacts::Bucket(facts) => {
            facts.put.unwrap();
            assert_eq!(facts.read_after_write, Ok(true));
            assert_eq!(facts.put_if_absent, Ok(true));
        }
    });
}

#[test]
fn a_probe_of_a_store_that_is_not_there_or_refuses_says_so() {
    let server = BucketServer::start();
    let wrong_secret = server.url().replace("secret_access_key=", "secret_access_key=x");
    let blobs = Blobs::open(&wrong_secret.parse().unwrap()).unwrap();
    let BlobFacts::Bucket(facts) = block_on(blobs.probe()) else { panic!() };
    assert!(facts.put.is_err(), "{facts:?}");
    let kept = block_on(blobs.has(&PhotoHash::of(b"any")));
    assert!(matches!(kept, Err(BlobError::Denied(_))), "{kept:?}");
    let blobs = Blobs::open(&server.url().parse().unwrap()).unwrap();
    server.stop();
    let BlobFacts::Bucket(facts) = block_on(blobs.probe()) else { panic!() };
    assert!(facts.put.is_err() && facts.read_after_write.is_err(), "{facts:?}");
}
