//! What is known of headquarters: addresses, set-up, enrolments, the log's last head.

use hattama_proto::kind::Role;
use rusqlite::{Connection, OptionalExtension as _};

use super::{Outbox, records::role};
use crate::error::NotebookError;

/// The election, as opened or enrolled.
pub(crate) const ELECTION: &str = "election";
/// Addresses of headquarters, a JSON list.
pub(crate) const ADDRESSES: &str = "addresses";
/// SHA-256 of headquarters' certificate, in hex.
pub(crate) const PIN: &str = "pin";
/// The root's public key.
pub(crate) const ROOT_KEY: &str = "root-key";
/// The public key that signs statements.
pub(crate) const HQ_KEY: &str = "hq-key";
/// The signed manifest of the set-up in use.
pub(crate) const MANIFEST: &str = "manifest";
/// A newer signed manifest whose parts have not all arrived.
pub(crate) const NEXT_MANIFEST: &str = "next-manifest";
/// How the set-up in use wants photographs sealed, JSON; none if it does not. Beside the set-up, so that
/// one whose files are damaged does not end it.
pub(crate) const SEALING: &str = "sealing";
/// What was measured of the network, JSON.
pub(crate) const LINK: &str = "link";
/// The newest epoch of the log that was heard of: SHA-256 of its statement.
pub(crate) const EPOCH: &str = "epoch";
/// The language in which the notebook's owner reads.
pub(crate) const LANGUAGE: &str = "language";
/// Which election follows: the root's signed statement, as it was checked.
pub(crate) const SUCCESSION: &str = "succession";
/// Headquarters' clock beside the phone's clocks, JSON of an anchor.
pub(crate) const CLOCK_ANCHOR: &str = "clock-anchor";

/// The last checkpoint verified on behalf of a role. One per role, because a checkpoint names the
/// moment of a sync, and must not link the two keys.
pub(crate) const fn seen(role: Role) -> &'static str {
    match role {
        Role::Results => "seen-results",
        Role::Incidents => "seen-incidents",
    }
}

/// The place in the feed of a role.
pub(crate) const fn feed(role: Role) -> &'static str {
    match role {
        Role::Results => "feed-results",
        Role::Incidents => "feed-incidents",
    }
}

/// One role's enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnrolmentRow {
    /// The role.
    pub(crate) role: Role,
    /// Hash of the invitation's proof.
    pub(crate) invitation: String,
    /// The signed request, sent again to the byte by a retry.
    pub(crate) request: String,
    /// The signed statement, once granted.
    pub(crate) statement: Option<String>,
    /// The token for quota and feed.
    pub(crate) token: Option<String>,
    /// Until when it is accepted, by headquarters' clock.
    pub(crate) token_expires_at: Option<i64>,
}

impl Outbox {
    /// One fact.
    pub(crate) fn setting(&self, name: &str) -> Result<Option<String>, NotebookError> {
        Ok(self
            .db
            .prepare_cached("select value from setting where name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?)
    }

    /// Sets several facts at once; none forgets one.
    pub(crate) fn set(&mut self, facts: &[(&str, Option<&str>)]) -> Result<(), NotebookError> {
        let tx = self.db.transaction()?;
        for (name, value) in facts {
            set(&tx, name, *value)?;
        }
        Ok(tx.commit()?)
    }

    /// The enrolments, asked for or granted.
    pub(crate) fn enrolments(&self) -> Result<Vec<EnrolmentRow>, NotebookError> {
        let mut statement = self.db.prepare_cached(
            "select role, invitation, request, statement, token, token_expires_at
             from enrolment order by role desc",
        )?;
        let mut rows = statement.query([])?;
        let mut enrolments = Vec::new();
        while let Some(row) = rows.next()? {
            enrolments.push(EnrolmentRow {
                role: role(&row.get::<_, String>(0)?)?,
                invitation: row.get(1)?,
                request: row.get(2)?,
                statement: row.get(3)?,
                token: row.get(4)?,
                token_expires_at: row.get(5)?,
            });
        }
        Ok(enrolments)
    }

    /// Keeps enrolments and facts, all or nothing.
    pub(crate) fn set_enrolments(
        &mut self,
        enrolments: &[EnrolmentRow],
        facts: &[(&str, Option<&str>)],
    ) -> Result<(), NotebookError> {
        let tx = self.db.transaction()?;
        for row in enrolments {
            tx.execute(
                "insert into enrolment
                     (role, invitation, request, statement, token, token_expires_at)
                 values (?1, ?2, ?3, ?4, ?5, ?6)
                 on conflict (role) do update set invitation = excluded.invitation,
                     request = excluded.request, statement = excluded.statement,
                     token = excluded.token, token_expires_at = excluded.token_expires_at",
                (
                    row.role.name(),
                    &row.invitation,
                    &row.request,
                    &row.statement,
                    &row.token,
                    row.token_expires_at,
                ),
            )?;
        }
        for (name, value) in facts {
            set(&tx, name, *value)?;
        }
        Ok(tx.commit()?)
    }

    /// Public keys of this notebook's records, by kid: those of earlier keys too.
    pub(crate) fn device_keys(&self) -> Result<Vec<(String, String)>, NotebookError> {
        Ok(self
            .db
            .prepare_cached("select kid, public_key from device_key")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?)
    }
}

/// Sets or forgets one fact, within whatever transaction is open.
pub(super) fn set(db: &Connection, name: &str, value: Option<&str>) -> Result<(), NotebookError> {
    match value {
        Some(value) => db
            .prepare_cached(
                "insert into setting (name, value) values (?1, ?2)
                 on conflict (name) do update set value = excluded.value",
            )?
            .execute([name, value])?,
        None => db.prepare_cached("delete from setting where name = ?1")?.execute([name])?,
    };
    Ok(())
}
