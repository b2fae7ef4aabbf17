//! What is built once of Cedar's: the schema, the types of entities, and the actions in their groups.

use crate::{Action, Purpose, Role, SCHEMA, Zone};
use cedar_policy::{ActionConstraint, Entities, Entity, EntityId, EntityTypeName, EntityUid, Schema};
use std::{str::FromStr, sync::LazyLock};

/// The types of entities that the schema declares, as far as questions name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    AuditTrail,
    Column,
    Directory,
    Job,
    Key,
    Lake,
    Operator,
    Person,
    Provider,
    ProviderAccount,
    Purpose,
    ResourceType,
    Role,
    Schema,
    Service,
    Source,
    Table,
    Zone,
}

impl Kind {
    const ALL: [Self; 18] = [
        Self::AuditTrail,
        Self::Column,
        Self::Directory,
        Self::Job,
        Self::Key,
        Self::Lake,
        Self::Operator,
        Self::Person,
        Self::Provider,
        Self::ProviderAccount,
        Self::Purpose,
        Self::ResourceType,
        Self::Role,
        Self::Schema,
        Self::Service,
        Self::Source,
        Self::Table,
        Self::Zone,
    ];

    /// The entity of this type that is called `id`.
    pub(crate) fn uid(self, id: &str) -> EntityUid {
        #[expect(clippy::indexing_slicing, reason = "`TYPES` has a place for every kind, in their order")]
        let name = TYPES[self as usize].clone();
        EntityUid::from_type_name_and_id(name, EntityId::new(id))
    }
}

impl From<Role> for EntityUid {
    fn from(role: Role) -> Self {
        Kind::Role.uid(role.as_str())
    }
}

impl From<Purpose> for EntityUid {
    fn from(purpose: Purpose) -> Self {
        Kind::Purpose.uid(purpose.as_str())
    }
}

impl From<Zone> for EntityUid {
    fn from(zone: Zone) -> Self {
        Kind::Zone.uid(zone.as_str())
    }
}

/// The schema as Cedar reads it.
pub(crate) fn schema() -> &'static Schema {
    &PARSED
}

/// `action` with the groups that it is in, if the schema has it.
pub(crate) fn action(action: Action) -> Option<&'static Entity> {
    #[expect(clippy::indexing_slicing, reason = "`ACTION_UIDS` has a place for every action, in their order")]
    ACTIONS.get(&ACTION_UIDS[action as usize])
}

/// The actions that the head of a policy names, by themselves or by their group.
pub(crate) fn actions_named(head: &ActionConstraint) -> impl Iterator<Item = Action> {
    let within =
        |action: &EntityUid, group: &EntityUid| action == group || ACTIONS.is_ancestor_of(group, action);
    let named = move |action: &EntityUid| match head {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(one) => action == one,
        ActionConstraint::In(several) => several.iter().any(|group| within(action, group)),
    };
    Action::all().iter().zip(ACTION_UIDS.iter()).filter(move |(_, uid)| named(uid)).map(|(action, _)| *action)
}

#[expect(clippy::expect_used, reason = "the names stand in this file, and every test reads them")]
static TYPES: LazyLock<[EntityTypeName; Kind::ALL.len()]> = LazyLock::new(|| {
    Kind::ALL.map(|kind| EntityTypeName::from_str(&format!("{kind:?}")).expect("a name of a type"))
});

#[expect(clippy::expect_used, reason = "the schema is a part of the build, and every test reads it")]
static PARSED: LazyLock<Schema> =
    LazyLock::new(|| Schema::from_cedarschema_str(SCHEMA).expect("the lake's own schema").0);

#[expect(clippy::expect_used, reason = "as the schema")]
static ACTIONS: LazyLock<Entities> =
    LazyLock::new(|| schema().action_entities().expect("the actions of the lake's own schema"));

#[expect(clippy::expect_used, reason = "as the names of types")]
static ACTION_UIDS: LazyLock<Vec<EntityUid>> = LazyLock::new(|| {
    let kind = EntityTypeName::from_str("Action").expect("a name of a type");
    let uid =
        |action: &Action| EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(action.as_str()));
    Action::all().iter().map(uid).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_schema_is_a_kind_and_the_other_way_round() {
        let declared = schema().entity_types().map(ToString::to_string);
        let mut declared: Vec<_> = declared.collect();
        declared.sort();
        assert_eq!(declared, Kind::ALL.map(|kind| format!("{kind:?}")));
    }

    #[test]
    fn every_kind_has_its_own_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.uid("x").to_string(), format!("{kind:?}::\"x\""));
        }
    }

    #[test]
    fn every_action_of_the_schema_can_be_asked_for_and_the_other_way_round() {
        let groups: Vec<_> =
            schema().action_groups().map(|group| group.id().unescaped().to_owned()).collect();
        for action in Action::all() {
            assert!(super::action(*action).is_some(), "`{action}` is not in the schema");
        }
        let declared = schema().actions().map(|action| action.id().unescaped().to_owned());
        for name in declared.filter(|name| !groups.contains(name)) {
            assert!(name.parse::<Action>().is_ok(), "`{name}` cannot be asked for");
        }
    }

    #[test]
    fn closed_lists_are_the_same_in_the_schema() {
        for (kind, words) in [
            ("Role", Role::all().iter().map(|word| word.as_str()).collect::<Vec<_>>()),
            ("Purpose", Purpose::all().iter().map(|word| word.as_str()).collect()),
            ("Zone", Zone::all().iter().map(|word| word.as_str()).collect()),
        ] {
            let list = SCHEMA.split_once(&format!("entity {kind} enum [")).unwrap().1;
            let list = list.split_once(']').unwrap().0;
            let declared: Vec<_> = list.split(',').map(|word| word.trim().trim_matches('"')).collect();
            assert_eq!(declared, words);
        }
    }
}
