//! Sealing to a public key, for records and for the custodian.
//!
//! Single-shot HPKE in base mode (RFC 9180 §6.1) with DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256 and AES-256-GCM, as AWS-LC does it under rustls. A sealed box is
//! one byte of version (1), the encapsulated key (32 bytes), the ciphertext and
//! its tag (16 bytes): 49 bytes more than what was sealed. The context is the
//! associated data; it must be the same at opening.

use crate::{KeyId, OpenError, SealError, secret::Secret};
use aws_lc_rs::agreement;
use rustls::crypto::{
    aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE,
    hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey, HpkePublicKey},
};
use std::fmt;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const INFO: &[u8] = b"carelake sealed box 1";
const KEY_INFO: &[u8] = b"carelake sealed key 1";
const ENCAPSULATED_LEN: usize = 32;

/// Seals; opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

/// Opens what was sealed to its public half. Wiped from memory when dropped.
pub struct PrivateKey {
    secret: Secret,
    public: PublicKey,
}

impl PublicKey {
    /// The key's 32 bytes (RFC 7748 §5).
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of these bytes. Any 32 bytes are one; sealing refuses the few that are useless.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Names the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId::of_public(&self.0)
    }

    /// Seals `plaintext` for the holder of the private half; opening asks for the same `context`.
    ///
    /// # Errors
    /// The key is a point of low order, or the system has no randomness.
    pub fn seal(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        self.seal_as(INFO, context, plaintext)
    }

    fn seal_as(&self, info: &[u8], context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let recipient = HpkePublicKey(self.0.to_vec());
        let (encapsulated, ciphertext) =
            SUITE.seal(info, context, plaintext, &recipient).map_err(|_| SealError::Recipient)?;
        let mut sealed = Vec::with_capacity(1 + encapsulated.0.len() + ciphertext.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&encapsulated.0);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }
}

impl PrivateKey {
    /// A new key pair.
    #[must_use]
    #[expect(clippy::expect_used, reason = "AWS-LC ends the process when the system has no randomness")]
    pub fn generate() -> (Self, PublicKey) {
        let (_, private) = SUITE.generate_key_pair().expect("a key pair is made from randomness alone");
        let key = Secret::from_slice(private.secret_bytes()).and_then(Self::from_secret);
        let key = key.expect("an X25519 private key is any 32 bytes");
        let public = key.public;
        (key, public)
    }

    /// The key pair of a secret.
    pub(crate) fn from_secret(secret: Secret) -> Option<Self> {
        let private = agreement::PrivateKey::from_private_key(&agreement::X25519, secret.expose()).ok()?;
        let public = private.compute_public_key().ok()?;
        Some(Self { secret, public: PublicKey(public.as_ref().try_into().ok()?) })
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// Opens what [`PublicKey::seal`] sealed.
    ///
    /// # Errors
    /// It is no sealed box, was altered, or is sealed to another key or in another context.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.open_as(INFO, context, sealed)
    }

    fn open_as(&self, info: &[u8], context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (version, rest) = sealed.split_first().ok_or(OpenError::NotSealed)?;
        if *version != VERSION {
            return Err(OpenError::Version(u16::from(*version)));
        }
        let (encapsulated, ciphertext) = rest.split_at_checked(ENCAPSULATED_LEN).ok_or(OpenError::Length)?;
        let private = HpkePrivateKey::from(self.secret.expose().to_vec());
        SUITE
            .open(&EncapsulatedSecret(encapsulated.to_vec()), info, context, ciphertext, &private)
            .map_err(|_| OpenError::Authentication)
    }

    /// This private key, sealed for `recipient`, so that it can be forgotten here.
    ///
    /// # Errors
    /// The recipient's key is a point of low order, or the system has no randomness.
    pub fn seal_to(&self, recipient: &PublicKey, context: &[u8]) -> Result<Vec<u8>, SealError> {
        recipient.seal_as(KEY_INFO, context, self.secret.expose())
    }

    /// The private key that [`seal_to`](Self::seal_to) sealed for `custodian`.
    ///
    /// # Errors
    /// As [`open`](Self::open); also when what was sealed is not a key.
    pub fn open_sealed_key(custodian: &Self, context: &[u8], sealed: &[u8]) -> Result<Self, OpenError> {
        let opened = Zeroizing::new(custodian.open_as(KEY_INFO, context, sealed)?);
        Secret::from_slice(&opened).and_then(Self::from_secret).ok_or(OpenError::NotSealed)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {})", self.public.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_private_half_and_the_same_context_open() {
        let (private, public) = PrivateKey::generate();
        let sealed = public.seal(b"record 1", b"name").unwrap();
        assert_eq!(sealed.len(), 4 + 49);
        assert_eq!(private.open(b"record 1", &sealed).unwrap(), b"name");
        assert_eq!(private.open(b"record 2", &sealed), Err(OpenError::Authentication));
        assert!(PrivateKey::generate().0.open(b"record 1", &sealed).is_err());
        assert_ne!(sealed, public.seal(b"record 1", b"name").unwrap());
    }

    #[test]
    fn a_flipped_byte_anywhere_is_refused() {
        let (private, public) = PrivateKey::generate();
        let sealed = public.seal(b"", b"name").unwrap();
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(private.open(b"", &flipped).is_err(), "byte {at}");
            assert!(private.open(b"", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_record_key_comes_back_through_the_custodian_and_is_no_plain_box() {
        let (custodian, custodian_public) = PrivateKey::generate();
        let (record, record_public) = PrivateKey::generate();
        let fragment = record_public.seal(b"f", b"name").unwrap();
        let sealed = record.seal_to(&custodian_public, b"record 1").unwrap();
        let again = PrivateKey::open_sealed_key(&custodian, b"record 1", &sealed).unwrap();
        assert_eq!(again.public(), record_public);
        assert_eq!(again.open(b"f", &fragment).unwrap(), b"name");
        // A key is sealed under its own label: the bytes cannot be had by asking for a text.
        assert!(custodian.open(b"record 1", &sealed).is_err());
        assert!(PrivateKey::open_sealed_key(&custodian, b"record 2", &sealed).is_err());
    }

    #[test]
    fn a_public_key_of_low_order_is_refused() {
        assert_eq!(PublicKey::from_bytes([0; 32]).seal(b"", b"x"), Err(SealError::Recipient));
    }
}
