//! Where the photos are: a folder or a bucket. Printed without its secrets.

use std::{fmt, path::PathBuf, str::FromStr};

use super::BlobError;

/// Where the photos are.
///
/// `s3://BUCKET[/PREFIX][?KEY=VALUE&…]` is a bucket of any store that speaks S3; a path, or
/// `folder:PATH`, is a folder. Keys:
///
/// | key | meaning |
/// |---|---|
/// | `endpoint` | address of the store, `https://HOST[:PORT]`; Amazon's by default |
/// | `region` | its region; `us-east-1` by default |
/// | `access_key_id`, `secret_access_key`, `session_token` | credentials; else `AWS_…` in the environment |
/// | `allow_http` | `true`: plain HTTP although the store is not on this machine |
/// | `ca` | file with the certificate (PEM) of the authority to trust besides the system's |
/// | `virtual_host` | `true`: the bucket is part of the host name |
///
/// ```
/// use hattama_server::blobs::BlobsUrl;
/// let url: BlobsUrl =
///     "s3://photos/kz?endpoint=https://s3.example&access_key_id=a&secret_access_key=hidden"
///         .parse()
///         .unwrap();
/// assert_eq!(url.to_string(), "s3://photos/kz?endpoint=https://s3.example");
/// assert!(!format!("{url:?}").contains("hidden"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum BlobsUrl {
    /// A folder of this machine. It exists already.
    Folder(PathBuf),
    /// A bucket.
    Bucket(BucketUrl),
}

/// A bucket, and how to reach it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct BucketUrl {
    pub(super) bucket: String,
    /// Without slashes at its ends; may be empty.
    pub(super) prefix: String,
    pub(super) endpoint: Option<String>,
    pub(super) region: Option<String>,
    pub(super) access_key_id: Option<String>,
    pub(super) secret_access_key: Option<String>,
    pub(super) session_token: Option<String>,
    pub(super) allow_http: bool,
    pub(super) ca: Option<PathBuf>,
    pub(super) virtual_host: bool,
}

impl FromStr for BlobsUrl {
    type Err = BlobError;

    fn from_str(text: &str) -> Result<Self, BlobError> {
        if let Some(rest) = text.strip_prefix("s3://") {
            return rest.parse().map(Self::Bucket);
        }
        let path = match text.split_once(':') {
            Some(("folder", path)) => path,
            Some((scheme, rest)) if rest.starts_with("//") => {
                return Err(BlobError::Url(format!("no store of photos for {scheme}://")));
            }
            _ => text,
        };
        if path.is_empty() {
            return Err(BlobError::Url("the path is empty".to_owned()));
        }
        Ok(Self::Folder(PathBuf::from(path)))
    }
}

impl FromStr for BucketUrl {
    type Err = BlobError;

    fn from_str(rest: &str) -> Result<Self, BlobError> {
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(BlobError::Url("name the bucket: s3://BUCKET".to_owned()));
        }
        let mut url = Self {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            ..Self::default()
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| BlobError::Url(format!("write {pair} as KEY=VALUE")))?;
            url.set(key, percent_decoded(value)?)?;
        }
        url.refuse_plain_http_elsewhere()?;
        Ok(url)
    }
}

impl BucketUrl {
    fn set(&mut self, key: &str, value: String) -> Result<(), BlobError> {
        match key {
            "endpoint" => self.endpoint = Some(value.trim_end_matches('/').to_owned()),
            "region" => self.region = Some(value),
            "access_key_id" => self.access_key_id = Some(value),
            "secret_access_key" => self.secret_access_key = Some(value),
            "session_token" => self.session_token = Some(value),
            "allow_http" => self.allow_http = flag(key, &value)?,
            "ca" => self.ca = Some(PathBuf::from(value)),
            "virtual_host" => self.virtual_host = flag(key, &value)?,
            _ => return Err(BlobError::Url(format!("{key} means nothing for a bucket"))),
        }
        Ok(())
    }

    /// Photographs and credentials leave this machine encrypted, unless somebody says otherwise.
    fn refuse_plain_http_elsewhere(&self) -> Result<(), BlobError> {
        let Some(rest) = self.endpoint.as_deref().and_then(|url| url.strip_prefix("http://"))
        else {
            return Ok(());
        };
        if self.allow_http || is_loopback(rest) {
            return Ok(());
        }
        Err(BlobError::Url(format!(
            "http://{rest} would carry photographs unencrypted: use https, or say allow_http=true \
             if the network between is yours alone"
        )))
    }

    /// Whether requests go out unencrypted.
    pub(super) fn is_plain_http(&self) -> bool {
        self.endpoint.as_deref().is_some_and(|url| url.starts_with("http://"))
    }
}

fn is_loopback(authority: &str) -> bool {
    let host = authority.split('/').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn flag(key: &str, value: &str) -> Result<bool, BlobError> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(BlobError::Url(format!("{key} is true or false"))),
    }
}

/// `%2B` and the like: secrets may hold any character.
fn percent_decoded(value: &str) -> Result<String, BlobError> {
    let wrong = || BlobError::Url("a % is followed by two hex digits".to_owned());
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (high, low) = (rest.next().ok_or_else(wrong)?, rest.next().ok_or_else(wrong)?);
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let (high, low) = (digit(high).ok_or_else(wrong)?, digit(low).ok_or_else(wrong)?);
        bytes.push(high << 4 | low);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

impl fmt::Display for BlobsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "folder:{}", path.display()),
            Self::Bucket(bucket) => bucket.fmt(f),
        }
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if !self.prefix.is_empty() {
            write!(f, "/{}", self.prefix)?;
        }
        if let Some(endpoint) = &self.endpoint {
            // A user and a password may stand in an address.
            let host = endpoint.rsplit_once('@').map_or(endpoint.as_str(), |(_, host)| host);
            write!(f, "?endpoint={host}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for BlobsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for BucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_folder_and_a_bucket_has_a_name() {
        let folder: BlobsUrl = "/srv/photos".parse().unwrap();
        assert_eq!(folder, BlobsUrl::Folder("/srv/photos".into()));
        assert_eq!("folder:/srv/photos".parse::<BlobsUrl>().unwrap(), folder);
        for wrong in
            ["", "folder:", "gs://photos", "s3://", "s3:///x", "s3://b?secret", "s3://b?x=1"]
        {
            assert!(matches!(wrong.parse::<BlobsUrl>(), Err(BlobError::Url(_))), "{wrong}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only_unless_somebody_says_so() {
        for fine in
            ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:9", "https://s3.example"]
        {
            assert!(format!("s3://b?endpoint={fine}").parse::<BlobsUrl>().is_ok(), "{fine}");
        }
        for wrong in ["http://10.0.0.1:9000", "http://s3.example", "http://127.0.0.1.example"] {
            let text = format!("s3://b?endpoint={wrong}");
            assert!(text.parse::<BlobsUrl>().is_err(), "{wrong}");
            assert!(format!("{text}&allow_http=true").parse::<BlobsUrl>().is_ok(), "{wrong}");
        }
    }

    #[test]
    fn a_secret_may_hold_any_character_and_is_not_shown() {
        let text = "s3://b?access_key_id=id&secret_access_key=a%2Fb%26c%3d";
        let BlobsUrl::Bucket(bucket) = text.parse().unwrap() else { panic!() };
        assert_eq!(bucket.secret_access_key.as_deref(), Some("a/b&c="));
        assert_eq!(format!("{bucket} {bucket:?}"), "s3://b s3://b");
    }
}
