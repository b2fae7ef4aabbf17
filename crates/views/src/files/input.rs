//! Inputs: files, folders of files, streams.

use super::{
    FileError, Form,
    form::{self, Packing},
};
use std::{
    fmt,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Something that resources come from.
///
/// By its name: `.json` is one document, a resource or a Bundle; `.ndjson` and `.jsonl` have a resource in each
/// line; `.gz` and `.zst` behind either are decompressed. Where the name does not tell, the first bytes do.
pub enum Input {
    /// A file; or a folder, of which the files that [`InputFile::under`] finds are read.
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

/// A file whose name says what it holds.
#[derive(Clone, Debug)]
pub struct InputFile {
    path: PathBuf,
    bytes: u64,
    form: Form,
    packing: Packing,
}

impl InputFile {
    /// The file, if its name says what it holds.
    ///
    /// # Errors
    /// The file is not there.
    pub fn named(path: &Path) -> Result<Option<Self>, FileError> {
        let (Some(form), Some(packing)) = form::of_name(&path.to_string_lossy()) else { return Ok(None) };
        let bytes = fs::metadata(path).map_err(failed(path))?.len();
        Ok(Some(Self { path: path.to_owned(), bytes, form, packing }))
    }

    /// The files in a folder and the folders below it whose names say what they hold, in the order of their paths.
    /// A folder that leads back to one above it is not entered again.
    ///
    /// # Errors
    /// A folder, or one of these files, cannot be read.
    pub fn under(folder: &Path) -> Result<Vec<Self>, FileError> {
        let mut found = Vec::new();
        walk(folder, &mut Vec::new(), &mut found)?;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How long it is, packed as it is.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What it holds.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Its text, unpacked.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        form::unpacked(self.packing, Box::new(File::open(&self.path)?))
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> FileError {
    move |source| FileError::Read { name: path.display().to_string(), source }
}

/// `above` are the folders that were entered on the way.
fn walk(folder: &Path, above: &mut Vec<PathBuf>, found: &mut Vec<InputFile>) -> Result<(), FileError> {
    let real = fs::canonicalize(folder).map_err(failed(folder))?;
    if above.contains(&real) {
        return Ok(());
    }
    above.push(real);
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.is_dir() {
            walk(&path, above, found)?;
        } else {
            found.extend(InputFile::named(&path)?);
        }
    }
    above.pop();
    Ok(())
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

/// The files and streams of inputs, in order. Nothing is read yet; files are opened when their turn comes.
pub(super) fn pieces(inputs: Vec<Input>) -> Result<Vec<Waiting>, FileError> {
    let mut pieces = Vec::new();
    for input in inputs {
        match input {
            Input::Stream { name, read } => pieces.push(Waiting::Stream { name, read }),
            Input::Path(path) if path.is_dir() => {
                let files = InputFile::under(&path)?;
                pieces.extend(files.into_iter().map(|file| Waiting::File(file.path)));
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
            Self::File(path) => fs::metadata(path).map(|metadata| metadata.len()).map_err(failed(path)),
            Self::Stream { .. } => Ok(0),
        }
    }

    pub(super) fn open(self) -> Result<Piece, FileError> {
        match self {
            Self::File(path) => {
                let about = fs::metadata(&path).map_err(failed(&path))?;
                let file = File::open(&path).map_err(failed(&path))?;
                let name = path.display().to_string();
                let (form, packing, read) = form::opened(&name, Box::new(file)).map_err(failed(&path))?;
                // A pipe has a name as well, and can be read once only.
                let content = if about.is_file() && packing == Packing::Plain {
                    Content::File { path, length: about.len() }
                } else {
                    Content::Stream(read)
                };
                Ok(Piece { name, document: form == Form::Document, content })
            }
            Self::Stream { name, read } => {
                let opened = form::opened(&name, read);
                let (form, _, read) =
                    opened.map_err(|source| FileError::Read { name: name.clone(), source })?;
                Ok(Piece { name, document: form == Form::Document, content: Content::Stream(read) })
            }
        }
    }
}
