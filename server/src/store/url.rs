//! Where the database is: a file or a PostgreSQL server. Printed without its password.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::StoreError;

/// Where the database is.
///
/// `sqlite:PATH` or a bare path is a file, made if it is missing; `postgres://` or
/// `postgresql://` is a server, written as libpq writes it. Which of the two decides the engine.
///
/// ```
/// use hattama_server::store::DatabaseUrl;
/// let url: DatabaseUrl = "postgres://hattama:secret@db.example/hq".parse().unwrap();
/// assert!(!format!("{url} {url:?}").contains("secret"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file of SQLite. Its folder exists already.
    Sqlite(PathBuf),
    /// A server, with its password.
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = match text.split_once(':') {
            Some(("sqlite", path)) => path.strip_prefix("//").unwrap_or(path),
            Some((scheme, rest)) if rest.starts_with("//") => {
                return Err(StoreError::Url(format!("no engine for {scheme}://")));
            }
            _ => text,
        };
        match path {
            "" => Err(StoreError::Url("the path is empty".to_owned())),
            ":memory:" => Err(StoreError::Url("a store in memory keeps no evidence".to_owned())),
            path => Ok(Self::Sqlite(PathBuf::from(path))),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            // Passwords also appear as parameters, so no part of the text is shown.
            Self::Postgres(_) => f.write_str("postgres://..."),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_file_with_and_without_its_scheme() {
        for text in ["sqlite:/srv/hq.db", "sqlite:///srv/hq.db", "/srv/hq.db"] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url, DatabaseUrl::Sqlite(PathBuf::from("/srv/hq.db")));
        }
    }

    #[test]
    fn another_engine_an_empty_path_and_memory_are_refused() {
        for text in ["mysql://db/hq", "sqlite:", "", "sqlite::memory:"] {
            assert!(matches!(text.parse::<DatabaseUrl>(), Err(StoreError::Url(_))), "{text}");
        }
    }
}
