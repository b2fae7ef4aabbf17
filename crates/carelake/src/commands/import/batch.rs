//! Changes that wait to be submitted together, with the files that they come from.

use super::inputs::Input;
use keys::MacKey;
use landing::{Change, FilePart, Submission};
use std::sync::Arc;

/// Bodies that are submitted together.
const SUBMISSION_BYTES: usize = 8 << 20;

/// What waits, and where in its file the next change will stand.
pub(super) struct Batch {
    checker: Arc<str>,
    waiting: Submission,
    bytes: usize,
    digest: [u8; 32],
    next: u64,
}

impl Batch {
    /// Of the import of these files: what else is there tells what a file's references lead to.
    pub(super) fn of(inputs: &[Input], key: &MacKey) -> Self {
        let digests: Vec<&[u8]> = inputs.iter().map(|input| input.digest.as_slice()).collect();
        let all = u128::from_be_bytes(key.mac16(&digests));
        let checker = format!("carelake {} of {all:032x}", env!("CARGO_PKG_VERSION")).into();
        Self { checker, waiting: Submission::default(), bytes: 0, digest: [0; 32], next: 0 }
    }

    /// Takes the next change of the file with this digest; files come one after the other.
    pub(super) fn push(&mut self, digest: [u8; 32], change: Change) {
        if self.digest != digest {
            (self.digest, self.next) = (digest, 0);
        }
        match self.waiting.files.last_mut() {
            Some(part) if part.digest == digest => part.resources += 1,
            _ => self.waiting.files.push(FilePart {
                digest,
                checker: Arc::clone(&self.checker),
                from: self.next,
                resources: 1,
            }),
        }
        self.next += 1;
        self.bytes += change.body.len();
        self.waiting.changes.push(change);
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= SUBMISSION_BYTES
    }

    /// What has waited, if there is any.
    pub(super) fn take(&mut self) -> Option<Submission> {
        self.bytes = 0;
        let waited = std::mem::take(&mut self.waiting);
        (!waited.changes.is_empty()).then_some(waited)
    }
}
