//! Reference tables: lists that are about nobody, loaded from files (crate `marts`, `reference`).
//!
//! Whoever loads one writes its rows into the zone of marts, where nobody sees them, and queues a run that names the
//! files; the worker publishes these in the place of those before. Files that no run publishes are tidied away.

use crate::{
    LakeError,
    jobs::{Outcome, Work},
    models::{Made, MadeTable, Meaning},
    refinery::WorkerParts,
    sql::{self, Bounded, QueryLimits, Reader},
    table::{Mark, Table, TableId},
};
use arrow::{
    array::{ArrayRef, AsArray, RecordBatch},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use async_trait::async_trait;
use control::Claimed;
use datafusion::prelude::{CsvReadOptions, SessionContext};
use deltalake::kernel::{
    Add, StructType,
    engine::arrow_conversion::{TryIntoArrow as _, TryIntoKernel as _},
};
use futures::StreamExt;
use marts::reference::{FILE, Layout, REFERENCE};
use serde::{Deserialize, Serialize};
use std::{path::Path, sync::Arc};
use uuid::Uuid;

/// The kind of the jobs that publish reference tables.
pub const REFERENCE_JOB: &str = "reference";

/// Rows that are written into one file, in bytes of memory.
const FILE_BYTES: usize = 256 << 20;

/// Rows of a reference table that are written and not yet published.
#[derive(Serialize, Deserialize)]
pub struct Loaded {
    /// Names this load among all.
    id: Uuid,
    /// What a row is, in a sentence.
    description: String,
    /// What columns mean, by name.
    columns: Vec<(String, String)>,
    structure: StructType,
    adds: Vec<Add>,
    /// What was loaded, in words.
    told: String,
    /// Its rows.
    pub rows: u64,
}

/// What the job is called that publishes a reference table.
#[must_use]
pub fn job_name(table: &str) -> String {
    format!("{REFERENCE_JOB}.{table}")
}

/// The fields of a file's first line.
///
/// # Errors
/// It cannot be read as CSV.
pub async fn first_line(file: &Path) -> Result<Vec<String>, LakeError> {
    let (context, path) = (SessionContext::new(), file.to_string_lossy());
    let counted = context.read_csv(path.as_ref(), options(file).schema_infer_max_records(1)).await;
    let columns = counted.map_err(LakeError::Query)?.schema().fields().len();
    let schema = texts((1..=columns).map(|place| place.to_string()));
    let read = async {
        context
            .read_csv(path.as_ref(), options(file).schema(&schema))
            .await?
            .limit(0, Some(1))?
            .collect()
            .await
    };
    let rows: Vec<RecordBatch> = read.await.map_err(LakeError::Query)?;
    let of = |column: &ArrayRef| column.as_string::<i32>().iter().next().flatten().map(str::to_owned);
    let first = rows.iter().find(|batch| batch.num_rows() > 0);
    Ok(first.iter().flat_map(|batch| batch.columns()).map(|column| of(column).unwrap_or_default()).collect())
}

/// Columns of text.
fn texts(names: impl Iterator<Item = String>) -> Schema {
    Schema::new(names.map(|name| Field::new(name, DataType::Utf8, true)).collect::<Vec<_>>())
}

fn options(file: &Path) -> CsvReadOptions<'_> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    CsvReadOptions::new().has_header(false).file_extension(ending)
}

/// Writes the rows of a CSV file into the zone of marts as `layout` has them; nobody sees them there. `told` says in
/// words what is loaded.
///
/// # Errors
/// A value is not of its column's type, two rows have one key or a row has none, the file cannot be read, or the zone
/// cannot be written.
pub async fn load(
    reader: &Reader,
    (table, file): (&str, &Path),
    layout: &Layout,
    told: String,
) -> Result<Loaded, LakeError> {
    let context = context(reader.limits)?;
    let schema = texts(layout.file.iter().cloned());
    let options = options(file).has_header(layout.has_head).schema(&schema);
    context.register_csv(FILE, file.to_string_lossy().as_ref(), options).await.map_err(LakeError::Query)?;
    let query = layout.sql();
    has_keys(&context, &query, &layout.key).await?;
    let rows = context.sql(&query).await.map_err(LakeError::Query)?;
    let schema: SchemaRef = crate::table::plain_schema(rows.schema().as_arrow());
    let structure: StructType = schema.as_ref().try_into_kernel().map_err(LakeError::columns(&id(table)))?;
    let target = Table::open_or_create(&reader.stores, &id(table), &schema).await?;
    let mut stream = rows.execute_stream().await.map_err(LakeError::Query)?;
    let (mut adds, mut held, mut bytes, mut count) = (Vec::new(), Vec::new(), 0, 0);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(LakeError::Query)?;
        bytes += batch.get_array_memory_size();
        count += batch.num_rows() as u64;
        held.push(batch);
        if bytes > FILE_BYTES {
            adds.extend(write(&target, std::mem::take(&mut held)).await?);
            bytes = 0;
        }
    }
    adds.extend(write(&target, held).await?);
    let columns = layout.columns.iter().map(|column| (column.name.clone(), column.meaning.clone()));
    Ok(Loaded {
        id: Uuid::new_v4(),
        description: layout.description.clone(),
        columns: columns.collect(),
        structure,
        adds,
        told,
        rows: count,
    })
}

