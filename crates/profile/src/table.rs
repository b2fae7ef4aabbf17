//! What a table holds, column by column, from its Arrow batches.
//!
//! A [`TableProfiler`] is shown batch after batch; several that saw parts of a table are merged. What it says of a column
//! depends on the column's [`Role`], which the caller knows and which is [`Role::Hidden`] unless said otherwise: no value
//! of a hidden column is kept. Samples are whole rows of the columns that may be shown. Texts are shown only of coded
//! columns, and only those that several rows have.
//!
//! Decimals stay whole numbers of their last place, and are compared and written as such; floats are never involved.

mod distinct;
mod histogram;
mod numbers;
mod sample;
mod top;

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, SchemaRef},
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use distinct::Distinct;
use numbers::{Numbers, Scale};
use sample::Sample;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use top::Top;

/// The most columns that are profiled.
const MOST_COLUMNS: usize = 1000;

/// A value that fewer rows have is not told.
const FEWEST_ROWS: u64 = 5;

/// How many of the most frequent values are told.
const TOLD: usize = 20;

/// What may be told of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Counts only: how many nulls, about how many different values.
    #[default]
    Hidden,
    /// Ranges and histograms too, if it holds numbers or times.
    Measured,
    /// The most frequent values too: they are codes of a list.
    Coded,
}

/// A column, and what may be told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its role.
    pub role: Role,
    /// Whether its values may stand in samples.
    pub in_samples: bool,
}

/// Why a table cannot be profiled. Holds no value.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A batch has other columns than the first.
    #[error("a batch has other columns than the ones before")]
    Columns,
    /// The table has more columns than are profiled.
    #[error("a table of more than {MOST_COLUMNS} columns is not profiled")]
    TooWide,
    /// Arrow cannot read a column's values as what they are.
    #[error("read column `{column}`")]
    Values {
        /// The column.
        column: String,
        /// What Arrow says.
        #[source]
        source: ArrowError,
    },
}

/// Counts what a table holds.
#[derive(Debug)]
pub struct TableProfiler {
    schema: SchemaRef,
    rows: u64,
    columns: Vec<ColumnProfiler>,
    sample: Sample,
    shown: Vec<usize>,
}

#[derive(Debug)]
struct ColumnProfiler {
    role: Role,
    nulls: u64,
    distinct: Distinct,
    numbers: Option<Numbers>,
    top: Option<Top>,
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableProfile {
    /// Rows.
    pub rows: u64,
    /// The columns in their order.
    pub columns: Vec<ColumnProfile>,
    /// Some rows, of the columns that may be shown: a value for each of these, or none where it is null.
    pub samples: Vec<BTreeMap<String, Option<String>>>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its Arrow type.
    pub data_type: String,
    /// Rows in which it is null.
    pub nulls: u64,
    /// About how many different values it has: within 2 % two times of three.
    pub distinct: u64,
    /// The smallest and the largest value, and how the others lie between; of numbers and times that may be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// The most frequent values of a coded column, with how many rows have them at least.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<(String, u64)>,
}

/// Where a column's numbers or times lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The smallest, written exactly.
    pub min: String,
    /// The largest, written exactly.
    pub max: String,
    /// From which value on there are how many up to the next, in order. Classes are equally wide.
    pub histogram: Vec<(String, u64)>,
    /// Values that are no number, or too large for the histogram.
    pub outside: u64,
}

impl TableProfiler {
    /// One for tables of `schema`, of whose columns may be told what `told` says by name. `seed` chooses the samples.
    ///
    /// # Errors
    /// The table is too wide.
    pub fn new(schema: SchemaRef, told: &BTreeMap<String, Told>, seed: u64) -> Result<Self, TableError> {
        if schema.fields().len() > MOST_COLUMNS {
            return Err(TableError::TooWide);
        }
        let of = |name: &str| told.get(name).copied().unwrap_or_default();
        let column = |field: &arrow::datatypes::FieldRef| {
            let role = of(field.name()).role;
            let scale = Scale::of(field.data_type()).filter(|_| role != Role::Hidden);
            ColumnProfiler {
                role,
                nulls: 0,
                distinct: Distinct::default(),
                numbers: scale.map(Numbers::new),
                top: (role == Role::Coded).then(Top::default),
            }
        };
        let columns = schema.fields().iter().map(column).collect();
        let fields = schema.fields().iter().enumerate();
        let shown = fields.filter(|(_, field)| of(field.name()).in_samples).map(|(at, _)| at).collect();
        Ok(Self { schema, rows: 0, columns, sample: Sample::new(seed), shown })
    }

