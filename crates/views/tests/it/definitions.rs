//! ViewDefinitions as SQL on FHIR 2.0 and the ballot of 3.0 write them.

use crate::table::{compile, lines, run};
use expect_test::expect;

/// What both versions have below their heads.
const BODY: &str = r#""name": "v", "status": "active", "resource": "Patient",
    "constant": [{"name": "use", "valueCode": "official"}],
    "select": [{"column": [{"name": "id", "path": "getResourceKey()", "type": "id"}]},
        {"forEach": "name.where(use = %use)", "column": [{"name": "i", "path": "%rowIndex"}, {"name": "n", "path": "family"}]}],
    "where": [{"path": "active", "description": "of those who are here"}]"#;

const PATIENT: &str = r#"{"resourceType": "Patient", "id": "p", "active": true,
    "name": [{"use": "official", "family": "A"}, {"use": "usual", "family": "B"}, {"use": "official", "family": "C"}]}"#;

#[test]
fn both_versions_of_the_standard_make_the_same_rows() {
    for head in [
        // 2.0: a logical model, named by its canonical, with one identifier.
        r#""resourceType": "https://sql-on-fhir.org/ig/StructureDefinition/ViewDefinition",
            "identifier": {"value": "1"}, "fhirVersion": ["4.0.1"]"#,
        r#""resourceType": "http://sql-on-fhir.org/ig/StructureDefinition/ViewDefinition",
            "meta": {"profile": ["https://sql-on-fhir.org/ig/StructureDefinition/TabularViewDefinition"]}"#,
        // 3.0: an additional resource, which says by which definition it is one.
        r#""resourceType": "ViewDefinition",
            "resourceDefinition": "http://hl7.org/fhir/StructureDefinition/ViewDefinition|3.0.0-ballot",
            "meta": {"profile": ["http://hl7.org/fhir/uv/sql-on-fhir/StructureDefinition/ShareableViewDefinition"]},
            "url": "http://hl7.org/fhir/uv/sql-on-fhir/ViewDefinition/v", "identifier": [{"value": "1"}, {"value": "2"}],
            "versionAlgorithmString": "semver", "profile": ["http://hl7.org/fhir/StructureDefinition/Patient"],
            "fhirVersion": ["4.0", "5.0"], "author": [{"name": "x"}], "relatedArtifact": [{"type": "derived-from"}]"#,
        r#""resourceType": "ViewDefinition""#,
        // No head at all, as the suite writes its views.
        r#""title": "x""#,
    ] {
        let view = compile(&format!("{{{head}, {BODY}}}")).unwrap_or_else(|error| panic!("{head}: {error}"));
        assert_eq!(lines(&run(&view, [PATIENT]).unwrap()), "p | 0 | A\np | 1 | C\n", "{head}");
    }
}

#[test]
fn what_neither_version_allows_is_refused_with_its_place() {
    let text: String = [
        r#""resourceType": "Library""#,
        r#""resourceType": "http://hl7.org/fhir/StructureDefinition/Patient""#,
        r#""resourceDefinition": "http://hl7.org/fhir/StructureDefinition/Patient|1""#,
        r#""resourceDefinition": ["http://hl7.org/fhir/StructureDefinition/ViewDefinition"]"#,
        r#""identifier": "1""#,
        r#""identifier": [{"value": "1"}, "2"]"#,
        r#""profile": "http://hl7.org/fhir/StructureDefinition/Patient""#,
        r#""profile": ["http://hl7.org/fhir/StructureDefinition/Patient", {}]"#,
        r#""fhirVersion": "4.0.1""#,
        r#""fhirVersion": ["4.0.1", 5]"#,
        r#""constant": [{"name": "a", "valueDate": "2020-02-30"}]"#,
        r#""constant": [{"name": "a", "valueInstant": "soon"}]"#,
        r#""constant": [{"name": "a", "valueTime": "25:00"}]"#,
        r#""constant": [{"name": "a", "valueInteger": 1.5}]"#,
        r#""constant": [{"name": "a", "valueDecimal": "x"}]"#,
        r#""constant": [{"name": "a", "valueBoolean": "true"}]"#,
    ]
    .into_iter()
    .map(|head| {
        let select = r#""resource": "Patient", "select": [{"column": [{"name": "a", "path": "id"}]}]"#;
        format!("{}\n", compile(&format!("{{{head}, {select}}}")).unwrap_err())
    })
    .collect();
    expect![[r#"
        read `resourceType` of the ViewDefinition: it must be `ViewDefinition`
        read `resourceType` of the ViewDefinition: it must be `ViewDefinition`
        read `resourceDefinition` of the ViewDefinition: it must be the canonical of ViewDefinition
        read `resourceDefinition` of the ViewDefinition: it must be a text
        read `identifier` of the ViewDefinition: it must be an Identifier
        read `identifier[1]` of the ViewDefinition: it must be an Identifier
        read `profile` of the ViewDefinition: it must be an array with items
        read `profile[1]` of the ViewDefinition: it must be a text
        read `fhirVersion` of the ViewDefinition: it must be an array with items
        read `fhirVersion[1]` of the ViewDefinition: it must be a text
        read `constant[0].valueDate` of the ViewDefinition: it must be a date
        read `constant[0].valueInstant` of the ViewDefinition: it must be a date and time
        read `constant[0].valueTime` of the ViewDefinition: it must be a time
        read `constant[0].valueInteger` of the ViewDefinition: it must be a whole number
        read `constant[0].valueDecimal` of the ViewDefinition: it must be a number
        read `constant[0].valueBoolean` of the ViewDefinition: it must be a boolean
    "#]]
    .assert_eq(&text);
}

#[test]
fn at_most_one_directive_stands_in_a_select_even_when_two_say_the_same() {
    // 2.0 let this pass, and gave it no meaning (3.0.0-ballot, "One iteration directive per select").
    let error = compile(
        r#"{"resource": "Patient", "select": [{"forEach": "name", "forEachOrNull": "name", "column": [{"name": "a", "path": "family"}]}]}"#,
    );
    assert_eq!(error.unwrap_err().path, "select[0]");
}
