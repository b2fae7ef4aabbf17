//! Which files an import reads, in which order.

use anyhow::{Context, bail};
use keys::MacKey;
use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// What a file holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One Bundle or one resource.
    Json,
    /// One resource a line.
    Ndjson,
}

/// How a file is packed, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// One file to be read.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) form: Form,
    packing: Packing,
    /// Keyed hash of the file's bytes, by which it is known again.
    pub(super) digest: [u8; 32],
}

/// The files under `paths`, sorted, so that the order of arguments changes nothing.
pub(super) fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in paths {
        let about = fs::metadata(path).with_context(|| format!("read {}", path.display()))?;
        if about.is_dir() {
            walk(path, &mut inputs)?;
        } else {
            match input(path, about.len()) {
                Some(input) => inputs.push(input),
                None => {
                    bail!("{} is none of .json, .ndjson, .jsonl, with or without .gz or .zst", path.display())
                }
            }
        }
    }
    inputs.sort_by(|a, b| a.path.file_name().cmp(&b.path.file_name()).then_with(|| a.path.cmp(&b.path)));
    inputs.dedup_by(|a, b| a.path == b.path);
    if inputs.is_empty() {
        bail!("there is no .json or .ndjson file there");
    }
    Ok(inputs)
}

fn walk(folder: &Path, inputs: &mut Vec<Input>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        let about = fs::metadata(entry.path()).with_context(|| format!("read {}", entry.path().display()))?;
        if about.is_dir() {
            walk(&entry.path(), inputs)?;
        } else {
            inputs.extend(input(&entry.path(), about.len()));
        }
    }
    Ok(())
}

fn input(path: &Path, bytes: u64) -> Option<Input> {
    let name = path.file_name()?.to_str()?;
    let (name, packing) = match (name.strip_suffix(".gz"), name.strip_suffix(".zst")) {
        (Some(inner), _) => (inner, Packing::Gzip),
        (_, Some(inner)) => (inner, Packing::Zstd),
        _ => (name, Packing::Plain),
    };
    let form = match name.rsplit_once('.')?.1 {
        "json" => Form::Json,
        "ndjson" | "jsonl" => Form::Ndjson,
        _ => return None,
    };
    Some(Input { path: path.to_owned(), bytes, form, packing, digest: [0; 32] })
}

impl Input {
    /// The unpacked text.
    pub(super) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let file = File::open(&self.path)?;
        Ok(match self.packing {
            Packing::Plain => Box::new(file),
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(file)),
            Packing::Zstd => Box::new(zstd::Decoder::new(file)?),
        })
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
    let (path, key) = (input.path.clone(), key.clone());
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
    digest.await?.with_context(|| format!("read {}", input.path.display()))
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
