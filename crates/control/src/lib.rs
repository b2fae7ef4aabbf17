//! The control database, and the ledger that is cached from it.
//!
//! This crate owns providers with their credentials and lanes, outside issuers, own policies and assumed roles, people with their groups and sessions, directories that keep people, the registration of segments,
//! the worker lease, publications, the catalogue, registered views and marts, imports, connections and crawlers with what they found, jobs and their runs, alerts, feed and table profiles, legal holds and the mirror of the audit heads. It holds names, counts, keyed hashes and object keys,
//! and nothing of what a resource says. It does not write segments, Delta
//! tables or the audit trail; it makes what others wrote count, or not.

mod access;
mod alert;
mod audit_head;
mod audit_hold;
mod catalog;
mod connection;
mod control;
mod crawler;
mod credential;
mod database;
mod directory;
mod error;
mod found;
mod grants;
mod import;
mod issuer;
mod job;
mod lease;
mod ledger;
mod mart;
mod once;
mod person;
mod profile;
mod provider;
mod publication;
mod run;
mod saved_query;
mod segment;
mod view;

pub use access::{Assumption, NewAssumption, OwnPolicy};
pub use alert::{Acknowledged, Alert, NewAlert, WatchProgress, WatchState, WhichAlerts, WriterAhead};
pub use audit_head::{AuditCheckpoint, AuditHead, CheckpointUse};
pub use audit_hold::{AuditHold, NewAuditHold, Released};
pub use catalog::{
    CatalogTable, Classification, Column, PastVersion, TableKind, TableName, TableNote, TableOrder,
    TableVersion, WhichTables,
};
pub use connection::Connection;
pub use control::Control;
pub use crawler::{CrawlChange, CrawledObject, Crawler, ExternalPartition, ExternalTable, ExternalVersion};
pub use credential::{Credential, Material, NewCredential};
pub use directory::Directory;
pub use error::{ControlError, Holding};
pub use found::Found;
pub use grants::is_database_user;
pub use import::ImportProgress;
pub use issuer::{Issuer, KeySetCopy};
pub use job::{DueJob, Job, JobCount, JobOrder, NewJob, WhichJobs};
pub use lease::{Lease, WorkerLease};
pub use ledger::{Known, Ledger, LedgerError};
pub use mart::{MartRegistration, RegisteredMart};
pub use once::FirstAnswer;
pub use person::{
    Group, KeptGroup, KeptPerson, LONGEST_PERSON_NAME, NewPerson, OpenSession, Person, PersonChange,
    SESSION_IDLE_MS, SESSION_MOST_MS, is_person_name,
};
pub use profile::{Arrived, DayProfile, KeptFinding, NewFinding, WhichFindings};
pub use provider::{NewProvider, Provider, Reach};
pub use publication::{NewPublication, Publication, PublicationKind};
pub use run::{Cause, Claimed, Ending, Queued, Run, RunId, RunLease, RunLine, RunState};
pub use saved_query::SavedQuery;
pub use segment::{LedgerEntry, Registration, Segment};
pub use view::{BuildProgress, NewView, RegisteredView, ViewChange, ViewState};
