//! The operations of AWS Glue that a catalogue needs, and their shapes, by the names of AWS's API reference.

use super::{Client, GlueError, client::Call};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many partitions one request may create or change, and how many it may remove.
const WRITTEN_AT_ONCE: usize = 100;
const REMOVED_AT_ONCE: usize = 25;
/// How many pages one listing may have: a limit on a service that never says that it is at its end.
const PAGES_LIMIT: usize = 100_000;

pub(super) type Parameters = BTreeMap<String, String>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Database {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) parameters: Parameters,
}

/// `TableInput`, and what of a `Table` is compared with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Table {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) owner: Option<String>,
    pub(super) table_type: String,
    pub(super) parameters: Parameters,
    pub(super) partition_keys: Vec<Column>,
    pub(super) storage_descriptor: Storage,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(rename = "Type")]
    pub(super) data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) parameters: Parameters,
}

/// `StorageDescriptor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Storage {
    pub(super) columns: Vec<Column>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
    pub(super) input_format: String,
    pub(super) output_format: String,
    pub(super) serde_info: SerDe,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SerDe {
    pub(super) serialization_library: String,
    pub(super) parameters: Parameters,
}

/// `PartitionInput`, and what of a `Partition` is compared with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Partition {
    pub(super) values: Vec<String>,
    pub(super) parameters: Parameters,
    pub(super) storage_descriptor: Storage,
}

