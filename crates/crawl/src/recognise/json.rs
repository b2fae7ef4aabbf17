//! JSON: one text or a text a line; FHIR where an object says its resource type.

use super::{Recognised, Verdict, more_of_the_head};
use crate::{columns, format::Format, sample::Sample};
use control::Column;
use fhir::{
    json::{Token, Tokens},
    r4::knowledge,
};
use serde::de::IgnoredAny;

/// Objects beyond this are not looked at, of lines as of the items of an array.
const MOST_OBJECTS: usize = 100;

/// What objects have in common.
#[derive(Debug, Default)]
struct Members {
    /// Names with types, in the order in which they came, and how many objects have each.
    names: Vec<(String, &'static str, usize)>,
    objects: usize,
    /// The resource types that objects say, each once.
    types: Vec<String>,
    /// How many objects say one.
    typed: usize,
}

/// What the text begins with.
enum First {
    /// A value that ends here.
    Whole(usize),
    /// A value that goes on behind the sample.
    CutOff,
    /// No JSON.
    Broken,
}

pub(super) fn recognise(text: &str, sample: &Sample, last: bool) -> Verdict {
    let may_go_on = !sample.is_complete();
    let extension = sample.extension();
    let lines = ["ndjson", "jsonl", "jsonlines"].contains(&extension.as_str());
    match first(text) {
        First::Broken => Verdict::Unknown,
        First::CutOff if !may_go_on => Verdict::Unknown,
        First::Whole(end) => {
            let rest = text.get(end..).unwrap_or_default();
            let next = rest.trim_start();
            if next.starts_with('{') && rest.contains('\n') || lines {
                Verdict::Is(of_lines(text))
            } else if !next.is_empty() {
                Verdict::Unknown
            } else if may_go_on && !last && rest.contains('\n') {
                // One line, and then the sample ends.
                more_of_the_head(sample)
            } else {
                Verdict::Is(of_text(text))
            }
        }
        First::CutOff => {
            let mut seen = Members::default();
            let ended = seen.read_text(text).is_some();
            let known =
                !seen.types.is_empty() && extension == "json" || !ended && seen.objects >= MOST_OBJECTS;
            // What is a resource tells so in its first members as a rule, but need not.
            if last || known { Verdict::Is(of_text(text)) } else { more_of_the_head(sample) }
        }
    }
}

fn first(text: &str) -> First {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => First::Whole(values.byte_offset()),
        Some(Err(error)) if error.is_eof() => First::CutOff,
        _ => First::Broken,
    }
}

/// A text a line: every whole line that is an object counts.
fn of_lines(text: &str) -> Recognised {
    let mut seen = Members::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()).take(MOST_OBJECTS) {
        let mut of_line = Members::default();
        if of_line.read_text(line).is_some() || seen.objects == 0 {
            seen.add(of_line);
        }
    }
    if seen.objects > 0 && seen.typed == seen.objects {
        let label = seen.label();
        return Recognised::new(Format::FhirNdjson, label, seen.fhir_columns());
    }
    Recognised::new(Format::Ndjson, "", seen.columns())
}

/// One text: a resource, another object, or an array of objects.
fn of_text(text: &str) -> Recognised {
    let mut seen = Members::default();
    seen.read_text(text);
    match seen.types.as_slice() {
        [bundle] if bundle == "Bundle" && !text.starts_with('[') => {
            Recognised::new(Format::FhirBundle, "Bundle", seen.fhir_columns())
        }
        [one] if !text.starts_with('[') => {
            Recognised::new(Format::FhirResource, one.clone(), seen.fhir_columns())
        }
        _ => Recognised::new(Format::Json, "", seen.columns()),
    }
}

impl Members {
    /// Reads one text, and says whether it was read to its end.
    fn read_text(&mut self, text: &str) -> Option<()> {
        let mut tokens = Tokens::of(text);
        match tokens.token().ok()?? {
            Token::Object => self.read_object(&mut tokens),
            Token::Array => {
                while self.objects < MOST_OBJECTS {
                    match tokens.token().ok()?? {
                        Token::Object => self.read_object(&mut tokens)?,
                        Token::End => return Some(()),
                        // Items that are no objects have no columns.
                        Token::Array => return None,
                        _ => {}
                    }
                }
                None
            }
            _ => Some(()),
        }
    }

