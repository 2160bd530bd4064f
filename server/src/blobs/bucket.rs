//! Photos in a bucket of any store that speaks S3.
//!
//! ```text
//! [PREFIX/]ab/abcdef…   64 hex digits, as in the folder
//! ```
//!
//! A store that answers 200 has not necessarily kept anything: what was put is asked for again
//! before anybody is told that it is durable.

use std::{io, path::Path, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use hattama_proto::{id::PhotoHash, limits::PHOTO_BYTES_MAX};
use object_store::{
    BackoffConfig, ClientOptions, Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions,
    PutPayload, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path as Key,
};
use tokio::{fs::File, io::AsyncReadExt as _, sync::Semaphore};

use super::{
    BlobError, BucketUrl,
    probe::{self, BucketFacts},
};

/// Parts of an upload, and the largest photo sent in one piece, in bytes. S3 takes parts from
/// 5 MiB on.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// Uploads at once. With [`PART_BYTES`] it bounds their memory to 32 MiB.
const UPLOADS_MAX: usize = 4;

/// How long one request may take: a part over a line of half a megabyte per second.
const REQUEST: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(5);

/// How often, and how long, a request that the store could not serve is tried again before the
/// caller is told. The phone comes again by itself, so this only bridges hiccups.
const RETRIES: usize = 2;
const RETRYING: Duration = Duration::from_secs(8);

/// A bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    store: Arc<AmazonS3>,
    prefix: String,
    uploads: Semaphore,
}

