//! Models whose rows are made period by period: which periods a run makes, and which rows these are.

use super::asked::Asked;
use crate::{LakeError, table::Table};
use arrow::{
    array::{Array, AsArray, BooleanArray, RecordBatch},
    compute,
    datatypes::{DataType, Int64Type, Schema, TimeUnit},
    error::ArrowError,
};
use chrono::NaiveDate;
use datafusion::{
    common::ScalarValue,
    logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf},
    prelude::SessionContext,
};
use marts::{ByPeriod, Mart, Model, Span};
use model::Timestamp;
use std::sync::Arc;

/// Names in a table's log up to which moment its periods are made, in milliseconds.
pub(super) const REACHED: &str = "periods";

/// Lets a model by period ask when the newest period begins and ends that is over at `at`, and gives that; takes it from
/// any other model.
pub(super) fn offer(context: &SessionContext, mart: &Mart, model: &Model, at: Timestamp) -> Option<Span> {
    let newest = model.by_period.as_ref().and_then(|by| by.period.newest(mart.rules.zone(), at));
    match &newest {
        Some(span) => put_functions(context, span),
        None => take_functions(context),
    }
    newest
}

/// Lets queries ask when the period begins and ends that they are made for.
pub(super) fn put_functions(context: &SessionContext, span: &Span) {
    for (name, at) in [("period_start", span.start), ("period_end", span.end)] {
        context.register_udf(moment(name, at));
    }
}

/// Takes that from them.
fn take_functions(context: &SessionContext) {
    context.deregister_udf("period_start");
    context.deregister_udf("period_end");
}

fn moment(name: &str, at: Timestamp) -> ScalarUDF {
    let zone: Arc<str> = Arc::from("UTC");
    let value = ScalarValue::TimestampMicrosecond(Some(at.0.saturating_mul(1_000)), Some(Arc::clone(&zone)));
    create_udf(
        name,
        Vec::new(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)),
        Volatility::Immutable,
        Arc::new(move |_| Ok(ColumnarValue::Scalar(value.clone()))),
    )
}

/// Whether a column can say in which period a row is.
pub(super) fn can_tell(kind: &DataType) -> bool {
    matches!(kind, DataType::Date32 | DataType::Timestamp(..))
}

/// The periods that a run makes at `at`, in order. Without `reached`, nothing was made before.
pub(super) fn wanted(
    by: &ByPeriod,
    (zone, at): (&str, Timestamp),
    asked: Asked,
    (reached, oldest): (Option<Timestamp>, Option<Timestamp>),
) -> Vec<Span> {
    let Some(newest) = by.period.newest(zone, at) else { return Vec::new() };
    let spans = |from: Timestamp, until: Timestamp| by.period.spans(zone, (from, until), at);
    match (asked, reached) {
        (Asked::Span(from, until), _) => spans(from, until),
        (_, None) => vec![newest],
        (Asked::Whole, Some(reached)) => spans(oldest.unwrap_or(newest.start).min(reached), newest.end),
        (Asked::Due, Some(reached)) => {
            // The last one that was made, and those before it that are to be made again.
            let last = by.period.newest(zone, reached).unwrap_or(newest);
            let again = by.again.saturating_sub(1);
            let from = match by.again {
                0 => reached,
                _ => by.period.back(zone, &last, again).unwrap_or(last.start),
            };
            spans(from.min(newest.start), newest.end)
        }
    }
}

