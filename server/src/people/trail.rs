//! Reading the audit trail.

use super::{People, PeopleError};
use crate::{
    access::Operator,
    store::{
        self,
        accounts::{AuditEvent, AuditFilter},
    },
};

impl People {
    /// Events of the audit trail that fit, the newest first.
    ///
    /// # Errors
    /// [`PeopleError::Limited`] for an account with limits: an event names whom it is about, and no
    /// organisation.
    pub async fn trail(
        &self,
        operator: &Operator,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, PeopleError> {
        if !operator.scope.is_everything() {
            return Err(PeopleError::Limited);
        }
        self.whole_trail(filter, limit).await
    }

    /// The same on the machine itself, where nobody is asked who they are.
    pub async fn whole_trail(
        &self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, PeopleError> {
        Ok(store::accounts::events(&self.db, filter, limit).await?)
    }
}
