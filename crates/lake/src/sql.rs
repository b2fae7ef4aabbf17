//! Read-only SQL over the lake at one commit sequence.
//!
//! Schemas: `raw` (one table per resource type), `view` (one per ViewDefinition),
//! one per mart, and `person_link` and `display` without a schema. What is
//! superseded at the sequence is not seen. There is no spill to disk: a query
//! that needs more than its memory fails rather than write plaintext.

pub(crate) mod current;
mod memory;
mod overlay;
mod question;
pub(crate) mod scan;
mod schema;
pub(crate) mod superseded;
mod trail;

pub use question::Question;
pub(crate) use question::table_of;

use crate::{
    LakeError,
    refinery::columns,
    registry,
    stores::{SCHEME, Stores},
    table::TableId,
};
use arrow::{
    array::{Array, Int64Array, RecordBatch},
    compute,
    datatypes::{DataType, Schema, SchemaRef},
};
use control::{CatalogTable, Control};
use datafusion::{
    catalog::{
        CatalogProvider, MemTable, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider,
    },
    common::TableReference,
    execution::{
        SendableRecordBatchStream,
        context::SQLOptions,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
    },
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
    prelude::{SessionConfig, SessionContext},
    sql::parser::Statement,
};
use futures::StreamExt;
use keys::Zone;
pub(crate) use memory::Bounded;
use model::CommitSeq;
use object_store::ObjectStore;
use overlay::Overlay;
use sandbox::Sandbox;
use schema::LakeSchema;
use std::{collections::BTreeMap, sync::Arc};
use trail::TrailTable;
use url::Url;
use views::View;

/// The catalog that all schemas stand in.
pub(crate) const CATALOG: &str = "carelake";
/// What the location of a table begins with that is a query, asked whenever it is read.
pub(crate) const QUERY: &str = "query/";
/// Where tables without a schema of their own stand.
pub const PUBLIC: &str = "public";

/// Bounds of a query.
#[derive(Clone, Copy, Debug)]
pub struct QueryLimits {
    /// Memory of one session's operators.
    pub memory_bytes: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30 }
    }
}

/// What a reader of the lake is made of: exactly what its row of the design's §3 lists.
#[derive(Clone)]
pub struct Reader {
    /// The catalogue.
    pub control: Arc<Control>,
    /// Raw, views, marts and links, to be read.
    pub stores: Stores,
    /// The ViewDefinitions that every lake keeps as tables.
    pub views: Arc<Vec<View>>,
    /// Bounds.
    pub limits: QueryLimits,
    /// What models may put their rows through.
    pub programs: Arc<Sandbox>,
}

/// A query that has been planned and not yet run.
pub struct Planned {
    /// What it asks.
    pub question: Question,
    plan: LogicalPlan,
}

impl Planned {
    /// The same, of which no more than `rows` rows are wanted.
    ///
    /// # Errors
    /// The plan cannot be cut off.
    pub fn at_most(self, rows: usize) -> Result<Self, LakeError> {
        let cut = LogicalPlanBuilder::from(self.plan).limit(0, Some(rows));
        let plan = cut.and_then(LogicalPlanBuilder::build).map_err(LakeError::Query)?;
        Ok(Self { plan, ..self })
    }

    /// What it does, step by step, for whoever has asked: it holds the query's values.
    #[must_use]
    pub fn told(&self) -> String {
        self.plan.display_indent().to_string()
    }

    /// What it does, step by step, not optimised.
    pub(crate) const fn logical(&self) -> &LogicalPlan {
        &self.plan
    }
}

/// A session at one sequence.
pub struct Session {
    context: SessionContext,
    memory: Arc<Bounded>,
    seq: CommitSeq,
    tables: Arc<Vec<CatalogTable>>,
}

