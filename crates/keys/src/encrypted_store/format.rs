//! The format of an encrypted object, version 1.
//!
//! ```text
//! offset  bytes
//!      0      6  magic, `CLKOBJ`
//!      6      2  version, big endian: 1
//!      8      8  id of the zone key
//!     16     32  salt, random for each write
//!     48      …  chunks: up to 65,536 bytes of ciphertext and a tag of 16 bytes
//! ```
//!
//! The object's key is HKDF-SHA256 (RFC 5869) of the zone key with the salt; its
//! info is `carelake object 1`, the zone's name and the object's, each of the names
//! preceded by its length (64 bits, big endian). Each chunk is AES-256-GCM under
//! that key. Its nonce is the STREAM construction's: three zero bytes, the chunk's
//! place (64 bits, big endian) and 1 for the last chunk, else 0. Its associated
//! data are the header, the zone's name and the object's, as in the info.
//!
//! Every chunk but the last holds 65,536 bytes of plaintext, and the last is empty
//! only in an empty object. So a chunk that was altered, left out, repeated, put
//! elsewhere, or brought from another object or zone does not authenticate, nor
//! does an object that was cut off; and the length of the plaintext follows from
//! that of the object.

use crate::{KeyId, OpenError, SealError, Zone, ZoneKey};
use aws_lc_rs::{
    aead::{Aad, LessSafeKey, Nonce},
    rand,
};
use std::ops::Range;

/// Plaintext of a whole chunk.
pub(super) const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
/// A whole chunk as it is stored.
pub(super) const SEALED_CHUNK: usize = CHUNK + TAG;
/// What stands before the first chunk.
pub(super) const HEADER: usize = 48;

const MAGIC: &[u8; 6] = b"CLKOBJ";
const VERSION: u16 = 1;
const INFO: &[u8] = b"carelake object 1";
const SALT: Range<usize> = 16..HEADER;

/// How long an object is, in plaintext and as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) plain: u64,
    pub(super) sealed: u64,
}

impl Layout {
    /// The layout of `plain` bytes.
    pub(super) const fn of_plain(plain: u64) -> Self {
        let chunks = if plain == 0 { 1 } else { plain.div_ceil(CHUNK as u64) };
        Self { plain, sealed: HEADER as u64 + plain + chunks * TAG as u64 }
    }

    /// The layout of an object that is stored in `sealed` bytes, if one can be.
    pub(super) fn of_sealed(sealed: u64) -> Result<Self, OpenError> {
        let body = sealed.checked_sub(HEADER as u64).ok_or(OpenError::Length)?;
        let chunks = body.div_ceil(SEALED_CHUNK as u64);
        let plain = body.checked_sub(chunks * TAG as u64).ok_or(OpenError::Length)?;
        let layout = Self { plain, sealed };
        // Refuses lengths that end within a tag, or with an empty chunk after others.
        if Self::of_plain(plain) == layout { Ok(layout) } else { Err(OpenError::Length) }
    }

    /// The place of the last chunk.
    pub(super) const fn last_chunk(&self) -> u64 {
        self.plain.saturating_sub(1) / CHUNK as u64
    }

    /// The chunks, first and last, that hold a range of the plaintext.
    pub(super) fn chunks_of(&self, range: &Range<u64>) -> (u64, u64) {
        let last = range.end.saturating_sub(1).max(range.start) / CHUNK as u64;
        (range.start / CHUNK as u64, last.min(self.last_chunk()))
    }

    /// Where a chunk begins as stored.
    pub(super) const fn sealed_start(chunk: u64) -> u64 {
        HEADER as u64 + chunk * SEALED_CHUNK as u64
    }

    /// The bytes that a chunk has as stored.
    pub(super) fn sealed_len(&self, chunk: u64) -> usize {
        let left = self.sealed.saturating_sub(Self::sealed_start(chunk));
        usize::try_from(left).map_or(SEALED_CHUNK, |left| left.min(SEALED_CHUNK))
    }

    /// The bytes of plaintext in a chunk.
    pub(super) fn plain_len(&self, chunk: u64) -> usize {
        self.sealed_len(chunk).saturating_sub(TAG)
    }
}

