//! OpenLineage: runs of jobs and the tables they read and wrote, as events of version 2-0-2 of its specification.
//!
//! An event holds names, types, counts and, where they are given, the text of a query and of an error. Whoever gives
//! a query or an error sees to it that neither holds a value of a row.

use crate::{
    arrow_type::ArrowType,
    catalogue::{Catalogue, Column, Table, TableRef},
};
use model::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Which event schema this writes.
const EVENT_SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
/// Who writes it: the `producer` of every event and facet.
const PRODUCER: &str = concat!("https://github.com/carelake/carelake/tree/v", env!("CARGO_PKG_VERSION"));

/// A run of a job, known from its start to its end by its id.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The same in every event of the run.
    pub id: Uuid,
    /// What ran.
    pub job: Job,
    /// For which time it ran, where it was scheduled.
    pub nominal: Option<Nominal>,
    /// What it reads.
    pub inputs: Vec<Dataset>,
    /// What it writes.
    pub outputs: Vec<Output>,
}

/// What runs again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Whose job it is, such as `carelake://lake.example.nhs.uk`.
    pub namespace: String,
    /// Its name there, such as `mart.visits`.
    pub name: String,
    /// What it does, in a sentence; empty where nobody has said.
    pub description: String,
    /// What kind of job of carelake's it is, such as `MODEL`.
    pub kind: String,
    /// The query that it runs, if it runs one.
    pub sql: Option<String>,
}

/// The time that a run was scheduled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nominal {
    /// Its start.
    pub start: Timestamp,
    /// Its end, which is the start of the next.
    pub end: Option<Timestamp>,
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The store that it is in, such as `carelake://lake.example.nhs.uk`.
    pub namespace: String,
    /// Its name there, such as `mart.visits`.
    pub name: String,
    /// Its columns; empty where they are not known.
    pub columns: Vec<Column>,
    /// Its Delta version, where that is known.
    pub version: Option<u64>,
}

/// A table that is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Which one. From where each column comes is in the columns' `made_from`.
    pub dataset: Dataset,
    /// What was written, known at the end.
    pub statistics: Option<Statistics>,
}

/// How much was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Files, where they were counted.
    pub files: Option<u64>,
}

/// What has become of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It has begun.
    Start,
    /// It is at its end, and what it wrote is published.
    Complete,
    /// It failed, for this reason.
    Fail(String),
    /// It was given up without having failed.
    Abort,
}

impl Dataset {
    /// A table of the catalogue; without columns if it holds no such table.
    #[must_use]
    pub fn of(catalogue: &Catalogue, namespace: &str, table: &TableRef) -> Self {
        let found = find(catalogue, table);
        Self {
            namespace: namespace.to_owned(),
            name: format!("{}.{}", table.database, table.table),
            columns: found.map(|table| table.columns.clone()).unwrap_or_default(),
            version: found.map(|table| table.version),
        }
    }
}

impl Run {
    /// The run that made a table of the catalogue: what it was made from goes in, the table comes out.
    #[must_use]
    pub fn that_made(catalogue: &Catalogue, table: &TableRef, id: Uuid, job: Job) -> Self {
        let namespace = job.namespace.clone();
        let made = find(catalogue, table);
        let from = made.map(|made| made.made_from.as_slice()).unwrap_or_default();
        let inputs = from.iter().map(|from| Dataset::of(catalogue, &namespace, from)).collect();
        let statistics = made.map(|made| Statistics { rows: made.rows, bytes: made.bytes, files: None });
        let outputs = vec![Output { dataset: Dataset::of(catalogue, &namespace, table), statistics }];
        Self { id, job, nominal: None, inputs, outputs }
    }

    /// The event that tells what has become of the run at a moment.
    #[must_use]
    pub fn event(&self, state: &State, at: Timestamp) -> Value {
        let event_type = match state {
            State::Start => "START",
            State::Complete => "COMPLETE",
            State::Fail(_) => "FAIL",
            State::Abort => "ABORT",
        };
        json!({
            "eventType": event_type,
            "eventTime": at.to_string(),
            "producer": PRODUCER,
            "schemaURL": EVENT_SCHEMA,
            "run": { "runId": self.id.to_string(), "facets": self.run_facets(state) },
            "job": { "namespace": self.job.namespace, "name": self.job.name, "facets": self.job.facets() },
            "inputs": self.inputs.iter().map(Dataset::input).collect::<Vec<_>>(),
            "outputs": self.outputs.iter().map(|output| output.told(state)).collect::<Vec<_>>(),
        })
    }

