//! What paths give, and how definitions and resources are refused.

use crate::table::{compile, lines, run};
use expect_test::{Expect, expect};
use fhir::json::parse;
use views::RowError;

const OBSERVATION: &str = r#"{
    "resourceType": "Observation", "id": "o", "status": "final",
    "effectiveDateTime": "2020-01-01T12:00:00Z", "issued": "2020-01-01T13:00:00.000+01:00",
    "code": {"coding": [{"system": "s", "code": "a"}, {"system": "t", "code": "b"}]},
    "valueQuantity": {"value": 1.10, "unit": "m"}, "component": [{"valueInteger": 3}, {"valueString": "x"}],
    "subject": {"reference": "Patient/p"}
}"#;

/// What `path` gives on [`OBSERVATION`], as texts.
fn values(path: &str) -> String {
    let path = path.replace('\\', "\\\\").replace('"', "\\\"");
    let view = compile(&format!(
        r#"{{"resource": "Observation", "constant": [{{"name": "s", "valueCode": "s"}}],
            "select": [{{"column": [{{"name": "v", "path": "{path}", "type": "string", "collection": true}}]}}]}}"#
    ));
    match view.map(|view| run(&view, [OBSERVATION])) {
        Ok(Ok(batch)) => lines(&batch).trim_end().to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(paths: &[&str], expected: Expect) {
    let lines: String = paths.iter().map(|path| format!("{path} → {}\n", values(path))).collect();
    expected.assert_eq(&lines);
}

#[test]
fn paths_walk_the_resource() {
    check(
        &[
            "code.coding.code",
            "Observation.code.coding[1].code",
            "code.coding.where(system = %s).code",
            "code.coding.last().code",
            "code.coding.select(system + code)",
            "code.coding[7].code",
            "value.ofType(Quantity).value",
            "value.value",
            "component.value",
            "component.value.ofType(integer)",
            "component.select(%resource.id)",
            "subject.getReferenceKey(Patient)",
            "`status`",
            "$this.status",
            "{}",
        ],
        expect![[r#"
            code.coding.code → [a, b]
            Observation.code.coding[1].code → [b]
            code.coding.where(system = %s).code → [a]
            code.coding.last().code → [b]
            code.coding.select(system + code) → [sa, tb]
            code.coding[7].code → []
            value.ofType(Quantity).value → [1.10]
            value.value → [1.10]
            component.value → [3, x]
            component.value.ofType(integer) → [3]
            component.select(%resource.id) → [o, o]
            subject.getReferenceKey(Patient) → [p]
            `status` → [final]
            $this.status → [final]
            {} → []
        "#]],
    );
}

#[test]
fn logic_has_three_values() {
    check(
        &[
            "true and {}",
            "false and {}",
            "true or {}",
            "{} or false",
            "{} implies true",
            "true xor false",
            "(1 = 2).not()",
            "{}.not()",
            "status = 'final' and code.exists()",
            "1 = 1 or 1 = 2 and 1 = 2",
            "code.coding.exists(code = 'b')",
            "missing.empty()",
        ],
        expect![[r#"
            true and {} → []
            false and {} → [false]
            true or {} → [true]
            {} or false → []
            {} implies true → [true]
            true xor false → [true]
            (1 = 2).not() → [true]
            {}.not() → []
            status = 'final' and code.exists() → [true]
            1 = 1 or 1 = 2 and 1 = 2 → [true]
            code.coding.exists(code = 'b') → [true]
            missing.empty() → [true]
        "#]],
    );
}

#[test]
fn numbers_are_exact_and_moments_know_their_precision() {
    check(
        &[
            "0.1 + 0.2",
            "1 + 2 * 3 - 4 / 2",
            "-value.ofType(Quantity).value",
            "value.ofType(Quantity).value = 1.1",
            "1 / 0",
            "effective.ofType(dateTime) = issued",
            "effective.ofType(dateTime) > @2019",
            "effective.ofType(dateTime) > @2020",
            "effective.ofType(dateTime) = @2020-01-01T12:00:00.000Z",
            "effective.ofType(dateTime).lowBoundary()",
            "value.ofType(Quantity).value.highBoundary()",
            "'a' < 'b'",
            "1 < 'b'",
            "code.coding.code = 'a'",
            "code.coding.code < 'a'",
            "9999999999 * 9999999999 * 9999999999 * 9999999999",
        ],
        expect![[r#"
            0.1 + 0.2 → [0.3]
            1 + 2 * 3 - 4 / 2 → [5]
            -value.ofType(Quantity).value → [-1.10]
            value.ofType(Quantity).value = 1.1 → [true]
            1 / 0 → []
            effective.ofType(dateTime) = issued → [true]
            effective.ofType(dateTime) > @2019 → [true]
            effective.ofType(dateTime) > @2020 → []
            effective.ofType(dateTime) = @2020-01-01T12:00:00.000Z → [true]
            effective.ofType(dateTime).lowBoundary() → [2020-01-01T12:00:00.000Z]
            value.ofType(Quantity).value.highBoundary() → [1.10500000]
            'a' < 'b' → [true]
            1 < 'b' → evaluate `select[0].column[0].path` on a Observation: an operand of a type that the operation is not defined for at byte 2 of the expression
            code.coding.code = 'a' → [false]
            code.coding.code < 'a' → evaluate `select[0].column[0].path` on a Observation: more than one item where one is needed
            9999999999 * 9999999999 * 9999999999 * 9999999999 → read `select[0].column[0].path` of the ViewDefinition: at character 0: a number out of range
        "#]],
    );
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    check(
        &[
            "",
            "a.",
            "a b",
            "status.nothing()",
            "status.matches()",
            "code.memberOf('http://x')",
            "status.trim().toDateTime() < now()",
            "status | %nothing",
            "value.ofType(1)",
            "value.ofType(Nothing)",
            "subject.getReferenceKey('Patient')",
            "value is Nothing",
            "@@",
            "'a",
            "%nothing",
            "@2020-13",
            "99999999999",
            "issued = '2020-01-01'",
            "component.where('2020-01-01' != %resource.issued).exists()",
        ],
        expect![[r#"
             → read `select[0].column[0].path` of the ViewDefinition: it must be a text
            a. → read `select[0].column[0].path` of the ViewDefinition: at character 2: unexpected text
            a b → read `select[0].column[0].path` of the ViewDefinition: at character 2: unexpected text
            status.nothing() → read `select[0].column[0].path` of the ViewDefinition: at character 7: unknown function `nothing`
            status.matches() → read `select[0].column[0].path` of the ViewDefinition: at character 7: function `matches` takes 1 to 2 arguments
            code.memberOf('http://x') → read `select[0].column[0].path` of the ViewDefinition: at character 5: function `memberOf` is not supported: terminology is asked of a terminology server, which an expression cannot reach
            status.trim().toDateTime() < now() → read `select[0].column[0].path` of the ViewDefinition: at character 29: function `now` is not supported: a view does not know what time it is: its rows depend on the resource alone
            status | %nothing → read `select[0].column[0].path` of the ViewDefinition: at character 9: constant `%nothing` is not defined
            value.ofType(1) → read `select[0].column[0].path` of the ViewDefinition: at character 6: expected `a type`
            value.ofType(Nothing) → read `select[0].column[0].path` of the ViewDefinition: at character 6: unknown type `Nothing`
            subject.getReferenceKey('Patient') → read `select[0].column[0].path` of the ViewDefinition: at character 8: function `getReferenceKey` takes the name of a type
            value is Nothing → read `select[0].column[0].path` of the ViewDefinition: at character 6: unknown type `Nothing`
            @@ → read `select[0].column[0].path` of the ViewDefinition: at character 0: a date or time that does not exist
            'a → read `select[0].column[0].path` of the ViewDefinition: at character 0: a text or comment that does not end
            %nothing → read `select[0].column[0].path` of the ViewDefinition: at character 0: constant `%nothing` is not defined
            @2020-13 → read `select[0].column[0].path` of the ViewDefinition: at character 0: a date or time that does not exist
            99999999999 → read `select[0].column[0].path` of the ViewDefinition: at character 0: a number out of range
            issued = '2020-01-01' → read `select[0].column[0].path` of the ViewDefinition: at character 7: `instant` is never equal to a text: write `@2020-01-31`, without quotes
            component.where('2020-01-01' != %resource.issued).exists() → read `select[0].column[0].path` of the ViewDefinition: at character 29: `instant` is never equal to a text: write `@2020-01-31`, without quotes
        "#]],
    );
    assert!(
        compile(&format!(
            r#"{{"resource": "X", "select": [{{"forEach": "{}a{}"}}]}}"#,
            "(".repeat(999),
            ")".repeat(999)
        ))
        .is_err()
    );
}

#[test]
fn what_columns_cannot_say_the_general_engine_does() {
    check(
        &[
            "' a '.trim() + status.upper()",
            "status.substring(1, 2)",
            "status.matches('^f.*l$')",
            "'a,b'.split(',')",
            "code.coding.code.combine('a')",
            "code.coding.code | ('b' | 'z')",
            "'a' in code.coding.code",
            "status & '/' & missing & %rowIndex.toString()",
            "code.coding.aggregate($total & code, '')",
            "repeat(component).value",
            "component.select($index)",
            "code.coding[1 - 1].code",
            "code.coding.where(system in (%s | 'q')).code",
            "1 'cm' < 1 'm'",
            "(valueQuantity.value * 2).round(1)",
            "value is Quantity",
            "(value as Quantity).unit",
            "component.value as integer",
            "component.value.first().ofType(integer)",
        ],
        expect![[r#"
            ' a '.trim() + status.upper() → [aFINAL]
            status.substring(1, 2) → [in]
            status.matches('^f.*l$') → [true]
            'a,b'.split(',') → [a, b]
            code.coding.code.combine('a') → [a, b, a]
            code.coding.code | ('b' | 'z') → [a, b, z]
            'a' in code.coding.code → [true]
            status & '/' & missing & %rowIndex.toString() → [final/0]
            code.coding.aggregate($total & code, '') → [ab]
            repeat(component).value → [3, x]
            component.select($index) → [0, 1]
            code.coding[1 - 1].code → [a]
            code.coding.where(system in (%s | 'q')).code → [a]
            1 'cm' < 1 'm' → [true]
            (valueQuantity.value * 2).round(1) → [2.2]
            value is Quantity → [true]
            (value as Quantity).unit → [m]
            component.value as integer → evaluate `select[0].column[0].path` on a Observation: more than one item where one is expected (FHIRPath §4.5) at byte 16 of the expression
            component.value.first().ofType(integer) → [3]
        "#]],
    );
}

#[test]
fn functions_and_variables_are_those_of_the_whole_language() {
    check(
        &[
            "issued - 1 hour",
            "issued.toString().length()",
            "effective < @2021 and 7 div 2 = 3",
            "%context.id & %rootResource.id & %resource.id",
            "defineVariable('x', status).select(%x + %x)",
            "getResourceKey() & '|' & subject.getReferenceKey(Patient)",
            "subject.getReferenceKey(Group).empty() and subject.reference.startsWith('P')",
            "%ucum",
            "missing.join(',') & '.'",
            "code",
            "(code)",
            "code.coding.first() = code.coding.first()",
            "code.coding.first() = code.coding.last()",
            "@T10:30 < @T11:00",
            "extension(status)",
            "$index",
            "status.toInteger() + 'a'",
            "code.coding.trim()",
        ],
        expect![[r#"
            issued - 1 hour → [2020-01-01T12:00:00.000+01:00]
            issued.toString().length() → [29]
            effective < @2021 and 7 div 2 = 3 → [true]
            %context.id & %rootResource.id & %resource.id → [ooo]
            defineVariable('x', status).select(%x + %x) → [finalfinal]
            getResourceKey() & '|' & subject.getReferenceKey(Patient) → [o|p]
            subject.getReferenceKey(Group).empty() and subject.reference.startsWith('P') → [true]
            %ucum → [http://unitsofmeasure.org]
            missing.join(',') & '.' → [.]
            code → fill column `v` from a Observation: the value is not a primitive
            (code) → fill column `v` from a Observation: the value is not a primitive
            code.coding.first() = code.coding.first() → [true]
            code.coding.first() = code.coding.last() → [false]
            @T10:30 < @T11:00 → [true]
            extension(status) → []
            $index → []
            status.toInteger() + 'a' → []
            code.coding.trim() → evaluate `select[0].column[0].path` on a Observation: more than one item where one is expected (FHIRPath §4.5) at byte 12 of the expression
        "#]],
    );
}

#[test]
fn a_definition_is_refused_with_the_path_of_the_element() {
    let mut text = String::new();
    for definition in [
        r#"[]"#,
        r#"{"resourceType": "Patient"}"#,
        r#"{"resource": "Patient"}"#,
        r#"{"resource": "Patient", "select": []}"#,
        r#"{"resource": "Patient", "select": [{}]}"#,
        r#"{"resource": "Patient", "name": "a-b", "select": [{}]}"#,
        r#"{"resource": "Patient", "select": [{"column": [{"name": "1", "path": "id"}]}]}"#,
        r#"{"resource": "Patient", "select": [{"column": [{"name": "a", "path": "id"}, {"name": "a", "path": "id"}]}]}"#,
        r#"{"resource": "Patient", "select": [{"column": [{"name": "a", "path": "name", "type": "HumanName"}]}]}"#,
        r#"{"resource": "Patient", "select": [{"column": [{"name": "a", "path": "id", "tag": [{"name": "ansi/type", "value": "FLOAT"}]}]}]}"#,
        r#"{"resource": "Patient", "select": [{"forEach": "a", "repeat": ["b"], "column": [{"name": "a", "path": "id"}]}]}"#,
        r#"{"resource": "Patient", "select": [{"select": [{"unionAll": [{"column": [{"name": "a", "path": "id"}]}, {"column": [{"name": "a", "path": "id", "type": "integer"}]}]}]}]}"#,
        r#"{"resource": "Patient", "constant": [{"name": "c", "valueQuantity": {}}], "select": [{"column": [{"name": "a", "path": "id"}]}]}"#,
        r#"{"resource": "Patient", "select": [{"column": [{"name": "a", "path": "id"}]}], "where": [{"path": "a..b"}]}"#,
    ] {
        text.push_str(&format!("{}\n", compile(definition).unwrap_err()));
    }
    expect![[r#"
        read `` of the ViewDefinition: it must be an object
        read `resourceType` of the ViewDefinition: it must be `ViewDefinition`
        read `select` of the ViewDefinition: it is missing
        read `select` of the ViewDefinition: it must be an array with items
        read `select` of the ViewDefinition: it must be a view with a column
        read `name` of the ViewDefinition: it must be a letter, then letters, digits and `_`
        read `select[0].column[0].name` of the ViewDefinition: it must be a letter, then letters, digits and `_`
        read `select[0].column[1].name` of the ViewDefinition: column `a` is defined twice
        read `select[0].column[0].type` of the ViewDefinition: `HumanName` is not supported
        read `select[0].column[0].tag[0].value` of the ViewDefinition: `FLOAT` is not supported
        read `select[0]` of the ViewDefinition: it must be with at most one of `forEach`, `forEachOrNull` and `repeat`
        read `select[0].select[0].unionAll[1]` of the ViewDefinition: its columns are not those of the first branch, in the same order and of the same types
        read `constant[0].valueQuantity` of the ViewDefinition: `valueQuantity` is not supported
        read `where[0].path` of the ViewDefinition: at character 2: unexpected text
    "#]].assert_eq(&text);
}

#[test]
fn a_resource_is_appended_whole_or_not_at_all() {
    let view = compile(
        r#"{"resource": "Patient", "select": [{"column": [{"name": "id", "path": "id"}]},
            {"forEach": "name", "column": [{"name": "family", "path": "family", "type": "string"}]}]}"#,
    )
    .unwrap();
    let mut rows = view.rows();
    let good = r#"{"resourceType": "Patient", "id": "a", "name": [{"family": "x"}, {}]}"#;
    let bad = r#"{"resourceType": "Patient", "id": "b", "name": [{"family": "secret"}, {"family": ["secret", "too"]}]}"#;
    assert_eq!(rows.append(&parse(good.as_bytes()).unwrap()), Ok(2));
    let bytes = rows.bytes();
    let error = rows.append(&parse(bad.as_bytes()).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "fill column `family` from a Patient: there are several values");
    assert_eq!((rows.len(), rows.bytes()), (2, bytes));
    assert_eq!(rows.append(&parse(br#"{"resourceType": "Group"}"#).unwrap()), Ok(0));
    expect!["a | x\na | -\n"].assert_eq(&lines(&rows.finish().unwrap()));
    assert_eq!((rows.len(), rows.bytes()), (0, 0));
    assert_eq!(rows.append(&parse(good.as_bytes()).unwrap()), Ok(2), "a finished builder goes on");
}

#[test]
fn what_becomes_null_is_counted() {
    let view = compile(
        r#"{"resource": "Observation", "select": [{"column": [{"name": "d", "path": "valueDecimal",
            "tag": [{"name": "ansi/type", "value": "DECIMAL(4, 2)"}]}, {"name": "i", "path": "number", "type": "integer"}]}]}"#,
    )
    .unwrap();
    let mut rows = view.rows();
    for (decimal, number) in [("1.5", "7"), ("1.125", "7.0"), ("123", "2147483648"), ("-99.99", "7.5")] {
        let text =
            format!(r#"{{"resourceType": "Observation", "valueDecimal": {decimal}, "number": {number}}}"#);
        rows.append(&parse(text.as_bytes()).unwrap()).unwrap();
    }
    assert_eq!(rows.misfits(), 4);
    expect!["1.50 | 7\n- | 7\n- | -\n-99.99 | -\n"].assert_eq(&lines(&rows.finish().unwrap()));
}

#[test]
fn what_does_not_fit_is_an_error_where_the_view_says_so() {
    let column = |path: &str, misfit: &str, collection: bool| {
        compile(&format!(
            r#"{{"resource": "Observation", "select": [{{"column": [{{"name": "i", "path": "{path}", "type": "integer",
                "collection": {collection}, "tag": [{{"name": "carelake/misfit", "value": "{misfit}"}}]}}]}}]}}"#
        ))
    };
    let resource = parse(br#"{"resourceType": "Observation", "valueInteger": 2147483648}"#).unwrap();
    for (path, collection) in
        [("valueInteger", false), ("valueInteger", true), ("iif(true, valueInteger)", false)]
    {
        let mut rows = column(path, "error", collection).unwrap().rows();
        let error = rows.append(&resource).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("fill column `i` from a Observation: what `{path}` gives does not fit Int32")
        );
        assert_eq!((rows.len(), rows.misfits()), (0, 0));
        assert_eq!(column(path, "null", collection).unwrap().rows().append(&resource).unwrap(), 1);
    }
    let error = column("id", "round", false).unwrap_err();
    assert_eq!(error.path, "select[0].column[0].tag[0].value");
}

#[test]
fn how_precise_a_date_is_can_stand_beside_it() {
    let view = compile(
        r#"{"resource": "Patient", "select": [{"column": [{"name": "born", "path": "birthDate",
            "tag": [{"name": "ansi/type", "value": "DATE"}]}, {"name": "precision", "path": "birthDate.precision()"}]}]}"#,
    )
    .unwrap();
    let patients = ["1970", "1970-05", "1970-05-01"]
        .map(|date| format!(r#"{{"resourceType": "Patient", "birthDate": "{date}"}}"#));
    let rows = run(&view, patients.iter().map(String::as_str)).unwrap();
    expect!["1970-01-01 | 4\n1970-05-01 | 6\n1970-05-01 | 8\n"].assert_eq(&lines(&rows));
}

#[test]
fn a_product_of_rows_that_explodes_is_refused() {
    let each: String = (0..8)
        .map(|n| format!(r#",{{"forEach": "x", "column": [{{"name": "c{n}", "path": "$this"}}]}}"#))
        .collect();
    let view = compile(&format!(
        r#"{{"resource": "Basic", "select": [{{"column": [{{"name": "id", "path": "id"}}]}}{each}]}}"#
    ))
    .unwrap();
    let items = vec!["1"; 20].join(",");
    let resource = format!(r#"{{"resourceType": "Basic", "x": [{items}]}}"#);
    assert!(matches!(run(&view, [resource.as_str()]), Err(RowError::TooManyRows { .. })));
}

proptest::proptest! {
    #[test]
    fn no_path_makes_the_engine_panic(path in r"[a-z.()\[\]'$%@{}|=<>+*/ 0-9-]{0,40}|(code|value|coding|where|\(|\)|\.|first|exists|=|'a'|\[|\]|1|not|and| |,|iif|join){0,14}") {
        let _ = values(&path);
    }
}

#[test]
fn a_pass_makes_the_rows_that_reading_all_makes() {
    let mut observation = OBSERVATION.replace('\n', " ");
    observation =
        observation.replace("\"status\"", "\"unknown\": {\"a\": [1, {\"b\": \"\\u0041\"}]}, \"status\"");
    let paths = [
        "id",
        "status",
        "code.coding.first().code",
        "code.coding.where(system = 't').code.first()",
        "value.value",
        "value.ofType(Quantity).unit",
        "component.value",
        "component.value.ofType(string)",
        "iif(status = 'final', code.coding, component).count()",
        "subject.getReferenceKey(Patient)",
        "code.coding.first() = code.coding.last()",
        "effective > @2019",
        "issued.extension('u').exists()",
    ];
    for path in paths {
        let path = path.replace('"', "\\\"");
        let view = compile(&format!(
            r#"{{"resource": "Observation", "select": [{{"column": [{{"name": "v", "path": "{path}", "type": "string", "collection": true}}]}}]}}"#
        ))
        .unwrap();
        let mut pass = views::Pass::new([&view, &view]);
        for _ in 0..2 {
            pass.append(observation.as_bytes(), &mut |_, error| panic!("{path}: {error}")).unwrap();
        }
        let expected = run(&view, [observation.as_str(), observation.as_str()]).unwrap();
        for rows in pass.tables() {
            assert_eq!(rows.finish().unwrap(), expected, "{path}");
        }
    }
}

#[test]
fn a_resource_that_fails_leaves_nothing_behind() {
    let view = compile(
        r#"{"resource": "Patient", "select": [{"column": [
            {"name": "a", "path": "id"}, {"name": "n", "path": "multipleBirthInteger", "type": "integer"}, {"name": "b", "path": "name.family"}]}]}"#,
    )
    .unwrap();
    let good = r#"{"resourceType":"Patient","id":"1","multipleBirthInteger":2,"name":[{"family":"x"}]}"#;
    let bad = r#"{"resourceType":"Patient","id":"2","name":[{"family":"x"},{"family":"y"}]}"#;
    let mut pass = views::Pass::new([&view]);
    let mut refused = 0;
    for text in [good, bad, good, bad, bad, good] {
        pass.append(text.as_bytes(), &mut |_, _| refused += 1).unwrap();
    }
    let batch = pass.tables().next().unwrap().finish().unwrap();
    assert_eq!((lines(&batch), refused), ("1 | 2 | x\n".repeat(3), 3));
}
