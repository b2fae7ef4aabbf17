//! `carelake feed`, as it is typed.

use clap::Subcommand;
use model::SourceId;

#[derive(Debug, Subcommand)]
pub(crate) enum FeedCommand {
    /// Every source: its last day, and what is open.
    List,
    /// What a source sent on a day, in counts: types, elements, code systems, units, profiles, delays.
    #[command(after_help = "\
Examples:
  carelake feed show gp-elm-grove
  carelake feed show gp-elm-grove --day 2026-11-25")]
    Show {
        /// The source.
        source: SourceId,
        /// The day (UTC); the newest if it is left out.
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<chrono::NaiveDate>,
    },
    /// Hold a day against the 28 days before it, and against contracts. A running service does so after each midnight.
    #[command(after_help = "\
Contracts are TOML files in HOME/contracts, one for all sources or for one; they say how feeds must be, and which changes
stop marts from being published.

Examples:
  carelake feed judge
  carelake feed judge --day 2026-11-24")]
    Judge {
        /// The day (UTC); yesterday if it is left out.
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<chrono::NaiveDate>,
    },
    /// What has changed in feeds, and nobody has seen to yet.
    Findings {
        /// Of one source.
        #[arg(long)]
        source: Option<SourceId>,
        /// Those too that somebody has seen to.
        #[arg(long)]
        all: bool,
    },
    /// Note that somebody has seen to a finding: it stops nothing any more.
    #[command(after_help = "\
Example:
  carelake feed acknowledge 7 --note 'new analyser in the laboratory, agreed'")]
    Acknowledge {
        /// The finding's number.
        finding: i64,
        /// What was found out.
        #[arg(long)]
        note: String,
    },
}
