//! A schema in which one name stands for another table than before.

use async_trait::async_trait;
use datafusion::{
    catalog::{SchemaProvider, TableProvider},
    common::DataFusionError,
};
use std::sync::Arc;

/// A table over a schema, if there is one below.
#[derive(Debug)]
pub(super) struct Overlay {
    pub(super) below: Option<Arc<dyn SchemaProvider>>,
    pub(super) name: String,
    pub(super) table: Arc<dyn TableProvider>,
}

#[async_trait]
impl SchemaProvider for Overlay {
    fn table_names(&self) -> Vec<String> {
        let below = self.below.iter().flat_map(|below| below.table_names()).filter(|name| *name != self.name);
        below.chain([self.name.clone()]).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        match &self.below {
            _ if name == self.name => Ok(Some(Arc::clone(&self.table))),
            Some(below) => below.table(name).await,
            None => Ok(None),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        name == self.name || self.below.as_ref().is_some_and(|below| below.table_exist(name))
    }
}
