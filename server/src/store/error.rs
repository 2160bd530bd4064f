//! Why the store did not do what it was asked, by what the caller can do about it.
//!
//! A variant is a cause, not a call: both engines report the same cause as the same variant, so
//! nobody above the driver asks which engine runs. What an engine said is kept as the source, for
//! the log. It never holds a bound value: the driver drops the parts of an engine's message that
//! quote rows, because a log holds neither who nor where.

/// What the engine said: for the log, never for a reply.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Others kept changing the same rows, or another process holds the file, for longer than
    /// the driver waits. Nothing was stored. Try again later.
    #[error("the store is busy; try again")]
    Busy(#[source] Cause),

    /// A step changed another number of rows than it had to: somebody decided first. Nothing of
    /// the batch was stored. Read again and decide again; repeating the same batch cannot help.
    #[error("step {step} of the batch did not change the rows it expected")]
    Conflict {
        /// Index of the step in its batch, from 0.
        step: usize,
    },

    /// A value breaks a `check`, a `not null`, a type or a foreign key. Nothing was stored. A
    /// bug of ours: input has to be refused before it gets here.
    #[error("a value does not fit the schema")]
    Constraint(#[source] Cause),

    /// The database is damaged. It was left as it is. Stop, copy it aside together with its
    /// `-wal` file, and restore a backup; a damaged file may still hold evidence.
    #[error(
        "the database {place} is damaged ({detail}); nothing was changed. Copy it aside together \
         with its -wal file before anything else, then restore a backup"
    )]
    Damaged {
        /// The file, or the engine if it is not a file.
        place: String,
        /// What the check found, in the engine's words.
        detail: String,
    },

    /// A migration was changed after this database had applied it. Install the release that
    /// wrote the database; a released migration is never edited, a new one is added.
    #[error("migration {number} ({name}) is not the one that this database was built with")]
    Edited {
        /// The migration's number, from 1.
        number: i64,
        /// The migration's name in this program, or in the database if it differs.
        name: String,
    },

    /// The file is a sound SQLite database of some other program. It was left as it is. Check
    /// the path in the configuration.
    #[error("{place} is a database of another program; nothing was changed")]
    Foreign {
        /// The file.
        place: String,
    },

    /// The disk is full. Nothing of the batch was stored. Free space, then try again; what was
    /// stored before is safe.
    #[error("the disk of the database is full")]
    Full(#[source] Cause),

    /// The database was written by a newer release. It was left as it is. Install that release
    /// or a later one.
    #[error("the database has migration {found}, this program knows {known}: install a newer one")]
    Newer {
        /// The last migration that the database has.
        found: i64,
        /// The last migration that this program has.
        known: i64,
    },

    /// A text holds the character U+0000, which PostgreSQL cannot store. Refused on both engines
    /// alike. The caller decides what such a text from outside means before it gets here.
    #[error("a text holds the character U+0000")]
    NulInText,

    /// The database was written by an older release, and was opened for reading only. Serve it once
    /// with this release, which brings it up to date.
    #[error(
        "the database has migration {found}, this program works with {known}: open it once with \
         `hattama serve` of this release, which brings it up to date"
    )]
    Older {
        /// The last migration that the database has.
        found: i64,
        /// The last migration that this program has.
        known: i64,
    },

    /// The engine does not understand the statement, or not with these values. A bug of ours.
    #[error("the statement cannot be run")]
    Statement(#[source] Cause),

    /// The engine did not answer: connection lost, pool exhausted, disk not readable, or closed.
    ///
    /// **Whether a commit took place is unknown** if the connection went away during it. Repeat
    /// the batch: unique keys and versions tell a batch that is already there.
    #[error("the store is not available")]
    Unavailable(#[source] Cause),

    /// A column holds another type than its reader asked for. A bug of ours, usually a missing
    /// `cast(... as bigint)` around a `sum`, or an `exists` without a `case`.
    #[error("column {column} holds {found} where {wanted} is expected")]
    UnexpectedType {
        /// Index of the column, from 0.
        column: usize,
        /// What the reader asked for.
        wanted: &'static str,
        /// What the engine gave.
        found: String,
    },

    /// A row with this key exists already. Nothing of the batch was stored. Which key it was is
    /// not told, because SQLite does not say; a step has one key that can clash or uses
    /// `on conflict`.
    #[error("step {step} of the batch repeats a unique key")]
    UniqueViolation {
        /// Index of the step in its batch, from 0.
        step: usize,
    },

    /// The address of the database cannot be read.
    #[error("the database address cannot be read: {0}")]
    Url(String),
}

impl StoreError {
    /// Whether the same request may succeed later without a change by a human or by the caller.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Full(_) | Self::Unavailable(_))
    }
}
