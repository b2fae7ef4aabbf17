//! Views over files: NDJSON, plain, `.gz` or `.zst`; JSON documents and Bundles; folders of these, with the folders
//! below them; any stream.
//! Out come Parquet, CSV, NDJSON or Arrow IPC, one file a view.
//!
//! The input is split into ranges of lines, the ranges go to threads, and what they make is written in the order
//! of the input, so that the same input gives the same file whatever the number of threads. Memory is bounded by
//! bytes: of a range only one block is held as text, and no thread may run far ahead of the writer.

mod encode;
mod error;
mod form;
mod input;
mod ipc;
mod order;
mod parquet_columns;
mod source;
mod text;
mod worker;
mod write;

pub use error::{FileError, Place, Problem};
pub use form::Form;
pub use input::{Input, InputFile};

use crate::View;
use order::Turns;
use source::Source;
use std::{path::PathBuf, sync::mpsc, thread, time::Instant};
use worker::Worker;
use write::Writer;

/// What a table is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Parquet, compressed with zstd.
    Parquet,
    /// CSV with a header (RFC 4180). A text that a spreadsheet would take for a formula gets `'` before it.
    Csv,
    /// A JSON object a line; nulls are left out.
    Ndjson,
    /// An Arrow IPC file, codes as plain texts.
    ArrowIpc,
}

impl Format {
    /// The format that a file's name says.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "parquet" => Self::Parquet,
            "csv" => Self::Csv,
            "ndjson" | "jsonl" => Self::Ndjson,
            "arrow" | "feather" | "ipc" => Self::ArrowIpc,
            _ => return None,
        })
    }
}

/// A view and the file that its rows go to. A file that is there already is replaced.
#[derive(Clone, Debug)]
pub struct Output {
    /// The view.
    pub view: View,
    /// Where its rows go.
    pub path: PathBuf,
    /// As what.
    pub format: Format,
}

/// How views are run over files.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many threads make rows; the thread that calls writes them.
    pub threads: usize,
    /// zstd's level for Parquet, 1 to 22.
    pub compression_level: i32,
    /// The longest line, and the largest document, that is taken.
    pub resource_limit_bytes: usize,
    /// How many problems the report tells one by one; all are counted.
    pub problems_told: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: thread::available_parallelism().map_or(1, usize::from),
            // Of pages and dictionaries as small as these, higher levels make no smaller files, only slower ones.
            compression_level: 1,
            resource_limit_bytes: 256 << 20,
            problems_told: 100,
        }
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Resources read, of whatever type.
    pub resources: u64,
    /// Bytes of JSON read, after decompression.
    pub bytes: u64,
    /// Rows written, for each output.
    pub rows: Vec<u64>,
    /// Values that became null because their columns cannot hold them exactly, for each output.
    pub misfits: Vec<u64>,
    /// How many times a resource could not be read, or made no row because of an error.
    pub problem_count: u64,
    /// The first of these, in the input's order.
    pub problems: Vec<Problem>,
    /// The time it took.
    pub seconds: f64,
}

impl Report {
    /// Resources a second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown, not counted with")]
    pub fn resources_per_second(&self) -> f64 {
        self.resources as f64 / self.seconds.max(1e-9)
    }
}

/// Runs views over inputs, each read once.
///
/// A resource that cannot be read, or that a view can make no row of, is passed over and told in the report.
///
/// # Errors
/// An input or output cannot be opened, read or written. Outputs are incomplete then.
pub fn run(inputs: Vec<Input>, outputs: &[Output], options: &Options) -> Result<Report, FileError> {
    let begun = Instant::now();
    let source = Source::new(inputs, outputs, options)?;
    let mut writers =
        outputs.iter().map(|output| Writer::create(output, options)).collect::<Result<Vec<_>, _>>()?;
    let encoders: Vec<_> = writers.iter().map(Writer::encoding).collect();
    let threads = options.threads.max(1);
    let turns = Turns::new(source, threads * 2);
    let mut report =
        Report { rows: vec![0; outputs.len()], misfits: vec![0; outputs.len()], ..Report::default() };
    thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..threads {
            let (send, turns, encoders) = (send.clone(), &turns, &encoders);
            scope.spawn(move || {
                let mut worker = Worker::new(outputs, encoders, options);
                while let Some((number, work)) = turns.next() {
                    // The writer is gone when it has failed; nothing is left to do then.
                    if send.send((number, work.and_then(|work| worker.run(work)))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let written = write::in_order(&receive, &turns, &mut writers, &mut report, options);
        turns.stop();
        written
    })?;
    for writer in writers {
        writer.finish()?;
    }
    report.seconds = begun.elapsed().as_secs_f64();
    Ok(report)
}
