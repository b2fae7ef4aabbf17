//! Tables that are compacted and published together.

use crate::{
    registry::{Kept, Standing},
    sql::current::{self, Supersession},
    table::TableId,
};
use fhir::ResourceType;

/// Tables whose rows are superseded by the same list, and that list; or a table on its own.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    name: String,
    members: Vec<(TableId, Option<Supersession>)>,
    superseded: Option<TableId>,
    may_fold: bool,
}

impl Group {
    /// Every group that there can be.
    pub(super) fn all(views: &[Kept]) -> Vec<Self> {
        let mut groups: Vec<_> = ResourceType::all().map(|each| Self::of_type(each, views)).collect();
        for table in
            [TableId::record_key(), TableId::person_key(), TableId::display(), TableId::display_seen()]
        {
            groups.push(Self {
                name: table.location(),
                members: vec![(table, None)],
                superseded: None,
                may_fold: false,
            });
        }
        groups
    }

    /// The tables whose rows come from resources of one type.
    pub(crate) fn of_type(resource_type: ResourceType, views: &[Kept]) -> Self {
        let mut tables = vec![TableId::raw(resource_type)];
        let over = || views.iter().filter(|kept| kept.over == resource_type);
        tables.extend(over().filter(|kept| kept.grows()).map(|kept| kept.table.clone()));
        let may_fold = over().all(|kept| kept.stands == Standing::Shown);
        if resource_type.as_str() == "Patient" {
            tables.push(TableId::person_link());
        }
        let members = tables
            .into_iter()
            .map(|table| {
                let by = current::supersession(&table, Some(resource_type));
                (table, by)
            })
            .collect();
        let superseded = Some(TableId::superseded(resource_type));
        Self { name: resource_type.as_str().to_ascii_lowercase(), members, superseded, may_fold }
    }

    /// Names the group in intents and in the audit trail.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The tables that hold rows, with how these are superseded.
    pub(super) fn members(&self) -> &[(TableId, Option<Supersession>)] {
        &self.members
    }

    /// The list of what is superseded.
    pub(crate) const fn superseded(&self) -> Option<&TableId> {
        self.superseded.as_ref()
    }

    /// Whether what is superseded may be folded away. Not while a view is built over the type: rows that it takes from
    /// an earlier sequence may be superseded by what is on the list. Nor while a table is seen that is left as it is.
    pub(super) const fn may_fold(&self) -> bool {
        self.may_fold
    }

    /// All tables, the list last.
    pub(crate) fn tables(&self) -> Vec<TableId> {
        self.members.iter().map(|(table, _)| table.clone()).chain(self.superseded.clone()).collect()
    }
}
