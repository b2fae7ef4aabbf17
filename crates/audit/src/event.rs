//! A record's content: a FHIR R4 AuditEvent, as its bytes are chained.
//!
//! Members stand in one order, without white space. What happened is a code of our own among the subtypes, but for a
//! token, whose profile allows one subtype only. What a profile of IHE BALP asks for and the event does not know is not
//! made up: the record then claims no profile.

mod kind;
mod read;

pub(crate) use read::{read, read_time};

use kind::Kind;
use model::{AuditEntity, AuditEvent, AuditOutcome, Timestamp};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a record begins with; its id follows.
pub(crate) const OPENS: &str = "{\"resourceType\":\"AuditEvent\",\"id\":\"";

const ACTION: &str = "urn:carelake:audit-action";
const HOLDER: &str = "urn:carelake:principal";
const PROCESS: &str = "urn:carelake:process";
const RECEIPT: &str = "urn:carelake:receipt";
const SUBJECT: &str = "urn:carelake:subject";
const PURPOSE: &str = "urn:carelake:purpose";
const PROFILES: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.";
const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const BALP_AGENTS: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes";
const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ENTITY_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";

/// `AuditEvent`, as far as it is used. Borrowed where it is read.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Resource<'a> {
    #[serde(borrow)]
    resource_type: Cow<'a, str>,
    id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Meta<'a>>,
    #[serde(rename = "type")]
    kind: Coding<'a>,
    subtype: Vec<Coding<'a>>,
    action: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<Period<'a>>,
    recorded: Cow<'a, str>,
    outcome: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome_desc: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    purpose_of_event: Vec<Concept<'a>>,
    agent: Vec<Agent<'a>>,
    source: Source<'a>,
    entity: Vec<Entity<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Meta<'a> {
    #[serde(borrow)]
    profile: Vec<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct Coding<'a> {
    #[serde(borrow)]
    system: Cow<'a, str>,
    code: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Concept<'a> {
    #[serde(borrow)]
    coding: Vec<Coding<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Period<'a> {
    #[serde(borrow)]
    start: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Agent<'a> {
    #[serde(borrow, rename = "type")]
    kind: Concept<'a>,
    who: Reference<'a>,
    requestor: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Network<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Reference<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    reference: Option<Cow<'a, str>>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<Identifier<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Identifier<'a> {
    #[serde(borrow)]
    system: Cow<'a, str>,
    value: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Source<'a> {
    #[serde(borrow)]
    observer: Reference<'a>,
    #[serde(rename = "type")]
    kind: Vec<Coding<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Entity<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    what: Option<Reference<'a>>,
    #[serde(rename = "type")]
    kind: Coding<'a>,
    role: Coding<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    detail: Vec<Detail<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    value_string: Cow<'a, str>,
}

/// Appends the AuditEvent that `event` is as record `index` of `writer`, recorded at `recorded`.
pub(crate) fn write(
    out: &mut Vec<u8>,
    event: &AuditEvent,
    writer: &str,
    index: u64,
    recorded: Timestamp,
) -> Result<(), serde_json::Error> {
    let kind = Kind::of(&event.action, event.outcome);
    let period = (event.time != recorded).then(|| Period { start: event.time.to_string().into() });
    let resource = Resource {
        resource_type: "AuditEvent".into(),
        id: format!("{writer}.{index}").into(),
        meta: kind.profile(event).map(|name| Meta { profile: vec![format!("{PROFILES}{name}").into()] }),
        kind: coding(kind.code.0, kind.code.1),
        subtype: subtypes(&kind, &event.action),
        action: kind.crud.into(),
        period,
        recorded: recorded.to_string().into(),
        outcome: outcome_code(event.outcome).into(),
        outcome_desc: event.detail.get("reason").and_then(|reason| text(reason)),
        purpose_of_event: purposes(event),
        agent: agents(&kind, event, writer),
        source: Source { observer: named(PROCESS, writer), kind: vec![coding(SOURCE_TYPE, "4")] },
        entity: entities(&kind, event),
    };
    serde_json::to_writer(out, &resource)
}

/// How an outcome stands in a record's bytes, in this form and in the first one.
pub(crate) fn outcome_texts(outcome: AuditOutcome) -> [String; 2] {
    [outcome_code(outcome), outcome.as_str()].map(|word| format!("\"outcome\":\"{word}\""))
}

/// `AuditEvent.outcome`: what is refused did not harm us; what fails on our side may have.
const fn outcome_code(outcome: AuditOutcome) -> &'static str {
    match outcome {
        AuditOutcome::Success => "0",
        AuditOutcome::Refused => "4",
        AuditOutcome::Failed => "8",
    }
}

