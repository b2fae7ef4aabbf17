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
