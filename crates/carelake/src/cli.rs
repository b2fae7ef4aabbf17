//! What can be typed (design §7). A command stands here when it works.

mod access;
mod audit;
mod catalog;
mod crawler;
mod directory;
mod feed;
mod job;
mod people;
mod provider;
mod reference;

pub(crate) use access::{AccessCommand, ExplainArgs, PolicyCommand, RoleCommand};
pub(crate) use audit::{
    AuditCommand, DisclosureArgs, ExportArgs, HoldCommand, QueryArgs, RetainArgs, VerifyArgs, WhichArgs,
};
pub(crate) use catalog::{
    CatalogCommand, Classified, CreateTableArgs, DescribeArgs, ExportCatalogArgs, ExportedAs, GlueArgs,
    SyncCommand,
};
pub(crate) use crawler::{AddConnectionArgs, AddCrawlerArgs, ConnectionCommand, CrawlerCommand};
pub(crate) use directory::{DirectoryCommand, TokenArgs};
pub(crate) use feed::FeedCommand;
pub(crate) use job::{JobCommand, MartCommand, PreviewArgs, RunArgs};
pub(crate) use people::{GroupCommand, PersonArgs, UserCommand};
pub(crate) use provider::{CredentialArgs, IssuerCommand, Method, ProviderCommand, ReachArgs};
pub(crate) use reference::{LoadArgs, ReferenceCommand};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// An open health data lake: FHIR in, identity kept apart, marts and answers out.
#[derive(Debug, Parser)]
#[command(
    name = "carelake",
    version,
    about,
    max_term_width = 100,
    after_help = "\
Examples:
  carelake demo                                   see all of it at work, in a temporary home
  carelake init && carelake serve                 a lake of your own, on https://localhost:8443
  carelake provider add gp-elm-grove              register a data owner; prints its credential once
  carelake import bundles/ --source gp-elm-grove  files through the same path as HTTPS
  carelake sql 'select * from urgent_care.pathways limit 5'

