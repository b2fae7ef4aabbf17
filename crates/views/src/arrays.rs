//! The columns while they grow. Arrow's own builders cannot take a value back, and rows that turn out to be wrong
//! must go again.

mod codes;

use crate::{Column, ColumnType, cell::Cell, plan::item_field};
use arrow::{
    array::{ArrayRef, ArrowPrimitiveType, BooleanArray, ListArray, PrimitiveArray, StringArray},
    buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
    datatypes::{DataType, Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType},
    error::ArrowError,
};
use codes::Codes;
use std::sync::Arc;

/// The values of one column, so far.
#[derive(Debug)]
pub(crate) struct ArrayBuilder {
    data_type: DataType,
    values: Values,
    /// Whether each value is there.
    present: Vec<bool>,
    nulls: usize,
}

#[derive(Debug)]
enum Values {
    Text(Texts),
    Code(Box<Codes>),
    Boolean(Vec<bool>),
    Integer(Vec<i32>),
    BigInteger(Vec<i64>),
    Decimal(Vec<i128>),
    Date(Vec<i32>),
    Timestamp(Vec<i64>),
    List(Box<Lists>),
}

impl ArrayBuilder {
    /// A builder for `column`.
    pub(crate) fn new(column: &Column) -> Self {
        let items = Self::of(column.column_type);
        if !column.collection {
            return items;
        }
        let data_type = DataType::List(item_field(items.data_type.clone()));
        let lists = Lists { items, ends: vec![0] };
        Self { data_type, values: Values::List(Box::new(lists)), present: Vec::new(), nulls: 0 }
    }

    fn of(kind: ColumnType) -> Self {
        let values = match kind {
            ColumnType::Text => Values::Text(Texts::new()),
            ColumnType::Code => Values::Code(Box::default()),
            ColumnType::Boolean => Values::Boolean(Vec::new()),
            ColumnType::Integer => Values::Integer(Vec::new()),
            ColumnType::BigInteger => Values::BigInteger(Vec::new()),
            ColumnType::Decimal { .. } => Values::Decimal(Vec::new()),
            ColumnType::Date => Values::Date(Vec::new()),
            ColumnType::Timestamp => Values::Timestamp(Vec::new()),
        };
        Self { data_type: kind.data_type(), values, present: Vec::new(), nulls: 0 }
    }