impl Reader {
    /// A session at `at`, or at the newest sequence.
    ///
    /// # Errors
    /// The sequence is not published, or the catalogue cannot be read.
    pub async fn session(&self, at: Option<CommitSeq>) -> Result<Session, LakeError> {
        let newest =
            self.control.published().await.map_err(LakeError::control("read the newest sequence"))?;
        let seq = at.unwrap_or(newest);
        if seq > newest {
            return Err(LakeError::NoSuchSequence { asked: seq.0, newest: newest.0 });
        }
        let tables = self.control.snapshot(seq).await.map_err(LakeError::control("read the catalogue"))?;
        let memory = Arc::new(Bounded::new(self.limits.memory_bytes));
        let context = SessionContext::new_with_config_rt(config(), self.runtime(&memory)?);
        let catalog = MemoryCatalogProvider::new();
        let mut schemas: BTreeMap<String, Vec<CatalogTable>> = BTreeMap::new();
        for schema in ["raw", "view", PUBLIC] {
            schemas.insert(schema.to_owned(), Vec::new());
        }
        for table in &tables {
            schemas.entry(table.table.table.schema.clone()).or_default().push(table.clone());
        }
        let all = Arc::new(tables);
        // Read after the catalogue: whatever that shows is registered by then.
        let views = Arc::new(registry::places(&self.control, &self.views).await?);
        for (name, tables) in schemas {
            let expected = self.expected(&name);
            let schema = LakeSchema::new(
                (self.clone(), seq),
                tables,
                (Arc::clone(&all), Arc::clone(&views)),
                expected,
            );
            catalog.register_schema(&name, Arc::new(schema)).map_err(LakeError::Query)?;
        }
        context.register_catalog(CATALOG, Arc::new(catalog));
        Ok(Session { context, memory, seq, tables: all })
    }

    /// The tables of a schema that queries may name before anything has come into them.
    fn expected(&self, schema: &str) -> Vec<(String, SchemaRef)> {
        match schema {
            "view" => {
                let columns = |view: &View| crate::table::plain_schema(&view.schema());
                self.views.iter().map(|view| (view.name().to_owned(), columns(view))).collect()
            }
            PUBLIC => vec![
                ("person_link".to_owned(), visible_link()),
                ("display".to_owned(), Arc::clone(&columns::DISPLAY)),
            ],
            _ => Vec::new(),
        }
    }

    fn runtime(&self, memory: &Arc<Bounded>) -> Result<Arc<RuntimeEnv>, LakeError> {
        let runtime = bounded(memory).build_arc().map_err(LakeError::Query)?;
        register_zones(&runtime, &self.stores);
        Ok(runtime)
    }
}

/// A runtime within bounds, which writes nothing to disk.
pub(crate) fn bounded(memory: &Arc<Bounded>) -> RuntimeEnvBuilder {
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::clone(memory) as _)
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
}

/// Tells a runtime where the zones are.
pub(crate) fn register_zones(runtime: &RuntimeEnv, stores: &Stores) {
    for zone in [Zone::Raw, Zone::View, Zone::Mart, Zone::Link] {
        if let (Some(store), Ok(url)) =
            (stores.of(zone), Url::parse(&format!("{SCHEME}://{}", zone.as_str())))
        {
            runtime.register_object_store(&url, Arc::clone(store));
        }
    }
}

/// `person_link(patient, person)`, as readers see it.
fn visible_link() -> SchemaRef {
    let fields = columns::PERSON_LINK.fields().iter();
    let seen = fields.filter(|field| ["patient", "person"].contains(&field.name().as_str()));
    Arc::new(Schema::new(seen.cloned().collect::<Vec<_>>()))
}

pub(crate) fn config() -> SessionConfig {
    SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, PUBLIC)
        .with_information_schema(true)
        .with_create_default_catalog_and_schema(false)
}

impl Session {
    /// The sequence that everything is seen at.
    #[must_use]
    pub const fn seq(&self) -> CommitSeq {
        self.seq
    }

    pub(crate) const fn context(&self) -> &SessionContext {
        &self.context
    }

