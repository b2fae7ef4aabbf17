//! Whether a record is a FHIR R4 AuditEvent, and what IHE calls one of its kind.
//!
//! IHE's Basic Audit Log Patterns (BALP) are profiles of the AuditEvent: who reads, creates or deletes what of
//! whom is told in the same places by every system. [`check`] holds a record against R4, and against every BALP
//! profile that its `meta.profile` names. It takes nobody's word for it: each profile is a list of invariants in
//! FHIRPath, written after the profile's definition (version 1.1) and evaluated by [`fhir::path`].
//!
//! Not checked: codes of bindings that are not required, the narrative's XHTML, invariants of the data types
//! that only extensions bring in, whether references lead anywhere outside the record, and, but for the patient's,
//! of what type an absolute URL's resource is. Profiles for SAML are not known here, for there is no SAML.

mod disclosure;
mod profile;
mod r4;
mod rest;
mod rules;
mod token;

pub use profile::{Invariant, Profile, base, profiles};

use fhir::{
    Issue, MAX_ISSUES, ResourceType,
    json::Value,
    path::{Environment, Item},
};
use std::fmt;

/// What the canonical URLs of everything in BALP begin with.
pub const BALP: &str = "https://profiles.ihe.net/ITI/BALP/";

/// The version of BALP that the invariants were written after, with what follows in its last part.
const VERSION: &str = "1.1";

/// One way in which a record is not what it must be, or what it says it is.
///
/// It holds no value of the record, so that it can be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonconformance {
    /// The profile that the record names and does not keep; `None` when it is R4 itself that is broken,
    /// or the profile is not known.
    pub profile: Option<&'static str>,
    /// The name of the invariant that does not hold; of what [`fhir::read`] finds, the code of the issue.
    pub invariant: String,
    /// The invariant as FHIRPath over the AuditEvent; of what [`fhir::read`] finds, the place.
    pub expression: String,
    /// What has to be so.
    pub sentence: String,
}

impl fmt::Display for Nonconformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profile = self.profile.unwrap_or("AuditEvent");
        write!(f, "{profile}, {}: {}", self.invariant, self.sentence)?;
        if self.expression.is_empty() { Ok(()) } else { write!(f, " [{}]", self.expression) }
    }
}

impl From<Issue> for Nonconformance {
    fn from(issue: Issue) -> Self {
        Self {
            profile: None,
            invariant: issue.code.as_str().to_owned(),
            expression: issue.expression,
            sentence: issue.diagnostics,
        }
    }
}

/// Checks one record, a JSON text: that it is an AuditEvent of R4, and that it conforms to each profile of BALP
/// that it names. Gives the ids of these, in the order in which they are named; profiles of others are passed over.
///
/// # Errors
/// Everything that does not hold. A record that is no AuditEvent is not held against profiles.
pub fn check(record: &[u8]) -> Result<Vec<&'static str>, Vec<Nonconformance>> {
    let told = |issues: Vec<Issue>| issues.into_iter().map(Nonconformance::from).collect::<Vec<_>>();
    let (event, _) = fhir::read(record, ResourceType::parse("AuditEvent")).map_err(told)?;
    let (named, mut found) = named(&event);
    let environment = Environment::new();
    base().hold(&event, &environment, None, &mut found);
    for profile in &named {
        profile.hold(&event, &environment, Some(profile.id()), &mut found);
    }
    if found.is_empty() { Ok(named.iter().map(|profile| profile.id()).collect()) } else { Err(found) }
}

impl Profile {
    /// Adds what does not hold of the event.
    fn hold(
        &'static self,
        event: &Value<'_>,
        environment: &Environment<'_>,
        profile: Option<&'static str>,
        found: &mut Vec<Nonconformance>,
    ) {
        let broken = self.invariants().filter(|invariant| {
            // An evaluation without an answer shows nothing: the invariant does not hold.
            let answer = invariant.expression().evaluate(event, environment);
            !matches!(answer.as_deref(), Ok([Item::Boolean(true)]))
        });
        found.extend(broken.map(|invariant| Nonconformance {
            profile,
            invariant: invariant.name().to_owned(),
            expression: invariant.text().to_owned(),
            sentence: invariant.sentence().to_owned(),
        }));
    }
}

/// The profiles of BALP that an event names, each once, and the names that are not known.
fn named(event: &Value<'_>) -> (Vec<&'static Profile>, Vec<Nonconformance>) {
    let (mut named, mut unknown): (Vec<&'static Profile>, _) = (Vec::new(), Vec::new());
    let canonicals = event.get("meta").and_then(|meta| meta.get("profile")).and_then(Value::as_array);
    for (at, canonical) in canonicals.unwrap_or_default().iter().enumerate() {
        let Some(canonical) = canonical.as_str().filter(|canonical| canonical.starts_with(BALP)) else {
            continue;
        };
        match known(canonical) {
            Some(profile) if named.iter().all(|other| other.id() != profile.id()) => named.push(profile),
            Some(_) => {}
            None if unknown.len() < MAX_ISSUES => unknown.push(Nonconformance {
                profile: None,
                invariant: "known-profile".to_owned(),
                expression: format!("AuditEvent.meta.profile[{at}]"),
                sentence: format!("A profile of BALP that is named here must be one of version {VERSION} that is known here."),
            }),
            None => {}
        }
    }
    (named, unknown)
}

/// The profile with a canonical URL, which may end in `|` and a version.
fn known(canonical: &str) -> Option<&'static Profile> {
    let (url, version) = canonical.split_once('|').unwrap_or((canonical, VERSION));
    let id = url.strip_prefix(BALP)?.strip_prefix("StructureDefinition/")?;
    let rest = version.strip_prefix(VERSION)?;
    let is_ours = rest.is_empty() || rest.starts_with('.');
    profiles().find(|profile| is_ours && profile.id() == id)
}
