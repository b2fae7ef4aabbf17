//! An encrypted object written in parts.

use super::{format::CHUNK, seal::Sealer};
use crate::{SealError, Zone, ZoneError};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, future::try_join_all};
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};
use std::{fmt, mem};

/// Plaintext of a part as it is handed on: whole chunks, and more than any store's
/// least size (5 MiB on S3).
const PART: usize = 128 * CHUNK;

/// Gathers plaintext into parts of whole chunks. At least one byte is kept back
/// until the end, for the last chunk is sealed as such.
pub(super) struct EncryptedUpload {
    upload: Box<dyn MultipartUpload>,
    sealer: Sealer,
    pending: Vec<Bytes>,
    pending_bytes: usize,
    zone: Zone,
    key: String,
}

impl EncryptedUpload {
    pub(super) fn new(upload: Box<dyn MultipartUpload>, sealer: Sealer, zone: Zone, key: String) -> Self {
        Self { upload, sealer, pending: Vec::new(), pending_bytes: 0, zone, key }
    }

    /// Takes the first [`PART`] bytes of what is pending.
    fn take_part(&mut self) -> Vec<Bytes> {
        let mut wanted = PART;
        let mut part = Vec::new();
        let mut rest = Vec::new();
        for mut piece in mem::take(&mut self.pending) {
            let taken = piece.split_to(piece.len().min(wanted));
            wanted -= taken.len();
            if !taken.is_empty() {
                part.push(taken);
            }
            if !piece.is_empty() {
                rest.push(piece);
            }
        }
        self.pending = rest;
        self.pending_bytes -= PART;
        part
    }

    fn refused(&self, source: SealError) -> object_store::Error {
        ZoneError::Seal { zone: self.zone, key: self.key.clone(), source }.into()
    }
}

#[async_trait]
impl MultipartUpload for EncryptedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.pending_bytes += data.content_length();
        self.pending.extend(data.into_iter().filter(|piece| !piece.is_empty()));
        let mut parts = Vec::new();
        while self.pending_bytes > PART {
            let pieces = self.take_part();
            match self.sealer.seal(&pieces, PART, false) {
                Ok(sealed) => parts.push(self.upload.put_part(sealed.into())),
                Err(source) => {
                    let refused = self.refused(source);
                    return async move { Err(refused) }.boxed();
                }
            }
        }
        async move { try_join_all(parts).await.map(drop) }.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let (pieces, length) = (mem::take(&mut self.pending), mem::take(&mut self.pending_bytes));
        let sealed = self.sealer.seal(&pieces, length, true).map_err(|source| self.refused(source))?;
        self.upload.put_part(sealed.into()).await?;
        self.upload.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}

impl fmt::Debug for EncryptedUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptedUpload({} to {:?})", self.key, self.upload)
    }
}
