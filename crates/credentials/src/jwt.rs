//! Compact JSON Web Signatures (RFC 7515 §3.1), read strictly, as far as assertions and outside tokens share them.

use crate::key_set::KeySet;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Validation, decode};
use model::Timestamp;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

/// The longest token that is read, in bytes.
const LONGEST_BYTES: usize = 8 << 10;

/// Clocks may differ by as much, in seconds.
pub(crate) const SKEW_S: i64 = 30;

/// Why a token is not what it should be. Holds nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is too long, is no JWS in compact form, or its claims are not written as they must be.
    #[error("read a token")]
    Malformed,
    /// It is signed by an algorithm that is not taken here.
    #[error("accept the algorithm of a token")]
    Algorithm,
    /// It names a key that the key set does not have, or none where there are several.
    #[error("find the key of a token")]
    UnknownKey,
    /// The signature is not by the key that it names.
    #[error("verify the signature of a token")]
    Signature,
    /// It is not good at this time.
    #[error("accept the time of a token")]
    Time,
    /// It is somebody else's, for somebody else, or another kind of token.
    #[error("accept the claims of a token")]
    Claims,
}

impl TokenError {
    /// Whether a newer key set may know the key.
    #[must_use]
    pub const fn is_unknown_key(self) -> bool {
        matches!(self, Self::UnknownKey)
    }
}

/// What the header says (RFC 7515 §4). Keys that it brings along (`jwk`, `x5c`) are never looked at.
#[derive(Deserialize)]
pub(crate) struct Header {
    alg: String,
    kid: Option<String>,
    /// The kind of token.
    pub(crate) typ: Option<String>,
    /// Where the sender says that its keys are.
    pub(crate) jku: Option<String>,
    crit: Option<IgnoredAny>,
    b64: Option<IgnoredAny>,
}

impl Header {
    /// Whether it names a key.
    pub(crate) fn has_key_id(&self) -> bool {
        self.kid.is_some()
    }
}

/// One value or several (RFC 7519 §4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    /// A string.
    One(String),
    /// An array of strings.
    More(Vec<String>),
}

impl OneOrMore {
    /// The values.
    pub(crate) fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::More(values) => values,
        }
    }
}

/// Refuses a token that has ended at `now`, or is not good yet: each of `from` is a moment from which on it is.
pub(crate) fn good_at(now: Timestamp, ends: i64, from: [Option<i64>; 2]) -> Result<(), TokenError> {
    let now_s = now.seconds();
    let begun = from.into_iter().flatten().all(|from| from <= now_s + SKEW_S);
    if ends > now_s && begun { Ok(()) } else { Err(TokenError::Time) }
}

/// The header, before anything is believed.
pub(crate) fn header(token: &str) -> Result<Header, TokenError> {
    let header: Header = part(token, 0)?;
    // Nothing that is critical is understood here (RFC 7515 §4.1.11, RFC 7797 §6).
    if header.crit.is_some() || header.b64.is_some() { Err(TokenError::Malformed) } else { Ok(header) }
}

/// The claims, though nobody has vouched for them: to look up whose keys would.
pub(crate) fn unverified<T: DeserializeOwned>(token: &str) -> Option<T> {
    part(token, 1).ok()
}

/// The claims, if a key of `keys` signed them by one of `algorithms`. Which algorithm a key verifies is the key's
/// to say, not the token's (RFC 8725 §3.1). A member that comes twice is refused. Times are not looked at.
pub(crate) fn verified<T: DeserializeOwned>(
    token: &str,
    header: &Header,
    keys: &KeySet,
    algorithms: &[Algorithm],
) -> Result<T, TokenError> {
    let named = header.alg.parse().ok();
    let algorithm = named.filter(|algorithm| algorithms.contains(algorithm)).ok_or(TokenError::Algorithm)?;
    let key = keys.find(header.kid.as_deref(), algorithm).ok_or(TokenError::UnknownKey)?;
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded = decode::<IgnoredAny>(token, key, &validation);
    decoded.map_err(|_| TokenError::Signature)?;
    part(token, 1)
}

/// One of the three parts of a token.
fn part<T: DeserializeOwned>(token: &str, at: usize) -> Result<T, TokenError> {
    let parts: Vec<&str> = token.split('.').take(4).collect();
    if token.len() > LONGEST_BYTES || parts.len() != 3 {
        return Err(TokenError::Malformed);
    }
    let text = parts.get(at).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
    text.and_then(|json| serde_json::from_slice(&json).ok()).ok_or(TokenError::Malformed)
}
