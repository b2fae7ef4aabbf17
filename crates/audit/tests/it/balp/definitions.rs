//! IHE's definitions of the profiles against ours: for each of their rules, an event that breaks it does not
//! conform. So no rule was lost when they were written anew as invariants.

use super::{
    checked,
    examples::shorthand,
    fixtures::conforming,
    mutations::{get, remove, set},
};
use audit::balp::profiles;
use serde_json::{Value, json};

/// Slices that need not be there: an agent or entity of another type is in none of them, and may be there too.
const OPTIONAL: &[&str] = &["user", "custodian", "transaction", "token"];

#[test]
fn whatever_the_definitions_forbid_does_not_conform() {
    let Some(shorthand) = shorthand() else { return };
    let mut count = 0;
    for profile in profiles() {
        let id = profile.id();
        let mut optional = OPTIONAL.to_vec();
        if id.contains("PrivacyDisclosure") {
            optional.push("authorizer");
        }
        if id.contains("Comprehensive") {
            optional.push("oUser");
        }
        let rules = shorthand.rules(id);
        assert!(!rules.is_empty(), "{id}");
        // ITI-71's entity for the answer can never be there.
        for rule in rules.into_iter().filter(|rule| !rule.starts_with("entity[token-response]")) {
            for event in violations(&conforming(id), rule, &optional) {
                assert_ne!(checked(&event), Ok(vec![id]), "{id} in spite of: {rule}");
                count += 1;
            }
        }
    }
    eprintln!("{count} violations of the definitions");
    assert!(count > 0);
}

/// What a rule of a profile's definition forbids, done to an event in every way that one can tell from the rule.
/// Rules that only explain, or that R4 has already, give none.
fn violations(event: &Value, rule: &str, optional: &[&str]) -> Vec<Value> {
    let (path, rest) = rule.split_once(' ').unwrap();
    let words: Vec<&str> = rest.split_whitespace().filter(|word| *word != "MS").collect();
    let at = place(path);
    let leaves_slice = path.split_once(']').is_some_and(|(slice, below)| {
        below == ".type" && optional.contains(&slice.split_once('[').unwrap().1)
    });
    match words[..] {
        [] => Vec::new(),
        _ if path == "insert" => {
            let subtype = rest.strip_prefix("requireAtLeastOneMatch(subtype,").unwrap();
            assert!(subtype.contains("disclose"));
            vec![without(event, "/subtype"), with_other(event, "/subtype/0")]
        }
        [caret, ..] if caret.starts_with('^') => Vec::new(),
        _ if leaves_slice => Vec::new(),
        ["=", ..] | ["from", ..] => vec![with_other(event, &at)],
        ["only", "Reference(Patient)"] => vec![with(event, &format!("{at}/reference"), json!("Group/1"))],
        ["obeys", "val-audit-source"] => vec![with(event, "/source/observer", json!({ "display": "other" }))],
        ["contains", ..] => slices(rest)
            .flat_map(|(name, range)| out_of_range(event, &place(&format!("{path}[{name}]")), range))
            .collect(),
        [range] if range.contains("..") => out_of_range(event, &at, range),
        _ => panic!("a rule of an unknown kind: {rule}"),
    }
}

/// The slices of a `contains` rule and how often they may be there.
fn slices(rest: &str) -> impl Iterator<Item = (&str, &str)> {
    let slices = rest.trim_start_matches("contains").split(" and").map(str::trim);
    slices.filter(|slice| *slice != "token-response 0..1").map(|slice| {
        let mut words = slice.split_whitespace();
        (words.next().unwrap(), words.next().unwrap())
    })
}

/// Where the event has what a path names.
fn place(path: &str) -> String {
    let mut at = String::new();
    for step in path.split('.') {
        let (name, slice) = step.trim_end_matches(']').split_once('[').unwrap_or((step, ""));
        let slice = match slice {
            _ if name == "subtype" && !slice.is_empty() => "0",
            "oClient" => "client",
            "auth-server" => "server",
            "oUser" => "user",
            "userorg" => "organization",
            "data" => "object",
            "token-request" => "request",
            slice => slice,
        };
        at.push_str(&format!("/{name}"));
        if !slice.is_empty() {
            at.push_str(&format!("/{slice}"));
        }
    }
    at
}

fn with(event: &Value, at: &str, value: Value) -> Value {
    let mut event = event.clone();
    set(&mut event, at, value);
    event
}

fn without(event: &Value, at: &str) -> Value {
    let mut event = event.clone();
    remove(&mut event, at);
    event
}

/// The event with another value at a place.
fn with_other(event: &Value, at: &str) -> Value {
    let other = match get(event, at).unwrap() {
        Value::Bool(value) => json!(!value),
        Value::String(code) => json!(if code == "E" || code == "0" { "C" } else { "E" }),
        Value::Array(_) => json!([{ "system": "urn:example", "code": "other" }]),
        value if value.get("coding").is_some() => json!({ "coding": [{ "code": "other" }] }),
        _ => json!({ "system": "urn:example", "code": "other" }),
    };
    with(event, at, other)
}

/// The event with too few and too many of what is at a place, as far as R4 allows many.
fn out_of_range(event: &Value, at: &str, range: &str) -> Vec<Value> {
    let (least, most) = range.split_once("..").unwrap();
    let mut events = Vec::new();
    match least {
        "" | "0" => {}
        "1" => events.push(without(event, at)),
        least => {
            let mut items = get(event, at).and_then(Value::as_array).unwrap().clone();
            items.truncate(least.parse::<usize>().unwrap() - 1);
            events.push(with(event, at, json!(items)));
        }
    }
    let (parent, name) = at.rsplit_once('/').unwrap();
    let is_item = parent.starts_with("/agent") || parent.starts_with("/entity") || parent == "/subtype";
    match most {
        "" | "*" => {}
        "0" => events.push(with(event, at, any(name))),
        _ if is_item && !parent[1..].contains('/') => {
            events.push(with(event, &format!("{parent}/-"), get(event, at).unwrap().clone()));
        }
        most => {
            if let Some(Value::Array(items)) = get(event, at) {
                let more = items.iter().cycle().take(most.parse::<usize>().unwrap() + 1);
                events.push(with(event, at, more.cloned().collect()));
            }
        }
    }
    events
}

/// A value for an element that may not be there.
fn any(name: &str) -> Value {
    match name {
        "role" | "purposeOfUse" => json!([{ "text": "other" }]),
        "altId" | "name" => json!("other"),
        "policy" => json!(["urn:example"]),
        "network" => json!({ "address": "ward.example" }),
        "media" | "lifecycle" => json!({ "code": "other" }),
        "location" | "what" => json!({ "display": "other" }),
        "detail" => json!([{ "type": "a", "valueString": "b" }]),
        "modifierExtension" => json!([{ "url": "http://example.org/not", "valueBoolean": true }]),
        _ => panic!("no value is written for `{name}`"),
    }
}
