//! HL7's suite: one XML file of groups, and the resources beside it.

use super::{NOW_UNIX_MS, Outcome, read, xml};
use fhir::{
    json,
    path::{Collection, Decimal, Environment, Expression, Item, Strictness},
};
use roxmltree::{Document, Node};
use std::path::Path;

pub(super) fn run(folder: &Path) -> Vec<Outcome> {
    let text = read(&folder.join("tests-fhir-r4.xml"));
    let document = Document::parse(&text).unwrap();
    let groups = document.descendants().filter(|node| node.has_tag_name("group"));
    let cases = groups.flat_map(|group| {
        let name = group.attribute("name").unwrap().to_owned();
        group.children().filter(|node| node.has_tag_name("test")).map(move |case| (name.clone(), case))
    });
    cases
        .map(|(group, case)| {
            let name = case.attribute("name").unwrap().to_owned();
            Outcome { group, name, failure: check(folder, case).err() }
        })
        .collect()
}

fn check(folder: &Path, case: Node<'_, '_>) -> Result<(), String> {
    let expression = case.children().find(|node| node.has_tag_name("expression")).unwrap();
    let text = expression.text().unwrap_or_default();
    let input = case.attribute("inputfile").unwrap_or("patient-example.xml");
    let file = read(&folder.join(input));
    let resource = if input.ends_with(".xml") {
        xml::resource(Document::parse(&file).unwrap().root_element())
    } else {
        json::parse(file.as_bytes()).unwrap()
    };
    let invalid = expression.attribute("invalid");
    let parsed = match Expression::parse(text) {
        Ok(_) if invalid == Some("syntax") => return Err(format!("`{text}` is read")),
        Err(_) if invalid.is_some() => return Ok(()),
        other => other.map_err(|error| format!("`{text}`: {error}"))?,
    };
    let ordered = case.attribute("checkOrderedFunctions") == Some("true");
    let type_name = resource.get("resourceType").unwrap().as_str().unwrap();
    let checked = parsed.check(type_name, Strictness { ordered });
    let sink = |_: &str, _: &[Item<'_>]| {};
    let environment = Environment::new().at_unix_ms(NOW_UNIX_MS).with_trace(&sink);
    let evaluated = parsed.evaluate(&resource, &environment);
    if let Some(kind) = invalid {
        let refused =
            if kind == "semantic" { checked.is_err() } else { checked.is_err() || evaluated.is_err() };
        return if refused { Ok(()) } else { Err(format!("`{text}` is not refused: {kind}")) };
    }
    checked.map_err(|error| format!("`{text}`: {error}"))?;
    let result = evaluated.map_err(|error| format!("`{text}`: {error}"))?;
    compare(case, &result).map_err(|why| format!("`{text}`: {why}"))
}

fn compare(case: Node<'_, '_>, result: &Collection<'_>) -> Result<(), String> {
    let outputs: Vec<_> = case.children().filter(|node| node.has_tag_name("output")).collect();
    if case.attribute("predicate") == Some("true") {
        let expected = outputs.first().and_then(Node::text) == Some("true");
        return if result.is_empty() == expected { Err("the other way round".to_owned()) } else { Ok(()) };
    }
    let told: Vec<String> = result.iter().map(|item| item.text().unwrap_or_default().into_owned()).collect();
    let same = outputs.len() == result.len()
        && if case.attribute("ordered") == Some("false") {
            outputs.iter().all(|output| result.iter().any(|item| is(item, *output)))
        } else {
            outputs.iter().zip(result).all(|(output, item)| is(item, *output))
        };
    if same { Ok(()) } else { Err(format!("{told:?}")) }
}

fn is(item: &Item<'_>, output: Node<'_, '_>) -> bool {
    let expected = output.text().unwrap_or_default();
    let plain = expected.strip_prefix("@T").or_else(|| expected.strip_prefix('@')).unwrap_or(expected);
    let Some(value) = item.value() else { return false };
    let text = value.text().unwrap_or_default();
    match (output.attribute("type"), &value) {
        (Some("boolean"), Item::Boolean(_)) | (Some("integer"), Item::Integer(_)) => text == plain,
        (Some("decimal"), _) => Decimal::parse(&text) == Decimal::parse(plain),
        (Some("string" | "code" | "id"), Item::String(_)) => text == plain,
        (Some("date" | "dateTime" | "time"), Item::Moment(_)) => text == plain,
        (Some("Quantity"), Item::Quantity(_)) | (None, _) => text == plain,
        _ => false,
    }
}
