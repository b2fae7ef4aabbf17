//! HL7 v2 with bars: a message begins with `MSH`, a file or batch of them with `FHS` or `BHS` (HL7 v2 §2.10.3).

use super::Recognised;
use crate::{columns, format::Format};

/// Whether a text begins as messages do. The block characters of MLLP are space by now.
pub(super) fn begins(text: &str) -> bool {
    let text = unframed(text);
    let segment = text.get(..3).is_some_and(|name| ["MSH", "FHS", "BHS"].contains(&name));
    let separator = text.chars().nth(3).is_some_and(|c| c.is_ascii_punctuation());
    segment && separator
}

fn unframed(text: &str) -> &str {
    text.trim_start_matches(|c: char| c == '\u{b}' || c.is_whitespace())
}

/// The label is the code of the first message's type, such as `ADT`; the columns are the segments.
pub(super) fn recognise(text: &str) -> Recognised {
    let mut label = String::new();
    let mut segments: Vec<&str> = Vec::new();
    for line in text.split(['\r', '\n']) {
        let line = unframed(line);
        let Some(name) = line.get(..3).filter(|name| is_segment(name)) else { continue };
        if !segments.contains(&name) {
            segments.push(name);
        }
        if name == "MSH" && label.is_empty() {
            label = code(line).unwrap_or_default();
        }
    }
    Recognised::new(Format::Hl7v2, label, columns::named(segments.into_iter().map(|name| (name, "Segment"))))
}

/// The first component of MSH-9.
fn code(msh: &str) -> Option<String> {
    let separator = msh.chars().nth(3)?;
    let component = msh.chars().nth(4).unwrap_or('^');
    let code = msh.split(separator).nth(8)?.split(component).next()?.trim();
    let fits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| code.to_ascii_uppercase())
}

fn is_segment(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
}
