//! Every route and every layer. Nothing is routed elsewhere.

use crate::{
    app::{App, AppState},
    caller::signature,
    error::{ApiError, Kind},
    handlers::{
        bundle, create, document, health, metadata, receipt, refused, signing_credential, smart, token,
        update,
    },
    plain_path, trail,
};
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use http::{HeaderValue, header};
use std::{any::Any, net::SocketAddr, sync::Arc};
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer};
use utoipa::{
    OpenApi,
    openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The gateway's routes over `app`, which listens on `listening`.
pub fn router(app: Arc<App>, listening: &[SocketAddr]) -> Router {
    let state = AppState::new(app, listening);
    let (recorded, _) = recorded().split_for_parts();
    let (open, _) = open().split_for_parts();
    let recorded = recorded
        // Where SMART looks for it: beside the FHIR base's metadata.
        .route("/fhir/r4/.well-known/smart-configuration", get(smart::configuration))
        // The base with the slash that some clients put after it.
        .route("/fhir/r4/", post(bundle::bundle))
        .route("/fhir", any(refused::fhir))
        .route("/fhir/{*rest}", any(refused::fhir))
        .fallback(refused::nowhere)
        .method_not_allowed_fallback(refused::method)
        .layer(from_fn_with_state(state.clone(), signature::receive))
        .layer(from_fn(plain_path::only))
        .layer(CatchPanicLayer::custom(panicked))
        // Outermost of these, so that a panic has its record too.
        .layer(from_fn_with_state(state.clone(), trail::record));
    open.merge(recorded)
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        ))
        .with_state(state)
}

/// The document that describes every route, in OpenAPI 3.1.
#[must_use]
pub fn openapi() -> serde_json::Value {
    let (_, document) =
        OpenApiRouter::with_openapi(document()).merge(recorded()).merge(open()).split_for_parts();
    serde_json::to_value(document).unwrap_or_default()
}

/// Routes whose every request leaves one audit record.
fn recorded() -> OpenApiRouter<AppState> {
    let (schemas, paths, methods) = routes!(metadata::metadata);
    OpenApiRouter::new()
        .routes(routes!(token::token))
        .routes(routes!(signing_credential::signing_credential))
        .routes(routes!(create::create))
        .routes(routes!(update::update))
        .routes(routes!(bundle::bundle))
        // A GET route would answer HEAD as well.
        .routes((schemas, paths, methods.head(refused::method)))
        .routes(routes!(smart::configuration))
        .routes(routes!(receipt::receipt))
}

/// Routes that touch no data and need no record.
fn open() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(document::openapi))
}

fn document() -> utoipa::openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(info(
        title = "carelake gateway",
        description = "Takes FHIR R4, and gives nothing back but receipts."
    ))]
    struct Document;
    let mut document = Document::openapi();
    let scopes = Scopes::from_iter([
        ("system/*.c", "Create resources of every type"),
        ("system/*.u", "Update resources of every type"),
    ]);
    let flow = Flow::ClientCredentials(ClientCredentials::new("/oauth/token", scopes));
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("token", SecurityScheme::OAuth2(OAuth2::new([flow])));
    document
}

/// What is answered when our code panicked. What it said went to the log by the panic hook.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    ApiError::new(Kind::Internal, "the gateway made a mistake").into_response()
}
