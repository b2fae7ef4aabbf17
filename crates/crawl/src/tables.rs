//! Objects come together to tables: those that lie in one folder and hold the same kind of thing.

use crate::{
    Plan, Recognised, columns,
    place::Place,
    plan::{OnChange, OnGone},
    report::{ChangedTable, MOST_PARTITIONS_NAMED, Report},
};
use control::{Column, CrawlChange, CrawledObject, ExternalPartition, ExternalTable, TableName};
use model::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Tables of columns that lie side by side are one if so much of their columns is the same.
const ALIKE: f64 = 0.5;

/// Tables of columns that lie side by side in one folder, at most: what comes after is of the last one.
const MOST_SIDE_BY_SIDE: usize = 1_000;

/// What tells tables of one crawler apart, besides their columns: place, format, label.
type Key = (String, String, String);

/// The tables of a crawler, while it crawls.
pub(crate) struct Tables<'p> {
    crawler: &'p str,
    plan: &'p Plan,
    now: Timestamp,
    all: Vec<Working>,
    of_number: HashMap<i64, usize>,
    of_key: HashMap<Key, Vec<usize>>,
    taken: BTreeSet<String>,
    /// The greatest number of a table.
    greatest: i64,
}

/// A table, and what the crawl has seen of it.
struct Working {
    table: ExternalTable,
    is_new: bool,
    /// The columns of all that was read of it.
    found: Vec<Column>,
    read: u64,
    /// Objects that stand as they stood.
    kept: u64,
    lost: u64,
    bytes: u64,
    /// `None` once an object does not say how many it has.
    rows: Option<u64>,
    parts: BTreeMap<Vec<String>, Part>,
    /// The names of its first objects, without what numbers them, while they are the same.
    stem: Option<String>,
}

/// A partition, and what the crawl has seen of it.
#[derive(Default)]
struct Part {
    objects: u64,
    bytes: u64,
    touched: bool,
}

impl<'p> Tables<'p> {
    /// Begins with the tables that the crawler found before; `taken` are the names in its database that are others'.
    pub(crate) fn new(
        (crawler, plan): (&'p str, &'p Plan),
        known: Vec<ExternalTable>,
        taken: BTreeSet<String>,
        now: Timestamp,
    ) -> Self {
        let mut tables = Self {
            crawler,
            plan,
            now,
            all: Vec::new(),
            of_number: HashMap::new(),
            of_key: HashMap::new(),
            taken,
            greatest: 0,
        };
        for table in known {
            tables.add(table, false);
        }
        tables
    }

    fn add(&mut self, table: ExternalTable, is_new: bool) -> usize {
        let at = self.all.len();
        self.greatest = self.greatest.max(table.number);
        self.of_number.insert(table.number, at);
        let key = (table.place.clone(), table.format.clone(), table.label.clone());
        self.of_key.entry(key).or_default().push(at);
        self.taken.insert(table.table.name.clone());
        self.all.push(Working {
            table,
            is_new,
            found: Vec::new(),
            read: 0,
            kept: 0,
            lost: 0,
            bytes: 0,
            rows: Some(0),
            parts: BTreeMap::new(),
            stem: None,
        });
        at
    }

    /// Counts an object that stands as it stood.
    pub(crate) fn keep(&mut self, object: &CrawledObject) {
        let Some(working) = self.of_number.get(&object.table).and_then(|at| self.all.get_mut(*at)) else {
            return;
        };
        working.kept += 1;
        working.count(
            &object.part,
            u64::try_from(object.bytes).unwrap_or_default(),
            object.rows.map(i64::cast_unsigned),
        );
    }

    /// Notes that an object is there no longer, or is no longer what it was.
    pub(crate) fn lose(&mut self, object: &CrawledObject) {
        let Some(working) = self.of_number.get(&object.table).and_then(|at| self.all.get_mut(*at)) else {
            return;
        };
        working.lost += 1;
        if !object.part.is_empty() {
            working.parts.entry(object.part.clone()).or_default().touched = true;
        }
    }

    /// Counts an object that was read, and says the number of its table. `connection` is where it lies, `place` where
    /// in it.
    pub(crate) fn take(&mut self, connection: &str, place: &Place, is: &Recognised, bytes: u64) -> i64 {
        let key = (format!("{connection}:{}", place.folder), is.format.as_str().to_owned(), is.label.clone());
        let side_by_side = self.of_key.get(&key).map(Vec::as_slice).unwrap_or_default();
        let at = side_by_side.iter().copied().find(|at| {
            let Some(working) = self.all.get(*at) else { return false };
            let theirs = if working.found.is_empty() { &working.table.columns } else { &working.found };
            !is.format.is_tabular() || theirs.is_empty() || columns::alike(theirs, &is.columns) >= ALIKE
        });
        let full = side_by_side.len() >= MOST_SIDE_BY_SIDE;
        let at = at.or(side_by_side.last().copied().filter(|_| full));
        let at = at.unwrap_or_else(|| self.begin(key, place, is));
        let Some(working) = self.all.get_mut(at) else { return 0 };
        working.read += 1;
        if working.found != is.columns {
            working.found = columns::merged(std::mem::take(&mut working.found), &is.columns);
        }
        working.count(&place.values, bytes, is.rows);
        if !place.values.is_empty() {
            working.parts.entry(place.values.clone()).or_default().touched = true;
        }
        let stem = stem(&place.file);
        match &working.stem {
            None => working.stem = Some(stem),
            Some(known) if *known != stem => working.stem = Some(String::new()),
            Some(_) => {}
        }
        working.table.number
    }

