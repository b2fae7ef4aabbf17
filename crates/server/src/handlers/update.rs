//! `PUT /fhir/r4/{type}/{id}`: update (FHIR R4 §3.1.0.4), and create under the sender's own id.

use crate::{
    answer,
    app::AppState,
    body::FhirBody,
    bundle,
    caller::Caller,
    error::{ApiError, Kind},
    handlers, prepare,
    request::{if_match, is_id, prefers_outcome, refuse_conditions},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, Method, Uri};
use model::Interaction;

/// Stores one resource under the sender's own id. A new id needs the grants to create and to update.
#[utoipa::path(put, path = "/fhir/r4/{type}/{id}", operation_id = "update", tag = "fhir",
    params(("type" = String, Path, description = "A resource type of FHIR R4"),
        ("id" = String, Path, description = "The resource's id in the sender's own id space"),
        ("If-Match" = Option<String>, Header, description = "The version that must be current, such as W/\"3\"")),
    request_body(content = serde_json::Value, content_type = "application/fhir+json"),
    responses((status = 200, description = "A new version is stored, durably, or nothing had changed"),
        (status = 201, description = "The id was new; stored, durably"),
        (status = 412, description = "If-Match names another version than the current one"),
        (status = "4XX", description = "An OperationOutcome says what is wrong, and where")),
    security(("token" = [])))]
pub(crate) async fn update(
    State(state): State<AppState>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: FhirBody,
) -> Result<Response, ApiError> {
    let resource_type = handlers::resource_type(&name)?;
    if !is_id(&id) {
        return Err(ApiError::new(Kind::Malformed, "an id is 1 to 64 of A-Z, a-z, 0-9, - and ."));
    }
    caller.permissions.require(Interaction::Update, resource_type)?;
    refuse_conditions(&Method::PUT, &headers)?;
    let intent = bundle::put(&caller.permissions, resource_type, if_match(&headers)?);
    let read = move |text: &[u8]| {
        let resource = prepare::parse(text)?;
        if prepare::own_id(&resource) != Some(id.as_str()) {
            return Err(ApiError::new(Kind::Malformed, "the resource's id is not the one in the URL"));
        }
        let patient = prepare::patient(&resource, resource_type, &id);
        Ok((prepare::change(resource, resource_type, id, intent)?, patient))
    };
    let ((change, patient), _reserved) = body.read(read).await?;
    let accepted = handlers::submit(&state, &caller, vec![change], 0)
        .await?
        .map_err(|error| ApiError::from_intake(error, false))?;
    caller.trail.action("fhir.update");
    caller.trail.fact("type", resource_type.as_str());
    handlers::about(&state, &caller, patient);
    answer::first(&accepted, prefers_outcome(&headers), (&state.config, &uri, &headers))
}
