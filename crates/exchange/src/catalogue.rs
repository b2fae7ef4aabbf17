//! What is exported: databases of tables, and who answers for them.

use model::Timestamp;
use serde::{Deserialize, Serialize};

/// A lake's catalogue, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Who answers for it, and what holds of all of it.
    pub about: About,
    /// Its databases: the schemas of SQL.
    pub databases: Vec<Database>,
}

/// What an operator says once of the whole catalogue. No table knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct About {
    /// A web address that the names of all datasets begin with, such as `https://lake.example.nhs.uk/catalogue`.
    pub address: String,
    /// Its name.
    pub title: String,
    /// What it holds, in a sentence.
    pub description: String,
    /// Who publishes it.
    pub publisher: Agent,
    /// What kind of publisher that is: an address in a vocabulary. HealthDCAT-AP asks for it.
    pub publisher_type: Option<String>,
    /// Whether the publisher is a trusted health data holder as the EHDS has it.
    pub trusted_data_holder: bool,
    /// Who is asked about it.
    pub contact: Contact,
    /// Where access is asked for: the page that tells how. Every distribution points there, none to a file.
    pub access_page: String,
    /// Who decides about access, where that is not the publisher: a health data access body.
    pub access_body: Option<Agent>,
    /// Languages by two letters of ISO 639, such as `en`.
    pub languages: Vec<String>,
    /// Which area it covers: addresses of the EU's list of countries, or of geonames.
    pub spatial: Vec<String>,
    /// The laws that it is kept and given out under, by their addresses (ELI).
    pub legislation: Vec<String>,
    /// What the data is processed for: addresses of the Data Privacy Vocabulary.
    pub purposes: Vec<String>,
    /// Categories of electronic health data of the EHDS, by address.
    pub health_categories: Vec<String>,
    /// What of health it is about, by address.
    pub health_themes: Vec<String>,
    /// How the data came to be, in a sentence or two.
    pub provenance: String,
    /// Where made-up sample rows or a data dictionary can be had.
    pub sample_page: Option<String>,
}

/// An organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// Its page on the web; also what it is known by.
    pub homepage: String,
    /// Its address for mail.
    pub email: String,
    /// Its identifier in the Research Organization Registry, such as `https://ror.org/053fq8t95`.
    pub ror: Option<String>,
}

/// Who is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    /// The name of a desk; not of a person.
    pub name: String,
    /// Its address for mail.
    pub email: String,
    /// Its page on the web.
    pub page: String,
}

/// A schema of SQL with its tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// Its name in SQL, such as `raw`.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What it holds, in a sentence.
    pub description: String,
    /// Its tables.
    pub tables: Vec<Table>,
}

/// A Delta table at one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name in SQL, such as `patient`.
    pub name: String,
    /// What it is for, in a word: `raw`, `view`, `mart`.
    pub kind: String,
    /// What it holds, in a sentence.
    pub description: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Words that it is found by.
    pub tags: Vec<String>,
    /// Its columns in order, those that it is partitioned by among them.
    pub columns: Vec<Column>,
    /// The names of the columns that it is partitioned by, in order.
    pub partitioned_by: Vec<String>,
    /// Its partitions.
    pub partitions: Vec<Partition>,
    /// How many rows readers see.
    pub rows: u64,
    /// How many bytes its live files take.
    pub bytes: u64,
    /// How many persons it tells of, where that has been counted.
    pub persons: Option<u64>,
    /// Its Delta version.
    pub version: u64,
    /// When that was published.
    pub published: Timestamp,
    /// Where it lies, as a program with access to the store would find it, such as `s3://lake/mart/visits`. `None`
    /// where nobody outside could: a place inside the home is none.
    pub location: Option<String>,
    /// The time that it tells of.
    pub covers: Option<Period>,
    /// The tables that it was made from.
    pub made_from: Vec<TableRef>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as Arrow prints it, such as `Utf8` or `Decimal128(38, 9)`.
    pub data_type: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it means; empty where nobody has said.
    pub description: String,
    /// What it could betray.
    pub classification: Option<Classification>,
    /// The columns that it was computed from.
    pub made_from: Vec<ColumnRef>,
}

/// What a column could betray of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Classification {
    /// Names a person, or nearly.
    Identifying,
    /// Stands for a person or a resource, and means nothing outside.
    Pseudonym,
    /// Tells of health or of what the law calls special categories.
    Sensitive,
    /// Is no secret by itself.
    Ordinary,
}

/// A table of the same catalogue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableRef {
    /// Its database.
    pub database: String,
    /// Its name.
    pub table: String,
}

/// A column of a table of the same catalogue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ColumnRef {
    /// Its table.
    pub table: TableRef,
    /// Its name.
    pub column: String,
}

/// The rows of a table that share the values of the columns that it is partitioned by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// The values in the order of [`Table::partitioned_by`]; `None` is null.
    pub values: Vec<Option<String>>,
    /// How many rows it holds.
    pub rows: u64,
    /// How many bytes its files take.
    pub bytes: u64,
}

/// From one moment to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first moment.
    pub start: Timestamp,
    /// The last one; `None` while it goes on.
    pub end: Option<Timestamp>,
}

impl Classification {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identifying => "identifying",
            Self::Pseudonym => "pseudonym",
            Self::Sensitive => "sensitive",
            Self::Ordinary => "ordinary",
        }
    }

    /// Whether it is more than [`Classification::Ordinary`].
    #[must_use]
    pub const fn is_sensitive(self) -> bool {
        !matches!(self, Self::Ordinary)
    }
}

impl Table {
    /// Its columns but those that it is partitioned by.
    pub(crate) fn plain_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !self.partitioned_by.contains(&column.name))
    }
}

impl Catalogue {
    /// When it last changed: the latest publication of its tables.
    #[must_use]
    pub fn published(&self) -> Option<Timestamp> {
        self.databases.iter().flat_map(|database| &database.tables).map(|table| table.published).max()
    }
}

/// The day of a moment, such as `2026-11-22`, in UTC.
pub(crate) fn day(moment: Timestamp) -> String {
    let mut text = moment.to_string();
    text.truncate(text.find('T').unwrap_or(text.len()));
    text
}
