//! What a file or stream holds and how it is packed: by its name or, where that does not tell, its first bytes.

use std::{
    io::{self, Cursor, Read},
    path::Path,
};

/// What is looked at where a name does not tell.
const SNIFFED_BYTES: u64 = 64 << 10;

/// What a text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One resource or one Bundle.
    Document,
    /// A resource in each line (NDJSON).
    Lines,
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// What a name tells: `.json`, or `.ndjson` and `.jsonl`, before `.gz` or `.zst`, in any case.
pub(super) fn of_name(name: &str) -> (Option<Form>, Option<Packing>) {
    let name = name.to_ascii_lowercase();
    let (packing, stem) = if let Some(stem) = name.strip_suffix(".gz") {
        (Some(Packing::Gzip), stem)
    } else if let Some(stem) = name.strip_suffix(".zst") {
        (Some(Packing::Zstd), stem)
    } else {
        (None, name.as_str())
    };
    let form = match Path::new(stem).extension().and_then(|extension| extension.to_str()) {
        Some("json") => Some(Form::Document),
        Some("ndjson" | "jsonl") => Some(Form::Lines),
        _ => None,
    };
    // A name that says what the text is says that it is not packed, if it says nothing of packing.
    (form, packing.or(form.map(|_| Packing::Plain)))
}

/// Unpacks what is read.
pub(super) fn unpacked(packing: Packing, read: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    Ok(match packing {
        Packing::Plain => read,
        // Tools that compress in parallel write several members, one after the other (RFC 1952 §2.2).
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(read)),
        Packing::Zstd => Box::new(zstd::Decoder::new(read)?),
    })
}

/// What is in a stream with this name, and all of its text.
pub(super) fn opened(
    name: &str,
    mut read: Box<dyn Read + Send>,
) -> io::Result<(Form, Packing, Box<dyn Read + Send>)> {
    let (form, packing) = of_name(name);
    let packing = match packing {
        Some(packing) => packing,
        None => packing_of(&peek(&mut read)?),
    };
    let mut read = unpacked(packing, read)?;
    let form = match form {
        Some(form) => form,
        None => form_of(&peek(&mut read)?),
    };
    Ok((form, packing, read))
}

/// The first bytes; they are read again afterwards.
fn peek(read: &mut Box<dyn Read + Send>) -> io::Result<Vec<u8>> {
    let mut first = Vec::new();
    read.by_ref().take(SNIFFED_BYTES).read_to_end(&mut first)?;
    let rest = std::mem::replace(read, Box::new(io::empty()));
    *read = Box::new(Cursor::new(first.clone()).chain(rest));
    Ok(first)
}

/// By the magic numbers of RFC 1952 §2.3.1 and RFC 8878 §3.1.1.
fn packing_of(first: &[u8]) -> Packing {
    if first.starts_with(&[0x1F, 0x8B]) {
        Packing::Gzip
    } else if first.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        Packing::Zstd
    } else {
        Packing::Plain
    }
}

/// A value that goes on after its first line is a document, and so is a Bundle that is all there is, as far as one
/// can see; all else has a resource in each line.
fn form_of(first: &[u8]) -> Form {
    let text = first.trim_ascii_start();
    let line = memchr::memchr(b'\n', text).map_or(text, |end| text.get(..end).unwrap_or_default());
    let rest = text.get(line.len()..).unwrap_or_default();
    let (closed, bundle) = outline(line);
    let ended = !rest.is_empty();
    if (!closed && ended) || (bundle && rest.trim_ascii().is_empty()) { Form::Document } else { Form::Lines }
}

/// Whether a text's brackets are closed at its end, and whether it says at its top that it is a Bundle.
fn outline(text: &[u8]) -> (bool, bool) {
    let (mut depth, mut at, mut bundle) = (0_usize, 0, false);
    // At the top a name stands before a colon, and the value behind it.
    let mut last = &b""[..];
    let mut name = &b""[..];
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 1 => name = last,
            b'"' => {
                let from = at + 1;
                at = from;
                while let Some(byte) = text.get(at).filter(|byte| **byte != b'"') {
                    at += if *byte == b'\\' { 2 } else { 1 };
                }
                last = text.get(from..at).unwrap_or_default();
                bundle |= depth == 1 && name == b"resourceType" && last == b"Bundle";
            }
            _ => {}
        }
        at += 1;
    }
    (depth == 0, bundle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_form_and_packing() {
        for (name, told) in [
            ("a.json", (Some(Form::Document), Some(Packing::Plain))),
            ("b/A.NDJSON.GZ", (Some(Form::Lines), Some(Packing::Gzip))),
            ("a.jsonl.zst", (Some(Form::Lines), Some(Packing::Zstd))),
            ("a.gz", (None, Some(Packing::Gzip))),
            ("standard input", (None, None)),
            ("a.txt", (None, None)),
        ] {
            assert_eq!(of_name(name), told, "{name}");
        }
    }

    #[test]
    fn first_bytes_tell_what_a_name_does_not() {
        let long = format!(r#"{{"id":"a","resourceType":"Bundle","entry":[{}"#, "1,".repeat(40_000));
        for (text, form) in [
            ("{\n  \"resourceType\": \"Patient\"\n}\n", Form::Document),
            ("\n[\n{}]", Form::Document),
            (r#"{"resourceType":"Bundle","entry":[]}"#, Form::Document),
            ("{\"resourceType\" : \"Bundle\"}\n\n", Form::Document),
            (long.as_str(), Form::Document),
            ("{\"resourceType\":\"Patient\",\"id\":\"a\"}\n", Form::Lines),
            ("{\"resourceType\":\"Bundle\"}\n{\"resourceType\":\"Bundle\"}\n", Form::Lines),
            (r#"{"x":{"resourceType":"Bundle"}}"#, Form::Lines),
            (r#"{"resourceType":"Patient","name":"{[\"{"}"#, Form::Lines),
            ("", Form::Lines),
        ] {
            let found = opened("-", Box::new(Cursor::new(text.as_bytes().to_vec()))).unwrap();
            assert_eq!(found.0, form, "{:.60}", text);
            let mut all = String::new();
            let mut read = found.2;
            read.read_to_string(&mut all).unwrap();
            assert!(all == text, "{:.60}", text);
        }
    }

    #[test]
    fn packed_text_is_known_by_its_magic_number() {
        let packed = zstd::encode_all(&b"{}\n{}"[..], 1).unwrap();
        let (form, packing, mut read) = opened("-", Box::new(Cursor::new(packed))).unwrap();
        let mut text = String::new();
        read.read_to_string(&mut text).unwrap();
        assert_eq!((form, packing, text.as_str()), (Form::Lines, Packing::Zstd, "{}\n{}"));
    }
}
