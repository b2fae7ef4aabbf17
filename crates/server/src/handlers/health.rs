//! `GET /healthz` and `GET /readyz`: for whoever keeps the process running.

use crate::{app::AppState, error::ApiError};
use axum::extract::State;

/// The process answers.
#[utoipa::path(get, path = "/healthz", operation_id = "healthz", tag = "health",
    responses((status = 200, description = "The process answers")))]
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// The process can take requests: the control database answers, and the last record of the trail is durable.
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = "health",
    responses((status = 200, description = "Requests can be taken"),
        (status = 503, description = "The control database does not answer, or the audit trail cannot be written")))]
pub(crate) async fn ready(State(state): State<AppState>) -> Result<&'static str, ApiError> {
    state.control.published().await.map_err(|error| ApiError::unavailable("the control database", &error))?;
    state.audit.writable().await.map_err(|error| ApiError::unavailable("the audit trail", &error))?;
    Ok("ready\n")
}
