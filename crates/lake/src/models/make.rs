//! Runs the models of a mart at one sequence. Nothing of it is seen by anybody yet.

use super::{
    affected::{self, Affected},
    asked::Asked,
    by_person,
    catalogue::{self, Meaning},
    periods::{self, Bounds},
    pseudonym::{self, Pseudonyms},
    rows, tests,
};
use crate::{
    LakeError,
    refinery::{WorkerParts, chain},
    registry::{self, Places},
    sql::{self, Planned, Reader, Session},
    table::{DataFile, Mark, Table, TableId},
};
use arrow::{
    array::{Array, BooleanArray, RecordBatch, StringArray},
    compute,
    datatypes::{DataType, SchemaRef},
};
use control::{CatalogTable, RunId, TableVersion};
use datafusion::{catalog::TableProvider, datasource::ViewTable};
use deltalake::kernel::Add;
use marts::{ByPeriod, Mart, Materialised, Model, sql_name};
use model::{CommitSeq, Timestamp};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

/// Parquet bytes of a table that are rewritten at a time.
const REWRITE_BYTES: i64 = 48 << 20;

/// A table that was made, and is in its zone but not yet in its log.
pub(crate) struct MadeTable {
    pub(crate) meaning: Meaning,
    pub(crate) id: TableId,
    pub(crate) schema: SchemaRef,
    pub(crate) adds: Vec<Add>,
    /// Files that the new ones stand for, at the version that they were read at; all that there are if it is `None`.
    pub(crate) replaces: Option<(i64, Vec<DataFile>)>,
    pub(crate) mark: Mark,
    /// What it took, for the run's facts.
    pub(crate) told: serde_json::Value,
}

/// A mart as it was made.
pub(crate) struct Made {
    pub(crate) mart: String,
    /// The sequence that it was made from.
    pub(crate) made_from: CommitSeq,
    pub(crate) tables: Vec<MadeTable>,
    /// Those of its models that are asked whenever they are read, as the catalogue has them.
    pub(crate) views: Vec<TableVersion>,
    /// The versions of what was read.
    pub(crate) inputs: serde_json::Value,
    /// Lines for the run's log.
    pub(crate) log: Vec<String>,
}

/// How the rows of a model were made.
enum Rows {
    /// Those that the table has.
    Same(Box<Table>),
    Whole(Vec<RecordBatch>),
    /// Rows of some periods, by the column `time`; those that the table has of them go.
    Periods {
        time: String,
        bounds: Bounds,
        /// Up to where all periods are made then.
        reached: Timestamp,
        table: Option<Box<Table>>,
        rows: Vec<RecordBatch>,
    },
    /// Rows of some persons, by the column `key`; those that the table has of them go.
    Persons {
        key: String,
        gone: HashSet<String>,
        table: Box<Table>,
        rows: Vec<RecordBatch>,
    },
}

/// What a mart is made with.
struct Maker<'a> {
    parts: &'a Arc<WorkerParts>,
    reader: &'a Reader,
    mart: &'a Mart,
    session: Session,
    own: Pseudonyms,
    places: Places,
    asked: Asked,
    /// The moment that the run stands for.
    at: Timestamp,
    run: RunId,
    /// The most that a query of the model at hand has had of memory, its rows included, in bytes.
    memory: AtomicUsize,
}

/// Makes all tables of a mart at the newest sequence, for `run`, as is asked for at `at`: those that may be made for some persons
/// only are, and those that are made by periods for these.
pub(crate) async fn make(
    parts: &Arc<WorkerParts>,
    reader: &Reader,
    mart: &Mart,
    (run, asked, at): (RunId, Asked, Timestamp),
) -> Result<Made, LakeError> {
    let session = reader.session(None).await?;
    let own = Pseudonyms::new(&parts.keys.project_mac, &mart.name);
    session.context().register_udf(pseudonym::mart_person(own.clone()));
    let places = registry::places(&parts.control, &reader.views).await?;
    let mut made = Made {
        mart: mart.name.clone(),
        made_from: session.seq(),
        inputs: inputs(session.tables(), mart),
        tables: Vec::new(),
        views: Vec::new(),
        log: Vec::new(),
    };
    let memory = AtomicUsize::new(0);
    let maker = Maker { parts, reader, mart, session, own, places, asked, at, run, memory };
    for model in &mart.models {
        if model.materialised == Materialised::View {
            let (view, line) = maker.view(model).await?;
            made.log.push(line);
            made.views.push(view);
            continue;
        }
        let (table, line) = maker.model(model).await?;
        made.log.push(line);
        made.tables.push(table);
    }
    Ok(made)
}

