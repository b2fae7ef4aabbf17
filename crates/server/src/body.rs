//! Bodies: of the right kind, within bounds, read off the reactor.

use crate::{
    app::AppState,
    budget::{Budget, Reserved},
    error::{ApiError, Kind},
};
use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, header};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// A body that says it is FHIR JSON in UTF-8. Whether it is, [`FhirBody::read`] finds out.
pub(crate) struct FhirBody {
    bytes: Bytes,
    reserved: Reserved,
}

/// What is taken, for those who sent something else.
pub(crate) const ACCEPTED: &str = "the body must be FHIR R4 in JSON: Content-Type application/fhir+json or application/json, UTF-8, not encoded";

/// Bodies up to this size are read where they arrive: moving them to another thread would cost more.
const SMALL_BYTES: usize = 16 << 10;

impl FhirBody {
    /// The bytes as they arrived.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Runs `read` over the bytes, large ones on a thread for such work, so that other
    /// connections are served meanwhile. The second part of the result is the body's share of
    /// the budget, to be held until the request is answered.
    pub(crate) async fn read<T, F>(self, read: F) -> Result<(T, Reserved), ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&[u8]) -> Result<T, ApiError> + Send + 'static,
    {
        let Self { bytes, reserved } = self;
        if bytes.len() <= SMALL_BYTES {
            return Ok((read(&bytes)?, reserved));
        }
        let done = tokio::task::spawn_blocking(move || read(&bytes)).await;
        let value = done.map_err(|_| ApiError::new(Kind::Internal, "the gateway made a mistake"))??;
        Ok((value, reserved))
    }
}

impl FromRequest<AppState> for FhirBody {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, state: &AppState) -> Result<Self, ApiError> {
        check_kind(request.headers())?;
        if let Some(body) = request.extensions_mut().remove::<Received>().and_then(Received::take) {
            return Ok(body);
        }
        let (parts, body) = request.into_parts();
        receive(body, &parts.headers, state).await
    }
}

/// A body that was taken in before its request reached a handler.
#[derive(Clone)]
pub(crate) struct Received(Arc<Mutex<Option<FhirBody>>>);

impl Received {
    pub(crate) fn new(body: FhirBody) -> Self {
        Self(Arc::new(Mutex::new(Some(body))))
    }

    fn take(self) -> Option<FhirBody> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Takes a body in: within its limit, within the bytes that may be in flight, and in time.
pub(crate) async fn receive(body: Body, headers: &HeaderMap, state: &AppState) -> Result<FhirBody, ApiError> {
    let limit = state.config.body_limit_bytes;
    let announced = announced_bytes(headers);
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(too_large(limit));
    }
    let mut reserved = Budget::reserve();
    reserved.cover(&state.budget, announced.unwrap_or(0)).map_err(|_| full())?;
    let arriving = collect(body, state, announced, limit, &mut reserved);
    let bytes = tokio::time::timeout(Duration::from_millis(state.config.request_timeout_ms), arriving)
        .await
        .map_err(|_| ApiError::new(Kind::TooSlow, "the body did not arrive in time"))??;
    Ok(FhirBody { bytes, reserved })
}

async fn collect(
    body: Body,
    state: &AppState,
    announced: Option<usize>,
    limit: usize,
    reserved: &mut Reserved,
) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or(0));
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::new(Kind::Malformed, "the body ended before its end"))?;
        let length = bytes.len() + chunk.len();
        if length > limit {
            return Err(too_large(limit));
        }
        reserved.cover(&state.budget, length).map_err(|_| full())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn check_kind(headers: &HeaderMap) -> Result<(), ApiError> {
    let plain = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if plain && kind.is_some_and(is_fhir_json) {
        return Ok(());
    }
    Err(ApiError::new(Kind::MediaType, ACCEPTED))
}

/// Whether a Content-Type is JSON's or FHIR JSON's, with no other character set than UTF-8.
fn is_fhir_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let json =
        ["application/fhir+json", "application/json"].iter().any(|known| kind.eq_ignore_ascii_case(known));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            let value = value.trim().trim_matches('"');
            value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
        }
        Some((name, value)) if name.trim().eq_ignore_ascii_case("fhirversion") => {
            matches!(value.trim().trim_matches('"'), "4.0" | "4.0.1")
        }
        _ => true,
    })
}

fn announced_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(Kind::TooLarge, format!("the body is larger than the {limit} bytes that are taken"))
}

fn full() -> ApiError {
    ApiError::new(Kind::Busy, "too many bytes are in flight; please try again").retry_after(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf8_is_a_fhir_body() {
        for (kind, fits) in [
            ("application/fhir+json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/fhir+json; fhirVersion=4.0", true),
            ("application/fhir+json; fhirVersion=5.0", false),
            ("application/json; charset=latin1", false),
            ("application/fhir+xml", false),
            ("text/plain", false),
            ("", false),
        ] {
            assert_eq!(is_fhir_json(kind), fits, "{kind}");
        }
    }
}
