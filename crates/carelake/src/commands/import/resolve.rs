//! References that need more than their own Bundle to be understood.
//!
//! `urn:uuid:…` without its resource beside it, and conditional references (`Practitioner?identifier=…`, FHIR R4
//! §3.1.0.11.2). All files that were named are read for the first of them, those that were imported before as
//! well, so that what a reference becomes does not depend on what was imported when.

use super::inputs::Input;
use fhir::{
    ResourceType,
    bundle::{self, Entry},
    json::{self, Value},
};
use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read},
    sync::OnceLock,
};
use views::files::Form;

/// What such references stand for, in the files of one import.
pub(super) struct Resolver {
    inputs: Vec<Input>,
    known: OnceLock<io::Result<Known>>,
}

/// What the files hold.
#[derive(Debug, Default)]
struct Known {
    /// `Type/id` by the UUID of a `fullUrl` or an id.
    uuids: HashMap<String, String>,
    /// `Type/id` by `Type system|value`: the one resource that carries the identifier; two annul each other.
    identifiers: HashMap<String, Option<String>>,
}

impl Resolver {
    /// Reads nothing yet.
    pub(super) fn new(inputs: Vec<Input>) -> Self {
        Self { inputs, known: OnceLock::new() }
    }

    /// `Type/id` for a reference that was understood.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(super) fn resolve(&self, reference: &str) -> Result<Option<String>, &io::Error> {
        if let Some(uuid) = reference.strip_prefix("urn:uuid:") {
            return Ok(self.known()?.uuids.get(uuid).cloned());
        }
        let Some((resource_type, query)) = reference.split_once("?identifier=") else { return Ok(None) };
        Ok(self.known()?.identifiers.get(&format!("{resource_type} {query}")).cloned().flatten())
    }

    fn known(&self) -> Result<&Known, &io::Error> {
        self.known.get_or_init(|| Known::read_all(&self.inputs)).as_ref()
    }
}

impl Known {
    fn read_all(inputs: &[Input]) -> io::Result<Self> {
        let mut known = Self::default();
        for input in inputs {
            let mut text = Vec::new();
            let mut reader = BufReader::with_capacity(1 << 20, input.open()?);
            if input.form() == Form::Document {
                reader.read_to_end(&mut text)?;
                known.note_text(&text);
                continue;
            }
            while reader.read_until(b'\n', &mut text)? > 0 {
                known.note_text(&text);
                text.clear();
            }
        }
        Ok(known)
    }

    /// What is malformed is told when it is imported.
    fn note_text(&mut self, text: &[u8]) {
        let Ok(value) = json::parse(text) else { return };
        if value.get("resourceType").and_then(Value::as_str) == Some("Bundle") {
            let entries = bundle::read(value).map(|(_, entries)| entries).unwrap_or_default();
            for entry in &entries {
                if let (Some((url, name)), Some(resource)) = (name_of(entry), &entry.resource) {
                    self.note(resource, url.strip_prefix("urn:uuid:"), name);
                }
            }
        } else if let Some(name) = name(&value, None) {
            self.note(&value, value.get("id").and_then(Value::as_str), name);
        }
    }

    fn note(&mut self, resource: &Value<'_>, uuid: Option<&str>, name: String) {
        for identifier in resource.get("identifier").and_then(Value::as_array).unwrap_or_default() {
            let part = |name| identifier.get(name).and_then(Value::as_str).unwrap_or_default();
            let kind = name.split('/').next().unwrap_or_default();
            let key = format!("{kind} {}|{}", part("system"), part("value"));
            self.identifiers
                .entry(key)
                .and_modify(|known| {
                    if known.as_ref() != Some(&name) {
                        *known = None;
                    }
                })
                .or_insert_with(|| Some(name.clone()));
        }
        const UUID_CHARS: usize = 36;
        if let Some(uuid) = uuid.filter(|uuid| uuid.len() == UUID_CHARS) {
            self.uuids.insert(uuid.to_owned(), name);
        }
    }
}

/// What an entry's `fullUrl` stands for (FHIR R4 §2.36.4).
pub(super) fn name_of(entry: &Entry<'_>) -> Option<(String, String)> {
    let resource = entry.resource.as_ref()?;
    let url = entry.full_url.as_deref().unwrap_or_default();
    Some((url.to_owned(), name(resource, url.strip_prefix("urn:uuid:"))?))
}

/// `Type/id`; the id is the resource's own, or else the UUID that its Bundle calls it by.
fn name(resource: &Value<'_>, uuid: Option<&str>) -> Option<String> {
    let text = |name| resource.get(name).and_then(Value::as_str);
    let resource_type = text("resourceType").and_then(ResourceType::parse)?;
    Some(format!("{resource_type}/{}", text("id").or(uuid)?))
}

#[cfg(test)]
mod tests {
    use super::super::inputs;
    use super::*;
    use std::fs;

    const A: &str = "aaaaaaaa-0000-4000-8000-000000000001";
    const B: &str = "bbbbbbbb-0000-4000-8000-000000000002";

    #[test]
    fn references_lead_into_other_files_of_the_import() {
        let folder = tempfile::tempdir().unwrap();
        let gmc = r#""identifier":[{"system":"https://fhir.hl7.org.uk/Id/gmc-number","value":"1"}]"#;
        let twice = r#""identifier":[{"system":"s","value":"2"}]"#;
        let bundle = format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[
                {{"fullUrl":"urn:uuid:{A}","resource":{{"resourceType":"Practitioner",{gmc}}}}},
                {{"fullUrl":"urn:uuid:{B}","resource":{{"resourceType":"Patient","id":"own"}}}}]}}"#
        );
        fs::write(folder.path().join("1.json"), bundle).unwrap();
        let lines = format!(
            "{{\"resourceType\":\"Organization\",\"id\":\"{B}\",{twice}}}\n{{\"resourceType\":\"Organization\",\"id\":\"o\",{twice}}}\n"
        );
        let other = "cccccccc-0000-4000-8000-000000000003";
        fs::write(folder.path().join("2.ndjson"), lines.replace(B, other)).unwrap();
        let resolver = Resolver::new(inputs::find(&[folder.path().to_owned()]).unwrap());
        for (reference, found) in [
            (format!("urn:uuid:{A}"), Some(format!("Practitioner/{A}"))),
            (format!("urn:uuid:{B}"), Some("Patient/own".to_owned())),
            (format!("urn:uuid:{other}"), Some(format!("Organization/{other}"))),
            (
                "Practitioner?identifier=https://fhir.hl7.org.uk/Id/gmc-number|1".to_owned(),
                Some(format!("Practitioner/{A}")),
            ),
            ("Organization?identifier=s|2".to_owned(), None),
            ("Patient?name=x".to_owned(), None),
            ("Patient/1".to_owned(), None),
        ] {
            assert_eq!(resolver.resolve(&reference).unwrap(), found, "{reference}");
        }
    }

    #[test]
    fn nothing_is_read_before_a_reference_asks_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("1.json");
        fs::write(&file, "{}").unwrap();
        let resolver = Resolver::new(inputs::find(std::slice::from_ref(&file)).unwrap());
        fs::remove_file(&file).unwrap();
        assert!(resolver.resolve("Patient/1").is_ok());
        assert!(resolver.resolve("urn:uuid:x").is_err());
    }
}
