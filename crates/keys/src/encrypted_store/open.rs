//! Turns stored chunks, from a file or a stream, back into plaintext.

use super::format::{CHUNK, HEADER, Layout, ObjectCipher, SEALED_CHUNK};
use crate::{OpenError, Zone, ZoneError, ZoneKey, blocking::blocking};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::Result;
use std::{fs::File, io, ops::Range, os::unix::fs::FileExt, sync::Arc};

/// Plaintext that is decrypted in one go: whole chunks, few enough to stay out of the way.
pub(super) const SPAN: u64 = 64 * CHUNK as u64;

/// Says which object it is when something is wrong with it.
#[derive(Clone)]
pub(super) struct ObjectName {
    pub(super) zone: Zone,
    pub(super) key: Arc<str>,
}

impl ObjectName {
    pub(super) fn refused(&self, source: OpenError) -> object_store::Error {
        ZoneError::Open { zone: self.zone, key: self.key.to_string(), source }.into()
    }

    fn failed(&self, source: io::Error) -> object_store::Error {
        // A file that ends before its own length was cut off while it was read.
        if source.kind() == io::ErrorKind::UnexpectedEof {
            return self.refused(OpenError::Length);
        }
        ZoneError::io("read", self.key.as_ref(), source).into()
    }
}

/// An object in an open file.
#[derive(Clone)]
pub(super) struct OpenFile {
    file: Arc<File>,
    cipher: Arc<ObjectCipher>,
    layout: Layout,
    name: ObjectName,
}

impl OpenFile {
    /// Reads the header. Blocks.
    pub(super) fn new(file: File, key: &ZoneKey, layout: Layout, name: ObjectName) -> Result<Self> {
        let mut header = [0; HEADER];
        file.read_exact_at(&mut header, 0).map_err(|error| name.failed(error))?;
        let cipher =
            ObjectCipher::open(key, name.zone, &name.key, &header).map_err(|source| name.refused(source))?;
        Ok(Self { file: Arc::new(file), cipher: Arc::new(cipher), layout, name })
    }

    /// The plaintext of `range`, in one piece. Blocks.
    pub(super) fn read(&self, range: &Range<u64>) -> Result<Bytes> {
        let (first, last) = self.layout.chunks_of(range);
        let start = first * CHUNK as u64;
        let length = (last * CHUNK as u64 - start) as usize + self.layout.plain_len(last);
        let mut plain = vec![0; length];
        let mut sealed = vec![0; SEALED_CHUNK.min(self.layout.sealed_len(first))];
        let mut rest = plain.as_mut_slice();
        for chunk in first..=last {
            let sealed = &mut sealed[..self.layout.sealed_len(chunk)];
            self.file
                .read_exact_at(sealed, Layout::sealed_start(chunk))
                .map_err(|error| self.name.failed(error))?;
            let (target, after) = rest.split_at_mut(self.layout.plain_len(chunk));
            self.cipher
                .open_chunk(chunk, chunk == self.layout.last_chunk(), sealed, target)
                .map_err(|source| self.name.refused(source))?;
            rest = after;
        }
        Ok(Bytes::from(plain).slice((range.start - start) as usize..(range.end - start) as usize))
    }

    /// The plaintext of `range`, a few megabytes at a time.
    pub(super) fn stream(self, range: Range<u64>) -> BoxStream<'static, Result<Bytes>> {
        let mut spans = Vec::new();
        let mut start = range.start;
        loop {
            let end = ((start / SPAN + 1) * SPAN).min(range.end);
            spans.push(start..end);
            if end == range.end {
                break;
            }
            start = end;
        }
        // The last of a few spans is not worth a copy of them all when they are collected.
        if range.end - range.start <= SPAN {
            spans = vec![range];
        }
        stream::iter(spans)
            .then(move |span| {
                let object = self.clone();
                blocking(move || object.read(&span))
            })
            .boxed()
    }
}

/// An object that comes as a stream from a store elsewhere.
pub(super) struct OpenStream {
    inner: BoxStream<'static, Result<Bytes>>,
    buffer: BytesMut,
    layout: Layout,
    name: ObjectName,
}

impl OpenStream {
    pub(super) fn new(inner: BoxStream<'static, Result<Bytes>>, layout: Layout, name: ObjectName) -> Self {
        Self { inner, buffer: BytesMut::new(), layout, name }
    }

    /// Reads until there are `length` bytes.
    async fn fill(&mut self, length: usize) -> Result<()> {
        while self.buffer.len() < length {
            match self.inner.try_next().await? {
                Some(piece) => self.buffer.extend_from_slice(&piece),
                None => return Err(self.name.refused(OpenError::Length)),
            }
        }
        Ok(())
    }

    /// Takes the header off a stream that begins with it.
    pub(super) async fn header(&mut self) -> Result<[u8; HEADER]> {
        self.fill(HEADER).await?;
        let mut header = [0; HEADER];
        header.copy_from_slice(&self.buffer.split_to(HEADER));
        Ok(header)
    }

    /// Passes over `length` bytes.
    async fn skip(&mut self, mut length: u64) -> Result<()> {
        while length > 0 {
            if self.buffer.is_empty() {
                self.fill(1).await?;
            }
            let passed =
                usize::try_from(length).map_or(self.buffer.len(), |left| left.min(self.buffer.len()));
            drop(self.buffer.split_to(passed));
            length -= passed as u64;
        }
        Ok(())
    }

    /// The plaintext of `range`; `at` is where the stream stands in the object as stored.
    pub(super) fn stream(
        self,
        cipher: ObjectCipher,
        at: u64,
        range: Range<u64>,
    ) -> BoxStream<'static, Result<Bytes>> {
        let (first, last) = self.layout.chunks_of(&range);
        let before = Layout::sealed_start(first).checked_sub(at);
        stream::try_unfold((self, cipher, first, before), move |(mut this, cipher, chunk, before)| {
            let range = range.clone();
            async move {
                if chunk > last {
                    return Ok(None);
                }
                if chunk == first {
                    let before = before.ok_or_else(|| this.name.refused(OpenError::Length))?;
                    this.skip(before).await?;
                }
                let length = this.layout.sealed_len(chunk);
                this.fill(length).await?;
                let sealed = this.buffer.split_to(length);
                let mut plain = vec![0; this.layout.plain_len(chunk)];
                cipher
                    .open_chunk(chunk, chunk == this.layout.last_chunk(), &sealed, &mut plain)
                    .map_err(|source| this.name.refused(source))?;
                let start = chunk * CHUNK as u64;
                let from = range.start.saturating_sub(start) as usize;
                let to = ((range.end - start) as usize).min(plain.len());
                let plain = Bytes::from(plain).slice(from..to);
                Ok(Some((plain, (this, cipher, chunk + 1, before))))
            }
        })
        .boxed()
    }
}