/// An answer of which nothing is needed.
#[derive(Deserialize)]
struct Nothing {}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Page {
    next_token: Option<String>,
    database_list: Vec<Database>,
    table_list: Vec<Table>,
    partitions: Vec<Partition>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Batch {
    errors: Vec<BatchError>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct BatchError {
    error_detail: ErrorDetail,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ErrorDetail {
    error_code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OneTable {
    table: Table,
}

impl Client {
    pub(super) async fn databases(&self) -> Result<Vec<Database>, GlueError> {
        let pages =
            self.pages(Call::plain("GetDatabases", "all databases"), json!({ "MaxResults": 100 })).await?;
        Ok(pages.into_iter().flat_map(|page| page.database_list).collect())
    }

    pub(super) async fn create_database(&self, database: &Database) -> Result<(), GlueError> {
        self.tell(Call::plain("CreateDatabase", &database.name), json!({ "DatabaseInput": database })).await
    }

    pub(super) async fn update_database(&self, database: &Database) -> Result<(), GlueError> {
        let question = json!({ "Name": database.name, "DatabaseInput": database });
        self.tell(Call::plain("UpdateDatabase", &database.name), question).await
    }

    pub(super) async fn delete_database(&self, name: &str) -> Result<(), GlueError> {
        self.tell(Call::plain("DeleteDatabase", name), json!({ "Name": name })).await
    }

    pub(super) async fn tables(&self, database: &str) -> Result<Vec<Table>, GlueError> {
        let question = json!({ "DatabaseName": database, "MaxResults": 100 });
        let pages = self.pages(Call::plain("GetTables", database), question).await?;
        Ok(pages.into_iter().flat_map(|page| page.table_list).collect())
    }

    pub(super) async fn table(&self, database: &str, name: &str) -> Result<Table, GlueError> {
        let question = json!({ "DatabaseName": database, "Name": name });
        let answer: OneTable =
            self.call(&Call::plain("GetTable", format!("{database}.{name}")), &question).await?;
        Ok(answer.table)
    }

    pub(super) async fn create_table(&self, database: &str, table: &Table) -> Result<(), GlueError> {
        let question = json!({ "DatabaseName": database, "TableInput": table });
        self.tell(Call::plain("CreateTable", format!("{database}.{}", table.name)), question).await
    }

    /// Without a copy of what the table was: the lake keeps its own history.
    pub(super) async fn update_table(&self, database: &str, table: &Table) -> Result<(), GlueError> {
        let question = json!({ "DatabaseName": database, "TableInput": table, "SkipArchive": true });
        self.tell(Call::plain("UpdateTable", format!("{database}.{}", table.name)), question).await
    }

    pub(super) async fn delete_table(&self, database: &str, name: &str) -> Result<(), GlueError> {
        let question = json!({ "DatabaseName": database, "Name": name });
        let told = self.tell(Call::plain("DeleteTable", format!("{database}.{name}")), question).await;
        // Gone already: by an earlier try whose answer was lost, or by somebody else.
        told.or_else(|error| if error.is("EntityNotFoundException") { Ok(()) } else { Err(error) })
    }

    pub(super) async fn partitions(&self, database: &str, table: &str) -> Result<Vec<Partition>, GlueError> {
        let question = json!({ "DatabaseName": database, "TableName": table, "ExcludeColumnSchema": true });
        let pages =
            self.pages(Call::private("GetPartitions", format!("{database}.{table}")), question).await?;
        Ok(pages.into_iter().flat_map(|page| page.partitions).collect())
    }

    pub(super) async fn create_partitions(
        &self,
        database: &str,
        table: &str,
        partitions: &[Partition],
    ) -> Result<(), GlueError> {
        let call = Call::private("BatchCreatePartition", format!("{database}.{table}"));
        for some in partitions.chunks(WRITTEN_AT_ONCE) {
            let question =
                json!({ "DatabaseName": database, "TableName": table, "PartitionInputList": some });
            self.batch(&call, question, some.len(), "AlreadyExistsException").await?;
        }
        Ok(())
    }

    pub(super) async fn update_partitions(
        &self,
        database: &str,
        table: &str,
        partitions: &[Partition],
    ) -> Result<(), GlueError> {
        let call = Call::private("BatchUpdatePartition", format!("{database}.{table}"));
        for some in partitions.chunks(WRITTEN_AT_ONCE) {
            let entries: Vec<Value> = some
                .iter()
                .map(|partition| json!({ "PartitionValueList": partition.values, "PartitionInput": partition }))
                .collect();
            let question = json!({ "DatabaseName": database, "TableName": table, "Entries": entries });
            self.batch(&call, question, some.len(), "").await?;
        }
        Ok(())
    }

    pub(super) async fn delete_partitions(
        &self,
        database: &str,
        table: &str,
        partitions: &[Vec<String>],
    ) -> Result<(), GlueError> {
        let call = Call::private("BatchDeletePartition", format!("{database}.{table}"));
        for some in partitions.chunks(REMOVED_AT_ONCE) {
            let which: Vec<Value> = some.iter().map(|values| json!({ "Values": values })).collect();
            let question =
                json!({ "DatabaseName": database, "TableName": table, "PartitionsToDelete": which });
            self.batch(&call, question, some.len(), "EntityNotFoundException").await?;
        }
        Ok(())
    }
}

impl Client {
    /// Asks, and needs no answer but that it was done.
    async fn tell(&self, call: Call, question: Value) -> Result<(), GlueError> {
        self.call::<Nothing>(&call, &question).await.map(drop)
    }

    /// Every page of a listing.
    async fn pages(&self, call: Call, mut question: Value) -> Result<Vec<Page>, GlueError> {
        let mut pages = Vec::new();
        loop {
            let mut page: Page = self.call(&call, &question).await?;
            let next = page.next_token.take().filter(|token| !token.is_empty());
            pages.push(page);
            let Some(next) = next else { return Ok(pages) };
            if pages.len() >= PAGES_LIMIT {
                return Err(call.answer("it has no end"));
            }
            question["NextToken"] = json!(next);
        }
    }

    /// Asks for many changes at once, which may each be refused; `harmless` says that one was made before.
    async fn batch(
        &self,
        call: &Call,
        question: Value,
        many: usize,
        harmless: &str,
    ) -> Result<(), GlueError> {
        let answer: Batch = self.call(call, &question).await?;
        let codes = answer.errors.into_iter().map(|error| error.error_detail.error_code);
        let mut refused = codes.filter(|code| code != harmless);
        let Some(code) = refused.next() else { return Ok(()) };
        let message = format!(": {} of {many} partitions", 1 + refused.count());
        let (operation, subject) = (call.operation, call.subject.clone());
        Err(GlueError::Refused { operation, subject, status: 200, code, message })
    }
}