/// Moments from the beginning of a first period to the end of a last one, as a column holds them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    first_day: NaiveDate,
    next_day: NaiveDate,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Bounds {
    /// Of one period.
    pub(super) const fn of(span: &Span) -> Self {
        Self { first_day: span.first_day, next_day: span.next_day, from: span.start, until: span.end }
    }

    /// From the first of `spans` to the last.
    pub(super) fn around(spans: &[Span]) -> Option<Self> {
        let (first, last) = (spans.first()?, spans.last()?);
        Some(Self { next_day: last.next_day, until: last.end, ..Self::of(first) })
    }

    /// Whether a row is in them, in SQL.
    pub(super) fn sql(&self, schema: &Schema, time: &str) -> String {
        let is_day = schema.field_with_name(time).is_ok_and(|field| *field.data_type() == DataType::Date32);
        let (from, until) = match is_day {
            true => (format!("date '{}'", self.first_day), format!("date '{}'", self.next_day)),
            false => {
                let moment = |at: Timestamp| format!("to_timestamp_millis({})", at.0);
                (moment(self.from), moment(self.until))
            }
        };
        format!("(\"{time}\" >= {from} and \"{time}\" < {until})")
    }

    /// Which rows are in them; one whose time is null is not.
    fn has(&self, batch: &RecordBatch, time: &str) -> Result<BooleanArray, ArrowError> {
        let column = batch
            .column_by_name(time)
            .ok_or_else(|| ArrowError::SchemaError(format!("there is no column `{time}`")))?;
        let (numbers, from, until) = if *column.data_type() == DataType::Date32 {
            let days = |day: NaiveDate| i64::from(day.to_epoch_days());
            let numbers = compute::cast(&compute::cast(column, &DataType::Int32)?, &DataType::Int64)?;
            (numbers, days(self.first_day), days(self.next_day))
        } else {
            let micros = DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")));
            let numbers = compute::cast(&compute::cast(column, &micros)?, &DataType::Int64)?;
            (numbers, self.from.0.saturating_mul(1_000), self.until.0.saturating_mul(1_000))
        };
        let numbers = numbers.as_primitive::<Int64Type>();
        Ok(numbers.iter().map(|at| Some(at.is_some_and(|at| at >= from && at < until))).collect())
    }

    /// How many rows are outside of them.
    pub(super) fn strays(&self, rows: &[RecordBatch], time: &str) -> Result<usize, ArrowError> {
        rows.iter().try_fold(0, |count, batch| {
            let inside = self.has(batch, time)?;
            Ok(count + inside.len() - inside.true_count())
        })
    }

    /// The rows outside of them.
    pub(super) fn without(&self, batch: &RecordBatch, time: &str) -> Result<RecordBatch, ArrowError> {
        compute::filter_record_batch(batch, &compute::not(&self.has(batch, time)?)?)
    }
}

/// Up to which moment the periods of a table are made.
pub(super) async fn reached(table: &Table) -> Result<Option<Timestamp>, LakeError> {
    Ok(table.reached(REACHED).await?.map(Timestamp))
}

#[cfg(test)]
mod tests {
    use super::*;
    use marts::Period;

    #[test]
    fn a_run_makes_what_is_new_again_and_what_was_missed() {
        let by = ByPeriod { period: Period::Day, time: "day".to_owned(), again: 2 };
        let day = |n: i64| Timestamp(n * 86_400_000);
        let wanted = |asked: Asked, reached: Option<i64>| {
            let made =
                wanted(&by, ("UTC", Timestamp(day(10).0 + 5)), asked, (reached.map(day), Some(day(3))));
            made.iter().map(|span| span.start.0 / 86_400_000).collect::<Vec<_>>()
        };
        // Day 10 has begun: day 9 is the last one that is over.
        assert_eq!(wanted(Asked::Due, None), [9]);
        // Made up to the end of day 8: that and the one before again, and the new one.
        assert_eq!(wanted(Asked::Due, Some(9)), [7, 8, 9]);
        assert_eq!(wanted(Asked::Due, Some(10)), [8, 9]);
        // Nobody was there for days.
        assert_eq!(wanted(Asked::Due, Some(6)), [4, 5, 6, 7, 8, 9]);
        assert_eq!(wanted(Asked::Whole, Some(10)), [3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(wanted(Asked::Span(day(1), day(3)), Some(10)), [1, 2]);
        assert_eq!(wanted(Asked::Span(day(8), day(99)), None), [8, 9]);
    }
}
