//! The formats that are told apart.

use std::fmt;

/// What an object is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A FHIR resource a line.
    FhirNdjson,
    /// One FHIR Bundle, in JSON.
    FhirBundle,
    /// One FHIR resource that is no Bundle, in JSON.
    FhirResource,
    /// One FHIR resource, a Bundle too, in XML.
    FhirXml,
    /// HL7 v2 messages, with bars.
    Hl7v2,
    /// Fields between commas, semicolons, bars or tabs.
    Csv,
    /// One JSON text.
    Json,
    /// A JSON text a line.
    Ndjson,
    /// Lines of a log.
    Log,
    /// XML that is not FHIR.
    Xml,
    /// An Avro object container file.
    Avro,
    /// Apache ORC.
    Orc,
    /// Apache Parquet.
    Parquet,
    /// A folder that is a Delta table.
    Delta,
    /// A DICOM file (PS3.10), or a data set without its preamble.
    Dicom,
    /// A table of a PostgreSQL database.
    Postgresql,
    /// What only a classifier of one's own knows.
    Custom,
}

impl Format {
    /// Its name, such as `fhir-ndjson`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FhirNdjson => "fhir-ndjson",
            Self::FhirBundle => "fhir-bundle",
            Self::FhirResource => "fhir-resource",
            Self::FhirXml => "fhir-xml",
            Self::Hl7v2 => "hl7v2",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Log => "log",
            Self::Xml => "xml",
            Self::Avro => "avro",
            Self::Orc => "orc",
            Self::Parquet => "parquet",
            Self::Delta => "delta",
            Self::Dicom => "dicom",
            Self::Postgresql => "postgresql",
            Self::Custom => "custom",
        }
    }

    /// Whether what lies side by side in it is one table only if its columns agree.
    pub(crate) const fn is_tabular(self) -> bool {
        matches!(self, Self::Csv | Self::Json | Self::Ndjson | Self::Avro | Self::Orc | Self::Parquet)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
