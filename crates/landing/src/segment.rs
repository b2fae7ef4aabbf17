//! The segment: accepted changes with their ids, versions, times and order fixed.
//!
//! Layout, version 1, before zstd and sealing; integers big-endian:
//!
//! ```text
//! "CLSEG\x01"
//! record*:  source   u8  length, bytes
//!           type     u8  length, bytes
//!           id       u8  length, bytes
//!           version  u32
//!           time     i64 milliseconds since 1970
//!           body     u32 length, canonical JSON
//! "END" u32 count of records
//! ```
//!
//! The whole is compressed with zstd and sealed to the landing public key
//! (`age` v1). A reader refuses bytes whose SHA-256 is not the registered one.

use fhir::ResourceType;
use keys::{LandingPrivate, LandingPublic, OpenError, SealError};
use model::{SourceId, Timestamp};

const MAGIC: &[u8] = b"CLSEG\x01";
const END: &[u8] = b"END";
/// Small, because a segment is on the road for minutes only.
const ZSTD_LEVEL: i32 = 1;
/// A reader allocates no more than this, whatever a frame claims.
const MAX_PLAIN_BYTES: usize = 1 << 30;

/// Why a segment cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// Other bytes than were registered.
    #[error("the segment's bytes are not those that were registered")]
    Digest,
    /// It could not be unsealed.
    #[error("open the segment")]
    Open(#[source] OpenError),
    /// It could not be sealed.
    #[error("seal the segment")]
    Seal(#[source] SealError),
    /// zstd refused.
    #[error("compress or decompress the segment")]
    Zstd(#[source] std::io::Error),
    /// It is not laid out as a segment.
    #[error("the segment is malformed at byte {0}")]
    Malformed(usize),
}

/// One record to be written.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Whose id space.
    pub source: &'a SourceId,
    /// The resource's type.
    pub resource_type: ResourceType,
    /// Its id within the source.
    pub id: &'a str,
    /// Its version.
    pub version: u32,
    /// When it was accepted.
    pub last_updated: Timestamp,
    /// Canonical JSON.
    pub body: &'a [u8],
}

/// One record as it was read.
#[derive(Clone, Copy, Debug)]
pub struct RecordRef<'a> {
    /// Whose id space.
    pub source: &'a str,
    /// The resource's type.
    pub resource_type: ResourceType,
    /// Its id within the source.
    pub id: &'a str,
    /// Its version.
    pub version: u32,
    /// When it was accepted.
    pub last_updated: Timestamp,
    /// Canonical JSON.
    pub body: &'a [u8],
}

/// Gathers records.
#[derive(Debug)]
pub struct SegmentWriter {
    plain: Vec<u8>,
    count: u32,
}

impl Default for SegmentWriter {
    fn default() -> Self {
        Self { plain: MAGIC.to_vec(), count: 0 }
    }
}

impl SegmentWriter {
    /// How many records it holds.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// How many bytes it has before it is compressed.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.plain.len()
    }

    /// Appends a record. Sources, types and ids are at most 64 bytes by their own rules.
    pub fn push(&mut self, record: &Record<'_>) {
        for text in [record.source.as_str(), record.resource_type.as_str(), record.id] {
            let text = &text.as_bytes()[..text.len().min(255)];
            self.plain.push(text.len() as u8);
            self.plain.extend_from_slice(text);
        }
        self.plain.extend_from_slice(&record.version.to_be_bytes());
        self.plain.extend_from_slice(&record.last_updated.0.to_be_bytes());
        self.plain.extend_from_slice(&(record.body.len() as u32).to_be_bytes());
        self.plain.extend_from_slice(record.body);
        self.count += 1;
    }

    /// Compresses and seals what was gathered. CPU work: keep it off the reactor.
    ///
    /// # Errors
    /// zstd or the sealing failed.
    pub fn seal(mut self, landing: &LandingPublic) -> Result<Vec<u8>, SegmentError> {
        self.plain.extend_from_slice(END);
        self.plain.extend_from_slice(&self.count.to_be_bytes());
        let packed = zstd::bulk::compress(&self.plain, ZSTD_LEVEL).map_err(SegmentError::Zstd)?;
        landing.seal(&packed).map_err(SegmentError::Seal)
    }
}

/// Checks, unseals and decompresses a segment. CPU work: keep it off the reactor.
///
/// # Errors
/// The bytes are not the registered ones, or not a sealed segment.
pub fn open_segment(
    sealed: &[u8],
    sha256: &[u8; 32],
    landing: &LandingPrivate,
) -> Result<SegmentReader, SegmentError> {
    if sha256_of(sealed) != *sha256 {
        return Err(SegmentError::Digest);
    }
    let packed = landing.open(sealed).map_err(SegmentError::Open)?;
    let mut plain = Vec::new();
    let decoder = zstd::Decoder::new(packed.as_slice()).map_err(SegmentError::Zstd)?;
    std::io::copy(&mut std::io::Read::take(decoder, MAX_PLAIN_BYTES as u64), &mut plain)
        .map_err(SegmentError::Zstd)?;
    SegmentReader::new(plain)
}

/// SHA-256, as segments are registered under.
pub(crate) fn sha256_of(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

/// The records of a segment, in order.
#[derive(Debug)]
pub struct SegmentReader {
    plain: Vec<u8>,
    count: u32,
}

impl SegmentReader {
    fn new(plain: Vec<u8>) -> Result<Self, SegmentError> {
        let tail = plain.len().checked_sub(7).ok_or(SegmentError::Malformed(0))?;
        if !plain.starts_with(MAGIC) || &plain[tail..tail + 3] != END {
            return Err(SegmentError::Malformed(tail));
        }
        let mut count = [0; 4];
        count.copy_from_slice(&plain[tail + 3..]);
        let reader = Self { count: u32::from_be_bytes(count), plain };
        // One pass over the frame now, so that reading cannot fail later.
        let mut seen = 0;
        for record in reader.walk() {
            record?;
            seen += 1;
        }
        if seen == reader.count { Ok(reader) } else { Err(SegmentError::Malformed(tail)) }
    }

    /// How many records there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Bytes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.plain.len()
    }

    /// The records in order.
    pub fn records(&self) -> impl Iterator<Item = RecordRef<'_>> {
        self.walk().filter_map(Result::ok)
    }

    fn walk(&self) -> impl Iterator<Item = Result<RecordRef<'_>, SegmentError>> {
        let end = self.plain.len() - 7;
        let mut cursor = Cursor { bytes: &self.plain[..end], at: MAGIC.len() };
        std::iter::from_fn(move || {
            if cursor.at >= end {
                return None;
            }
            let record = cursor.record().ok_or(SegmentError::Malformed(cursor.at));
            if record.is_err() {
                cursor.at = end;
            }
            Some(record)
        })
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let [length] = self.array()?;
        std::str::from_utf8(self.take(usize::from(length))?).ok()
    }

    fn record(&mut self) -> Option<RecordRef<'a>> {
        Some(RecordRef {
            source: self.text()?,
            resource_type: ResourceType::parse(self.text()?)?,
            id: self.text()?,
            version: u32::from_be_bytes(self.array()?),
            last_updated: Timestamp(i64::from_be_bytes(self.array()?)),
            body: {
                let length = u32::from_be_bytes(self.array()?) as usize;
                self.take(length)?
            },
        })
    }
}

#[cfg(test)]
mod tests;
