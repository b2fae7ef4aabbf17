//! Who asks.

use crate::{Role, Roles, cedar::Kind};
use cedar_policy::{Entity, EntityUid, RestrictedExpression};
use model::{Scope, SourceId};
use std::{
    collections::{HashMap, HashSet},
    fmt,
};

/// Whoever a door has authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'a> {
    /// A data owner. Its role is [`Role::Provider`], by nature.
    Provider {
        /// Its name, which is its id space.
        source: &'a SourceId,
        /// What its token grants.
        scopes: &'a [Scope],
    },
    /// A directory that keeps people and groups. It acts in no role.
    Directory(&'a str),
    /// Someone who has signed in.
    Person(User<'a>),
    /// A program with a credential of its own.
    Service(User<'a>),
    /// Whoever runs the command line on the home folder. Every role is open to the operator.
    Operator {
        /// The roles that are active now.
        roles: Roles,
    },
}

/// A person or a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User<'a> {
    /// Its name.
    pub name: &'a str,
    /// The roles that are active now.
    pub roles: Roles,
    /// The roles that are open to it.
    pub may_assume: Roles,
}

impl Principal<'_> {
    /// The roles that are active now.
    #[must_use]
    pub fn roles(&self) -> Roles {
        match self {
            Self::Provider { .. } => Role::Provider.into(),
            Self::Directory(_) => Roles::NONE,
            Self::Person(user) | Self::Service(user) => user.roles,
            Self::Operator { roles } => *roles,
        }
    }

    /// The roles that it could act in one day: those that are active, and those that are open to it.
    #[must_use]
    pub fn possible_roles(&self) -> Roles {
        match self {
            Self::Provider { .. } => Role::Provider.into(),
            Self::Directory(_) => Roles::NONE,
            Self::Person(user) | Self::Service(user) => {
                user.roles.iter().chain(user.may_assume.iter()).collect()
            }
            Self::Operator { .. } => Roles::assumable(),
        }
    }

    /// The same principal with other active roles. Providers and directories stay what they are.
    #[must_use]
    pub fn acting_in(self, roles: Roles) -> Self {
        match self {
            Self::Provider { .. } | Self::Directory(_) => self,
            Self::Person(user) => Self::Person(User { roles, ..user }),
            Self::Service(user) => Self::Service(User { roles, ..user }),
            Self::Operator { .. } => Self::Operator { roles },
        }
    }

    pub(crate) fn uid(&self) -> EntityUid {
        match self {
            Self::Provider { source, .. } => Kind::Provider.uid(source.as_str()),
            Self::Directory(name) => Kind::Directory.uid(name),
            Self::Person(user) => Kind::Person.uid(user.name),
            Self::Service(user) => Kind::Service.uid(user.name),
            Self::Operator { .. } => Kind::Operator.uid("operator"),
        }
    }

    /// What policies can see of it. `None` never comes, as no attribute is computed.
    pub(crate) fn entity(&self, uid: EntityUid) -> Option<Entity> {
        let (name, value) = match self {
            Self::Directory(_) => return Some(Entity::new_no_attrs(uid, HashSet::new())),
            Self::Provider { source, .. } => {
                ("source", RestrictedExpression::new_entity_uid(Kind::Source.uid(source.as_str())))
            }
            Self::Person(user) | Self::Service(user) => ("may_assume", set(user.may_assume)),
            Self::Operator { .. } => ("may_assume", set(Roles::assumable())),
        };
        let roles = self.roles().iter().map(EntityUid::from).collect();
        Entity::new(uid, HashMap::from([(name.to_owned(), value)]), roles).ok()
    }
}

impl fmt::Display for Principal<'_> {
    /// As policies write it, such as `Person::"amina"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uid().fmt(f)
    }
}

fn set(roles: Roles) -> RestrictedExpression {
    RestrictedExpression::new_set(roles.iter().map(|role| RestrictedExpression::new_entity_uid(role.into())))
}
