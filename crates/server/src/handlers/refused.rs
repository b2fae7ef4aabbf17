//! Everything under `/fhir` that is not create or update, and all that is nowhere.

use crate::{
    caller::Caller,
    error::{ApiError, Kind},
};
use http::{Method, Uri};

/// A known URL asked by a method that it does not have; axum adds which it has as `Allow`.
pub(crate) async fn method(_caller: Caller) -> ApiError {
    ApiError::new(
        Kind::MethodNotAllowed,
        "this gateway takes create (POST) and update (PUT), and nothing else",
    )
}

/// A URL under `/fhir` that is none of ours: reads, searches, history, operations.
pub(crate) async fn fhir(_caller: Caller, method: Method, uri: Uri) -> ApiError {
    let deeper = uri.path().contains("/_") || uri.path().contains("/$");
    if deeper || method != Method::POST {
        let text = "this gateway takes create (POST) and update (PUT); it has no reads, searches, history or operations";
        return ApiError::new(Kind::NotImplemented, text);
    }
    ApiError::new(
        Kind::NotFound,
        "the FHIR base is /fhir/r4: POST /fhir/r4, POST /fhir/r4/{type}, PUT /fhir/r4/{type}/{id}",
    )
}

/// A URL outside everything that the gateway serves.
pub(crate) async fn nowhere() -> ApiError {
    ApiError::new(Kind::NotFound, "there is nothing here; GET /openapi.json says what there is")
}
