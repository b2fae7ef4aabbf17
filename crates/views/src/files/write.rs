//! Outputs, written by one thread in the input's order.

use super::{
    FileError, Format, Options, Output, Report,
    encode::{Encoded, Encoding},
    ipc,
    order::Turns,
    parquet_columns, text,
    worker::Done,
};
use arrow::ipc::writer::FileWriter;
use parquet::{
    arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory},
    errors::ParquetError,
    file::writer::SerializedFileWriter,
};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    sync::{Arc, mpsc::Receiver},
};

/// An output file.
pub(super) struct Writer {
    path: PathBuf,
    form: Form,
}

enum Form {
    Parquet(SerializedFileWriter<BufWriter<File>>, Arc<ArrowRowGroupWriterFactory>),
    Csv(BufWriter<File>),
    Ndjson(BufWriter<File>),
    ArrowIpc(Box<FileWriter<BufWriter<File>>>),
}

/// What a finished piece of work is, and its number.
type Sent = (usize, Result<Done, FileError>);

impl Writer {
    pub(super) fn create(output: &Output, options: &Options) -> Result<Self, FileError> {
        let failed = |source| FileError::Write { path: output.path.clone(), source };
        let mut file = BufWriter::new(File::create(&output.path).map_err(failed)?);
        let schema = output.view.schema();
        let form = match output.format {
            Format::Parquet => {
                let file = parquet_columns::file(&output.view, file, options.compression_level)
                    .map_err(io::Error::other)
                    .map_err(failed)?;
                let factory = ArrowRowGroupWriterFactory::new(&file, schema);
                Form::Parquet(file, Arc::new(factory))
            }
            Format::Csv => {
                file.write_all(text::csv_header(&schema).as_bytes()).map_err(failed)?;
                Form::Csv(file)
            }
            Format::Ndjson => Form::Ndjson(file),
            Format::ArrowIpc => {
                let file = FileWriter::try_new(file, &ipc::schema(&schema))
                    .map_err(io::Error::other)
                    .map_err(failed)?;
                Form::ArrowIpc(Box::new(file))
            }
        };
        Ok(Self { path: output.path.clone(), form })
    }

    pub(super) fn encoding(&self) -> Encoding {
        match &self.form {
            Form::Parquet(_, factory) => Encoding::Parquet(Arc::clone(factory)),
            Form::Csv(_) => Encoding::Csv,
            Form::Ndjson(_) => Encoding::Ndjson,
            Form::ArrowIpc(_) => Encoding::Batches,
        }
    }

    fn failed(&self, source: io::Error) -> FileError {
        FileError::Write { path: self.path.clone(), source }
    }

    fn append(&mut self, encoded: Encoded) -> Result<(), FileError> {
        let appended = match (&mut self.form, encoded) {
            (Form::Parquet(file, _), Encoded::RowGroups(groups)) => {
                groups.into_iter().try_for_each(|columns| row_group(file, columns)).map_err(io::Error::other)
            }
            (Form::Csv(file) | Form::Ndjson(file), Encoded::Text(text)) => file.write_all(&text),
            (Form::ArrowIpc(file), Encoded::Batches(batches)) => {
                batches.iter().try_for_each(|batch| file.write(batch)).map_err(io::Error::other)
            }
            _ => Ok(()),
        };
        appended.map_err(|source| self.failed(source))
    }

    /// Writes what the format needs at its end.
    pub(super) fn finish(self) -> Result<(), FileError> {
        let Self { path, form } = self;
        let finished = match form {
            Form::Parquet(file, _) => file.close().map(drop).map_err(io::Error::other),
            Form::Csv(mut file) | Form::Ndjson(mut file) => file.flush(),
            Form::ArrowIpc(mut file) => file.finish().map_err(io::Error::other),
        };
        finished.map_err(|source| FileError::Write { path, source })
    }
}

fn row_group<W: Write + Send>(
    file: &mut SerializedFileWriter<W>,
    columns: Vec<ArrowColumnChunk>,
) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    columns.into_iter().try_for_each(|column| column.append_to_row_group(&mut group))?;
    group.close().map(drop)
}

/// Writes what the threads send, by number.
pub(super) fn in_order(
    receive: &Receiver<Sent>,
    turns: &Turns,
    writers: &mut [Writer],
    report: &mut Report,
    options: &Options,
) -> Result<(), FileError> {
    let (mut early, mut next) = (BTreeMap::new(), 0);
    // How many lines of the present input are written.
    let mut before = 0;
    for (number, done) in receive {
        early.insert(number, done);
        while let Some(done) = early.remove(&next) {
            let done = done?;
            if done.begins {
                before = 0;
            }
            let places = done.places;
            take(done, before, writers, report, options)?;
            before += places;
            next += 1;
            turns.advance();
        }
    }
    Ok(())
}

fn take(
    done: Done,
    before: u64,
    writers: &mut [Writer],
    report: &mut Report,
    options: &Options,
) -> Result<(), FileError> {
    report.resources += done.resources;
    report.bytes += done.bytes;
    report.problem_count += done.problem_count;
    for mut problem in done.problems {
        if report.problems.len() < options.problems_told {
            problem.place_mut().number += before;
            report.problems.push(problem);
        }
    }
    let counts = report.rows.iter_mut().zip(&mut report.misfits);
    for ((writer, (encoded, rows, misfits)), (all, unfit)) in writers.iter_mut().zip(done.tables).zip(counts)
    {
        writer.append(encoded)?;
        *all += rows;
        *unfit += misfits;
    }
    Ok(())
}
