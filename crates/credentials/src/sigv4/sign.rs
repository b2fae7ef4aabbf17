//! The other side: what a client puts into its Authorization header. Tests of doors sign with it.

use super::{
    ALGORITHM, Authorization, Request, SignatureError, SigningSecret,
    authorization::{Scope, plain},
    canonical::PathRule,
    moment::Moment,
};
use http::{
    HeaderName, HeaderValue,
    header::{AUTHORIZATION, HOST},
};

/// Who signs, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Credential<'a> {
    /// Names the secret.
    pub access_key_id: &'a str,
    /// The region of the service.
    pub region: &'a str,
    /// The service.
    pub service: &'a str,
}

/// The Authorization header for `request`. All its headers are signed, so it should have those only
/// that will arrive unchanged, among them `X-Amz-Date` or `Date`.
///
/// # Errors
/// [`SignatureError::Malformed`] if the request has no time or no host, or a part of the credential
/// is not as [`Authorization::parse`] wants it.
pub fn sign(
    credential: &Credential<'_>,
    secret: &SigningSecret,
    request: &Request<'_>,
) -> Result<HeaderValue, SignatureError> {
    sign_under(PathRule::of(credential.service), credential, secret, request)
}

pub(super) fn sign_under(
    rule: PathRule,
    credential: &Credential<'_>,
    secret: &SigningSecret,
    request: &Request<'_>,
) -> Result<HeaderValue, SignatureError> {
    let moment = Moment::read(request.headers)?;
    request.values(&HOST).next().ok_or(SignatureError::Malformed)?;
    let scope = Scope::new(moment.date(), credential.region, credential.service);
    let mut authorization = Authorization {
        access_key_id: plain(credential.access_key_id).ok_or(SignatureError::Malformed)?,
        scope: scope.ok_or(SignatureError::Malformed)?,
        signed_headers: names(request),
        signature: [0; 32],
    };
    authorization.signature = authorization.expected_signature(rule, secret, request, &moment);
    HeaderValue::try_from(written(&authorization)).map_err(|_| SignatureError::Malformed)
}

/// The names of all headers that can be signed, sorted.
fn names(request: &Request<'_>) -> Vec<HeaderName> {
    let others = request.headers.keys().filter(|name| **name != AUTHORIZATION && **name != HOST);
    let mut names: Vec<HeaderName> = others.cloned().chain([HOST]).collect();
    names.sort_unstable_by(|one, next| one.as_str().cmp(next.as_str()));
    names
}

fn written(authorization: &Authorization) -> String {
    let Authorization { access_key_id, scope, signed_headers, signature } = authorization;
    let names: Vec<&str> = signed_headers.iter().map(HeaderName::as_str).collect();
    format!(
        "{ALGORITHM} Credential={access_key_id}/{scope}, SignedHeaders={}, Signature={}",
        names.join(";"),
        hex::encode(signature)
    )
}