    /// The most that its queries have had of memory since this was asked last, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.memory.most()
    }

    /// How a planned query is carried out, step by step: what stands in its text, and nothing of rows.
    pub(crate) fn carried_out(&self, planned: &Planned) -> Result<String, LakeError> {
        let plan = self.context.state().optimize(&planned.plan).map_err(LakeError::Query)?;
        Ok(plan.display_indent().to_string())
    }

    /// Every table of the catalogue at its sequence, the lake's own among them.
    pub(crate) fn tables(&self) -> &[CatalogTable] {
        &self.tables
    }

    /// A table of the catalogue at its sequence.
    pub(crate) fn table(&self, schema: &str, name: &str) -> Option<&CatalogTable> {
        let is = |row: &&CatalogTable| row.table.table.schema == schema && row.table.table.name == name;
        self.tables.iter().find(is)
    }

    /// What a table is read through.
    pub(crate) async fn provider(
        &self,
        schema: &str,
        name: &str,
    ) -> Result<Arc<dyn TableProvider>, LakeError> {
        let reference = TableReference::full(CATALOG, schema.to_owned(), name.to_owned());
        self.context.table_provider(reference).await.map_err(LakeError::Query)
    }

    /// Lets a name stand for `table` from now on, whatever it stood for.
    pub(crate) fn put(
        &self,
        schema: &str,
        name: &str,
        table: Arc<dyn TableProvider>,
    ) -> Result<(), LakeError> {
        let Some(catalog) = self.context.catalog(CATALOG) else { return Ok(()) };
        let over = Overlay { below: catalog.schema(schema), name: name.to_owned(), table };
        catalog.register_schema(schema, Arc::new(over)).map_err(LakeError::Query)?;
        Ok(())
    }

    /// Lets a name stand for `rows` from now on, whatever it stood for.
    pub(crate) fn put_rows(&self, schema: &str, name: &str, rows: Vec<RecordBatch>) -> Result<(), LakeError> {
        held(rows)?.map_or(Ok(()), |table| self.put(schema, name, table))
    }

    /// The plan of a query of the lake's own.
    pub(crate) async fn logical(&self, sql: &str) -> Result<LogicalPlan, LakeError> {
        self.context.state().create_logical_plan(sql).await.map_err(LakeError::Query)
    }

    /// Runs a planned query to its end, if its rows fit into `bytes`.
    pub(crate) async fn rows_within(
        &self,
        planned: Planned,
        bytes: usize,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let frame = self.context.execute_logical_plan(planned.plan).await.map_err(LakeError::Query)?;
        collect(frame.execute_stream().await.map_err(LakeError::Query)?, bytes).await
    }

    /// Adds a table that is held in memory, such as the catalogue's.
    ///
    /// # Errors
    /// The batches differ in schema, or the name is taken.
    pub fn add(&self, schema: &str, name: &str, rows: Vec<RecordBatch>) -> Result<(), LakeError> {
        held(rows)?.map_or(Ok(()), |table| self.register(schema, name, table))
    }

    fn register(&self, schema: &str, name: &str, table: Arc<dyn TableProvider>) -> Result<(), LakeError> {
        let Some(catalog) = self.context.catalog(CATALOG) else { return Ok(()) };
        let provider: Arc<dyn SchemaProvider> = match catalog.schema(schema) {
            Some(provider) => provider,
            None => {
                let provider = Arc::new(MemorySchemaProvider::new());
                catalog.register_schema(schema, Arc::clone(&provider) as _).map_err(LakeError::Query)?;
                provider
            }
        };
        provider.register_table(name.to_owned(), table).map_err(LakeError::Query)?;
        Ok(())
    }

    /// The tables that a query names, by schema and name; what it names itself (`with`) is none of them. A query sees
    /// rows of these and of no others.
    ///
    /// # Errors
    /// It is not SQL.
    pub fn tables_named(&self, sql: &str) -> Result<Vec<(String, String)>, LakeError> {
        self.named(&self.statement(sql)?)
    }

    fn named(&self, statement: &Statement) -> Result<Vec<(String, String)>, LakeError> {
        let state = self.context.state();
        let named = state.resolve_table_references(statement).map_err(LakeError::Query)?;
        let resolved = named.into_iter().map(|table| table.resolve(CATALOG, PUBLIC));
        Ok(resolved.map(|table| (table.schema.to_string(), table.table.to_string())).collect())
    }

    /// Adds the audit trail that `store` holds, as `audit.records`.
    ///
    /// # Errors
    /// The name is taken.
    pub fn add_trail(&self, store: Arc<dyn ObjectStore>) -> Result<(), LakeError> {
        self.register("audit", "records", Arc::new(TrailTable::new(store)))
    }

    /// Plans a query, and says what it asks, to be told in the audit trail.
    ///
    /// # Errors
    /// It is not SQL, names what is not there, or would change something.
    pub async fn plan(&self, sql: &str) -> Result<Planned, LakeError> {
        let statement = self.statement(sql)?;
        let planned = self.context.state().statement_to_plan(statement.clone()).await;
        let plan = planned.map_err(LakeError::Query)?;
        read_only().verify_plan(&plan).map_err(refused)?;
        let reads = question::reads(plan.clone(), &self.named(&statement)?)?;
        Ok(Planned { question: Question { statement: question::words(statement), reads }, plan })
    }

    fn statement(&self, sql: &str) -> Result<Statement, LakeError> {
        let state = self.context.state();
        state.sql_to_statement(sql, &state.config_options().sql_parser.dialect).map_err(LakeError::Query)
    }

    /// Plans and starts a query.
    ///
    /// # Errors
    /// It is not SQL, names what is not there, or would change something.
    pub async fn query(&self, sql: &str) -> Result<SendableRecordBatchStream, LakeError> {
        let frame = self.context.sql_with_options(sql, read_only()).await.map_err(refused)?;
        frame.execute_stream().await.map_err(LakeError::Query)
    }

    /// Runs a planned query to its end.
    ///
    /// # Errors
    /// It fails on the way.
    pub async fn rows_of(&self, planned: Planned) -> Result<Vec<RecordBatch>, LakeError> {
        self.rows_within(planned, usize::MAX).await
    }

    /// Runs a query to its end.
    ///
    /// # Errors
    /// As [`Session::query`], or it fails on the way.
    pub async fn rows(&self, sql: &str) -> Result<Vec<RecordBatch>, LakeError> {
        collect(self.query(sql).await?, usize::MAX).await
    }

    /// The one number that a query answers with; 0 if it is null, or there is none.
    pub(crate) async fn number(&self, sql: &str) -> Result<i64, LakeError> {
        let rows = self.rows(sql).await?;
        let Some(first) = rows.first() else { return Ok(0) };
        let numbers = compute::cast(first.column(0), &DataType::Int64);
        let numbers = numbers.map_err(|error| LakeError::Query(error.into()))?;
        let numbers = numbers.as_any().downcast_ref::<Int64Array>();
        Ok(numbers.and_then(|numbers| numbers.iter().next().flatten()).unwrap_or_default())
    }
}

