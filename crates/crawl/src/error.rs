//! What can go wrong with a crawl.

use control::ControlError;
use thiserror::Error;

/// A crawl failed; what was found before is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CrawlError {
    /// A pattern of paths is none.
    #[error("`{pattern}` is no pattern of paths such as `**/*.csv`: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A classifier cannot be used.
    #[error("the classifier {name}: {reason}")]
    Classifier {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The properties of a connection are not those of its kind.
    #[error("the connection {name}: {reason}")]
    Connection {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A store did not answer, or refused.
    #[error("{action} at the connection {connection}")]
    Store {
        /// What was being done.
        action: &'static str,
        /// The connection.
        connection: String,
        /// Why.
        source: object_store::Error,
    },
    /// A database did not answer, or refused.
    #[error("{action} at the connection {connection}")]
    Database {
        /// What was being done.
        action: &'static str,
        /// The connection.
        connection: String,
        /// Why.
        source: sqlx::Error,
    },
    /// There is more than a crawler looks at.
    #[error(
        "{target} holds more than {most} objects: give each crawler a part of it, with CONNECTION:FOLDER"
    )]
    TooMany {
        /// The target.
        target: String,
        /// How many are looked at.
        most: usize,
    },
    /// The control database failed.
    #[error("{action}")]
    Control {
        /// What was being done.
        action: &'static str,
        /// Why.
        source: ControlError,
    },
    /// A task ended without an answer.
    #[error("an object was not looked at to the end")]
    Task(#[source] tokio::task::JoinError),
}

impl CrawlError {
    pub(crate) const fn control(action: &'static str) -> impl FnOnce(ControlError) -> Self {
        move |source| Self::Control { action, source }
    }
}
