//! Changes of roles, which take two admins: one proposes, another confirms, and neither about
//! themselves.

use hattama_proto::{id::to_hex, pack::Pack, time::UnixMillis};

use super::{
    People, PeopleError,
    admin::{check_scope, check_within, reaches},
};
use crate::{
    access::{AccountState, Operator, Role, Scope},
    audit, random,
    store::{self, role_changes::RoleChange, sessions},
};

/// What an account is to be and to see.
#[derive(Clone, Debug, Default)]
pub struct NewRoles {
    /// Its roles.
    pub roles: Vec<Role>,
    /// What it is to see.
    pub scope: Scope,
}

impl NewRoles {
    /// Roles and limits by their names, as somebody asks for them.
    ///
    /// # Errors
    /// [`PeopleError::Refused`], where there is no such role, organisation or region.
    pub fn named<'a>(
        roles: impl IntoIterator<Item = &'a str>,
        scope: Scope,
        pack: &Pack,
    ) -> Result<Self, PeopleError> {
        let role =
            |name| Role::from_name(name).ok_or(PeopleError::Refused("there is no such role"));
        let roles = roles.into_iter().map(role).collect::<Result<_, _>>()?;
        check_scope(&scope, pack)?;
        Ok(Self { roles, scope })
    }
}

impl People {
    /// Changes that wait for their second admin, as far as an admin sees them.
    pub async fn role_changes(&self, operator: &Operator) -> Result<Vec<RoleChange>, PeopleError> {
        let mut open = store::role_changes::open(&self.db).await?;
        let visible: Vec<String> =
            self.accounts(operator).await?.into_iter().map(|account| account.name).collect();
        open.retain(|change| visible.contains(&change.account) && reaches(operator, &change.scope));
        Ok(open)
    }

    /// Proposes other roles.
    pub async fn propose(
        &self,
        operator: &Operator,
        name: &str,
        wanted: NewRoles,
        now: UnixMillis,
    ) -> Result<String, PeopleError> {
        let account = self.account_for(operator, name).await?;
        if account.state == AccountState::Removed {
            return Err(PeopleError::Refused("this account was removed"));
        }
        check_within(operator, &wanted.scope)?;
        let change = proposal(name, wanted, &operator.name, now)?;
        let batch = || store::role_changes::propose(&change);
        let event = (operator.name.as_str(), "roles-proposed", name);
        audit::note_with(&self.db, event, now, batch).await?;
        Ok(change.id)
    }

    /// Confirms what another admin proposed about a third one. The account's sessions end.
    pub async fn confirm(
        &self,
        operator: &Operator,
        id: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let change = self.open_change(operator, id).await?;
        if change.proposed_by == operator.name {
            return Err(PeopleError::Refused("another admin has to confirm what you proposed"));
        }
        if change.account == operator.name {
            return Err(PeopleError::Refused("nobody confirms a change of their own roles"));
        }
        let account = self.account_for(operator, &change.account).await?;
        let batch = || {
            store::role_changes::decide(id, "confirmed", &operator.name, now)
                .and(store::accounts::set_roles(
                    &change.account,
                    &change.roles,
                    &change.scope,
                    account.version,
                    now,
                ))
                .and(sessions::end_all(&change.account, now))
        };
        let event = (operator.name.as_str(), "roles-confirmed", change.account.as_str());
        Ok(audit::note_with(&self.db, event, now, batch).await?)
    }

    /// Takes a proposal back; any admin may.
    pub async fn withdraw(
        &self,
        operator: &Operator,
        id: &str,
        now: UnixMillis,
    ) -> Result<(), PeopleError> {
        let change = self.open_change(operator, id).await?;
        let batch = || store::role_changes::decide(id, "withdrawn", &operator.name, now);
        let event = (operator.name.as_str(), "roles-withdrawn", change.account.as_str());
        Ok(audit::note_with(&self.db, event, now, batch).await?)
    }

    async fn open_change(&self, operator: &Operator, id: &str) -> Result<RoleChange, PeopleError> {
        let open = self.role_changes(operator).await?;
        open.into_iter().find(|change| change.id == id).ok_or(PeopleError::NotFound)
    }
}

pub(super) fn proposal(
    account: &str,
    wanted: NewRoles,
    by: &str,
    now: UnixMillis,
) -> Result<RoleChange, PeopleError> {
    Ok(RoleChange {
        id: to_hex(&random::bytes::<8>()?),
        account: account.to_owned(),
        roles: wanted.roles,
        scope: wanted.scope,
        proposed_by: by.to_owned(),
        proposed_at: now,
    })
}
