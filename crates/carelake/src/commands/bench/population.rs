//! Files to measure on: the simulator's, or given ones, repeated up to a size.

use crate::screen;
use ::simulate::{Request, Simulation};
use anyhow::{Context, ensure};
use fhir::json::{self, Value};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

/// The simulated people: enough that no id comes back soon, little enough to be made in a moment.
const PATIENTS: u32 = 400;
const SEED: u64 = 42;

/// Writes the simulator's resources of these types as NDJSON, one file a type.
pub(super) fn simulated(types: &[&str], folder: &Path) -> anyhow::Result<()> {
    let mut lines: BTreeMap<&str, Vec<u8>> = types.iter().map(|name| (*name, Vec::new())).collect();
    let bar = screen::progress(0, "simulating");
    for message in Simulation::new(SEED, PATIENTS).messages() {
        let Request::Bundle(body) = message.request else { continue };
        // Some messages are malformed on purpose.
        let Ok(value) = json::parse(&body) else { continue };
        let entries = value.get("entry").and_then(Value::as_array).unwrap_or_default();
        for resource in entries.iter().filter_map(|entry| entry.get("resource")) {
            let name = resource.get("resourceType").and_then(Value::as_str);
            if let Some(lines) = name.and_then(|name| lines.get_mut(name)) {
                resource.write_canonical(lines);
                lines.push(b'\n');
            }
        }
    }
    bar.finish_and_clear();
    for (name, text) in lines {
        let file = folder.join(format!("{name}.ndjson"));
        fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
    }
    Ok(())
}

/// Repeats a file up to a size, each time with other UUIDs. Gives the number of its lines.
pub(super) fn grow(source: &Path, target: &Path, megabytes: u64) -> anyhow::Result<u64> {
    let mut text = fs::read(source).with_context(|| format!("read {}", source.display()))?;
    ensure!(!text.is_empty(), "{} is empty", source.display());
    if text.last() != Some(&b'\n') {
        text.push(b'\n');
    }
    let (length, ids) = (text.len() as u64, uuids(&text));
    let times = (megabytes * 1_000_000).div_ceil(length).max(1);
    let failed = || format!("write {}", target.display());
    let mut out = BufWriter::new(File::create(target).with_context(failed)?);
    let first: Vec<u32> = ids.iter().map(|at| number(&text[*at..*at + 8])).collect();
    for round in 0..times {
        let salt = (round as u32).wrapping_mul(0x9E37_79B1);
        for (at, number) in ids.iter().zip(&first) {
            text[*at..*at + 8].copy_from_slice(format!("{:08x}", number ^ salt).as_bytes());
        }
        out.write_all(&text).with_context(failed)?;
    }
    out.flush().with_context(failed)?;
    Ok(text.iter().filter(|byte| **byte == b'\n').count() as u64 * times)
}

/// Where the first eight digits of UUIDs stand.
fn uuids(text: &[u8]) -> Vec<usize> {
    let hex = |digits: &[u8]| digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let dashes = text.iter().enumerate().filter(|(_, byte)| **byte == b'-').map(|(at, _)| at);
    dashes
        .filter(|&at| at >= 8 && hex(&text[at - 8..at]))
        .filter(|&at| text.get(at + 1..at + 6).is_some_and(|next| hex(&next[..4]) && next[4] == b'-'))
        .map(|at| at - 8)
        .collect()
}

/// Eight hexadecimal digits.
fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, digit| number << 4 | (*digit as char).to_digit(16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_grows_by_repetition_with_other_uuids() {
        let folder = tempfile::tempdir().unwrap();
        let (source, target) = (folder.path().join("a"), folder.path().join("b"));
        let uuid = "0000000f-aaaa-4000-8000-000000000001";
        let line = format!("{{\"id\":\"{uuid}\",\"on\":\"2024-01-02\",\"of\":\"urn:uuid:{uuid}\"}}");
        fs::write(&source, &line).unwrap();
        let lines = grow(&source, &target, 1).unwrap();
        let text = fs::read_to_string(&target).unwrap();
        assert!(text.len() >= 1_000_000);
        assert_eq!(text.lines().count() as u64, lines);
        assert_eq!(text.lines().next(), Some(line.as_str()));
        let second = line.replace("0000000f", &format!("{:08x}", 0xF ^ 0x9E37_79B1_u32));
        assert_eq!(text.lines().nth(1), Some(second.as_str()));
    }
}
