//! What is found of a long list: some rows, and how many there are.

use crate::{ControlError, database::Row};

/// Rows of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// Those that were wanted, in order.
    pub rows: Vec<T>,
    /// How many there are in all.
    pub total: u64,
}

impl<T> Found<T> {
    pub(crate) fn of(
        rows: impl Iterator<Item = Result<T, ControlError>>,
        total: Option<Row>,
    ) -> Result<Self, ControlError> {
        let total = total.map_or(Ok(0), |row| row.count(0))?;
        Ok(Self { rows: rows.collect::<Result<_, _>>()?, total })
    }
}

/// A pattern of SQL's `LIKE` that fits what holds `text`, in lower case; empty if `text` is.
pub(crate) fn like(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut pattern = String::from("%");
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
