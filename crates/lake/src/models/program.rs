//! Programs that rows of models go through (crate `sandbox`): rows to them and from them as CSV (RFC 4180).
//!
//! A program is handed the query's rows and the files that its mart names, and nothing
//! else: no table, no key, no address. An empty field is null, both ways.

use crate::{
    LakeError,
    sql::{Reader, Session},
    table,
};
use arrow::{
    array::{Array, ArrayRef, RecordBatch, StringBuilder},
    compute::{self, CastOptions},
    csv::WriterBuilder,
    datatypes::{DataType, SchemaRef},
};
use csv::{ByteRecord, ReaderBuilder};
use marts::{Model, Program, sql_name};
use sandbox::{Call, Ended, SandboxError};
use std::{
    io::{self, BufReader, Read, Write},
    sync::Arc,
};

/// Rows of a batch that is read.
const BATCH_ROWS: usize = 8_192;

/// The columns that a program says it gives.
///
/// # Errors
/// A type is none of the engine's.
pub(super) async fn columns(session: &Session, program: &Program) -> Result<SchemaRef, LakeError> {
    let column = |(name, kind): &(String, String)| format!("cast(null as {kind}) as {}", sql_name(name));
    let casts: Vec<_> = program.gives.iter().map(column).collect();
    let plan = session.logical(&format!("select {}", casts.join(", "))).await?;
    Ok(table::plain_schema(plan.schema().as_arrow()))
}

/// Why a program cannot be handed rows of these columns, in words.
pub(super) fn unfit(rows: &SchemaRef) -> Option<String> {
    let nested = rows.fields().iter().find(|field| !is_plain(field.data_type()))?;
    Some(format!("its column `{}` does not fit into CSV: hand the program one value a field", nested.name()))
}

/// Whether CSV can tell a value of this type.
fn is_plain(kind: &DataType) -> bool {
    let bytes = matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_));
    !kind.is_nested() && !bytes
}

/// What a program makes of `rows`, with what it said; more than a query may have of memory is an error.
///
/// # Errors
/// It cannot be run, fails, or gives other columns or values than it says.
pub(super) async fn through(
    reader: &Reader,
    session: &Session,
    (model, program): (&Model, &Program),
    rows: Vec<RecordBatch>,
) -> Result<Ended<Vec<RecordBatch>>, LakeError> {
    let failed = |source| LakeError::Program { model: model.name.clone(), source };
    let gives = columns(session, program).await?;
    if let Some(why) = rows.first().and_then(|first| unfit(&first.schema())) {
        return Err(failed(SandboxError::Output(why)));
    }
    let call = Call { words: program.words.clone(), files: program.files.clone() };
    let limit = reader.limits.memory_bytes;
    let feed = move |to: &mut dyn Write| write(&rows, to);
    let read = move |from: &mut dyn Read| read(from, &gives, limit);
    reader.programs.run(&call, feed, read).await.map_err(failed)
}

/// Writes rows with their names in the first line.
fn write(rows: &[RecordBatch], to: &mut dyn Write) -> io::Result<()> {
    let mut first = true;
    for batch in rows {
        // A batch at a time: who reads no more is told apart from rows that cannot be written.
        let mut lines = Vec::new();
        WriterBuilder::new().with_header(first).build(&mut lines).write(batch).map_err(io::Error::other)?;
        first = false;
        to.write_all(&lines)?;
    }
    to.flush()
}

/// Reads rows of these columns, which may come in any order. What is wrong is told without a value.
fn read(from: &mut dyn Read, gives: &SchemaRef, limit: usize) -> Result<Vec<RecordBatch>, String> {
    let from = BufReader::new(Limited { from, left: limit, limit });
    let mut lines = ReaderBuilder::new().from_reader(from);
    let header = lines.byte_headers().map_err(|error| why(&error))?.clone();
    let mut places = Vec::new();
    for field in gives.fields() {
        let mut found = header.iter().enumerate().filter(|(_, name)| *name == field.name().as_bytes());
        match (found.next(), found.next()) {
            (Some((place, _)), None) => places.push(place),
            (Some(_), Some(_)) => return Err(format!("the column `{}` comes twice", field.name())),
            (None, _) => return Err(format!("its first line does not name the column `{}`", field.name())),
        }
    }
    if header.len() > places.len() {
        let (more, said) = (header.len() - places.len(), places.len());
        return Err(format!("its first line names {more} columns more than the {said} that the model says"));
    }
    let mut batches = Vec::new();
    let mut texts: Vec<StringBuilder> = places.iter().map(|_| StringBuilder::new()).collect();
    let (mut record, mut row, mut held) = (ByteRecord::new(), 0_usize, 0);
    while lines.read_byte_record(&mut record).map_err(|error| why(&error))? {
        row += 1;
        for ((place, text), field) in places.iter().zip(&mut texts).zip(gives.fields()) {
            let value = str::from_utf8(record.get(*place).unwrap_or_default())
                .map_err(|_| format!("`{}` in row {row} is not UTF-8", field.name()))?;
            text.append_option(Some(value).filter(|value| !value.is_empty()));
        }
        if row.is_multiple_of(BATCH_ROWS) {
            batches.push(typed(&mut texts, gives, row - BATCH_ROWS)?);
            held += batches.last().map_or(0, RecordBatch::get_array_memory_size);
            if held > limit {
                return Err(too_much(limit));
            }
        }
    }
    let rest = row % BATCH_ROWS;
    if rest > 0 || batches.is_empty() {
        batches.push(typed(&mut texts, gives, row - rest)?);
    }
    Ok(batches)
}

