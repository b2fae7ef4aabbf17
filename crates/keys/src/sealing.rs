//! Small secrets that a part keeps for itself: sealed under a key of its own, which opens nothing in any zone.
//!
//! Sealed, it is one byte of version (1), a random salt (32 bytes), the ciphertext and its tag (16 bytes): 49
//! bytes more than what was sealed. Each has a key of its own, derived from the sealing key and the salt
//! (HKDF-SHA256, RFC 5869), so that no number of them wears the key out. What it is for is the associated data.

use crate::{KeyError, OpenError, SealError, secret::Secret};
use aws_lc_rs::{aead, rand};
use std::{fmt, sync::Arc};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const SALT: usize = 32;

/// What something is sealed for. Sealed for one, it cannot be opened as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SealedFor {
    /// A secret that a provider signs its requests with.
    SigningSecret,
    /// A session token, which carries a temporary signing secret.
    SessionToken,
    /// What was answered to a signed request, for the same request when it comes again.
    FirstAnswer,
    /// The secret of a person's device that makes codes.
    Device,
    /// What is secret of a connection to a store or database outside.
    Connection,
}

impl SealedFor {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SigningSecret => "signing-secret",
            Self::SessionToken => "session-token",
            Self::FirstAnswer => "first-answer",
            Self::Device => "device",
            Self::Connection => "connection",
        }
    }
}

/// A key that seals small secrets (AES-256-GCM). Cheap to clone.
#[derive(Clone)]
pub struct SealingKey(Arc<Secret>);

impl SealingKey {
    /// A new key that no ring holds.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        Secret::random().map(Self::new)
    }

    pub(crate) fn new(secret: Secret) -> Self {
        Self(Arc::new(secret))
    }

    /// Seals `plain` for `purpose` and for what `name` names, such as the id of a credential.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn seal(&self, purpose: SealedFor, name: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut salt = [0; SALT];
        rand::fill(&mut salt).map_err(|_| SealError::Cipher)?;
        let mut sealed = Vec::with_capacity(1 + SALT + plain.len() + aead::MAX_TAG_LEN);
        sealed.push(VERSION);
        sealed.extend_from_slice(&salt);
        // Encrypted where it comes to lie, so that no copy of the plaintext stays behind.
        sealed.extend_from_slice(plain);
        let body = sealed.get_mut(1 + SALT..).ok_or(SealError::Cipher)?;
        let tag = self
            .derived(&salt)
            .and_then(|key| key.seal_in_place_separate_tag(nonce(), associated(purpose, name), body))
            .map_err(|_| SealError::Cipher)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) made for the same purpose and name.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        &self,
        purpose: SealedFor,
        name: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (version, rest) = sealed.split_first().ok_or(OpenError::NotSealed)?;
        if *version != VERSION {
            return Err(OpenError::Version((*version).into()));
        }
        let (salt, body) = rest.split_at_checked(SALT).ok_or(OpenError::Length)?;
        let mut plain = Zeroizing::new(body.to_vec());
        let length = self
            .derived(salt)
            .and_then(|key| {
                key.open_in_place(nonce(), associated(purpose, name), &mut plain).map(|p| p.len())
            })
            .map_err(|_| OpenError::Authentication)?;
        plain.truncate(length);
        Ok(plain)
    }

    fn derived(&self, salt: &[u8]) -> Result<aead::LessSafeKey, aws_lc_rs::error::Unspecified> {
        self.0.derive(salt, &[b"carelake door 1"])
    }
}

/// Always the same: every key that is derived seals once.
fn nonce() -> aead::Nonce {
    aead::Nonce::assume_unique_for_key([0; aead::NONCE_LEN])
}

fn associated(purpose: SealedFor, name: &[u8]) -> aead::Aad<Vec<u8>> {
    aead::Aad::from([purpose.as_str().as_bytes(), b"\0", name].concat())
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.0.key_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_the_same_purpose_and_name_only() {
        let key = SealingKey::generate().unwrap();
        let sealed = key.seal(SealedFor::SigningSecret, b"gp-1", b"secret").unwrap();
        assert_eq!(sealed.len(), 6 + 49);
        assert_eq!(*key.open(SealedFor::SigningSecret, b"gp-1", &sealed).unwrap(), b"secret");
        let refused = [
            key.open(SealedFor::SessionToken, b"gp-1", &sealed),
            key.open(SealedFor::SigningSecret, b"gp-2", &sealed),
            SealingKey::generate().unwrap().open(SealedFor::SigningSecret, b"gp-1", &sealed),
        ];
        for refusal in refused {
            assert_eq!(refusal.unwrap_err(), OpenError::Authentication);
        }
    }

    #[test]
    fn an_altered_byte_anywhere_and_every_shorter_length_are_refused() {
        let key = SealingKey::generate().unwrap();
        let sealed = key.seal(SealedFor::FirstAnswer, b"", b"answer").unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open(SealedFor::FirstAnswer, b"", &altered).is_err(), "byte {at}");
            assert!(key.open(SealedFor::FirstAnswer, b"", &sealed[..at]).is_err(), "length {at}");
        }
    }
}
