//! What the console asks of the lake: rows, records of the trail, the texts of marts, credentials. Whoever may ask is
//! decided before.

pub use ::console::pages::{ColumnFigures, KeyRow, ModelDifference, TableFigures};

use async_trait::async_trait;
use control::{Column, NewCredential};
use model::{AuditEntity, AuditOutcome, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use zeroize::Zeroizing;

/// What is in tables and in the trail, as other parts of the lake hold it.
#[async_trait]
pub trait Lake: Send + Sync {
    /// The tables that a query names: schema and name; tables without a schema are of `public`.
    async fn tables_named(&self, sql: &str) -> Result<Vec<(String, String)>, AskError>;

    /// What a query reads: columns by table (`schema.name`, or the name alone); none of a table that is only counted.
    async fn reads(&self, sql: &str) -> Result<BTreeMap<String, BTreeSet<String>>, AskError>;

    /// Answers a query at the newest sequence, with `most_rows` rows at most.
    async fn ask(&self, question: &Question<'_>) -> Result<Answered, AskError>;

    /// The newest records of the trail that a search finds.
    async fn records(&self, search: &Search) -> Result<Vec<Trail>, AskError>;

    /// Lets a job rest, or resumes it from the next time that it is due.
    async fn pause(&self, job: &str, paused: bool) -> Result<(), AskError>;

    /// The models of every mart by its name, in the order in which they are made.
    async fn marts(&self) -> Result<Arc<BTreeMap<String, Vec<Made>>>, AskError>;

    /// The texts of a first mart of a table.
    async fn first_mart(&self, schema: &str, name: &str) -> Result<MartFiles, AskError>;

    /// The tables that a mart of these texts reads, its own not among them; nothing where the texts are not understood.
    async fn mart_reads(&self, mart: &str, files: &MartFiles) -> Result<Vec<String>, AskError>;

    /// Whether models of such a mart put their rows through programs.
    fn mart_has_programs(&self, mart: &str, files: &MartFiles) -> bool;

    /// The columns that such a mart reads, by table; nothing where it cannot be registered.
    async fn mart_columns(
        &self,
        mart: &str,
        files: &MartFiles,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, AskError>;

    /// What a mart of these texts would publish, beside what is published, and the sequence at which that was found.
    async fn mart_diff(&self, mart: &str, files: &MartFiles)
    -> Result<(u64, Vec<ModelDifference>), AskError>;

    /// Refuses texts that cannot be registered.
    async fn check_mart(&self, mart: &str, files: &MartFiles) -> Result<(), AskError>;

    /// Registers a mart with these texts, in the place of what it was.
    async fn register_mart(&self, mart: &str, files: &MartFiles, who: &str) -> Result<(), AskError>;

    /// A credential for a client; nothing of it counts before it is kept.
    async fn credential(&self, client: &str, proof: &Proof) -> Result<NewProof, AskError>;

    /// What a table was last found to hold, at this version or before.
    async fn figures(&self, schema: &str, name: &str, version: i64)
    -> Result<Option<TableFigures>, AskError>;

    /// Counts what a table holds at its newest version, and keeps it.
    async fn count(&self, schema: &str, name: &str) -> Result<(), AskError>;

    /// What each column of a mart's table is computed from, such as `view.encounter.class`; nothing of other tables.
    async fn origins(&self, schema: &str, name: &str) -> Result<BTreeMap<String, Vec<String>>, AskError>;

    /// Writes down a table that lies outside.
    async fn write_down(&self, table: &NewOutside) -> Result<(), AskError>;

    /// What is different in a table's columns, a line each.
    fn changes(&self, before: &[Column], now: &[Column]) -> Vec<String>;

    /// The keys of the home, without the keys.
    async fn keys(&self) -> Result<Vec<KeyRow>, AskError>;

    /// What is known of the process and of its machine.
    async fn machine(&self) -> Result<Machine, AskError>;
}

/// The texts of a mart, by file.
pub type MartFiles = BTreeMap<String, String>;

/// A table that lies outside and is to be written down.
#[derive(Clone, Debug, Default)]
pub struct NewOutside {
    /// Its schema.
    pub schema: String,
    /// Its name there.
    pub name: String,
    /// Where it lies.
    pub place: String,
    /// What it is written in.
    pub format: String,
    /// What it holds.
    pub description: String,
    /// Its columns: `NAME:TYPE` or `NAME:TYPE:MEANING` each.
    pub columns: Vec<String>,
}

/// How a provider is to show that it is itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A client id and a secret.
    Secret,
    /// Requests signed with AWS Signature Version 4.
    Signing,
    /// Assertions signed with one of these keys: a JWK Set, or the https address of one.
    Keys(String),
    /// A certificate, in PEM.
    Certificate(String),
    /// Tokens of an outside issuer.
    Issuer {
        /// The issuer's name here.
        issuer: String,
        /// The client's name there.
        client: String,
    },
}

/// A credential that is not kept yet, and what of it is shown this once.
pub struct NewProof {
    /// What is kept.
    pub new: NewCredential,
    /// What is shown: names and values.
    pub shown: Vec<(&'static str, Zeroizing<String>)>,
}

/// The process and its machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The program's version.
    pub version: String,
    /// When the process began.
    pub began: Timestamp,
    /// Its memory, in bytes.
    pub memory_bytes: u64,
    /// Its open files, and how many it may have.
    pub files: (u64, u64),
    /// What is free on the disk of the home, and how large that is, in bytes.
    pub disk_bytes: (u64, u64),
    /// Until when the gateway's certificate is valid.
    pub certificate_ends: Option<Timestamp>,
    /// The control database.
    pub database: &'static str,
}

/// What stands for tables without a schema.
pub(super) const PUBLIC: &str = "public";

/// The schema and the name of a table that is written as models do.
pub(super) fn parts(table: &str) -> (&str, &str) {
    table.split_once('.').unwrap_or((PUBLIC, table))
}

/// What the job is called that builds a mart.
pub(super) fn job_of(mart: &str) -> String {
    format!("mart.{mart}")
}

/// A question, and how much of its answer is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// One SELECT.
    pub sql: &'a str,
    /// Rows of the answer that are wanted.
    pub most_rows: usize,
    /// What it was found to read when it was decided whether it may: it is not answered if it reads anything else.
    pub reads: &'a BTreeMap<String, BTreeSet<String>>,
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
