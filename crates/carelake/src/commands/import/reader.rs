//! From files to texts of a size that one core takes in a moment.

use super::inputs::Input;
use anyhow::{Context, bail};
use std::{
    io::{BufRead, BufReader, Read},
    path::PathBuf,
};
use tokio::sync::mpsc;
use views::files::Form;

/// Lines are handed on together up to this size.
const PORTION_BYTES: usize = 2 << 20;
/// The longest line, and the largest Bundle file.
const TEXT_BYTES: u64 = 512 << 20;

/// A piece of an input.
pub(super) struct Text {
    pub(super) path: PathBuf,
    /// The keyed hash of the whole file.
    pub(super) digest: [u8; 32],
    pub(super) form: Form,
    /// The number of its first line.
    pub(super) first_line: u64,
    pub(super) text: Vec<u8>,
    /// How much of the file this stands for, as the progress counts it.
    pub(super) bytes: u64,
}

impl Text {
    fn of(input: &Input, first_line: u64, text: Vec<u8>, bytes: u64) -> Self {
        Self {
            path: input.path().to_owned(),
            digest: input.digest,
            form: input.form(),
            first_line,
            text,
            bytes,
        }
    }
}

/// Reads all inputs in order; ends early when nobody takes the texts any more.
pub(super) fn read_all(inputs: &[Input], texts: &mpsc::Sender<Text>) -> anyhow::Result<()> {
    for input in inputs {
        let read = match input.form() {
            Form::Document => whole(input, texts),
            Form::Lines => lines(input, texts),
        };
        if !read.with_context(|| format!("read {}", input.path().display()))? {
            break;
        }
    }
    Ok(())
}

fn whole(input: &Input, texts: &mpsc::Sender<Text>) -> anyhow::Result<bool> {
    let mut text = Vec::with_capacity(usize::try_from(input.bytes()).unwrap_or_default());
    input.open()?.take(TEXT_BYTES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > TEXT_BYTES {
        bail!("it is larger than {} MiB; split it, or send NDJSON", TEXT_BYTES >> 20);
    }
    Ok(texts.blocking_send(Text::of(input, 1, text, input.bytes())).is_ok())
}

fn lines(input: &Input, texts: &mpsc::Sender<Text>) -> anyhow::Result<bool> {
    let mut reader = BufReader::with_capacity(1 << 20, input.open()?);
    let (mut line, mut left) = (1, input.bytes());
    loop {
        let first_line = line;
        let mut text = Vec::with_capacity(PORTION_BYTES + (64 << 10));
        let mut ended = false;
        while text.len() < PORTION_BYTES {
            let before = text.len();
            if reader.by_ref().take(TEXT_BYTES).read_until(b'\n', &mut text)? == 0 {
                ended = true;
                break;
            }
            if (text.len() - before) as u64 == TEXT_BYTES {
                bail!("line {line} is longer than {} MiB", TEXT_BYTES >> 20);
            }
            line += 1;
        }
        // Packed files count by what was unpacked until they end.
        let bytes = if ended { left } else { left.min(text.len() as u64) };
        left -= bytes;
        if texts.blocking_send(Text::of(input, first_line, text, bytes)).is_err() {
            return Ok(false);
        }
        if ended {
            return Ok(true);
        }
    }
}
