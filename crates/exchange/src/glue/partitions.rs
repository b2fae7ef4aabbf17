//! A table's partitions in Glue: how values are written, and what has to change.

use super::{Changes, Client, GlueError, api::Partition, sync::is_kept};
use std::{collections::BTreeMap, fmt::Write as _};

/// What Hive writes for null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";
/// What Hive escapes in the name of a folder, besides control characters (`FileUtils.escapePathName`).
const ESCAPED: &str = "\"#%'*/:=?\\{[]^";

/// A value as Glue keeps it.
pub(super) fn glue_value(value: Option<&str>) -> String {
    value.filter(|value| !value.is_empty()).unwrap_or(NULL).to_owned()
}

/// A value as Hive and Delta write it in the name of a folder.
pub(super) fn escaped(value: &str) -> String {
    let mut text = String::new();
    for letter in value.chars() {
        if letter.is_ascii_control() || ESCAPED.contains(letter) {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{:02X}", u32::from(letter));
        } else {
            text.push(letter);
        }
    }
    text
}

/// What has to be done to a table's partitions.
#[derive(Default)]
struct Difference {
    created: Vec<Partition>,
    updated: Vec<Partition>,
    removed: Vec<Vec<String>>,
    unchanged: usize,
}

/// Makes the partitions of one table of ours those that are `planned`. `new` says that it has none yet.
pub(super) async fn sync_partitions(
    client: &Client,
    place: (&str, &str),
    planned: Vec<Partition>,
    new: bool,
    dry_run: bool,
) -> Result<Changes, GlueError> {
    let (database, table) = place;
    let found = if new { Vec::new() } else { client.partitions(database, table).await? };
    let difference = differences(planned, found);
    if !dry_run {
        client.delete_partitions(database, table, &difference.removed).await?;
        client.create_partitions(database, table, &difference.created).await?;
        client.update_partitions(database, table, &difference.updated).await?;
    }
    Ok(Changes {
        created: difference.created.len(),
        updated: difference.updated.len(),
        removed: difference.removed.len(),
        unchanged: difference.unchanged,
    })
}

fn differences(planned: Vec<Partition>, found: Vec<Partition>) -> Difference {
    let mut found: BTreeMap<Vec<String>, Partition> =
        found.into_iter().map(|partition| (partition.values.clone(), partition)).collect();
    let mut difference = Difference::default();
    for partition in planned {
        match found.remove(&partition.values) {
            None => difference.created.push(partition),
            Some(found) if is_same(&partition, &found) => difference.unchanged += 1,
            Some(_) => difference.updated.push(partition),
        }
    }
    difference.removed = found.into_keys().collect();
    difference
}

/// Columns are left out of the comparison: they were not asked for.
fn is_same(planned: &Partition, found: &Partition) -> bool {
    planned.storage_descriptor.location == found.storage_descriptor.location
        && planned.storage_descriptor.serde_info == found.storage_descriptor.serde_info
        && is_kept(&planned.parameters, &found.parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_hive_writes_them() {
        assert_eq!(glue_value(None), NULL);
        assert_eq!(glue_value(Some("")), NULL);
        assert_eq!(escaped("a/b=c\nd é"), "a%2Fb%3Dc%0Ad é");
    }

    #[test]
    fn only_what_differs_is_touched() {
        let partition = |value: &str, rows: &str| Partition {
            values: vec![value.to_owned()],
            parameters: [("recordCount".to_owned(), rows.to_owned())].into(),
            ..Partition::default()
        };
        let planned = vec![partition("a", "1"), partition("b", "2"), partition("c", "3")];
        let found = vec![partition("b", "2"), partition("c", "4"), partition("d", "5")];
        let difference = differences(planned, found);
        assert_eq!(difference.created, [partition("a", "1")]);
        assert_eq!(difference.updated, [partition("c", "3")]);
        assert_eq!(difference.removed, [vec!["d".to_owned()]]);
        assert_eq!(difference.unchanged, 1);
    }
}
