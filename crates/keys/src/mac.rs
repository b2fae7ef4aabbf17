//! Keyed hashes: pseudonyms, the ledger's names, credentials.

use crate::{KeyError, secret::Secret};
use aws_lc_rs::hmac;
use std::{fmt, sync::Arc};

/// What a keyed hash is for. Each has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MacPurpose {
    /// Names and contents in the ledger.
    Ledger,
    /// Pseudonyms of resources inside the lake.
    Pseudonym,
    /// NHS numbers, for finding the person.
    NhsNumber,
    /// Displays, and the patients that carried them, in the dictionary.
    Display,
    /// Pseudonyms as projects see them.
    Project,
    /// Secrets of providers, as the door stores them.
    ProviderSecret,
    /// Receipts.
    Receipt,
    /// Client assertions and signed requests that were used, so that they are known when they come again.
    Once,
    /// Names and states of objects outside that a crawler has looked at.
    Object,
}

impl MacPurpose {
    /// Every purpose.
    #[must_use]
    pub const fn all() -> [Self; 9] {
        [
            Self::Ledger,
            Self::Pseudonym,
            Self::NhsNumber,
            Self::Display,
            Self::Project,
            Self::ProviderSecret,
            Self::Receipt,
            Self::Once,
            Self::Object,
        ]
    }

    /// The purpose's name, such as `nhs-number`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Pseudonym => "pseudonym",
            Self::NhsNumber => "nhs-number",
            Self::Display => "display",
            Self::Project => "project",
            Self::ProviderSecret => "provider-secret",
            Self::Receipt => "receipt",
            Self::Once => "once",
            Self::Object => "object",
        }
    }
}

/// Makes keyed hashes (HMAC-SHA256, RFC 2104). Cheap to clone; safe to share.
#[derive(Clone)]
pub struct MacKey(Arc<hmac::Key>);

impl MacKey {
    /// A new key that no ring holds.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        Secret::random().map(|secret| Self::new(&secret))
    }

    pub(crate) fn new(secret: &Secret) -> Self {
        Self(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret.expose())))
    }

    /// The keyed hash of `parts`. Each is preceded by its length (64 bits, big endian),
    /// so that no two lists of parts make the same message.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.sign().as_ref());
        digest
    }

    /// The first 128 bits of [`mac`](Self::mac), for pseudonyms.
    #[must_use]
    pub fn mac16(&self, parts: &[&[u8]]) -> [u8; 16] {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = self.mac(parts);
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_hmac_sha256_over_parts_with_their_lengths() {
        // RFC 4231 test case 1 has a 20-byte key; what is checked here is the framing.
        let key = MacKey::new(&Secret::from_slice(&[0x0b; 32]).unwrap());
        let framed = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, &[0x0b; 32]),
            b"\0\0\0\0\0\0\0\x02Hi\0\0\0\0\0\0\0\x05There",
        );
        assert_eq!(key.mac(&[b"Hi", b"There"]), framed.as_ref());
        assert_eq!(key.mac16(&[b"Hi", b"There"]), framed.as_ref()[..16]);
    }

    #[test]
    fn where_one_part_ends_and_the_next_begins_matters() {
        let key = MacKey::generate().unwrap();
        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
        assert_ne!(key.mac(&[b"abc"]), key.mac(&[b"abc", b""]));
    }
}
