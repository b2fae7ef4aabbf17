//! All that a lake holds, as it can be compared with another run on a copy of the same home.

use crate::home::Home;
use serde_json::Value;
use std::collections::BTreeMap;

/// Tables by name, each with its rows in order. Repeated rows count.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rows(BTreeMap<String, Vec<String>>);

impl Rows {
    /// Reads every raw table without times and sequences, every view, the dictionary, and which patients are one person.
    pub(crate) fn of(home: &Home) -> Self {
        let mut tables = BTreeMap::new();
        let names = home.sql(
            "select table_schema as s, table_name as n from catalog.tables where kind in ('raw', 'view') order by 1, 2",
        );
        for name in &names {
            let (schema, name) = (name["s"].as_str().unwrap(), name["n"].as_str().unwrap());
            let columns = if schema == "raw" { "id, version_id, source, patient, resource" } else { "*" };
            let rows = home.sql(&format!("select {columns} from {schema}.{name}"));
            tables.insert(format!("{schema}.{name}"), sorted(rows.iter().map(Value::to_string)));
        }
        if home.number("select count(*) from catalog.tables where table_name = 'person_link'") == 1 {
            tables.insert("person_link".into(), persons(home));
        }
        Self(tables)
    }

    pub(crate) fn total(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Fails at the first table that differs, and says which.
    #[track_caller]
    pub(crate) fn same_as(&self, undisturbed: &Self) {
        assert!(undisturbed.total() > 0, "the undisturbed run made no rows");
        assert!(self.0.keys().eq(undisturbed.0.keys()), "{:?} and {:?}", self.0.keys(), undisturbed.0.keys());
        for (name, rows) in &undisturbed.0 {
            let other = &self.0[name];
            let lost: Vec<_> = rows.iter().filter(|row| !other.contains(row)).take(3).collect();
            let extra: Vec<_> = other.iter().filter(|row| !rows.contains(row)).take(3).collect();
            assert!(
                rows == other,
                "{name}: {} rows, undisturbed {}\nmissing {lost:#?}\nnot expected {extra:#?}",
                other.len(),
                rows.len()
            );
        }
    }
}

/// Persons have random ids, so a person is compared as the set of its patients with their sources.
fn persons(home: &Home) -> Vec<String> {
    let mut persons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let joined = "select l.person as person, l.patient as patient, p.source as source \
                  from person_link l left join raw.patient p on p.id = l.patient";
    for row in home.sql(joined) {
        let patient = format!("{}@{}", row["patient"], row["source"]);
        persons.entry(row["person"].to_string()).or_default().push(patient);
    }
    sorted(persons.into_values().map(|patients| sorted(patients).join(" ")))
}

fn sorted(rows: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort();
    rows
}
