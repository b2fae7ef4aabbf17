//! The nodes of a JSON-LD document, each once, in the order of their names.

use reqwest::Url;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, fmt::Write as _};

/// Nodes by name.
#[derive(Default)]
pub(super) struct Graph {
    nodes: BTreeMap<String, Map<String, Value>>,
}

impl Graph {
    /// Says more of a node: that it is of a kind, and what else is not null or empty.
    pub(super) fn put(&mut self, name: &str, kind: &str, told: Value) {
        let node = self.nodes.entry(name.to_owned()).or_default();
        let kinds = node.entry("@type").or_insert_with(|| json!([]));
        if let Some(kinds) = kinds.as_array_mut().filter(|kinds| !kinds.contains(&json!(kind))) {
            kinds.push(json!(kind));
        }
        let Value::Object(told) = told else { return };
        for (property, value) in told {
            if let Some(value) = without_nothing(value) {
                node.insert(property, value);
            }
        }
    }

    pub(super) fn into_nodes(self) -> Vec<Value> {
        let named = |(name, mut node): (String, Map<String, Value>)| {
            node.insert("@id".to_owned(), json!(name));
            Value::Object(node)
        };
        self.nodes.into_iter().map(named).collect()
    }
}

/// A value without nulls and empty lists, which say nothing in RDF; `None` if nothing is left.
fn without_nothing(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(items) => {
            let items: Vec<Value> = items.into_iter().filter_map(without_nothing).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(members) => {
            let kept = members.into_iter().filter_map(|(name, value)| Some((name, without_nothing(value)?)));
            Some(Value::Object(kept.collect()))
        }
        other => Some(other),
    }
}

/// A pointer to a node.
pub(super) fn reference(name: &str) -> Value {
    json!({ "@id": name })
}

/// A literal of a datatype of XML Schema.
pub(super) fn typed(datatype: &str, text: &str) -> Value {
    json!({ "@value": text, "@type": format!("xsd:{datatype}") })
}

/// A count.
pub(super) fn number(count: u64) -> Value {
    typed("nonNegativeInteger", &count.to_string())
}

/// An address as it may stand in RDF; `None` if it is none.
pub(super) fn address(text: &str) -> Option<String> {
    let bare = !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c));
    (bare && Url::parse(text).is_ok()).then(|| text.to_owned())
}

/// A name as a part of an address: all but the unreserved letters of RFC 3986 escaped.
pub(super) fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_stand_once_and_say_nothing_of_nothing() {
        let mut graph = Graph::default();
        graph.put("https://b.example", "foaf:Agent", json!({ "foaf:name": "b", "x": null, "y": [null, ""] }));
        graph.put("https://a.example", "foaf:Agent", json!({}));
        graph.put("https://b.example", "foaf:Agent", json!({ "z": { "@id": "c", "n": null } }));
        let nodes = graph.into_nodes();
        assert_eq!(nodes.len(), 2);
        let b = json!({ "@id": "https://b.example", "@type": ["foaf:Agent"], "foaf:name": "b", "z": { "@id": "c" } });
        assert_eq!(nodes[1], b);
    }

    #[test]
    fn what_is_no_address_does_not_become_one() {
        assert!(address("https://lake.example/a b").is_none());
        assert!(address("lake").is_none());
        assert!(address("mailto:desk@lake.example").is_some());
        assert_eq!(encoded("a/b é"), "a%2Fb%20%C3%A9");
    }
}
