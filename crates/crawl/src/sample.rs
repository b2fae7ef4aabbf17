//! What is read of an object to know what it is: its first bytes, and its last where these tell.

use bytes::Bytes;
use std::io::Read;

/// How the object is packed, besides its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packed {
    Gzip,
    Zstd,
}

/// A part of an object.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The last part of its name.
    name: String,
    /// Its size, in bytes, as it lies.
    size: u64,
    /// How many of its first bytes were read, as it lies.
    read: u64,
    /// Its first bytes, unpacked.
    head: Vec<u8>,
    /// Whether these are all that it unpacks to.
    complete: bool,
    /// Its last bytes; empty if they were not asked for.
    tail: Bytes,
}

/// Unpacked, a head is at most this many times as long as what was read: what unpacks to more is not text.
const MOST_UNPACKED: u64 = 32;

impl Sample {
    /// The sample of an object called `name`, of `size` bytes, whose first bytes are `head`. What is packed with gzip or
    /// Zstandard is unpacked as far as it goes.
    #[must_use]
    pub fn of(name: &str, size: u64, head: &[u8]) -> Self {
        let read = head.len() as u64;
        let whole = read >= size;
        let (name, packed) = unpacked_name(name, head);
        let (head, complete) = match packed {
            None => (head.to_vec(), whole),
            Some(packed) => unpack(packed, head, whole),
        };
        Self { name, size, read, head, complete, tail: Bytes::new() }
    }

    /// The sample with the object's last bytes.
    #[must_use]
    pub fn with_tail(self, tail: Bytes) -> Self {
        Self { tail, ..self }
    }

    /// The end of the name, in small letters, such as `csv`; without that of how it is packed.
    pub(crate) fn extension(&self) -> String {
        match self.name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension.to_ascii_lowercase(),
            _ => String::new(),
        }
    }

    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(crate) const fn is_complete(&self) -> bool {
        self.complete
    }

    pub(crate) const fn tail(&self) -> &Bytes {
        &self.tail
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// How many of its first bytes were read, as it lies.
    pub(crate) const fn read(&self) -> u64 {
        self.read
    }

    /// The head as text without a mark of byte order, if it is text: UTF-8, or else Latin-1 with no control characters.
    pub(crate) fn text(&self) -> Option<String> {
        let bytes = self.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.head);
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()).filter(|text| !has_odd_controls(text)),
            // The head ends within a character.
            Err(error) if error.error_len().is_none() && !self.complete => {
                let text = std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?;
                Some(text.to_owned()).filter(|text| !has_odd_controls(text))
            }
            Err(_) => {
                let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
                Some(text).filter(|text| !text.contains(|c: char| c.is_control() && !is_space(c)))
            }
        }
    }
}

/// Controls that no text has. HL7's framing uses three (0x0b, 0x1c and 0x0d).
fn has_odd_controls(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_control() && !is_space(c))
}

const fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}' | '\u{1b}' | '\u{85}')
}

/// The name without what says how the object is packed, and how it is.
fn unpacked_name(name: &str, head: &[u8]) -> (String, Option<Packed>) {
    let packed = match head {
        [0x1f, 0x8b, 8, ..] => Some(Packed::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packed::Zstd),
        _ => None,
    };
    let ends: &[&str] = match packed {
        None => &[],
        Some(Packed::Gzip) => &[".gz", ".gzip"],
        Some(Packed::Zstd) => &[".zst", ".zstd"],
    };
    let name = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    (name.to_owned(), packed)
}

/// What `head` unpacks to, and whether that is all.
fn unpack(packed: Packed, head: &[u8], whole: bool) -> (Vec<u8>, bool) {
    let most = (head.len() as u64).saturating_mul(MOST_UNPACKED);
    let mut out = Vec::new();
    let ended = match packed {
        Packed::Gzip => flate2::read::MultiGzDecoder::new(head).take(most).read_to_end(&mut out).is_ok(),
        Packed::Zstd => match zstd::Decoder::with_buffer(head) {
            Ok(decoder) => decoder.take(most).read_to_end(&mut out).is_ok(),
            Err(_) => false,
        },
    };
    // A head that ends within the packing is an error, with what came before it.
    let complete = ended && whole && (out.len() as u64) < most;
    (out, complete)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_is_packed_is_unpacked_as_far_as_it_goes() {
        let text = "MSH|^~\\&|".repeat(10_000);
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        packer.write_all(text.as_bytes()).unwrap();
        let packed = packer.finish().unwrap();
        let sample = Sample::of("a.hl7.gz", packed.len() as u64, &packed[..5_000]);
        assert!(!sample.is_complete());
        assert!(text.as_bytes().starts_with(sample.head()) && sample.head().len() > 3_000);
        assert_eq!(sample.extension(), "hl7");
        assert!(Sample::of("a.hl7.gz", packed.len() as u64, &packed).is_complete());
    }

    #[test]
    fn a_head_that_ends_within_a_character_is_text() {
        let text = "née".as_bytes();
        assert_eq!(Sample::of("a", 9, &text[..2]).text().as_deref(), Some("n"));
        assert_eq!(Sample::of("a", 2, &text[..2]).text().as_deref(), Some("nÃ"), "Latin-1, then");
        assert_eq!(Sample::of("a", 3, &[1, 2, 3]).text(), None);
    }
}