/// A batch of what was read after `before` rows, in the columns' types.
fn typed(texts: &mut [StringBuilder], gives: &SchemaRef, before: usize) -> Result<RecordBatch, String> {
    let mut columns = Vec::new();
    for (text, field) in texts.iter_mut().zip(gives.fields()) {
        let text: ArrayRef = Arc::new(text.finish());
        // What does not fit becomes null, and is found by that: the engine's own error would quote it.
        let safe = CastOptions { safe: true, ..CastOptions::default() };
        let made = compute::cast_with_options(&text, field.data_type(), &safe)
            .map_err(|_| format!("`{}` cannot be read as {}", field.name(), field.data_type()))?;
        let lost = (0..text.len()).find(|at| made.is_null(*at) && text.is_valid(*at));
        if let Some(at) = lost {
            let (name, row, kind) = (field.name(), before + at + 1, field.data_type());
            return Err(format!("`{name}` in row {row} is no {kind}"));
        }
        columns.push(made);
    }
    RecordBatch::try_new(Arc::clone(gives), columns).map_err(|error| error.to_string())
}

/// What is wrong with lines, without what stands in them.
fn why(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, pos } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} has {len} fields, and the first line {expected_len}")
        }
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => "what it gives is no CSV".to_owned(),
    }
}

fn too_much(limit: usize) -> String {
    format!("it gives more than the {} MiB that a model's rows may have", limit >> 20)
}

/// A reader of so many bytes and no more.
struct Limited<'a> {
    from: &'a mut dyn Read,
    left: usize,
    limit: usize,
}

impl Read for Limited<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let more = self.from.read(to)?;
        match self.left.checked_sub(more) {
            Some(left) => {
                self.left = left;
                Ok(more)
            }
            None => Err(io::Error::other(too_much(self.limit))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::{Field, Schema, TimeUnit};

    fn gives() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("person", DataType::Utf8, true),
            Field::new("score", DataType::Decimal128(9, 2), true),
            Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        ]))
    }

    fn read(text: &str) -> Result<Vec<RecordBatch>, String> {
        super::read(&mut text.as_bytes(), &gives(), 1 << 20)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let rows = read("score,at,person\r\n1.50,2026-03-01T12:00:00Z,\"a, \"\"b\"\"\"\r\n,,\n").unwrap();
        let mut text = Vec::new();
        write(&rows, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text, "person,score,at\n\"a, \"\"b\"\"\",1.50,2026-03-01T12:00:00Z\n,,\n");
        assert_eq!(read(&text).unwrap(), rows);
        let none = read("person,score,at\n").unwrap();
        assert_eq!((none.len(), none[0].num_rows()), (1, 0));
        let many = "person,score,at\n".to_owned() + &"p,1,\n".repeat(20_000);
        assert_eq!(read(&many).unwrap().iter().map(RecordBatch::num_rows).sum::<usize>(), 20_000);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_place_and_not_by_what_it_is() {
        let wrong = |text: &str| read(text).unwrap_err();
        assert_eq!(wrong(""), "its first line does not name the column `person`");
        assert_eq!(wrong("person,at\n"), "its first line does not name the column `score`");
        assert_eq!(wrong("person,at,score,at\n"), "the column `at` comes twice");
        assert_eq!(
            wrong("person,at,score,name\n"),
            "its first line names 1 columns more than the 3 that the model says"
        );
        let line = |line: &str| wrong(&format!("person,score,at\nx,1,\n{line}\n"));
        assert_eq!(line("Smith,secret,"), "`score` in row 2 is no Decimal128(9, 2)");
        assert_eq!(line("Smith,123456789,"), "`score` in row 2 is no Decimal128(9, 2)");
        assert_eq!(line("Smith"), "line 3 has 1 fields, and the first line 3");
        let bytes = super::read(&mut &b"person,score,at\n\xff,1,\n"[..], &gives(), 1 << 20);
        assert_eq!(bytes.unwrap_err(), "`person` in row 1 is not UTF-8");
        let much = "person,score,at\n".to_owned() + &"p,1,\n".repeat(300_000);
        assert_eq!(wrong(&much), "it gives more than the 1 MiB that a model's rows may have");
    }
}
