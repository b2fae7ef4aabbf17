//! ORC: the schema and the number of rows stand in the footer.

use super::{Recognised, Verdict};
use crate::{columns, format::Format, sample::Sample};
use bytes::{Buf, Bytes};
use orc_rust::{ArrowReaderBuilder, reader::ChunkReader};
use std::io;

/// The footer is looked for in so many last bytes at first; a longer one is four times as long, and again.
const FIRST_TAIL: u64 = 64 * 1024;

/// An object of which only the end is there.
struct End {
    size: u64,
    tail: Bytes,
}

impl ChunkReader for End {
    type T = bytes::buf::Reader<Bytes>;

    fn len(&self) -> u64 {
        self.size
    }

    fn get_read(&self, from: u64) -> io::Result<Self::T> {
        let start = self.size - self.tail.len() as u64;
        let at = from.checked_sub(start).and_then(|at| usize::try_from(at).ok());
        match at.filter(|at| *at <= self.tail.len()) {
            Some(at) => Ok(self.tail.slice(at..).reader()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn get_bytes(&self, from: u64, length: u64) -> io::Result<Bytes> {
        let rest = self.get_read(from)?.into_inner();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length <= rest.len() { Ok(rest.slice(..length)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

pub(super) fn recognise(sample: &Sample, last: bool) -> Verdict {
    let (tail, size) = (sample.tail(), sample.size());
    if tail.is_empty() {
        return Verdict::NeedsTail(FIRST_TAIL.min(size));
    }
    match ArrowReaderBuilder::try_new(End { size, tail: tail.clone() }) {
        Ok(reader) => {
            let found = Recognised::new(Format::Orc, "", columns::of_schema(&reader.schema()));
            Verdict::Is(Recognised { rows: Some(reader.file_metadata().number_of_rows()), ..found })
        }
        Err(_) if !last && (tail.len() as u64) < size => {
            Verdict::NeedsTail((tail.len() as u64).saturating_mul(4).min(size))
        }
        Err(_) => Verdict::Unknown,
    }
}
