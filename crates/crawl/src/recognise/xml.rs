//! XML: FHIR by its namespace, other texts by the name of their root.

use super::{Recognised, Verdict, json, more_of_the_head};
use crate::{columns, format::Format, sample::Sample};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

const FHIR: &[u8] = b"http://hl7.org/fhir";

/// Texts for people that may hold pieces of XML.
const NO_XML: [&str; 6] = ["md", "markdown", "html", "htm", "rst", "adoc"];

/// Elements deeper than this are passed over.
const DEPTH: usize = 3;

pub(super) fn recognise(text: &str, sample: &Sample, last: bool) -> Verdict {
    if NO_XML.contains(&sample.extension().as_str()) {
        return Verdict::Unknown;
    }
    let mut reader = Reader::from_str(text);
    let mut root: Option<(String, bool)> = None;
    // The names of the root's children and grandchildren, as they come.
    let (mut children, mut grandchildren) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    loop {
        let (element, closed) = match reader.read_event() {
            Ok(Event::Start(element)) => (element, false),
            Ok(Event::Empty(element)) => (element, true),
            Ok(Event::End(_)) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            // Cut off, or no XML from here on: what was read by then counts.
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => continue,
        };
        depth += 1;
        match depth {
            1 => root = Some((local_name(&element), is_fhir(&element))),
            2 => children.push(local_name(&element)),
            DEPTH => grandchildren.push(local_name(&element)),
            _ => {}
        }
        if closed {
            depth -= 1;
        }
    }
    match root {
        None if !last && !sample.is_complete() => more_of_the_head(sample),
        // Pages for people are no data.
        None => Verdict::Unknown,
        Some((root, _)) if root.eq_ignore_ascii_case("html") => Verdict::Unknown,
        Some((root, true)) => {
            let columns = json::fhir_columns(&root, &distinct(&children));
            Verdict::Is(Recognised::new(Format::FhirXml, root, columns))
        }
        Some((root, false)) => {
            let names = distinct(&children);
            // Children that all have one name are the rows.
            let rows = names.len() == 1 && children.len() > 1;
            let names = if rows { distinct(&grandchildren) } else { names };
            let columns = columns::named(names.into_iter().map(|name| (name, "Utf8")));
            Verdict::Is(Recognised::new(Format::Xml, root, columns))
        }
    }
}

fn distinct(names: &[String]) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for name in names {
        if !all.contains(&name.as_str()) && all.len() < columns::MOST {
            all.push(name);
        }
    }
    all
}

fn local_name(element: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(element.local_name().as_ref()).into_owned()
}

fn is_fhir(element: &BytesStart<'_>) -> bool {
    let mut attributes = element.attributes().flatten();
    attributes
        .any(|attribute| attribute.key.as_ref().starts_with(b"xmlns") && attribute.value.as_ref() == FHIR)
}
