//! `carelake audit`, as it is typed.

use clap::{Args, Subcommand, ValueEnum};
use model::{AuditOutcome, Timestamp};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Recompute every hash, signature and checkpoint; names the first record that does not fit.
    Verify(VerifyArgs),
    /// Records by time, who, what and whom, the newest first.
    Query(QueryArgs),
    /// Write records as FHIR R4 AuditEvents, one a line.
    Export(ExportArgs),
    /// Print the newest checkpoint, for somebody else to keep.
    Checkpoint {
        /// Print the trail's public key instead, as verifiers of signed notes take it.
        #[arg(long)]
        key: bool,
    },
    /// Copy the trail to a folder where it can be proved with the public key alone.
    Archive {
        /// Where; what is there already is not copied again.
        folder: PathBuf,
    },
    /// Who sent, saw or received what about one patient.
    Disclosures(DisclosureArgs),
    /// What the rules have found unusual, the newest first.
    Alerts {
        /// Also those that somebody has acknowledged.
        #[arg(long)]
        all: bool,
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Say that an alert has been seen to.
    Acknowledge {
        /// The alert's number.
        alert: i64,
        /// What was found, or done.
        #[arg(long)]
        note: String,
    },
    /// The rules that watch the trail; with a file, prove it by its own cases.
    Rules {
        /// A rule in TOML.
        file: Option<PathBuf>,
    },
    /// Let old records go. Signed marks stay of where the chains were cut, so that what is left is proved as before.
    Retain(RetainArgs),
    /// Legal holds: records that stay, however old they become.
    #[command(subcommand)]
    Hold(HoldCommand),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Objects go as a whole, when all their records are old enough and a checkpoint tells of them; whoever keeps an archive
keeps what it has. For administrators, in a role that they took for a reason.

Examples:
  carelake audit retain --before 2019-01-01 --dry-run    what would go
  carelake audit archive DIR                             keep it outside first
  carelake audit retain --before 2019-01-01")]
pub(crate) struct RetainArgs {
    /// What was recorded before: a date, or an instant such as 2026-11-25T09:30:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) before: Timestamp,
    /// Only say what would go.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HoldCommand {
    /// From now on, let none of these records go.
    Place {
        /// What they are kept for.
        #[arg(long, value_parser = said)]
        reason: String,
        /// Recorded at or after; all by default.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        from: Option<Timestamp>,
        /// Recorded before; all by default.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Option<Timestamp>,
    },
    /// All holds, the open ones first.
    List,
    /// Let the records go again when they are old.
    Release {
        /// The hold's number.
        hold: i64,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  carelake audit verify                                the whole trail of this home
  carelake audit verify --resume                       only what came after the last proof
  carelake audit verify --checkpoint kept.txt          and nothing from before that is missing
  carelake audit verify --archive DIR --key KEY        without the home: offline, by the public key alone")]
pub(crate) struct VerifyArgs {
    /// A checkpoint that was kept elsewhere: proves that nothing from before it is missing. Can be given many times.
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Vec<PathBuf>,
    /// Begin where the last proof ended.
    #[arg(long)]
    pub(crate) resume: bool,
    /// Also check each record against FHIR R4 and the profiles of IHE BALP that it names.
    #[arg(long, conflicts_with = "archive")]
    pub(crate) profiles: bool,
    /// Prove an archive instead of the home's trail.
    #[arg(long, value_name = "DIR", requires = "key", conflicts_with = "resume")]
    pub(crate) archive: Option<PathBuf>,
    /// The public key that the archive is proved with, as `carelake audit checkpoint --key` prints it.
    #[arg(long, value_name = "KEY", requires = "archive")]
    pub(crate) key: Option<String>,
}

/// Which records.
#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// Recorded at or after: a date, or an instant such as 2026-11-25T09:30:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
    /// Recorded before.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) until: Option<Timestamp>,
    /// What was done, such as `token`, or `fhir.*`.
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// Who did it.
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// How it ended.
    #[arg(long, value_enum)]
    pub(crate) outcome: Option<Outcome>,
    /// About this patient, by the lake's pseudonym.
    #[arg(long, value_name = "PSEUDONYM")]
    pub(crate) patient: Option<String>,
    /// About this person: any of the patients that are linked to it. For the custodian.
    #[arg(long, value_name = "PERSON", conflicts_with = "patient")]
    pub(crate) person: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  carelake audit query --from 2026-11-25 --outcome refused
  carelake audit query --action 'fhir.*' --actor gp-elm-grove --limit 20
  carelake --json audit query --action sql | jq -r '.detail.statement'")]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    /// How many.
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    /// Where to; standard output by default.
    #[arg(short, long, value_name = "FILE.ndjson")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DisclosureArgs {
    /// The patient, by the lake's pseudonym.
    #[arg(long, value_name = "PSEUDONYM", required_unless_present = "person")]
    pub(crate) patient: Option<String>,
    /// The person: all patients that are linked to it.
    #[arg(long, value_name = "PERSON", conflicts_with = "patient")]
    pub(crate) person: Option<String>,
    /// Since when.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Outcome {
    Success,
    Refused,
    Failed,
}

impl From<Outcome> for AuditOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Refused => Self::Refused,
            Outcome::Failed => Self::Failed,
        }
    }
}

/// Something was said.
fn said(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say what the records are kept for".to_owned()),
        reason => Ok(reason.to_owned()),
    }
}

/// A date is its first moment, in UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::typed(text).ok_or_else(|| {
        "a time is a date such as 2026-11-25, or an instant such as 2026-11-25T09:30:00Z".to_owned()
    })
}
