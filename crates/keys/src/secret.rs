//! 256 secret bits. Nothing outside this crate can hold or see one.

use crate::{KeyError, KeyId};
use aws_lc_rs::{aead, error::Unspecified, hkdf, hmac, rand};
use zeroize::Zeroizing;

/// A 256-bit key, wiped from memory when dropped. It has no `Debug` on purpose.
pub(crate) struct Secret(Zeroizing<[u8; Secret::LEN]>);

impl Secret {
    /// Bytes of a secret.
    pub(crate) const LEN: usize = 32;

    /// A new one from the system's randomness.
    pub(crate) fn random() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        rand::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The secret of these bytes, if there are just as many as one has.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == Self::LEN).then(|| {
            let mut secret = Zeroizing::new([0; Self::LEN]);
            secret.copy_from_slice(bytes);
            Self(secret)
        })
    }

    /// The bytes, for the cipher.
    pub(crate) fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// The AES-256-GCM key for what `salt` and `info` name (HKDF-SHA256, RFC 5869).
    pub(crate) fn derive(&self, salt: &[u8], info: &[&[u8]]) -> Result<aead::LessSafeKey, Unspecified> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(self.expose());
        Ok(aead::LessSafeKey::new(prk.expand(info, &aead::AES_256_GCM)?.into()))
    }

    /// A name that is derived one way, so that it can stand in the open.
    pub(crate) fn key_id(&self) -> KeyId {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.expose());
        KeyId::from_digest(hmac::sign(&key, b"carelake key id").as_ref())
    }
}
