//! How SCIM is answered (RFC 7644 §3.12).

use super::list::Asked;
use axum::response::{IntoResponse, Response};
use control::ControlError;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// The media type of SCIM (RFC 7644 §8.1).
const MEDIA_TYPE: &str = "application/scim+json";

/// Why a directory gets nothing.
#[derive(Debug)]
pub(super) struct ScimError {
    status: StatusCode,
    /// One of the words of RFC 7644 §3.12, where it has one for this.
    kind: Option<&'static str>,
    /// What happened, for whoever keeps the directory.
    detail: String,
    /// A further header.
    header: Option<(HeaderName, HeaderValue)>,
}

impl ScimError {
    fn new(status: StatusCode, kind: Option<&'static str>, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), header: None }
    }

    /// A body that is no SCIM.
    pub(super) fn syntax(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some("invalidSyntax"), detail)
    }

    /// A body that did not come whole, or is too large.
    pub(super) fn body() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, None, "the body did not come whole; it has 1 MiB at most")
    }

    /// A value that cannot be kept.
    pub(super) fn value(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some("invalidValue"), detail)
    }

    /// A filter that cannot be read.
    pub(super) fn filter(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some("invalidFilter"), detail)
    }

    /// A path of a PATCH that leads nowhere.
    pub(super) fn path(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some("invalidPath"), detail)
    }

    /// A path of a PATCH that finds nothing to change.
    pub(super) fn no_target(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some("noTarget"), detail)
    }

    /// Something that stays as it is.
    pub(super) fn mutability(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some("mutability"), detail)
    }

    /// A name that is taken.
    pub(super) fn uniqueness(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, Some("uniqueness"), detail)
    }

    /// Something that this directory does not keep.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, None, format!("this directory keeps no such {what}"))
    }

    /// What `what` is missing for: itself, or somebody who is to be in it.
    pub(super) fn missing(error: ControlError, what: &str) -> Self {
        match error {
            ControlError::NotFound { what: found, .. }
                if found == what || (found, what) == ("person", "user") =>
            {
                Self::not_found(what)
            }
            ControlError::NotFound { name, .. } => {
                Self::value(format!("`{name}` is nobody whom this directory keeps"))
            }
            other => other.into(),
        }
    }

    /// A path that is nothing here.
    pub(super) fn nowhere() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            None,
            "there is nothing here; /scim/v2/ResourceTypes says what there is",
        )
    }

    /// A method that is nothing here.
    pub(super) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, None, "this cannot be done here")
    }

    /// Nobody who is known.
    pub(super) fn unauthenticated() -> Self {
        let detail =
            "show the directory's token as `Authorization: Bearer …`; `carelake directory token` makes one";
        let challenge = (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"scim\""));
        Self { header: Some(challenge), ..Self::new(StatusCode::UNAUTHORIZED, None, detail) }
    }

    /// Too many wrong tokens.
    pub(super) fn too_many_guesses(retry_after_s: u32) -> Self {
        let error =
            Self::new(StatusCode::TOO_MANY_REQUESTS, None, "too many wrong tokens came from your network");
        Self { header: Some((header::RETRY_AFTER, retry_after_s.into())), ..error }
    }

    /// What the policies do not allow.
    pub(super) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            None,
            "a policy of this lake does not allow it; ask whoever runs the lake",
        )
    }

    /// Something of ours failed; what, goes to the log.
    pub(super) fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a directory could not be answered");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, None, "the lake cannot answer now; please try again")
    }

    /// What is answered when our code panicked.
    pub(super) fn panicked() -> Response {
        tracing::error!("a handler of SCIM panicked");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, None, "the lake made a mistake").into_response()
    }
}

impl From<ControlError> for ScimError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::AlreadyExists { what, name } => Self::uniqueness(match what {
                "person" => format!("`{name}` is somebody here, or was once: a name is never given twice"),
                what => format!("there is a {what} `{name}` already"),
            }),
            other => Self::unavailable(&other),
        }
    }
}

impl IntoResponse for ScimError {
    fn into_response(self) -> Response {
        let mut told = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.as_str(), "detail": self.detail,
        });
        if let Some(kind) = self.kind {
            told["scimType"] = json!(kind);
        }
        let mut response = answer(self.status, &told);
        response.headers_mut().extend(self.header.map(|(name, value)| (Some(name), value)));
        response
    }
}

/// A resource, or a list of them.
pub(super) fn answer(status: StatusCode, told: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, MEDIA_TYPE), (header::CACHE_CONTROL, "no-store")];
    (status, headers, told.to_string()).into_response()
}

/// 201 with where it lies.
pub(super) fn created(asked: &Asked, resource: Value) -> Response {
    let location = resource["meta"]["location"].as_str().unwrap_or_default().to_owned();
    let mut response = answer(StatusCode::CREATED, &asked.of(resource));
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
