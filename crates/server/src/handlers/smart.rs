//! `GET /.well-known/smart-configuration`: how to authenticate here (SMART App Launch 2.2, §2.1). Public.

use crate::{app::AppState, request, trail::Trail};
use axum::{Json, extract::State};
use http::{HeaderMap, Uri};
use serde_json::{Value, json};

/// What a SMART client needs to know. Answered beside the FHIR base too.
#[utoipa::path(get, path = "/.well-known/smart-configuration", operation_id = "smart-configuration", tag = "oauth",
    responses((status = 200, description = "The SMART configuration", body = serde_json::Value)))]
pub(crate) async fn configuration(
    State(state): State<AppState>,
    trail: Trail,
    uri: Uri,
    headers: HeaderMap,
) -> Json<Value> {
    trail.action("smart.configuration");
    let base = request::own_base(&state.config, &uri, &headers);
    Json(json!({
        "token_endpoint": format!("{base}{}", request::TOKEN_ENDPOINT),
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported":
            ["private_key_jwt", "client_secret_basic", "client_secret_post", "self_signed_tls_client_auth"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "tls_client_certificate_bound_access_tokens": true,
        "scopes_supported": ["system/*.c", "system/*.u", "system/*.cu"],
        "capabilities": ["client-confidential-asymmetric", "client-confidential-symmetric", "permission-v2"],
    }))
}
