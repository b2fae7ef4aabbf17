//! The smallest and largest of numbers and times, and how the others lie between.

use super::{Range, histogram::Histogram};
use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{
        DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int64Type, TimeUnit,
        TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
        UInt64Type, i256,
    },
    error::ArrowError,
};

/// What a number of the type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// Whole numbers of a place: 0 is 1, 2 is a hundredth.
    Whole { places: i8 },
    /// Floats.
    Float,
    /// Days since 1970.
    Days,
    /// So many a second since 1970.
    Moments { per_second: i64 },
}

impl Scale {
    /// That of a type, if it is of numbers or times.
    pub(super) const fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Whole { places: 0 },
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
                Self::Whole { places: 0 }
            }
            DataType::Decimal128(_, places) => Self::Whole { places: *places },
            DataType::Decimal256(_, places) => Self::Whole { places: *places },
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float,
            DataType::Date32 => Self::Days,
            DataType::Timestamp(unit, _) => Self::Moments {
                per_second: match unit {
                    TimeUnit::Second => 1,
                    TimeUnit::Millisecond => 1000,
                    TimeUnit::Microsecond => 1_000_000,
                    TimeUnit::Nanosecond => 1_000_000_000,
                },
            },
            _ => return None,
        })
    }
}

#[derive(Debug)]
pub(super) struct Numbers {
    scale: Scale,
    whole: Option<(i256, i256)>,
    float: Option<(f64, f64)>,
    histogram: Histogram,
    outside: u64,
}

impl Numbers {
    pub(super) const fn new(scale: Scale) -> Self {
        let width = if matches!(scale, Scale::Float) { -40 } else { 0 };
        Self { scale, whole: None, float: None, histogram: Histogram::with_width(width), outside: 0 }
    }

    pub(super) fn add(&mut self, array: &ArrayRef) -> Result<(), ArrowError> {
        let is_float = self.scale == Scale::Float;
        let mut whole =
            |values: &mut dyn Iterator<Item = i128>| values.for_each(|value| self.add_whole(value));
        match array.data_type() {
            DataType::Decimal128(..) => {
                whole(&mut array.as_primitive::<Decimal128Type>().iter().flatten());
            }
            DataType::Decimal256(..) => {
                array
                    .as_primitive::<Decimal256Type>()
                    .iter()
                    .flatten()
                    .for_each(|value| self.add_wide(value));
            }
            DataType::Date32 => {
                whole(&mut array.as_primitive::<Date32Type>().iter().flatten().map(i128::from))
            }
            DataType::Timestamp(TimeUnit::Second, _) => {
                whole(&mut array.as_primitive::<TimestampSecondType>().iter().flatten().map(i128::from));
            }
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                whole(&mut array.as_primitive::<TimestampMillisecondType>().iter().flatten().map(i128::from));
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                whole(&mut array.as_primitive::<TimestampMicrosecondType>().iter().flatten().map(i128::from));
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                whole(&mut array.as_primitive::<TimestampNanosecondType>().iter().flatten().map(i128::from));
            }
            DataType::UInt64 => {
                whole(&mut array.as_primitive::<UInt64Type>().iter().flatten().map(i128::from))
            }
            _ if is_float => {
                let floats = cast(array, &DataType::Float64)?;
                floats.as_primitive::<Float64Type>().iter().flatten().for_each(|value| self.add_float(value));
            }
            _ => {
                let numbers = cast(array, &DataType::Int64)?;
                whole(&mut numbers.as_primitive::<Int64Type>().iter().flatten().map(i128::from));
            }
        }
        Ok(())
    }

    fn add_whole(&mut self, value: i128) {
        self.widen(i256::from_i128(value));
        self.histogram.add_whole(value);
    }

    fn add_wide(&mut self, value: i256) {
        self.widen(value);
        match value.to_i128() {
            Some(value) => self.histogram.add_whole(value),
            None => self.outside += 1,
        }
    }

    fn add_float(&mut self, value: f64) {
        if !value.is_finite() {
            self.outside += 1;
            return;
        }
        let (min, max) = self.float.unwrap_or((value, value));
        self.float = Some((min.min(value), max.max(value)));
        self.outside += u64::from(!self.histogram.add_float(value));
    }

    fn widen(&mut self, value: i256) {
        let (min, max) = self.whole.unwrap_or((value, value));
        self.whole = Some((min.min(value), max.max(value)));
    }

    pub(super) fn merge(&mut self, other: Self) {
        for end in other.whole.into_iter().flat_map(|(min, max)| [min, max]) {
            self.widen(end);
        }
        if let Some((min, max)) = other.float {
            let (own_min, own_max) = self.float.unwrap_or((min, max));
            self.float = Some((own_min.min(min), own_max.max(max)));
        }
        self.histogram.merge(other.histogram);
        self.outside += other.outside;
    }

    /// None if there was no number.
    pub(super) fn range(self) -> Option<Range> {
        let (width, classes) = self.histogram.classes();
        let (min, max) = match (self.whole, self.float) {
            (Some((min, max)), _) => (self.written(min), self.written(max)),
            (None, Some((min, max))) => (min.to_string(), max.to_string()),
            (None, None) => return None,
        };
        let from = |class: i128| match self.scale {
            Scale::Float => (class as f64 * f64::from(width).exp2()).to_string(),
            // A class that begins before the first number there is begins with it.
            _ => self.written(i256::from_i128(
                class.checked_mul(1_i128 << width.clamp(0, 126)).unwrap_or(i128::MIN),
            )),
        };
        let histogram = classes.into_iter().map(|(class, count)| (from(class), count)).collect();
        Some(Range { min, max, histogram, outside: self.outside })
    }

    fn written(&self, value: i256) -> String {
        match self.scale {
            Scale::Whole { places } => decimal(&value.to_string(), places),
            Scale::Float => value.to_string(),
            Scale::Days => date(value.to_i128().unwrap_or_default()),
            Scale::Moments { per_second } => {
                let (value, per_second) = (value.to_i128().unwrap_or_default(), i128::from(per_second));
                let (second, part) = (value.div_euclid(per_second), value.rem_euclid(per_second));
                let (day, second) = (second.div_euclid(86_400), second.rem_euclid(86_400));
                let digits = per_second.to_string().len() - 1;
                let part = if digits == 0 { String::new() } else { format!(".{part:0digits$}") };
                let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
                format!("{}T{hour:02}:{minute:02}:{second:02}{part}Z", date(day))
            }
        }
    }
}

/// A whole number of the place `places`, with its point.
fn decimal(digits: &str, places: i8) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let Ok(places) = usize::try_from(places) else {
        let zeros = if digits == "0" { 0 } else { usize::from(places.unsigned_abs()) };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    };
    if places == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, part) = padded.split_at(padded.len() - places);
    format!("{sign}{whole}.{part}")
}

/// The date of a day since 1970 in the proleptic Gregorian calendar.
fn date(day: i128) -> String {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    format!("{:04}-{month:02}-{day:02}", year_of_era + era * 400 + i128::from(month <= 2))
}
