//! From a text to checked changes, and to what was wrong.

use super::{
    reader::Text,
    report::Rejected,
    resolve::{Resolver, name_of},
};
use anyhow::bail;
use fhir::{
    Issue, IssueCode, ResourceType,
    bundle::{self, Method},
    json::{self, Value},
    reference,
};
use landing::{Change, Intent};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};
use views::files::Form;

/// An import may bring new ids and change known ones: whoever runs it holds the home.
const IMPORT: Intent = Intent::Put { if_match: None, may_create: true, may_update: true };

/// A text's changes, in order.
#[derive(Default)]
pub(super) struct Portion {
    /// The keyed hash of the whole file.
    pub(super) digest: [u8; 32],
    pub(super) bytes: u64,
    pub(super) changes: Vec<Change>,
    pub(super) rejected: Vec<Rejected>,
    /// How many resources were read of each type; of no type known, under `?`.
    pub(super) read: BTreeMap<&'static str, u64>,
}

/// Parses and checks a text.
///
/// # Errors
/// A reference leads into other files, and one of these cannot be read.
pub(super) fn prepare(text: Text, resolver: &Resolver) -> anyhow::Result<Portion> {
    let mut portion = Portion { digest: text.digest, bytes: text.bytes, ..Portion::default() };
    match text.form {
        Form::Document => portion.file(&text, resolver)?,
        Form::Lines => {
            for (at, line) in text.text.split(|byte| *byte == b'\n').enumerate() {
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                let place = format!("line {}", text.first_line + at as u64);
                match json::parse(line) {
                    Ok(value) if is_bundle(&value) => portion.bundle(&text.path, &place, value, resolver)?,
                    Ok(value) => {
                        portion.resource(&text.path, &place, value, None, &HashMap::new(), resolver)?;
                    }
                    Err(error) => portion.reject(&text.path, &place, "?", vec![Issue::from(error)]),
                }
            }
        }
    }
    Ok(portion)
}

fn is_bundle(value: &Value<'_>) -> bool {
    value.get("resourceType").and_then(Value::as_str) == Some("Bundle")
        && value
            .get("type")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind != "document" && kind != "message")
}

impl Portion {
    fn file(&mut self, text: &Text, resolver: &Resolver) -> anyhow::Result<()> {
        match json::parse(&text.text) {
            Ok(value) if is_bundle(&value) => self.bundle(&text.path, "", value, resolver)?,
            Ok(value) => self.resource(&text.path, "", value, None, &HashMap::new(), resolver)?,
            Err(error) => self.reject(&text.path, "", "?", vec![Issue::from(error)]),
        }
        Ok(())
    }

    fn bundle(
        &mut self,
        path: &Path,
        place: &str,
        value: Value<'_>,
        resolver: &Resolver,
    ) -> anyhow::Result<()> {
        let entries = match bundle::read(value) {
            Ok((_, entries)) => entries,
            Err(issues) => {
                self.reject(path, place, "Bundle", issues);
                return Ok(());
            }
        };
        let names: HashMap<String, String> = entries.iter().filter_map(name_of).collect();
        for entry in entries {
            let place = format!("{place} entry {}", entry.index).trim().to_owned();
            let Some(resource) = entry.resource else {
                let wrong =
                    Issue::error(IssueCode::Required, "Bundle.entry.resource", "the entry has no resource");
                self.reject(path, &place, "?", vec![wrong]);
                continue;
            };
            if entry.method == Method::Other {
                let wrong = "only create and update are taken: POST and PUT entries";
                self.reject(path, &place, kind_of(&resource), vec![not_supported(wrong)]);
            } else if entry.conditional || entry.if_match.is_some() {
                let wrong = "conditional entries are not taken";
                self.reject(path, &place, kind_of(&resource), vec![not_supported(wrong)]);
            } else {
                let urn = entry.full_url.as_deref().and_then(|url| url.strip_prefix("urn:uuid:"));
                self.resource(path, &place, resource, urn.map(str::to_owned), &names, resolver)?;
            }
        }
        Ok(())
    }

    fn resource(
        &mut self,
        path: &Path,
        place: &str,
        mut resource: Value<'_>,
        urn: Option<String>,
        names: &HashMap<String, String>,
        resolver: &Resolver,
    ) -> anyhow::Result<()> {
        let kind = kind_of(&resource);
        let Some(resource_type) = ResourceType::parse(kind) else {
            let wrong = "`resourceType` names no FHIR R4 resource type";
            let issue = Issue::error(IssueCode::Structure, "resourceType", wrong);
            self.reject(path, place, kind, vec![issue]);
            return Ok(());
        };
        let id = resource.get("id").and_then(Value::as_str).map(str::to_owned).or(urn);
        let Some(id) = id else {
            let wrong = "an import keeps the resources' own ids, and this one has none";
            self.reject(
                path,
                place,
                kind,
                vec![Issue::error(IssueCode::Required, format!("{kind}.id"), wrong)],
            );
            return Ok(());
        };
        let mut fault = None;
        reference::rewrite(&mut resource, &mut |text| match names.get(text) {
            Some(name) => Some(name.clone()),
            None => resolver.resolve(text).unwrap_or_else(|error| {
                fault = Some(error);
                None
            }),
        });
        if let Some(error) = fault {
            bail!("read the files for what a reference leads to: {error}");
        }
        match Change::checked(resource, resource_type, id, IMPORT) {
            Ok(change) => {
                *self.read.entry(kind).or_default() += 1;
                self.changes.push(change);
            }
            Err(issues) => self.reject(path, place, kind, issues),
        }
        Ok(())
    }

    fn reject(&mut self, path: &Path, place: &str, kind: &'static str, issues: Vec<Issue>) {
        *self.read.entry(kind).or_default() += 1;
        self.rejected.push(Rejected { file: path.to_owned(), place: place.to_owned(), kind, issues });
    }
}

fn not_supported(wrong: &str) -> Issue {
    Issue::error(IssueCode::NotSupported, "Bundle.entry.request", wrong)
}

/// The type that a resource says it is, if FHIR R4 has it.
fn kind_of(resource: &Value<'_>) -> &'static str {
    let named = resource.get("resourceType").and_then(Value::as_str).and_then(ResourceType::parse);
    named.map_or("?", ResourceType::as_str)
}
