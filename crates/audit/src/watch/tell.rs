//! What an alert says to a person, and how text from outside is shown.
//!
//! Sentences hold names, counts and times, each of which stands in the trail
//! already, and nothing else: a template can name nothing besides.

use super::period::Period;
use chrono::{DateTime, Utc};
use model::Timestamp;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::fmt::Write as _;

/// The most characters of a name from an event that are shown, or told apart by.
const LONGEST_CHARS: usize = 100;

/// The most characters of a template.
const LONGEST_TEMPLATE_CHARS: usize = 500;

/// A sentence with places to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Words(String),
    Place(Place),
}

/// What can be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Subject,
    Count,
    First,
    Last,
    Window,
    Usual,
    What,
}

const PLACES: [(&str, Place); 7] = [
    ("subject", Place::Subject),
    ("count", Place::Count),
    ("first", Place::First),
    ("last", Place::Last),
    ("window", Place::Window),
    ("usual", Place::Usual),
    ("what", Place::What),
];

/// What is filled in.
pub(super) struct Values<'a> {
    pub(super) subject: &'a str,
    pub(super) count: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) window: Period,
    pub(super) usual: &'a str,
    pub(super) what: &'a str,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum NotATemplate {
    #[error(
        "`{{{0}}}` cannot be filled in: write {{subject}}, {{count}}, {{first}}, {{last}}, {{window}}, {{usual}} or {{what}}"
    )]
    Place(String),
    #[error("a brace is not closed: write {{subject}} and the like, and no other braces")]
    Brace,
    #[error("write one sentence of at most 500 characters, without control characters")]
    Text,
}

impl Template {
    pub(super) fn read(text: &str) -> Result<Self, NotATemplate> {
        if text.trim().is_empty() || text.chars().count() > LONGEST_TEMPLATE_CHARS || text.chars().any(hides)
        {
            return Err(NotATemplate::Text);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(NotATemplate::Brace)?;
            let place = PLACES.into_iter().find(|(known, _)| *known == name);
            let (_, place) = place.ok_or_else(|| NotATemplate::Place(shown(name)))?;
            parts.extend([Part::Words(words.to_owned()), Part::Place(place)]);
            rest = after;
        }
        parts.push(Part::Words(rest.to_owned()));
        let stray = |part: &Part| matches!(part, Part::Words(words) if words.contains('}'));
        if parts.iter().any(stray) { Err(NotATemplate::Brace) } else { Ok(Self(parts)) }
    }

    /// The sentence. What is filled in is not read again, so that a name cannot be a template.
    pub(super) fn tell(&self, values: &Values<'_>) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Words(words) => out.push_str(words),
                Part::Place(Place::Subject) => out.push_str(&shown(values.subject)),
                Part::Place(Place::Count) => out.push_str(&values.count.to_string()),
                Part::Place(Place::First) => out.push_str(&moment(values.first)),
                Part::Place(Place::Last) => out.push_str(&moment(values.last)),
                Part::Place(Place::Window) => out.push_str(&values.window.to_string()),
                Part::Place(Place::Usual) => out.push_str(values.usual),
                Part::Place(Place::What) => out.push_str(&shown(values.what)),
            }
        }
        out
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(input)?).map_err(D::Error::custom)
    }
}

/// At most 100 characters of a text, without what a screen would obey or hide.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::new();
    for (at, letter) in text.chars().enumerate() {
        if at == LONGEST_CHARS {
            out.push('…');
            break;
        }
        if hides(letter) {
            // Writing to a string does not fail.
            let _ = write!(out, "{}", letter.escape_unicode());
        } else {
            out.push(letter);
        }
    }
    out
}

/// Whether a character is a control, or changes how those beside it look: line separators, zero widths, and what
/// turns the direction of writing (Unicode TR 36 §3, "Trojan Source").
pub(super) fn hides(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A moment to the minute, in UTC.
fn moment(time: Timestamp) -> String {
    let moment = DateTime::<Utc>::from_timestamp_millis(time.0).unwrap_or_default();
    moment.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(template: &str, subject: &str) -> String {
        let values = Values {
            subject,
            count: 12,
            first: Timestamp(0),
            last: Timestamp(1_700_000_000_000),
            window: Period { ms: 600_000 },
            usual: "7",
            what: "custodian",
        };
        Template::read(template).unwrap().tell(&values)
    }

    #[test]
    fn a_sentence_is_filled_in_once() {
        let told = tell("{subject}: {count} in {window}, {first} to {last}; {usual}, {what}.", "{count}");
        let wanted = "{count}: 12 in 10 minutes, 1970-01-01 00:00 UTC to 2023-11-14 22:13 UTC; 7, custodian.";
        assert_eq!(told, wanted);
    }

    #[test]
    fn what_a_screen_would_obey_is_escaped_and_what_is_long_is_cut() {
        assert_eq!(tell("{subject}", "a\u{1b}[2J\n\u{202e}b"), "a\\u{1b}[2J\\u{a}\\u{202e}b");
        assert_eq!(shown(&"é".repeat(101)), format!("{}…", "é".repeat(100)));
    }

    #[test]
    fn a_template_names_what_can_be_filled_in_only() {
        for text in ["", " ", "{detail.reason}", "{subject", "subject}", "{}", "a\nb", "{sub{ject}}"] {
            assert!(Template::read(text).is_err(), "{text}");
        }
    }
}