    /// Counts a batch.
    ///
    /// # Errors
    /// It has other columns, or Arrow cannot read them.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), TableError> {
        let same =
            batch.num_columns() == self.columns.len()
                && batch.schema().fields().iter().zip(self.schema.fields()).all(|(theirs, ours)| {
                    theirs.name() == ours.name() && theirs.data_type() == ours.data_type()
                });
        if !same {
            return Err(TableError::Columns);
        }
        for ((column, array), field) in self.columns.iter_mut().zip(batch.columns()).zip(self.schema.fields())
        {
            let failed = |source| TableError::Values { column: field.name().clone(), source };
            column.add(array).map_err(failed)?;
        }
        let from = self.rows;
        self.rows += batch.num_rows() as u64;
        for row in 0..batch.num_rows() {
            let Some(place) = self.sample.place_of(from + row as u64) else { continue };
            let values = self.shown.iter().filter_map(|at| {
                let (field, array) = (self.schema.fields().get(*at)?, batch.columns().get(*at)?);
                Some((field.name().clone(), shown(array, row)))
            });
            self.sample.put(place, values.collect());
        }
        Ok(())
    }

    /// Adds what another has seen of the same table.
    ///
    /// # Errors
    /// It was of other columns.
    pub fn merge(&mut self, other: Self) -> Result<(), TableError> {
        if self.schema.fields() != other.schema.fields() {
            return Err(TableError::Columns);
        }
        self.rows += other.rows;
        for (mine, theirs) in self.columns.iter_mut().zip(other.columns) {
            mine.nulls += theirs.nulls;
            mine.distinct.merge(&theirs.distinct);
            if let (Some(mine), Some(theirs)) = (&mut mine.numbers, theirs.numbers) {
                mine.merge(theirs);
            }
            if let (Some(mine), Some(theirs)) = (&mut mine.top, theirs.top) {
                mine.merge(theirs);
            }
        }
        self.sample.merge(other.sample);
        Ok(())
    }

    /// What the table holds.
    #[must_use]
    pub fn finish(self) -> TableProfile {
        let names = self.schema.fields().iter();
        let columns = self.columns.into_iter().zip(names).map(|(column, field)| ColumnProfile {
            name: field.name().clone(),
            data_type: field.data_type().to_string(),
            nulls: column.nulls,
            distinct: column.distinct.estimate().min(self.rows - column.nulls.min(self.rows)),
            range: column.numbers.and_then(Numbers::range),
            top: column.top.map(|top| top.told(TOLD, FEWEST_ROWS)).unwrap_or_default(),
        });
        TableProfile { rows: self.rows, columns: columns.collect(), samples: self.sample.rows() }
    }
}

impl ColumnProfiler {
    fn add(&mut self, array: &ArrayRef) -> Result<(), ArrowError> {
        self.nulls += array.logical_null_count() as u64;
        if let Some(numbers) = &mut self.numbers {
            numbers.add(array)?;
        }
        if let DataType::Dictionary(_, values) = array.data_type() {
            return self.add_values(&cast(array, values)?);
        }
        self.add_values(array)
    }

    /// Counts different values by their bytes.
    fn add_values(&mut self, array: &ArrayRef) -> Result<(), ArrowError> {
        match array.data_type() {
            DataType::Utf8 => self.add_texts(array.as_string::<i32>().iter()),
            DataType::LargeUtf8 => self.add_texts(array.as_string::<i64>().iter()),
            DataType::Utf8View => self.add_texts(array.as_string_view().iter()),
            DataType::Binary => {
                array.as_binary::<i32>().iter().flatten().for_each(|value| self.distinct.add(value))
            }
            DataType::LargeBinary => {
                array.as_binary::<i64>().iter().flatten().for_each(|value| self.distinct.add(value));
            }
            _ => {
                let options = FormatOptions::default();
                let format = ArrayFormatter::try_new(array, &options)?;
                let nulls = array.logical_nulls();
                let mut text = String::new();
                for row in 0..array.len() {
                    if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                        continue;
                    }
                    text.clear();
                    // What cannot be written, such as a date beyond the calendar, is one value.
                    let _ = format.value(row).write(&mut text);
                    self.add_text(&text);
                }
            }
        }
        Ok(())
    }

    fn add_texts<'a>(&mut self, texts: impl Iterator<Item = Option<&'a str>>) {
        texts.flatten().for_each(|text| self.add_text(text));
    }

    fn add_text(&mut self, text: &str) {
        self.distinct.add(text.as_bytes());
        if let Some(top) = &mut self.top
            && self.role == Role::Coded
        {
            top.add(text);
        }
    }
}

/// A value as a person reads it; none if it is null.
fn shown(array: &ArrayRef, row: usize) -> Option<String> {
    const LONGEST: usize = 100;
    if array.is_null(row) {
        return None;
    }
    let options = FormatOptions::default();
    let text = ArrayFormatter::try_new(array, &options).ok()?.value(row).try_to_string().ok()?;
    Some(text.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests;
