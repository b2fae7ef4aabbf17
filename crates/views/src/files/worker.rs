//! One thread's part: from a piece of text to encoded rows.

use super::{
    FileError, Options, Output, Place, Problem,
    encode::{Encoded, Encoder, Encoding},
    source::{Text, Work},
};
use crate::{Pass, RowError};
use fhir::json::{self, JsonError, Kind, Picked, Selected, Selection, Value};
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
};

/// Rows are encoded when they take this much: little enough that they are still in the cache then.
const BATCH_BYTES: usize = 256 << 10;

/// What is read of a file at a time.
const BLOCK_BYTES: usize = 256 << 10;

/// What became of a piece of work.
pub(super) struct Done {
    pub(super) name: Arc<str>,
    pub(super) begins: bool,
    /// Lines or entries, resources or not.
    pub(super) places: u64,
    pub(super) resources: u64,
    pub(super) bytes: u64,
    /// For each output its rows, how many they are, and how many values did not fit.
    pub(super) tables: Vec<(Encoded, u64, u64)>,
    pub(super) problem_count: u64,
    /// Their places count from the beginning of this work.
    pub(super) problems: Vec<Problem>,
}

pub(super) struct Worker<'r> {
    outputs: &'r [Output],
    options: &'r Options,
    groups: Vec<Group>,
    encoders: Vec<Encoder<'r>>,
    type_of: TypeOf,
    block: Block,
    counts: Vec<(u64, u64)>,
    done: Done,
}

/// The views over one resource type.
struct Group {
    resource: String,
    pass: Pass,
    outputs: Vec<usize>,
}

impl<'r> Worker<'r> {
    pub(super) fn new(outputs: &'r [Output], encodings: &'r [Encoding], options: &'r Options) -> Self {
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for (at, output) in outputs.iter().enumerate() {
            let resource = output.view.resource();
            match groups.iter_mut().find(|(known, _)| known == resource) {
                Some((_, members)) => members.push(at),
                None => groups.push((resource.to_owned(), vec![at])),
            }
        }
        let views = |members: &[usize]| {
            members.iter().filter_map(|at| outputs.get(*at)).map(|output| &output.view).collect::<Vec<_>>()
        };
        let groups = groups.into_iter().map(|(resource, members)| Group {
            pass: Pass::new(views(&members)),
            resource,
            outputs: members,
        });
        let encoders = outputs.iter().zip(encodings);
        Self {
            outputs,
            options,
            groups: groups.collect(),
            encoders: encoders.map(|(output, encoding)| Encoder::new(&output.view, encoding)).collect(),
            type_of: TypeOf::new(),
            block: Block::default(),
            counts: vec![(0, 0); outputs.len()],
            done: Done::new(&"".into(), false),
        }
    }

    pub(super) fn run(&mut self, work: Work) -> Result<Done, FileError> {
        self.done = Done::new(&work.name, work.begins);
        match work.text {
            Text::Range { path, from, to } => self.range(&path, from, to)?,
            Text::Lines(text) => self.lines(&text)?,
            Text::Document(text) => self.document(&text)?,
        }
        self.flush()?;
        for (at, encoder) in self.encoders.iter_mut().enumerate() {
            let encoded = encoder.finish().map_err(encode_error(self.outputs, at))?;
            let (rows, misfits) = self.counts.get_mut(at).map(std::mem::take).unwrap_or_default();
            self.done.tables.push((encoded, rows, misfits));
        }
        let next = Done::new(&work.name, false);
        Ok(std::mem::replace(&mut self.done, next))
    }

