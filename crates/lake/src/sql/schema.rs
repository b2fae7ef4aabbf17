//! A schema whose tables are loaded when a query names them.

use super::{QUERY, Reader, current, superseded::List};
use crate::{
    LakeError,
    registry::Places,
    table::{Table, TableId},
};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use control::{CatalogTable, TableKind};
use datafusion::{
    catalog::{SchemaProvider, TableProvider},
    common::DataFusionError,
    datasource::{ViewTable, empty::EmptyTable},
};
use keys::Zone;
use model::CommitSeq;
use std::{fmt, sync::Arc};

/// The tables of one schema at one sequence.
pub(super) struct LakeSchema {
    reader: Reader,
    seq: CommitSeq,
    tables: Vec<CatalogTable>,
    all: Arc<Vec<CatalogTable>>,
    views: Arc<Places>,
    /// Tables that the lake is sure to have one day, and that nothing has come into yet.
    empty: Vec<(String, SchemaRef)>,
}

impl LakeSchema {
    /// `tables` are this schema's; `all` are the sequence's, in which supersessions are found, by what views are over.
    pub(super) fn new(
        (reader, seq): (Reader, CommitSeq),
        tables: Vec<CatalogTable>,
        (all, views): (Arc<Vec<CatalogTable>>, Arc<Places>),
        expected: Vec<(String, SchemaRef)>,
    ) -> Self {
        let tables: Vec<_> =
            tables.into_iter().filter(|table| table.table.kind != TableKind::Internal).collect();
        let is_there = |name: &str| tables.iter().any(|table| table.table.table.name == name);
        let empty = expected.into_iter().filter(|(name, _)| !is_there(name)).collect();
        Self { reader, seq, tables, all, views, empty }
    }

    async fn load(&self, table: &CatalogTable) -> Result<Option<Arc<dyn TableProvider>>, LakeError> {
        if let Some(query) = table.table.location.strip_prefix(QUERY) {
            // It reads marts and reference tables only, at the same sequence.
            let session = self.reader.session(Some(self.seq)).await?;
            return Ok(Some(Arc::new(ViewTable::new(session.logical(query).await?, None))));
        }
        let Some(id) = TableId::from_location(&table.table.location) else { return Ok(None) };
        let over = self.views.get(&id).copied();
        if id.zone() == Zone::View && over.is_none() {
            return Ok(None);
        }
        let by = current::supersession(&id, over);
        let stores = &self.reader.stores;
        let list = by.as_ref().and_then(|by| {
            let location = by.table.location();
            Some((&by.table, self.all.iter().find(|table| table.table.location == location)?))
        });
        // Reading a log is work: each is read on a thread of its own.
        let open = |id: &TableId, version: i64| {
            let (stores, id) = (stores.clone(), id.clone());
            tokio::spawn(async move { Table::open_at(&stores, &id, version).await })
        };
        let list = list.map(|(list, at)| open(list, at.table.version));
        let rows = open(&id, table.table.version).await??;
        let list = match list {
            Some(list) => Some(List::new(list.await??)),
            None => None,
        };
        let superseded = list.as_ref().zip(by.as_ref());
        let plan = current::plan(&rows, None, superseded).await.map_err(LakeError::Query)?;
        let plan = current::visible(&id, plan).map_err(LakeError::Query)?;
        Ok(Some(Arc::new(ViewTable::new(plan, None))))
    }
}

impl fmt::Debug for LakeSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.tables.iter().map(|table| &table.table.table.name)).finish()
    }
}

#[async_trait]
impl SchemaProvider for LakeSchema {
    fn table_names(&self) -> Vec<String> {
        let filled = self.tables.iter().map(|table| table.table.table.name.clone());
        filled.chain(self.empty.iter().map(|(name, _)| name.clone())).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        match self.tables.iter().find(|table| table.table.table.name == name) {
            Some(table) => self.load(table).await.map_err(|error| DataFusionError::External(Box::new(error))),
            None => match self.empty.iter().find(|(empty, _)| empty == name) {
                Some((_, schema)) => Ok(Some(Arc::new(EmptyTable::new(Arc::clone(schema))))),
                None => Ok(None),
            },
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.table_names().iter().any(|table| table == name)
    }
}
