//! The folder of a mart, as it is handed in.

use crate::registering::HEAD;
use anyhow::{Context, bail};
use marts::RECIPE_ENDING;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The largest file of a mart that is taken, in bytes.
const LARGEST: u64 = 1 << 20;

/// The mart's name and the texts of its files: `mart.toml`, `.sql`, `.recipe.toml`, `.json`, and those that programs of its
/// models need. Other files are passed over.
pub(super) fn read(folder: &Path) -> anyhow::Result<(String, BTreeMap<String, String>)> {
    let whole = folder.canonicalize().with_context(|| format!("open {}", folder.display()))?;
    let name = whole.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(&whole).with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        let Some(file) = path.file_name().and_then(|file| file.to_str()) else { continue };
        if !path.is_file()
            || !(file == HEAD
                || file.ends_with(".sql")
                || file.ends_with(".json")
                || file.ends_with(RECIPE_ENDING))
        {
            continue;
        }
        let text = text(&path)?;
        files.insert(file.to_owned(), text);
    }
    for file in marts::files_named(files.iter().map(|(file, text)| (file.as_str(), text.as_str()))) {
        let path = whole.join(&file);
        // A word of a program's call need not be a file.
        if path.is_file() {
            let text = text(&path)?;
            files.insert(file, text);
        }
    }
    Ok((name, files))
}

fn text(path: &PathBuf) -> anyhow::Result<String> {
    if path.metadata()?.len() > LARGEST {
        bail!("{} is larger than the {} KiB that a mart's file may have", path.display(), LARGEST >> 10);
    }
    fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}
