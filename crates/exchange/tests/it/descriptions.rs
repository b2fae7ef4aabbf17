//! The catalogue as DCAT-AP, by the standards' own shapes, and as HDR UK metadata, by what its schema asks for.

use crate::{
    clients::{ask, installed},
    fixture::{about, catalogue},
};
use exchange::{catalogue::About, dcat, hdruk};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};

fn complaints(clients: &Path, document: &Value) -> Vec<String> {
    let mut lines = ask(clients, &["shapes.py"], &document.to_string()).unwrap();
    let triples: usize = lines.remove(0).parse().unwrap();
    assert!(triples > 100, "{triples}");
    lines
}

#[test]
fn the_catalogue_is_as_the_shapes_of_dcat_ap_and_healthdcat_ap_want_it() {
    let Some(clients) = installed() else { return };
    let document = dcat::document(&catalogue());
    assert_eq!(complaints(&clients, &document), [""; 0]);
    assert_eq!(dcat::wanting(&about()), [""; 0]);
}

#[test]
fn what_the_shapes_miss_is_what_was_said_to_be_wanting() {
    let Some(clients) = installed() else { return };
    let mut catalogue = catalogue();
    catalogue.about.publisher.name.clear();
    catalogue.about.sample_page = None;
    catalogue.about.legislation = vec!["not an address".to_owned()];
    catalogue.about.access_page.clear();
    assert_eq!(dcat::wanting(&catalogue.about), ["publisher", "access_page", "legislation", "sample_page"]);
    let complaints = complaints(&clients, &dcat::document(&catalogue));
    for (standard, path) in [
        ("DCAT-AP", "http://xmlns.com/foaf/0.1/name"),
        ("DCAT-AP", "accessURL"),
        ("HealthDCAT-AP", "http://www.w3.org/ns/adms#sample"),
        ("HealthDCAT-AP", "http://data.europa.eu/r5r/applicableLegislation"),
    ] {
        let found = |line: &String| line.starts_with(&format!("{standard}:")) && line.contains(path);
        assert!(complaints.iter().any(found), "{standard} {path}: {complaints:#?}");
    }
}

#[test]
fn nothing_is_said_of_where_tables_lie_or_of_what_is_in_them() {
    let told =
        format!("{} {:?}", dcat::document(&catalogue()), hdruk::datasets(&catalogue(), &Default::default()));
    for secret in ["s3://", "ward/1", "2015-01"] {
        assert!(!told.contains(secret), "{secret}");
    }
    assert_eq!(dcat::document(&catalogue()).to_string(), dcat::document(&catalogue()).to_string());
    assert!(dcat::document(&catalogue())["@context"].is_object(), "nothing has to be fetched");
}

#[test]
fn a_catalogue_of_which_nothing_is_said_is_described_without_it() {
    let mut catalogue = catalogue();
    catalogue.about = About::default();
    assert_eq!(dcat::wanting(&catalogue.about).len(), 14);
    assert!(dcat::document(&catalogue)["@graph"].is_array());
    assert_eq!(hdruk::datasets(&catalogue, &Default::default()).len(), 2);
}