Exit status: 0 done, 1 the work failed, 2 wrong usage. Colours are off when NO_COLOR is set."
)]
pub(crate) struct Cli {
    /// The home folder: configuration, keys, zones and the control database.
    #[arg(long, global = true, env = "CARELAKE_HOME", default_value = "carelake-home", value_name = "DIR")]
    pub(crate) home: PathBuf,
    /// Answer in JSON, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Everything below, on simulated providers, in a temporary home; ends with a report.
    Demo(DemoArgs),
    /// Make a new home: configuration, local CA and certificate, keys, zones, control database.
    Init(InitArgs),
    /// Run the lake until Ctrl-C: all of it, or one process of several.
    #[command(after_help = "\
Examples:
  carelake serve                                  everything in one process
  CARELAKE__KEYS__FOLDER=/etc/carelake/gateway carelake serve --role gateway")]
    Serve {
        /// Run this part alone: gateway, worker, query or keeper; with its own keys (`carelake process give`).
        #[arg(long, value_name = "PROCESS")]
        role: Option<model::ProcessRole>,
    },
    /// Processes of their own: each with its keys and rights, and no others.
    #[command(subcommand)]
    Process(ProcessCommand),
    /// Register data owners and their credentials.
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// Outside issuers whose access tokens are taken.
    #[command(subcommand)]
    Issuer(IssuerCommand),
    /// People who use the console: their roles, passwords and devices.
    #[command(subcommand)]
    User(UserCommand),
    /// Groups of people: roles that are given to all of them.
    #[command(subcommand)]
    Group(GroupCommand),
    /// Directories that keep people and groups here, over SCIM.
    #[command(subcommand)]
    Directory(DirectoryCommand),
    /// Who may do what, and which policy says so.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Act in a role, for a reason and a time.
    #[command(subcommand)]
    Role(RoleCommand),
    /// Who can reach what, by which way; and the review of it.
    #[command(subcommand)]
    Access(AccessCommand),
    /// Take in NDJSON (also .gz, .zst) and Bundle files, through the same path as HTTPS.
    Import(ImportArgs),
    /// Ask a question in SQL of raw, views, marts, person_link, catalogue and audit.
    Sql(SqlArgs),
    /// SQL on FHIR ViewDefinitions: run over files, without a home; or kept as tables of the lake.
    #[command(subcommand)]
    View(ViewCommand),
    /// Data marts: folders of SQL models, registered, built and tested.
    #[command(subcommand)]
    Mart(MartCommand),
    /// What the lake holds: tables, columns, rows, versions; told to other catalogues.
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Stores and databases outside that crawlers look at.
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// Find out what lies outside, and keep it in the catalogue: formats, columns, partitions, what has changed.
    #[command(subcommand)]
    Crawler(CrawlerCommand),
    /// Lists that are about nobody, for marts to join: organisations, postcodes, deprivation, your own.
    #[command(subcommand)]
    Reference(ReferenceCommand),
    /// Jobs and their runs: what is due, what was run, how it ended; run one again.
    #[command(subcommand)]
    Job(JobCommand),
    /// What providers send: counted by day, held against the days before and a contract.
    #[command(subcommand)]
    Feed(FeedCommand),
    /// The audit trail: read it, prove it.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The keys of this home.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Write synthetic providers' FHIR to files.
    Simulate(SimulateArgs),
    /// The project's own measurements, with method and machine; needs no home.
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Print the script that lets a shell complete what is typed.
    #[command(after_help = "\
Examples:
  carelake completions bash > ~/.local/share/bash-completion/completions/carelake
  carelake completions zsh > ~/.zfunc/_carelake
  carelake completions fish > ~/.config/fish/completions/carelake.fish")]
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How many people to simulate.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) patients: u32,
    /// The same seed gives the same people.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Keep the home, to look around in it afterwards.
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Whether real people's data will come in.
    #[arg(long, value_enum, default_value_t = DataKind::Synthetic)]
    pub(crate) data: DataKind,
    /// The ethics, governance and data-protection references that allow it (TOML); needed for real data.
    #[arg(long, value_name = "FILE", required_if_eq("data", "real"))]
    pub(crate) approvals: Option<PathBuf>,
    /// Keep the control database in PostgreSQL, at this address without a password (`PGPASSWORD` or `PGPASSFILE` has
    /// it), instead of a file in the home.
    #[arg(long, value_name = "URL", value_parser = database_url)]
    pub(crate) control: Option<String>,
}