    /// The lines that begin at `from` or later and before `to`.
    fn range(&mut self, path: &Path, from: u64, to: u64) -> Result<(), FileError> {
        let failed = |source| FileError::Read { name: path.display().to_string(), source };
        let mut file = File::open(path).map_err(failed)?;
        // The byte before tells whether a line begins at `from`.
        let mut begin = from.saturating_sub(1);
        file.seek(SeekFrom::Start(begin)).map_err(failed)?;
        let mut skip = from > 0;
        let mut block = std::mem::take(&mut self.block);
        block.clear();
        loop {
            let ended = block.fill(&mut file).map_err(failed)?;
            let mut at = 0;
            while begin < to || skip {
                let rest = block.text().get(at..).unwrap_or_default();
                let length = match memchr::memchr(b'\n', rest) {
                    Some(length) => length + 1,
                    None if ended && !rest.is_empty() => rest.len(),
                    None => break,
                };
                if !std::mem::replace(&mut skip, false) {
                    self.line(rest.get(..length).unwrap_or_default())?;
                }
                at += length;
                begin += length as u64;
            }
            if ended || (begin >= to && !skip) {
                break;
            }
            block.leave(at);
            if block.text().len() > self.options.resource_limit_bytes {
                let limit_bytes = self.options.resource_limit_bytes;
                return Err(FileError::TooLarge { name: path.display().to_string(), limit_bytes });
            }
        }
        self.block = block;
        Ok(())
    }

    fn lines(&mut self, text: &[u8]) -> Result<(), FileError> {
        let mut from = 0;
        let ends = memchr::memchr_iter(b'\n', text).map(|at| at + 1).chain([text.len()]);
        for to in ends.filter(|to| *to > 0) {
            let line = text.get(from..to).unwrap_or_default();
            if !line.is_empty() {
                self.line(line)?;
            }
            from = to;
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), FileError> {
        self.done.places += 1;
        self.done.bytes += line.len() as u64;
        if line.trim_ascii_start().is_empty() {
            return Ok(());
        }
        let group = match self.groups.as_mut_slice() {
            // Resources of other types are read as well, so that what is no JSON is told in any case.
            [group] => Some(group),
            groups => match self.type_of.line(line) {
                Ok(name) => match groups.iter_mut().find(|group| Some(group.resource.as_str()) == name) {
                    None if name == Some("Bundle") => return self.bundle_line(line),
                    found => found,
                },
                Err(error) => {
                    self.done.resources += 1;
                    self.done.refused_json(error, self.options);
                    return Ok(());
                }
            },
        };
        let (done, options) = (&mut self.done, self.options);
        if let Some(group) = group {
            let mut errors = Vec::new();
            let read = group.pass.append(line, &mut |_, error| errors.push(error));
            if matches!(read, Ok(true)) {
                return self.bundle_line(line);
            }
            let full = group.pass.bytes() >= BATCH_BYTES;
            errors.into_iter().for_each(|error| done.refused_row(error, options));
            if let Err(error) = read {
                done.refused_json(error, options);
            }
            if full {
                self.flush()?;
            }
        }
        self.done.resources += 1;
        Ok(())
    }

    /// The entries of a Bundle that stands in a line.
    fn bundle_line(&mut self, line: &[u8]) -> Result<(), FileError> {
        match json::parse(line) {
            Ok(bundle) => entries(&bundle).try_for_each(|resource| self.value(resource)),
            Err(error) => {
                self.done.refused_json(error, self.options);
                Ok(())
            }
        }
    }

    fn document(&mut self, text: &[u8]) -> Result<(), FileError> {
        self.done.bytes += text.len() as u64;
        let value = match json::parse(text) {
            Ok(value) => value,
            Err(error) => {
                self.done.places += 1;
                self.done.refused_json(error, self.options);
                return Ok(());
            }
        };
        if value.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
            self.done.places += 1;
            return self.value(Some(&value));
        }
        entries(&value).try_for_each(|resource| {
            self.done.places += 1;
            self.value(resource)
        })
    }

