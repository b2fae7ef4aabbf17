//! What is selected is what the other reader reads, and both refuse the same texts.

use super::{Kind, Picked, Selected, Selection, Shape};
use crate::json::{Value, parse};

/// Whether `picked` is `value`, as far as `names` of every object go.
fn same(picked: Picked<'_>, value: &Value<'_>, names: &[&str]) -> bool {
    match (picked.kind(), value) {
        (Kind::Null, Value::Null) => true,
        (Kind::Bool(a), Value::Bool(b)) => a == *b,
        (Kind::Number(a), Value::Number(b)) => a == b,
        (Kind::Text(a), Value::String(b)) => a == b,
        (Kind::Array(length), Value::Array(items)) => {
            length == items.len()
                && items
                    .iter()
                    .enumerate()
                    .all(|(at, item)| picked.item(at).is_some_and(|picked| same(picked, item, names)))
        }
        (Kind::Object, Value::Object(object)) => {
            names.iter().enumerate().all(|(slot, name)| match (picked.slot(slot), object.get(name)) {
                (None, None) => true,
                (Some(picked), Some(value)) => same(picked, value, names),
                _ => false,
            })
        }
        _ => false,
    }
}

/// Asks for `names` of every object, however deep.
fn selection(names: &[&str]) -> Selection {
    let mut selection = Selection::new();
    for name in names {
        selection.member_of_shape(Selection::ROOT, name, Selection::ROOT).unwrap();
    }
    selection
}

#[test]
fn what_is_selected_is_kept_as_it_stands() {
    let text = br#"{"skip":{"a":[1,{"b":"\u0041"}]},"a":1.10,"b":["x\n",null,{"a":true,"c":[]}],"c":{}}"#;
    let names = ["a", "b"];
    let mut memory = Selected::new(selection(&names));
    for _ in 0..2 {
        let picks = memory.read(text).unwrap();
        assert!(same(picks.root(), &parse(text).unwrap(), &names));
        assert_eq!(picks.root().slot(0).map(Picked::kind), Some(Kind::Number("1.10")));
        assert_eq!(picks.root().slot(2).map(Picked::kind), None);
    }
}

#[test]
fn asking_again_gives_the_same_slot_and_many_names_are_found() {
    let mut selection = Selection::new();
    let names: Vec<String> = (0..200).map(|at| format!("name{at}")).collect();
    let slots: Vec<_> = names.iter().map(|name| selection.member(Selection::ROOT, name).unwrap()).collect();
    for (name, slot) in names.iter().zip(slots) {
        assert_eq!(selection.member(Selection::ROOT, name), Some(slot));
    }
    assert_eq!(selection.member(Shape(9999), "a"), None);
}

#[test]
fn malformed_texts_are_refused_with_their_place_even_where_nothing_is_selected() {
    for text in [
        "",
        "{\"x\":1,}",
        "{\"x\":[1,]}",
        "{\n \"x\" 1}",
        "{\"x\":01}",
        "{\"x\":\"\\ud800\"}",
        "{} x",
        "{\"x\":\"a\nb\"}",
        "{\"x\":tru}",
        "{\"x\":{\"y\":1",
        "{\"a\":1,\"a\":2}",
    ] {
        let expected = parse(text.as_bytes()).unwrap_err();
        let found = Selected::new(selection(&["a"])).read(text.as_bytes()).map(|_| ()).unwrap_err();
        assert_eq!(found.kind, expected.kind, "{text:?}");
        assert_eq!((found.line, found.column), (expected.line, expected.column), "{text:?}");
    }
}

#[test]
fn values_that_come_again_are_read_as_they_were_the_first_time() {
    let names = ["a", "b"];
    let mut memory = Selected::new(selection(&names));
    // `a` and `b` have shapes of their own, so that their values are remembered.
    let mut apart = Selection::new();
    let (_, coding) = apart.member(Selection::ROOT, "a").unwrap();
    for name in names {
        apart.member_of_shape(coding, name, coding).unwrap();
    }
    let mut apart = Selected::new(apart);
    for at in 0..5_000 {
        let (system, code) = ("http://example.org/a-long-name-of-a-system", at * at % 37);
        let coding =
            format!(r#"{{"b":"{system}","a":[{{"a":{code}}},{{}},[]],"c":{{"x":"{system}/{code}"}}}}"#);
        // Each stands at another place and after other slots than the last.
        let before = vec!["{\"a\":null}"; at % 5].join(",");
        let text = format!(
            r#"{{"skip":{{"profile":["{system}/{}"]}},"a":[{before}{}{coding}]}}"#,
            at / 40,
            if at % 5 > 0 { "," } else { "" },
        );
        let value = parse(text.as_bytes()).unwrap();
        let picks = apart.read(text.as_bytes()).unwrap();
        let a = picks.root().slot(0).unwrap();
        assert!(same(a, value.get("a").unwrap(), &names), "{text}");
        assert!(same(memory.read(text.as_bytes()).unwrap().root(), &value, &names), "{text}");
    }
}

#[test]
fn a_value_that_is_known_is_not_nested_deeper_for_that() {
    let mut selection = Selection::new();
    let (_, inner) = selection.member(Selection::ROOT, "a").unwrap();
    selection.member_of_shape(inner, "a", inner).unwrap();
    let mut memory = Selected::new(selection);
    let known = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
    let text = |depth: usize| format!("{{\"a\":{}{known}{}}}", "[".repeat(depth), "]".repeat(depth));
    for depth in [1, 10, 21, 22, 23, 30, 1] {
        let text = text(depth);
        assert_eq!(memory.read(text.as_bytes()).is_ok(), parse(text.as_bytes()).is_ok(), "{depth}");
    }
}

proptest::proptest! {
    #[test]
    fn both_readers_agree(text in r#"[\[\]{}:,"\\a-c0-9eE.+\-\n\u{e9} ]{0,60}"#) {
        agree(&text);
    }

    #[test]
    fn both_readers_agree_on_objects(
        members in proptest::collection::vec((r#"[a-d]"#, r#"("[a-z\\u0041é]{0,20}"|[0-9.e-]{1,6}|\[\{"a":[0-9]\}, ?null\]|\{"b":true\})"#), 0..6)
    ) {
        let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        agree(&format!("{{{}}}", members.join(", ")));
    }
}

#[track_caller]
fn agree(text: &str) {
    let names = ["a", "b"];
    let mut memory = Selected::new(selection(&names));
    // The second time the names are where they were the first time.
    let first = memory.read(text.as_bytes()).is_ok();
    let found = memory.read(text.as_bytes());
    assert_eq!(found.is_ok(), first, "{text}");
    match (parse(text.as_bytes()), found) {
        (Ok(value), Ok(picks)) => assert!(same(picks.root(), &value, &names), "{text}"),
        (Err(error), Ok(_)) => assert_eq!(error.kind, crate::json::JsonErrorKind::Duplicate, "{text}"),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) => panic!("{text}: {error}"),
    }
}
