//! The changes themselves.

use super::{
    super::fixtures::{DCM, PARTICIPATION, ROLE, coding, concept},
    Change::{self, Copy, Remove, Set},
    Mutation,
};
use serde_json::{Value, json};

/// The RESTful interactions, with a patient and without.
const REST: &[&str] = &["Create", "Update", "BasicAudit.Read", "PatientRead", "Query", "Delete"];

const fn all(breaks: &'static str, changes: &'static [Change]) -> Mutation {
    Mutation { breaks, of: &[], changes }
}

const fn only(breaks: &'static str, of: &'static [&'static str], changes: &'static [Change]) -> Mutation {
    Mutation { breaks, of, changes }
}

fn other_concept() -> Value {
    concept(PARTICIPATION, "WIT")
}

fn concepts() -> Value {
    json!([other_concept()])
}

fn other_coding() -> Value {
    coding("http://example.org/codes", "other")
}

fn text() -> Value {
    json!("other")
}

fn display() -> Value {
    json!({ "display": "other" })
}

fn network() -> Value {
    json!({ "address": "ward.example" })
}

fn system_only() -> Value {
    json!({ "system": "urn:example" })
}

fn binary() -> Value {
    json!("P3g9MQ==")
}

fn extensions() -> Value {
    json!([{ "url": "http://example.org/not", "valueBoolean": true }])
}

fn device(members: &Value) -> Value {
    let mut device = json!({ "resourceType": "Device", "id": "d" });
    if let (Some(device), Some(members)) = (device.as_object_mut(), members.as_object()) {
        device.extend(members.clone());
    }
    json!([device])
}

fn stranger() -> Value {
    json!({ "type": other_concept(), "requestor": false })
}

/// What breaks the profiles.
pub(in super::super) const MUTATIONS: &[Mutation] = &[
    all("type", &[Set("/type", other_coding)]),
    all("type", &[Set("/type/code", text)]),
    all("action", &[Remove("/action")]),
    only("action", &["Create", "Read", "Query", "Update", "IUA"], &[Set("/action", || json!("D"))]),
    all("outcome", &[Remove("/outcome")]),
    only("outcome", REST, &[Set("/outcome", || json!("4"))]),
    only("outcome", &["IUA"], &[Set("/outcome", || json!("8"))]),
    // The client.
    all("client", &[Copy("/agent/client", "/agent/-")]),
    all("client", &[Remove("/agent/client")]),
    only("client", REST, &[Set("/agent/client/type/coding/0/system", || json!("urn:example"))]),
    all("client-who", &[Remove("/agent/client/who")]),
    all("client-network", &[Remove("/agent/client/network")]),
    all("client-media", &[Set("/agent/client/media", other_coding)]),
    all("client-identifier", &[Remove("/agent/client/who")]),
    all("client-identifier", &[Set("/agent/client/who", display)]),
    all("client-identifier", &[Set("/agent/client/who/identifier", system_only)]),
    all("client-role", &[Set("/agent/client/role", concepts)]),
    all("client-alt-id", &[Set("/agent/client/altId", text)]),
    all("client-name", &[Set("/agent/client/name", text)]),
    all("client-location", &[Set("/agent/client/location", display)]),
    all("client-purpose", &[Set("/agent/client/purposeOfUse", concepts)]),
    // The server.
    all("server", &[Copy("/agent/server", "/agent/-")]),
    all("server", &[Remove("/agent/server")]),
    all("server-who", &[Remove("/agent/server/who")]),
    all("server-network", &[Remove("/agent/server/network")]),
    all("server-media", &[Set("/agent/server/media", other_coding)]),
    // The user.
    only("user", REST, &[Copy("/agent/user", "/agent/-")]),
    only("user", &["IUA", "Comprehensive", "AuthZ"], &[Copy("/agent/user", "/agent/-")]),
    only("user", &["AuthZ"], &[Remove("/agent/user")]),
    only("user", &["Opaque", "Minimal"], &[Set("/agent/user/type", other_concept)]),
    all("user-who", &[Remove("/agent/user/who")]),
    all("user-requestor", &[Set("/agent/user/requestor", || json!(false))]),
    all("user-media", &[Set("/agent/user/media", other_coding)]),
    all("user-network", &[Set("/agent/user/network", network)]),
    all("user-alt-id", &[Set("/agent/user/altId", text)]),
    all("user-location", &[Set("/agent/user/location", display)]),
    all("user-policy", &[Remove("/agent/user/policy")]),
    all("user-policy", &[Set("/agent/user/policy/-", || json!("urn:example:2"))]),
    all("user-identifier", &[Remove("/agent/user/who")]),
    all("user-identifier", &[Set("/agent/user/who", display)]),
    // Two in one: what is left of the rules of both is kept.
    only("agents-apart", REST, CLIENT_IS_SERVER),
    only("agents-apart", &["IUA"], CLIENT_IS_SERVER),
    only(
        "agents-apart",
        &["Comprehensive"],
        &[
            Copy("/agent/user/type/coding/0", "/agent/client/type/coding/-"),
            Copy("/agent/user/policy", "/agent/client/policy"),
            Copy("/agent/user/requestor", "/agent/client/requestor"),
            Remove("/agent/client/network"),
            Remove("/agent/user"),
        ],
    ),
    only(
        "agents-apart",
        &["AuthZ"],
        &[
            Copy("/agent/organization/type/coding/0", "/agent/authorizer/type/coding/-"),
            Remove("/agent/organization"),
        ],
    ),
    only(
        "agents-apart",
        &["Disclosure"],
        &[
            Copy("/agent/authorizer/type/coding/0", "/agent/custodian/type/coding/-"),
            Remove("/agent/authorizer"),
        ],
    ),
    all("agents-closed", &[Set("/agent/-", stranger)]),
    // What is done, and the request.
    all("interaction", &[Remove("/subtype")]),
    all("interaction", &[Copy("/subtype/0", "/subtype/-")]),
    all("interaction", &[Set("/subtype/0/code", || json!("history"))]),
    only("transaction", REST, &[Copy("/entity/transaction", "/entity/-")]),
    only("transaction", &["IUA"], &[Remove("/subtype")]),
    only("transaction", &["IUA"], &[Copy("/subtype/0", "/subtype/-")]),
    only("transaction", &["IUA"], &[Set("/subtype/0/code", || json!("ITI-72"))]),
    all("transaction-value", &[Set("/entity/transaction/what/identifier", system_only)]),
    all("request", &[Set("/entity/request/role/code", || json!("13"))]),
    all("request-type", &[Remove("/entity/request/type")]),
    all("request-type", &[Set("/entity/request/type/code", || json!("1"))]),
    all("request-what", &[Set("/entity/request/what", display)]),
    all("request-query", &[Remove("/entity/request/query")]),
    // The resource.
    all("object", &[Remove("/entity/object")]),
    all("object", &[Copy("/entity/object", "/entity/-")]),
    all("object-what", &[Remove("/entity/object/what")]),
    all("object-role", &[Set("/entity/object/role/code", || json!("24"))]),
    only("object-role", &["Create", "Update", "Delete"], &[Remove("/entity/object/role")]),
    // The query.
    all("query", &[Remove("/entity/query")]),
    all("query", &[Copy("/entity/query", "/entity/-")]),
    all("query-role", &[Remove("/entity/query/role")]),
    all("query-role", &[Set("/entity/query/role/code", || json!("4"))]),
    all("query-query", &[Remove("/entity/query/query")]),
    all("query-what", &[Set("/entity/query/what", display)]),
    all("query-lifecycle", &[Set("/entity/query/lifecycle", other_coding)]),
    all("query-detail", &[Set("/entity/query/detail", || json!([{ "type": "a", "valueString": "b" }]))]),
    // The patient.
    only("patient", REST, &[Remove("/entity/patient")]),
    only("patient", &["AuthZ"], &[Remove("/entity/patient")]),
    all("patient", &[Copy("/entity/patient", "/entity/-")]),
    all("patient-role", &[Remove("/entity/patient/role")]),
    all("patient-role", &[Set("/entity/patient/role", || coding(ROLE, "4"))]),
    all("patient-what", &[Remove("/entity/patient/what")]),
    all("patient-reference", &[Set("/entity/patient/what/reference", || json!("Observation/o1"))]),
    all("patient-reference", &[Set("/entity/patient/what/reference", || json!("Group?code=a"))]),
    all(
        "patient-reference",
        &[Set("/entity/patient/what/reference", || json!("https://ehr.example/Group/1"))],
    ),
    all("patient-reference", &[Set("/entity/patient/what/type", || json!("Group"))]),
    all(
        "patient-reference",
        &[Set("/contained", || device(&json!({}))), Set("/entity/patient/what/reference", || json!("#d"))],
    ),
    // A decision.
    all("modifier-extension", &[Set("/modifierExtension", extensions)]),
    all("decision", &[Remove("/subtype")]),
    all("decision", &[Set("/subtype/0/code", text)]),
    all("decision", &[Set("/subtype/-", other_coding)]),
    all("organization", &[Remove("/agent/organization")]),
    all("organization", &[Copy("/agent/organization", "/agent/-")]),
    all("organization-who", &[Remove("/agent/organization/who")]),
    all("organization-requestor", &[Set("/agent/organization/requestor", || json!(true))]),
    all("organization-role", &[Set("/agent/organization/role", concepts)]),
    all("organization-alt-id", &[Set("/agent/organization/altId", text)]),
    all("organization-name", &[Set("/agent/organization/name", text)]),
    all("organization-location", &[Set("/agent/organization/location", display)]),
    all("organization-policy", &[Set("/agent/organization/policy", || json!(["urn:example:1"]))]),
    all("organization-media", &[Set("/agent/organization/media", other_coding)]),
    all("organization-network", &[Set("/agent/organization/network", network)]),
    only("authorizer", &["AuthZ"], &[Remove("/agent/authorizer")]),
    all("authorizer", &[Copy("/agent/authorizer", "/agent/-")]),
    all("authorizer-who", &[Remove("/agent/authorizer/who")]),
    all("authorizer-requestor", &[Set("/agent/authorizer/requestor", || json!(true))]),
    all("authorizer-observes", &[Set("/source/observer", display)]),
    all("authorizer-role", &[Set("/agent/authorizer/role", concepts)]),
    all("authorizer-alt-id", &[Set("/agent/authorizer/altId", text)]),
    all("authorizer-name", &[Set("/agent/authorizer/name", text)]),
    all("authorizer-location", &[Set("/agent/authorizer/location", display)]),
    all("authorizer-policy", &[Set("/agent/authorizer/policy", || json!(["urn:example:1"]))]),
    all("authorizer-media", &[Set("/agent/authorizer/media", other_coding)]),
    all("authorizer-network", &[Set("/agent/authorizer/network", network)]),
    all("authorizer-purpose", &[Set("/agent/authorizer/purposeOfUse", concepts)]),
    all("consent", &[Remove("/entity/consent")]),
    all("consent-what", &[Remove("/entity/consent/what")]),
    all("token", &[Copy("/entity/token", "/entity/-")]),
    all("token-id", &[Remove("/entity/token/what")]),
    all("token-id", &[Set("/entity/token/what", display)]),
    all("token-id", &[Set("/entity/token/what/identifier", system_only)]),
    all("entities-closed", &[Set("/entity/-", || json!({ "name": "other" }))]),
    // A disclosure.
    all("disclosure", &[Remove("/subtype")]),
    all("disclosure", &[Set("/subtype/0/code", text)]),
    all("disclosure", &[Copy("/subtype/0", "/subtype/-")]),
    all("source", &[Remove("/agent/source")]),
    all("source", &[Copy("/agent/source", "/agent/-")]),
    all("source-who", &[Remove("/agent/source/who")]),
    all("source-network", &[Remove("/agent/source/network")]),
    all("recipient", &[Remove("/agent/recipient")]),
    all("recipient", &[Copy("/agent/recipient", "/agent/-")]),
    all("recipient-who", &[Remove("/agent/recipient/who")]),
    all("recipient-network", &[Remove("/agent/recipient/network")]),
    all("custodian", &[Copy("/agent/custodian", "/agent/-")]),
    all("custodian-who", &[Remove("/agent/custodian/who")]),
    all("observer", &[Set("/source/observer", display)]),
    only("entities", &["Disclosure"], &[Remove("/entity/0")]),
    only("entities", &["IUA"], &[Set("/entity/-", || json!({ "role": coding(ROLE, "13") }))]),
];

const CLIENT_IS_SERVER: &[Change] =
    &[Copy("/agent/server/type/coding/0", "/agent/client/type/coding/-"), Remove("/agent/server")];

/// What breaks R4, of an event that reads.
pub(in super::super) const OF_R4: &[Mutation] = &[
    all("sev-1", &[Set("/entity/object/name", text), Set("/entity/object/query", binary)]),
    all("agent-who", &[Set("/agent/client/who/reference", || json!("Location/l1"))]),
    all("agent-who", &[Set("/agent/user/who/reference", || json!("Location?name=a"))]),
    all("agent-who", &[Set("/agent/client/who/type", || json!("Location"))]),
    all(
        "agent-who",
        &[
            Set("/contained", || json!([{ "resourceType": "Location", "id": "d" }])),
            Set("/agent/client/who/reference", || json!("#d")),
        ],
    ),
    all("agent-location", &[Set("/agent/client/location", || json!({ "reference": "Patient/p1" }))]),
    all("source-observer", &[Set("/source/observer/reference", || json!("Subscription/s1"))]),
    all("ref-1", &[Set("/agent/client/who/reference", || json!("#nowhere"))]),
    all("per-1", &[Set("/period", || json!({ "start": "2026-02-01", "end": "2026-01-31" }))]),
    all(
        "per-1",
        &[Set(
            "/source/observer/identifier",
            || json!({ "value": "a", "period": { "start": "2026", "end": "2025" } }),
        )],
    ),
    all("dom-3", &[Set("/contained", || device(&json!({})))]),
    all(
        "dom-4",
        &[
            Set("/contained", || device(&json!({ "meta": { "versionId": "1" } }))),
            Set("/agent/client/who/reference", || json!("#d")),
        ],
    ),
    all(
        "dom-5",
        &[
            Set("/contained", || device(&json!({ "meta": { "security": [other_coding()] } }))),
            Set("/agent/client/who/reference", || json!("#d")),
        ],
    ),
];

/// A profile, a place, and what may stand there.
type Harmless = (&'static str, &'static str, fn() -> Value);

/// What breaks nothing.
pub(in super::super) const HARMLESS: &[Harmless] = &[
    ("IHE.BasicAudit.Read", "/agent/-", stranger),
    ("IHE.BasicAudit.Read", "/subtype/-", other_coding),
    ("IHE.BasicAudit.Read", "/entity/-", || json!({ "name": "another" })),
    ("IHE.BasicAudit.Read", "/agent/user/type/coding/-", || coding(DCM, "110151")),
    ("IHE.BasicAudit.Read", "/agent/client/who/reference", || json!("https://ehr.example/Thing/1")),
    ("IHE.BasicAudit.Read", "/entity/transaction/what", display),
    ("IHE.BasicAudit.Query", "/entity/query/description", text),
    ("IHE.BasicAudit.PatientRead", "/entity/patient/what", || json!({ "identifier": { "value": "a" } })),
    ("IHE.BasicAudit.PatientRead", "/entity/patient/what/type", || json!("Patient")),
    ("IHE.BasicAudit.PatientRead", "/entity/patient/what/reference", || json!("Patient/a/_history/2")),
    ("IHE.BasicAudit.PatientRead", "/entity/patient/what/reference", || {
        json!("https://ehr.example/r4/Patient/a")
    }),
    ("IHE.BasicAudit.PatientRead", "/entity/patient/what/reference", || json!("Patient?identifier=a")),
    ("IHE.BasicAudit.PatientRead", "/entity/patient/what/reference", || {
        json!("urn:uuid:0f0b1a52-9f3e-4f5e-8d0e-6a1c0b5f9d11")
    }),
    ("IHE.BasicAudit.AuthZconsent", "/outcome", || json!("8")),
    ("IHE.BasicAudit.AuthZconsent", "/subtype/0/code", || json!("AuthZ-Role")),
    ("IHE.BasicAudit.PrivacyDisclosure.Source", "/subtype/-", other_coding),
];
