//! The marts of every lake.

use crate::{Mart, MartError};
use std::sync::LazyLock;

macro_rules! file {
    ($mart:literal, $file:literal) => {
        ($file, include_str!(concat!("../builtin/", $mart, "/", $file)))
    };
}

/// Name and files of each.
const FOLDERS: &[(&str, &[(&str, &str)])] = &[
    ("urgent_care", &[file!("urgent_care", "mart.toml"), file!("urgent_care", "pathways.sql")]),
    (
        "long_term_conditions",
        &[file!("long_term_conditions", "mart.toml"), file!("long_term_conditions", "persons.sql")],
    ),
];

static BUILTIN: LazyLock<Result<Vec<Mart>, MartError>> =
    LazyLock::new(|| FOLDERS.iter().map(|(name, files)| Mart::read(name, files.iter().copied())).collect());

/// The marts that come with the lake.
///
/// # Errors
/// One of them is not understood; a test sees to it that none is.
pub fn builtin() -> Result<&'static [Mart], MartError> {
    BUILTIN.as_deref().map_err(Clone::clone)
}
