//! What is wrong with a mart's folder, and where.

/// What is wrong with a file of a mart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", place(.file, *.line))]
pub struct MartError {
    /// The file, as a path in the mart's folder.
    pub file: String,
    /// The line, from 1; 0 if it is about the whole file.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl MartError {
    pub(crate) fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into() }
    }
}

fn place(file: &str, line: usize) -> String {
    match line {
        0 => format!("{file}: "),
        _ => format!("{file}:{line}: "),
    }
}
