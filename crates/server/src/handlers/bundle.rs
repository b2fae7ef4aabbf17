//! `POST /fhir/r4`: transactions and batches (FHIR R4 §3.1.0.11).

use crate::{
    app::AppState,
    batch,
    body::FhirBody,
    bundle::{self, Plan},
    caller::Caller,
    error::ApiError,
    request::{prefers_outcome, refuse_conditions},
    transaction,
};
use axum::{extract::State, response::Response};
use http::{HeaderMap, Method};
use std::sync::Arc;

/// Stores the resources of a Bundle: of a transaction all or none, of a batch each on its own.
#[utoipa::path(post, path = "/fhir/r4", operation_id = "bundle", tag = "fhir",
    request_body(content = serde_json::Value, content_type = "application/fhir+json"),
    responses((status = 200, description = "A transaction-response or batch-response Bundle"),
        (status = "4XX", description = "An OperationOutcome says what is wrong, and in which entry")),
    security(("token" = [])))]
pub(crate) async fn bundle(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    body: FhirBody,
) -> Result<Response, ApiError> {
    refuse_conditions(&Method::POST, &headers)?;
    let permissions = Arc::clone(&caller.permissions);
    let (plan, _reserved) = body.read(move |text| bundle::read(text, &permissions)).await?;
    let with_outcome = prefers_outcome(&headers);
    match plan {
        Plan::Transaction(changes) => transaction::submit(&state, &caller, changes, with_outcome).await,
        Plan::Batch(planned) => batch::submit(&state, &caller, planned, with_outcome).await,
    }
}
