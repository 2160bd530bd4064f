//! Who may do what at headquarters: roles, what each grants, and how far an account sees. Pure.
//!
//! An address names the [`Access`] it asks for in its route table; an account has [`Role`]s, and a
//! [`Scope`] beyond which it sees nothing. Whether an account may use an address is decided here and
//! nowhere else; whether it may see one object is [`Scope::sees`].

mod permission;
mod role;
mod scope;
mod state;

pub use self::{
    permission::{Access, Permission},
    role::Role,
    scope::Scope,
    state::{AccountState, Factor},
};

use hattama_proto::problem::ProblemCode;

/// An account of headquarters that is in, and what it may.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The account's name: what decisions and audit events carry.
    pub name: String,
    /// Its roles.
    pub roles: Vec<Role>,
    /// What it sees.
    pub scope: Scope,
    /// How far it has proved who it is.
    pub factor: Factor,
    /// Hash of the token that it is in with: what the store knows this session or token by.
    pub token_hash: String,
}

impl Operator {
    /// Whether one of its roles grants it.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.grants(permission))
    }

    /// Whether it may use an address.
    ///
    /// # Errors
    /// [`ProblemCode::Forbidden`], where none of its roles grants what the address asks for;
    /// [`ProblemCode::StepUpRequired`], where it has to prove again who it is, or has no second factor
    /// yet. A role that is missing is said first: nobody is asked for a code in vain.
    pub fn check(&self, access: Access) -> Result<(), ProblemCode> {
        let permission = match access {
            Access::Anybody | Access::Phone | Access::Account => return Ok(()),
            Access::Holder(permission) => permission,
        };
        if !self.may(permission) {
            return Err(ProblemCode::Forbidden);
        }
        match self.factor {
            Factor::Missing => Err(ProblemCode::StepUpRequired),
            Factor::Stale if permission.needs_fresh_factor() => Err(ProblemCode::StepUpRequired),
            Factor::Stale | Factor::Fresh => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_factor_is_asked_for_where_it_matters_and_some_factor_everywhere() {
        let admin = |factor| Operator {
            name: "a".to_owned(),
            roles: vec![Role::Admin],
            scope: Scope::default(),
            factor,
            token_hash: String::new(),
        };
        let (manage, read) = (Permission::ManageAccounts, Permission::ReadAccounts);
        for (factor, permission, expected) in [
            (Factor::Fresh, manage, Ok(())),
            (Factor::Stale, manage, Err(ProblemCode::StepUpRequired)),
            (Factor::Stale, read, Ok(())),
            (Factor::Missing, read, Err(ProblemCode::StepUpRequired)),
            (Factor::Fresh, Permission::Decide, Err(ProblemCode::Forbidden)),
            (Factor::Missing, Permission::Decide, Err(ProblemCode::Forbidden)),
        ] {
            assert_eq!(admin(factor).check(Access::Holder(permission)), expected);
        }
        assert_eq!(admin(Factor::Missing).check(Access::Account), Ok(()));
    }
}
