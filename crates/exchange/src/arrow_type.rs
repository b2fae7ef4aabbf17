//! Arrow's types, read from the words that Arrow prints and the control database keeps.
//!
//! Every consumer asks for other words; this is read once into a tree, and each writes its own from that.

use std::str::FromStr;

/// How deep types may be nested.
const DEPTH_LIMIT: usize = 32;

/// An Arrow type, with what matters outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArrowType {
    Boolean,
    /// A signed integer of so many bits.
    Int(u8),
    /// One without a sign.
    UInt(u8),
    /// A floating-point number of so many bits.
    Float(u8),
    Decimal {
        precision: u8,
        scale: i8,
    },
    Text,
    Binary,
    Date,
    /// A moment; whether it is one in a time zone.
    Timestamp {
        zoned: bool,
    },
    /// A type that no table format outside has, by its first word.
    Other(String),
    List(Box<ArrowType>),
    Struct(Vec<(String, ArrowType)>),
    Map(Box<ArrowType>, Box<ArrowType>),
}

/// The words are not a type as Arrow prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoType;

impl FromStr for ArrowType {
    type Err = NoType;

    fn from_str(words: &str) -> Result<Self, NoType> {
        let mut reader = Reader { rest: words.trim(), depth: 0 };
        let read = reader.data_type()?;
        if reader.rest.is_empty() { Ok(read) } else { Err(NoType) }
    }
}

impl ArrowType {
    /// The type in the words of Hive, which Glue, Athena and Spark share; `None` if they have no such type.
    ///
    /// Nothing is narrowed: an unsigned integer takes the next wider type, and the greatest a decimal. Moments are
    /// `timestamp` with a time zone and without, because Glue has no other.
    pub(crate) fn sql(&self) -> Option<String> {
        let word = match self {
            Self::Boolean => "boolean",
            Self::Int(8) => "tinyint",
            Self::Int(16) | Self::UInt(8) => "smallint",
            Self::Int(32) | Self::UInt(16) => "int",
            Self::Int(_) | Self::UInt(32) => "bigint",
            Self::UInt(_) => "decimal(20,0)",
            Self::Float(64) => "double",
            Self::Float(_) => "float",
            Self::Text => "string",
            Self::Binary => "binary",
            Self::Date => "date",
            Self::Timestamp { .. } => "timestamp",
            Self::Other(_) => return None,
            Self::Decimal { precision, scale } => return decimal(*precision, *scale),
            Self::List(item) => return Some(format!("array<{}>", item.sql()?)),
            Self::Map(key, value) => return Some(format!("map<{},{}>", key.sql()?, value.sql()?)),
            Self::Struct(fields) => {
                let fields: Option<Vec<String>> =
                    fields.iter().map(|(name, inner)| Some(format!("{name}:{}", inner.sql()?))).collect();
                return Some(format!("struct<{}>", fields?.join(",")));
            }
        };
        Some(word.to_owned())
    }
}

