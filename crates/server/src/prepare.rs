//! From a resource as it was sent to a change as it is stored.

use crate::error::{ApiError, Kind};
use fhir::{
    ResourceType,
    json::{self, Value},
};
use landing::{Change, Intent};

/// Reads a text that must be JSON.
pub(crate) fn parse(text: &[u8]) -> Result<Value<'_>, ApiError> {
    json::parse(text).map_err(|error| {
        let text =
            format!("the body is not JSON: {error}; a FHIR R4 resource as application/fhir+json is accepted");
        ApiError::new(Kind::Malformed, text)
    })
}

/// Checks `resource` as FHIR R4 of type `resource_type`, to be stored under `id`.
pub(crate) fn change(
    resource: Value<'_>,
    resource_type: ResourceType,
    id: String,
    intent: Intent,
) -> Result<Change, ApiError> {
    Change::checked(resource, resource_type, id, intent).map_err(ApiError::not_fhir)
}

/// The `id` that a resource carries.
pub(crate) fn own_id<'v>(resource: &'v Value<'_>) -> Option<&'v str> {
    resource.get("id").and_then(Value::as_str)
}

/// The source's own id of the patient whose data a resource is: a Patient's own, else that of its subject.
pub(crate) fn patient(resource: &Value<'_>, resource_type: ResourceType, id: &str) -> Option<String> {
    /// Where R4's resources name their patient.
    const MEMBERS: [&str; 5] = ["subject", "patient", "beneficiary", "individual", "for"];
    if resource_type.as_str() == "Patient" {
        return Some(id.to_owned());
    }
    let references = MEMBERS.iter().filter_map(|name| resource.get(name)?.get("reference")?.as_str());
    references.filter_map(|reference| reference.strip_prefix("Patient/")).next().map(str::to_owned)
}
