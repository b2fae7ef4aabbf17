//! An object written in parts: one staged file, named once it is whole and durable.

use crate::{ZoneError, blocking::blocking, durable_file::StagedFile};
use async_trait::async_trait;
use futures::FutureExt;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};
use std::{
    fmt, io,
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// An upload to the file `destination`. Dropped, it leaves nothing.
pub(super) struct LocalUpload {
    staged: Option<StagedFile>,
    destination: PathBuf,
    key: String,
    handed_in: u64,
    written: Arc<AtomicU64>,
}

impl LocalUpload {
    pub(super) fn new(staged: StagedFile, destination: PathBuf, key: String) -> Self {
        Self { staged: Some(staged), destination, key, handed_in: 0, written: Arc::default() }
    }

    fn ended(&self) -> ZoneError {
        ZoneError::io("continue the ended upload of", self.key.clone(), io::ErrorKind::InvalidInput.into())
    }
}

#[async_trait]
impl MultipartUpload for LocalUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let Some(staged) = &self.staged else {
            let ended = self.ended();
            return async move { Err(ended.into()) }.boxed();
        };
        let (file, written, key) = (Arc::clone(staged.file()), Arc::clone(&self.written), self.key.clone());
        let mut offset = self.handed_in;
        let length = data.content_length() as u64;
        self.handed_in += length;
        blocking(move || {
            for piece in &data {
                file.write_all_at(piece, offset)
                    .map_err(|error| ZoneError::io("write", key.clone(), error))?;
                offset += piece.len() as u64;
            }
            written.fetch_add(length, Ordering::Release);
            Ok(())
        })
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let staged = self.staged.take().ok_or_else(|| self.ended())?;
        let (written, expected) = (self.written.load(Ordering::Acquire), self.handed_in);
        if written != expected {
            return Err(ZoneError::Incomplete { key: self.key.clone(), written, expected }.into());
        }
        let (destination, key) = (self.destination.clone(), self.key.clone());
        blocking(move || {
            let metadata =
                staged.replace(&destination).map_err(|error| ZoneError::io("write", key, error))?;
            Ok(PutResult { e_tag: Some(super::e_tag(&metadata)), version: None })
        })
        .await
    }

    async fn abort(&mut self) -> Result<()> {
        let staged = self.staged.take().ok_or_else(|| self.ended())?;
        blocking(move || {
            drop(staged);
            Ok(())
        })
        .await
    }
}

impl fmt::Debug for LocalUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalUpload({})", self.key)
    }
}