    fn run_facets(&self, state: &State) -> Value {
        let mut facets = Map::new();
        let engine = json!({ "version": env!("CARGO_PKG_VERSION"), "name": "carelake" });
        facets.insert("processing_engine".to_owned(), facet("1-1-1/ProcessingEngineRunFacet", engine));
        if let Some(Nominal { start, end }) = self.nominal {
            let mut told = json!({ "nominalStartTime": start.to_string() });
            if let Some(end) = end {
                told["nominalEndTime"] = json!(end.to_string());
            }
            facets.insert("nominalTime".to_owned(), facet("1-0-1/NominalTimeRunFacet", told));
        }
        if let State::Fail(message) = state {
            let told = json!({ "message": message, "programmingLanguage": "Rust" });
            facets.insert("errorMessage".to_owned(), facet("1-0-1/ErrorMessageRunFacet", told));
        }
        Value::Object(facets)
    }
}

impl Job {
    fn facets(&self) -> Value {
        let mut facets = Map::new();
        let kind = json!({ "processingType": "BATCH", "integration": "CARELAKE", "jobType": self.kind });
        facets.insert("jobType".to_owned(), facet("2-0-4/JobTypeJobFacet", kind));
        if !self.description.is_empty() {
            let told = json!({ "description": self.description });
            facets.insert("documentation".to_owned(), facet("1-1-0/DocumentationJobFacet", told));
        }
        if let Some(query) = &self.sql {
            let told = json!({ "query": query, "dialect": "datafusion" });
            facets.insert("sql".to_owned(), facet("1-1-0/SQLJobFacet", told));
        }
        Value::Object(facets)
    }
}

impl Dataset {
    fn input(&self) -> Value {
        json!({ "namespace": self.namespace, "name": self.name, "facets": self.facets() })
    }

    fn facets(&self) -> Map<String, Value> {
        let mut facets = Map::new();
        let source = json!({ "name": self.namespace, "uri": self.namespace });
        facets.insert("dataSource".to_owned(), facet("1-0-1/DatasourceDatasetFacet", source));
        if !self.columns.is_empty() {
            let fields: Vec<Value> = self.columns.iter().map(field_of_column).collect();
            facets
                .insert("schema".to_owned(), facet("1-2-0/SchemaDatasetFacet", json!({ "fields": fields })));
        }
        if let Some(version) = self.version {
            let told = json!({ "datasetVersion": version.to_string() });
            facets.insert("version".to_owned(), facet("1-0-1/DatasetVersionDatasetFacet", told));
        }
        facets
    }

    /// From which columns each column comes; nothing if that is said of none.
    fn column_lineage(&self) -> Option<Value> {
        let mut fields = Map::new();
        for column in self.columns.iter().filter(|column| !column.made_from.is_empty()) {
            let from: Vec<Value> = column
                .made_from
                .iter()
                .map(|from| {
                    let name = format!("{}.{}", from.table.database, from.table.table);
                    json!({ "namespace": self.namespace, "name": name, "field": from.column })
                })
                .collect();
            fields.insert(column.name.clone(), json!({ "inputFields": from }));
        }
        let told = json!({ "fields": fields });
        (!fields.is_empty()).then(|| facet("1-2-0/ColumnLineageDatasetFacet", told))
    }
}

impl Output {
    fn told(&self, state: &State) -> Value {
        let mut facets = self.dataset.facets();
        if let Some(lineage) = self.dataset.column_lineage() {
            facets.insert("columnLineage".to_owned(), lineage);
        }
        let mut told =
            json!({ "namespace": self.dataset.namespace, "name": self.dataset.name, "facets": facets });
        // What has not been published has not been written.
        if let (Some(statistics), State::Complete) = (self.statistics, state) {
            let mut counts = json!({ "rowCount": statistics.rows, "size": statistics.bytes });
            if let Some(files) = statistics.files {
                counts["fileCount"] = json!(files);
            }
            let counts = facet("1-0-2/OutputStatisticsOutputDatasetFacet", counts);
            told["outputFacets"] = json!({ "outputStatistics": counts });
        }
        told
    }
}

