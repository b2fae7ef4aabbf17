//! An object of the log of checkpoints: new leaves, and the tree and checkpoint after them.

use super::{Checkpoint, Tree};
use crate::head::Head;
use model::Timestamp;
use serde::{Deserialize, Serialize};

/// A leaf: how far a chain reached, and when that was put down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) head: Head,
    pub(crate) time: Timestamp,
}

/// What an object holds.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) leaves: Vec<Leaf>,
    /// The tree after the leaves.
    pub(crate) tree: Tree,
    pub(crate) checkpoint: Checkpoint,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafLine {
    count: u64,
    hash: String,
    time: Timestamp,
    writer: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeaksLine {
    peaks: Vec<String>,
}

impl Leaf {
    /// The bytes that the tree's leaf is made of.
    pub(crate) fn line(&self) -> String {
        let Head { writer, count, hash } = &self.head;
        // A writer's name needs no escape.
        format!(
            r#"{{"count":{count},"hash":"{}","time":{},"writer":"{writer}"}}"#,
            hex::encode(hash),
            self.time.0
        )
    }

    fn read(line: &str) -> Option<Self> {
        let LeafLine { count, hash, time, writer } = serde_json::from_str(line).ok()?;
        let leaf = Self { head: Head { writer, count, hash: unhex(&hash)? }, time };
        (leaf.line() == line).then_some(leaf)
    }
}

impl Sheet {
    pub(crate) fn write(&self) -> String {
        let mut text = String::new();
        for leaf in &self.leaves {
            text.push_str(&leaf.line());
            text.push('\n');
        }
        let peaks: Vec<_> =
            self.tree.peaks().iter().map(|peak| format!("\"{}\"", hex::encode(peak))).collect();
        format!("{text}{{\"peaks\":[{}]}}\n\n{}", peaks.join(","), self.checkpoint.text)
    }

    /// Reads an object, if it has exactly the form that is written. Nothing is proved by that.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (lines, note) = text.split_once("\n\n")?;
        let checkpoint = Checkpoint::parse(note).ok()?;
        let mut lines: Vec<&str> = lines.split('\n').collect();
        let PeaksLine { peaks } = serde_json::from_str(lines.pop()?).ok()?;
        let peaks = peaks.iter().map(|peak| unhex(peak)).collect::<Option<_>>()?;
        let sheet = Self {
            leaves: lines.into_iter().map(Leaf::read).collect::<Option<_>>()?,
            tree: Tree::of(checkpoint.size, peaks)?,
            checkpoint,
        };
        (sheet.write().as_bytes() == bytes).then_some(sheet)
    }
}

fn unhex(digits: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    hex::decode_to_slice(digits, &mut hash).ok()?;
    Some(hash)
}