    /// Reads the members of an object that was just opened.
    fn read_object(&mut self, tokens: &mut Tokens<'_>) -> Option<()> {
        self.objects += 1;
        while let Token::Name(name) = tokens.token().ok()?? {
            // Counted before its value is read: that may be cut off.
            let at = self.count(&name);
            let value = tokens.pass().ok()?;
            let data_type = type_of(value);
            if let Some((_, known, _)) = at.and_then(|at| self.names.get_mut(at)) {
                *known = columns::wider(known, data_type);
            }
            if name == "resourceType"
                && let Some(one) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'))
                && is_type_name(one)
            {
                self.typed += 1;
                if !self.types.iter().any(|known| known == one) {
                    self.types.push(one.to_owned());
                }
            }
        }
        Some(())
    }

    fn count(&mut self, name: &str) -> Option<usize> {
        if let Some(at) = self.names.iter().position(|(known, ..)| known == name) {
            self.names.get_mut(at)?.2 += 1;
            return Some(at);
        }
        if self.names.len() < columns::MOST {
            self.names.push((name.to_owned(), "Null", 1));
            return Some(self.names.len() - 1);
        }
        None
    }

    fn add(&mut self, other: Self) {
        for (name, data_type, times) in other.names {
            let at = self.count(&name);
            if let Some((_, known, count)) = at.and_then(|at| self.names.get_mut(at)) {
                *known = columns::wider(known, data_type);
                *count += times - 1;
            }
        }
        self.objects += other.objects;
        self.typed += other.typed;
        for one in other.types {
            if !self.types.contains(&one) {
                self.types.push(one);
            }
        }
    }

    fn label(&self) -> String {
        match self.types.as_slice() {
            [one] => one.clone(),
            _ => "mixed".to_owned(),
        }
    }

    fn columns(&self) -> Vec<Column> {
        let column = |(at, (name, data_type, count)): (usize, &(String, &'static str, usize))| Column {
            nullable: *count < self.objects,
            ..columns::column(columns::safe_name(name, at), *data_type)
        };
        self.names.iter().enumerate().map(column).collect()
    }

    fn fhir_columns(&self) -> Vec<Column> {
        let names: Vec<&str> = self.names.iter().map(|(name, ..)| name.as_str()).collect();
        match self.types.as_slice() {
            [one] => {
                let mut columns = fhir_columns(one, &names);
                for column in &mut columns {
                    let counted = self.names.iter().find(|(name, ..)| *name == column.name);
                    column.nullable = counted.is_none_or(|(.., count)| *count < self.objects);
                }
                columns
            }
            // What types have in common is all that a table of several has.
            _ => fhir_columns("Resource", &names),
        }
    }
}

/// The elements of a resource type that are among `names`, in R4's order, with their types and paths. Of a type that R4
/// does not know, the names as they are.
pub(super) fn fhir_columns(resource_type: &str, names: &[&str]) -> Vec<Column> {
    let Some(known) = knowledge().type_def(resource_type) else {
        return columns::named(names.iter().map(|name| (*name, "Json")));
    };
    let mut found = Vec::new();
    if names.contains(&"resourceType") {
        found.push((0, Column { nullable: false, ..columns::column("resourceType", "code") }));
    }
    for name in names {
        let Some(element) = known.element(name.strip_prefix('_').unwrap_or(name)) else { continue };
        let one = knowledge().def(element.type_id).name;
        let data_type = match element.element.max {
            Some(1) => one.to_owned(),
            _ => format!("List<{one}>"),
        };
        let description = format!("{}.{}", known.name, element.element.name);
        let column = Column { description, ..columns::column(element.json_name, data_type) };
        if !found.iter().any(|(_, other)| other.name == column.name) {
            found.push((element.index + 1, column));
        }
    }
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, column)| column).collect()
}

fn type_of(value: &str) -> &'static str {
    match value.trim_start().bytes().next() {
        Some(b'"') => "Utf8",
        Some(b'{') => "Struct",
        Some(b'[') => "List",
        Some(b't' | b'f') => "Boolean",
        Some(b'n') | None => "Null",
        _ if value.contains(['.', 'e', 'E']) => "Float64",
        _ => "Int64",
    }
}

fn is_type_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}