    /// Begins a table that was not there before. Its name is given once all is seen.
    fn begin(&mut self, (place, format, label): Key, is_at: &Place, is: &Recognised) -> usize {
        let number = self.greatest + 1;
        let table = ExternalTable {
            table: TableName::new(self.plan.database.clone(), format!("{{{number}}}")),
            crawler: self.crawler.to_owned(),
            number,
            place,
            format,
            label,
            description: String::new(),
            partitioned_by: is_at.keys.clone(),
            columns: is.columns.clone(),
            version: 1,
            objects: 0,
            bytes: 0,
            rows: None,
            first_seen: self.now,
            changed: self.now,
            gone: None,
        };
        self.add(table, true)
    }

    /// Names the new tables: by what they hold, else by what their objects have in common, else by their folder.
    fn name(&mut self) {
        for at in 0..self.all.len() {
            let Some(working) = self.all.get(at).filter(|working| working.is_new) else { continue };
            let table = &working.table;
            let within = table.place.split_once(':').map_or("", |(_, folder)| folder);
            let folder = plain(Place::last_folder(within));
            let stem = working.stem.as_deref().map(plain).unwrap_or_default();
            let label = match table.label.as_str() {
                "mixed" => "resources".to_owned(),
                label => plain(label),
            };
            let first = [label, stem, folder.clone(), table.format.replace('-', "_")];
            let first = first.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            let longer = if folder.is_empty() || first == folder {
                first.clone()
            } else {
                format!("{folder}_{first}")
            };
            let numbered = (2..).map(|number| format!("{longer}_{number}"));
            let mut names = [first, longer.clone()].into_iter().chain(numbered);
            let name = names.find(|name| !self.taken.contains(name)).unwrap_or_default();
            self.taken.insert(name.clone());
            if let Some(working) = self.all.get_mut(at) {
                working.table.table.name = name;
            }
        }
    }

    /// What is different since the last crawl. `before` are the partitions that each table had.
    pub(crate) fn finish(
        mut self,
        mut before: HashMap<i64, Vec<ExternalPartition>>,
        report: &mut Report,
    ) -> CrawlChange {
        self.name();
        let mut change = CrawlChange::default();
        for working in std::mem::take(&mut self.all) {
            let before = before.remove(&working.table.number).unwrap_or_default();
            self.finish_table(working, before, &mut change, report);
        }
        report.tables.new.sort();
        report.tables.gone.sort();
        report.tables.changed.sort_by(|one, other| one.table.cmp(&other.table));
        change
    }

    fn finish_table(
        &self,
        working: Working,
        before: Vec<ExternalPartition>,
        change: &mut CrawlChange,
        report: &mut Report,
    ) {
        let name = working.table.table.clone();
        let objects = working.read + working.kept;
        if working.read == 0 && working.lost == 0 {
            // As it was, or gone as it was.
            return;
        }
        if objects == 0 {
            if working.table.gone.is_none() && self.plan.on_gone != OnGone::Ignore {
                report.tables.gone.push(name.to_string());
            }
            match self.plan.on_gone {
                OnGone::Ignore => return,
                OnGone::Remove => change.removed.push(name),
                OnGone::Mark => {
                    self.finish_parts(&name, &working, before, change, report);
                    let gone = working.table.gone.or(Some(self.now));
                    change.changed.push(ExternalTable {
                        objects: 0,
                        bytes: 0,
                        rows: None,
                        gone,
                        ..working.table
                    });
                }
            }
            return;
        }
        self.finish_parts(&name, &working, before, change, report);
        let rows = working.rows.and_then(|rows| i64::try_from(rows).ok());
        let mut table = ExternalTable {
            objects: i64::try_from(objects).unwrap_or(i64::MAX),
            bytes: i64::try_from(working.bytes).unwrap_or(i64::MAX),
            rows,
            changed: self.now,
            gone: None,
            ..working.table
        };
        if working.is_new {
            table.columns = working.found;
            report.tables.new.push(name.to_string());
            change.new.push(table);
            return;
        }
        // What stands as it stood has the columns that the table had.
        let found = match (working.read, working.kept) {
            (0, _) => table.columns.clone(),
            (_, 0) => working.found,
            _ => columns::merged(table.columns.clone(), &working.found),
        };
        let mut told = difference(&name, &table.columns, &found);
        let columns = match self.plan.on_change {
            OnChange::Update => found,
            OnChange::Record => table.columns.clone(),
            OnChange::AddColumns => {
                let has = |column: &Column| table.columns.iter().any(|other| other.name == column.name);
                let new = found.iter().filter(|column| !has(column)).cloned();
                table.columns.iter().cloned().chain(new).collect()
            }
        };
        told.taken = difference(&name, &table.columns, &columns) == told;
        if columns != table.columns {
            table.columns = columns;
            table.version += 1;
        }
        report.tables.changed.push(told);
        change.changed.push(table);
    }

