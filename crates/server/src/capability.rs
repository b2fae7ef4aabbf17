//! The CapabilityStatement: create and update of every type, transactions and batches, and no reading.

use crate::HomeKind;
use fhir::ResourceType;
use model::Timestamp;
use serde_json::{Value, json};

/// The statement of a gateway whose FHIR base is `base`, current since `date`.
pub(crate) fn statement(base: &str, home: HomeKind, date: Timestamp) -> Value {
    let types: Vec<Value> = ResourceType::all()
        .map(|resource_type| {
            json!({
                "type": resource_type.as_str(),
                "interaction": [{ "code": "create" }, { "code": "update" }],
                "versioning": "versioned-update",
                "readHistory": false,
                "updateCreate": true,
                "conditionalCreate": false,
                "conditionalUpdate": false,
                "conditionalDelete": "not-supported",
            })
        })
        .collect();
    let description = match home {
        HomeKind::Synthetic => {
            "Takes FHIR R4 into a lake that holds made-up people only. Send no real person's data."
        }
        HomeKind::Real => "Takes FHIR R4 into a lake under the approvals that its operator named.",
    };
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date.to_string(),
        "kind": "instance",
        "software": { "name": "carelake", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": description, "url": base },
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "rest": [{
            "mode": "server",
            "documentation": "Nothing can be read here. Each sender has its own id space.",
            "security": {
                "service": [{ "coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                    "code": "OAuth",
                }], "text": "OAuth 2.0 client credentials at /oauth/token; scopes such as system/Observation.c" }],
            },
            "resource": types,
            "interaction": [{ "code": "transaction" }, { "code": "batch" }],
        }],
    })
}