    /// How many values it has.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.present.len()
    }

    /// Appends a text, if it holds texts, and says how many bytes it takes.
    #[inline]
    pub(crate) fn append_text(&mut self, text: &[u8]) -> Option<usize> {
        let bytes = match &mut self.values {
            Values::Text(texts) => texts.append(text),
            Values::Code(codes) => codes.append(text),
            _ => return None,
        };
        self.present.push(true);
        Some(bytes)
    }

    /// Appends one value; null, if it is none of the column's type.
    pub(crate) fn append(&mut self, cell: &Cell<'_>) {
        let whole = if let Cell::Whole(value) = cell { Some(*value) } else { None };
        let short = whole.and_then(|value| i32::try_from(value).ok());
        let text = if let Cell::Text(text) = cell { Some(text.as_bytes()) } else { None };
        let present = match &mut self.values {
            Values::Text(texts) => {
                texts.append(text.unwrap_or_default());
                text.is_some()
            }
            Values::Code(codes) => {
                match text {
                    Some(text) => _ = codes.append(text),
                    None => codes.append_null(),
                }
                text.is_some()
            }
            Values::Boolean(values) => push(values, whole.map(|value| value != 0)),
            Values::Integer(values) | Values::Date(values) => push(values, short),
            Values::BigInteger(values) | Values::Timestamp(values) => push(values, whole),
            Values::Decimal(values) => push(values, cell.mantissa()),
            Values::List(lists) => {
                let items = if let Cell::List(items) = cell { Some(items.as_slice()) } else { None };
                lists.append(items.unwrap_or_default());
                items.is_some()
            }
        };
        self.present.push(present);
        self.nulls += usize::from(!present);
    }

    /// Leaves the first `rows` values.
    pub(crate) fn truncate(&mut self, rows: usize) {
        match &mut self.values {
            Values::Text(texts) => texts.truncate(rows),
            Values::Code(codes) => codes.truncate(rows),
            Values::Boolean(values) => values.truncate(rows),
            Values::Integer(values) | Values::Date(values) => values.truncate(rows),
            Values::BigInteger(values) | Values::Timestamp(values) => values.truncate(rows),
            Values::Decimal(values) => values.truncate(rows),
            Values::List(lists) => lists.truncate(rows),
        }
        let gone = self.present.get(rows..).unwrap_or_default();
        self.nulls -= gone.iter().filter(|present| !**present).count();
        self.present.truncate(rows);
    }

    /// Puts the values at `rows` in the place of those from `from` on.
    pub(crate) fn arrange(&mut self, from: usize, rows: &[usize]) {
        match &mut self.values {
            Values::Text(texts) => texts.arrange(from, rows),
            Values::Code(codes) => codes.arrange(from, rows),
            Values::Boolean(values) => arrange(values, from, rows),
            Values::Integer(values) | Values::Date(values) => arrange(values, from, rows),
            Values::BigInteger(values) | Values::Timestamp(values) => arrange(values, from, rows),
            Values::Decimal(values) => arrange(values, from, rows),
            Values::List(lists) => lists.arrange(from, rows),
        }
        let absent = |present: &[bool]| present.iter().filter(|present| !**present).count();
        self.nulls -= absent(self.present.get(from..).unwrap_or_default());
        arrange(&mut self.present, from, rows);
        self.nulls += absent(self.present.get(from..).unwrap_or_default());
    }

    /// The bytes that its values from `from` on take, about.
    pub(crate) fn bytes(&self, from: usize) -> usize {
        let rows = self.len().saturating_sub(from);
        match &self.values {
            Values::Text(texts) => texts.bytes(from),
            Values::Boolean(_) => rows,
            Values::Code(_) | Values::Integer(_) | Values::Date(_) => rows * 4,
            Values::BigInteger(_) | Values::Timestamp(_) => rows * 8,
            Values::Decimal(_) => rows * 16,
            Values::List(lists) => rows * 4 + lists.items.bytes(lists.first(from)),
        }
    }

    /// The values as an array; the builder is empty afterwards.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let present = fresh(&mut self.present);
        let nulls = (std::mem::take(&mut self.nulls) > 0).then(|| NullBuffer::from(present));
        let data_type = &self.data_type;
        Ok(match &mut self.values {
            Values::Text(texts) => Arc::new(texts.finish(nulls)?),
            Values::Code(codes) => Arc::new(codes.finish(nulls)?),
            Values::Boolean(values) => Arc::new(BooleanArray::new(BooleanBuffer::from(fresh(values)), nulls)),
            Values::Integer(values) => numbers::<Int32Type>(values, nulls, data_type)?,
            Values::BigInteger(values) => numbers::<Int64Type>(values, nulls, data_type)?,
            Values::Decimal(values) => numbers::<Decimal128Type>(values, nulls, data_type)?,
            Values::Date(values) => numbers::<Date32Type>(values, nulls, data_type)?,
            Values::Timestamp(values) => numbers::<TimestampMicrosecondType>(values, nulls, data_type)?,
            Values::List(lists) => {
                let field = item_field(lists.items.data_type.clone());
                let ends = std::mem::replace(&mut lists.ends, vec![0]);
                let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
                Arc::new(ListArray::try_new(field, ends, lists.items.finish()?, nulls)?)
            }
        })
    }
}

fn push<T: Default>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let present = value.is_some();
    values.push(value.unwrap_or_default());
    present
}

