//! What is answered for a resource that is stored.

use crate::{
    GatewayConfig,
    error::{ApiError, Kind, fhir_json},
    request::fhir_base,
};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use landing::{Accepted, ReceiptId, Status, Stored};
use model::Timestamp;
use serde::Serialize;

/// Names the receipt of what a request stored.
pub(crate) const RECEIPT: HeaderName = HeaderName::from_static("x-carelake-receipt");

/// The answer to a create or an update (FHIR R4 §3.1.0.4, §3.1.0.8).
pub(crate) fn first(
    accepted: &Accepted,
    with_outcome: bool,
    (config, uri, headers): (&GatewayConfig, &Uri, &HeaderMap),
) -> Result<Response, ApiError> {
    let stored = accepted.entries.first();
    let stored = stored.ok_or_else(|| ApiError::new(Kind::Internal, "the gateway made a mistake"))?;
    let status = status(stored.status);
    let mut response = if with_outcome {
        fhir_json(status, success_outcome().to_string())
    } else {
        (status, Body::empty()).into_response()
    };
    let location = format!("{}/{}", fhir_base(config, uri, headers), version_path(stored));
    let values = [
        (header::LOCATION, Some(location)),
        (header::ETAG, Some(etag(stored))),
        (header::LAST_MODIFIED, stored.last_updated.map(http_date)),
        (RECEIPT, Some(accepted.receipt.to_string())),
    ];
    for (name, value) in values.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        // Ids, versions and a parsed authority are all visible ASCII, so none is left out.
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// One entry of a transaction-response or batch-response Bundle.
#[derive(Serialize)]
pub(crate) struct EntryAnswer {
    response: EntryResponse,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    extension: Option<[ReceiptExtension; 1]>,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<serde_json::Value>,
}

/// Carries an entry's own receipt where the Bundle has more than one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptExtension {
    url: &'static str,
    value_string: String,
}

impl EntryAnswer {
    /// An entry that is stored; `receipt` only where it is the entry's own.
    pub(crate) fn stored(stored: &Stored, receipt: Option<&ReceiptId>, with_outcome: bool) -> Self {
        let extension = receipt.map(|receipt| {
            [ReceiptExtension {
                url: "https://github.com/carelake/carelake/fhir/receipt",
                value_string: receipt.to_string(),
            }]
        });
        Self {
            response: EntryResponse {
                extension,
                status: status_text(status(stored.status)),
                location: Some(version_path(stored)),
                etag: Some(etag(stored)),
                last_modified: stored.last_updated.map(|at| at.to_string()),
                outcome: with_outcome.then(success_outcome),
            },
        }
    }

    /// Whether the entry was refused.
    pub(crate) const fn is_refused(&self) -> bool {
        self.response.location.is_none()
    }

    /// An entry that was refused.
    pub(crate) fn refused(error: &ApiError) -> Self {
        Self {
            response: EntryResponse {
                extension: None,
                status: status_text(error.kind().status()),
                location: None,
                etag: None,
                last_modified: None,
                outcome: Some(error.outcome()),
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BundleAnswer<'a> {
    resource_type: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    entry: &'a [EntryAnswer],
}

/// The answer to a Bundle (FHIR R4 §3.1.0.11.2); `receipt` where there is one for the whole.
pub(crate) fn bundle(kind: &'static str, entry: &[EntryAnswer], receipt: Option<&ReceiptId>) -> Response {
    let answer = BundleAnswer { resource_type: "Bundle", kind, entry };
    let body = serde_json::to_vec(&answer).unwrap_or_default();
    let mut response = fhir_json(StatusCode::OK, body);
    if let Some(value) = receipt.and_then(|receipt| HeaderValue::try_from(receipt.to_string()).ok()) {
        response.headers_mut().insert(RECEIPT, value);
    }
    response
}

const fn status(status: Status) -> StatusCode {
    match status {
        Status::Created => StatusCode::CREATED,
        Status::Updated | Status::Unchanged => StatusCode::OK,
    }
}

fn status_text(status: StatusCode) -> String {
    format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or_default())
}

fn version_path(stored: &Stored) -> String {
    format!("{}/{}/_history/{}", stored.resource_type.as_str(), stored.id, stored.version)
}

fn etag(stored: &Stored) -> String {
    format!("W/\"{}\"", stored.version)
}

fn success_outcome() -> serde_json::Value {
    serde_json::json!({ "resourceType": "OperationOutcome", "issue": [
        { "severity": "information", "code": "informational", "diagnostics": "stored" } ] })
}

/// An HTTP date (RFC 9110 §5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(time: Timestamp) -> String {
    let moment = DateTime::<Utc>::from_timestamp_millis(time.0).unwrap_or_default();
    moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_modified_is_an_http_date() {
        assert_eq!(http_date(Timestamp(784_111_777_123)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
