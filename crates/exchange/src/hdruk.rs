//! The metadata of Health Data Research UK, by version 4.1.0 of its schema for datasets.
//!
//! A database is a dataset, and its tables are the dataset's structural metadata. What only people know, such as how
//! many persons there are, is told as unknown where nobody has said it.

use crate::{
    arrow_type::ArrowType,
    catalogue::{About, Catalogue, Classification, Column, Database, Period, Table, day},
    ids::id_of,
    nulls::without_nulls,
};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// The version of the schema that is written.
pub const SCHEMA_VERSION: &str = "4.1.0";

// Limits of the schema, in characters.
const TITLE_LIMIT: usize = 150;
const ABSTRACT_LIMIT: usize = 500;
const DESCRIPTION_LIMIT: usize = 10_000;
const CELL_LIMIT: usize = 20_000;
/// What the schema's gateway takes for "nobody has counted".
const POPULATION_UNKNOWN: i64 = -1;

/// What HDR UK asks for and no catalogue knows. Words are those of the schema; what is empty is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Terms {
    /// The data's controller; the publisher if empty.
    pub data_controller: String,
    /// Under whose laws: codes of ISO 3166, such as `GB-ENG`.
    pub jurisdiction: Vec<String>,
    /// How the data is used where access is given, such as `TRE/SDE`.
    pub access_category: Option<String>,
    /// How often something is published, such as `Continuous`.
    pub publishing_frequency: String,
    /// How long it takes until an event is in the data, such as `Less than 1 week`.
    pub time_lag: String,
    /// Limits to use, such as `Research use only`.
    pub use_limitations: Vec<String>,
    /// Requirements of use, such as `Ethics approval required`.
    pub use_requirements: Vec<String>,
    /// What the data was first collected for, such as `Care`.
    pub collected_for: Vec<String>,
    /// What it was taken out of, such as `EPR`.
    pub collected_from: Vec<String>,
    /// The area covered, as text or as an address.
    pub spatial: String,
    /// The terminologies that codes are of, such as `SNOMED CT`.
    pub vocabularies: Vec<String>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            data_controller: String::new(),
            jurisdiction: Vec::new(),
            access_category: None,
            publishing_frequency: "Continuous".to_owned(),
            time_lag: "Variable".to_owned(),
            use_limitations: Vec::new(),
            use_requirements: Vec::new(),
            collected_for: Vec::new(),
            collected_from: Vec::new(),
            spatial: "United Kingdom".to_owned(),
            vocabularies: Vec::new(),
        }
    }
}

/// One dataset for each database that has tables, in their order.
#[must_use]
pub fn datasets(catalogue: &Catalogue, terms: &Terms) -> Vec<Value> {
    let with_tables = catalogue.databases.iter().filter(|database| !database.tables.is_empty());
    with_tables.map(|database| dataset(&catalogue.about, database, terms)).collect()
}

fn dataset(about: &About, database: &Database, terms: &Terms) -> Value {
    let published = database.tables.iter().map(|table| table.published);
    let (first, last) = (published.clone().min().unwrap_or_default(), published.max().unwrap_or_default());
    let version = database.tables.iter().map(|table| table.version).sum::<u64>();
    without_nulls(json!({
        "identifier": identifier(about, database).to_string(),
        "version": format!("1.0.{version}"),
        "revisions": [],
        "issued": first.to_string(),
        "modified": last.to_string(),
        "summary": summary(about, database),
        "documentation": { "description": limited(&described(database), DESCRIPTION_LIMIT) },
        "coverage": { "spatial": terms.spatial },
        "provenance": { "origin": origin(terms), "temporal": temporal(database, terms, first) },
        "accessibility": accessibility(about, terms),
        "observations": database.tables.iter().map(observation).collect::<Vec<_>>(),
        "structuralMetadata": { "tables": database.tables.iter().map(structure).collect::<Vec<_>>() },
    }))
}

/// The same for the same database of the same catalogue, for ever.
fn identifier(about: &About, database: &Database) -> Uuid {
    id_of(&format!("{}/{}", about.address.trim_end_matches('/'), database.name))
}

