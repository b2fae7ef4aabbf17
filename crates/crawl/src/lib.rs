//! What lies in stores outside the lake: listed, recognised, described, and told apart from what lay there before.
//!
//! A crawler reads the first bytes of what is new or has changed, finds out what it is, and brings what lies together
//! and holds the same to tables. It keeps names of columns, types and counts, and never a value.

mod classifier;
mod columns;
mod crawl;
mod database;
mod error;
mod format;
mod listing;
mod place;
mod plan;
mod recognise;
mod report;
mod sample;
mod source;
mod tables;

pub use classifier::Classifier;
pub use crawl::{Crawl, Hash};
pub use error::CrawlError;
pub use format::Format;
pub use listing::check_patterns;
pub use plan::{OnChange, OnGone, Plan, Target};
pub use recognise::{Recognised, Verdict, recognise};
pub use report::{ChangedTable, Objects, Partitions, Report, Tables};
pub use sample::Sample;
pub use source::{Properties, Source};
