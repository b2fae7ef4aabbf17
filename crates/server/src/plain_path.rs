//! Paths that mean one thing only.
//!
//! A path with dots, empty parts or escapes reads differently to a proxy, a signature and a router. None of ours
//! needs any of these, so such a request is refused before anybody reads it.

use crate::error::{ApiError, Kind};
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};

/// 400 unless the path is written plainly.
pub(crate) async fn only(request: Request, next: Next) -> Response {
    if is_plain(request.uri().path()) {
        return next.run(request).await;
    }
    let text = "the path must be written plainly: no empty parts, no `.` or `..`, no escapes";
    ApiError::new(Kind::Malformed, text).into_response()
}

fn is_plain(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    // One slash at the end is let pass: some clients put it after the base.
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let parts_are_plain = rest.split('/').all(|part| !matches!(part, "" | "." | ".."));
    path == "/" || (parts_are_plain && !path.contains(['%', '\\', ';']) && path.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_read_the_same_to_everybody_are_plain() {
        for path in ["/", "/fhir/r4", "/fhir/r4/", "/fhir/r4/Patient/a.b-1", "/fhir/r4/$export"] {
            assert!(is_plain(path), "{path}");
        }
        for path in [
            "",
            "*",
            "//",
            "/fhir//r4",
            "/fhir/r4/../r4",
            "/fhir/./r4",
            "/fhir/r4/..",
            "/fhir%2fr4",
            "/fhir/r4/%2e%2e/x",
            "/fhir\\r4",
            "/fhir/r4;x/Patient",
            "/fhir/r4//",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }
}