fn find<'a>(catalogue: &'a Catalogue, table: &TableRef) -> Option<&'a Table> {
    let database = catalogue.databases.iter().find(|database| database.name == table.database)?;
    database.tables.iter().find(|found| found.name == table.table)
}

/// A facet with what every facet has: who produced it, and by which schema. `schema` is `version/Name`.
fn facet(schema: &str, mut told: Value) -> Value {
    let name = schema.rsplit('/').next().unwrap_or_default();
    told["_producer"] = json!(PRODUCER);
    told["_schemaURL"] = json!(format!("https://openlineage.io/spec/facets/{schema}.json#/$defs/{name}"));
    told
}

fn field_of_column(column: &Column) -> Value {
    let mut told = match column.data_type.parse() {
        Ok(data_type) => field(&column.name, &data_type),
        Err(_) => json!({ "name": column.name, "type": column.data_type }),
    };
    if !column.description.is_empty() {
        told["description"] = json!(column.description);
    }
    told
}

/// A field with those that are nested in it; a list's items are called `_element`, as the specification has it.
fn field(name: &str, data_type: &ArrowType) -> Value {
    let (word, fields) = match data_type {
        ArrowType::Struct(fields) => {
            ("struct".to_owned(), fields.iter().map(|(name, inner)| field(name, inner)).collect())
        }
        ArrowType::List(item) => ("array".to_owned(), vec![field("_element", item)]),
        ArrowType::Map(key, value) => ("map".to_owned(), vec![field("key", key), field("value", value)]),
        plain => (plain.sql().unwrap_or_else(|| "unknown".to_owned()), Vec::new()),
    };
    let mut told = json!({ "name": name, "type": word });
    if !fields.is_empty() {
        told["fields"] = json!(fields);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::ColumnRef;

    fn run() -> Run {
        let column = Column {
            name: "visits".to_owned(),
            data_type: "List(Struct(\"at\": Timestamp(µs, \"UTC\"), \"cost\": Decimal128(12, 2)))".to_owned(),
            nullable: true,
            description: "Every visit.".to_owned(),
            classification: None,
            made_from: vec![ColumnRef {
                table: TableRef { database: "view".to_owned(), table: "encounter".to_owned() },
                column: "start".to_owned(),
            }],
        };
        let dataset = Dataset {
            namespace: "carelake://lake.example".to_owned(),
            name: "mart.visits".to_owned(),
            columns: vec![column],
            version: Some(3),
        };
        let statistics = Some(Statistics { rows: 7, bytes: 90, files: None });
        Run {
            id: Uuid::nil(),
            job: Job {
                namespace: "carelake://lake.example".to_owned(),
                name: "mart.visits".to_owned(),
                description: String::new(),
                kind: "MODEL".to_owned(),
                sql: Some("select 1".to_owned()),
            },
            nominal: None,
            inputs: Vec::new(),
            outputs: vec![Output { dataset, statistics }],
        }
    }

    #[test]
    fn what_was_written_is_told_once_it_is_published() {
        let run = run();
        let counts = |state: &State| run.event(state, Timestamp(0))["outputs"][0]["outputFacets"].clone();
        assert_eq!(counts(&State::Start), Value::Null);
        assert_eq!(counts(&State::Fail("no".to_owned())), Value::Null);
        assert_eq!(counts(&State::Complete)["outputStatistics"]["rowCount"], 7);
    }

    #[test]
    fn a_column_is_told_with_its_nested_fields_and_its_origin() {
        let event = run().event(&State::Abort, Timestamp(0));
        let facets = &event["outputs"][0]["facets"];
        let element = &facets["schema"]["fields"][0]["fields"][0];
        assert_eq!(element["name"], "_element");
        assert_eq!(element["fields"][1], json!({ "name": "cost", "type": "decimal(12,2)" }));
        let from = &facets["columnLineage"]["fields"]["visits"]["inputFields"][0];
        assert_eq!(
            from,
            &json!({ "namespace": "carelake://lake.example", "name": "view.encounter", "field": "start" })
        );
        assert_eq!(event["eventType"], "ABORT");
        assert_eq!(event["eventTime"], "1970-01-01T00:00:00.000Z");
    }
}
