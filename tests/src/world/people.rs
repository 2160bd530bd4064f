//! Further accounts at headquarters, put into its store while it is closed.

use hattama_proto::time::UnixMillis;
use hattama_server::{
    access::{AccountState, Role, Scope},
    ingest::token_hash,
    store::{Db, accounts, sessions},
};

/// An active account with all roles and no limits, that asks with this token.
///
/// # Panics
/// If the store does not take it.
pub async fn hire(db: &Db, name: &str, token: &str, now: UnixMillis) {
    hire_within(db, name, token, &Scope::default(), now).await;
}

/// As [`hire`], limited to a scope.
///
/// # Panics
/// If the store does not take it.
pub async fn hire_within(db: &Db, name: &str, token: &str, scope: &Scope, now: UnixMillis) {
    let stored = sessions::StoredToken {
        token_hash: token_hash(token),
        name: "of a test".to_owned(),
        stepped_up: true,
        created_at: now,
        expires_at: None,
    };
    let account = accounts::add(name, name, (&Role::ALL, scope), AccountState::Active, now);
    db.commit(account.and(sessions::add_token(name, &stored))).await.expect("it is new");
}