    fn finish_parts(
        &self,
        name: &TableName,
        working: &Working,
        before: Vec<ExternalPartition>,
        change: &mut CrawlChange,
        report: &mut Report,
    ) {
        let before: BTreeMap<_, _> = before.into_iter().map(|part| (part.values.clone(), part)).collect();
        for (values, part) in working.parts.iter().filter(|(_, part)| part.touched) {
            let was_there = before.get(values).is_some_and(|part| part.gone.is_none());
            let (what, count) = match (part.objects, was_there) {
                (0, false) => continue,
                (0, true) => ("gone", &mut report.partitions.gone),
                (_, false) => ("new", &mut report.partitions.new),
                (_, true) => ("changed", &mut report.partitions.changed),
            };
            if part.objects == 0 && self.plan.on_gone == OnGone::Ignore {
                continue;
            }
            *count += 1;
            if report.partitions.named.len() < MOST_PARTITIONS_NAMED {
                report.partitions.named.push(format!("{what} {name} ({})", values.join(", ")));
            }
            if part.objects == 0 && self.plan.on_gone == OnGone::Remove {
                change.removed_partitions.push((name.clone(), values.clone()));
                continue;
            }
            let partition = ExternalPartition {
                values: values.clone(),
                objects: i64::try_from(part.objects).unwrap_or(i64::MAX),
                bytes: i64::try_from(part.bytes).unwrap_or(i64::MAX),
                changed: self.now,
                gone: (part.objects == 0).then_some(self.now),
            };
            change.partitions.push((name.clone(), partition));
        }
    }
}

impl Working {
    fn count(&mut self, values: &[String], bytes: u64, rows: Option<u64>) {
        self.bytes += bytes;
        self.rows = self.rows.zip(rows).map(|(all, more)| all + more);
        if !values.is_empty() {
            let part = self.parts.entry(values.to_vec()).or_default();
            part.objects += 1;
            part.bytes += bytes;
        }
    }
}

/// What was found of a table's columns, beside what it has.
fn difference(name: &TableName, has: &[Column], found: &[Column]) -> ChangedTable {
    let lacks = |columns: &[Column], name: &str| columns.iter().all(|column| column.name != name);
    let names = |of: &[Column], other: &[Column]| {
        of.iter().filter(|column| lacks(other, &column.name)).map(|column| column.name.clone()).collect()
    };
    let retyped = has.iter().filter_map(|column| {
        let other = found.iter().find(|other| other.name == column.name)?;
        (other.data_type != column.data_type)
            .then(|| format!("{}: {} → {}", column.name, column.data_type, other.data_type))
    });
    ChangedTable {
        table: name.to_string(),
        added: names(found, has),
        removed: names(has, found),
        retyped: retyped.collect(),
        taken: false,
    }
}

/// The name of a file without its endings, and without the numbers, dates and ids that tell it from its neighbours.
fn stem(file: &str) -> String {
    let stem = file.split('.').find(|part| !part.is_empty()).unwrap_or_default();
    let words = stem.split(['-', '_', ' ']).filter(|word| !word.bytes().any(|byte| byte.is_ascii_digit()));
    let stem: Vec<_> = words.filter(|word| !word.is_empty() && *word != "part").collect();
    stem.join("_")
}

/// A name as tables have it: `MedicationRequest` is `medication_request`.
fn plain(name: &str) -> String {
    const LONGEST: usize = 60;
    let mut plain = String::new();
    let mut small = false;
    for c in name.chars() {
        let begins = !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && small;
        if begins && !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
        if c.is_ascii_alphanumeric() && plain.len() < LONGEST {
            plain.push(c.to_ascii_lowercase());
        }
        small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    plain.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert_eq!(plain("MedicationRequest"), "medication_request");
        assert_eq!(plain("CARE SITE (old)"), "care_site_old");
        assert_eq!(plain("../.."), "");
        assert_eq!(stem("condition.000.ndjson"), "condition");
        assert_eq!(stem("part-00000-c24b0b8f.snappy.parquet"), "");
        assert_eq!(stem("visits_2026-11.csv.gz"), "visits");
    }
}
