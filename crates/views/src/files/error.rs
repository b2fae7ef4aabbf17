//! What can go wrong with files, and with a resource in one.

use crate::RowError;
use fhir::json::JsonError;
use std::{fmt, io, path::PathBuf};

/// Why a run ended early. Names files, never what is in them.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// An input could not be opened or read.
    #[error("read `{name}`")]
    Read {
        /// Its name.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// An input holds more in one resource than is allowed.
    #[error("read `{name}`: a resource has more than {limit_bytes} bytes")]
    TooLarge {
        /// Its name.
        name: String,
        /// What is allowed.
        limit_bytes: usize,
    },
    /// An output could not be written.
    #[error("write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Rows could not be put into the output's format.
    #[error("encode rows of view `{view}`")]
    Encode {
        /// The view's name.
        view: String,
        /// Why; a fault of this crate.
        source: parquet::errors::ParquetError,
    },
}

/// Where a resource stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The input's name.
    pub input: String,
    /// From 1: its line or, in a Bundle, its entry.
    pub number: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.input, self.number)
    }
}

/// A resource that was passed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not JSON.
    #[error("{place}: {error}")]
    Json {
        /// Where it stands.
        place: Place,
        /// What is wrong; lines are counted within the resource.
        error: JsonError,
    },
    /// A view makes no row of it.
    #[error("{place}: {error}")]
    Row {
        /// Where it stands.
        place: Place,
        /// Why.
        error: RowError,
    },
}

impl Problem {
    pub(super) const fn place_mut(&mut self) -> &mut Place {
        match self {
            Self::Json { place, .. } | Self::Row { place, .. } => place,
        }
    }
}
