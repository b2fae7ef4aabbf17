//! One event for each profile, with everything in it that the profile speaks of.
//!
//! Places are fixed, so that changes can be told by JSON pointers: agents are client, server, user, others; of
//! entities the object or query comes first.

use serde_json::{Value, json};

const PATIENT: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
pub(super) const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
pub(super) const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
pub(super) const USER_AGENT: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes";
pub(super) const ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const RESTFUL: &str = "http://hl7.org/fhir/restful-interaction";
const SCT: &str = "http://snomed.info/sct";

pub(super) fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code })
}

pub(super) fn concept(system: &str, code: &str) -> Value {
    json!({ "coding": [coding(system, code)] })
}

/// A program or machine.
fn machine(kind: Value, name: &str) -> Value {
    let network = json!({ "address": format!("{name}.example"), "type": "1" });
    json!({ "type": kind, "who": { "display": name }, "requestor": false, "network": network })
}

fn someone(kind: Value, name: &str, requestor: bool) -> Value {
    json!({ "type": kind, "who": { "display": name }, "requestor": requestor })
}

fn patient() -> Value {
    json!({
        "what": { "reference": "Patient/elm-7" },
        "type": coding(PATIENT, "1"),
        "role": coding(ROLE, "1"),
    })
}

fn event(id: &str, kind: Value, subtype: Value, action: &str, agents: &[Value], entities: &[Value]) -> Value {
    json!({
        "resourceType": "AuditEvent",
        "meta": { "profile": [format!("https://profiles.ihe.net/ITI/BALP/StructureDefinition/{id}")] },
        "type": kind,
        "subtype": [subtype],
        "action": action,
        "recorded": "2026-03-01T08:15:30.250Z",
        "outcome": "0",
        "agent": agents,
        "source": { "observer": { "display": "lake" } },
        "entity": entities,
    })
}

/// An interaction: `what` is what is done, `kinds` those of client, server and user.
fn rest(id: &str, what: (&str, &str), kinds: [Value; 3]) -> Value {
    let (action, interaction) = what;
    let [client, server, user] = kinds;
    let agents = [machine(client, "ward"), machine(server, "lake"), someone(user, "amina", true)];
    let first = if interaction == "search-type" {
        json!({ "type": coding(PATIENT, "2"), "role": coding(ROLE, "24"), "query": "P3g9MQ==" })
    } else {
        let what = json!({ "reference": "Observation/o1" });
        json!({ "what": what, "type": coding(PATIENT, "2"), "role": coding(ROLE, "4") })
    };
    let transaction = json!({
        "what": { "identifier": { "value": "r-1" } },
        "type": coding("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId"),
    });
    let mut entities = vec![first, transaction];
    if id.starts_with("IHE.BasicAudit.Patient") {
        entities.push(patient());
    }
    let kind = coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest");
    event(id, kind, coding(RESTFUL, interaction), action, &agents, &entities)
}

fn source() -> Value {
    concept(DCM, "110153")
}

fn destination() -> Value {
    concept(DCM, "110152")
}

fn application() -> Value {
    concept(DCM, "110150")
}

fn receiver() -> Value {
    concept(PARTICIPATION, "IRCP")
}

fn token_user(kind: Value) -> Value {
    let mut user = someone(kind, "amina", true);
    user["who"] = json!({ "identifier": { "value": "amina" } });
    user["policy"] = json!(["urn:ietf:params:oauth:jti:1"]);
    user
}

/// Something done with a token: who is behind it, and the program where that is told.
fn with_token(id: &str, agents: &[Value]) -> Value {
    let kind = coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest");
    event(id, kind, coding(RESTFUL, "read"), "R", agents, &[patient()])
}

fn comprehensive(id: &str) -> Value {
    let mut client = machine(application(), "ward");
    client["who"] = json!({ "identifier": { "value": "ward" } });
    with_token(id, &[client, token_user(receiver())])
}

fn token_given(id: &str) -> Value {
    let server = machine(concept(USER_AGENT, "AuthzOauthService"), "lake");
    let agents = [machine(application(), "ward"), server, someone(receiver(), "amina", true)];
    let entity = json!({ "type": coding(PATIENT, "2"), "role": coding(ROLE, "24"), "query": "P3g9MQ==" });
    let subtype = coding("urn:ihe:event-type-code", "ITI-71");
    event(id, coding(DCM, "110114"), subtype, "E", &agents, &[entity])
}

fn consent_decided(id: &str) -> Value {
    let authorizer = concept("http://terminology.hl7.org/CodeSystem/extra-security-role-type", "authserver");
    let agents = [
        machine(application(), "ward"),
        someone(concept("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV"), "elm grove", false),
        someone(receiver(), "amina", true),
        someone(authorizer, "lake", false),
    ];
    let token = json!({
        "what": { "identifier": { "value": "urn:ietf:params:oauth:jti:1" } },
        "type": coding(USER_AGENT, "UserOauthAgent"),
    });
    let consent = json!({
        "what": { "reference": "Consent/c1" },
        "type": coding("http://hl7.org/fhir/resource-types", "Consent"),
    });
    let subtype = coding("https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType", "AuthZ-Consent");
    event(id, coding(DCM, "110113"), subtype, "E", &agents, &[consent, token, patient()])
}

fn disclosed(id: &str, kind: &str, action: &str, from: &str, to: &str) -> Value {
    let agents = [
        machine(source(), from),
        machine(destination(), to),
        someone(concept(SCT, "159541003"), "records office", false),
        someone(concept(SCT, "429577009"), "the patient", true),
    ];
    let report = json!({ "what": { "reference": "DocumentReference/d1" } });
    let subtype = coding("http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "disclose");
    event(id, coding(DCM, kind), subtype, action, &agents, &[report, patient()])
}

/// The event for a profile.
pub(super) fn conforming(id: &str) -> Value {
    let writer = || concept(PARTICIPATION, "AUT");
    let custodian =
        || concept("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "custodian");
    let name = id.trim_start_matches("IHE.").trim_start_matches("BasicAudit.");
    match name.trim_start_matches("Patient") {
        "Create" => rest(id, ("C", "create"), [source(), destination(), writer()]),
        "Update" => rest(id, ("U", "patch"), [source(), destination(), writer()]),
        "Read" => rest(id, ("R", "vread"), [destination(), source(), receiver()]),
        "Query" => rest(id, ("E", "search-type"), [source(), destination(), receiver()]),
        "Delete" => rest(id, ("D", "delete"), [application(), custodian(), writer()]),
        "OAUTHaccessTokenUse.Opaque" | "OAUTHaccessTokenUse.Minimal" => {
            with_token(id, &[token_user(concept(USER_AGENT, "UserOauthAgent"))])
        }
        "OAUTHaccessTokenUse.Comprehensive" => comprehensive(id),
        "IUA.71" => token_given(id),
        "AuthZconsent" => consent_decided(id),
        "PrivacyDisclosure.Source" => disclosed(id, "110106", "R", "lake", "trust"),
        "PrivacyDisclosure.Recipient" => disclosed(id, "110107", "C", "trust", "lake"),
        _ => panic!("no event is written for `{id}`"),
    }
}
