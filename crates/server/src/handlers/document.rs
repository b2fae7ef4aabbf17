//! `GET /openapi.json`: this interface in OpenAPI 3.1.

use crate::router;
use axum::Json;

/// The document that describes every route.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = "documentation",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub(crate) async fn openapi() -> Json<serde_json::Value> {
    Json(router::openapi())
}
