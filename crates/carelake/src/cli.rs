//! What can be typed (design §7). A command stands here when it works.

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
    /// Run the gateway and the worker until Ctrl-C.
    Serve,
    /// Register data owners and their credentials.
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// Take in NDJSON (also .gz, .zst) and Bundle files, through the same path as HTTPS.
    Import(ImportArgs),
    /// Ask a question in SQL of raw, views, marts, person_link, catalogue and audit.
    Sql(SqlArgs),
    /// SQL on FHIR ViewDefinitions: run over files, without a home; or kept as tables of the lake.
    #[command(subcommand)]
    View(ViewCommand),
    /// Build and list data marts.
    #[command(subcommand)]
    Mart(MartCommand),
    /// What the lake holds: tables, columns, rows, versions.
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// What has been run, and how it ended.
    #[command(subcommand)]
    Job(JobCommand),
    /// The audit trail: read it, prove it.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The keys of this home.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Write synthetic providers' FHIR to files.
    Simulate(SimulateArgs),
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DataKind {
    Synthetic,
    Real,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// Register a data owner and print its credential, once.
    #[command(after_help = "\
Example, from a credential to a first resource:
  carelake provider add gp-elm-grove
  curl --cacert carelake-home/tls/ca.pem -u CLIENT_ID:SECRET \\
       -d grant_type=client_credentials https://localhost:8443/oauth/token")]
    Add {
        /// Its name, and its id space: a-z, 0-9 and -.
        name: model::SourceId,
        /// A grant, such as `system/*.c` or `system/Observation.cu`; may be given several times.
        #[arg(long = "scope", default_value = "system/*.c", value_name = "SCOPE")]
        scopes: Vec<model::Scope>,
    },
    /// Show the data owners.
    List,
    /// Refuse a data owner from its next request on.
    Disable {
        /// Its name.
        name: model::SourceId,
    },
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
    pub(crate) query: String,
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
  carelake job list                              how far it is, while a service builds it")]
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
Examples:
  carelake view run patient.json Patient.ndjson                    rows as NDJSON on standard output
  carelake view run patient.json bundles/ -o patient.parquet       a folder of Bundles and NDJSON to Parquet
  zcat *.ndjson.gz | carelake view run patient.json - -o rows.csv  standard input to CSV")]
pub(crate) struct ViewRunArgs {
    /// The ViewDefinition, as JSON.
    pub(crate) view: PathBuf,
    /// NDJSON, Bundles and single resources, also .gz and .zst; folders of these; `-` is standard input.
    #[arg(required = true)]
    pub(crate) inputs: Vec<PathBuf>,
    /// Where the rows go: .parquet, .csv, .ndjson or .arrow. A file that is there is replaced.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Threads that make rows; as many as there are cores if it is left out.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MartCommand {
    /// Build one mart, or all.
    Build {
        /// Which; all if it is left out.
        name: Option<String>,
    },
    /// Show the marts and the questions they answer.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Every table with rows, bytes, version and commit sequence.
    List,
    /// One table with its columns.
    Show {
        /// Its name, such as `view.encounter`.
        table: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// The newest jobs.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Recompute the hash chains and signatures; names the first record that does not fit.
    Verify,
    /// The newest records.
    Query {
        /// Only this action, such as `token` or `fhir.create`.
        #[arg(long)]
        action: Option<String>,
        /// Only this actor.
        #[arg(long)]
        actor: Option<String>,
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Restore the root key from recovery shares, read from standard input, one a line.
    Recover,
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
