//! Signatures with keys of the ring (Ed25519, RFC 8032).

use crate::{KeyError, KeyId, secret::Secret};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use model::{SignError, Signer};
use std::fmt;

/// What a signature is for. Each has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SigningPurpose {
    /// Checkpoints of the audit trail.
    Audit,
    /// Access tokens.
    Token,
}

impl SigningPurpose {
    /// Every purpose.
    #[must_use]
    pub const fn all() -> [Self; 2] {
        [Self::Audit, Self::Token]
    }

    /// The purpose's name, such as `audit`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Token => "token",
        }
    }
}

/// A signing key that lies in this process.
pub(crate) struct LocalSigner {
    key_id: String,
    public: [u8; 32],
    pair: Ed25519KeyPair,
}

impl LocalSigner {
    /// The key pair of a seed.
    pub(crate) fn new(seed: &Secret) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|_| KeyError::Generate)?;
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        Ok(Self { key_id: KeyId::of_public(&public).to_string(), public, pair })
    }
}

impl Signer for LocalSigner {
    fn key_id(&self) -> &str {
        &self.key_id
    }

    fn public_key(&self) -> [u8; 32] {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        let refused = |reason: &str| SignError { key_id: self.key_id.clone(), reason: reason.to_owned() };
        let signature = self.pair.try_sign(message).map_err(|_| refused("the cipher failed"))?;
        signature.as_ref().try_into().map_err(|_| refused("the signature has a wrong length"))
    }
}

impl fmt::Debug for LocalSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalSigner({})", self.key_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    #[test]
    fn the_public_half_verifies_what_was_signed() {
        let signer = LocalSigner::new(&Secret::random().unwrap()).unwrap();
        let signature = signer.sign(b"head").unwrap();
        let public = UnparsedPublicKey::new(&ED25519, signer.public_key());
        assert!(public.verify(b"head", &signature).is_ok());
        assert!(public.verify(b"tail", &signature).is_err());
    }
}
