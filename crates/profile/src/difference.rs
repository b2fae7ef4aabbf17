//! What is different between two lists of columns, as a list and as lines to read.

use std::{collections::BTreeMap, fmt};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as the catalogue writes it.
    pub data_type: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it says; may be empty.
    pub description: String,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A column that was not there.
    Added(Column),
    /// A column that is not there any more.
    Removed(Column),
    /// A column that seems to have another name: its type and description are the same, or its type and place are.
    Renamed {
        /// The name before.
        from: String,
        /// The column now.
        to: Column,
    },
    /// Another type.
    Retyped {
        /// The column.
        name: String,
        /// Its type before.
        from: String,
        /// Its type now.
        to: String,
    },
    /// It could not be null, and now can.
    Loosened(String),
    /// It could be null, and now cannot.
    Tightened(String),
    /// It is described in other words.
    Described {
        /// The column.
        name: String,
        /// The words before.
        from: String,
        /// The words now.
        to: String,
    },
}

impl Change {
    /// Whether a query that worked before may not work now, or give something else.
    #[must_use]
    pub const fn may_break(&self) -> bool {
        match self {
            Self::Removed(_) | Self::Renamed { .. } | Self::Retyped { .. } | Self::Loosened(_) => true,
            Self::Added(_) | Self::Tightened(_) | Self::Described { .. } => false,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(column) => write!(f, "+ {column}"),
            Self::Removed(column) => write!(f, "- {column}"),
            Self::Renamed { from, to } => write!(f, "~ {from} seems to be {to} now"),
            Self::Retyped { name, from, to } => write!(f, "~ {name}: {from} is {to} now"),
            Self::Loosened(name) => write!(f, "~ {name}: may be null now"),
            Self::Tightened(name) => write!(f, "~ {name}: is never null now"),
            Self::Described { name, from, to } => write!(f, "~ {name}: “{from}” is “{to}” now"),
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let null = if self.nullable { "" } else { ", never null" };
        write!(f, "{}: {}{null}", self.name, self.data_type)
    }
}

/// What is different in `now` from `before`: first what is gone or has another name, then changes of columns, then
/// what is added, each in the order of the columns. That columns have moved is no difference.
#[must_use]
pub fn compare(before: &[Column], now: &[Column]) -> Vec<Change> {
    let old: BTreeMap<&str, &Column> = before.iter().map(|column| (column.name.as_str(), column)).collect();
    let new: BTreeMap<&str, &Column> = now.iter().map(|column| (column.name.as_str(), column)).collect();
    let mut added: Vec<(usize, &Column)> =
        now.iter().enumerate().filter(|(_, column)| !old.contains_key(column.name.as_str())).collect();
    let mut changes = Vec::new();
    let gone = before.iter().enumerate().filter(|(_, column)| !new.contains_key(column.name.as_str()));
    let gone: Vec<(usize, &Column)> = gone.collect();
    for (place, column) in &gone {
        match likeness(*place, column, &gone, &added) {
            Some(at) => {
                let to = added.remove(at).1.clone();
                changes.push(Change::Renamed { from: column.name.clone(), to });
            }
            None => changes.push(Change::Removed((*column).clone())),
        }
    }
    for column in now {
        if let Some(old) = old.get(column.name.as_str()) {
            changes.extend(changes_of(old, column));
        }
    }
    changes.extend(added.into_iter().map(|(_, column)| Change::Added(column.clone())));
    changes
}

/// The only added column that a column which is gone may have become.
fn likeness(
    place: usize,
    gone: &Column,
    all: &[(usize, &Column)],
    added: &[(usize, &Column)],
) -> Option<usize> {
    let same_words = |other: &Column| {
        !gone.description.is_empty()
            && other.description == gone.description
            && other.data_type == gone.data_type
    };
    let same_place = |at: usize, other: &Column| {
        at == place && other.data_type == gone.data_type && other.nullable == gone.nullable
    };
    let only = |fits: &dyn Fn(&(usize, &Column)) -> bool| {
        let mut found = added.iter().enumerate().filter(|(_, added)| fits(added));
        let first = found.next().map(|(at, _)| at);
        if found.next().is_some() { None } else { first }
    };
    let twins = all.iter().filter(|(_, other)| same_words(other)).count();
    only(&|(_, other)| twins == 1 && same_words(other))
        .or_else(|| only(&|(at, other)| same_place(*at, other)))
}

fn changes_of(old: &Column, new: &Column) -> Vec<Change> {
    let mut changes = Vec::new();
    let name = || new.name.clone();
    if old.data_type != new.data_type {
        changes.push(Change::Retyped {
            name: name(),
            from: old.data_type.clone(),
            to: new.data_type.clone(),
        });
    }
    match (old.nullable, new.nullable) {
        (false, true) => changes.push(Change::Loosened(name())),
        (true, false) => changes.push(Change::Tightened(name())),
        _ => {}
    }
    if old.description != new.description {
        let (from, to) = (old.description.clone(), new.description.clone());
        changes.push(Change::Described { name: name(), from, to });
    }
    changes
}

/// The differences as lines: `+` is added, `-` removed, `~` changed. Empty if there are none.
#[must_use]
pub fn lines(changes: &[Change]) -> String {
    changes.iter().map(|change| format!("{change}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// `name type[!] [words]`: `!` is never null.
    fn columns(text: &str) -> Vec<Column> {
        let column = |line: &str| {
            let mut parts = line.trim().splitn(3, ' ');
            let (name, data_type) = (parts.next()?, parts.next()?);
            Some(Column {
                name: name.to_owned(),
                data_type: data_type.trim_end_matches('!').to_owned(),
                nullable: !data_type.ends_with('!'),
                description: parts.next().unwrap_or_default().to_owned(),
            })
        };
        text.split(';').filter_map(column).collect()
    }

    #[track_caller]
    fn check(before: &str, now: &str, expected: Expect) {
        expected.assert_eq(&lines(&compare(&columns(before), &columns(now))));
    }

    #[test]
    fn nothing_is_told_where_nothing_differs() {
        check("a Int64; b Utf8!", "b Utf8!; a Int64", expect![""]);
    }

    #[test]
    fn every_difference_is_told_once() {
        check(
            "id Utf8!; code Utf8! the code; value Float64; old Date32; note Utf8",
            "id Utf8!; kind Utf8! the code; value Decimal128(38,9); old Date32!; note Utf8 what; unit Utf8",
            expect![[r"
                ~ code seems to be kind: Utf8, never null now
                ~ value: Float64 is Decimal128(38,9) now
                ~ old: is never null now
                ~ note: “” is “what” now
                + unit: Utf8
            "]],
        );
        check(
            "a Int64!; b Utf8",
            "a Int64",
            expect![[r"
            - b: Utf8
            ~ a: may be null now
        "]],
        );
    }

    #[test]
    fn what_could_be_either_is_no_rename() {
        check(
            "a Utf8 same; b Utf8 same",
            "x Int64; y Int64; c Utf8 same",
            expect![[r"
            - a: Utf8
            - b: Utf8
            + x: Int64
            + y: Int64
            + c: Utf8
        "]],
        );
    }

    #[test]
    fn what_may_break_a_query_is_known() {
        let changes = compare(&columns("a Int64!; b Utf8; c Utf8"), &columns("a Int64; c Int64; d Date32"));
        let breaking: Vec<bool> = changes.iter().map(Change::may_break).collect();
        assert_eq!(breaking, [true, true, true, false], "{changes:?}");
    }
}
