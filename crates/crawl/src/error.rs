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
    /// Objects could not be listed or read. Which is not told: files of exports are called after people.
    #[error("{action} at the connection {connection}: {why}")]
    Object {
        /// What was being done.
        action: &'static str,
        /// The connection.
        connection: String,
        /// Why, in words that name no object.
        why: &'static str,
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
    /// What `error` says of an object, without its name.
    pub(crate) fn object(action: &'static str, connection: &str, error: &object_store::Error) -> Self {
        use object_store::Error as Store;
        let why = match error {
            Store::NotFound { .. } => "it is not there",
            Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => "the store refuses it",
            Store::Precondition { .. } | Store::NotModified { .. } => "it was changed while it was read",
            _ => "the store failed or refused; `carelake connection test` tells more",
        };
        Self::Object { action, connection: connection.to_owned(), why }
    }

    pub(crate) const fn control(action: &'static str) -> impl FnOnce(ControlError) -> Self {
        move |source| Self::Control { action, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    #[test]
    fn an_object_that_cannot_be_read_is_not_named() {
        let source = || "archer_ada_9990001112.csv: permission denied".into();
        let path = || "archer_ada_9990001112.csv".to_owned();
        for error in [
            object_store::Error::Generic { store: "LocalFileSystem", source: source() },
            object_store::Error::NotFound { path: path(), source: source() },
            object_store::Error::PermissionDenied { path: path(), source: source() },
        ] {
            let error = CrawlError::object("read an object", "share", &error);
            let told = format!("{error} {:?}", error.source());
            assert!(told.contains("share") && !told.contains("archer"), "{told}");
        }
    }
}
