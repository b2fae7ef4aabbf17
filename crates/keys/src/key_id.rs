//! What a key is called, where the key itself must not be shown.

use std::{fmt, str::FromStr};

/// Names a key by 64 bits that are derived from it one way. Written as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(crate) [u8; KeyId::LEN]);

impl KeyId {
    /// Bytes of an id.
    pub const LEN: usize = 8;

    /// The first bytes of a digest as an id.
    pub(crate) fn from_digest(digest: &[u8]) -> Self {
        let mut id = [0; Self::LEN];
        for (to, from) in id.iter_mut().zip(digest) {
            *to = *from;
        }
        Self(id)
    }

    /// The id of a public key, whose holder does not know the private half.
    pub(crate) fn of_public(public: &[u8]) -> Self {
        Self::from_digest(
            aws_lc_rs::digest::digest(
                &aws_lc_rs::digest::SHA256,
                &[b"carelake public key id\0".as_slice(), public].concat(),
            )
            .as_ref(),
        )
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut id = [0; Self::LEN];
        hex::decode_to_slice(text, &mut id)?;
        Ok(Self(id))
    }
}
