//! `carelake connection` and `carelake crawler`, as they are typed.

use clap::{Args, Subcommand, ValueEnum};
use crawl::{OnChange, OnGone, Target};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectionCommand {
    /// Add a connection: to a folder, a bucket, or a database.
    Add(AddConnectionArgs),
    /// Show the connections, without what is secret of them.
    List,
    /// Open a connection, and say whether it answers.
    Test {
        /// Its name.
        name: String,
    },
    /// Remove a connection that no crawler uses.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
What is secret is read from standard input, one line: the secret access key of a bucket, the URL of a database. It is kept
sealed. Hosts other than this machine stand in [outside] hosts of the configuration. Give it a right to list and to read, and
no other.

Examples:
  carelake connection add share --folder /srv/exports
  pass show s3/exports | carelake connection add exports --s3 gp-exports --region eu-west-2 --access-key-id AKIA…
  echo \"$PAS_URL\" | carelake connection add pas --postgresql")]
#[command(group = clap::ArgGroup::new("leads to").required(true).args(["folder", "s3", "postgresql"]))]
pub(crate) struct AddConnectionArgs {
    /// Its name: small letters, digits, `-` and `_`.
    pub(crate) name: String,
    /// A folder of this machine.
    #[arg(long, value_name = "PATH")]
    pub(crate) folder: Option<PathBuf>,
    /// A bucket of S3, or of what speaks as S3 does.
    #[arg(long, value_name = "BUCKET")]
    pub(crate) s3: Option<String>,
    /// A database of PostgreSQL, whose URL is read from standard input.
    #[arg(long)]
    pub(crate) postgresql: bool,
    /// The bucket's region.
    #[arg(long, requires = "s3", default_value = "us-east-1")]
    pub(crate) region: String,
    /// The bucket's endpoint; AWS's own if it is left out.
    #[arg(long, requires = "s3", value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// The access key's id; without it, requests are not signed.
    #[arg(long, requires = "s3", value_name = "ID")]
    pub(crate) access_key_id: Option<String>,
    /// Put it in the place of one of its name.
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CrawlerCommand {
    /// Add a crawler, and the job that runs it.
    Add(AddCrawlerArgs),
    /// Show the crawlers, when they run, and what came of it.
    List,
    /// Show one: what it crawls, its tables, what has changed since the last time.
    Show {
        /// Its name.
        name: String,
    },
    /// Crawl now, and wait.
    #[command(after_help = "\
A running `carelake serve` does the work; without one, this command does it itself. Only what is new or has changed since the
last time is read.

Examples:
  carelake crawler run exports
  carelake --json crawler run exports | jq .tables.new")]
    Run {
        /// Its name.
        name: String,
    },
    /// Remove a crawler, its job and the tables that it found; what lies outside stays.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Names that begin with a dot or an underline are passed over, and folders called key=value, 2026-11-26 or 2026/11/26 become
partitions. Tables are described, and cannot be asked in SQL. Classifiers are TOML files in HOME/classifiers; docs/crawlers.md
tells more.

Examples:
  carelake crawler add exports --target share:gp --database gp_exports
  carelake crawler add lab --target bucket:lab --target share:lab --database lab --include '**/*.hl7' \\
    --schedule '0 5 * * *' --zone Europe/London --on-gone remove")]
pub(crate) struct AddCrawlerArgs {
    /// Its name: small letters, digits, `-` and `_`.
    pub(crate) name: String,
    /// A connection, and a folder of the store or a schema of the database; several, if it is said again.
    #[arg(long = "target", value_name = "CONNECTION[:FOLDER]", required = true)]
    pub(crate) targets: Vec<Target>,
    /// The schema of the tables that it finds; none of the lake's own.
    #[arg(long)]
    pub(crate) database: String,
    /// Look only at paths that fit, such as `**/*.csv`; several, if it is said again.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include: Vec<String>,
    /// Pass over paths that fit; several, if it is said again.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Try a classifier of HOME/classifiers first, by its file's name without `.toml`; several, in their order.
    #[arg(long = "classifier", value_name = "NAME")]
    pub(crate) classifiers: Vec<String>,
    /// What becomes of a table whose columns are others than before.
    #[arg(long, value_enum, default_value_t = Changed::Update)]
    pub(crate) on_change: Changed,
    /// What becomes of tables and partitions of which nothing is there any longer.
    #[arg(long, value_enum, default_value_t = Gone::Mark)]
    pub(crate) on_gone: Gone,
    /// When it runs, in five fields of cron; by command only if it is left out.
    #[arg(long, value_name = "CRON")]
    pub(crate) schedule: Option<String>,
    /// The schedule's time zone.
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    pub(crate) zone: String,
    /// Put it in the place of one of its name; its tables stay, and are crawled anew.
    #[arg(long)]
    pub(crate) replace: bool,
}

/// [`OnChange`], as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Changed {
    /// The table has the columns that were found.
    Update,
    /// It gets the columns that are new.
    AddColumns,
    /// It stays; the difference is told.
    Record,
}

/// [`OnGone`], as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Gone {
    /// They are marked as gone.
    Mark,
    /// They are taken out of the catalogue.
    Remove,
    /// They stay as they are.
    Ignore,
}

impl From<Changed> for OnChange {
    fn from(changed: Changed) -> Self {
        match changed {
            Changed::Update => Self::Update,
            Changed::AddColumns => Self::AddColumns,
            Changed::Record => Self::Record,
        }
    }
}

impl From<Gone> for OnGone {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Mark => Self::Mark,
            Gone::Remove => Self::Remove,
            Gone::Ignore => Self::Ignore,
        }
    }
}
