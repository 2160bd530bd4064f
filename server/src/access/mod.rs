//! Who may do what at headquarters: roles, what each grants, and how far an account sees. Pure.
//!
//! An address names the [`Access`] it asks for in its route table; an account has [`Role`]s, and a
//! [`Scope`] beyond which it sees nothing. Whether an account may use an address is decided here and
//! nowhere else; whether it may see one object is [`Scope::sees`].

mod permission;
mod role;
mod scope;

pub use self::{
    permission::{Access, Permission},
    role::Role,
    scope::Scope,
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
}

impl Operator {
    /// Whether one of its roles grants it.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.grants(permission))
    }

    /// Whether it may use an address.
    ///
    /// # Errors
    /// [`ProblemCode::Forbidden`], where none of its roles grants what the address asks for.
    pub fn check(&self, access: Access) -> Result<(), ProblemCode> {
        match access {
            Access::Anybody | Access::Phone | Access::Account => Ok(()),
            Access::Holder(permission) if self.may(permission) => Ok(()),
            Access::Holder(_) => Err(ProblemCode::Forbidden),
        }
    }
}