/// Hive's decimals have at most 38 digits, and between none and all of them behind the point.
fn decimal(precision: u8, scale: i8) -> Option<String> {
    let (precision, scale) = match u8::try_from(scale) {
        Ok(scale) => (precision.max(scale), scale),
        Err(_) => (precision.checked_add(scale.unsigned_abs())?, 0),
    };
    (1..=38).contains(&precision).then(|| format!("decimal({precision},{scale})"))
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn data_type(&mut self) -> Result<ArrowType, NoType> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(NoType);
        }
        let name = self.word()?;
        let read = match name {
            "List" | "LargeList" | "ListView" | "LargeListView" | "FixedSizeList" => self.list()?,
            "Struct" => ArrowType::Struct(self.fields()?),
            "Map" => self.map()?,
            "Dictionary" => {
                self.expect("(")?;
                self.data_type()?;
                self.expect(", ")?;
                let value = self.data_type()?;
                self.expect(")")?;
                value
            }
            "RunEndEncoded" => {
                let mut fields = self.fields()?;
                fields.pop().map(|(_, value)| value).ok_or(NoType)?
            }
            _ => {
                let arguments = if self.rest.starts_with('(') { self.arguments()? } else { "" };
                simple(name, arguments)?
            }
        };
        self.depth -= 1;
        Ok(read)
    }

    /// `List(non-null Utf8, field: 'element')`, `FixedSizeList(3 x Int32)`.
    fn list(&mut self) -> Result<ArrowType, NoType> {
        self.expect("(")?;
        if let Some((size, after)) = self.rest.split_once(" x ")
            && !size.is_empty()
            && size.bytes().all(|byte| byte.is_ascii_digit())
        {
            self.rest = after;
        }
        self.skip("non-null ");
        let item = self.data_type()?;
        if self.skip(", field: '") {
            let (_, after) = self.rest.split_once('\'').ok_or(NoType)?;
            self.rest = after;
        }
        self.metadata()?;
        self.expect(")")?;
        Ok(ArrowType::List(Box::new(item)))
    }

    /// `Struct("a": Utf8, "b": non-null Int32)`, past the name.
    fn fields(&mut self) -> Result<Vec<(String, ArrowType)>, NoType> {
        self.expect("(")?;
        let mut fields = Vec::new();
        while !self.skip(")") {
            if !fields.is_empty() {
                self.expect(", ")?;
            }
            fields.push(self.field()?);
        }
        Ok(fields)
    }

    fn field(&mut self) -> Result<(String, ArrowType), NoType> {
        let name = self.quoted()?;
        self.expect(": ")?;
        self.skip("non-null ");
        let data_type = self.data_type()?;
        self.metadata()?;
        Ok((name, data_type))
    }

    /// `Map("entries": non-null Struct("key": non-null Utf8, "value": Utf8), unsorted)`, past the name.
    fn map(&mut self) -> Result<ArrowType, NoType> {
        self.expect("(")?;
        let (_, entries) = self.field()?;
        self.expect(", ")?;
        self.word()?;
        self.expect(")")?;
        let ArrowType::Struct(fields) = entries else { return Err(NoType) };
        let [(_, key), (_, value)] = <[_; 2]>::try_from(fields).map_err(|_| NoType)?;
        Ok(ArrowType::Map(Box::new(key), Box::new(value)))
    }

    /// `, metadata: {"k": "v"}`, which says nothing of the type.
    fn metadata(&mut self) -> Result<(), NoType> {
        if !self.skip(", metadata: {") {
            return Ok(());
        }
        while !self.skip("}") {
            self.skip(", ");
            self.quoted()?;
            self.expect(": ")?;
            self.quoted()?;
        }
        Ok(())
    }

    fn word(&mut self) -> Result<&'a str, NoType> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() { Err(NoType) } else { Ok(word) }
    }

    /// What is in brackets that hold no others, without them.
    fn arguments(&mut self) -> Result<&'a str, NoType> {
        let (arguments, rest) = self.rest.get(1..).and_then(|rest| rest.split_once(')')).ok_or(NoType)?;
        self.rest = rest;
        Ok(arguments)
    }

    /// Text in quotes, as Rust's `Debug` writes it.
    fn quoted(&mut self) -> Result<String, NoType> {
        self.expect("\"")?;
        let mut text = String::new();
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = self.rest.get(at + 1..).ok_or(NoType)?;
                    return Ok(text);
                }
                '\\' => text.push(letters.next().ok_or(NoType)?.1),
                letter => text.push(letter),
            }
        }
        Err(NoType)
    }

    fn skip(&mut self, text: &str) -> bool {
        let after = self.rest.strip_prefix(text);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn expect(&mut self, text: &str) -> Result<(), NoType> {
        if self.skip(text) { Ok(()) } else { Err(NoType) }
    }
}