fn database_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("postgres://").or(text.strip_prefix("postgresql://"));
    let user = rest.and_then(|rest| rest.split_once('@')).map(|(user, _)| user);
    match (rest, user.is_some_and(|user| user.contains(':'))) {
        (None, _) => Err("the control database is at a postgres:// address".to_owned()),
        (_, true) => {
            Err("the address is kept in the configuration: leave the password to PGPASSFILE".to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DataKind {
    Synthetic,
    Real,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Files and folders of FHIR Bundles (.json) and NDJSON (.ndjson, .ndjson.gz, .ndjson.zst).
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The data owner whose id space the resources belong to.
    #[arg(long, value_name = "NAME")]
    pub(crate) source: model::SourceId,
    /// Write every rejected line to this file, as NDJSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) rejected: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Schemas: raw (a table per resource type), view (a table per ViewDefinition), one per mart,
catalog (tables, columns), audit (records); person_link and display stand without a schema.

Examples:
  carelake sql 'select gender, count(*) from view.patient group by gender'
  carelake sql 'select * from catalog.tables' --format csv")]
pub(crate) struct SqlArgs {
    /// One SELECT.
    #[arg(required_unless_present = "saved", conflicts_with = "saved")]
    pub(crate) query: Option<String>,
    /// Ask a question that somebody has kept for everybody, by its name.
    #[arg(long, value_name = "NAME")]
    pub(crate) saved: Option<String>,
    /// Wait until this commit sequence is published.
    #[arg(long, value_name = "SEQ")]
    pub(crate) at_least: Option<i64>,
    /// How to print the rows.
    #[arg(long, value_enum, default_value_t = RowFormat::Table)]
    pub(crate) format: RowFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    Table,
    Csv,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ViewCommand {
    /// Make rows of the resources in files.
    Run(ViewRunArgs),
    /// Show what views read, what fills their columns and what makes their rows.
    Explain(ViewExplainArgs),
    /// Run the cases of SQL on FHIR suite files, and write the standard's report.
    Conformance(ViewConformanceArgs),
    #[command(flatten)]
    Registered(RegisteredViewCommand),
}

/// What keeps views as tables of the lake.
#[derive(Debug, Subcommand)]
pub(crate) enum RegisteredViewCommand {
    /// Keep a ViewDefinition as a table of the lake, over all that is there and all that comes.
    #[command(after_help = "\
The view's name is the table's: view.NAME. A view of that name is replaced, at once, when the new one is built;
until then it answers as before. A running `carelake serve` builds the view beside its other work;
without one, this command does so itself.

Examples:
  carelake view register weights.json
  carelake sql 'select * from view.weights'
  carelake job runs                              how far it is, while a service builds it")]
    Register {
        /// The ViewDefinition, as JSON. Its name is in small letters, and no built-in view's.
        #[arg(value_name = "FILE.json")]
        file: PathBuf,
    },
    /// Show the registered views, and how far they are built.
    #[command(after_help = "\
Examples:
  carelake view list
  carelake view list --json")]
    List,
    /// Keep a registered view no longer; older sequences show it as long as they are kept.
    #[command(after_help = "\
Example:
  carelake view remove weights")]
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
The first argument is a ViewDefinition. Those after it that are ViewDefinitions too are run in the same pass:
every input is read once for all of them. What comes after the last of them are inputs.

An input's name says what it holds: .json is one resource or Bundle, .ndjson and .jsonl have a resource in
each line, .gz and .zst are unpacked. Of standard input and other names the first bytes say it. Of a folder,
the files with such names are read, those of the folders below it as well.

Examples:
  carelake view run patient.json Patient.ndjson                    rows as NDJSON on standard output
  carelake view run patient.json bundles/ -o patient.parquet       a folder of Bundles and NDJSON to Parquet
  carelake view run views/*.json bundles/ -o tables/               several views at once, tables/NAME.parquet
  carelake view run a.json b.json bundles/ -o tables/ --format csv the same as CSV
  zcat *.ndjson.gz | carelake view run patient.json - -o rows.csv  standard input to CSV

Exit status: 0 every resource was read and made its rows, 1 some were passed over or the work failed.")]
pub(crate) struct ViewRunArgs {
    /// A ViewDefinition, as JSON.
    pub(crate) view: PathBuf,
    /// More ViewDefinitions, if any; then NDJSON, Bundles and single resources, also .gz and .zst, folders of
    /// these; `-` is standard input.
    #[arg(required = true)]
    pub(crate) inputs: Vec<PathBuf>,
    /// Where the rows go: a file .parquet, .csv, .ndjson or .arrow; or a folder, which gets a file per view and
    /// is made if need be. A file that is there is replaced.
    #[arg(short, long, value_name = "FILE|FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// What the files in a folder are written as.
    #[arg(long, value_enum, default_value_t = TableFormat::Parquet)]
    pub(crate) format: TableFormat,
    /// Threads that make rows; as many as there are cores if it is left out.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    Parquet,
    Csv,
    Ndjson,
    Arrow,
}

#[derive(Debug, Args)]
#[command(after_help = "\
How a value is found, the quickest way first: `walked`, together with others, where its expression is members,
first(), where(name = 'text') and a key only; `evaluated` over the members that are read; `general`, by the whole
FHIRPath engine. Where a view cannot say which members it looks at, whole resources are read.

Examples:
  carelake view explain patient.json
  carelake --json view explain views/*.json")]
pub(crate) struct ViewExplainArgs {
    /// ViewDefinitions, as JSON.
    #[arg(required = true, value_name = "VIEW")]
    pub(crate) views: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The report is the standard's: {\"FILE\": {\"tests\": [{\"name\": …, \"result\": {\"passed\": true}}]}}. --json prints
it instead of the table. JSON files of a folder that are no suites are passed over.

Examples:
  carelake view conformance sql-on-fhir/tests/                       a table, and what failed
  carelake view conformance sql-on-fhir/tests/ -o test_report.json   the report as well

Exit status: 0 every case passed, 1 not every one.")]
pub(crate) struct ViewConformanceArgs {
    /// A folder of suite files, or suite files themselves.
    #[arg(required = true, value_name = "DIR")]
    pub(crate) suites: Vec<PathBuf>,
    /// Where the report goes. A file that is there is replaced.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Show which keys there are: names, kinds and ids, never a key.
    List,
    /// Restore the root key from recovery shares, read from standard input, one a line.
    Recover,
}

/// Processes of their own.
#[derive(Debug, Subcommand)]
pub(crate) enum ProcessCommand {
    /// Give a process the keys of its row, in a folder of its own, and its user the rights.
    #[command(after_help = "\
Without --user the rights are yours to set, by mounts for instance; `serve --role` tells what is wrong with them.

Example:
  carelake process give gateway --keys /etc/carelake/gateway --user carelake-gateway
  sudo -u carelake-gateway CARELAKE__KEYS__FOLDER=/etc/carelake/gateway carelake serve --role gateway")]
    Give {
        /// gateway, worker, query or keeper.
        #[arg(value_name = "PROCESS")]
        role: model::ProcessRole,
        /// The folder of the keys, which must not hold any yet.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
        /// The system's user that the process runs as; no other process runs as the same.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// The user of the control database (PostgreSQL) that the process comes as: it is given the row, and all else is
        /// taken from it.
        #[arg(long, value_name = "NAME")]
        database_user: Option<String>,
    },
    /// Show the processes, and what each holds and reaches.
    List,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// How many people.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=800_000))]
    pub(crate) patients: u32,
    /// The same seed gives the same people.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Where to write: one folder per provider, Bundles and single resources as numbered files.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Views over NDJSON to Parquet: resources a second, memory, ten views in one pass beside one.
    Views(BenchViewsArgs),
    /// The audit trail: records written, proved and asked a second.
    Audit(BenchAuditArgs),
    /// The console of a large lake: the first byte of each page, and what many open pages cost.
    Console(BenchConsoleArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
It writes to a home in a temporary folder (TMPDIR), about 2 GB, serves it as a process of its own, and asks that over TLS.

Examples:
  carelake bench console
  carelake bench console --jobs 1000 --tables 100 --records 100000 --seconds 10")]
pub(crate) struct BenchConsoleArgs {
    /// Jobs that are registered; one in ten was run.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub(crate) jobs: u32,
    /// Tables in the catalogue.
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) tables: u32,
    /// Records of the trail.
    #[arg(long, default_value_t = 10_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(10_000..=100_000_000))]
    pub(crate) records: u64,
    /// Pages that are open at once.
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=900))]
    pub(crate) pages: u32,
    /// How long they are open.
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=36_000))]
    pub(crate) seconds: u64,
}

#[derive(Debug, Args)]
#[command(after_help = "It writes to a home in a temporary folder (TMPDIR), about 100 bytes a record.")]
pub(crate) struct BenchAuditArgs {
    /// How many records.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=100_000_000))]
    pub(crate) records: u64,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  carelake bench views                              on the simulator's people
  carelake bench views ndjson/ --rounds 5           on files of your own, repeated to 400 MB or more
  bench/views/run ndjson/                           in a clone: the same beside DuckDB, Polars and pysof

It writes two such files at a time, and the tables, into a temporary folder (TMPDIR).")]
pub(crate) struct BenchViewsArgs {
    /// A folder with Observation.ndjson, Condition.ndjson and Encounter.ndjson; the simulator's if it is left out.
    #[arg(value_name = "NDJSON_FOLDER")]
    pub(crate) folder: Option<PathBuf>,
    /// Each file is repeated until it has as much.
    #[arg(long, default_value_t = 400, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) megabytes: u64,
    /// Threads that make rows.
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub(crate) threads: usize,
    /// How often each is run; the best counts.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// Work in this folder instead of a temporary one; what was simulated stays there.
    #[arg(long, value_name = "DIR")]
    pub(crate) work: Option<PathBuf>,
}
