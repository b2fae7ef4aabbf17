//! `carelake catalog`, as it is typed.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Every table with rows, bytes, version and commit sequence.
    List,
    /// One table with its columns.
    Show {
        /// Its name, such as `view.encounter`.
        table: String,
    },
    /// Count what a table holds, column by column: nulls, different values, ranges, codes. No value that few rows have.
    #[command(after_help = "\
Examples:
  carelake catalog profile view.encounter
  carelake --json catalog profile urgent_care.pathways")]
    Profile {
        /// Its name, such as `view.encounter`.
        table: String,
    },
    /// Write down a table that lies outside and that no crawler finds.
    Create(CreateTableArgs),
    /// Take a table out again that was written down.
    #[command(after_help = "\
Example:
  carelake catalog remove reference.wards")]
    Remove {
        /// Its name, such as `reference.wards`.
        table: String,
    },
    /// Tell the catalogue in the words of a standard: descriptions and counts, never a row.
    Export(ExportCatalogArgs),
    /// Make another catalogue equal to this one.
    #[command(subcommand)]
    Sync(SyncCommand),
}

#[derive(Debug, Args)]
#[command(after_help = "\
The table is described, and not read: it cannot be asked in SQL. Its schema is none of the lake's own.

Example:
  carelake catalog create reference.wards --place 'share:reference/wards.csv' --format csv \\
    --column ward:Utf8:'the ward as the trust calls it' --column beds:Int64 --description 'Wards of the trust'")]
pub(crate) struct CreateTableArgs {
    /// Its name, such as `reference.wards`.
    pub(crate) table: String,
    /// Where it lies, in words or as CONNECTION:FOLDER.
    #[arg(long)]
    pub(crate) place: String,
    /// What it is written in, such as `csv`.
    #[arg(long)]
    pub(crate) format: String,
    /// What it holds, in a sentence.
    #[arg(long, default_value = "")]
    pub(crate) description: String,
    /// A column: its name, its type, and what it means.
    #[arg(long = "column", value_name = "NAME:TYPE[:MEANING]", required = true)]
    pub(crate) columns: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Who publishes, whom to ask and the like stand in [catalog.about] of the configuration, what only HDR UK asks for in
[catalog.terms]; what is still wanting is told.

Examples:
  carelake catalog export dcat -o catalogue.jsonld       DCAT-AP 3, with HealthDCAT-AP
  carelake catalog export hdruk                          HDR UK 4.1.0, a dataset a line
  carelake catalog export openlineage --runs 100         an event a line, of the newest runs of jobs")]
pub(crate) struct ExportCatalogArgs {
    /// The standard.
    #[arg(value_enum)]
    pub(crate) standard: ExportedAs,
    /// Where it goes; standard output if it is left out. A file that is there is replaced.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Of OpenLineage: how many runs are told of.
    #[arg(long, default_value_t = 100)]
    pub(crate) runs: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportedAs {
    Dcat,
    Hdruk,
    Openlineage,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SyncCommand {
    /// Register databases, tables and partitions in AWS Glue; only what carries this lake's label is touched.
    Glue(GlueArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Credentials and region come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION. The
endpoint's host stands in [outside] hosts of the configuration, unless it is this machine.

Examples:
  carelake catalog sync glue --dry-run
  carelake catalog sync glue --prefix region_")]
pub(crate) struct GlueArgs {
    /// What is put before the name of every database.
    #[arg(long, default_value = "carelake_")]
    pub(crate) prefix: String,
    /// The endpoint; AWS's own in the region if it is left out.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Only tell what would be changed.
    #[arg(long)]
    pub(crate) dry_run: bool,
}
