//! AWS Signature Version 4 in the Authorization header, as the server checks it.
//!
//! A client hashes its request into a canonical form, and signs that hash with a key made of
//! its secret, the day, the region and the service. Here the same is done with what arrived,
//! and the two signatures are compared (AWS, "Create a signed AWS API request").
//!
//! A door goes through it in this order:
//! 1. [`is_query_signed`]: a signature in the URL ends in logs, so it is refused there;
//! 2. [`Authorization::parse`], and a look at the key id, the region and the service;
//! 3. [`claimed_payload`], if it wants to know whom it serves before it reads the body;
//! 4. [`Authorization::verify`].
//!
//! What it does not do: look up secrets, remember signatures that it has seen (a request can be
//! sent again while its time is good), verify SigV4a or signed chunks.
//!
//! The canonical form is the standard's, and it forgets things. `/a/../b` and `//b` are signed as
//! `/b` except for service `s3`, parameters of the query in another order are the same query, and
//! two headers of a name are one with a comma. A door must not give these different meanings.

mod authorization;
mod canonical;
mod moment;
mod percent;
mod secret;
mod sign;
mod verify;

#[cfg(test)]
mod suite;

pub use authorization::Authorization;
pub use secret::SigningSecret;
pub use sign::{Credential, sign};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header::HOST};

/// The only algorithm there is here, and the scheme that the Authorization header begins with.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How far a request's time may be from the server's, before or after, in milliseconds.
pub const SKEW_MS: i64 = 5 * 60 * 1000;

const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Why a signature was not accepted. The messages carry nothing of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing, sent twice, too long, or not written as it must be.
    #[error("read the headers of a signature")]
    Malformed,
    /// The Authorization header is of another scheme, such as SigV4a's.
    #[error("verify a signature of another algorithm than AWS4-HMAC-SHA256")]
    Algorithm,
    /// The request's time is more than [`SKEW_MS`] away.
    #[error("accept a signature of another time: the clocks differ by more than five minutes")]
    Stale,
    /// SignedHeaders leaves out `host` or an `x-amz-` header, or names one that did not arrive.
    #[error("accept signed headers without `host` or an `x-amz-` header, or that did not arrive")]
    SignedHeaders,
    /// The body is not under the signature: `UNSIGNED-PAYLOAD` or `STREAMING-…`.
    #[error("accept an unsigned payload: `x-amz-content-sha256` must be the body's hash")]
    UnsignedPayload,
    /// `x-amz-content-sha256` is not the hash of the body.
    #[error("match the body with `x-amz-content-sha256`")]
    Payload,
    /// The signature is not the one that the secret makes of this request.
    #[error("match the signature with the request")]
    Mismatch,
}

/// What arrived, as far as it can be signed. Nothing may have been decoded or put in order.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path as it was sent, percent-encoded.
    pub path: &'a str,
    /// What follows the question mark as it was sent, or nothing.
    pub query: &'a str,
    /// The authority of the request's target: HTTP/2 sends it instead of a Host header.
    pub authority: Option<&'a str>,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The SHA-256 of the body as it was sent, before any Content-Encoding is undone.
    pub payload: [u8; 32],
}

impl Request<'_> {
    /// The values of a header in order of arrival. The authority stands in for the host.
    fn values(&self, name: &HeaderName) -> impl Iterator<Item = &[u8]> {
        let stands_in = *name == HOST && !self.headers.contains_key(HOST);
        let authority = self.authority.filter(|_| stands_in).map(str::as_bytes);
        self.headers.get_all(name).iter().map(HeaderValue::as_bytes).chain(authority)
    }
}

/// Whether `query` holds a signature, or a part of one, as the URLs do that AWS calls presigned.
#[must_use]
pub fn is_query_signed(query: &str) -> bool {
    const NAMES: [&[u8]; 3] = [b"x-amz-signature", b"x-amz-algorithm", b"x-amz-credential"];
    query.split('&').any(|parameter| {
        let (name, _) = parameter.split_once('=').unwrap_or((parameter, ""));
        let name = percent::decode(name.as_bytes());
        NAMES.iter().any(|known| known.eq_ignore_ascii_case(&name))
    })
}

/// The hash of the body that the client claims in `x-amz-content-sha256`, if it sends that.
///
/// Verified with this as [`Request::payload`], a request is known to be its signer's before the
/// body has arrived. The body must then be hashed and compared with it all the same.
///
/// # Errors
/// [`SignatureError::UnsignedPayload`] if the client signed no body;
/// [`SignatureError::Malformed`] if the header is no hash in lower-case hex, or comes twice.
pub fn claimed_payload(headers: &HeaderMap) -> Result<Option<[u8; 32]>, SignatureError> {
    let Some(text) = single(headers, &CONTENT_SHA256)? else { return Ok(None) };
    if text == "UNSIGNED-PAYLOAD" || text.starts_with("STREAMING-") {
        return Err(SignatureError::UnsignedPayload);
    }
    digest_of_hex(text).map(Some).ok_or(SignatureError::Malformed)
}

/// The value of a header that may be sent once, without the spaces around it.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, SignatureError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(SignatureError::Malformed);
    }
    value.to_str().map(|text| Some(text.trim())).map_err(|_| SignatureError::Malformed)
}

/// 32 bytes, if `text` is 64 digits of lower-case hex.
fn digest_of_hex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    (is_lower && hex::decode_to_slice(text, &mut digest).is_ok()).then_some(digest)
}