impl Maker<'_> {
    /// Makes one table, and says in a line how.
    async fn model(&self, model: &Model) -> Result<(MadeTable, String), LakeError> {
        let began = Instant::now();
        let id = TableId::mart(&self.mart.name, &model.name);
        let (rows, how) = match &model.by_period {
            Some(by) => self.by_period(model, by, &id).await?,
            None => match self.for_persons(model, &id).await? {
                Ok((rows, how)) => (rows, how),
                Err(why) => (Rows::Whole(self.rows(&self.session, model).await?), format!("made whole{why}")),
            },
        };
        let how = match &model.program {
            Some(program) => format!("{how}, by `{}`", program.called()),
            None => how,
        };
        self.show(model, &rows).await?;
        tests::run(&self.session, model, self.parts.clock.now()).await?;
        let schema = rows.schema();
        let mark = rows.mark(self, model);
        let (adds, replaces) = self.stage(&id, rows).await?;
        let (took, fresh) = (began.elapsed().as_millis(), written(&adds));
        let (tests, memory) = (model.tests.len(), self.memory.swap(0, Ordering::Relaxed));
        let (name, mebibytes) = (&model.name, memory >> 20);
        let line = format!(
            "{name}: {how}; {fresh} rows written, {tests} tests passed, {took} ms, {mebibytes} MiB of memory"
        );
        let told = serde_json::json!({
            "how": how, "rows_written": fresh, "tests": tests, "milliseconds": took as u64, "memory_bytes": memory,
        });
        Ok((MadeTable { meaning: Meaning::of(model), id, schema, adds, replaces, mark, told }, line))
    }

    /// Plans a view, shows it to the models after it, and asks its tests.
    async fn view(&self, model: &Model) -> Result<(TableVersion, String), LakeError> {
        let (mart, name) = (self.mart.name.as_str(), model.name.as_str());
        let plan = self.session.plan(&model.sql).await?.logical().clone();
        let schema = crate::table::plain_schema(plan.schema().as_arrow());
        let provider: Arc<dyn TableProvider> = Arc::new(ViewTable::new(plan, None));
        self.session.put(sql::PUBLIC, tests::THIS, Arc::clone(&provider))?;
        self.session.put(mart, name, provider)?;
        tests::run(&self.session, model, self.parts.clock.now()).await?;
        let rows = self.session.number(&format!("select count(*) from {}", tests::THIS)).await?;
        let view = catalogue::describe_view((mart, model), &schema, rows, self.session.seq());
        let tests = model.tests.len();
        Ok((view, format!("{name}: a view; it has {rows} rows now, {tests} tests passed")))
    }

    /// Makes the rows of the periods that are due or asked for.
    async fn by_period(
        &self,
        model: &Model,
        by: &ByPeriod,
        id: &TableId,
    ) -> Result<(Rows, String), LakeError> {
        let (zone, context) = (self.mart.rules.zone(), self.session.context());
        let table = Table::open(&self.parts.stores, id).await?;
        let (mut reached, mut oldest, mut why) = (None, None, "");
        let mut asked = self.asked;
        if let Some(table) = &table {
            reached = periods::reached(table).await?;
            oldest = self.oldest(id, by).await?;
            if let Some(newest) = by.period.newest(zone, self.at) {
                periods::put_functions(context, &newest);
                let planned = self.session.plan(&model.sql).await?;
                let now = rows::columns(&self.session, model, &planned).await?;
                if table.other_columns(&now)?.is_some() {
                    (asked, why) = (Asked::Whole, ", since its columns are others");
                }
            }
        }
        let spans = periods::wanted(by, (zone, self.at), asked, (reached, oldest));
        let Some(bounds) = Bounds::around(&spans) else {
            return Err(LakeError::NoPeriod { model: model.name.clone() });
        };
        let (mut rows, mut held) = (Vec::new(), 0);
        for (at, span) in spans.iter().enumerate() {
            periods::put_functions(context, span);
            // One period is carried out as another is.
            let planned = match at {
                0 => self.plan(&self.session, model).await?,
                _ => self.session.plan(&model.sql).await?,
            };
            let made = self.run(&self.session, model, planned).await?;
            let strays = Bounds::of(span).strays(&made, &by.time).map_err(LakeError::columns(id))?;
            if strays > 0 {
                let (model, time) = (model.name.clone(), by.time.clone());
                return Err(LakeError::OutOfPeriod { model, time, strays });
            }
            held += made.iter().map(RecordBatch::get_array_memory_size).sum::<usize>();
            if held > self.reader.limits.memory_bytes {
                return Err(LakeError::TooLarge(self.reader.limits.memory_bytes));
            }
            rows.extend(made);
        }
        let (count, from, until) = (spans.len(), bounds.from, bounds.until);
        let how = match count {
            1 => format!("made for the {} from {from} to {until}{why}", by.period.as_str()),
            _ => format!("made for {count} {}s from {from} to {until}{why}", by.period.as_str()),
        };
        let reached = reached.map_or(until, |reached| reached.max(until));
        let (time, table) = (by.time.clone(), table.map(Box::new));
        Ok((Rows::Periods { time, bounds, reached, table, rows }, how))
    }

    /// The earliest time among the rows that the table has.
    async fn oldest(&self, id: &TableId, by: &ByPeriod) -> Result<Option<Timestamp>, LakeError> {
        let (mart, name) = sql::name_of(id);
        if self.session.table(&mart, &name).is_none() {
            return Ok(None);
        }
        let time = &by.time;
        let asked = format!(
            "select coalesce(cast(cast(min(\"{time}\") as timestamp(3)) as bigint), {}) from \"{mart}\".\"{name}\"",
            i64::MIN
        );
        let oldest = self.session.number(&asked).await?;
        Ok(Some(oldest).filter(|oldest| *oldest > i64::MIN).map(Timestamp))
    }

    /// The rows of a model, as `session` sees what it reads.
    async fn rows(&self, session: &Session, model: &Model) -> Result<Vec<RecordBatch>, LakeError> {
        let planned = self.plan(session, model).await?;
        self.run(session, model, planned).await
    }

    /// Plans a model. How it is carried out is kept with the run.
    async fn plan(&self, session: &Session, model: &Model) -> Result<Planned, LakeError> {
        let planned = session.plan(&model.sql).await?;
        let plan = session.carried_out(&planned)?;
        if let Err(error) = self.parts.control.keep_plan(self.run, &model.name, &plan).await {
            tracing::warn!(run = self.run.0, error = chain(&error), "a plan of a run was not kept");
        }
        Ok(planned)
    }

    async fn run(
        &self,
        session: &Session,
        model: &Model,
        planned: Planned,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let rows = rows::rows(self.reader, session, (model, planned)).await?;
        let held: usize = rows.iter().map(RecordBatch::get_array_memory_size).sum();
        self.memory.fetch_max(session.memory() + held, Ordering::Relaxed);
        Ok(rows)
    }

    /// Makes the rows of those persons only of whom something has changed, if that gives what a whole table would;
    /// if not, says why.
    async fn for_persons(
        &self,
        model: &Model,
        id: &TableId,
    ) -> Result<Result<(Rows, String), String>, LakeError> {
        let not = |why: &str| Ok(Err(format!(" ({why})")));
        let (Materialised::Incremental, Some(key)) = (model.materialised, &model.key) else {
            return Ok(Err(String::new()));
        };
        if self.asked == Asked::Whole {
            return not("asked for");
        }
        let Some(table) = Table::open(&self.parts.stores, id).await? else { return not("there was none") };
        let Some(from) = table.reached(&application(self.parts, model)).await? else {
            return not("its text is new");
        };
        let location = id.location();
        let shown = self.session.tables().iter().find(|row| row.table.location == location);
        if shown.is_none_or(|row| row.table.version != table.version()) {
            return not("its last run was not published");
        }
        let planned = self.session.plan(&model.sql).await?;
        let named = self.session.tables_named(&model.sql)?;
        if let Err(why) =
            by_person::prove(planned.logical(), key, &named, &affected::personal(&self.session, &self.places))
        {
            return not(&why);
        }
        let found = affected::find((self.reader, &self.session, &self.places), &named, CommitSeq(from)).await;
        let changed = match found {
            Ok(Ok(changed)) => changed,
            Ok(Err(why)) => return not(&why),
            Err(error) => {
                tracing::warn!(error = error.without_values(), "what has changed could not be found");
                return not("the sequence that it was made from cannot be read any more");
            }
        };
        if !changed.any {
            let how = format!("left as it was: nothing has changed since sequence {from}");
            return Ok(Ok((Rows::Same(Box::new(table)), how)));
        }
        let rows = self.narrow(model, &named, &changed).await?;
        let gone: HashSet<String> = changed.persons().map(|person| self.own.of(person)).collect();
        let how =
            format!("made for {} persons of whom something has changed since sequence {from}", gone.len());
        Ok(Ok((Rows::Persons { key: key.clone(), gone, table: Box::new(table), rows }, how)))
    }

    /// Runs a model over what its tables have of the affected patients.
    async fn narrow(
        &self,
        model: &Model,
        named: &[(String, String)],
        changed: &Affected,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let session = self.reader.session(Some(self.session.seq())).await?;
        session.context().register_udf(pseudonym::mart_person(self.own.clone()));
        changed.narrow(&session, named, &self.places).await?;
        self.rows(&session, model).await
    }

    /// Shows the new table to the models after it by its name, and to its own tests as `this`.
    async fn show(&self, model: &Model, rows: &Rows) -> Result<(), LakeError> {
        let (mart, name) = (self.mart.name.as_str(), model.name.as_str());
        let provider: Arc<dyn TableProvider> = match rows {
            Rows::Same(_) => self.session.provider(mart, name).await?,
            Rows::Whole(rows) => match sql::held(rows.clone())? {
                Some(table) => table,
                None => return Ok(()),
            },
            Rows::Periods { time, bounds, table, rows, .. } => {
                let shown = table.is_some() && self.session.table(mart, name).is_some();
                self.session.put_rows(super::WORK, "fresh", rows.clone())?;
                let mut all = format!("select * from {}.fresh", super::WORK);
                if let Some(columns) = rows.first().map(RecordBatch::schema).filter(|_| shown) {
                    // Of a table with other columns all periods are made.
                    let named: Vec<_> = columns.fields().iter().map(|field| sql_name(field.name())).collect();
                    let before = self.session.provider(mart, name).await?.schema();
                    if columns.fields().iter().all(|field| before.field_with_name(field.name()).is_ok()) {
                        let (named, inside) = (named.join(", "), bounds.sql(&before, time));
                        all.push_str(&format!(
                            " union all select {named} from \"{mart}\".\"{name}\" where not {inside}"
                        ));
                    }
                }
                Arc::new(ViewTable::new(self.session.logical(&all).await?, None))
            }
            Rows::Persons { key, gone, rows, .. } => {
                let gone: StringArray = gone.iter().map(Some).collect();
                let gone = RecordBatch::try_from_iter([("person", Arc::new(gone) as _)]);
                let gone = vec![gone.map_err(|error| LakeError::Query(error.into()))?];
                self.session.put_rows(super::WORK, "gone", gone)?;
                self.session.put_rows(super::WORK, "fresh", rows.clone())?;
                let work = super::WORK;
                let kept = format!(
                    "select t.* from \"{mart}\".\"{name}\" t left anti join {work}.gone g on t.\"{key}\" = g.person
                     where t.\"{key}\" is not null union all select * from {work}.fresh"
                );
                Arc::new(ViewTable::new(self.session.logical(&kept).await?, None))
            }
        };
        self.session.put(sql::PUBLIC, tests::THIS, Arc::clone(&provider))?;
        self.session.put(mart, name, provider)
    }

    /// Writes the files that will be the table's, and says which they stand for: all, if none are named.
    async fn stage(
        &self,
        id: &TableId,
        rows: Rows,
    ) -> Result<(Vec<Add>, Option<(i64, Vec<DataFile>)>), LakeError> {
        match rows {
            Rows::Same(table) => Ok((Vec::new(), Some((table.version(), Vec::new())))),
            Rows::Whole(rows) => {
                let table = Table::open_or_create(&self.parts.stores, id, &rows_schema(&rows)).await?;
                Ok((table.write(rows).await?, None))
            }
            Rows::Periods { time, bounds, table, rows, .. } => {
                let other = match &table {
                    Some(table) => table.other_columns(&rows_schema(&rows))?.is_some(),
                    None => true,
                };
                match table {
                    Some(table) if !other => {
                        self.restage(&table, rows, |batch| bounds.without(batch, &time)).await
                    }
                    _ => {
                        let table =
                            Table::open_or_create(&self.parts.stores, id, &rows_schema(&rows)).await?;
                        Ok((table.write(rows).await?, None))
                    }
                }
            }
            Rows::Persons { key, gone, table, rows } => {
                self.restage(&table, rows, |batch| without(batch, &key, &gone)).await
            }
        }
    }

    /// Writes `rows`, and the files of a table anew that have rows which do not stay.
    async fn restage(
        &self,
        table: &Table,
        rows: Vec<RecordBatch>,
        stay: impl Fn(&RecordBatch) -> Result<RecordBatch, arrow::error::ArrowError>,
    ) -> Result<(Vec<Add>, Option<(i64, Vec<DataFile>)>), LakeError> {
        let id = table.id();
        let mut adds = Vec::new();
        let mut replaced = Vec::new();
        for files in crate::upkeep::compact::portions(table.files(), REWRITE_BYTES) {
            let old = crate::upkeep::compact::read(&self.parts.stores, table, &files, None).await?;
            let before: usize = old.iter().map(RecordBatch::num_rows).sum();
            let kept = old.iter().map(&stay).collect::<Result<Vec<_>, _>>();
            let kept = kept.map_err(LakeError::columns(id))?;
            if kept.iter().map(RecordBatch::num_rows).sum::<usize>() < before {
                adds.extend(table.write(kept).await?);
                replaced.extend(files);
            }
        }
        let rows = crate::table::like(table, rows).map_err(LakeError::columns(id))?;
        adds.extend(table.write(rows).await?);
        Ok((adds, Some((table.version(), replaced))))
    }
}

