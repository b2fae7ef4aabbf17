//! The pages, one file each. A page is a plain struct; its fields are all that it shows.

mod alerts;
mod audit;
mod catalogue;
mod confirm;
mod failure;
mod job;
mod job_graph;
mod jobs;
mod overview;
mod provider;
mod providers;
mod run;
mod run_row;
mod runs;
mod sign_in;
mod sql;
mod table;

pub use alerts::{AlertList, AlertPage, AlertRow};
pub use audit::{AuditPage, AuditSearch, RecordPage, RecordRow};
pub use catalogue::{Catalogue, CatalogueFilter, TableRow};
pub use confirm::Confirm;
pub use failure::Failure;
pub use job::{JobPage, JobPowers, Model};
pub use job_graph::JobGraph;
pub use jobs::{JobFilter, JobList, JobRow};
pub use overview::{Arrivals, Overview};
pub use provider::{Credential, Finding, ProviderPage};
pub use providers::{ProviderList, ProviderRow};
pub use run::{LogLine, RunPage, RunPowers, TableUse};
pub use run_row::{Cause, RunRow, RunState};
pub use runs::{RunFilter, RunList};
pub use sign_in::{SecondFactor, SignIn};
pub use sql::{Answer, Chart, ResultColumn, SqlPage};
pub use table::{ColumnRow, TablePage};
