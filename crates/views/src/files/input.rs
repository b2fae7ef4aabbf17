//! Inputs, and what their names say of them.

use super::FileError;
use std::{
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Something that resources come from. By its name: `.json` is one document, a resource or a Bundle; all else has
/// a resource in each line. `.gz` and `.zst` behind either are decompressed.
pub enum Input {
    /// A file; or a folder, whose files `.ndjson`, `.jsonl` and `.json` are read in the order of their names.
    Path(PathBuf),
    /// Anything that can be read.
    Stream {
        /// What it is called in problems; it says the form as a file's name does.
        name: String,
        /// Where it is read from.
        read: Box<dyn Read + Send>,
    },
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Stream { name, .. } => f.debug_struct("Stream").field("name", name).finish_non_exhaustive(),
        }
    }
}

/// How an input is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// One file or stream.
pub(super) struct Piece {
    pub(super) name: String,
    /// Whether it is one document.
    pub(super) document: bool,
    pub(super) content: Content,
}

/// Where its text is.
pub(super) enum Content {
    /// A plain file that can be read anywhere.
    File { path: PathBuf, length: u64 },
    /// Read from front to back, decompressed already.
    Stream(Box<dyn Read + Send>),
}

fn form(name: &str) -> (Packing, bool, bool) {
    let name = name.to_ascii_lowercase();
    let (packing, stem) = if let Some(stem) = name.strip_suffix(".gz") {
        (Packing::Gzip, stem)
    } else if let Some(stem) = name.strip_suffix(".zst") {
        (Packing::Zstd, stem)
    } else {
        (Packing::Plain, name.as_str())
    };
    let document = Path::new(stem).extension().is_some_and(|extension| extension == "json");
    let lines =
        Path::new(stem).extension().is_some_and(|extension| extension == "ndjson" || extension == "jsonl");
    (packing, document, lines)
}

fn unpacked(packing: Packing, read: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    Ok(match packing {
        Packing::Plain => read,
        // Tools that compress in parallel write several members, one after the other (RFC 1952 §2.2).
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(read)),
        Packing::Zstd => Box::new(zstd::Decoder::new(read)?),
    })
}

impl Piece {
    fn of_file(path: PathBuf) -> Result<Self, FileError> {
        let name = path.display().to_string();
        let failed = |source| FileError::Read { name: name.clone(), source };
        let (packing, document, _) = form(&name);
        let content = if packing == Packing::Plain {
            Content::File { length: fs::metadata(&path).map_err(failed)?.len(), path }
        } else {
            let file = fs::File::open(&path).map_err(failed)?;
            Content::Stream(unpacked(packing, Box::new(file)).map_err(failed)?)
        };
        Ok(Self { name, document, content })
    }
}

/// The files and streams of inputs, in order. Nothing is read yet; compressed files are opened when their turn
/// comes.
pub(super) fn pieces(inputs: Vec<Input>) -> Result<Vec<Waiting>, FileError> {
    let mut pieces = Vec::new();
    for input in inputs {
        match input {
            Input::Stream { name, read } => pieces.push(Waiting::Stream { name, read }),
            Input::Path(path) if path.is_dir() => {
                let failed = |source| FileError::Read { name: path.display().to_string(), source };
                let mut files = fs::read_dir(&path)
                    .and_then(|entries| {
                        entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()
                    })
                    .map_err(failed)?;
                files.retain(|file| {
                    let (_, document, lines) = form(&file.display().to_string());
                    (document || lines) && file.is_file()
                });
                files.sort();
                pieces.extend(files.into_iter().map(Waiting::File));
            }
            Input::Path(path) => pieces.push(Waiting::File(path)),
        }
    }
    Ok(pieces)
}

/// A piece that is not open yet.
pub(super) enum Waiting {
    File(PathBuf),
    Stream { name: String, read: Box<dyn Read + Send> },
}

impl Waiting {
    pub(super) fn length(&self) -> Result<u64, FileError> {
        match self {
            Self::File(path) => fs::metadata(path)
                .map(|metadata| metadata.len())
                .map_err(|source| FileError::Read { name: path.display().to_string(), source }),
            Self::Stream { .. } => Ok(0),
        }
    }

    pub(super) fn open(self) -> Result<Piece, FileError> {
        match self {
            Self::File(path) => Piece::of_file(path),
            Self::Stream { name, read } => {
                let (packing, document, _) = form(&name);
                let read = unpacked(packing, read)
                    .map_err(|source| FileError::Read { name: name.clone(), source })?;
                Ok(Piece { name, document, content: Content::Stream(read) })
            }
        }
    }
}
