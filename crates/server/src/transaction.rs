//! Transactions: all entries or none, with references among them resolved (FHIR R4 §3.1.0.11.2).

use crate::{
    answer::{self, EntryAnswer},
    app::AppState,
    bundle::{self, Target},
    caller::Caller,
    error::{ApiError, Finding, Kind},
    permissions::Permissions,
    prepare,
};
use axum::response::Response;
use fhir::bundle::Entry;
use landing::Change;
use std::collections::{HashMap, HashSet};

/// The changes that a transaction asks for. If any entry cannot be taken, none is, and the error
/// names them all.
pub(crate) fn plan(entries: Vec<Entry<'_>>, permissions: &Permissions) -> Result<Vec<Change>, ApiError> {
    let mut refusals = Refusals::default();
    let mut identities = HashSet::with_capacity(entries.len());
    let mut planned = Vec::with_capacity(entries.len());
    for entry in entries {
        match bundle::target(&entry, permissions) {
            Err(error) => refusals.add(entry.index, error),
            Ok(target) if !identities.insert((target.resource_type, target.id.clone())) => {
                let twice = ApiError::new(Kind::NotFhir, "another entry names the same resource");
                refusals.add(entry.index, twice);
            }
            Ok(target) => planned.push((entry, target)),
        }
    }
    let addresses = addresses(&planned, &mut refusals);
    let mut changes = Vec::with_capacity(planned.len());
    for (entry, target) in planned {
        let index = entry.index;
        match change(entry, target, &addresses) {
            Ok(change) => changes.push(change),
            Err(error) => refusals.add(index, error),
        }
    }
    refusals.into_result().map(|()| changes)
}

/// Stores a planned transaction and answers it.
pub(crate) async fn submit(
    state: &AppState,
    caller: &Caller,
    changes: Vec<Change>,
    with_outcome: bool,
) -> Result<Response, ApiError> {
    caller.trail.action("fhir.transaction");
    caller.trail.fact("resources", changes.len());
    if changes.is_empty() {
        return Ok(answer::bundle("transaction-response", &[], None));
    }
    let accepted = crate::handlers::submit(state, caller, changes, 0)
        .await?
        .map_err(|error| ApiError::from_intake(error, true))?;
    let entries: Vec<_> =
        accepted.entries.iter().map(|stored| EntryAnswer::stored(stored, None, with_outcome)).collect();
    Ok(answer::bundle("transaction-response", &entries, Some(&accepted.receipt)))
}

/// By which names the entries call each other, and what those names become.
fn addresses(planned: &[(Entry<'_>, Target)], refusals: &mut Refusals) -> HashMap<String, String> {
    let mut addresses = HashMap::with_capacity(planned.len());
    for (entry, target) in planned {
        let Some(url) = &entry.full_url else { continue };
        let address = format!("{}/{}", target.resource_type.as_str(), target.id);
        if addresses.insert(url.to_string(), address).is_some() {
            refusals.add(entry.index, ApiError::new(Kind::NotFhir, "another entry has the same fullUrl"));
        }
    }
    addresses
}

fn change(entry: Entry<'_>, target: Target, addresses: &HashMap<String, String>) -> Result<Change, ApiError> {
    let Some(mut resource) = entry.resource else {
        return Err(ApiError::new(Kind::NotFhir, "the entry has no resource"));
    };
    let base = entry.full_url.as_deref().and_then(service_base);
    bundle::resolve_references(&mut resource, &mut |text| resolve(text, base, addresses))?;
    prepare::change(resource, target.resource_type, target.id, target.intent)
}

/// What a reference becomes (FHIR R4 §2.36.4.1, Bundle: resolving references).
fn resolve(
    text: &str,
    base: Option<&str>,
    addresses: &HashMap<String, String>,
) -> Result<Option<String>, ApiError> {
    let (name, fragment) = text.split_once('#').map_or((text, None), |(name, rest)| (name, Some(rest)));
    let known =
        |name: &str| addresses.get(name).or_else(|| addresses.get(bundle::without_version(name).as_ref()));
    let found = match base {
        Some(base) if !name.is_empty() && !name.contains(':') => known(&format!("{base}/{name}")),
        _ => known(name),
    };
    match found {
        Some(address) => {
            Ok(Some(fragment.map_or_else(|| address.clone(), |part| format!("{address}#{part}"))))
        }
        // A name that only the Bundle could have explained would stay unexplained for ever.
        None if name.starts_with("urn:uuid:") || name.starts_with("urn:oid:") => {
            Err(ApiError::new(Kind::NotFhir, "a reference by urn: names no entry of this Bundle"))
        }
        None => Ok(None),
    }
}

/// The server that a fullUrl `https://server/base/Patient/1` belongs to.
fn service_base(full_url: &str) -> Option<&str> {
    if !full_url.starts_with("http://") && !full_url.starts_with("https://") {
        return None;
    }
    let (rest, _id) = full_url.rsplit_once('/')?;
    rest.rsplit_once('/').map(|(base, _type)| base)
}

/// Everything that is wrong with a transaction.
#[derive(Default)]
struct Refusals {
    kind: Option<Kind>,
    findings: Vec<Finding>,
}

impl Refusals {
    /// A missing grant outweighs the rest in the status; the findings say what each is.
    fn add(&mut self, index: usize, error: ApiError) {
        if error.kind() == Kind::Forbidden || self.kind.is_none() {
            let whole = if error.kind() == Kind::Forbidden { Kind::Forbidden } else { Kind::NotFhir };
            self.kind = Some(whole);
        }
        self.findings.extend(error.in_entry(index).into_findings());
    }

    fn into_result(self) -> Result<(), ApiError> {
        match self.kind {
            None => Ok(()),
            Some(kind) => Err(ApiError::of(kind, self.findings)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reference: &str, own_full_url: &str, becomes: Option<&str>) {
        let addresses = HashMap::from([
            ("urn:uuid:a".to_owned(), "Patient/1".to_owned()),
            ("https://one/fhir/Patient/9".to_owned(), "Patient/2".to_owned()),
        ]);
        let resolved = resolve(reference, service_base(own_full_url), &addresses).unwrap();
        assert_eq!(resolved.as_deref(), becomes);
    }

    #[test]
    fn references_among_entries_become_what_the_entries_become() {
        check("urn:uuid:a", "urn:uuid:b", Some("Patient/1"));
        check("https://one/fhir/Patient/9", "urn:uuid:b", Some("Patient/2"));
        check("https://one/fhir/Patient/9/_history/3", "urn:uuid:b", Some("Patient/2"));
        check("Patient/9", "https://one/fhir/Observation/8", Some("Patient/2"));
        check("Patient/9", "https://other/fhir/Observation/8", None);
        check("Patient/9", "urn:uuid:b", None);
        check("#contained", "https://one/fhir/Observation/8", None);
        assert!(resolve("urn:uuid:nobody", None, &HashMap::new()).is_err());
    }
}
