//! Names that others have given: prefixes, and entries of the vocabularies of the EU's Publications Office.

use super::graph::{Graph, reference};
use serde_json::{Value, json};

/// Who may have it: not everybody.
pub(super) const NON_PUBLIC: &str =
    "http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC";
/// The list of themes of datasets, and the theme of health.
pub(super) const THEMES: &str = "http://publications.europa.eu/resource/authority/data-theme";
pub(super) const HEALTH: &str = "http://publications.europa.eu/resource/authority/data-theme/HEAL";
/// What kind of dataset it is: pseudonymised data is personal data.
pub(super) const PERSONAL_DATA: &str =
    "http://publications.europa.eu/resource/authority/dataset-type/PERSONAL_DATA";
pub(super) const PARQUET: &str = "http://publications.europa.eu/resource/authority/file-type/PARQUET";
pub(super) const PARQUET_MEDIA: &str =
    "https://www.iana.org/assignments/media-types/application/vnd.apache.parquet";

const LANGUAGES: &str = "http://publications.europa.eu/resource/authority/language/";
/// ISO 639-1 and what the EU's list has for it: the languages of its members, and of the United Kingdom.
const LANGUAGE_CODES: &[(&str, &str)] = &[
    ("bg", "BUL"),
    ("cs", "CES"),
    ("cy", "CYM"),
    ("da", "DAN"),
    ("de", "DEU"),
    ("el", "ELL"),
    ("en", "ENG"),
    ("es", "SPA"),
    ("et", "EST"),
    ("fi", "FIN"),
    ("fr", "FRA"),
    ("ga", "GLE"),
    ("gd", "GLA"),
    ("hr", "HRV"),
    ("hu", "HUN"),
    ("it", "ITA"),
    ("lt", "LIT"),
    ("lv", "LAV"),
    ("mt", "MLT"),
    ("nl", "NLD"),
    ("pl", "POL"),
    ("pt", "POR"),
    ("ro", "RON"),
    ("sk", "SLK"),
    ("sl", "SLV"),
    ("sv", "SWE"),
];

/// The prefixes. Inside the document: nobody has to fetch anything to read it.
pub(super) fn context() -> Value {
    json!({
        "adms": "http://www.w3.org/ns/adms#",
        "csvw": "http://www.w3.org/ns/csvw#",
        "dcat": "http://www.w3.org/ns/dcat#",
        "dcatap": "http://data.europa.eu/r5r/",
        "dct": "http://purl.org/dc/terms/",
        "dpv": "https://w3id.org/dpv#",
        "eli": "http://data.europa.eu/eli/ontology#",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "healthdcatap": "http://healthdataportal.eu/ns/health#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

/// A language of two letters by its address in the EU's list.
pub(super) fn language(code: &str) -> Option<String> {
    let (_, long) = LANGUAGE_CODES.iter().find(|(short, _)| *short == code)?;
    Some(format!("{LANGUAGES}{long}"))
}

/// Says of what kind the entries are that every document points to.
pub(super) fn put_shared(graph: &mut Graph) {
    let english = |text: &str| json!({ "@value": text, "@language": "en" });
    graph.put(THEMES, "skos:ConceptScheme", json!({ "dct:title": english("Data theme") }));
    let health = json!({ "skos:prefLabel": english("Health"), "skos:inScheme": reference(THEMES) });
    graph.put(HEALTH, "skos:Concept", health);
    graph.put(PERSONAL_DATA, "skos:Concept", json!({ "skos:prefLabel": english("Personal data") }));
    graph.put(NON_PUBLIC, "dct:RightsStatement", json!({ "rdfs:label": english("non-public") }));
    graph.put(PARQUET, "dct:MediaTypeOrExtent", json!({}));
    graph.put(PARQUET_MEDIA, "dct:MediaType", json!({}));
}
