//! What the console asks of the lake: rows, records of the trail, the texts of marts. Whoever may ask is decided before.

use async_trait::async_trait;
use model::{AuditEntity, AuditOutcome, Timestamp};
use policy::Table;
use std::collections::BTreeMap;

/// What is in tables and in the trail, as other parts of the lake hold it.
#[async_trait]
pub trait Lake: Send + Sync {
    /// The tables that a query names: schema and name; tables without a schema are of `public`.
    async fn tables_named(&self, sql: &str) -> Result<Vec<(String, String)>, AskError>;

    /// Answers a query at the newest sequence, with `most_rows` rows at most.
    async fn ask(&self, question: &Question<'_>) -> Result<Answered, AskError>;

    /// The newest records of the trail that a search finds.
    async fn records(&self, search: &Search) -> Result<Vec<Trail>, AskError>;

    /// Lets a job rest, or resumes it from the next time that it is due.
    async fn pause(&self, job: &str, paused: bool) -> Result<(), AskError>;

    /// The models of every mart by its name, in the order in which they are made.
    async fn marts(&self) -> Result<BTreeMap<String, Vec<Made>>, AskError>;
}

/// What stands for tables without a schema.
pub(super) const PUBLIC: &str = "public";

/// A table as policies know it.
pub(super) fn table<'a>(schema: &'a str, name: &'a str) -> Table<'a> {
    if schema == PUBLIC { Table::bare(name) } else { Table::new(schema, name) }
}

/// The schema and the name of a table that is written as models do.
pub(super) fn parts(table: &str) -> (&str, &str) {
    table.split_once('.').unwrap_or((PUBLIC, table))
}

/// A question, and how much of its answer is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// One SELECT.
    pub sql: &'a str,
    /// Rows of the answer that are wanted.
    pub most_rows: usize,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The columns: name, type, and whether they are numbers.
    pub columns: Vec<(String, String, bool)>,
    /// The rows as texts; none is null.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there are more rows than were wanted.
    pub more: bool,
    /// The sequence that was read at.
    pub sequence: u64,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// The statement without its values, for the trail.
    pub statement: String,
    /// The tables and patients that it was about, for the trail.
    pub about: Vec<AuditEntity>,
    /// How the engine carried it out.
    pub plan: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AskError {
    /// The question is at fault; the sentence says how, and holds no values.
    #[error("{0}")]
    Question(String),
    /// The lake is.
    #[error("{0}")]
    Lake(String),
}

/// What is looked for in the trail.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Recorded at or after.
    pub from: Option<Timestamp>,
    /// Recorded before.
    pub until: Option<Timestamp>,
    /// What was done; `*` at the end stands for anything.
    pub action: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// How it ended.
    pub outcome: Option<AuditOutcome>,
    /// About whom, by pseudonym.
    pub patient: Option<String>,
    /// One record: writer and index.
    pub record: Option<(String, u64)>,
    /// How many, the newest.
    pub limit: usize,
}

/// A record of the trail.
#[derive(Clone, Debug)]
pub struct Trail {
    /// The chain it stands in.
    pub writer: String,
    /// Its place there.
    pub index: u64,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// What was done.
    pub event: model::AuditEvent,
    /// Its hash, in hex.
    pub hash: String,
    /// The FHIR AuditEvent, as JSON.
    pub resource: String,
}

/// A model of a mart.
#[derive(Clone, Debug)]
pub struct Made {
    /// The table that it makes.
    pub table: String,
    /// Its text.
    pub sql: String,
    /// The tables that it reads, such as `view.encounter`.
    pub reads: Vec<String>,
}
