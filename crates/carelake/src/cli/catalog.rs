//! `carelake catalog`, as it is typed.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Every table with rows, bytes, version and commit sequence.
    List {
        /// Those only that have this tag.
        #[arg(long)]
        tag: Option<String>,
    },
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
    /// Say who answers for a table, what it holds, how near to persons its rows are, how long it is kept.
    Describe(DescribeArgs),
    /// Write down a table that lies outside and that no crawler finds.
    Create(CreateTableArgs),
    /// Take a table out again that was written down.
    #[command(after_help = "\
Example:
  carelake catalog remove estates.wards")]
    Remove {
        /// Its name, such as `estates.wards`.
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
What is said here stands beside what the table says of itself, in the catalogue, the console and what is exported. It is
told and not enforced: who may read a table is a matter of policies, and nothing is deleted for its retention. An empty
text takes back what was said.

Examples:
  carelake catalog describe view.encounter --owner data-team@example.nhs.uk --tag urgent-care --tag core
  carelake catalog describe winter.visits --classification aggregate --retention '8 years (Records Management Code)'
  carelake catalog describe winter.visits --column visits='how many, counted by arrival' --untag core")]
pub(crate) struct DescribeArgs {
    /// Its name, such as `view.encounter`; one that lies outside too.
    pub(crate) table: String,
    /// Who answers for it, such as a team's address.
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// What it holds, in a sentence, in the place of what it says of itself.
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// A word that it is found by.
    #[arg(long = "tag", value_name = "WORD")]
    pub(crate) tags: Vec<String>,
    /// A word that it is to be found by no longer.
    #[arg(long = "untag", value_name = "WORD")]
    pub(crate) untags: Vec<String>,
    /// How near to persons its rows are. `assumed`: as what is the lake's own is, which is pseudonymised.
    #[arg(long, value_enum)]
    pub(crate) classification: Option<Classified>,
    /// How long it is to be kept, and by which rule.
    #[arg(long)]
    pub(crate) retention: Option<String>,
    /// What a column means, in the place of what it says of it itself.
    #[arg(long = "column", value_name = "NAME=MEANING")]
    pub(crate) columns: Vec<String>,
}

/// How near to persons rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Classified {
    /// They name persons.
    Identifiable,
    /// They are of persons, under pseudonyms.
    Pseudonymised,
    /// They are of many persons each, or of nobody.
    Aggregate,
    /// Nobody says.
    Assumed,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The table is described, and not read: it cannot be asked in SQL. Its schema is none of the lake's own.

Example:
  carelake catalog create estates.wards --place 'share:estates/wards.csv' --format csv \\
    --column ward:Utf8:'the ward as the trust calls it' --column beds:Int64 --description 'Wards of the trust'")]
pub(crate) struct CreateTableArgs {
    /// Its name, such as `estates.wards`.
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
