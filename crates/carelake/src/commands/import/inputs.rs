//! Which files an import reads, in which order.

use anyhow::{Context, bail};
use keys::MacKey;
use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};
use views::files::{Form, InputFile};

/// One file to be read.
#[derive(Clone, Debug)]
pub(super) struct Input {
    file: InputFile,
    /// Keyed hash of the file's bytes, by which it is known again.
    pub(super) digest: [u8; 32],
}

/// The files under `paths`, sorted, so that the order of arguments changes nothing.
pub(super) fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    let mut files = Vec::new();
    for path in paths {
        if fs::metadata(path).with_context(|| format!("read {}", path.display()))?.is_dir() {
            files.extend(InputFile::under(path)?);
            continue;
        }
        match InputFile::named(path)? {
            Some(file) => files.push(file),
            None => {
                bail!("{} is none of .json, .ndjson, .jsonl, with or without .gz or .zst", path.display())
            }
        }
    }
    files.sort_by(|a, b| {
        let (a, b) = (a.path(), b.path());
        a.file_name().cmp(&b.file_name()).then_with(|| a.cmp(b))
    });
    files.dedup_by(|a, b| a.path() == b.path());
    if files.is_empty() {
        bail!("there is no .json or .ndjson file there");
    }
    Ok(files.into_iter().map(|file| Input { file, digest: [0; 32] }).collect())
}

impl Input {
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.file.bytes()
    }

    pub(super) const fn form(&self) -> Form {
        self.file.form()
    }

    /// The unpacked text.
    pub(super) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.file.open()
    }
}

/// The same inputs with the keyed hashes of their bytes.
pub(super) async fn known_by_digest(mut inputs: Vec<Input>, key: &MacKey) -> anyhow::Result<Vec<Input>> {
    for input in &mut inputs {
        input.digest = digest(input, key).await?;
    }
    Ok(inputs)
}

/// The keyed hash of a file's bytes.
async fn digest(input: &Input, key: &MacKey) -> anyhow::Result<[u8; 32]> {
    let (path, key) = (input.path().to_owned(), key.clone());
    let digest = tokio::task::spawn_blocking(move || {
        let mut file = File::open(&path)?;
        let mut chain = [0; 32];
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = fill(&mut file, &mut buffer)?;
            chain = key.mac(&[b"import", &chain, &buffer[..read]]);
            if read < buffer.len() {
                return Ok::<_, io::Error>(chain);
            }
        }
    });
    digest.await?.with_context(|| format!("read {}", input.path().display()))
}

/// Fills the buffer as far as the file reaches.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
