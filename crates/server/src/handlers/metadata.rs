//! `GET /fhir/r4/metadata`: what this door does (FHIR R4 §3.1.0.9). Public.

use crate::{
    app::AppState,
    capability,
    error::{ApiError, fhir_json},
    request::{fhir_base, refuse_method_overrides},
    trail::Trail,
};
use axum::{extract::State, response::Response};
use http::{StatusCode, request::Parts};

/// The CapabilityStatement.
#[utoipa::path(get, path = "/fhir/r4/metadata", operation_id = "metadata", tag = "fhir",
    responses((status = 200, description = "The CapabilityStatement", content_type = "application/fhir+json",
        body = serde_json::Value)))]
pub(crate) async fn metadata(
    State(state): State<AppState>,
    trail: Trail,
    parts: Parts,
) -> Result<Response, ApiError> {
    refuse_method_overrides(&parts)?;
    trail.action("fhir.metadata");
    let base = fhir_base(&state.config, &parts.uri, &parts.headers);
    let statement = capability::statement(&base, state.home_kind, state.started);
    Ok(fhir_json(StatusCode::OK, statement.to_string()))
}