    fn value(&mut self, resource: Option<&Value<'_>>) -> Result<(), FileError> {
        let Some(resource) = resource else { return Ok(()) };
        self.done.resources += 1;
        let name = resource.get("resourceType").and_then(Value::as_str);
        let group = self.groups.iter_mut().find(|group| Some(group.resource.as_str()) == name);
        let Some(group) = group else { return Ok(()) };
        let (done, options) = (&mut self.done, self.options);
        group.pass.append_value(resource, &mut |_, error| done.refused_row(error, options));
        if group.pass.bytes() >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Encodes the rows so far.
    fn flush(&mut self) -> Result<(), FileError> {
        for group in &mut self.groups {
            for (rows, &at) in group.pass.tables().zip(&group.outputs) {
                let misfits = rows.take_misfits();
                let Some(((count, unfit), encoder)) = self.counts.get_mut(at).zip(self.encoders.get_mut(at))
                else {
                    continue;
                };
                *count += rows.len() as u64;
                *unfit += misfits;
                if rows.is_empty() {
                    continue;
                }
                let batch = rows.finish().map_err(Into::into);
                batch.and_then(|batch| encoder.write(batch)).map_err(encode_error(self.outputs, at))?;
            }
        }
        Ok(())
    }
}

/// The resources of a Bundle's entries; nothing for an entry without one.
fn entries<'v>(bundle: &'v Value<'v>) -> impl Iterator<Item = Option<&'v Value<'v>>> {
    bundle
        .get("entry")
        .and_then(Value::as_array)
        .unwrap_or_default()
        .iter()
        .map(|entry| entry.get("resource"))
}

fn encode_error(outputs: &[Output], at: usize) -> impl Fn(parquet::errors::ParquetError) -> FileError {
    let view = outputs.get(at).map(|output| output.view.name().to_owned()).unwrap_or_default();
    move |source| FileError::Encode { view: view.clone(), source }
}

/// What is read of a file and not yet taken. Its memory is cleared once, not for each block.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    length: usize,
}

impl Block {
    fn clear(&mut self) {
        self.length = 0;
    }

    fn text(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Appends what comes next in the file, and says whether it has ended.
    fn fill(&mut self, file: &mut File) -> io::Result<bool> {
        let full = self.length + BLOCK_BYTES;
        if self.bytes.len() < full {
            self.bytes.resize(full, 0);
        }
        while let Some(room) = self.bytes.get_mut(self.length..full).filter(|room| !room.is_empty()) {
            match file.read(room) {
                Ok(0) => return Ok(true),
                Ok(read) => self.length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Leaves what stands behind the first `taken` bytes.
    fn leave(&mut self, taken: usize) {
        self.bytes.copy_within(taken..self.length, 0);
        self.length -= taken;
    }
}

impl Done {
    fn new(name: &Arc<str>, begins: bool) -> Self {
        Self {
            name: Arc::clone(name),
            begins,
            places: 0,
            resources: 0,
            bytes: 0,
            tables: Vec::new(),
            problem_count: 0,
            problems: Vec::new(),
        }
    }

    fn refused_json(&mut self, error: JsonError, options: &Options) {
        let place = self.place();
        self.problem(Problem::Json { place, error }, options);
    }

    fn refused_row(&mut self, error: RowError, options: &Options) {
        let place = self.place();
        self.problem(Problem::Row { place, error }, options);
    }

    fn place(&self) -> Place {
        Place { input: self.name.to_string(), number: self.places }
    }

    fn problem(&mut self, problem: Problem, options: &Options) {
        self.problem_count += 1;
        if self.problems.len() < options.problems_told {
            self.problems.push(problem);
        }
    }
}

/// Finds the type of a resource before it is read.
struct TypeOf {
    slot: usize,
    selected: Selected,
    name: String,
}

impl TypeOf {
    fn new() -> Self {
        let mut selection = Selection::new();
        let slot = selection.member(Selection::ROOT, "resourceType").map_or(0, |(slot, _)| slot);
        Self { slot, selected: Selected::new(selection), name: String::new() }
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<&str>, JsonError> {
        let picks = self.selected.read(line)?;
        let Some(Kind::Text(name)) = picks.root().slot(self.slot).map(Picked::kind) else { return Ok(None) };
        self.name.clear();
        self.name.push_str(name);
        Ok(Some(&self.name))
    }
}
