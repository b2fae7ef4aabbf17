//! The primitive types (R4 §2.24.0.1).

/// A type whose value is a single JSON string, number or boolean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Primitive {
    /// Base64 (RFC 4648), white space allowed.
    Base64Binary,
    /// `true` or `false`.
    Boolean,
    /// A URL that names a conformance resource, perhaps with `|version`.
    Canonical,
    /// Text without white space but single ones inside.
    Code,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    Date,
    /// A date, or a date with a time and a zone.
    DateTime,
    /// A JSON number, its precision kept.
    Decimal,
    /// Up to 64 letters, digits, `-` and `.`.
    Id,
    /// A date and time to at least the second, with a zone.
    Instant,
    /// A 32-bit signed integer.
    Integer,
    /// Text in Markdown.
    Markdown,
    /// `urn:oid:…`
    Oid,
    /// 1 to 2,147,483,647.
    PositiveInt,
    /// Text.
    String,
    /// `hh:mm:ss`, perhaps with a fraction.
    Time,
    /// 0 to 2,147,483,647.
    UnsignedInt,
    /// A URI.
    Uri,
    /// A URL.
    Url,
    /// `urn:uuid:…`
    Uuid,
    /// A narrative's `<div>`.
    Xhtml,
}

impl Primitive {
    /// The primitive type that FHIR calls `name`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "base64Binary" => Self::Base64Binary,
            "boolean" => Self::Boolean,
            "canonical" => Self::Canonical,
            "code" => Self::Code,
            "date" => Self::Date,
            "dateTime" => Self::DateTime,
            "decimal" => Self::Decimal,
            "id" => Self::Id,
            "instant" => Self::Instant,
            "integer" => Self::Integer,
            "markdown" => Self::Markdown,
            "oid" => Self::Oid,
            "positiveInt" => Self::PositiveInt,
            "string" => Self::String,
            "time" => Self::Time,
            "unsignedInt" => Self::UnsignedInt,
            "uri" => Self::Uri,
            "url" => Self::Url,
            "uuid" => Self::Uuid,
            "xhtml" => Self::Xhtml,
            _ => return None,
        })
    }
}