fn summary(about: &About, database: &Database) -> Value {
    let title = if database.title.is_empty() { &database.name } else { &database.title };
    let mut keywords: Vec<&str> = vec!["FHIR"];
    for tag in database.tables.iter().flat_map(|table| &table.tags) {
        if tag.chars().count() >= 2 && !keywords.contains(&tag.as_str()) {
            keywords.push(tag);
        }
    }
    let persons = database.tables.iter().filter_map(|table| table.persons).max();
    let persons = persons.and_then(|persons| i64::try_from(persons).ok()).unwrap_or(POPULATION_UNKNOWN);
    let custodian = &about.publisher;
    // The schema allows 50 characters, which an address may exceed.
    let by_page = || id_of(&custodian.homepage).to_string();
    let custodian_id = custodian.ror.clone().unwrap_or_else(by_page);
    json!({
        "title": limited(&format!("{}: {title}", about.title), TITLE_LIMIT),
        "abstract": limited(&described(database), ABSTRACT_LIMIT),
        "dataCustodian": {
            "identifier": custodian_id,
            "name": limited(&custodian.name, TITLE_LIMIT),
            "contactPoint": custodian.email,
        },
        "populationSize": persons,
        "keywords": keywords.iter().map(|word| limited(word, TITLE_LIMIT)).collect::<Vec<_>>(),
        "contactPoint": about.contact.email,
    })
}

fn described(database: &Database) -> String {
    match database.description.trim() {
        short if short.chars().count() < 5 => format!("The tables of the database {}.", database.name),
        text => text.to_owned(),
    }
}

fn origin(terms: &Terms) -> Value {
    json!({
        "purpose": told(&terms.collected_for),
        // No kind of it in particular, which the schema wants to be said.
        "datasetType": [{ "name": "Health and disease", "subTypes": [] }],
        "source": told(&terms.collected_from),
    })
}

/// A list, unless it is empty.
fn told(words: &[String]) -> Option<&[String]> {
    (!words.is_empty()).then_some(words)
}

fn temporal(database: &Database, terms: &Terms, first: Timestamp) -> Value {
    let periods: Vec<Period> = database.tables.iter().filter_map(|table| table.covers).collect();
    let start = periods.iter().map(|period| period.start).min().unwrap_or(first);
    // One that goes on makes the whole go on.
    let ends: Option<Vec<Timestamp>> = periods.iter().map(|period| period.end).collect();
    let end = ends.and_then(|ends| ends.into_iter().max());
    json!({
        "publishingFrequency": terms.publishing_frequency,
        "startDate": day(start),
        "endDate": end.map(day),
        "timeLag": terms.time_lag,
    })
}

fn accessibility(about: &About, terms: &Terms) -> Value {
    let controller =
        Some(&terms.data_controller).filter(|name| !name.is_empty()).unwrap_or(&about.publisher.name);
    json!({
        "usage": {
            "dataUseLimitation": told(&terms.use_limitations),
            "dataUseRequirements": told(&terms.use_requirements),
            "resourceCreator": about.publisher.name,
        },
        "access": {
            "accessRights": about.access_page,
            "accessServiceCategory": terms.access_category,
            "jurisdiction": told(&terms.jurisdiction),
            "dataController": controller,
        },
        "formatAndStandards": {
            "vocabularyEncodingScheme": terms.vocabularies,
            "conformsTo": ["HL7 FHIR"],
            "language": about.languages,
            "format": ["application/vnd.apache.parquet"],
        },
    })
}

/// How many rows a table had when it was published.
fn observation(table: &Table) -> Value {
    json!({
        "observedNode": "Events",
        "measuredValue": table.rows,
        "disambiguatingDescription": limited(&format!("Rows of the table {}", table.name), ABSTRACT_LIMIT),
        "observationDate": day(table.published),
        "measuredProperty": "Count",
    })
}

fn structure(table: &Table) -> Value {
    json!({
        "name": limited(&table.name, ABSTRACT_LIMIT),
        "description": some(&table.description),
        "columns": table.columns.iter().map(column).collect::<Vec<_>>(),
    })
}

/// A column that nobody has classified counts as sensitive.
fn column(column: &Column) -> Value {
    let data_type = column.data_type.parse().ok().and_then(|read: ArrowType| read.sql());
    json!({
        "name": column.name,
        "dataType": data_type.unwrap_or_else(|| column.data_type.clone()),
        "description": some(&column.description),
        "sensitive": column.classification.is_none_or(Classification::is_sensitive),
    })
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| limited(text, CELL_LIMIT))
}

fn limited(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{kept}…")
}