/// Rows that are held in memory, as a table; `None` if not even their columns are known.
pub(crate) fn held(rows: Vec<RecordBatch>) -> Result<Option<Arc<dyn TableProvider>>, LakeError> {
    let Some(first) = rows.first() else { return Ok(None) };
    let table = MemTable::try_new(first.schema(), vec![rows]).map_err(LakeError::Query)?;
    Ok(Some(Arc::new(table)))
}

/// All rows, if they fit into `bytes`; where there are none, their columns.
async fn collect(mut stream: SendableRecordBatchStream, bytes: usize) -> Result<Vec<RecordBatch>, LakeError> {
    let (mut rows, mut held) = (Vec::new(), 0);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(LakeError::Query)?;
        held += batch.get_array_memory_size();
        if held > bytes {
            return Err(LakeError::TooLarge(bytes));
        }
        rows.push(batch);
    }
    if rows.is_empty() {
        rows.push(RecordBatch::new_empty(stream.schema()));
    }
    Ok(rows)
}

/// Queries change nothing.
fn read_only() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// What DataFusion's options refuse is told as what it is.
fn refused(error: datafusion::error::DataFusionError) -> LakeError {
    let text = error.to_string();
    if text.contains("not supported: DDL")
        || text.contains("not supported: DML")
        || text.contains("not supported: Statement")
    {
        LakeError::ReadOnly
    } else {
        LakeError::Query(error)
    }
}

/// How `table` is named in SQL: schema and name.
#[must_use]
pub fn name_of(table: &TableId) -> (String, String) {
    match table.zone() {
        Zone::Raw if table.name() == "display" => (PUBLIC.to_owned(), table.name().to_owned()),
        Zone::Link => (PUBLIC.to_owned(), table.name().to_owned()),
        Zone::Mart => match table.name().split_once('.') {
            Some((mart, name)) => (mart.to_owned(), name.to_owned()),
            None => ("mart".to_owned(), table.name().to_owned()),
        },
        // Behind the `@` stands the number of a registered view.
        Zone::View => {
            let name = table.name().split_once('@').map_or(table.name(), |(name, _)| name);
            (Zone::View.as_str().to_owned(), name.to_owned())
        }
        zone => (zone.as_str().to_owned(), table.name().to_owned()),
    }
}
