//! Registered views: which tables the worker appends to for them, and how these come to be.
//!
//! A view is registered in the control database. The worker fixes the newest
//! sequence N for it: from then on every publication appends the view's rows to
//! its table, and between publications the rows of what was there at N are
//! filled in, a slice at a time. When all are there, one publication shows the
//! table under the view's name (`docs/adr/0017-registered-views.md`). This module owns the list of views
//! that are kept as tables, registration, and the building; it does not own how
//! a resource becomes rows.

mod build;
mod definition;
mod source;

use crate::{LakeError, refinery::WorkerParts, table::TableId};
pub use build::ViewBuilds;
use control::{Control, RegisteredView, ViewState};
pub use definition::{Refused, compile, register};
use fhir::ResourceType;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use views::View;

/// A view that is kept as a table.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) view: View,
    pub(crate) table: TableId,
    /// The type of the resources that it makes rows of.
    pub(crate) over: ResourceType,
    pub(crate) stands: Standing,
}

/// What a view's table is to readers and to the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Readers see it, and it is appended to.
    Shown,
    /// It is appended to and not shown yet.
    Building,
    /// Readers see it until the view is built anew beside it; it has other columns and is left as it is.
    Left,
}

impl Kept {
    /// Whether the table is appended to, and compacted with the others of its type.
    pub(crate) fn grows(&self) -> bool {
        self.stands != Standing::Left
    }
}

/// Which type of resources the rows of each view's table come from.
pub(crate) type Places = HashMap<TableId, ResourceType>;

/// The views that a worker keeps as tables.
pub(crate) struct Views {
    kept: Arc<Vec<Kept>>,
    registered: Arc<Vec<RegisteredView>>,
    /// What the registry's counter said before it was read.
    seen: Option<i64>,
    /// Tables that were made with other columns than their views have now.
    unfit: HashSet<TableId>,
}

impl Views {
    /// Those that every lake keeps.
    pub(crate) fn new(builtin: &[View]) -> Self {
        Self {
            kept: Arc::new(built_in(builtin)),
            registered: Arc::default(),
            seen: None,
            unfit: HashSet::new(),
        }
    }

    /// Reads the registry again if it has changed.
    pub(crate) async fn refresh(&mut self, parts: &WorkerParts) -> Result<(), LakeError> {
        let control = &parts.control;
        let now =
            control.views_changed().await.map_err(LakeError::control("look whether views have changed"))?;
        if self.seen == Some(now) {
            return Ok(());
        }
        let registered = control.views().await.map_err(LakeError::control("read the registered views"))?;
        let mut kept = built_in(&parts.views);
        kept.retain_mut(|kept| match registered.iter().rev().find(|row| renews(row, kept)) {
            Some(row) if row.state == ViewState::Current => false,
            Some(_) => {
                kept.stands = Standing::Left;
                true
            }
            None => true,
        });
        kept.extend(registered.iter().filter_map(kept_as));
        for kept in kept.iter_mut().filter(|kept| self.unfit.contains(&kept.table)) {
            kept.stands = Standing::Left;
        }
        (self.kept, self.registered, self.seen) = (Arc::new(kept), Arc::new(registered), Some(now));
        Ok(())
    }

    /// Has the view that is kept in `table` built anew beside it, because that was made with other columns, and appends
    /// to it no more; false if it is no view's.
    pub(crate) async fn renew(&mut self, control: &Control, table: &TableId) -> Result<bool, LakeError> {
        let kept = self.kept();
        let Some(Kept { view, .. }) = kept.iter().find(|kept| kept.table == *table) else { return Ok(false) };
        let number = self.registered.iter().find(|row| table_of(row) == *table).map(|row| row.number);
        let renewed = control.renew_view(&definition::to_register(view), number).await;
        renewed.map_err(LakeError::control("register a view anew"))?;
        tracing::warn!(view = view.name(), "a view's table was made with other columns: it is built anew");
        self.unfit.insert(table.clone());
        self.seen = None;
        Ok(true)
    }

    /// The views that the worker keeps, and where each stands.
    pub(crate) fn kept(&self) -> Arc<Vec<Kept>> {
        Arc::clone(&self.kept)
    }

    /// Every registered view, wherever it stands.
    pub(crate) fn registered(&self) -> Arc<Vec<RegisteredView>> {
        Arc::clone(&self.registered)
    }
}

fn built_in(views: &[View]) -> Vec<Kept> {
    let kept = |view: &View| {
        let over = ResourceType::parse(view.resource())?;
        Some(Kept { view: view.clone(), table: TableId::view(view.name()), over, stands: Standing::Shown })
    };
    views.iter().filter_map(kept).collect()
}

/// Whether a registration takes the place of a built-in view's own table, which was made with other columns.
fn renews(row: &RegisteredView, built_in: &Kept) -> bool {
    row.name == built_in.view.name() && row.state != ViewState::Gone
}

/// A registered view as it is kept; `None` if it is not, or if its definition is not understood: then it leaves.
fn kept_as(row: &RegisteredView) -> Option<Kept> {
    let stands = match row.state {
        ViewState::Building => Standing::Building,
        ViewState::Current | ViewState::Leaving => Standing::Shown,
        ViewState::Waiting | ViewState::Gone => return None,
    };
    let view = compile(row.definition.as_bytes()).ok()?;
    Some(Kept { view, table: table_of(row), over: ResourceType::parse(&row.resource)?, stands })
}

pub(crate) fn table_of(row: &RegisteredView) -> TableId {
    TableId::registered(&row.name, row.number)
}

/// Whether `table` is of a view that is not shown yet.
pub(crate) fn is_building(views: &[Kept], table: &TableId) -> bool {
    views.iter().any(|kept| kept.stands == Standing::Building && kept.table == *table)
}

/// Whether a build reads `table` as it was at an earlier sequence.
pub(crate) fn is_read_by_a_build(views: &[Kept], table: &TableId) -> bool {
    let building = views.iter().filter(|kept| kept.stands == Standing::Building);
    building.map(|kept| kept.over).any(|over| [TableId::raw(over), TableId::superseded(over)].contains(table))
}

/// What the tables of views are over, also of those that only an older sequence shows.
pub(crate) async fn places(control: &Control, builtin: &[View]) -> Result<Places, LakeError> {
    let registered = control.views().await.map_err(LakeError::control("read the registered views"))?;
    let mut places: Places = built_in(builtin).into_iter().map(|kept| (kept.table, kept.over)).collect();
    places.extend(
        registered.iter().filter_map(|row| Some((table_of(row), ResourceType::parse(&row.resource)?))),
    );
    Ok(places)
}
