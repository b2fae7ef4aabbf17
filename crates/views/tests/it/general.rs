//! What only the general engine can do, wherever a path may stand; and that it makes the rows that columns make.

use crate::table::{compile, lines, run};
use expect_test::expect;
use views::{Pass, View};

/// The rows of a view, or why there are none.
fn rows(definition: &str, resource: &str) -> String {
    match compile(definition).map(|view| run(&view, [resource])) {
        Ok(Ok(batch)) => lines(&batch),
        Ok(Err(error)) => format!("{error}\n"),
        Err(error) => format!("{error}\n"),
    }
}

const PATIENT: &str = r#"{
    "resourceType": "Patient", "id": "p", "active": true, "birthDate": "1970-05-01",
    "name": [{"use": "official", "family": "B", "given": ["x", "y"]}, {"family": "A", "given": ["z"],
        "_given": [{"extension": [{"url": "u", "valueString": "deep"}]}]}],
    "contained": [{"resourceType": "Observation", "id": "o", "status": "final", "valueInteger": 5}],
    "extension": [{"url": "http://x", "valueDecimal": 1.50}]
}"#;

#[test]
fn the_general_engine_stands_wherever_a_path_may() {
    let text: String = [
        // In a `where`, by itself and with a constant.
        r#""where": [{"path": "name.family.select(lower()).exists($this = 'b')"}], "select": [{"column": [{"name": "c", "path": "id"}]}]"#,
        r#""where": [{"path": "%d.toString() = '1970-05-01' and birthDate = %d.toDate()"}], "constant": [{"name": "d", "valueDate": "1970-05-01"}], "select": [{"column": [{"name": "c", "path": "id & %d.toString()"}]}]"#,
        r#""where": [{"path": "name.given | name.family"}], "select": [{"column": [{"name": "c", "path": "id"}]}]"#,
        // In a `forEach`, whose items are then typed and have what stands beside them.
        r#""select": [{"forEach": "name.sort(family)", "column": [{"name": "i", "path": "%rowIndex"}, {"name": "f", "path": "family"}, {"name": "g", "path": "given.join('+')"}]}]"#,
        r#""select": [{"forEach": "name.given", "column": [{"name": "g", "path": "$this"}, {"name": "u", "path": "extension('u').value"}, {"name": "n", "path": "length()"}, {"name": "t", "path": "$this & %rowIndex.toString()"}]}]"#,
        r#""select": [{"forEach": "name.given.select(toChars())", "column": [{"name": "g", "path": "upper()"}]}]"#,
        r#""select": [{"forEach": "birthDate | birthDate + 1 day", "column": [{"name": "d", "path": "$this"}, {"name": "n", "path": "$this + 1 month"}]}]"#,
        r#""select": [{"forEach": "extension.value", "column": [{"name": "d", "path": "$this"}, {"name": "q", "path": "$this * 2"}]}]"#,
        r#""select": [{"forEach": "contained", "column": [{"name": "t", "path": "type().name"}, {"name": "v", "path": "value + 1"}, {"name": "s", "path": "status"}]}]"#,
        r#""select": [{"forEach": "contained.ofType(Observation)", "column": [{"name": "v", "path": "value.ofType(integer)"}, {"name": "w", "path": "(value as integer) + 1"}]}]"#,
        r#""select": [{"forEachOrNull": "contact.where(name.family.matches('x'))", "column": [{"name": "i", "path": "%rowIndex"}, {"name": "n", "path": "name.family"}]}]"#,
        r#""select": [{"repeat": ["contained | contained.contained"], "column": [{"name": "i", "path": "id & %rowIndex.toString()"}]}]"#,
        r#""select": [{"repeat": ["contained"], "column": [{"name": "i", "path": "id & %rowIndex.toString()"}]}]"#,
        // Nested selects and unions see the item, and %rowIndex its place.
        r#""select": [{"forEach": "name", "select": [{"column": [{"name": "a", "path": "family & %rowIndex.toString()"}]}, {"forEach": "given", "column": [{"name": "b", "path": "$this & %rowIndex.toString() & %resource.id"}]}]}]"#,
        r#""select": [{"unionAll": [{"forEach": "name.skip(1)", "column": [{"name": "a", "path": "family"}]}, {"column": [{"name": "a", "path": "id.upper()"}]}]}]"#,
        // Types of columns that state none.
        r#""select": [{"column": [{"name": "b", "path": "id.matches('p')"}, {"name": "i", "path": "id.length()"}, {"name": "t", "path": "birthDate + 1 day"}]}]"#,
        r#""select": [{"column": [{"name": "d", "path": "birthDate + 1 day", "type": "date", "tag": [{"name": "ansi/type", "value": "DATE"}]}, {"name": "n", "path": "extension.value * 2", "type": "decimal"}]}]"#,
        r#""select": [{"column": [{"name": "q", "path": "1 'm'"}]}]"#,
        r#""select": [{"column": [{"name": "c", "path": "name.given.select(upper())"}]}]"#,
    ]
    .into_iter()
    .map(|definition| rows(&format!(r#"{{"resource": "Patient", {definition}}}"#), PATIENT) + "\n")
    .collect();
    expect![[r#"
        p

        p1970-05-01

        evaluate `where[0].path` on a Patient: a `where` must give one boolean

        0 | A | z
        1 | B | x+y

        x | - | 1 | x0
        y | - | 1 | y1
        z | deep | 1 | z2

        X
        Y
        Z

        1970-05-01 | 1970-06-01
        1970-05-02 | 1970-06-02

        1.50 | 3.0

        Observation | 6 | final

        5 | 6

        0 | -

        o0

        o0

        B0 | x0p
        B0 | y1p
        A1 | z0p

        A
        P

        true | 1 | 1970-05-02

        1970-05-02 | 3.000000000000000000

        fill column `q` from a Patient: the value is not a primitive

        fill column `c` from a Patient: there are several values

    "#]]
    .assert_eq(&text);
}

/// Paths that need no general engine.
const COLUMNAR: &[&str] = &[
    "id",
    "status",
    "code.coding",
    "code.coding.code",
    "code.coding.where(system = 's').code",
    "code.coding.where(system != 's' or code.empty()).code",
    "code.coding.first().code",
    "code.coding[1].code",
    "code.coding.last().system",
    "code.coding.exists(code = 'a')",
    "code.coding.select(system + code)",
    "code.coding.code.join('-')",
    "value",
    "value.value",
    "value.ofType(Quantity).value",
    "value.ofType(string)",
    "(value as integer)",
    "value.ofType(integer) + 1",
    "value.ofType(Quantity).value * 2.0",
    "value.ofType(Quantity).value / 3",
    "-value.ofType(integer)",
    "value.ofType(integer) > 2",
    "value.ofType(boolean)",
    "value.ofType(boolean).not()",
    "value.exists() and status = 'final'",
    "value.ofType(boolean) implies status = 'final'",
    "effective.ofType(dateTime)",
    "effective.ofType(dateTime) > @2020-03",
    "effective > @2020-03",
    "effective.ofType(dateTime) = issued",
    "effective.ofType(Period).start <= issued",
    "effective.ofType(dateTime).lowBoundary()",
    "effective.ofType(dateTime).highBoundary()",
    "value.ofType(Quantity).value.highBoundary()",
    "component.count()",
    "component.value",
    "component.value.ofType(integer)",
    "component.where(value.ofType(integer) >= 2).code.coding.code",
    "subject.getReferenceKey()",
    "subject.getReferenceKey(Patient)",
    "getResourceKey()",
    "status.extension('u').value.ofType(string)",
    "extension('u').value.ofType(string)",
    "iif(value.exists(), value.ofType(string), status)",
    "%resource.status",
    "missing.deeper",
];

fn resource() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::{collection::vec, prelude::*, sample::select};
    let concept = vec(
        select(vec![r#"{"system":"s","code":"a"}"#, r#"{"system":"t","code":"b"}"#, r#"{"code":"a"}"#]),
        0..3,
    );
    let concept = concept.prop_map(|codings| format!(r#"{{"coding":[{}]}}"#, codings.join(",")));
    let value = select(vec![
        "",
        r#","valueQuantity":{"value":1.10,"unit":"m"}"#,
        r#","valueQuantity":{"value":-3e2,"system":"http://unitsofmeasure.org","code":"mg"}"#,
        r#","valueInteger":3"#,
        r#","valueInteger":2147483647"#,
        r#","valueString":"x","_valueString":{"id":"i"}"#,
        r#","valueBoolean":false"#,
        r#","valueBoolean":true"#,
        r#","valueCodeableConcept":{"coding":[{"code":"c"}]}"#,
    ]);
    let effective = select(vec![
        "",
        r#","effectiveDateTime":"2020""#,
        r#","effectiveDateTime":"2020-03-01""#,
        r#","effectiveDateTime":"2020-03-01T12:00:00+01:00""#,
        r#","effectiveDateTime":"soon""#,
        r#","effectivePeriod":{"start":"2020-02","end":"2021"}"#,
        r#","effectiveInstant":"2020-04-01T00:00:00.000Z""#,
    ]);
    let rest = select(vec![
        "",
        r#","status":"final","_status":{"extension":[{"url":"u","valueString":"beside"}]}"#,
        r#","status":"amended","issued":"2020-03-01T11:00:00.000Z""#,
        r#","issued":"2020-03-01T11:00:00Z","subject":{"reference":"Patient/p"}"#,
        r#","status":"final","subject":{"reference":"urn:uuid:1","type":"Patient"},"extension":[{"url":"u","valueString":"own"}]"#,
        r#","subject":{"reference":"http://h/Group/g/_history/2"},"missing":{"deeper":[1.0,"x"]}"#,
    ]);
    let component =
        (concept.clone(), value.clone()).prop_map(|(code, value)| format!(r#"{{"code":{code}{value}}}"#));
    (concept, value, effective, rest, vec(component, 0..3)).prop_map(|(code, value, effective, rest, components)| {
        let components = components.join(",");
        format!(r#"{{"resourceType":"Observation","id":"o","code":{code},"component":[{components}]{value}{effective}{rest}}}"#)
    })
}

/// Views that have `path` as a column, as a `forEach` and as a `where`.
fn ways(path: &str) -> [String; 3] {
    let column = |path: &str| {
        format!(r#"{{"column": [{{"name": "v", "path": "{path}", "type": "string", "collection": true}}]}}"#)
    };
    let each = format!(
        r#"{{"forEach": "{path}", "column": [{{"name": "i", "path": "%rowIndex"}}, {{"name": "v", "path": "$this", "type": "string"}}]}}"#
    );
    let (filter, id) = (format!(r#""where": [{{"path": "{path}"}}]"#), column("id"));
    [
        format!(r#"{{"resource": "Observation", "select": [{}]}}"#, column(path)),
        format!(r#"{{"resource": "Observation", "select": [{each}]}}"#),
        format!(r#"{{"resource": "Observation", {filter}, "select": [{id}]}}"#),
    ]
}

#[test]
fn a_long_chain_of_types_compiles_in_no_time() {
    let chain = vec!["item.ofType(BackboneElement)"; 60].join(".");
    for path in [chain.as_str(), &chain.replace("item.", "item.first().")] {
        let definition = format!(
            r#"{{"resource": "Questionnaire", "select": [{{"repeat": ["{path}", "item"], "column": [{{"name": "a", "path": "linkId"}}]}}]}}"#
        );
        compile(&definition).unwrap();
    }
    let nested = (0..20).fold(r#"{"column": [{"name": "a", "path": "length()"}]}"#.to_owned(), |inner, _| {
        format!(r#"{{"forEach": "$this", "select": [{inner}]}}"#)
    });
    compile(&format!(
        r#"{{"resource": "Patient", "select": [{{"forEach": "name.given", "select": [{nested}]}}]}}"#
    ))
    .unwrap();
}

/// What each view makes of a resource in one pass over it, or that it makes nothing.
fn pass(views: &[View], resource: &str) -> Vec<Option<String>> {
    let mut refused = vec![false; views.len()];
    let mut pass = Pass::new(views);
    pass.append(resource.as_bytes(), &mut |at, _| refused[at] = true).unwrap();
    let rows = pass.tables().map(|rows| lines(&rows.finish().unwrap()));
    rows.zip(refused).map(|(rows, refused)| (!refused).then_some(rows)).collect()
}

proptest::proptest! {
    #[test]
    fn the_general_engine_makes_the_rows_that_columns_make(resource in resource(), path in proptest::sample::select(COLUMNAR)) {
        // `trace` passes on what it is given, and only the general engine has it.
        let general = format!("({path}).trace('t')");
        for (columnar, general) in ways(path).into_iter().zip(ways(&general)) {
            let views = [compile(&columnar).unwrap(), compile(&general).unwrap()];
            let whole: Vec<_> =
                views.iter().map(|view| run(view, [resource.as_str()]).ok().map(|rows| lines(&rows))).collect();
            assert_eq!(whole[0], whole[1], "{path} on {resource}");
            // Read whole, and only as far as is asked for.
            assert_eq!(pass(&views, &resource), whole, "{path} on {resource}");
            assert_eq!(pass(&views[..1], &resource), whole[..1], "{path} on {resource}");
        }
    }
}
