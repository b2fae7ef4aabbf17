//! `POST /fhir/r4/{type}`: create (FHIR R4 §3.1.0.8).

use crate::{
    answer,
    app::AppState,
    body::FhirBody,
    caller::Caller,
    error::ApiError,
    handlers, prepare,
    request::{prefers_outcome, refuse_conditions},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, Method, Uri};
use landing::Intent;
use model::Interaction;
use uuid::Uuid;

/// Creates one resource under an id of the lake's making.
#[utoipa::path(post, path = "/fhir/r4/{type}", operation_id = "create", tag = "fhir",
    params(("type" = String, Path, description = "A resource type of FHIR R4")),
    request_body(content = serde_json::Value, content_type = "application/fhir+json"),
    responses((status = 201, description = "Stored, durably"),
        (status = "4XX", description = "An OperationOutcome says what is wrong, and where")),
    security(("token" = [])))]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: FhirBody,
) -> Result<Response, ApiError> {
    let resource_type = handlers::resource_type(&name)?;
    caller.permissions.require(Interaction::Create, resource_type)?;
    refuse_conditions(&Method::POST, &headers)?;
    let read = move |text: &[u8]| {
        let id = Uuid::new_v4().to_string();
        let resource = prepare::parse(text)?;
        let patient = prepare::patient(&resource, resource_type, &id);
        Ok((prepare::change(resource, resource_type, id, Intent::Create)?, patient))
    };
    let ((change, patient), _reserved) = body.read(read).await?;
    let accepted = handlers::submit(&state, &caller, vec![change], 0)
        .await?
        .map_err(|error| ApiError::from_intake(error, false))?;
    caller.trail.action("fhir.create");
    caller.trail.fact("type", resource_type.as_str());
    handlers::about(&state, &caller, patient);
    answer::first(&accepted, prefers_outcome(&headers), (&state.config, &uri, &headers))
}
