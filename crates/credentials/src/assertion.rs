//! Client assertions: how a SMART backend service shows that it is itself (SMART App Launch 2.2, "Client
//! Authentication: Asymmetric"; RFC 7523 §3).

use crate::{
    jwt::{self, OneOrMore, SKEW_S, TokenError},
    key_set::KeySet,
};
use jsonwebtoken::Algorithm;
use model::Timestamp;
use serde::Deserialize;

/// The algorithms that SMART has its servers take.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::RS384, Algorithm::ES384];

/// How far in the future an assertion may end, in seconds.
const LONGEST_S: i64 = 300;

/// The longest `jti`, in bytes.
const LONGEST_ID_BYTES: usize = 255;

/// What a good assertion says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The client.
    pub client_id: String,
    /// What makes it another one than the client's others; it may be used once.
    pub jti: String,
    /// When it ends.
    pub expires: Timestamp,
}

/// The keys that a client was registered with.
#[derive(Clone, Copy, Debug)]
pub struct ClientKeys<'a> {
    /// The keys.
    pub set: &'a KeySet,
    /// Where they are, if they were registered by address; an assertion may name no other (`jku`).
    pub url: Option<&'a str>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: OneOrMore,
    exp: i64,
    jti: String,
    nbf: Option<i64>,
    iat: Option<i64>,
}

#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

/// The client that `token` says it is of. Not believed yet: it only tells whose keys to look at.
#[must_use]
pub fn claimed_client(token: &str) -> Option<String> {
    jwt::unverified::<Claimed>(token).map(|claimed| claimed.iss)
}

/// What `token` says, if one of the client's `keys` signed it for one of `audiences` and it is good at `now`. Clocks
/// may differ by 30 seconds. That its `jti` is used once is for the caller to see to.
///
/// # Errors
/// See [`TokenError`].
pub fn verify(
    token: &str,
    keys: &ClientKeys<'_>,
    audiences: &[&str],
    now: Timestamp,
) -> Result<Assertion, TokenError> {
    let header = jwt::header(token)?;
    let is_jwt = header.typ.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("jwt"));
    if !is_jwt || !header.has_key_id() {
        return Err(TokenError::Malformed);
    }
    // Keys from elsewhere would be whoever's the sender likes.
    if header.jku.is_some() && header.jku.as_deref() != keys.url {
        return Err(TokenError::UnknownKey);
    }
    let claims: Claims = jwt::verified(token, &header, keys.set, &ALGORITHMS)?;
    let ours = claims.aud.values();
    // A further audience could use the assertion here in the client's place.
    let for_us = !ours.is_empty() && ours.iter().all(|audience| audiences.contains(&audience.as_str()));
    let named = !claims.jti.is_empty() && claims.jti.len() <= LONGEST_ID_BYTES;
    if claims.iss != claims.sub || !for_us || !named {
        return Err(TokenError::Claims);
    }
    jwt::good_at(now, claims.exp, [claims.nbf, claims.iat])?;
    if claims.exp > now.seconds() + LONGEST_S + SKEW_S {
        return Err(TokenError::Time);
    }
    let expires = Timestamp(claims.exp * 1000);
    Ok(Assertion { client_id: claims.iss, jti: claims.jti, expires })
}
