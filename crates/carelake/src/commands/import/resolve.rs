//! References that need the whole import to be understood.
//!
//! `urn:uuid:…` in NDJSON, where no `fullUrl` stands beside the resource, and
//! conditional references (`Practitioner?identifier=…`, FHIR R4 §3.1.0.11.2).
//! Only when a file holds such a reference are all files read once before.

use super::inputs::{Form, Input};
use fhir::{
    ResourceType, bundle,
    json::{self, Value},
};
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read},
    sync::Arc,
};

/// What such references stand for.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    /// Ids that are UUIDs, with their type.
    ids: HashMap<String, ResourceType>,
    /// Identifiers as `Type system|value`, with the one resource that carries them; two annul each other.
    identifiers: HashMap<String, Option<String>>,
}

impl Resolver {
    /// Reads what is needed, which mostly is nothing.
    pub(super) async fn learn(inputs: &Arc<Vec<Input>>) -> anyhow::Result<Self> {
        let inputs = Arc::clone(inputs);
        tokio::task::spawn_blocking(move || {
            let mut resolver = Self::default();
            let mut needed = false;
            for input in inputs.iter() {
                let mut text = Vec::new();
                let needle: &[u8] = if input.form == Form::Ndjson { b"\"urn:uuid:" } else { b"?identifier=" };
                let mut reader = BufReader::with_capacity(4 << 20, input.open()?);
                while !needed && reader.by_ref().take(16 << 20).read_until(b'\n', &mut text)? > 0 {
                    needed = has(&text, needle) || has(&text, b"?identifier=");
                    text.clear();
                }
            }
            if needed {
                for input in inputs.iter() {
                    resolver.read(input)?;
                }
            }
            Ok(resolver)
        })
        .await?
    }

    fn read(&mut self, input: &Input) -> anyhow::Result<()> {
        let mut text = Vec::new();
        if input.form == Form::Json {
            input.open()?.read_to_end(&mut text)?;
            self.note_text(&text);
            return Ok(());
        }
        let mut reader = BufReader::with_capacity(1 << 20, input.open()?);
        while reader.read_until(b'\n', &mut text)? > 0 {
            self.note_text(&text);
            text.clear();
        }
        Ok(())
    }

    /// What is malformed is told when it is imported.
    fn note_text(&mut self, text: &[u8]) {
        let Ok(value) = json::parse(text) else { return };
        if value.get("resourceType").and_then(Value::as_str) == Some("Bundle") {
            let entries = bundle::read(value).map(|(_, entries)| entries).unwrap_or_default();
            entries
                .iter()
                .filter_map(|entry| entry.resource.as_ref())
                .for_each(|resource| self.note(resource));
        } else {
            self.note(&value);
        }
    }

    fn note(&mut self, resource: &Value<'_>) {
        let text = |name| resource.get(name).and_then(Value::as_str);
        let Some(resource_type) = text("resourceType").and_then(ResourceType::parse) else { return };
        let Some(id) = text("id") else { return };
        if id.len() == 36 {
            self.ids.insert(id.to_owned(), resource_type);
        }
        for identifier in resource.get("identifier").and_then(Value::as_array).unwrap_or_default() {
            let part = |name| identifier.get(name).and_then(Value::as_str).unwrap_or_default();
            let key = format!("{resource_type} {}|{}", part("system"), part("value"));
            let own = format!("{resource_type}/{id}");
            self.identifiers
                .entry(key)
                .and_modify(|known| {
                    if known.as_ref() != Some(&own) {
                        *known = None;
                    }
                })
                .or_insert(Some(own.clone()));
        }
    }

    /// `Type/id` for a reference that was understood.
    pub(super) fn resolve(&self, reference: &str) -> Option<String> {
        if let Some(id) = reference.strip_prefix("urn:uuid:") {
            return self.ids.get(id).map(|resource_type| format!("{resource_type}/{id}"));
        }
        let (resource_type, query) = reference.split_once("?identifier=")?;
        self.identifiers.get(&format!("{resource_type} {query}")).cloned().flatten()
    }
}

fn has(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}