fn simple(name: &str, arguments: &str) -> Result<ArrowType, NoType> {
    Ok(match name {
        "Boolean" => ArrowType::Boolean,
        "Int8" => ArrowType::Int(8),
        "Int16" => ArrowType::Int(16),
        "Int32" => ArrowType::Int(32),
        "Int64" => ArrowType::Int(64),
        "UInt8" => ArrowType::UInt(8),
        "UInt16" => ArrowType::UInt(16),
        "UInt32" => ArrowType::UInt(32),
        "UInt64" => ArrowType::UInt(64),
        "Float16" => ArrowType::Float(16),
        "Float32" => ArrowType::Float(32),
        "Float64" => ArrowType::Float(64),
        "Utf8" | "LargeUtf8" | "Utf8View" => ArrowType::Text,
        "Binary" | "LargeBinary" | "BinaryView" | "FixedSizeBinary" => ArrowType::Binary,
        "Date32" | "Date64" => ArrowType::Date,
        "Timestamp" => ArrowType::Timestamp { zoned: arguments.contains(',') },
        "Decimal" | "Decimal32" | "Decimal64" | "Decimal128" | "Decimal256" => {
            let (precision, scale) = arguments.split_once(',').ok_or(NoType)?;
            let precision = precision.trim().parse().map_err(|_| NoType)?;
            ArrowType::Decimal { precision, scale: scale.trim().parse().map_err(|_| NoType)? }
        }
        "Null" | "Time32" | "Time64" | "Duration" | "Interval" | "Union" => ArrowType::Other(name.to_owned()),
        _ => return Err(NoType),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, expected: ArrowType) {
        assert_eq!(words.parse(), Ok(expected), "{words}");
    }

    #[test]
    fn what_arrow_prints_is_read() {
        use ArrowType::{Boolean, Date, Decimal, Int, List, Map, Struct, Text, Timestamp};
        let boxed = Box::new;
        check("Boolean", Boolean);
        check("Utf8View", Text);
        check("Decimal128(38, 9)", Decimal { precision: 38, scale: 9 });
        check("Decimal128(3, -2)", Decimal { precision: 3, scale: -2 });
        check("Timestamp(µs, \"UTC\")", Timestamp { zoned: true });
        check("Timestamp(ms)", Timestamp { zoned: false });
        check("Dictionary(Int32, Utf8)", Text);
        check("List(Int32)", List(boxed(Int(32))));
        check("FixedSizeList(3 x non-null Date32)", List(boxed(Date)));
        let with_field = "List(non-null Int32, field: 'element', metadata: {\"a\": \"}\"})";
        check(with_field, List(boxed(Int(32))));
        let coding = vec![("system".to_owned(), Text), ("a \"b\", c: ".to_owned(), List(boxed(Text)))];
        let words = r#"Struct("system": non-null Utf8, metadata: {"k": "v"}, "a \"b\", c: ": List(Utf8))"#;
        check(words, Struct(coding));
        let words = r#"Map("entries": non-null Struct("key": non-null Utf8, "value": Int32), unsorted)"#;
        check(words, Map(boxed(Text), boxed(Int(32))));
        check("Struct()", Struct(Vec::new()));
        check("Time64(µs)", ArrowType::Other("Time64".to_owned()));
    }

    #[test]
    fn hive_has_words_for_all_that_delta_holds() {
        let sql = |words: &str| words.parse::<ArrowType>().unwrap().sql();
        let cases = [
            ("UInt64", "decimal(20,0)"),
            ("UInt32", "bigint"),
            ("Decimal128(38, 9)", "decimal(38,9)"),
            ("Decimal128(3, -2)", "decimal(5,0)"),
            ("Decimal128(2, 4)", "decimal(4,4)"),
            ("Timestamp(µs, \"UTC\")", "timestamp"),
            ("List(Struct(\"a\": Date32, \"b\": List(Utf8)))", "array<struct<a:date,b:array<string>>>"),
            (
                "Map(\"e\": non-null Struct(\"k\": non-null Utf8, \"v\": Float32), sorted)",
                "map<string,float>",
            ),
        ];
        for (words, expected) in cases {
            assert_eq!(sql(words).as_deref(), Some(expected));
        }
        for words in ["Decimal256(76, 9)", "Time64(µs)", "List(Null)"] {
            assert_eq!(sql(words), None, "{words}");
        }
    }

    #[test]
    fn other_words_are_no_type() {
        for words in ["", "varchar", "Decimal128", "List(Utf8", "Struct(a: Utf8)", "Utf8)", "List()"] {
            assert_eq!(words.parse::<ArrowType>(), Err(NoType), "{words}");
        }
        let deep = format!("{}Utf8{}", "List(".repeat(100), ")".repeat(100));
        assert_eq!(deep.parse::<ArrowType>(), Err(NoType));
    }
}
