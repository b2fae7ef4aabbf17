//! Whether a request is the one that the holder of a secret signed.

use super::{
    Authorization, Request, SignatureError, SigningSecret,
    canonical::{self, PathRule},
    claimed_payload,
    moment::Moment,
};
use aws_lc_rs::constant_time;
use http::{HeaderMap, HeaderName, header::HOST};
use model::Timestamp;

impl Authorization {
    /// When the request was signed: `X-Amz-Date` as `20261122T093000Z`, or `Date` as RFC 9110 has
    /// clients write it (§5.6.7) if the former is absent.
    ///
    /// # Errors
    /// [`SignatureError::Stale`] if it is more than five minutes away from `now`;
    /// [`SignatureError::Malformed`] if it is absent, sent twice, written otherwise, or of another
    /// day than the credential.
    pub fn time(&self, headers: &HeaderMap, now: Timestamp) -> Result<Timestamp, SignatureError> {
        self.moment(headers, now).map(|moment| moment.at)
    }

    /// Whether the holder of `secret` signed `request`, and did so just now.
    ///
    /// `host` and each `x-amz-` header must be signed, for these all clients sign; others, such as
    /// `content-type`, need not be. Without `x-amz-content-sha256` the payload is in the signature
    /// all the same. The signatures are compared in a time that does not tell how alike they are.
    ///
    /// # Errors
    /// As [`time`](Self::time) and [`claimed_payload`]. [`SignatureError::SignedHeaders`] if a header
    /// that must be signed is not, or a signed one did not arrive; [`SignatureError::Payload`] if
    /// `x-amz-content-sha256` claims another payload; [`SignatureError::Malformed`] if there are two
    /// hosts; [`SignatureError::Mismatch`] if all this is well, and the signature is not.
    pub fn verify(
        &self,
        secret: &SigningSecret,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        self.verify_under(PathRule::of(&self.scope.service), secret, request, now)
    }

    pub(super) fn verify_under(
        &self,
        rule: PathRule,
        secret: &SigningSecret,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        let moment = self.moment(request.headers, now)?;
        refuse_two_hosts(request)?;
        self.check_signed_headers(request)?;
        if claimed_payload(request.headers)?.is_some_and(|claimed| claimed != request.payload) {
            return Err(SignatureError::Payload);
        }
        let expected = self.expected_signature(rule, secret, request, &moment);
        constant_time::verify_slices_are_equal(&expected, &self.signature)
            .map_err(|_| SignatureError::Mismatch)
    }

    /// The signature that `secret` makes of `request` in the scope and of the headers named here.
    pub(super) fn expected_signature(
        &self,
        rule: PathRule,
        secret: &SigningSecret,
        request: &Request<'_>,
        moment: &Moment,
    ) -> [u8; 32] {
        let canonical_request = canonical::request(rule, request, &self.signed_headers);
        let string_to_sign = canonical::string_to_sign(moment, &self.scope, &canonical_request);
        secret.signature(&self.scope, &string_to_sign)
    }

    fn moment(&self, headers: &HeaderMap, now: Timestamp) -> Result<Moment, SignatureError> {
        let moment = Moment::read(headers)?;
        if moment.date() != self.scope.date {
            return Err(SignatureError::Malformed);
        }
        if !moment.is_near(now) {
            return Err(SignatureError::Stale);
        }
        Ok(moment)
    }

    fn check_signed_headers(&self, request: &Request<'_>) -> Result<(), SignatureError> {
        let is_signed = |name: &HeaderName| {
            self.signed_headers.binary_search_by(|signed| signed.as_str().cmp(name.as_str())).is_ok()
        };
        let mut of_amazon = request.headers.keys().filter(|name| name.as_str().starts_with("x-amz-"));
        let has_arrived = |name: &HeaderName| request.values(name).next().is_some();
        let is_whole =
            is_signed(&HOST) && of_amazon.all(is_signed) && self.signed_headers.iter().all(has_arrived);
        is_whole.then_some(()).ok_or(SignatureError::SignedHeaders)
    }
}

/// Refuses a request that names two hosts (RFC 9112 §3.2, RFC 9113 §8.3.1): one would be signed, and
/// another served.
fn refuse_two_hosts(request: &Request<'_>) -> Result<(), SignatureError> {
    let mut hosts = request.headers.get_all(HOST).iter();
    let Some(host) = hosts.next() else { return Ok(()) };
    let is_one = hosts.next().is_none()
        && request
            .authority
            .is_none_or(|authority| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes()));
    is_one.then_some(()).ok_or(SignatureError::Malformed)
}
