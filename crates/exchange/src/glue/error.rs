//! What can go wrong with Glue.

/// Why Glue could not be asked, or could not be made equal to the catalogue.
///
/// Messages hold names of operations, databases and tables. What a partition's values are is never among them, and
/// no key.
#[derive(Debug, thiserror::Error)]
pub enum GlueError {
    /// A setting is missing, or is not what it should be.
    #[error("read the setting `{name}`: {problem}")]
    Setting {
        /// The name of the environment variable.
        name: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A column has a type that Glue has no word for.
    #[error("register the column `{column}` of `{table}`: Glue has no type for `{data_type}`")]
    NoType {
        /// The table's name, with its database.
        table: String,
        /// The column's name.
        column: String,
        /// The type as Arrow prints it.
        data_type: String,
    },
    /// Two tables of the catalogue would have one name, because Glue writes names in small letters.
    #[error("register the table `{table}`: another has this name already")]
    SameName {
        /// The name that both would have, with its database.
        table: String,
    },
    /// A partition has not one value for each column that its table is partitioned by.
    #[error("register the partitions of `{table}`: one has not as many values as there are keys")]
    PartitionShape {
        /// The table's name, with its database.
        table: String,
    },
    /// The request could not be signed or sent, or no answer came.
    #[error("{operation} `{subject}` in Glue")]
    Unreachable {
        /// The operation of Glue's API.
        operation: &'static str,
        /// What it was about.
        subject: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Glue answered with what is not an answer to the question.
    #[error("{operation} `{subject}` in Glue: the answer cannot be read: {problem}")]
    Answer {
        /// The operation of Glue's API.
        operation: &'static str,
        /// What it was about.
        subject: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Glue refused.
    #[error("{operation} `{subject}` in Glue: refused with {status} {code}{message}")]
    Refused {
        /// The operation of Glue's API.
        operation: &'static str,
        /// What it was about.
        subject: String,
        /// The status of HTTP.
        status: u16,
        /// The name of the error, such as `AccessDeniedException`.
        code: String,
        /// What Glue says of it, after a colon; empty where that could hold a value of a row.
        message: String,
    },
}

impl GlueError {
    /// Whether Glue refused with just this name.
    pub(crate) fn is(&self, name: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == name)
    }
}
