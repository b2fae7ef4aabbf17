//! What is told of tables, and what is not.

use super::*;
use arrow::{
    array::{Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray, TimestampMillisecondArray},
    datatypes::{Field, Schema, TimeUnit},
};
use expect_test::expect;
use std::sync::Arc;

fn batch(rows: std::ops::Range<i64>) -> RecordBatch {
    let field = |name: &str, data_type| Field::new(name, data_type, true);
    let values = rows.clone().map(|row| (row % 10 != 0).then_some(i128::from(row) * 1005 - 500));
    let decimal = Decimal128Array::from_iter(values).with_precision_and_scale(38, 2).unwrap();
    let columns: Vec<(Field, ArrayRef)> = vec![
        (field("id", DataType::Int64), Arc::new(Int64Array::from_iter_values(rows.clone()))),
        (field("value", decimal.data_type().clone()), Arc::new(decimal)),
        (
            field("ratio", DataType::Float64),
            Arc::new(Float64Array::from_iter_values(rows.clone().map(|row| row as f64 / 8.0))),
        ),
        (
            field("day", DataType::Date32),
            Arc::new(Date32Array::from_iter_values(rows.clone().map(|row| row as i32))),
        ),
        (
            field("at", DataType::Timestamp(TimeUnit::Millisecond, None)),
            Arc::new(TimestampMillisecondArray::from_iter_values(rows.clone().map(|row| row * 3_600_001))),
        ),
        (
            field("code", DataType::Utf8),
            Arc::new(StringArray::from_iter_values(
                rows.clone().map(|row| if row == 7 { "Ann Smith".into() } else { format!("c{}", row % 3) }),
            )),
        ),
        (
            field("name", DataType::Utf8),
            Arc::new(StringArray::from_iter_values(rows.map(|row| format!("Ann Smith {row}")))),
        ),
    ];
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn told() -> BTreeMap<String, Told> {
    let measured = |name: &str| (name.to_owned(), Told { role: Role::Measured, in_samples: name == "value" });
    let mut told: BTreeMap<_, _> = ["value", "ratio", "day", "at", "name"].map(measured).into();
    told.insert("code".to_owned(), Told { role: Role::Coded, in_samples: false });
    told
}

fn profiler(ranges: &[(i64, i64)]) -> TableProfiler {
    let mut profiler = TableProfiler::new(batch(0..1).schema(), &told(), 7).unwrap();
    ranges.iter().for_each(|(from, to)| profiler.add(&batch(*from..*to)).unwrap());
    profiler
}

#[test]
fn a_column_is_told_of_as_its_role_says() {
    let profile = profiler(&[(0, 400), (400, 1000)]).finish();
    let line = |column: &ColumnProfile| {
        let range =
            column.range.as_ref().map(|range| (range.min.clone(), range.max.clone(), range.histogram.len()));
        format!("{} {} nulls {} {range:?} {:?}\n", column.name, column.data_type, column.nulls, column.top)
    };
    expect![[r#"
        id Int64 nulls 0 None []
        value Decimal128(38, 2) nulls 100 Some(("5.05", "10034.95", 31)) []
        ratio Float64 nulls 0 Some(("0", "124.875", 32)) []
        day Date32 nulls 0 Some(("1970-01-01", "1972-09-26", 32)) []
        at Timestamp(ms) nulls 0 Some(("1970-01-01T00:00:00.000Z", "1970-02-11T15:00:00.999Z", 27)) []
        code Utf8 nulls 0 None [("c0", 334), ("c2", 333), ("c1", 332)]
        name Utf8 nulls 0 None []
    "#]]
    .assert_eq(&profile.columns.iter().map(line).collect::<String>());
    for (column, expected) in profile.columns.iter().zip([1000.0, 900.0, 1000.0, 1000.0, 1000.0, 4.0, 1000.0])
    {
        assert!((column.distinct as f64 / expected - 1.0).abs() < 0.05, "{column:?}");
    }
    assert_eq!((profile.samples.len(), profile.samples[0].len()), (10, 1));
    let text = serde_json::to_string(&profile).unwrap();
    assert!(!text.contains("Smith") && !text.contains("c3"), "{text}");
    assert_eq!(serde_json::from_str::<TableProfile>(&text).unwrap(), profile);
}

#[test]
fn parts_merge_to_the_whole() {
    let whole = profiler(&[(0, 700), (700, 1000)]).finish();
    let mut parts = profiler(&[(0, 700)]);
    parts.merge(profiler(&[(700, 1000)])).unwrap();
    let mut parts = parts.finish();
    parts.samples.clone_from(&whole.samples);
    assert_eq!(parts, whole, "but for the samples, which each part chose for itself");
}

#[test]
fn another_table_is_refused() {
    let narrow = batch(0..3).project(&[0, 1]).unwrap();
    assert!(matches!(profiler(&[]).add(&narrow), Err(TableError::Columns)));
    let empty = profiler(&[]).finish();
    assert_eq!((empty.rows, empty.columns.len(), empty.columns[1].range.clone()), (0, 7, None));
}