fn subtypes<'a>(kind: &Kind, action: &'a str) -> Vec<Coding<'a>> {
    let mut subtypes = Vec::with_capacity(2);
    subtypes.extend(kind.subtype.map(|(system, code)| coding(system, code)));
    if !kind.is_token {
        subtypes.push(coding(ACTION, action));
    }
    subtypes
}

fn purposes(event: &AuditEvent) -> Vec<Concept<'_>> {
    let purpose = event.detail.get("purpose").and_then(|purpose| text(purpose));
    purpose
        .map(|purpose| Concept { coding: vec![Coding { system: PURPOSE.into(), code: purpose }] })
        .into_iter()
        .collect()
}

/// Who asked, and which process did it.
fn agents<'a>(kind: &Kind, event: &'a AuditEvent, writer: &'a str) -> Vec<Agent<'a>> {
    let address =
        |address: &'a str, kind: &'static str| Network { address: address.into(), kind: kind.into() };
    let network = event.network.as_ref();
    let [asking, serving] = kind.agents;
    vec![
        Agent {
            kind: Concept { coding: vec![coding(asking.0, asking.1)] },
            who: named(HOLDER, text(&event.actor).unwrap_or("unknown".into())),
            requestor: true,
            network: network.map(|network| address(&network.client, "2")),
        },
        Agent {
            kind: Concept { coding: vec![coding(serving.0, serving.1)] },
            who: named(PROCESS, writer),
            requestor: false,
            network: network.map(|network| address(&network.server, "5")),
        },
    ]
}

/// What it was done to, and the facts about it; after it whom it was about, and the tables that were read.
fn entities<'a>(kind: &Kind, event: &'a AuditEvent) -> Vec<Entity<'a>> {
    let facts = event
        .detail
        .iter()
        .filter_map(|(name, value)| Some(Detail { kind: text(name)?, value_string: text(value)? }));
    let receipt = event.detail.get("receipt").map(|receipt| Reference {
        reference: None,
        kind: event.detail.get("type").and_then(|name| text(name)),
        identifier: Some(Identifier { system: RECEIPT.into(), value: receipt.into() }),
    });
    // Invariant sev-1: a name or a query. What a token was asked for is a query by its profile.
    let target = text(&event.target);
    let (name, query) =
        if kind.is_token { (None, target.map(|target| base64(&target))) } else { (target, None) };
    let main = Entity {
        what: receipt.filter(|_| !kind.is_token),
        kind: coding(ENTITY_TYPE, "2"),
        role: coding(ENTITY_ROLE, kind.role),
        name,
        query,
        detail: facts.collect(),
    };
    std::iter::once(main).chain(event.about.iter().map(entity)).collect()
}

fn entity(about: &AuditEntity) -> Entity<'_> {
    let person = |what| Entity {
        what: Some(what),
        kind: coding(ENTITY_TYPE, "1"),
        role: coding(ENTITY_ROLE, "1"),
        name: None,
        query: None,
        detail: Vec::new(),
    };
    match about {
        AuditEntity::Patient(pseudonym) => person(Reference {
            reference: Some(format!("Patient/{pseudonym}").into()),
            kind: None,
            identifier: None,
        }),
        AuditEntity::Subject(hash) => {
            person(Reference { kind: Some("Patient".into()), ..named(SUBJECT, hash.as_str()) })
        }
        AuditEntity::Table { name, columns } => Entity {
            what: None,
            kind: coding(ENTITY_TYPE, "2"),
            role: coding(ENTITY_ROLE, "3"),
            name: text(name),
            query: None,
            detail: columns
                .iter()
                .filter_map(|column| Some(Detail { kind: "column".into(), value_string: text(column)? }))
                .collect(),
        },
    }
}

fn coding<'a>(system: &'static str, code: &'a str) -> Coding<'a> {
    Coding { system: system.into(), code: code.into() }
}

fn named<'a>(system: &'static str, value: impl Into<Cow<'a, str>>) -> Reference<'a> {
    let identifier = Identifier { system: system.into(), value: value.into() };
    Reference { reference: None, kind: None, identifier: Some(identifier) }
}

fn base64(text: &str) -> Cow<'static, str> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(text).into()
}

/// `text` as a FHIR `string`: something that can be seen, and no control characters but tab, CR and LF.
fn text(text: &str) -> Option<Cow<'_, str>> {
    let unfit = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    if text.trim().is_empty() {
        None
    } else if text.contains(unfit) {
        Some(text.replace(unfit, "\u{fffd}").into())
    } else {
        Some(text.into())
    }
}
