//! Where an object lies: the folders that are its table's, and those that name its partition.

use regex::Regex;
use std::sync::LazyLock;

/// An object's path, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The folders, with the values of partition keys left open: `gp/{date}`.
    pub(crate) folder: String,
    /// The keys that are left open, in their order.
    pub(crate) keys: Vec<String>,
    /// Their values.
    pub(crate) values: Vec<String>,
    /// The last part.
    pub(crate) file: String,
}

static DAY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\d{4}-\d{2}-\d{2}$").ok());

impl Place {
    /// Takes a path apart. A folder called `key=value` is a partition's, as in Hive; so is one that is called as a day
    /// is (`2026-11-26`), and so are a year, a month and a day that follow each other (`2026/11/26`, or the first two,
    /// or the first).
    pub(crate) fn of(path: &str) -> Self {
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        let (mut folder, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
        // What comes next in a date that has begun.
        let mut next = None;
        for part in folders.split('/').filter(|part| !part.is_empty()) {
            let (key, value) = match (part.split_once('='), next) {
                (Some((key, value)), _) if !key.is_empty() => (Some(key), value),
                (_, Some("month")) if is_number(part, 2, 12) => (Some("month"), part),
                (_, Some("day")) if is_number(part, 2, 31) => (Some("day"), part),
                _ if is_number(part, 4, 2199) && part >= "1900" => (Some("year"), part),
                _ if DAY.as_ref().is_some_and(|day| day.is_match(part)) => (Some("date"), part),
                _ => (None, part),
            };
            next = match key {
                Some("year") => Some("month"),
                Some("month") => Some("day"),
                _ => None,
            };
            match key {
                Some(key) => {
                    folder.push(format!("{{{key}}}"));
                    keys.push(key.to_owned());
                    values.push(value.to_owned());
                }
                None => folder.push(value.to_owned()),
            }
        }
        Self { folder: folder.join("/"), keys, values, file: file.to_owned() }
    }

    /// A folder that is a table itself, taken apart.
    pub(crate) fn of_folder(path: &str) -> Self {
        let Self { folder, keys, values, .. } = Self::of(&format!("{path}/"));
        Self { file: Self::last_folder(&folder).to_owned(), folder, keys, values }
    }

    /// The last folder that is no partition's; empty if there is none.
    pub(crate) fn last_folder(folder: &str) -> &str {
        folder.split('/').rfind(|part| !part.starts_with('{')).unwrap_or_default()
    }
}

fn is_number(part: &str, digits: usize, most: u32) -> bool {
    part.len() == digits
        && part.bytes().all(|byte| byte.is_ascii_digit())
        && part.parse().is_ok_and(|number: u32| (1..=most).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_and_values(path: &str) -> (String, String) {
        let place = Place::of(path);
        (place.folder, place.values.join(" "))
    }

    #[test]
    fn keys_and_dates_name_partitions() {
        for (path, folder, values) in [
            ("a.csv", "", ""),
            ("gp/provider=elm/date=2026-01-02/a.csv", "gp/{provider}/{date}", "elm 2026-01-02"),
            ("gp/2026/11/26/a.csv", "gp/{year}/{month}/{day}", "2026 11 26"),
            ("gp/2026/11/late/a.csv", "gp/{year}/{month}/late", "2026 11"),
            ("gp/2026-11-26/a.csv", "gp/{date}", "2026-11-26"),
            ("gp/11/26/a.csv", "gp/11/26", ""),
            ("gp/2026/13/a.csv", "gp/{year}/13", "2026"),
            ("gp/1999/x/02/a.csv", "gp/{year}/x/02", "1999"),
        ] {
            assert_eq!(folder_and_values(path), (folder.to_owned(), values.to_owned()), "{path}");
        }
        assert_eq!(Place::last_folder("gp/{year}/late/{date}"), "late");
    }
}
