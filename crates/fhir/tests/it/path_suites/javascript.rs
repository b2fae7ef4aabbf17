//! The JavaScript engine's cases: YAML files, each with a subject and groups of expressions.

use super::{NOW_UNIX_MS, Outcome, read};
use fhir::{
    json,
    path::{Collection, Decimal, Element, Environment, Expression, Item},
};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

pub(super) fn run(folder: &Path) -> Vec<Outcome> {
    let mut files: Vec<_> =
        fs::read_dir(folder.join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut outcomes = Vec::new();
    for path in files {
        let file: Value = serde_yaml_ng::from_str(&read(&path)).unwrap();
        let mut cases = Vec::new();
        collect(&file["tests"], &mut cases);
        for (index, case) in cases.into_iter().enumerate() {
            let failure = check(folder, &file["subject"], case).err();
            if case.get("disable").is_none() {
                let group = path.file_name().unwrap().to_string_lossy().into_owned();
                outcomes.push(Outcome { group, name: (index + 1).to_string(), failure });
            }
        }
    }
    outcomes
}

/// The cases of all groups, in order.
fn collect<'f>(tests: &'f Value, cases: &mut Vec<&'f Value>) {
    for test in tests.as_array().into_iter().flatten() {
        let group = test.as_object().unwrap().iter().find(|(name, _)| name.starts_with("group"));
        match group {
            Some((_, inner)) => collect(inner, cases),
            None if test.get("expression").is_some() => cases.push(test),
            None => {}
        }
    }
}

fn check(folder: &Path, subject: &Value, case: &Value) -> Result<(), String> {
    let model = case["model"].as_str();
    let subject = match case["inputfile"].as_str() {
        Some(file) => read(&folder.join("resources").join(model.unwrap_or("r4")).join(file)),
        None => subject.to_string(),
    };
    let expression = &case["expression"];
    match expression {
        Value::Array(expressions) => expressions
            .iter()
            .try_for_each(|expression| check_one(case, &subject, expression.as_str().unwrap(), None)),
        Value::Object(parts) => {
            check_one(case, &subject, parts["expression"].as_str().unwrap(), parts["base"].as_str())
        }
        _ => check_one(case, &subject, expression.as_str().unwrap(), None),
    }
}

fn check_one(case: &Value, subject: &str, text: &str, base: Option<&str>) -> Result<(), String> {
    let subject = json::parse(subject.as_bytes()).unwrap();
    let variables: BTreeMap<String, String> = case["variables"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect();
    let variables: BTreeMap<&str, json::Value<'_>> =
        variables.iter().map(|(name, text)| (name.as_str(), json::parse(text.as_bytes()).unwrap())).collect();
    let mut environment = Environment::new().at_unix_ms(NOW_UNIX_MS).with_resource(&subject);
    for (name, value) in &variables {
        let empty = matches!(value, json::Value::Null) || value.as_array().is_some_and(<[_]>::is_empty);
        let items = if empty { Vec::new() } else { vec![Item::Element(Element::untyped(value))] };
        environment = environment.with_variable(name, items);
    }
    if case.get("model").is_none() {
        environment = environment.untyped();
    }
    let parsed = Expression::parse(text);
    let context = case["context"].as_str().map(|context| Expression::parse(context).unwrap());
    let result = match (&parsed, &context, base) {
        (Err(error), ..) => Err(error.to_string()),
        (Ok(parsed), None, None) => {
            parsed.evaluate(&subject, &environment).map_err(|error| error.to_string())
        }
        (Ok(parsed), None, Some(base)) => {
            parsed.evaluate_element(&subject, base, &environment).map_err(|error| error.to_string())
        }
        (Ok(parsed), Some(context), _) => context
            .evaluate(&subject, &environment)
            .and_then(|focus| parsed.evaluate_on(focus, &environment))
            .map_err(|error| error.to_string()),
    };
    if !case["error"].is_null() {
        return result.map_or(Ok(()), |result| Err(format!("`{text}` is not refused: {}", told(&result))));
    }
    let result = result.map_err(|error| format!("`{text}`: {error}"))?;
    if same(&case["result"], &result) {
        Ok(())
    } else {
        Err(format!("`{text}`: {} not {}", told(&result), case["result"]))
    }
}

fn told(result: &Collection<'_>) -> String {
    let text = |item: &Item<'_>| match item {
        Item::Element(element) if item.value().is_none() => {
            String::from_utf8(element.json().to_canonical()).unwrap()
        }
        _ => item.text().unwrap_or_default().into_owned(),
    };
    let (items, types): (Vec<String>, Vec<_>) =
        result.iter().map(|item| (text(item), item.type_name().1)).unzip();
    format!("{items:?} {types:?}")
}

fn same(expected: &Value, result: &Collection<'_>) -> bool {
    let expected = expected.as_array().map_or(&[][..], Vec::as_slice);
    // A primitive without a value is not shown by that engine.
    let shown: Vec<_> = result
        .iter()
        .filter(|item| !matches!(item, Item::Element(element) if matches!(element.json(), json::Value::Null)))
        .collect();
    expected.len() == shown.len() && expected.iter().zip(shown).all(|(expected, item)| is(expected, item))
}

fn is(expected: &Value, item: &Item<'_>) -> bool {
    if let (Value::Object(_) | Value::Array(_), Item::Element(element)) = (expected, item) {
        let text = String::from_utf8(element.json().to_canonical()).unwrap();
        return serde_json::from_str::<Value>(&text).unwrap() == *expected;
    }
    let Some(text) = item.text() else { return false };
    match (expected, item.value()) {
        (Value::Bool(expected), Some(Item::Boolean(value))) => value == *expected,
        (Value::Number(number), Some(Item::Integer(_) | Item::Decimal(_))) => {
            Decimal::parse(&number.to_string()) == Decimal::parse(&text)
        }
        (
            Value::String(expected),
            Some(Item::String(_) | Item::Moment(_) | Item::Quantity(_) | Item::Long(_)),
        ) => text == expected.as_str(),
        // A whole number of FHIR's integer64 is told as a text.
        (Value::String(expected), Some(Item::Integer(_))) => text == expected.as_str(),
        _ => false,
    }
}
