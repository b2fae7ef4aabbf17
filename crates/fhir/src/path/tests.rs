//! The engine as its callers use it: expressions in, texts out.

use super::*;
use crate::json::parse;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use std::cell::RefCell;

const PATIENT: &str = r##"{"resourceType":"Patient","id":"p","active":true,"birthDate":"1974-12-25",
    "_birthDate":{"extension":[{"url":"u","valueDateTime":"1974-12-25T14:35:45-05:00"}]},
    "name":[{"use":"official","family":"Chalmers","given":["Peter","James"]},{"use":"usual","given":["Jim"]}],
    "multipleBirthInteger":2,"gender":"male","managingOrganization":{"reference":"#o"},
    "contained":[{"resourceType":"Organization","id":"o","name":"Acme"}]}"##;

const BUNDLE: &str = r#"{"resourceType":"Bundle","type":"collection","entry":[
    {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"a","name":[{"family":"One"}]}},
    {"resource":{"resourceType":"Observation","subject":{"reference":"Patient/a"},"performer":[
        {"reference":"urn:uuid:1"},{"reference":"Patient/nowhere"}]}}]}"#;

/// 2026-01-01T12:00:00Z
const NOW_UNIX_MS: i64 = 1_767_268_800_000;

/// The texts of what an expression comes to, or the error.
fn told(resource: &str, text: &str, environment: &Environment<'_>) -> String {
    let resource = parse(resource.as_bytes()).unwrap();
    let parsed = match Expression::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => return error.to_string(),
    };
    let environment = environment.clone();
    let tell = |item: &Item<'_>| match item.text() {
        Some(text) => text.into_owned(),
        None => format!("<{}>", item.type_name().1),
    };
    match parsed.evaluate(&resource, &environment) {
        Ok(items) => items.iter().map(tell).collect::<Vec<_>>().join(", "),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(resource: &str, cases: &[&str], expected: Expect) {
    let environment = Environment::new().at_unix_ms(NOW_UNIX_MS);
    let lines: Vec<_> =
        cases.iter().map(|text| format!("{text} => {}", told(resource, text, &environment))).collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn paths_follow_types_choices_and_primitives() {
    check(
        PATIENT,
        &[
            "Patient.name.given",
            "DomainResource.id",
            "Observation.id.empty()",
            "multipleBirth",
            "multipleBirth is integer",
            "birthDate.extension('u').value",
            "(birthDate is date) and (birthDate is System.Date).not()",
            "gender is string",
            "id is System.String",
            "name[1]",
            "contained.name",
            "type().name",
        ],
        expect![[r#"
            Patient.name.given => Peter, James, Jim
            DomainResource.id => p
            Observation.id.empty() => true
            multipleBirth => 2
            multipleBirth is integer => true
            birthDate.extension('u').value => 1974-12-25T14:35:45-05:00
            (birthDate is date) and (birthDate is System.Date).not() => true
            gender is string => true
            id is System.String => true
            name[1] => <HumanName>
            contained.name => Acme
            type().name => Patient"#]],
    );
}

#[test]
fn references_lead_to_contained_resources_and_entries() {
    check(
        PATIENT,
        &["managingOrganization.resolve().name"],
        expect!["managingOrganization.resolve().name => Acme"],
    );
    check(
        BUNDLE,
        &["entry.resource.subject.resolve().name.family", "entry.resource.performer.resolve().id"],
        expect![[r#"
            entry.resource.subject.resolve().name.family => One
            entry.resource.performer.resolve().id => a"#]],
    );
}

#[test]
fn what_an_expression_cannot_know_is_refused_with_a_reason() {
    check(
        PATIENT,
        &[
            "gender.memberOf('http://x')",
            "conformsTo('http://profile')",
            "%unknown",
            "name.elementDefinition()",
            "gender as Strange",
        ],
        expect![[r#"
            gender.memberOf('http://x') => terminology is asked of a terminology server, which an expression cannot reach at byte 7 of the expression
            conformsTo('http://profile') => profiles are the validator's affair: only types of R4 itself are known here at byte 0 of the expression
            %unknown => an undefined or twice defined variable (FHIRPath §9) at byte 0 of the expression
            name.elementDefinition() => profiles are the validator's affair: only types of R4 itself are known here at byte 5 of the expression
            gender as Strange => an unknown type (FHIRPath §6.3) at byte 7 of the expression"#]],
    );
    let clockless = told(PATIENT, "now()", &Environment::new());
    assert_eq!(clockless, "no time was handed in (FHIRPath §5.9.2) at byte 0 of the expression");
}

#[test]
fn the_environment_is_what_the_caller_handed_in() {
    check(
        PATIENT,
        &[
            "now()",
            "today() > birthDate",
            "%ucum",
            "%`vs-x`",
            "%resource.id",
            "name.select(%context.id)",
            "defineVariable('n', name.count()).select(%n + 1)",
            "name.defineVariable('a').defineVariable('a')",
            "(1 | 2).select(defineVariable('a', $this).select(%a)).sum()",
        ],
        expect![[r#"
            now() => 2026-01-01T12:00:00.000Z
            today() > birthDate => true
            %ucum => http://unitsofmeasure.org
            %`vs-x` => http://hl7.org/fhir/ValueSet/x
            %resource.id => p
            name.select(%context.id) => p, p
            defineVariable('n', name.count()).select(%n + 1) => 3
            name.defineVariable('a').defineVariable('a') => an undefined or twice defined variable (FHIRPath §9) at byte 25 of the expression
            (1 | 2).select(defineVariable('a', $this).select(%a)).sum() => 3"#]],
    );
}

#[test]
fn a_trace_is_handed_out_and_changes_nothing() {
    let heard = RefCell::new(Vec::new());
    let sink = |name: &str, items: &[Item<'_>]| heard.borrow_mut().push(format!("{name} {}", items.len()));
    let environment = Environment::new().with_trace(&sink);
    assert_eq!(told(PATIENT, "name.trace('a').given.trace('b', length()).first()", &environment), "Peter");
    assert_eq!(heard.into_inner(), ["a 2", "b 3"]);
}

#[test]
fn a_hostile_expression_ends_with_an_error() {
    let limit = Rule::Limit.to_string();
    let doubling = format!("(1){}", ".combine($this.select(1 | 2))".repeat(3));
    for text in [
        "(1|2|3|4|5|6|7|8|9).repeat($this + 1)",
        "('a'|'b'|'c'|'d'|'e'|'f'|'g'|'h'|'i').select($this & $this).aggregate($total & $total & $total & $total & $total & $total & $total & $total & $total & $total, 'aaaaaaaa')",
        "descendants().repeat(descendants() | children().combine(%resource.descendants()))",
    ] {
        let environment = Environment::new().with_work(20_000);
        let answer = told(PATIENT, text, &environment);
        assert!(answer.starts_with(&limit), "{text}: {answer}");
    }
    assert!(!told("{}", &doubling, &Environment::new()).is_empty());
    assert!(Expression::parse(&"a".repeat(MAX_EXPRESSION_BYTES + 1)).is_err());
    assert!(
        told("{}", "'a'.matches('(a{1000}){1000}')", &Environment::new()).starts_with("a regular expression")
    );
}

#[test]
fn the_check_knows_what_types_have() {
    let strict = Strictness { ordered: true };
    for (type_name, text, expected) in [
        ("Patient", "name.given1", "`HumanName` has no element `given1` at byte 5 of the expression"),
        (
            "Observation",
            "valueQuantity.unit",
            "`Observation` has no element `valueQuantity` at byte 0 of the expression",
        ),
        (
            "Observation",
            "(value as Period).unit",
            "`Period` has no element `unit` at byte 18 of the expression",
        ),
        (
            "Patient",
            "children().skip(1)",
            "`skip` over a collection without an order at byte 11 of the expression",
        ),
        ("Patient", "gender.as(string1)", "unknown type `string1` at byte 7 of the expression"),
        (
            "Patient",
            "name.startsWith('a')",
            "`startsWith` is not defined for `HumanName` at byte 5 of the expression",
        ),
        ("Patient", "birthDate + 7", "`+` is not defined for `System.Integer` at byte 10 of the expression"),
        ("Patient", "iif('a', 1, 2)", "a condition that is not one Boolean at byte 4 of the expression"),
        ("Nothing", "id", "unknown type `Nothing` at byte 0 of the expression"),
    ] {
        let error = Expression::parse(text).unwrap().check(type_name, strict).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
    for (type_name, text) in [
        ("Patient", "Patient.name.where(use = 'official').given.first() & name.family.first()"),
        ("Observation", "value.unit | value.ofType(CodeableConcept).coding.code"),
        ("Bundle", "entry.resource.anything.at.all"),
        ("HumanName", "given | family"),
        ("Questionnaire", "item.item.repeat(item).linkId"),
        ("Patient", "contact.relationship.coding.exists(system.exists() implies code.exists())"),
        ("Patient", "birthDate + 7 days"),
    ] {
        Expression::parse(text).unwrap().check(type_name, strict).unwrap();
    }
}

#[test]
fn the_highest_tree_that_is_read_can_be_walked() {
    let sum = format!("1{}", " + 1".repeat(250));
    let chain = format!("Patient{}.id", ".where(true)".repeat(250));
    let nested = format!("{}$this{}", "select(".repeat(60), ")".repeat(60));
    let conditions = format!("{}1{}", "iif(true, ".repeat(60), ")".repeat(60));
    for (text, expected) in [(sum, "251"), (chain, "p"), (nested, "<Patient>"), (conditions, "1")] {
        assert_eq!(told(PATIENT, &text, &Environment::new()), expected);
        Expression::parse(&text).unwrap().check("Patient", Strictness::default()).unwrap();
    }
}

#[test]
fn as_of_many_items_is_an_error_unless_it_may_filter() {
    let text = "descendants().as(HumanName).family";
    let refused = told(PATIENT, text, &Environment::new());
    assert_eq!(
        refused,
        "more than one item where one is expected (FHIRPath §4.5) at byte 14 of the expression"
    );
    assert_eq!(told(PATIENT, text, &Environment::new().with_filtering_as()), "Chalmers");
}

#[test]
fn a_value_that_no_decimal_holds_is_a_value_all_the_same() {
    let observation = r#"{"resourceType":"Observation","valueQuantity":{"value":1e-245}}"#;
    let environment = Environment::new();
    assert_eq!(told(observation, "value.value.hasValue()", &environment), "true");
    assert_eq!(told(observation, "value.value + 1", &environment), "");
}

#[test]
fn errors_tell_nothing_of_the_resource() {
    for text in
        ["name.given.single()", "name.family + 1", "gender.toQuantity() < 1 'mg'", "name.given.matches('[')"]
    {
        let answer = told(PATIENT, text, &Environment::new());
        for content in ["Peter", "Chalmers", "male"] {
            assert!(!answer.contains(content), "{text}: {answer}");
        }
    }
}

/// Texts that are often expressions: pieces of the grammar in any order.
fn pieces() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "name",
        "given",
        "Patient",
        ".",
        "(",
        ")",
        "[",
        "]",
        "{}",
        " + ",
        " - ",
        " | ",
        " & ",
        " = ",
        " ~ ",
        " < ",
        " is ",
        " as ",
        " in ",
        " div ",
        " mod ",
        " and ",
        "'a'",
        "1",
        "2.5",
        "5L",
        "@2020-02",
        "@T10:30",
        "4 days",
        " 1 'mg'",
        "$this",
        "$index",
        "%resource",
        "%ucum",
        "first()",
        "where($this = 1)",
        "select(",
        "repeat(children())",
        "descendants()",
        "toQuantity()",
        "toString()",
        "power(",
        "substring(1)",
        "replaceMatches('a', '$1')",
        "sort(-",
        "aggregate($total + $this, 0)",
        "lowBoundary()",
        "highBoundary(3)",
        "%factory.code('a')",
        "exp()",
        "ln()",
        "type()",
        "birthDate",
        "extension('u')",
        ",",
        "999999999999",
        "combine(",
        "distinct()",
        "sum()",
        "9223372036854775807L",
        "@9999-12-31",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 1..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _read = Expression::parse(&text);
    }

    #[test]
    fn no_expression_makes_the_engine_panic(text in pieces()) {
        let environment = Environment::new().at_unix_ms(NOW_UNIX_MS).with_work(5_000);
        let _told = told(PATIENT, &text, &environment);
        if let Ok(parsed) = Expression::parse(&text) {
            let _checked = parsed.check("Patient", Strictness { ordered: true });
        }
    }

    #[test]
    fn no_unit_makes_the_engine_panic(left in "[a-zA-Z0-9.*/\\[\\]{}()_%' ^-]{0,24}", right in "[a-z\\[\\]/.0-9]{0,12}") {
        let escaped = left.replace('\'', "");
        let text = format!("1 '{escaped}' * 3.5 '{right}' = 2 '{escaped}' + 1 '{right}'");
        let _told = told("{}", &text, &Environment::new());
    }

    #[test]
    fn no_resource_makes_the_engine_panic(json in r#"[\[\]{}:,"a-z0-9_ ]{0,60}"#, text in pieces()) {
        if let Ok(resource) = parse(json.as_bytes()) && let Ok(parsed) = Expression::parse(&text) {
            let environment = Environment::new().with_work(5_000);
            let _evaluated = parsed.evaluate(&resource, &environment);
        }
    }
}

#[test]
fn keys_of_sql_on_fhir_join_references_to_resources() {
    check(
        BUNDLE,
        &[
            "entry.resource.getResourceKey()",
            "entry.resource.ofType(Observation).subject.getReferenceKey()",
            "entry.resource.ofType(Observation).subject.getReferenceKey(Patient) & '!'",
            "entry.resource.ofType(Observation).subject.getReferenceKey(Group).empty()",
            "entry.resource.ofType(Observation).performer.getReferenceKey(FHIR.Patient)",
            "entry.resource.ofType(Observation).subject.getReferenceKey('Patient')",
        ],
        expect![[r#"
            entry.resource.getResourceKey() => a
            entry.resource.ofType(Observation).subject.getReferenceKey() => a
            entry.resource.ofType(Observation).subject.getReferenceKey(Patient) & '!' => a!
            entry.resource.ofType(Observation).subject.getReferenceKey(Group).empty() => true
            entry.resource.ofType(Observation).performer.getReferenceKey(FHIR.Patient) => nowhere
            entry.resource.ofType(Observation).subject.getReferenceKey('Patient') => an argument that the function does not know at byte 43 of the expression"#]],
    );
    let keys = Expression::parse("subject.getReferenceKey(Patient)").unwrap();
    assert_eq!(keys.check("Observation", Strictness::default()), Ok(()));
}

#[test]
fn an_expression_says_what_it_gives_where_that_is_certain() {
    for (text, gives) in [
        ("name.exists()", Some(SystemType::Boolean)),
        ("name.given.count()", Some(SystemType::Integer)),
        ("id & 'x'", Some(SystemType::String)),
        ("birthDate + 1 day", Some(SystemType::Date)),
        ("active", None),
        ("1 + 1", None),
        ("nothing.exists()", None),
    ] {
        let expression = Expression::parse(text).unwrap();
        assert_eq!(expression.gives(knowledge().id("Patient")), gives, "{text}");
    }
    assert_eq!(Expression::parse("nothing.exists()").unwrap().gives(None), Some(SystemType::Boolean));
}

#[test]
fn a_tree_is_walked_from_inputs_to_arguments() {
    fn names(tree: &Expr, found: &mut Vec<String>) {
        if let ExprKind::Member { name, .. } = &tree.kind {
            found.push(name.clone());
        }
        tree.children().into_iter().for_each(|child| names(child, found));
    }
    let mut found = Vec::new();
    let text = "-a.where(b = c[d]).e is Patient or (%factory.Coding(f) as Coding).exists(g)";
    names(Expression::parse(text).unwrap().tree(), &mut found);
    assert_eq!(found.join(""), "eabcdfg");
}

#[test]
fn a_function_says_why_it_is_never_run() {
    let refused: Vec<_> = Function::all().filter(|function| function.refusal().is_some()).collect();
    expect!["[memberOf, subsumes, subsumedBy, elementDefinition, slice, checkModifiers, htmlChecks]"]
        .assert_eq(&format!("{refused:?}"));
    let timed: Vec<_> = Function::all().filter(|function| function.needs_time()).collect();
    expect!["[now, today, timeOfDay]"].assert_eq(&format!("{timed:?}"));
}

#[test]
fn join_of_nothing_is_a_text_only_for_who_asks_for_it() {
    let told = |environment: Environment<'_>| told(PATIENT, "name.suffix.join(',').count()", &environment);
    assert_eq!(
        (told(Environment::new()), told(Environment::new().with_empty_join())),
        ("0".into(), "1".into())
    );
}
