//! Reads the generated table. `xtask/src/knowledge/structure.rs` says what its lines are.

use super::{
    CodeSet, CodeSetId, Element, Kind, Knowledge, Primitive, Rule, TypeDef, TypeId,
    names::{Entry, Names},
};
use crate::ResourceType;
use std::{borrow::Cow, collections::HashMap};

/// A type as its lines say it, before names are places.
struct Draft {
    letter: u8,
    name: &'static str,
    elements: Vec<Line>,
}

/// An element's line, taken apart.
struct Line {
    name: &'static str,
    min: u32,
    max: Option<u32>,
    flags: &'static str,
    types: &'static str,
}

/// The table that `text` says. A line that is not understood is passed over; tests show that there is none.
pub(super) fn load(text: &'static str) -> Knowledge {
    let mut code_sets = Vec::new();
    let mut drafts: Vec<Draft> = Vec::new();
    for line in text.lines() {
        let Some((letter, rest)) = line.split_once(' ') else { continue };
        match letter.as_bytes() {
            b"V" => {
                let (canonical, codes) = rest.split_once('\t').unwrap_or((rest, ""));
                code_sets.push(CodeSet { canonical, codes: codes.split('\t').collect() });
            }
            b"e" => {
                if let (Some(draft), Some(line)) = (drafts.last_mut(), element_line(rest)) {
                    draft.elements.push(line);
                }
            }
            &[letter @ (b'P' | b'C' | b'B' | b'R' | b'A')] => {
                drafts.push(Draft { letter, name: rest, elements: Vec::new() });
            }
            _ => {}
        }
    }
    let by_name: HashMap<&'static str, TypeId> =
        drafts.iter().zip(0..).map(|(draft, at)| (draft.name, TypeId(at))).collect();
    let resources: Vec<TypeId> =
        drafts.iter().zip(0..).filter(|(draft, _)| draft.letter == b'R').map(|(_, at)| TypeId(at)).collect();
    let resource_types = resources
        .iter()
        .zip(0..)
        .filter_map(|(id, at)| Some((drafts.get(usize::from(id.0))?.name, ResourceType(at))));
    let links = Links { types: &by_name, resources: resource_types.collect(), lists: code_sets.len() };
    let types = drafts.iter().map(|draft| type_def(draft, &links)).collect();
    Knowledge { types, by_name, resources, code_sets }
}

/// What names point to.
struct Links<'a> {
    types: &'a HashMap<&'static str, TypeId>,
    resources: HashMap<&'static str, ResourceType>,
    lists: usize,
}

/// `NAME TAB MIN MAX TAB FLAGS TAB TYPES`
fn element_line(rest: &'static str) -> Option<Line> {
    let mut parts = rest.split('\t');
    let (name, bounds) = (parts.next()?, parts.next()?.as_bytes());
    let (flags, types) = (parts.next()?, parts.next()?);
    let min = u32::from(bounds.first() == Some(&b'1'));
    let max = (bounds.get(1) == Some(&b'1')).then_some(1);
    Some(Line { name, min, max, flags, types })
}

fn type_def(draft: &Draft, links: &Links<'_>) -> TypeDef {
    let mut names = Vec::new();
    let mut elements = Vec::new();
    let (mut required, mut choices) = (0, 0);
    for (line, index) in draft.elements.iter().zip(0_u8..64) {
        let element = element(line, links, index, &mut names);
        let bit = 1_u64 << index;
        required |= if element.min > 0 { bit } else { 0 };
        choices |= if element.is_choice { bit } else { 0 };
        elements.push(element);
    }
    let kind = match draft.letter {
        b'P' => Kind::Primitive(Primitive::parse(draft.name).unwrap_or(Primitive::String)),
        b'B' => Kind::Backbone,
        b'R' | b'A' => Kind::Resource,
        _ => Kind::Complex,
    };
    let rule = match draft.name {
        "Extension" => Rule::Extension,
        "Reference" => Rule::Reference,
        _ => Rule::None,
    };
    let is_abstract = draft.letter == b'A';
    TypeDef {
        name: draft.name,
        kind,
        is_abstract,
        rule,
        required,
        choices,
        elements,
        names: Names::new(names),
    }
}

fn element(line: &Line, links: &Links<'_>, index: u8, names: &mut Vec<Entry>) -> Element {
    let stem = line.name.strip_suffix("[x]");
    let name = stem.unwrap_or(line.name);
    let mut types = Vec::new();
    let mut reference_targets = Vec::new();
    for written in line.types.split('|') {
        let (kind, targets) = written.trim_end_matches(')').split_once('(').unwrap_or((written, ""));
        let Some(&type_id) = links.types.get(kind) else { continue };
        types.push(type_id);
        reference_targets.extend(targets.split(',').filter_map(|target| links.resources.get(target)));
        let json = if stem.is_some() { Cow::Owned(typed(name, kind)) } else { Cow::Borrowed(name) };
        names.push(Entry { name: json, element: index, type_id });
    }
    let list: Option<u16> = line.flags.trim_start_matches(['!', 'a']).parse().ok();
    Element {
        name,
        min: line.min,
        max: line.max,
        types,
        is_choice: stem.is_some(),
        binding: list.filter(|list| usize::from(*list) < links.lists).map(CodeSetId),
        reference_targets,
        is_modifier: line.flags.contains('!'),
        is_attribute: line.flags.contains('a'),
    }
}

/// `value` and `dateTime` make `valueDateTime`.
fn typed(name: &str, kind: &str) -> String {
    let mut typed = name.to_owned();
    let mut letters = kind.chars();
    typed.extend(letters.next().map(|first| first.to_ascii_uppercase()));
    typed.push_str(letters.as_str());
    typed
}
