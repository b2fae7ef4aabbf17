//! Sealing of segments to the landing key, in the `age` v1 format with one X25519
//! recipient (<https://age-encryption.org/v1>), so that a segment can be opened
//! without carelake.

use crate::{KeyError, OpenError, SealError};
use age::secrecy::ExposeSecret;
use std::{
    fmt,
    io::{Read, Write},
    iter,
    str::FromStr,
};
use zeroize::Zeroizing;

/// Seals to landing; opens nothing.
#[derive(Clone)]
pub struct LandingPublic(age::x25519::Recipient);

/// Opens what was sealed to landing.
#[derive(Clone)]
pub struct LandingPrivate(age::x25519::Identity);

impl LandingPublic {
    /// Reads what [`fmt::Display`] has written.
    pub(crate) fn from_text(text: &[u8]) -> Result<Self, KeyError> {
        let text =
            std::str::from_utf8(text).ok().and_then(|text| age::x25519::Recipient::from_str(text).ok());
        text.map(Self).ok_or_else(|| KeyError::Unwrap("landing/public".to_owned()))
    }

    /// Seals `plaintext`. The result is about 200 bytes longer, and 16 more for each 64 KiB.
    ///
    /// # Errors
    /// The cipher refused.
    pub fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let encryptor = age::Encryptor::with_recipients(iter::once(&self.0 as &dyn age::Recipient))
            .map_err(|_| SealError::Recipient)?;
        let sealed = Vec::with_capacity(plaintext.len() + plaintext.len() / 4096 + 512);
        let mut writer = encryptor.wrap_output(sealed).map_err(|_| SealError::Cipher)?;
        writer.write_all(plaintext).map_err(|_| SealError::Cipher)?;
        writer.finish().map_err(|_| SealError::Cipher)
    }
}

impl LandingPrivate {
    /// A new key pair that no ring holds.
    #[must_use]
    pub fn generate() -> (Self, LandingPublic) {
        let private = Self(age::x25519::Identity::generate());
        let public = private.public();
        (private, public)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> LandingPublic {
        LandingPublic(self.0.to_public())
    }

    /// Opens what [`LandingPublic::seal`], or any other `age` program, has sealed.
    ///
    /// # Errors
    /// It is not in the `age` format, was cut off or altered, or is sealed to another key.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let decryptor = age::Decryptor::new_buffered(sealed).map_err(|_| OpenError::NotSealed)?;
        let mut reader = decryptor
            .decrypt(iter::once(&self.0 as &dyn age::Identity))
            .map_err(|_| OpenError::Authentication)?;
        let mut plaintext = Vec::with_capacity(sealed.len());
        reader.read_to_end(&mut plaintext).map_err(|_| OpenError::Authentication)?;
        Ok(plaintext)
    }

    /// The private key as `age` writes it, to be wrapped.
    pub(crate) fn to_text(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_string().expose_secret().as_bytes().to_vec())
    }

    /// The private key that [`to_text`](Self::to_text) wrote.
    pub(crate) fn from_text(text: &[u8]) -> Result<Self, KeyError> {
        std::str::from_utf8(text)
            .ok()
            .and_then(|text| age::x25519::Identity::from_str(text).ok())
            .map(Self)
            .ok_or_else(|| KeyError::Unwrap("landing/private".to_owned()))
    }
}

impl fmt::Display for LandingPublic {
    /// As `age` writes a recipient: `age1…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for LandingPublic {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        age::x25519::Recipient::from_str(text).map(Self)
    }
}

impl fmt::Debug for LandingPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LandingPublic({})", self.0)
    }
}

impl fmt::Debug for LandingPrivate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LandingPrivate(of {})", self.0.to_public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_segment_opens_with_the_age_program_s_own_reader() {
        let (private, public) = LandingPrivate::generate();
        let identity =
            age::x25519::Identity::from_str(std::str::from_utf8(&private.to_text()).unwrap()).unwrap();
        for plaintext in [vec![], vec![7; 10], vec![9; 200_000]] {
            let sealed = public.seal(&plaintext).unwrap();
            assert_eq!(age::decrypt(&identity, &sealed).unwrap(), plaintext);
            assert_eq!(private.open(&sealed).unwrap(), plaintext);
        }
    }

    #[test]
    fn a_flipped_byte_anywhere_is_refused() {
        let (private, public) = LandingPrivate::generate();
        let sealed = public.seal(b"segment").unwrap();
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(private.open(&flipped).is_err(), "byte {at}");
        }
        assert!(private.open(&sealed[..sealed.len() - 1]).is_err());
        assert!(LandingPrivate::generate().0.open(&sealed).is_err());
    }
}
