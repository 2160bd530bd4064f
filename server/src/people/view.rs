//! Accounts as programs and the command line read them: ids and codes, never what somebody gets in
//! with.

use hattama_proto::time::UnixMillis;
use serde::Serialize;

use super::{OwnAccount, short_id};
use crate::{
    access::{Factor, Operator, Role},
    store::{
        accounts::{AuditEvent, StoredAccount},
        role_changes::RoleChange,
        sessions::{StoredSession, StoredToken},
    },
};

/// One account in a list.
#[derive(Debug, Serialize)]
pub struct AccountView {
    name: String,
    display: String,
    state: &'static str,
    roles: Vec<&'static str>,
    /// Sees only what this organisation's observers sent; null: every organisation's.
    org: Option<String>,
    /// Sees only what belongs to this region; null: every region.
    region: Option<String>,
    /// Language of its pages.
    language: Option<String>,
    has_password: bool,
    has_totp: bool,
    made_at: UnixMillis,
}

impl From<StoredAccount> for AccountView {
    fn from(account: StoredAccount) -> Self {
        Self {
            name: account.name,
            display: account.display,
            state: account.state.name(),
            roles: names(&account.roles),
            org: account.scope.org,
            region: account.scope.region,
            language: account.language,
            has_password: account.password.is_some(),
            has_totp: account.totp.is_some(),
            made_at: account.created_at,
        }
    }
}

fn names(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.name()).collect()
}

/// One account with what it is in with.
#[derive(Debug, Serialize)]
pub struct AccountDetail {
    #[serde(flatten)]
    account: AccountView,
    sessions: Vec<SessionView>,
    tokens: Vec<TokenView>,
}

impl AccountDetail {
    /// An account, sessions that go on, and tokens that work.
    pub fn new(account: StoredAccount, sessions: &[StoredSession], tokens: &[StoredToken]) -> Self {
        Self {
            account: account.into(),
            sessions: sessions.iter().map(SessionView::from).collect(),
            tokens: tokens.iter().map(TokenView::from).collect(),
        }
    }
}

/// A session of a browser.
#[derive(Debug, Serialize)]
pub(super) struct SessionView {
    /// What names it; nobody gets in with it.
    id: String,
    began_at: UnixMillis,
    /// To the minute.
    seen_at: UnixMillis,
    /// When the second factor was last shown.
    factor_at: Option<UnixMillis>,
}

impl From<&StoredSession> for SessionView {
    fn from(session: &StoredSession) -> Self {
        Self {
            id: short_id(&session.token_hash).to_owned(),
            began_at: session.created_at,
            seen_at: session.seen_at,
            factor_at: session.factor_at,
        }
    }
}

/// A token of a program.
#[derive(Debug, Serialize)]
pub(super) struct TokenView {
    /// What names it; nobody gets in with it.
    id: String,
    name: String,
    /// Whether it opens what asks for a fresh second factor.
    stepped_up: bool,
    made_at: UnixMillis,
    /// Null: until it is ended.
    until: Option<UnixMillis>,
}

impl From<&StoredToken> for TokenView {
    fn from(token: &StoredToken) -> Self {
        Self {
            id: short_id(&token.token_hash).to_owned(),
            name: token.name.clone(),
            stepped_up: token.stepped_up,
            made_at: token.created_at,
            until: token.expires_at,
        }
    }
}

/// A security key.
#[derive(Debug, Serialize)]
pub(super) struct PasskeyView {
    id: String,
    name: String,
    made_at: UnixMillis,
}

/// One's own account, all of it.
#[derive(Debug, Serialize)]
pub struct OwnView {
    #[serde(flatten)]
    account: AccountDetail,
    /// `missing`, `stale` or `fresh`: whether what asks for a fresh second factor opens now.
    factor: &'static str,
    /// The session or token that is asked with.
    here: String,
    passkeys: Vec<PasskeyView>,
    recovery_left: u64,
}

impl OwnView {
    /// The account of whoever asks.
    pub fn new(own: OwnAccount, operator: &Operator) -> Self {
        let keys = own.passkeys.into_iter().map(|key| PasskeyView {
            id: key.credential,
            name: key.name,
            made_at: key.created_at,
        });
        Self {
            passkeys: keys.collect(),
            factor: match operator.factor {
                Factor::Missing => "missing",
                Factor::Stale => "stale",
                Factor::Fresh => "fresh",
            },
            here: short_id(&operator.token_hash).to_owned(),
            recovery_left: own.recovery_left,
            account: AccountDetail::new(own.account, &own.sessions, &own.tokens),
        }
    }
}

/// A change of roles that waits for its second admin.
#[derive(Debug, Serialize)]
pub struct RoleChangeView {
    id: String,
    account: String,
    roles: Vec<&'static str>,
    org: Option<String>,
    region: Option<String>,
    proposed_by: String,
    proposed_at: UnixMillis,
}

impl From<RoleChange> for RoleChangeView {
    fn from(change: RoleChange) -> Self {
        Self {
            roles: names(&change.roles),
            id: change.id,
            account: change.account,
            org: change.scope.org,
            region: change.scope.region,
            proposed_by: change.proposed_by,
            proposed_at: change.proposed_at,
        }
    }
}

/// One event of the audit trail.
#[derive(Debug, Serialize)]
pub(super) struct AuditView {
    number: u64,
    at: UnixMillis,
    actor: String,
    action: String,
    subject: String,
}

impl From<AuditEvent> for AuditView {
    fn from(event: AuditEvent) -> Self {
        let AuditEvent { number, at, actor, action, subject } = event;
        Self { number, at, actor, action, subject }
    }
}

/// Events of the audit trail, the newest first.
#[derive(Debug, Serialize)]
pub struct AuditPage {
    events: Vec<AuditView>,
    /// Pass as `before` for what happened earlier; null when that was all.
    next: Option<u64>,
}

impl AuditPage {
    /// Events of which at most `limit` were asked for.
    pub fn new(events: Vec<AuditEvent>, limit: u32) -> Self {
        let is_full = u32::try_from(events.len()) == Ok(limit);
        let next = events.last().map(|event| event.number).filter(|number| is_full && *number > 1);
        Self { events: events.into_iter().map(AuditView::from).collect(), next }
    }
}
