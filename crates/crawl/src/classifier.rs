//! Classifiers of one's own: what they fit has their label, before anything else is tried.

use crate::{CrawlError, Format, Recognised, columns, listing::patterns, sample::Sample};
use fhir::{
    json,
    path::{Environment, Expression},
};
use globset::GlobSet;
use regex::Regex;
use serde::Deserialize;

/// So many of the lines must fit a pattern.
const SHARE: f64 = 0.6;

const MOST_LINES: usize = 200;

/// A classifier. All that it says must hold.
#[derive(Debug)]
pub struct Classifier {
    /// As it was read.
    text: String,
    label: String,
    path: Option<GlobSet>,
    format: Option<String>,
    pattern: Option<Regex>,
    fhirpath: Option<Expression>,
    columns: Vec<String>,
}

/// As it is written in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    label: String,
    path: Option<String>,
    format: Option<String>,
    pattern: Option<String>,
    fhirpath: Option<String>,
    #[serde(default)]
    columns: Vec<String>,
}

impl Classifier {
    /// Reads a classifier from TOML.
    ///
    /// # Errors
    /// The text is no classifier, says nothing that could hold or not, or has a pattern or an expression that is none.
    pub fn read(name: &str, text: &str) -> Result<Self, CrawlError> {
        let wrong = |reason: String| CrawlError::Classifier { name: name.to_owned(), reason };
        let written: Written = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        if !columns::looks_like_a_name(&written.label) {
            return Err(wrong("`label` is no name".to_owned()));
        }
        let path = written.path.map(|path| patterns(&[path])).transpose()?.flatten();
        let pattern = written.pattern.map(|pattern| Regex::new(&pattern)).transpose();
        let fhirpath = written.fhirpath.map(|path| Expression::parse(&path)).transpose();
        let classifier = Self {
            text: text.to_owned(),
            label: written.label,
            path,
            format: written.format,
            pattern: pattern.map_err(|error| wrong(format!("`pattern`: {error}")))?,
            fhirpath: fhirpath.map_err(|error| wrong(format!("`fhirpath`: {error}")))?,
            columns: written.columns,
        };
        let says = classifier.path.is_some()
            || classifier.format.is_some()
            || classifier.pattern.is_some()
            || classifier.fhirpath.is_some()
            || !classifier.columns.is_empty();
        match says {
            true => Ok(classifier),
            false => Err(wrong("it says none of path, format, pattern, fhirpath and columns".to_owned())),
        }
    }

    /// The text that it was read from: another one may make something else of the same object.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it can tell only of the whole of an object.
    pub(crate) const fn needs_all(&self) -> bool {
        self.fhirpath.is_some()
    }

    /// What it makes of an object, if it fits: `found` is what the object is without it.
    pub(crate) fn classify(
        &self,
        path: &str,
        sample: &Sample,
        found: Option<&Recognised>,
    ) -> Option<Recognised> {
        let fits = self.path.as_ref().is_none_or(|wanted| wanted.is_match(path))
            && self
                .format
                .as_deref()
                .is_none_or(|format| found.is_some_and(|is| is.format.as_str() == format))
            && self
                .columns
                .iter()
                .all(|name| found.is_some_and(|is| is.columns.iter().any(|column| column.name == *name)))
            && self.pattern.as_ref().is_none_or(|pattern| fits_lines(pattern, sample))
            && self.fhirpath.as_ref().is_none_or(|path| is_true_of(path, sample));
        if !fits {
            return None;
        }
        let groups: Vec<_> =
            self.pattern.iter().flat_map(|pattern| pattern.capture_names().flatten()).collect();
        let mut is = match found {
            Some(found) => found.clone(),
            None => Recognised::new(Format::Custom, "", Vec::new()),
        };
        if !groups.is_empty() {
            is.columns = columns::named(groups.into_iter().map(|name| (name, "Utf8")));
        }
        Some(Recognised { label: self.label.clone(), ..is })
    }
}

fn fits_lines(pattern: &Regex, sample: &Sample) -> bool {
    let Some(text) = sample.text() else { return false };
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).take(MOST_LINES).collect();
    let fit = lines.iter().filter(|line| pattern.is_match(line)).count();
    fit > 0 && fit as f64 >= lines.len() as f64 * SHARE
}

/// Whether the expression is true of the resource, or of the first of several.
fn is_true_of(expression: &Expression, sample: &Sample) -> bool {
    let Some(text) = sample.text() else { return false };
    let all = text.trim();
    let first = || json::parse(all.lines().next().unwrap_or_default().as_bytes()).ok();
    let Some(resource) = json::parse(all.as_bytes()).ok().or_else(first) else { return false };
    let environment = Environment::new().with_resource(&resource);
    let Ok(answer) = expression.evaluate(&resource, &environment) else { return false };
    matches!(answer.as_slice(), [one] if one.text().as_deref() == Some("true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_a_classifier_says_must_hold() {
        let letters = Classifier::read(
            "letters.toml",
            r#"
            label = "letter"
            path = "**/letters/*"
            pattern = '^(?<ward>\w+)\|(?<day>\d{8})\|'
            "#,
        )
        .unwrap();
        let sample = Sample::of("a.txt", 40, b"W1|20260102|x\nW2|20260102|y\n");
        let is = letters.classify("in/letters/a.txt", &sample, None).unwrap();
        assert_eq!((is.format, is.label.as_str()), (Format::Custom, "letter"));
        assert_eq!(is.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["ward", "day"]);
        assert_eq!(letters.classify("in/a.txt", &sample, None), None);
        let other = Sample::of("a.txt", 40, b"nothing of it\n");
        assert_eq!(letters.classify("in/letters/a.txt", &other, None), None);
    }

    #[test]
    fn an_expression_is_asked_of_the_resource() {
        let documents =
            Classifier::read("d.toml", "label = \"document\"\nfhirpath = \"Bundle.type = 'document'\"")
                .unwrap();
        let of = |text: &str| {
            let sample = Sample::of("a.json", text.len() as u64, text.as_bytes());
            documents.classify("a.json", &sample, None).is_some()
        };
        assert!(of(r#"{"resourceType":"Bundle","type":"document"}"#));
        assert!(!of(r#"{"resourceType":"Bundle","type":"message"}"#));
        assert!(!of("no JSON"));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for text in [
            "",
            "label = \"x\"",
            "label = \"x\"\nnone = 1",
            "label = \"x\"\npattern = \"(\"",
            "label = \"x\"\nfhirpath = \"a.\"",
            "label = \"9990001112\"\nformat = \"csv\"",
        ] {
            let error = Classifier::read("c.toml", text).unwrap_err().to_string();
            assert!(error.starts_with("the classifier c.toml: "), "{error}");
        }
    }
}
