//! Turns plaintext, in whatever pieces it comes, into chunks.

use super::format::{CHUNK, HEADER, Layout, ObjectCipher};
use crate::{SealError, Zone, ZoneKey};
use bytes::Bytes;

/// Seals one object from its beginning to its end.
pub(super) struct Sealer {
    cipher: ObjectCipher,
    header: Option<[u8; HEADER]>,
    next: u64,
}

impl Sealer {
    /// Begins the object `name`.
    pub(super) fn new(zone_key: &ZoneKey, zone: Zone, name: &str) -> Result<Self, SealError> {
        let (cipher, header) = ObjectCipher::create(zone_key, zone, name)?;
        Ok(Self { cipher, header: Some(header), next: 0 })
    }

    /// Seals the next `length` bytes, all that `pieces` have: whole chunks, unless they are the last.
    pub(super) fn seal(&mut self, pieces: &[Bytes], length: usize, last: bool) -> Result<Vec<u8>, SealError> {
        let header = self.header.take();
        let layout = Layout::of_plain(length as u64);
        let head = header.map_or(0, |header| header.len());
        let body = usize::try_from(layout.sealed).map_err(|_| SealError::Cipher)? - HEADER;
        let mut sealed = vec![0; head + body];
        let (start, mut rest) = sealed.split_at_mut(head);
        if let Some(header) = header {
            start.copy_from_slice(&header);
        }
        let mut reader = PieceReader { pieces: pieces.iter(), current: &[] };
        let mut scratch = Vec::new();
        for chunk in 0..=layout.last_chunk() {
            let (target, after) = rest.split_at_mut(layout.sealed_len(chunk));
            let plain = reader.take(layout.plain_len(chunk), &mut scratch);
            let ends = last && chunk == layout.last_chunk();
            self.cipher.seal(self.next, ends, plain, target)?;
            self.next += 1;
            rest = after;
        }
        Ok(sealed)
    }
}

/// Reads pieces as if they were one, copying only where a chunk straddles two.
struct PieceReader<'a> {
    pieces: std::slice::Iter<'a, Bytes>,
    current: &'a [u8],
}

impl PieceReader<'_> {
    /// The next `length` bytes, or as many as there are.
    fn take<'s>(&'s mut self, length: usize, scratch: &'s mut Vec<u8>) -> &'s [u8] {
        while self.current.is_empty() && length > 0 {
            let Some(piece) = self.pieces.next() else { break };
            self.current = piece;
        }
        if let Some((taken, rest)) = self.current.split_at_checked(length) {
            self.current = rest;
            return taken;
        }
        scratch.clear();
        scratch.reserve(CHUNK);
        loop {
            let (taken, rest) = self.current.split_at(self.current.len().min(length - scratch.len()));
            scratch.extend_from_slice(taken);
            self.current = rest;
            if scratch.len() == length {
                return scratch;
            }
            match self.pieces.next() {
                Some(piece) => self.current = piece,
                None => return scratch,
            }
        }
    }
}
