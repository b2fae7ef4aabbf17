//! From the text of a policy to its lines, section by section. The head of `care.policy` explains the format.

use super::{PolicyError, PolicyProblem};

/// A policy as it stands in its text.
#[derive(Debug, Default)]
pub(super) struct Source<'t> {
    pub(super) version: &'t str,
    pub(super) trusted: Vec<&'t str>,
    pub(super) withheld_zip3: Vec<&'t str>,
    pub(super) sections: Vec<Section<'t>>,
}

/// What stands under one `[name]`.
#[derive(Debug)]
pub(super) struct Section<'t> {
    pub(super) name: &'t str,
    pub(super) line: usize,
    pub(super) lines: Vec<Line<'t>>,
}

/// One line that is neither empty nor comment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'t> {
    pub(super) number: usize,
    pub(super) text: &'t str,
}

/// A kept path, its rule if it has one, and whether it names the patient.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept<'t> {
    pub(super) line: usize,
    pub(super) path: &'t str,
    pub(super) rule: Option<&'t str>,
    pub(super) subject: bool,
}

impl<'t> Line<'t> {
    pub(super) fn error(&self, problem: PolicyProblem) -> PolicyError {
        PolicyError { line: self.number, problem }
    }

    pub(super) fn malformed(&self) -> PolicyError {
        self.error(PolicyProblem::Form(self.text.to_owned()))
    }

    /// The first word and what follows it.
    pub(super) fn words(&self) -> (&'t str, &'t str) {
        let (word, rest) = self.text.split_once(char::is_whitespace).unwrap_or((self.text, ""));
        (word, rest.trim())
    }

    /// The paths of `keep a, b as rule` and `patient a`.
    pub(super) fn kept(&self) -> Result<impl Iterator<Item = Kept<'t>>, PolicyError> {
        let (word, rest) = self.words();
        let subject = match word {
            "keep" => false,
            "patient" => true,
            _ => return Err(self.malformed()),
        };
        let line = self.number;
        Ok(rest.split(',').map(move |part| {
            let (path, rule) = match part.trim().split_once(" as ") {
                Some((path, rule)) => (path.trim(), Some(rule.trim())),
                None => (part.trim(), None),
            };
            Kept { line, path, rule, subject }
        }))
    }
}

/// Takes the text apart.
pub(super) fn read(text: &str) -> Result<Source<'_>, PolicyError> {
    let mut source = Source::default();
    for (number, text) in (1..).zip(text.lines()) {
        // A URL may hold `#`, so only one after a space begins a comment.
        let text = if text.starts_with('#') { "" } else { text.split(" #").next().unwrap_or_default() };
        let line = Line { number, text: text.trim() };
        if line.text.is_empty() {
            continue;
        }
        if let Some(name) = line.text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            source.sections.push(Section { name, line: number, lines: Vec::new() });
        } else if let Some(section) = source.sections.last_mut() {
            section.lines.push(line);
        } else {
            match line.words() {
                ("version", version) if !version.is_empty() => source.version = version,
                ("trust", sources) => source.trusted.extend(sources.split_whitespace()),
                ("withhold-zip3", zips) => source.withheld_zip3.extend(zips.split_whitespace()),
                _ => return Err(line.malformed()),
            }
        }
    }
    if source.version.is_empty() {
        return Err(PolicyError { line: 1, problem: PolicyProblem::Version });
    }
    Ok(source)
}
