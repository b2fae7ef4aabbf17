//! What the Authorization header says: who signs, what, and the signature.

use super::{ALGORITHM, SECURITY_TOKEN, SignatureError, digest_of_hex, single};
use http::{HeaderMap, HeaderName, header::AUTHORIZATION};
use std::fmt;

/// The longest Authorization header that is read, in bytes.
const LONGEST_BYTES: usize = 4096;

/// The longest session token that is read, in bytes.
const LONGEST_TOKEN_BYTES: usize = 8192;

/// The longest key id, region or service, in bytes.
const LONGEST_NAME_BYTES: usize = 128;

/// An Authorization header of AWS Signature Version 4, well written but not verified.
#[derive(Clone)]
pub struct Authorization {
    pub(super) access_key_id: String,
    pub(super) scope: Scope,
    /// Sorted, each once.
    pub(super) signed_headers: Vec<HeaderName>,
    pub(super) signature: [u8; 32],
}

/// What a signing key is good for: one day, region and service.
#[derive(Clone)]
pub(super) struct Scope {
    /// Eight digits.
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
}

impl Authorization {
    /// Reads the Authorization header.
    ///
    /// There is exactly one, of at most 4096 bytes. `Credential`, `SignedHeaders` and `Signature`
    /// are there once each, in any order, and nothing else. The signed headers are in lower case,
    /// sorted and unique; the signature is 64 digits of lower-case hex; key id, region and service
    /// are 1 to 128 ASCII letters, digits, `-`, `_` or `.`.
    ///
    /// # Errors
    /// [`SignatureError::Algorithm`] if the header is of another scheme than [`ALGORITHM`],
    /// [`SignatureError::Malformed`] if it is not as above.
    pub fn parse(headers: &HeaderMap) -> Result<Self, SignatureError> {
        let text = single(headers, &AUTHORIZATION)?.ok_or(SignatureError::Malformed)?;
        if text.len() > LONGEST_BYTES {
            return Err(SignatureError::Malformed);
        }
        let (algorithm, parameters) = text.split_once(' ').unwrap_or((text, ""));
        if algorithm != ALGORITHM {
            return Err(SignatureError::Algorithm);
        }
        Self::of_parameters(parameters).ok_or(SignatureError::Malformed)
    }

    fn of_parameters(parameters: &str) -> Option<Self> {
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for parameter in parameters.split(',') {
            let (name, value) = parameter.trim().split_once('=')?;
            let slot = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return None,
            };
            if slot.replace(value).is_some() {
                return None;
            }
        }
        let (access_key_id, scope) = credential?.split_once('/')?;
        Some(Self {
            access_key_id: plain(access_key_id)?,
            scope: Scope::parse(scope)?,
            signed_headers: header_names(signed_headers?)?,
            signature: digest_of_hex(signature?)?,
        })
    }

    /// Who says to have signed.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The region that the signature is for.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.scope.region
    }

    /// The service that the signature is for.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.scope.service
    }

    /// The signature. A request that is sent again has the same, and so by this a door can tell. But
    /// two equal requests of the same second have the same, too.
    #[must_use]
    pub fn signature(&self) -> &[u8; 32] {
        &self.signature
    }

    /// The token that goes with a temporary key (`X-Amz-Security-Token`), at most 8192 bytes.
    ///
    /// Only [`verify`](Self::verify) tells that the signer sent it.
    ///
    /// # Errors
    /// [`SignatureError::Malformed`] if there are two, or it is empty, too long or not ASCII.
    pub fn session_token<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a str>, SignatureError> {
        match single(headers, &SECURITY_TOKEN)? {
            Some(token) if token.is_empty() || token.len() > LONGEST_TOKEN_BYTES => {
                Err(SignatureError::Malformed)
            }
            token => Ok(token),
        }
    }
}

impl fmt::Debug for Authorization {
    /// Without the signature: with it, whoever reads a log could send the request again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorization({} for {})", self.access_key_id, self.scope)
    }
}

impl Scope {
    /// What every scope ends with.
    pub(super) const END: &str = "aws4_request";

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let scope = Self::new(parts.next()?, parts.next()?, parts.next()?)?;
        (parts.next() == Some(Self::END) && parts.next().is_none()).then_some(scope)
    }

    /// The scope of a day, a region and a service, if they are fit to be in one.
    pub(super) fn new(date: &str, region: &str, service: &str) -> Option<Self> {
        let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
        let date = is_date.then(|| date.to_owned())?;
        Some(Self { date, region: plain(region)?, service: plain(service)? })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.date, self.region, self.service, Self::END)
    }
}

/// `text`, if it is fit to be a key id, a region or a service.
pub(super) fn plain(text: &str) -> Option<String> {
    let is_plain = (1..=LONGEST_NAME_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_plain.then(|| text.to_owned())
}

fn header_names(text: &str) -> Option<Vec<HeaderName>> {
    let names = text.split(';').map(|name| HeaderName::from_lowercase(name.as_bytes()).ok());
    let names: Vec<HeaderName> = names.collect::<Option<_>>()?;
    names.is_sorted_by(|one, next| one.as_str() < next.as_str()).then_some(names)
}
