//! What is asked of.

use crate::{Role, UnknownRole, Zone, cedar::Kind};
use cedar_policy::{Entity, EntityUid, RestrictedExpression};
use model::SourceId;
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fmt,
};

/// What somebody asks to do something with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource<'a> {
    /// The whole lake.
    Lake,
    /// An id space.
    Source(&'a SourceId),
    /// A FHIR type, as it comes into an id space.
    ResourceType {
        /// Whose id space.
        source: &'a SourceId,
        /// Which type, such as `Observation`.
        resource_type: &'a str,
    },
    /// A schema of SQL: `raw`, `view`, or a mart.
    Schema(&'a str),
    /// A table.
    Table(Table<'a>),
    /// A column of a table.
    Column(Table<'a>, &'a str),
    /// A key by its name, such as `root`.
    Key(&'a str),
    /// A kind of job, such as `mart.build`.
    Job(&'a str),
    /// The audit trail.
    AuditTrail,
    /// What an administrator keeps of a provider.
    ProviderAccount(&'a str),
    /// A role, to be assumed.
    Role(Role),
}

/// A table by its name in SQL, as the catalogue has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table<'a> {
    schema: Option<&'a str>,
    name: &'a str,
}

impl<'a> Table<'a> {
    /// The table `name` of `schema`, such as `encounter` of `view`.
    #[must_use]
    pub const fn new(schema: &'a str, name: &'a str) -> Self {
        Self { schema: Some(schema), name }
    }

    /// A table that stands without a schema, such as `person_link`.
    #[must_use]
    pub const fn bare(name: &'a str) -> Self {
        Self { schema: None, name }
    }

    /// The table `name` of a schema as SQL resolves it: those of `public` stand without one.
    #[must_use]
    pub fn of_sql(schema: &'a str, name: &'a str) -> Self {
        if schema == "public" { Self::bare(name) } else { Self::new(schema, name) }
    }

    /// The table that SQL calls so: `view.encounter`, or `person_link`.
    #[must_use]
    pub fn named(name: &'a str) -> Self {
        match name.split_once('.') {
            Some((schema, name)) => Self::new(schema, name),
            None => Self::bare(name),
        }
    }

    /// The zone that it lies in. A schema that is no part of the lake's own is a mart; a table without a
    /// schema is taken for one that tells who is who, unless it is known.
    #[must_use]
    pub fn zone(&self) -> Zone {
        match self.schema {
            Some(schema) => zone_of_schema(schema),
            None if self.name == "display" => Zone::Raw,
            None => Zone::Link,
        }
    }

    /// Its name as policies write it, such as `view.encounter`.
    fn id(&self) -> String {
        match self.schema {
            Some(schema) => format!("{}.{}", part(schema), part(self.name)),
            None => part(self.name).into_owned(),
        }
    }

    fn uid(&self) -> EntityUid {
        Kind::Table.uid(&self.id())
    }

    fn entity(&self, uid: EntityUid) -> Entity {
        let schema = self.schema.map(|schema| Kind::Schema.uid(schema));
        Entity::new_no_attrs(uid, schema.into_iter().chain([self.zone().into()]).collect())
    }
}

/// Why a text names no resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownResource {
    /// A column without its table.
    #[error("a column is named `column:view.encounter.start`")]
    Column,
    /// An id space, or a type in one, of nobody.
    #[error("say whose id space: --provider NAME")]
    Source,
    /// A role that there is not.
    #[error(transparent)]
    Role(#[from] UnknownRole),
    /// A kind of thing that there is not.
    #[error(
        "a resource is lake, audit, table:view.encounter, column:view.encounter.start, schema:raw, source, \
         type:Observation, key:root, job:mart.build, provider:NAME or role:analyst"
    )]
    Kind,
}

impl<'a> Resource<'a> {
    /// What is called so, such as `table:view.encounter`; `source` is whose id space is meant, if one is.
    ///
    /// # Errors
    /// Nothing is.
    pub fn named(text: &'a str, source: Option<&'a SourceId>) -> Result<Self, UnknownResource> {
        let (kind, name) = text.split_once(':').unwrap_or((text, ""));
        Ok(match (kind, source) {
            ("lake", _) => Self::Lake,
            ("audit", _) => Self::AuditTrail,
            ("table", _) => Self::Table(Table::named(name)),
            ("column", _) => match name.rsplit_once('.') {
                Some((of, column)) => Self::Column(Table::named(of), column),
                None => return Err(UnknownResource::Column),
            },
            ("schema", _) => Self::Schema(name),
            ("key", _) => Self::Key(name),
            ("job", _) => Self::Job(name),
            ("provider", _) => Self::ProviderAccount(name),
            ("role", _) => Self::Role(name.parse()?),
            ("source", Some(source)) => Self::Source(source),
            ("type", Some(source)) => Self::ResourceType { source, resource_type: name },
            ("source" | "type", None) => return Err(UnknownResource::Source),
            _ => return Err(UnknownResource::Kind),
        })
    }
}

fn zone_of_schema(schema: &str) -> Zone {
    match schema {
        "catalog" | "information_schema" => Zone::Control,
        other => other.parse().unwrap_or(Zone::Mart),
    }
}

/// A part of a name, quoted as SQL does it where it could be mistaken for two.
fn part(name: &str) -> Cow<'_, str> {
    if name.contains(['.', '"']) { format!("\"{}\"", name.replace('"', "\"\"")).into() } else { name.into() }
}

impl Resource<'_> {
    pub(crate) fn uid(&self) -> EntityUid {
        match self {
            Self::Lake => Kind::Lake.uid("lake"),
            Self::Source(source) => Kind::Source.uid(source.as_str()),
            Self::ResourceType { resource_type, .. } => Kind::ResourceType.uid(resource_type),
            Self::Schema(name) => Kind::Schema.uid(name),
            Self::Table(table) => table.uid(),
            Self::Column(table, name) => Kind::Column.uid(&format!("{}.{}", table.id(), part(name))),
            Self::Key(name) => Kind::Key.uid(name),
            Self::Job(kind) => Kind::Job.uid(kind),
            Self::AuditTrail => Kind::AuditTrail.uid("audit"),
            Self::ProviderAccount(name) => Kind::ProviderAccount.uid(name),
            Self::Role(role) => (*role).into(),
        }
    }

    /// What policies can see of it. What stands alone and has no attributes needs no entity.
    pub(crate) fn entities(&self, uid: EntityUid) -> Vec<Entity> {
        match self {
            Self::ResourceType { source, .. } => {
                let any = HashSet::from([any_resource_type()]);
                with_one(uid, "source", Kind::Source.uid(source.as_str()), any)
            }
            Self::Schema(name) => {
                vec![Entity::new_no_attrs(uid, HashSet::from([zone_of_schema(name).into()]))]
            }
            Self::Table(table) => vec![table.entity(uid)],
            Self::Column(table, _) => {
                let parent = table.uid();
                let column = Entity::new_no_attrs(uid, HashSet::from([parent.clone()]));
                vec![column, table.entity(parent)]
            }
            Self::Lake
            | Self::Source(_)
            | Self::Key(_)
            | Self::Job(_)
            | Self::AuditTrail
            | Self::ProviderAccount(_)
            | Self::Role(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Resource<'_> {
    /// As policies write it, such as `Table::"view.encounter"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uid().fmt(f)
    }
}

/// What every FHIR type is in, and what `*` of a scope is.
pub(crate) fn any_resource_type() -> EntityUid {
    Kind::ResourceType.uid("*")
}

/// An entity with one attribute, which is another entity.
fn with_one(uid: EntityUid, name: &str, value: EntityUid, parents: HashSet<EntityUid>) -> Vec<Entity> {
    let attributes = HashMap::from([(name.to_owned(), RestrictedExpression::new_entity_uid(value))]);
    // Nothing here is computed, so nothing is left out: a policy that misses an attribute would deny.
    Entity::new(uid, attributes, parents).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_read_as_policies_write_it() {
        let source: SourceId = "gp".parse().unwrap();
        for (text, written) in [
            ("lake", "Lake::\"lake\""),
            ("table:view.encounter", "Table::\"view.encounter\""),
            ("table:person_link", "Table::\"person_link\""),
            ("column:view.encounter.start", "Column::\"view.encounter.start\""),
            ("role:analyst", "Role::\"analyst\""),
            ("type:Observation", "ResourceType::\"Observation\""),
        ] {
            assert_eq!(Resource::named(text, Some(&source)).unwrap().to_string(), written);
        }
        for bad in ["", "source", "column:x", "role:boss", "nothing:x"] {
            assert!(Resource::named(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_table_lies_in_the_zone_that_its_schema_says() {
        for (table, zone) in [
            (Table::new("raw", "patient"), Zone::Raw),
            (Table::new("view", "patient"), Zone::View),
            (Table::new("urgent_care", "pathways"), Zone::Mart),
            (Table::new("catalog", "tables"), Zone::Control),
            (Table::new("information_schema", "tables"), Zone::Control),
            (Table::new("audit", "records"), Zone::Audit),
            (Table::new("vault", "anything"), Zone::Vault),
            (Table::bare("person_link"), Zone::Link),
            (Table::bare("display"), Zone::Raw),
            (Table::bare("what is this"), Zone::Link),
        ] {
            assert_eq!(table.zone(), zone, "{table:?}");
        }
    }

    #[test]
    fn no_two_tables_have_one_name() {
        assert_eq!(Table::new("view", "encounter").id(), "view.encounter");
        assert_eq!(Table::new("a.b", "c").id(), "\"a.b\".c");
        assert_eq!(Table::new("a", "b.c").id(), "a.\"b.c\"");
        assert_ne!(Table::bare("a.b").id(), Table::new("a", "b").id());
        assert_ne!(Table::new("\"a", "b").id(), Table::new("a", "b").id());
    }
}