impl Bucket {
    pub(super) fn open(url: &BucketUrl) -> Result<Self, BlobError> {
        // Whoever came first has installed the same one.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let mut client = ClientOptions::new()
            .with_timeout(REQUEST)
            .with_connect_timeout(CONNECT)
            .with_allow_http(url.is_plain_http());
        if let Some(ca) = &url.ca {
            let unread =
                |why: String| BlobError::Url(format!("{} cannot be read: {why}", ca.display()));
            let pem = std::fs::read(ca).map_err(|error| unread(error.to_string()))?;
            let certificate = object_store::Certificate::from_pem(&pem)
                .map_err(|error| unread(error.to_string()))?;
            client = client.with_root_certificate(certificate);
        }
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(200),
                max_backoff: Duration::from_secs(2),
                base: 2.0,
            },
            max_retries: RETRIES,
            retry_timeout: RETRYING,
        };
        // Credentials of the environment, then those of the address, which go before them.
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&url.bucket)
            .with_client_options(client)
            .with_retry(retry)
            .with_virtual_hosted_style_request(url.virtual_host);
        if let Some(endpoint) = &url.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(region) = &url.region {
            builder = builder.with_region(region);
        }
        if let Some(id) = &url.access_key_id {
            builder = builder.with_access_key_id(id);
        }
        if let Some(secret) = &url.secret_access_key {
            builder = builder.with_secret_access_key(secret);
        }
        if let Some(token) = &url.session_token {
            builder = builder.with_token(token);
        }
        let store = builder.build().map_err(|error| BlobError::Url(error.to_string()))?;
        Ok(Self {
            store: Arc::new(store),
            prefix: url.prefix.clone(),
            uploads: Semaphore::new(UPLOADS_MAX),
        })
    }

    /// How long the object of a photo is, in bytes; none if there is none.
    pub(super) async fn size(&self, photo: &PhotoHash) -> Result<Option<u64>, BlobError> {
        match self.store.head(&self.key(photo)).await {
            Ok(about) => Ok(Some(about.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(told(error)),
        }
    }

    /// Puts a file whose hash was checked, and sees that it is there.
    pub(super) async fn keep(&self, file: &Path, photo: &PhotoHash) -> Result<(), BlobError> {
        let bytes = tokio::fs::metadata(file).await?.len();
        let mode = match self.size(photo).await? {
            None => PutMode::Create,
            Some(there) if there == bytes && self.is_right(photo).await? => return Ok(()),
            Some(_) => {
                // Half an upload of somebody's, or worse. These bytes were proven to be the photo.
                tracing::warn!(%photo, "another object stood under this name and is replaced");
                PutMode::Overwrite
            }
        };
        // Closed never, so this waits for a turn and no more.
        let _turn =
            self.uploads.acquire().await.map_err(|closed| BlobError::Away(closed.into()))?;
        if bytes <= PART_BYTES as u64 {
            self.put(file, photo, mode).await?;
        } else {
            self.put_in_parts(file, photo).await?;
        }
        match self.size(photo).await? {
            Some(there) if there == bytes => Ok(()),
            _ => Err(BlobError::Lost(*photo)),
        }
    }

    async fn put(&self, file: &Path, photo: &PhotoHash, mode: PutMode) -> Result<(), BlobError> {
        let bytes = Bytes::from(tokio::fs::read(file).await?);
        let key = self.key(photo);
        let put = |mode: PutMode| {
            let options = PutOptions { mode, ..PutOptions::default() };
            self.store.put_opts(&key, PutPayload::from_bytes(bytes.clone()), options)
        };
        match put(mode).await {
            // Another process was first, with the same bytes or not: that is looked at afterwards.
            Ok(_) | Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(()),
            // The store knows no conditions; the name is the hash, so none is needed.
            Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => {
                put(PutMode::Overwrite).await.map(drop).map_err(told)
            }
            Err(error) => Err(told(error)),
        }
    }

    async fn put_in_parts(&self, file: &Path, photo: &PhotoHash) -> Result<(), BlobError> {
        let mut file = File::open(file).await?;
        let mut upload = self.store.put_multipart(&self.key(photo)).await.map_err(told)?;
        loop {
            let part = match next_part(&mut file).await {
                Ok(part) => part,
                Err(error) => {
                    // What the store keeps of it is its own to forget.
                    let _unheard = upload.abort().await;
                    return Err(error.into());
                }
            };
            if part.is_empty() {
                break;
            }
            if let Err(error) = upload.put_part(PutPayload::from_bytes(part)).await {
                let _unheard = upload.abort().await;
                return Err(told(error));
            }
        }
        upload.complete().await.map(drop).map_err(told)
    }

    /// The bytes under the name of a photo, of whatever hash.
    pub(super) async fn read(&self, photo: &PhotoHash) -> Result<Option<Bytes>, BlobError> {
        let got = match self.store.get(&self.key(photo)).await {
            Ok(got) => got,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(told(error)),
        };
        if got.meta.size > PHOTO_BYTES_MAX {
            return Err(BlobError::Altered(*photo));
        }
        got.bytes().await.map(Some).map_err(told)
    }

    async fn is_right(&self, photo: &PhotoHash) -> Result<bool, BlobError> {
        let bytes = self.read(photo).await?;
        Ok(bytes.is_some_and(|bytes| PhotoHash::of(&bytes) == *photo))
    }

    /// Tries what headquarters relies on, with an object of its own.
    pub(super) async fn probe(&self) -> BucketFacts {
        let store: &dyn ObjectStore = &*self.store;
        probe::bucket(store, &self.named("probe")).await
    }

    fn key(&self, photo: &PhotoHash) -> Key {
        let name = photo.to_hex();
        Key::from(self.named(&format!("{}/{name}", &name[..2])))
    }

    fn named(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }
}

/// Up to [`PART_BYTES`] of the file; nothing at its end.
async fn next_part(file: &mut File) -> io::Result<Bytes> {
    let mut part = BytesMut::with_capacity(PART_BYTES);
    while part.len() < PART_BYTES {
        let room = (PART_BYTES - part.len()) as u64;
        if file.take(room).read_buf(&mut part).await? == 0 {
            break;
        }
    }
    Ok(part.freeze())
}

/// What an error of the store means to whoever relies on it.
pub(super) fn told(error: Error) -> BlobError {
    match error {
        Error::NotFound { .. }
        | Error::PermissionDenied { .. }
        | Error::Unauthenticated { .. }
        | Error::InvalidPath { .. } => BlobError::Denied(error.into()),
        error => BlobError::Away(error.into()),
    }
}
