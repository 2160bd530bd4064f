//! The words of the pages about people: entering, one's own account, accounts, the audit trail.

mod en;
mod kk;
mod ru;

pub(super) use self::{en::EN, kk::KK, ru::RU};
use crate::access::{AccountState, Role};

/// Every word of these pages in one language.
pub(in crate::web) struct PeopleWords {
    pub(in crate::web) enter_wrong: &'static str,
    pub(in crate::web) enter_name: &'static str,
    pub(in crate::web) enter_password: &'static str,
    pub(in crate::web) enter_with_token: &'static str,
    pub(in crate::web) ticket_over: &'static str,
    pub(in crate::web) session_over: &'static str,
    pub(in crate::web) second_title: &'static str,
    pub(in crate::web) second_why: &'static str,
    pub(in crate::web) second_wrong: &'static str,
    pub(in crate::web) use_key: &'static str,
    pub(in crate::web) confirm: &'static str,
    pub(in crate::web) step_up_title: &'static str,
    pub(in crate::web) step_up_why: &'static str,
    pub(in crate::web) step_up_form: &'static str,
    pub(in crate::web) step_up_go: &'static str,
    pub(in crate::web) step_up_none: &'static str,
    pub(in crate::web) token: &'static str,
    pub(in crate::web) token_serves: &'static str,
    pub(in crate::web) problem_wait: &'static str,
    pub(in crate::web) welcome_title: &'static str,
    pub(in crate::web) welcome_why: &'static str,
    pub(in crate::web) welcome_over: &'static str,
    pub(in crate::web) new_password: &'static str,
    pub(in crate::web) password_hint: &'static str,
    pub(in crate::web) password_weak: &'static str,
    pub(in crate::web) totp_scan: &'static str,
    pub(in crate::web) totp_picture: &'static str,
    pub(in crate::web) totp_code: &'static str,
    pub(in crate::web) totp_wrong: &'static str,
    pub(in crate::web) begin: &'static str,
    pub(in crate::web) recovery_title: &'static str,
    pub(in crate::web) recovery_why: &'static str,
    pub(in crate::web) recovery_left: &'static str,
    pub(in crate::web) recovery_make: &'static str,
    pub(in crate::web) go_on: &'static str,
    pub(in crate::web) account_title: &'static str,
    pub(in crate::web) factor_missing: &'static str,
    pub(in crate::web) roles_title: &'static str,
    pub(in crate::web) no_roles: &'static str,
    pub(in crate::web) sees: &'static str,
    pub(in crate::web) sees_all: &'static str,
    pub(in crate::web) password_title: &'static str,
    pub(in crate::web) present_password: &'static str,
    pub(in crate::web) set_password: &'static str,
    pub(in crate::web) password_wrong: &'static str,
    pub(in crate::web) totp_title: &'static str,
    pub(in crate::web) totp_is_set: &'static str,
    pub(in crate::web) totp_set: &'static str,
    pub(in crate::web) keys_title: &'static str,
    pub(in crate::web) keys_why: &'static str,
    pub(in crate::web) key_name: &'static str,
    pub(in crate::web) key_add: &'static str,
    pub(in crate::web) key_failed: &'static str,
    pub(in crate::web) take_off: &'static str,
    pub(in crate::web) sessions_title: &'static str,
    pub(in crate::web) this_session: &'static str,
    pub(in crate::web) began: &'static str,
    pub(in crate::web) last_used: &'static str,
    pub(in crate::web) end: &'static str,
    pub(in crate::web) tokens_title: &'static str,
    pub(in crate::web) token_name: &'static str,
    pub(in crate::web) token_days: &'static str,
    pub(in crate::web) token_stepped: &'static str,
    pub(in crate::web) token_make: &'static str,
    pub(in crate::web) token_told: &'static str,
    pub(in crate::web) until: &'static str,
    pub(in crate::web) for_ever: &'static str,
    pub(in crate::web) language_save: &'static str,
    pub(in crate::web) people_title: &'static str,
    pub(in crate::web) not_separated: &'static str,
    pub(in crate::web) one_admin: &'static str,
    pub(in crate::web) step_up_first: &'static str,
    pub(in crate::web) account_name: &'static str,
    pub(in crate::web) display_name: &'static str,
    pub(in crate::web) state: &'static str,
    pub(in crate::web) organisation: &'static str,
    pub(in crate::web) region: &'static str,
    pub(in crate::web) invite_title: &'static str,
    pub(in crate::web) invite_why: &'static str,
    pub(in crate::web) invite_make: &'static str,
    pub(in crate::web) invite_again: &'static str,
    pub(in crate::web) invite_told: &'static str,
    pub(in crate::web) changes_title: &'static str,
    pub(in crate::web) changes_none: &'static str,
    pub(in crate::web) proposed_by: &'static str,
    pub(in crate::web) withdraw: &'static str,
    pub(in crate::web) not_yours: &'static str,
    pub(in crate::web) propose_title: &'static str,
    pub(in crate::web) propose: &'static str,
    pub(in crate::web) suspend: &'static str,
    pub(in crate::web) resume: &'static str,
    pub(in crate::web) remove: &'static str,
    pub(in crate::web) sessions_end: &'static str,
    pub(in crate::web) sessions_none: &'static str,
    pub(in crate::web) audit_title: &'static str,
    pub(in crate::web) audit_why: &'static str,
    pub(in crate::web) audit_none: &'static str,
    pub(in crate::web) number: &'static str,
    pub(in crate::web) when: &'static str,
    pub(in crate::web) actor: &'static str,
    pub(in crate::web) action: &'static str,
    pub(in crate::web) subject: &'static str,
    pub(in crate::web) since: &'static str,
    pub(in crate::web) before: &'static str,
    roles: [&'static str; Role::ALL.len()],
    states: [&'static str; AccountState::ALL.len()],
}

impl PeopleWords {
    /// A role, in the order of [`Role::ALL`].
    pub(in crate::web) fn role(&self, role: Role) -> &'static str {
        let at = Role::ALL.iter().position(|known| *known == role);
        at.map_or("", |at| self.roles[at])
    }

    /// Where an account stands.
    pub(in crate::web) fn account_state(&self, state: AccountState) -> &'static str {
        let at = AccountState::ALL.iter().position(|known| *known == state);
        at.map_or("", |at| self.states[at])
    }
}