impl Rows {
    fn schema(&self) -> SchemaRef {
        match self {
            Self::Same(table) => table.schema(),
            Self::Whole(rows) | Self::Persons { rows, .. } | Self::Periods { rows, .. } => rows_schema(rows),
        }
    }

    /// What its commit says of it: how far a table by period has come; of others, from which text and sequence.
    fn mark(&self, maker: &Maker<'_>, model: &Model) -> Mark {
        match self {
            Self::Periods { reached, .. } => {
                Mark { application: periods::REACHED.to_owned(), version: reached.0 }
            }
            _ => Mark { application: application(maker.parts, model), version: maker.session.seq().0 },
        }
    }
}

fn rows_schema(rows: &[RecordBatch]) -> SchemaRef {
    rows.first().map_or_else(|| Arc::new(arrow::datatypes::Schema::empty()), RecordBatch::schema)
}

/// The rows whose key is there and not among `gone`.
fn without(
    batch: &RecordBatch,
    key: &str,
    gone: &HashSet<String>,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let column =
        batch.column_by_name(key).map(|column| compute::cast(column, &DataType::Utf8)).transpose()?;
    let empty = StringArray::new_null(batch.num_rows());
    let keys =
        column.as_ref().and_then(|column| column.as_any().downcast_ref::<StringArray>()).unwrap_or(&empty);
    let kept: BooleanArray =
        keys.iter().map(|key| Some(key.is_some_and(|key| !gone.contains(key)))).collect();
    compute::filter_record_batch(batch, &kept)
}

/// Rows in files that were written.
fn written(adds: &[Add]) -> i64 {
    let rows = |add: &Add| {
        let stats: serde_json::Value = serde_json::from_str(add.stats.as_deref()?).ok()?;
        stats["numRecords"].as_i64()
    };
    adds.iter().filter_map(rows).sum()
}

/// Names in the table's log by which text a commit was made; the mark's version is the sequence that it was made from.
fn application(parts: &WorkerParts, model: &Model) -> String {
    format!("model-{}", hex::encode(parts.keys.project_mac.mac16(&[b"model", model.sql.as_bytes()])))
}

/// The tables that a mart reads, with the versions that the session sees.
fn inputs(tables: &[CatalogTable], mart: &Mart) -> serde_json::Value {
    let mut inputs = serde_json::Map::new();
    for table in mart.reads() {
        let found = tables.iter().find(|row| {
            let name = &row.table.table;
            name.name == table.name && (name.schema == table.schema || table.schema.is_empty())
        });
        if let Some(found) = found {
            let told = serde_json::json!({ "version": found.table.version, "sequence": found.seq.0, "rows": found.table.rows });
            inputs.insert(table.to_string(), told);
        }
    }
    inputs.into()
}
