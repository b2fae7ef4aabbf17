//! The roles that people and programs act in.
//!
//! Not the roles of processes, such as gateway and worker.

use crate::words::words;

words! {
    /// A part that a principal plays.
    pub enum Role or UnknownRole, "a role is provider, analyst, engineer, custodian, auditor or administrator" {
        /// Sends FHIR, and reads nothing. Providers have it, and nobody else can.
        Provider = "provider",
        /// Asks questions of views and marts.
        Analyst = "analyst",
        /// Keeps data coming, and shapes it.
        Engineer = "engineer",
        /// Knows who is who, and keeps the keys.
        Custodian = "custodian",
        /// Sees what was done, and who may do what.
        Auditor = "auditor",
        /// Says who may do what.
        Administrator = "administrator",
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Roles(u8);

impl Roles {
    /// No role.
    pub const NONE: Self = Self(0);

    /// Every role that can be assumed: all but provider.
    #[must_use]
    pub fn assumable() -> Self {
        Role::all().iter().copied().filter(|role| *role != Role::Provider).collect()
    }

    /// This set with one role more.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u8)
    }

    /// Whether `role` is in it.
    #[must_use]
    pub const fn contains(self, role: Role) -> bool {
        self.0 & 1 << role as u8 != 0
    }

    /// Its roles, in the order of [`Role::all`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::all().iter().copied().filter(move |role| self.contains(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Self::NONE.with(role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_from_its_name_only() {
        for role in Role::all().iter().copied() {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert_eq!("Analyst".parse::<Role>(), Err(UnknownRole));
    }

    #[test]
    fn a_set_holds_what_was_put_into_it() {
        let roles: Roles = [Role::Auditor, Role::Analyst, Role::Auditor].into_iter().collect();
        assert_eq!(roles.iter().collect::<Vec<_>>(), [Role::Analyst, Role::Auditor]);
        assert!(!roles.contains(Role::Provider) && !Roles::assumable().contains(Role::Provider));
        assert_eq!(Roles::NONE.iter().count(), 0);
    }
}
