//! `carelake policy`, `role` and `access`: who may do what, and which policy says so.

use clap::{Args, Subcommand};
use model::SourceId;
use policy::{Action, Purpose, Role};
use std::path::PathBuf;

/// Policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show every policy that counts, the built-in ones and the lake's own.
    List,
    /// Show one policy, with its text.
    Show {
        /// Its name, such as `analyst-queries`.
        id: String,
    },
    /// Keep a policy of the lake's own, in place of the one of that name.
    #[command(after_help = "\
A policy is Cedar. It may permit more or forbid more; a forbid wins. Example, in night.cedar:
  @id(\"no-updates-from-lab\")
  @because(\"The laboratory sends new results only.\")
  forbid (principal == Provider::\"lab\", action == Action::\"fhir.update\", resource);

  carelake policy check night.cedar
  carelake policy set night night.cedar")]
    Set {
        /// What to call it: a-z, 0-9 and -.
        name: SourceId,
        /// The file it stands in.
        file: PathBuf,
    },
    /// Keep a policy of the lake's own no longer.
    Remove {
        /// What it was called when it was set.
        name: String,
    },
    /// Say what is wrong with policies in files, without keeping them.
    Check {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// May this one do that to this, and which policy says so?
    #[command(after_help = "\
Examples:
  carelake policy explain sql.query table:raw.patient                    the operator, as things stand
  carelake policy explain sql.query table:view.encounter --role analyst --purpose quality
  carelake policy explain fhir.create type:Observation --provider lab")]
    Explain(ExplainArgs),
}

/// A question to the policies.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Such as sql.query, fhir.create or audit.query.
    pub(crate) action: Action,
    /// Such as lake, audit, table:view.encounter, schema:raw, type:Observation, provider:NAME, role:analyst.
    pub(crate) resource: String,
    /// Ask for this provider, with the grants that it has.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["role", "purpose"])]
    pub(crate) provider: Option<SourceId>,
    /// Ask for the operator in this role.
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<Role>,
    /// Ask for this purpose.
    #[arg(long, value_name = "PURPOSE", requires = "role")]
    pub(crate) purpose: Option<Purpose>,
}

/// Roles.
#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// Act in a role from now on, for a reason and a time. On a home for real data nothing goes without one.
    #[command(after_help = "\
Example:
  carelake role assume analyst --why 'winter plan, request 114' --purpose service-planning --hours 4")]
    Assume {
        /// analyst, engineer, custodian, auditor or administrator.
        role: Role,
        /// Why. It stands in the audit trail.
        #[arg(long, value_name = "TEXT")]
        why: String,
        /// What for: direct-care, service-planning, population-health, quality, research, operations or
        /// subject-access.
        #[arg(long, value_name = "PURPOSE")]
        purpose: Option<Purpose>,
        /// For how long.
        #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=8))]
        hours: u32,
    },
    /// Act in no role any more.
    Drop,
    /// Show which roles were assumed, by whom, why, and until when.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
}

/// Reports.
#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// Show every way by which anybody may read these tables.
    #[command(after_help = "\
Examples:
  carelake access who-can view.encounter raw.patient person_link
  carelake access who-can                              every table of the catalogue")]
    WhoCan {
        /// Tables; every one of the catalogue if there is none.
        #[arg(value_name = "TABLE")]
        tables: Vec<String>,
    },
    /// Show every way by which anybody may do anything: tables, schemas, keys, jobs, sources, the trail.
    Report,
    /// Show ways that nobody has used, as far as the audit trail goes back.
    Unused {
        /// Ways that were not used for so long.
        #[arg(long, default_value_t = 90, value_name = "N")]
        days: u32,
    },
    /// Sign off the report as it stands: its fingerprint, your note and the time go into the audit trail.
    Review {
        /// What was found.
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
}
