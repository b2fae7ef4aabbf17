//! Columns and the Arrow types that they have.

use arrow::datatypes::{DataType, TimeUnit};

/// The time zone that Arrow and Delta Lake know typed moments by.
pub(crate) const UTC: &str = "UTC";

/// How a column holds its values.
///
/// By the column's `type`: `boolean`; `integer`, `positiveInt`, `unsignedInt` as 32 bits and `integer64` as 64;
/// `decimal` as 38 digits, 18 of them behind the point, never through a float; `code` as a text that is held once a
/// batch; every other primitive type as the exact text. A column of type `string` over a number or a boolean gets its
/// text as it was sent.
///
/// How many digits a decimal has behind the point, no FHIR type says, and one pass over a stream cannot find out:
/// where 18 are too many to carry or too few to hold, `DECIMAL(p, s)` declares others, and a `string` beside them
/// keeps the number as it was sent (`1.50` is not `1.5` in FHIR).
///
/// A tag `ansi/type` chooses another: `BOOLEAN`, `INTEGER`, `BIGINT`, `DECIMAL(p, s)`, `DATE`, `TIMESTAMP`,
/// `VARCHAR`. A `TIMESTAMP` is UTC in microseconds and a `DATE` is the day as written, without its time; a
/// partial date stands in them as the beginning of the period it covers, and a text without a time zone counts
/// as UTC. Put a text column beside them to keep what was sent.
///
/// How precise a date was as written, FHIRPath's `precision()` tells in a column beside it
/// (`birthDate.precision()`: 4 for a year, 6 for a month, 8 for a day).
///
/// What becomes of a value of the right JSON type that does not fit (a decimal with more digits, a number beyond
/// 32 bits, the 30th of February), [`OnMisfit`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// `Utf8`
    Text,
    /// `Dictionary(Int32, Utf8)`: few texts that come again and again, each held once.
    Code,
    /// `Boolean`
    Boolean,
    /// `Int32`
    Integer,
    /// `Int64`
    BigInteger,
    /// `Decimal128`
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// `Date32`
    Date,
    /// `Timestamp(Microsecond, "UTC")`
    Timestamp,
}

impl ColumnType {
    /// Decimals of no declared precision: room for what a double prints, and for 20 digits before the point.
    pub(crate) const DECIMAL: Self = Self::Decimal { precision: 38, scale: 18 };

    /// The type of a FHIR primitive; `None` for any other type.
    pub(crate) fn of_fhir(kind: &str) -> Option<Self> {
        Some(match kind {
            "boolean" => Self::Boolean,
            "integer" | "positiveInt" | "unsignedInt" => Self::Integer,
            "integer64" => Self::BigInteger,
            "decimal" => Self::DECIMAL,
            "code" => Self::Code,
            "string" | "id" | "uri" | "url" | "canonical" | "oid" | "uuid" | "markdown" | "base64Binary"
            | "date" | "dateTime" | "instant" | "time" | "xhtml" => Self::Text,
            _ => return None,
        })
    }

    /// The type that an `ansi/type` tag names; `None` for one that is not known here.
    pub(crate) fn of_ansi(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_uppercase();
        let (head, arguments) = name
            .split_once('(')
            .map_or((name.as_str(), None), |(head, rest)| (head.trim_end(), rest.strip_suffix(')')));
        Some(match head {
            "BOOLEAN" => Self::Boolean,
            "INTEGER" | "INT" | "SMALLINT" => Self::Integer,
            "BIGINT" => Self::BigInteger,
            "DECIMAL" | "DEC" | "NUMERIC" => match arguments {
                None => Self::DECIMAL,
                Some(arguments) => decimal(arguments)?,
            },
            "DATE" => Self::Date,
            "TIMESTAMP" | "TIMESTAMP WITH TIME ZONE" => Self::Timestamp,
            "VARCHAR" | "CHARACTER VARYING" | "CHAR" | "CHARACTER" | "CLOB" | "TEXT" => Self::Text,
            _ => return None,
        })
    }

    /// The Arrow type.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Code => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int32,
            Self::BigInteger => DataType::Int64,
            Self::Decimal { precision, scale } => DataType::Decimal128(precision, scale.cast_signed()),
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        }
    }

    /// The type that holds the values of both, exactly and as both are printed; `None` where there is none.
    pub(crate) fn common(self, other: Self) -> Option<Self> {
        match (self, other) {
            (one, other) if one == other => Some(one),
            (Self::Text | Self::Code, Self::Text | Self::Code) => Some(Self::Text),
            _ => None,
        }
    }

    /// What a value must be to stand here, in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Text | Self::Code => "a primitive",
            Self::Boolean => "a boolean",
            Self::Integer | Self::BigInteger | Self::Decimal { .. } => "a number",
            Self::Date | Self::Timestamp => "a date",
        }
    }
}

fn decimal(arguments: &str) -> Option<ColumnType> {
    let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
    let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    (1..=38).contains(&precision).then_some(())?;
    (scale <= precision).then_some(ColumnType::Decimal { precision, scale })
}

/// What becomes of a value that its column cannot hold exactly. It is never rounded. A tag `carelake/misfit` chooses:
/// `null` or `error`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMisfit {
    /// It is null, and counted by [`RowBuilder::misfits`](crate::RowBuilder::misfits).
    #[default]
    Null,
    /// The resource makes no row, with an error that names the column.
    Error,
}

impl OnMisfit {
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "null" => Some(Self::Null),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

/// A column of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name: a letter, then letters, digits and `_`.
    pub name: String,
    /// The FHIRPath expression that fills it, as written; of a `unionAll`, the first branch's.
    pub path: String,
    /// What the ViewDefinition says about it.
    pub description: Option<String>,
    /// The FHIR type that the ViewDefinition states, if it does.
    pub fhir_type: Option<String>,
    /// How it holds its values.
    pub column_type: ColumnType,
    /// What becomes of a value that it cannot hold.
    pub misfit: OnMisfit,
    /// Whether each row holds a list.
    pub collection: bool,
}

impl Column {
    /// Makes it hold what another branch of a union has for it too, and says whether it can.
    pub(crate) fn hold(&mut self, other: &Self) -> bool {
        let common = self.column_type.common(other.column_type);
        self.column_type = common.unwrap_or(self.column_type);
        common.is_some() && (&self.name, self.collection) == (&other.name, other.collection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ansi_type_names_an_arrow_type() {
        for (name, expected) in [
            ("timestamp", Some(ColumnType::Timestamp)),
            ("DECIMAL(10, 2)", Some(ColumnType::Decimal { precision: 10, scale: 2 })),
            ("NUMERIC(5)", Some(ColumnType::Decimal { precision: 5, scale: 0 })),
            ("CHARACTER VARYING(20)", Some(ColumnType::Text)),
            ("DECIMAL(39,2)", None),
            ("DECIMAL(2,3)", None),
            ("DOUBLE PRECISION", None),
        ] {
            assert_eq!(ColumnType::of_ansi(name), expected, "{name}");
        }
    }
}
