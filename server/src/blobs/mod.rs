//! Whole photos under their hashes: in a folder of this machine, or in a bucket of any store that
//! speaks S3. Written once, never changed, never deleted.
//!
//! Promises:
//!
//! * What [`Blobs::keep`] has taken is durable, and was seen there afterwards.
//! * What [`Blobs::read`] returns has the hash it was asked for. A store that gives other bytes
//!   gives an error.

mod bucket;
mod folder;
mod meter;
mod probe;
mod url;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use hattama_proto::id::PhotoHash;

use self::{bucket::Bucket, folder::BlobFolder};
pub use self::{
    meter::BlobMeter,
    probe::{BlobFacts, BucketFacts},
    url::{BlobsUrl, BucketUrl},
};

/// Where whole photos are. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<Store>,
    meter: BlobMeter,
}

#[derive(Debug)]
enum Store {
    Folder(BlobFolder),
    Bucket(Bucket),
}

/// Why a photo cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The address of the store is not one. Mend the configuration.
    #[error("{0}; write a folder, or s3://BUCKET?endpoint=https://HOST")]
    Url(String),
    /// This machine's disk is full.
    #[error("the disk with the photographs is full")]
    Full,
    /// This machine's disk failed.
    #[error("the photographs' folder failed")]
    Io(#[source] io::Error),
    /// The object store does not answer, or says that it cannot now. Try again.
    #[error("the object store does not answer")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The object store refuses these credentials, or has no such bucket. Mend the configuration.
    #[error("the object store refuses: check bucket, credentials and their rights")]
    Denied(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The object store said that it has the photo, and then had not, or not whole.
    #[error("the object store took the photograph {0} and does not have it")]
    Lost(PhotoHash),
    /// The bytes under this name are not those of the hash. They are left as they are.
    #[error("the stored photograph {0} was altered: its bytes have another hash")]
    Altered(PhotoHash),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

impl Blobs {
    /// Photos at `url`. Nothing is asked of an object store yet.
    pub fn open(url: &BlobsUrl) -> Result<Self, BlobError> {
        let store = match url {
            BlobsUrl::Folder(path) => Store::Folder(BlobFolder::new(path.clone())),
            BlobsUrl::Bucket(url) => Store::Bucket(Bucket::open(url)?),
        };
        Ok(Self { store: Arc::new(store), meter: BlobMeter::default() })
    }

    /// Whether the photo is there.
    pub async fn has(&self, photo: &PhotoHash) -> Result<bool, BlobError> {
        match &*self.store {
            Store::Folder(_) => {
                let photo = *photo;
                self.blocking(move |folder| Ok(folder.has(&photo))).await
            }
            Store::Bucket(bucket) => Ok(bucket.size(photo).await?.is_some()),
        }
    }

    /// Keeps a file whose hash was checked and whose bytes are synced. Durable once it returns. A
    /// folder takes the file itself, a bucket leaves it. A photo that is there already stays.
    pub async fn keep(&self, file: PathBuf, photo: &PhotoHash) -> Result<(), BlobError> {
        let work = async {
            match &*self.store {
                Store::Folder(_) => {
                    let photo = *photo;
                    self.blocking(move |folder| folder.keep(&file, &photo)).await
                }
                Store::Bucket(bucket) => bucket.keep(&file, photo).await,
            }
        };
        self.meter.measure("keep", work).await
    }

    /// Keeps bytes in the folder if they are those of the photo, by way of the file `beside`, which nobody
    /// else writes; false if they are not. All in one crossing to the disk's threads: pictures are small
    /// and many. What is in a bucket goes there as a file ([`keep`](Self::keep)), so that nothing has to
    /// be sent again while the bucket is away.
    pub async fn keep_right(
        &self,
        bytes: Vec<u8>,
        beside: PathBuf,
        photo: &PhotoHash,
    ) -> Result<bool, BlobError> {
        let photo = *photo;
        let work = self.blocking(move |folder| {
            if PhotoHash::of(&bytes) != photo {
                return Ok(false);
            }
            folder.keep_bytes(&bytes, &beside, &photo)?;
            Ok(true)
        });
        self.meter.measure("keep", work).await
    }

    /// The bytes of a photo, as captured; none if it is not there.
    pub async fn read(&self, photo: &PhotoHash) -> Result<Option<Bytes>, BlobError> {
        let work = async {
            match &*self.store {
                Store::Folder(_) => {
                    let photo = *photo;
                    let bytes = self.blocking(move |folder| folder.read(&photo)).await?;
                    Ok(bytes.map(Bytes::from))
                }
                Store::Bucket(bucket) => bucket.read(photo).await,
            }
        };
        match self.meter.measure("read", work).await? {
            Some(bytes) if PhotoHash::of(&bytes) != *photo => Err(BlobError::Altered(*photo)),
            bytes => Ok(bytes),
        }
    }

    /// How long it takes.
    pub fn meter(&self) -> &BlobMeter {
        &self.meter
    }

    /// What can be told of the store by trying it: see [`BlobFacts`].
    pub async fn probe(&self) -> BlobFacts {
        match &*self.store {
            Store::Folder(folder) => probe::folder(folder.root().to_owned()).await,
            Store::Bucket(bucket) => BlobFacts::Bucket(bucket.probe().await),
        }
    }

    /// The folder, where photos are in one.
    pub fn folder(&self) -> Option<&Path> {
        match &*self.store {
            Store::Folder(folder) => Some(folder.root()),
            Store::Bucket(_) => None,
        }
    }

    /// Runs `work` off the connections' threads; it runs to its end even if nobody waits any more.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&BlobFolder) -> io::Result<T> + Send + 'static,
    ) -> Result<T, BlobError> {
        let store = Arc::clone(&self.store);
        let done = tokio::task::spawn_blocking(move || match &*store {
            Store::Folder(folder) => work(folder),
            Store::Bucket(_) => Err(io::ErrorKind::Unsupported.into()),
        });
        Ok(done.await.map_err(|stopped| BlobError::Io(io::Error::other(stopped)))??)
    }
}
