//! One pass over resources for several views: each is read once, and only as far as some view asks.

use crate::{RowBuilder, RowError, View};
use fhir::json::{self, JsonError, Picked, Selected, Selection, Value};

/// The rows of several views over one resource type, while resources come by.
///
/// The views say together which members they look at, and only these are kept when a resource is read. Views
/// that cannot say it (with `repeat`, or that compare whole elements) get the whole resource, read once for all of
/// them.
#[derive(Debug)]
pub struct Pass {
    selected: Selected,
    /// Where a resource that was selected says its type.
    resource_type: usize,
    tables: Vec<Table>,
    /// Whether some view needs the whole resource, and whether some other does not.
    needs: (bool, bool),
}

#[derive(Debug)]
struct Table {
    rows: RowBuilder,
    whole: bool,
}

impl Pass {
    /// A pass that has not begun. Resources of types that no view is over are read and make no rows.
    #[must_use]
    pub fn new<'v>(views: impl IntoIterator<Item = &'v View>) -> Self {
        let mut selection = Selection::new();
        let resource_type =
            selection.member(Selection::ROOT, "resourceType").map_or(usize::MAX, |(slot, _)| slot);
        let tables: Vec<_> = views
            .into_iter()
            .map(|view| {
                // A view that turns out to need all leaves the names it has asked for: they do no harm.
                match view.selected(&mut selection) {
                    Ok(plan) => Table { rows: RowBuilder::new(plan), whole: false },
                    Err(_) => Table { rows: view.rows(), whole: true },
                }
            })
            .collect();
        let needs = (tables.iter().any(|table| table.whole), tables.iter().any(|table| !table.whole));
        Self { selected: Selected::new(selection), resource_type, tables, needs }
    }

    /// Appends the rows that the views make of a resource, and says whether it is a Bundle that no view is over. A
    /// view that can make none is told to `refused`, by its place among the views; the others go on.
    ///
    /// # Errors
    /// The text is not JSON. Nothing was appended then.
    pub fn append(
        &mut self,
        resource: &[u8],
        refused: &mut dyn FnMut(usize, RowError),
    ) -> Result<bool, JsonError> {
        let (whole, selected) = self.needs;
        let whole = if whole { Some(json::parse(resource)?) } else { None };
        let picks = if selected { Some(self.selected.read(resource)?) } else { None };
        let name = match (&whole, &picks) {
            (Some(value), _) => value.get("resourceType").and_then(Value::as_str),
            (_, Some(picks)) => picks.root().slot(self.resource_type).and_then(Picked::token),
            _ => None,
        };
        let bundle =
            name == Some("Bundle") && self.tables.iter().all(|table| Some(table.rows.resource()) != name);
        for (at, table) in self.tables.iter_mut().enumerate() {
            let appended = match (&whole, &picks) {
                (Some(value), _) if table.whole => table.rows.append(value),
                (_, Some(picks)) => table.rows.append_selected(picks.root()),
                _ => Ok(0),
            };
            if let Err(error) = appended {
                refused(at, error);
            }
        }
        Ok(bundle)
    }

    /// As [`Pass::append`], of a resource that has been read already.
    pub fn append_value(&mut self, resource: &Value<'_>, refused: &mut dyn FnMut(usize, RowError)) {
        for (at, table) in self.tables.iter_mut().enumerate() {
            if let Err(error) = table.rows.append(resource) {
                refused(at, error);
            }
        }
    }

    /// The rows so far, a builder a view, in the views' order.
    pub fn tables(&mut self) -> impl Iterator<Item = &mut RowBuilder> {
        self.tables.iter_mut().map(|table| &mut table.rows)
    }

    /// The bytes that the rows of all views take in memory, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.tables.iter().map(|table| table.rows.bytes()).sum()
    }
}
