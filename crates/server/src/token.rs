//! Access tokens: what they say, how they are signed, how they are believed.

use aws_lc_rs::{
    constant_time,
    signature::{ED25519, UnparsedPublicKey},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use keys::MacKey;
use model::{Scope, SignError, Signer, Timestamp};
use serde::{Deserialize, Serialize};

/// What a token says (RFC 7519 §4.1, RFC 8693 §4.2 and §4.3 for `scope` and `client_id`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) client_id: String,
    /// The credential that it was given for; it ends with that.
    pub(crate) credential: String,
    /// The certificate that it is bound to (RFC 8705 §3.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cnf: Option<Confirmation>,
    /// Grants, separated by spaces.
    pub(crate) scope: String,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) jti: String,
}

/// What the holder of a token must prove to hold as well (RFC 7800 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Confirmation {
    #[serde(rename = "x5t#S256")]
    thumbprint: String,
}

impl Confirmation {
    /// By the certificate with this SHA-256.
    pub(crate) fn of(certificate: &[u8; 32]) -> Self {
        Self { thumbprint: BASE64_URL_SAFE_NO_PAD.encode(certificate) }
    }

    /// Whether the connection showed that certificate.
    pub(crate) fn fits(&self, certificate: Option<[u8; 32]>) -> bool {
        certificate.is_some_and(|certificate| Self::of(&certificate) == *self)
    }
}

/// Who issues tokens here.
pub(crate) const ISSUER: &str = "carelake";

/// The longest token there is, in bytes, so that it fits into any client's headers.
pub(crate) const LONGEST_BYTES: usize = 8192;

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

/// The keyed hash under which a provider's secret is kept in the control database.
#[must_use]
pub fn provider_secret_mac(key: &MacKey, client_id: &str, secret: &str) -> [u8; 32] {
    key.mac(&[client_id.as_bytes(), secret.as_bytes()])
}

/// Whether `secret` is the one that `expected` was made of, in a time that does not tell.
pub(crate) fn secret_fits(key: &MacKey, client_id: &str, secret: &str, expected: &[u8; 32]) -> bool {
    let mac = provider_secret_mac(key, client_id, secret);
    constant_time::verify_slices_are_equal(&mac, expected).is_ok()
}

/// Signs `claims` (RFC 7515 §5.1, with EdDSA by RFC 8037 §3.1).
pub(crate) fn sign(signer: &dyn Signer, claims: &Claims) -> Result<String, SignError> {
    let payload = encode_json(claims, signer)?;
    let mut token = format!("{}.{payload}", header(signer)?);
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// What `token` says, if `signer`'s key signed it and it is good at `now`.
///
/// The header must be, byte for byte, the one that [`sign`] writes: a token cannot choose
/// another algorithm or key (RFC 8725 §3.1).
pub(crate) fn verify(signer: &dyn Signer, token: &str, now: Timestamp) -> Option<Claims> {
    if token.len() > LONGEST_BYTES {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (head, payload) = signed.split_once('.')?;
    if head != header(signer).ok()? {
        return None;
    }
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    UnparsedPublicKey::new(&ED25519, signer.public_key()).verify(signed.as_bytes(), &signature).ok()?;
    let claims: Claims = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    (claims.iss == ISSUER && claims.iat <= now.seconds() + 60 && now.seconds() < claims.exp).then_some(claims)
}

/// What is granted both by `token` and by `current`: a grant that was taken away since counts no more.
pub(crate) fn effective(token: &str, current: &[Scope]) -> Vec<Scope> {
    narrowed(token.split(' ').filter_map(|scope| scope.parse().ok()), current)
}

/// What is granted both by `asked` and by `current`.
pub(crate) fn narrowed(asked: impl IntoIterator<Item = Scope>, current: &[Scope]) -> Vec<Scope> {
    asked
        .into_iter()
        .flat_map(|asked| {
            current.iter().filter_map(move |granted| {
                let resource_type = match (&asked.resource_type, &granted.resource_type) {
                    (None, other) | (other, None) => other.clone(),
                    (Some(one), Some(other)) if one == other => Some(one.clone()),
                    (Some(_), Some(_)) => return None,
                };
                let (create, update) = (asked.create && granted.create, asked.update && granted.update);
                (create || update).then_some(Scope { resource_type, create, update })
            })
        })
        .collect()
}

fn header(signer: &dyn Signer) -> Result<String, SignError> {
    encode_json(&Header { alg: "EdDSA", typ: "JWT", kid: signer.key_id() }, signer)
}

fn encode_json(value: &impl Serialize, signer: &dyn Signer) -> Result<String, SignError> {
    let text = serde_json::to_vec(value)
        .map_err(|error| SignError { key_id: signer.key_id().to_owned(), reason: error.to_string() })?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    struct Key(Ed25519KeyPair);

    impl Signer for Key {
        fn key_id(&self) -> &str {
            "k1"
        }

        fn public_key(&self) -> [u8; 32] {
            self.0.public_key().as_ref().try_into().unwrap()
        }

        fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
            Ok(self.0.sign(message).as_ref().try_into().unwrap())
        }
    }

    fn key() -> Key {
        Key(Ed25519KeyPair::generate().unwrap())
    }

    fn claims() -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            sub: "gp".to_owned(),
            client_id: "c".to_owned(),
            credential: "k".to_owned(),
            cnf: None,
            scope: "system/*.c".to_owned(),
            iat: 1000,
            exp: 1900,
            jti: "j".to_owned(),
        }
    }

    #[test]
    fn a_token_is_believed_until_it_expires() {
        let key = key();
        let token = sign(&key, &claims()).unwrap();
        assert_eq!(verify(&key, &token, Timestamp(1_899_999)), Some(claims()));
        assert_eq!(verify(&key, &token, Timestamp(1_900_000)), None);
    }

    #[test]
    fn a_token_of_another_key_or_algorithm_or_with_a_changed_byte_is_not_believed() {
        let key = key();
        let token = sign(&key, &claims()).unwrap();
        let now = Timestamp(1_000_000);
        assert!(verify(&self::key(), &token, now).is_none());
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(verify(&key, &changed, now).is_none(), "byte {at}");
            }
        }
        let payload = token.split('.').nth(1).unwrap();
        for alg in ["none", "HS256", "RS256"] {
            let header =
                BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"k1"}}"#));
            assert!(verify(&key, &format!("{header}.{payload}."), now).is_none(), "{alg}");
        }
    }

    #[test]
    fn a_grant_taken_away_since_counts_no_more() {
        let current: Vec<Scope> = vec!["system/Observation.c".parse().unwrap()];
        let left: Vec<String> =
            effective("system/*.cu system/Patient.c", &current).iter().map(ToString::to_string).collect();
        assert_eq!(left, ["system/Observation.c"]);
    }
}