/// The values, and room for as many in their place: the next batch is likely to be as large.
fn fresh<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(values.len());
    std::mem::replace(values, room)
}

fn numbers<T: ArrowPrimitiveType>(
    values: &mut Vec<T::Native>,
    nulls: Option<NullBuffer>,
    data_type: &DataType,
) -> Result<ArrayRef, ArrowError> {
    let array = PrimitiveArray::<T>::try_new(ScalarBuffer::from(fresh(values)), nulls)?;
    Ok(Arc::new(array.with_data_type(data_type.clone())))
}

fn arrange<T: Copy>(values: &mut Vec<T>, from: usize, rows: &[usize]) {
    let arranged: Vec<T> = rows.iter().filter_map(|row| values.get(*row).copied()).collect();
    values.truncate(from);
    values.extend(arranged);
}

/// Where a text or list ends.
///
/// INVARIANT: a batch holds at most 1 GiB (`rows::BATCH_LIMIT_BYTES`).
fn end(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

fn place(end: Option<&i32>) -> usize {
    end.and_then(|end| usize::try_from(*end).ok()).unwrap_or_default()
}

/// Texts, one behind the other.
#[derive(Debug)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<i32>,
}

impl Texts {
    fn new() -> Self {
        Self { bytes: Vec::new(), ends: vec![0] }
    }

    /// Appends a text and says how many bytes it takes.
    #[inline]
    fn append(&mut self, text: &[u8]) -> usize {
        self.bytes.extend_from_slice(text);
        self.ends.push(end(self.bytes.len()));
        4 + text.len()
    }

    /// The text at a row.
    #[inline]
    fn get(&self, row: usize) -> Option<&[u8]> {
        let (from, to) = (self.ends.get(row)?, self.ends.get(row + 1)?);
        self.bytes.get(place(Some(from))..place(Some(to)))
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows + 1);
        self.bytes.truncate(place(self.ends.last()));
    }

    fn bytes(&self, from: usize) -> usize {
        let rows = self.ends.len().saturating_sub(from + 1);
        self.bytes.len().saturating_sub(place(self.ends.get(from))) + rows * 4
    }

    fn arrange(&mut self, from: usize, rows: &[usize]) {
        let first = place(self.ends.get(from));
        let bytes = self.bytes.get(first..).unwrap_or_default().to_vec();
        let ends = self.ends.get(from..).unwrap_or_default().to_vec();
        self.truncate(from);
        for row in rows.iter().filter_map(|row| row.checked_sub(from)) {
            let text =
                place(ends.get(row)).saturating_sub(first)..place(ends.get(row + 1)).saturating_sub(first);
            self.append(bytes.get(text).unwrap_or_default());
        }
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<StringArray, ArrowError> {
        let ends = fresh(&mut self.ends);
        self.ends.push(0);
        let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
        StringArray::try_new(ends, Buffer::from_vec(fresh(&mut self.bytes)), nulls)
    }
}

/// Lists, their items one behind the other.
#[derive(Debug)]
struct Lists {
    items: ArrayBuilder,
    ends: Vec<i32>,
}

impl Lists {
    fn append(&mut self, items: &[Cell<'_>]) {
        items.iter().for_each(|item| self.items.append(item));
        self.ends.push(end(self.items.len()));
    }

    /// Where the list at `row` begins.
    fn first(&self, row: usize) -> usize {
        place(self.ends.get(row))
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows + 1);
        self.items.truncate(place(self.ends.last()));
    }

    fn arrange(&mut self, from: usize, rows: &[usize]) {
        let first = self.first(from);
        let lists: Vec<_> = rows.iter().map(|row| self.first(*row)..self.first(row + 1)).collect();
        self.ends.truncate(from + 1);
        let mut length = first;
        self.ends.extend(lists.iter().map(|list| {
            length += list.len();
            end(length)
        }));
        let items: Vec<usize> = lists.into_iter().flatten().collect();
        self.items.arrange(first, &items);
    }
}
