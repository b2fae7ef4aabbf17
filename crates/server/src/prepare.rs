//! From a resource as it was sent to a change as it is stored.

use crate::error::{ApiError, Kind};
use fhir::{
    ResourceType, check,
    json::{self, Value},
};
use landing::{Change, Intent};

/// Reads a text that must be JSON.
pub(crate) fn parse(text: &[u8]) -> Result<Value<'_>, ApiError> {
    json::parse(text)
        .map_err(|error| ApiError::new(Kind::Malformed, format!("the body is not JSON: {error}")))
}

/// Checks `resource` as FHIR R4 of type `resource_type` and makes it ready to be stored under `id`:
/// canonical, with that id, without the version and time that only the lake gives.
pub(crate) fn change(
    mut resource: Value<'_>,
    resource_type: ResourceType,
    id: String,
    intent: Intent,
) -> Result<Change, ApiError> {
    check(&resource, Some(resource_type)).map_err(ApiError::not_fhir)?;
    if let Some(object) = resource.as_object_mut() {
        strip_meta(object);
        object.insert("id", Value::from(id.clone()));
    }
    Ok(Change { resource_type, id, body: resource.to_canonical(), intent })
}

/// The `id` that a resource carries.
pub(crate) fn own_id<'v>(resource: &'v Value<'_>) -> Option<&'v str> {
    resource.get("id").and_then(Value::as_str)
}

/// `meta.versionId` and `meta.lastUpdated` are the server's to give (FHIR R4 §3.1.0.8), and so
/// is what JSON says beside them.
fn strip_meta(resource: &mut json::Object<'_>) {
    let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) else { return };
    for name in ["versionId", "_versionId", "lastUpdated", "_lastUpdated"] {
        meta.remove(name);
    }
    // FHIR has no empty objects (FHIR R4 §2.6.2).
    if meta.is_empty() {
        resource.remove("meta");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_has_the_given_id_and_no_version_of_the_client() {
        let text = br#"{"resourceType":"Patient","id":"mine","meta":{"versionId":"7","lastUpdated":"2020-01-01T00:00:00Z"},"active":true}"#;
        let patient = ResourceType::parse("Patient").unwrap();
        let change = change(parse(text).unwrap(), patient, "given".to_owned(), Intent::Create).unwrap();
        let body = String::from_utf8(change.body).unwrap();
        assert_eq!(body, r#"{"active":true,"id":"given","resourceType":"Patient"}"#);
    }
}