/// Seals or opens the chunks of one object.
pub(super) struct ObjectCipher {
    key: LessSafeKey,
    associated: Vec<u8>,
}

impl ObjectCipher {
    /// The cipher of a new object, and the header to be written before its chunks.
    pub(super) fn create(
        zone_key: &ZoneKey,
        zone: Zone,
        name: &str,
    ) -> Result<(Self, [u8; HEADER]), SealError> {
        let mut header = [0; HEADER];
        header[..6].copy_from_slice(MAGIC);
        header[6..8].copy_from_slice(&VERSION.to_be_bytes());
        header[8..16].copy_from_slice(&zone_key.id().0);
        rand::fill(&mut header[SALT]).map_err(|_| SealError::Cipher)?;
        let cipher = Self::new(zone_key, zone, name, &header).map_err(|_| SealError::Cipher)?;
        Ok((cipher, header))
    }

    /// The cipher of the object that `header` begins.
    pub(super) fn open(
        zone_key: &ZoneKey,
        zone: Zone,
        name: &str,
        header: &[u8; HEADER],
    ) -> Result<Self, OpenError> {
        if header[..6] != *MAGIC {
            return Err(OpenError::NotSealed);
        }
        let version = u16::from_be_bytes([header[6], header[7]]);
        if version != VERSION {
            return Err(OpenError::Version(version));
        }
        let found = KeyId::from_digest(&header[8..16]);
        if found != zone_key.id() {
            return Err(OpenError::OtherKey { found, expected: zone_key.id() });
        }
        Self::new(zone_key, zone, name, header).map_err(|_| OpenError::Authentication)
    }

    fn new(
        zone_key: &ZoneKey,
        zone: Zone,
        name: &str,
        header: &[u8; HEADER],
    ) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let zone = zone.as_str().as_bytes();
        let zone_len = (zone.len() as u64).to_be_bytes();
        let name_len = (name.len() as u64).to_be_bytes();
        let place: [&[u8]; 4] = [&zone_len, zone, &name_len, name.as_bytes()];
        let [a, b, c, d] = place;
        let key = zone_key.derive(&header[SALT], &[INFO, a, b, c, d])?;
        Ok(Self { key, associated: [header.as_slice(), a, b, c, d].concat() })
    }

    /// Seals `plain` into `sealed`, which is longer by a tag.
    pub(super) fn seal(
        &self,
        chunk: u64,
        last: bool,
        plain: &[u8],
        sealed: &mut [u8],
    ) -> Result<(), SealError> {
        let (text, tag) = sealed.split_at_mut_checked(plain.len()).ok_or(SealError::Cipher)?;
        self.key
            .seal_out_of_place_scatter(nonce(chunk, last), Aad::from(&self.associated), plain, text, &[], tag)
            .map_err(|_| SealError::Cipher)
    }

    /// Opens `sealed` into `plain`, which is shorter by a tag.
    pub(super) fn open_chunk(
        &self,
        chunk: u64,
        last: bool,
        sealed: &[u8],
        plain: &mut [u8],
    ) -> Result<(), OpenError> {
        let (text, tag) = sealed.split_at_checked(plain.len()).ok_or(OpenError::Length)?;
        self.key
            .open_separate_gather(nonce(chunk, last), Aad::from(&self.associated), text, tag, plain)
            .map_err(|_| OpenError::Authentication)
    }
}

fn nonce(chunk: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&chunk.to_be_bytes());
    nonce[11] = u8::from(last);
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_the_plaintext_follows_from_that_of_the_object() {
        let chunk = CHUNK as u64;
        for plain in [0, 1, 15, 16, chunk - 1, chunk, chunk + 1, 3 * chunk, 3 * chunk + 77, 1 << 40] {
            let layout = Layout::of_plain(plain);
            assert_eq!(Layout::of_sealed(layout.sealed), Ok(layout), "{plain}");
        }
    }

    #[test]
    fn lengths_that_no_object_has_are_refused() {
        let whole = Layout::of_plain(CHUNK as u64).sealed;
        let tag = TAG as u64;
        for sealed in [0, 47, 48, 48 + tag - 1, whole + 1, whole + tag - 1, whole + tag] {
            assert_eq!(Layout::of_sealed(sealed), Err(OpenError::Length), "{sealed}");
        }
    }
}