/// What version 4.1.0 of HDR UK's schema for datasets asks for: an object's name, the members that it must have and
/// those that it may have besides. The schema itself is in no registry that a build may ask.
const MEMBERS: &[(&str, &[&str], &[&str])] = &[
    (
        "",
        &[
            "identifier",
            "version",
            "revisions",
            "issued",
            "modified",
            "summary",
            "accessibility",
            "observations",
        ],
        &["documentation", "coverage", "provenance", "enrichmentAndLinkage", "structuralMetadata"],
    ),
    (
        "/summary",
        &["title", "abstract", "dataCustodian", "populationSize", "contactPoint"],
        &["keywords", "doiName", "datasetAliases"],
    ),
    ("/summary/dataCustodian", &["identifier", "name", "contactPoint"], &["logo", "description", "memberOf"]),
    ("/coverage", &["spatial"], &["followUp", "pathway", "materialType", "typicalAgeRangeMin"]),
    ("/provenance", &["temporal"], &["origin"]),
    ("/provenance/origin", &["datasetType"], &["purpose", "source", "collectionSource", "imageContrast"]),
    ("/provenance/origin/datasetType/0", &["name", "subTypes"], &[]),
    (
        "/provenance/temporal",
        &["publishingFrequency", "startDate", "timeLag"],
        &["endDate", "distributionReleaseDate"],
    ),
    ("/accessibility", &["access"], &["usage", "formatAndStandards"]),
    (
        "/accessibility/access",
        &["accessRights"],
        &["accessServiceCategory", "accessService", "jurisdiction", "dataController", "dataProcessor"],
    ),
    (
        "/accessibility/usage",
        &[],
        &["dataUseLimitation", "dataUseRequirements", "resourceCreator", "dataUsePermissions", "duoCodes"],
    ),
    (
        "/accessibility/formatAndStandards",
        &["vocabularyEncodingScheme", "conformsTo", "language", "format"],
        &[],
    ),
    (
        "/observations/0",
        &["observedNode", "measuredValue", "observationDate", "measuredProperty"],
        &["disambiguatingDescription"],
    ),
    ("/structuralMetadata", &[], &["tables", "syntheticDataWebLink"]),
    ("/structuralMetadata/tables/0", &["columns"], &["name", "description"]),
    (
        "/structuralMetadata/tables/0/columns/0",
        &["name", "dataType", "sensitive"],
        &["description", "values"],
    ),
];

#[test]
fn each_database_is_a_dataset_of_hdr_uk() {
    let terms = hdruk::Terms { access_category: Some("TRE/SDE".to_owned()), ..hdruk::Terms::default() };
    let datasets = hdruk::datasets(&catalogue(), &terms);
    assert_eq!(datasets.len(), 2);
    for dataset in &datasets {
        for (object, must, may) in MEMBERS {
            let found = dataset.pointer(object).unwrap_or_else(|| panic!("no {object}"));
            let found: BTreeSet<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
            let must: BTreeSet<&str> = must.iter().copied().collect();
            let all: BTreeSet<&str> = must.iter().chain(*may).copied().collect();
            assert!(found.is_superset(&must) && found.is_subset(&all), "{object}: {found:?}");
        }
        let text = |pointer: &str| dataset.pointer(pointer).and_then(Value::as_str).unwrap();
        assert_eq!(text("/identifier").len(), 36);
        assert_eq!(text("/version").split('.').filter(|part| part.parse::<u64>().is_ok()).count(), 3);
        assert!((2..=150).contains(&text("/summary/title").chars().count()));
        assert!((5..=500).contains(&text("/summary/abstract").chars().count()));
        assert!((2..=50).contains(&text("/summary/dataCustodian/identifier").len()));
        assert!(["Events", "Persons", "Findings"].contains(&text("/observations/0/observedNode")));
        assert_eq!(text("/accessibility/access/accessServiceCategory"), "TRE/SDE");
        assert_eq!(text("/provenance/temporal/publishingFrequency"), "Continuous");
    }
    let view = &datasets[1];
    assert_eq!(view["summary"]["populationSize"], 42);
    assert_eq!(datasets[0]["summary"]["populationSize"], -1, "nobody has counted");
    assert_eq!(view["provenance"]["temporal"]["startDate"], "2019-04-01");
    assert_eq!(view["provenance"]["temporal"]["endDate"], "2026-11-21");
    let columns = &view["structuralMetadata"]["tables"][0]["columns"];
    assert_eq!(columns[2]["dataType"], "decimal(12,2)");
    assert_eq!(columns[0]["sensitive"], true);
    assert_eq!(columns[1]["sensitive"], true, "nobody has said that it is not");
    assert_eq!(columns[6]["sensitive"], false);
}