fn id(table: &str) -> TableId {
    TableId::mart(REFERENCE, table)
}

fn context(limits: QueryLimits) -> Result<SessionContext, LakeError> {
    let runtime =
        sql::bounded(&Arc::new(Bounded::new(limits.memory_bytes))).build_arc().map_err(LakeError::Query)?;
    Ok(SessionContext::new_with_config_rt(datafusion::prelude::SessionConfig::new(), runtime))
}

async fn write(table: &Table, rows: Vec<RecordBatch>) -> Result<Vec<Add>, LakeError> {
    let rows = crate::table::plain(rows).map_err(|error| LakeError::Query(error.into()))?;
    table.write(rows).await
}

/// Refuses rows that have no key, or the key of another.
async fn has_keys(context: &SessionContext, query: &str, key: &[String]) -> Result<(), LakeError> {
    if key.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = key.iter().map(|column| format!("\"{column}\"")).collect();
    let (list, missing) = (named.join(", "), named.join(" is null or "));
    for (what, asked) in [
        ("rows without one", format!("select 1 from ({query}) where {missing} is null")),
        (
            "keys that several rows have",
            format!("select 1 from ({query}) group by {list} having count(*) > 1"),
        ),
    ] {
        let counted = context.sql(&asked).await.map_err(LakeError::Query)?;
        let count = counted.count().await.map_err(LakeError::Query)?;
        if count > 0 {
            return Err(LakeError::Key { key: key.join(", "), count, what });
        }
    }
    Ok(())
}

/// Publishes reference tables.
pub struct ReferenceWork {
    parts: Arc<WorkerParts>,
}

impl ReferenceWork {
    /// Work of the worker that `parts` are.
    #[must_use]
    pub const fn new(parts: Arc<WorkerParts>) -> Self {
        Self { parts }
    }

    async fn made(&self, claimed: &Claimed) -> Result<Made, LakeError> {
        let loaded: Loaded = serde_json::from_str(&claimed.run.asked).map_err(|_| LakeError::NotLoaded)?;
        let id = id(&claimed.run.target);
        let schema: Schema = (&loaded.structure).try_into_arrow().map_err(LakeError::columns(&id))?;
        let mark = Mark { application: format!("load-{}", loaded.id), version: 1 };
        // An attempt before this one may have got as far as the log.
        let before = match Table::open(&self.parts.stores, &id).await? {
            Some(table) => table.reached(&mark.application).await?.map(|_| (table.version(), Vec::new())),
            None => None,
        };
        let adds = if before.is_some() { Vec::new() } else { loaded.adds };
        let published = self.parts.control.published().await;
        let table = MadeTable {
            meaning: Meaning { description: loaded.description, columns: loaded.columns },
            id,
            schema: Arc::new(schema),
            adds,
            replaces: before,
            mark,
            told: serde_json::json!({ "how": loaded.told }),
        };
        Ok(Made {
            mart: REFERENCE.to_owned(),
            made_from: published.map_err(LakeError::control("read the newest sequence"))?,
            tables: vec![table],
            views: Vec::new(),
            inputs: serde_json::json!({}),
            log: vec![format!("{} rows {}", loaded.rows, loaded.told)],
        })
    }
}

#[async_trait]
impl Work for ReferenceWork {
    fn kind(&self) -> &'static str {
        REFERENCE_JOB
    }

    async fn carry_out(&self, claimed: &Claimed) -> Result<Outcome, String> {
        let made = self.made(claimed).await.map_err(|error| error.without_values())?;
        Ok(Outcome::Mart(Box::new(made)))
    }
}
