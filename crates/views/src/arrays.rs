//! Arrow builders, one a column.

use crate::{Column, ColumnType, cell::Cell, column::UTC, plan::item_field};
use arrow::{
    array::{
        ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int32Builder, Int64Builder, ListArray,
        NullBufferBuilder, StringArray, TimestampMicrosecondBuilder,
    },
    buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
    error::ArrowError,
};
use std::sync::Arc;

/// The values of one column, so far.
#[derive(Debug)]
pub(crate) enum ArrayBuilder {
    Text(TextColumn),
    Boolean(BooleanBuilder),
    Integer(Int32Builder),
    BigInteger(Int64Builder),
    Decimal(Decimal128Builder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    List { kind: ColumnType, lengths: Vec<Option<usize>>, items: Box<Self> },
}

impl ArrayBuilder {
    /// A builder for `column`.
    pub(crate) fn new(column: &Column) -> Self {
        let kind = column.column_type;
        let items = Self::of(kind);
        if column.collection {
            Self::List { kind, lengths: Vec::new(), items: Box::new(items) }
        } else {
            items
        }
    }

    fn of(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Text => Self::Text(TextColumn::new()),
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::new()),
            ColumnType::Integer => Self::Integer(Int32Builder::new()),
            ColumnType::BigInteger => Self::BigInteger(Int64Builder::new()),
            ColumnType::Decimal { .. } => {
                Self::Decimal(Decimal128Builder::new().with_data_type(kind.data_type()))
            }
            ColumnType::Date => Self::Date(Date32Builder::new()),
            ColumnType::Timestamp => Self::Timestamp(TimestampMicrosecondBuilder::new().with_timezone(UTC)),
        }
    }

    /// Appends one value.
    pub(crate) fn append(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Text(builder), Cell::Text(text)) => builder.append(&text),
            (Self::Boolean(builder), Cell::Whole(value)) => builder.append_value(value != 0),
            (Self::Integer(builder), Cell::Whole(value)) => builder.append_option(i32::try_from(value).ok()),
            (Self::BigInteger(builder), Cell::Whole(value)) => builder.append_value(value),
            (Self::Decimal(builder), Cell::Mantissa(high, low)) => {
                builder.append_value(i128::from(high) << 64 | i128::from(low));
            }
            (Self::Date(builder), Cell::Whole(value)) => builder.append_option(i32::try_from(value).ok()),
            (Self::Timestamp(builder), Cell::Whole(value)) => builder.append_value(value),
            (Self::List { lengths, items, .. }, Cell::List(cells)) => {
                lengths.push(Some(cells.len()));
                cells.into_iter().for_each(|cell| items.append(cell));
            }
            (builder, _) => builder.append_null(),
        }
    }

    /// Whether it holds texts, one a row.
    pub(crate) const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Appends a text or null, if it holds texts. Can be taken back.
    #[inline]
    pub(crate) fn append_text(&mut self, text: Option<&str>) {
        if let Self::Text(builder) = self {
            match text {
                Some(text) => builder.append(text),
                None => builder.append_null(),
            }
        }
    }

    /// Leaves `rows` texts, if it holds texts.
    pub(crate) fn take_back(&mut self, rows: usize) {
        if let Self::Text(builder) = self {
            builder.truncate(rows);
        }
    }

    fn append_null(&mut self) {
        match self {
            Self::Text(builder) => builder.append_null(),
            Self::Boolean(builder) => builder.append_null(),
            Self::Integer(builder) => builder.append_null(),
            Self::BigInteger(builder) => builder.append_null(),
            Self::Decimal(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Timestamp(builder) => builder.append_null(),
            Self::List { lengths, .. } => lengths.push(None),
        }
    }

    /// The values as an array; the builder is empty afterwards.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(builder) => Arc::new(builder.finish()?),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::BigInteger(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::List { kind, lengths, items } => {
                let lengths = std::mem::take(lengths);
                let offsets = OffsetBuffer::from_lengths(lengths.iter().map(|length| length.unwrap_or(0)));
                let nulls: NullBuffer = lengths.iter().map(Option::is_some).collect();
                Arc::new(ListArray::try_new(
                    item_field(kind.data_type()),
                    offsets,
                    items.finish()?,
                    Some(nulls),
                )?)
            }
        })
    }
}

/// Texts, one behind the other. Arrow's own builder cannot take a text back.
#[derive(Debug)]
pub(crate) struct TextColumn {
    texts: String,
    /// Where each text ends.
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl TextColumn {
    fn new() -> Self {
        Self { texts: String::new(), ends: vec![0], nulls: NullBufferBuilder::new(0) }
    }

    #[inline]
    fn append(&mut self, text: &str) {
        self.texts.push_str(text);
        self.end();
        self.nulls.append_non_null();
    }

    fn append_null(&mut self) {
        self.end();
        self.nulls.append_null();
    }

    fn end(&mut self) {
        // INVARIANT: a batch holds at most 1 GiB (`rows::BATCH_LIMIT_BYTES`).
        self.ends.push(i32::try_from(self.texts.len()).unwrap_or(i32::MAX));
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows + 1);
        let length = self.ends.last().and_then(|end| usize::try_from(*end).ok());
        self.texts.truncate(length.unwrap_or_default());
        self.nulls.truncate(rows);
    }

    fn finish(&mut self) -> Result<StringArray, ArrowError> {
        // The next batch is likely to be as large; growing step by step copies it several times.
        let mut fresh = Self::new();
        fresh.texts.reserve(self.texts.len());
        fresh.ends.reserve(self.ends.len());
        let Self { texts, ends, mut nulls } = std::mem::replace(self, fresh);
        let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
        StringArray::try_new(ends, Buffer::from_vec(texts.into_bytes()), nulls.finish())
    }
}
