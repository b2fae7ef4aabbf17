//! Sets of public keys (JWK Set, RFC 7517 §5).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

/// The largest set that is read, in bytes.
pub const LARGEST_BYTES: usize = 64 << 10;

/// The most keys that a set may have.
pub const MOST_KEYS: usize = 32;

/// RSA keys of fewer bits are not taken (RFC 7518 §3.3).
const SHORTEST_RSA_BYTES: usize = 2048 / 8;
/// Nor are longer ones, whose use costs more than they protect.
const LONGEST_RSA_BYTES: usize = 8192 / 8;

/// What the keys of a set may verify. Nothing symmetric: whoever could verify such a signature could make one.
pub(crate) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Those of RSA keys.
const RSA: &[Algorithm] = ALGORITHMS.split_at(6).0;

/// Why a text is not a key set that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// It is too large, or no JSON of the form `{"keys":[…]}`.
    #[error("read a key set: it is `{{\"keys\":[…]}}` in JSON, of at most 64 KiB and 32 keys")]
    Malformed,
    /// It holds private or symmetric keys, which belong to their owner alone.
    #[error("accept a key set that holds private keys: send the public halves only, and replace these keys")]
    Private,
    /// It holds no key that can be used.
    #[error(
        "find a usable key in the key set: RSA of 2048 bits or more, EC P-256 or P-384, or Ed25519, for signatures"
    )]
    NoUsableKey,
}

/// Public keys that verify signatures. Debug output shows how many there are.
pub struct KeySet(Vec<Key>);

struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Written {
    keys: Vec<Map<String, Value>>,
}

impl KeySet {
    /// Reads a set. Keys of unknown kinds and for other uses are passed over (RFC 7517 §5).
    ///
    /// # Errors
    /// See [`KeySetError`].
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        let written: Option<Written> =
            (json.len() <= LARGEST_BYTES).then(|| serde_json::from_slice(json).ok()).flatten();
        let keys = written.ok_or(KeySetError::Malformed)?.keys;
        if keys.len() > MOST_KEYS {
            return Err(KeySetError::Malformed);
        }
        // RFC 7518 §6.2.2, §6.3.2 and §6.4.1.
        const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
        if keys.iter().any(|key| PRIVATE.iter().any(|name| key.contains_key(*name))) {
            return Err(KeySetError::Private);
        }
        let usable: Vec<Key> = keys.iter().filter_map(Key::read).collect();
        if usable.is_empty() { Err(KeySetError::NoUsableKey) } else { Ok(Self(usable)) }
    }

    /// The key that verifies `algorithm` under this id; without an id, the only one that does.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| key.algorithms.contains(&algorithm) && (id.is_none() || key.id.as_deref() == id));
        let first = fitting.next()?;
        (id.is_some() || fitting.next().is_none()).then_some(&first.key)
    }
}

impl Key {
    fn read(written: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| written.get(name).and_then(Value::as_str);
        let verifies = match written.get("key_ops") {
            None => true,
            Some(operations) => operations.as_array()?.iter().any(|operation| operation == "verify"),
        };
        if text("use").is_some_and(|purpose| purpose != "sig") || !verifies {
            return None;
        }
        let (key, mut algorithms) = match (text("kty")?, text("crv")) {
            ("RSA", _) => (rsa(text("n")?, text("e")?)?, RSA.to_vec()),
            ("EC", Some("P-256")) => (ec(text("x")?, text("y")?, 32)?, vec![Algorithm::ES256]),
            ("EC", Some("P-384")) => (ec(text("x")?, text("y")?, 48)?, vec![Algorithm::ES384]),
            ("OKP", Some("Ed25519")) => {
                (DecodingKey::from_ed_components(text("x")?).ok()?, vec![Algorithm::EdDSA])
            }
            _ => return None,
        };
        // A key that names an algorithm verifies no other.
        if let Some(name) = written.get("alg") {
            let named = name.as_str().and_then(|name| name.parse().ok());
            algorithms.retain(|algorithm| named == Some(*algorithm));
        }
        let id = text("kid").map(str::to_owned);
        (!algorithms.is_empty()).then_some(Self { id, algorithms, key })
    }
}

fn rsa(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(modulus).ok()?;
    let length = bytes.len() - bytes.iter().take_while(|byte| **byte == 0).count();
    (SHORTEST_RSA_BYTES..=LONGEST_RSA_BYTES).contains(&length).then_some(())?;
    DecodingKey::from_rsa_components(modulus, exponent).ok()
}

fn ec(x: &str, y: &str, length: usize) -> Option<DecodingKey> {
    let whole = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == length);
    (whole(x) && whole(y)).then(|| DecodingKey::from_ec_components(x, y).ok()).flatten()
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({} keys)", self.0.len())
    }
}
