//! The input cut into pieces of work.

use super::{
    FileError, Format, Input, Options, Output,
    input::{self, Content, Piece, Waiting},
};
use std::{
    collections::VecDeque,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
};

/// The text that one thread takes at a time: a row group of Parquet, at most. Towards the end of the input it
/// takes less, so that all threads end at about the same time, but row groups are not small.
const RANGE_BYTES: u64 = 64 << 20;
const LAST_RANGE_BYTES: u64 = 12 << 20;

/// The same where the text or the rows are held in memory.
const HELD_BYTES: usize = 8 << 20;

/// The least that is worth a thread's turn.
const LEAST_BYTES: u64 = 1 << 20;

/// What one thread does before it asks again.
pub(super) struct Work {
    /// The input's name.
    pub(super) name: Arc<str>,
    /// Whether it begins the input, so that lines are counted from there.
    pub(super) begins: bool,
    pub(super) text: Text,
}

/// Where the text of a piece of work is.
pub(super) enum Text {
    /// The lines that begin within a range of a file.
    Range { path: PathBuf, from: u64, to: u64 },
    /// Whole lines.
    Lines(Vec<u8>),
    /// A resource or a Bundle.
    Document(Vec<u8>),
}

/// All work that there is, in order.
pub(super) struct Source {
    waiting: VecDeque<Waiting>,
    current: Option<Current>,
    /// What has not been given out, as far as lengths are known.
    left_bytes: u64,
    threads: u64,
    /// What one thread takes at a time, at the least and at the most.
    share_bytes: (u64, u64),
    resource_limit_bytes: usize,
}

struct Current {
    name: Arc<str>,
    begins: bool,
    content: Rest,
}

/// What is left of an input.
enum Rest {
    File {
        path: PathBuf,
        at: u64,
        length: u64,
    },
    /// A stream, and the beginning of a line that the last piece of work ended in.
    Lines {
        read: Box<dyn Read + Send>,
        tail: Vec<u8>,
    },
    Document {
        read: Box<dyn Read + Send>,
    },
}

impl Source {
    pub(super) fn new(inputs: Vec<Input>, outputs: &[Output], options: &Options) -> Result<Self, FileError> {
        let waiting = VecDeque::from(input::pieces(inputs)?);
        let total = waiting.iter().map(Waiting::length).sum::<Result<u64, _>>()?;
        // Parquet is compressed as it is made; rows in other formats are held until they are written.
        let held = outputs.iter().any(|output| output.format != Format::Parquet);
        let most = if held { HELD_BYTES as u64 } else { RANGE_BYTES };
        let threads = options.threads.max(1) as u64;
        // A small input is still spread over the threads.
        let least = share(total, threads).clamp(LEAST_BYTES, LAST_RANGE_BYTES.min(most));
        Ok(Self {
            waiting,
            current: None,
            left_bytes: total,
            threads,
            share_bytes: (least, most),
            resource_limit_bytes: options.resource_limit_bytes,
        })
    }

    /// How much one thread takes now.
    fn range_bytes(&self) -> u64 {
        let (least, most) = self.share_bytes;
        share(self.left_bytes, self.threads).clamp(least, most)
    }

    /// The next piece of work.
    pub(super) fn next(&mut self) -> Option<Result<Work, FileError>> {
        loop {
            if self.current.is_none() {
                let opened = self.waiting.pop_front()?.open().and_then(Current::new);
                match opened {
                    Ok(current) => self.current = Some(current),
                    Err(error) => return Some(Err(error)),
                }
            }
            let range_bytes = self.range_bytes();
            let current = self.current.as_mut()?;
            match current.next(range_bytes, self.resource_limit_bytes) {
                Ok(Some(work)) => {
                    if let Text::Range { from, to, .. } = &work.text {
                        self.left_bytes = self.left_bytes.saturating_sub(to - from);
                    }
                    return Some(Ok(work));
                }
                Ok(None) => self.current = None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// One of two shares for each thread.
const fn share(bytes: u64, threads: u64) -> u64 {
    bytes.div_ceil(threads * 2)
}

impl Current {
    fn new(piece: Piece) -> Result<Self, FileError> {
        let Piece { name, document, content } = piece;
        let content = match content {
            Content::File { path, .. } if document => {
                let file = std::fs::File::open(&path)
                    .map_err(|source| FileError::Read { name: name.clone(), source })?;
                Rest::Document { read: Box::new(file) }
            }
            Content::File { path, length } => Rest::File { path, at: 0, length },
            Content::Stream(read) if document => Rest::Document { read },
            Content::Stream(read) => Rest::Lines { read, tail: Vec::new() },
        };
        Ok(Self { name: name.into(), begins: true, content })
    }

    fn next(&mut self, range_bytes: u64, limit_bytes: usize) -> Result<Option<Work>, FileError> {
        let name = Arc::clone(&self.name);
        let failed = |source| FileError::Read { name: self.name.to_string(), source };
        let text = match &mut self.content {
            Rest::File { at, length, .. } if *at >= *length => None,
            Rest::File { path, at, length } => {
                let from = std::mem::replace(at, (*at + range_bytes).min(*length));
                Some(Text::Range { path: path.clone(), from, to: *at })
            }
            Rest::Lines { read, tail } => lines(read, tail, limit_bytes).map_err(failed)?.map(Text::Lines),
            Rest::Document { .. } if !self.begins => None,
            Rest::Document { read } => {
                let mut text = Vec::new();
                read.take(limit_bytes as u64 + 1).read_to_end(&mut text).map_err(failed)?;
                if text.len() > limit_bytes {
                    return Err(FileError::TooLarge { name: name.to_string(), limit_bytes });
                }
                Some(Text::Document(text))
            }
        };
        let begins = std::mem::replace(&mut self.begins, false);
        Ok(text.map(|text| Work { name, begins, text }))
    }
}

/// The next whole lines of a stream; `tail` keeps what follows the last of them.
fn lines(read: &mut dyn Read, tail: &mut Vec<u8>, limit_bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let mut text = std::mem::take(tail);
    loop {
        let before = text.len();
        let read_bytes = read.take(HELD_BYTES as u64).read_to_end(&mut text)?;
        if read_bytes == 0 {
            return Ok(Some(text).filter(|text| !text.is_empty()));
        }
        let fresh = text.get(before..).unwrap_or_default();
        if let Some(end) = memchr::memrchr(b'\n', fresh) {
            *tail = text.split_off(before + end + 1);
            return Ok(Some(text));
        }
        if text.len() > limit_bytes {
            return Err(io::Error::other(format!("a line has more than {limit_bytes} bytes")));
        }
    }
}
