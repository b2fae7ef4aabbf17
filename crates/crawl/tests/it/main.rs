//! Tests of what crawls find.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy takes only functions marked as tests for tests"
)]

mod crawls;
mod formats;
mod shared;

use crawl::{Recognised, Sample, Verdict, recognise};
use std::{fs, path::Path};

/// What an object called `name` is, of which as much is read as is asked for.
fn of_bytes(name: &str, bytes: &[u8]) -> Option<Recognised> {
    const MOST: usize = 16 << 20;
    let (mut head, mut tail) = (32 * 1024, 0);
    loop {
        let size = bytes.len();
        let sample = Sample::of(name, size as u64, &bytes[..size.min(head)])
            .with_tail(bytes::Bytes::copy_from_slice(&bytes[size - size.min(tail)..]));
        match recognise(&sample, head >= MOST || tail >= MOST) {
            Verdict::Is(found) => return Some(found),
            Verdict::Unknown => return None,
            Verdict::NeedsHead(more) => head = usize::try_from(more).unwrap().max(head + 1),
            Verdict::NeedsTail(more) => tail = usize::try_from(more).unwrap().max(tail + 1),
        }
    }
}

fn of_file(path: &Path) -> Option<Recognised> {
    of_bytes(&path.file_name().unwrap().to_string_lossy(), &fs::read(path).unwrap())
}
