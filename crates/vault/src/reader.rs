//! Reads the vault's own layouts, byte by byte and never past the end.
//!
//! Both kinds of object begin alike: eight bytes that name the layout, the length of the index
//! (32 bits), the SHA-256 of the index, the index. What follows the index is sealed, and refuses
//! alteration by itself. Numbers are big endian.

use aws_lc_rs::digest::{SHA256, digest};
use model::Pseudonym;

pub(crate) const HEAD_LEN: usize = 8 + 4 + 32;

/// What is left to read.
pub(crate) struct Reader<'b>(pub(crate) &'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn bytes(&mut self, length: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn length(&mut self) -> Option<usize> {
        self.u32().and_then(|length| usize::try_from(length).ok())
    }

    pub(crate) fn pseudonym(&mut self) -> Option<Pseudonym> {
        self.array().map(Pseudonym)
    }
}

/// The head of an object, its index, and what follows. `None` when the index is too long.
pub(crate) fn object(layout: &[u8; 8], index: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(index.len()).ok()?;
    let mut bytes = Vec::with_capacity(HEAD_LEN + index.len() + sealed.len());
    bytes.extend_from_slice(layout);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(digest(&SHA256, index).as_ref());
    bytes.extend_from_slice(index);
    bytes.extend_from_slice(sealed);
    Some(bytes)
}

/// How long the index is, told by the head alone; `None` when it is not in the layout.
pub(crate) fn index_length(layout: &[u8; 8], head: &[u8]) -> Option<usize> {
    let mut reader = Reader(head);
    if reader.bytes(8)? == layout { reader.length() } else { None }
}

/// The index and what follows it, of an object in the layout; `None` when it is not.
pub(crate) fn parts<'b>(layout: &[u8; 8], object: &'b [u8]) -> Option<(&'b [u8], &'b [u8])> {
    let mut reader = Reader(object);
    if reader.bytes(8)? != layout {
        return None;
    }
    let length = reader.length()?;
    let hash = reader.bytes(32)?;
    let index = reader.bytes(length)?;
    (digest(&SHA256, index).as_ref() == hash).then_some((index, reader.0))
}
