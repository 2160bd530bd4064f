//! What an error of PostgreSQL means to a caller of the store.
//!
//! The server's detail and hint quote rows, so only its code and its message are kept.

use deadpool_postgres::PoolError;
use tokio_postgres::error::{DbError, SqlState};

use crate::store::{Cause, StoreError};

/// A value that was bound where the statement wants another type.
#[derive(Debug, thiserror::Error)]
#[error("{bound} is bound where the statement wants {wanted}")]
pub(super) struct BindError {
    pub(super) bound: &'static str,
    pub(super) wanted: String,
}

pub(super) fn told(error: tokio_postgres::Error) -> StoreError {
    if let Some(failure) = error.as_db_error() {
        return told_by_server(failure);
    }
    if is_bind_error(&error) {
        StoreError::Statement(error.into())
    } else {
        StoreError::Unavailable(error.into())
    }
}

/// The same, of the step with this index in its batch.
pub(super) fn told_of_step(error: tokio_postgres::Error, step: usize) -> StoreError {
    match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => StoreError::UniqueViolation { step },
        _ => told(error),
    }
}

/// The same, of the start of a transaction that writes. A server that follows another refuses
/// just that; after a failover it leads, so it is worth coming back.
pub(super) fn told_of_start(error: tokio_postgres::Error) -> StoreError {
    match error.as_db_error() {
        Some(failure) if *failure.code() == SqlState::FEATURE_NOT_SUPPORTED => {
            let said = format!("{}: {}", failure.code().code(), failure.message());
            StoreError::Unavailable(said.into())
        }
        _ => told(error),
    }
}

pub(super) fn told_of_pool(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => told(error),
        other => StoreError::Unavailable(other.into()),
    }
}

fn told_by_server(failure: &DbError) -> StoreError {
    let source: Cause = format!("{}: {}", failure.code().code(), failure.message()).into();
    let code = failure.code();
    if [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
    ]
    .contains(code)
    {
        return StoreError::Busy(source);
    }
    if *code == SqlState::DISK_FULL {
        return StoreError::Full(source);
    }
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return StoreError::Statement(source);
    }
    match &code.code()[..2] {
        // Integrity (23), and values that do not fit their type (22).
        "22" | "23" => StoreError::Constraint(source),
        "XX" => StoreError::Damaged {
            place: "on the PostgreSQL server".to_owned(),
            detail: source.to_string(),
        },
        // Connection, authorisation, missing database, resources, operator, the system itself.
        "08" | "28" | "3D" | "53" | "57" | "58" => StoreError::Unavailable(source),
        _ => StoreError::Statement(source),
    }
}

fn is_bind_error(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<BindError>())
}
