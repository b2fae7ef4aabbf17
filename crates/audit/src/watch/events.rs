//! Which events a rule looks at, and by what it tells them apart.

use super::tell;
use aws_lc_rs::digest;
use model::{AuditEvent, AuditOutcome};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::{borrow::Cow, collections::BTreeMap, str::FromStr};

/// The most bytes of a name from an event that is kept; longer ones are kept cut, with a hash of the whole.
pub(super) const LONGEST_NAME_BYTES: usize = 420;

/// Details that hold sentences of people or of errors: nothing is told apart by them, so that they cannot come into
/// an alert.
const FREE_TEXT: [&str; 3] = ["reason", "result", "error"];

/// Which events a rule looks at. What is empty asks nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Events {
    #[serde(default)]
    pub(super) actions: Vec<Pattern>,
    #[serde(default)]
    outcomes: Vec<AuditOutcome>,
    #[serde(default)]
    actors: Vec<Pattern>,
    #[serde(default)]
    except_actors: Vec<Pattern>,
    #[serde(default)]
    targets: Vec<Pattern>,
    #[serde(default)]
    detail: BTreeMap<String, Wanted>,
}

/// A whole name, or the beginning of one and `*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Pattern(pub(super) String);

/// What a detail has to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "write a text, a list of texts, or true or false for whether it is there at all"
)]
enum Wanted {
    There(bool),
    One(String),
    OneOf(Vec<String>),
}

/// A part of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub(super) enum Field {
    Actor,
    Action,
    Target,
    Detail(String),
}

#[derive(Debug, thiserror::Error)]
pub(super) enum NotAField {
    #[error("`{0}` is no part of an event: write actor, action, target or detail.NAME")]
    Unknown(String),
    #[error("detail.{0} holds sentences, and alerts hold names only: take another detail")]
    FreeText(&'static str),
}

impl Events {
    /// Whether a rule that looks at these looks at the action.
    pub(super) fn action(&self, action: &str) -> bool {
        any(&self.actions, action)
    }

    /// Whether the rest of an event is as it is asked for; its action is known to be.
    pub(super) fn others(&self, event: &AuditEvent) -> bool {
        (self.outcomes.is_empty() || self.outcomes.contains(&event.outcome))
            && any(&self.actors, &event.actor)
            && (self.except_actors.is_empty() || !any(&self.except_actors, &event.actor))
            && any(&self.targets, &event.target)
            && self.detail.iter().all(|(name, wanted)| wanted.is(event.detail.get(name)))
    }
}

/// Whether one of the patterns fits; none fit everything.
pub(super) fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.fits(text))
}

impl Pattern {
    fn fits(&self, text: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => text.starts_with(beginning),
            None => self.0 == text,
        }
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        let star = text.find('*').is_none_or(|at| at + 1 == text.len());
        if text.is_empty() || !star {
            let shown = tell::shown(&text);
            return Err(D::Error::custom(format!(
                "`{shown}` fits nothing: write a whole name, or the beginning of one and a `*` at its end"
            )));
        }
        Ok(Self(text))
    }
}

impl Wanted {
    fn is(&self, found: Option<&String>) -> bool {
        match self {
            Self::There(there) => found.is_some() == *there,
            Self::One(value) => found == Some(value),
            Self::OneOf(values) => found.is_some_and(|found| values.contains(found)),
        }
    }
}

impl Field {
    pub(super) fn of<'e>(&self, event: &'e AuditEvent) -> Option<&'e str> {
        match self {
            Self::Actor => Some(&event.actor),
            Self::Action => Some(&event.action),
            Self::Target => Some(&event.target),
            Self::Detail(name) => event.detail.get(name).map(String::as_str),
        }
    }
}

impl FromStr for Field {
    type Err = NotAField;

    fn from_str(text: &str) -> Result<Self, NotAField> {
        let detail = text.strip_prefix("detail.").filter(|name| !name.is_empty());
        match (text, detail) {
            ("actor", _) => Ok(Self::Actor),
            ("action", _) => Ok(Self::Action),
            ("target", _) => Ok(Self::Target),
            (_, Some(name)) => match FREE_TEXT.into_iter().find(|free| *free == name) {
                Some(free) => Err(NotAField::FreeText(free)),
                None => Ok(Self::Detail(name.to_owned())),
            },
            _ => Err(NotAField::Unknown(tell::shown(text))),
        }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(D::Error::custom)
    }
}

impl From<Field> for String {
    fn from(field: Field) -> Self {
        match field {
            Field::Actor => "actor".to_owned(),
            Field::Action => "action".to_owned(),
            Field::Target => "target".to_owned(),
            Field::Detail(name) => format!("detail.{name}"),
        }
    }
}

/// The first of `fields` that an event has, as it is kept; `*` if there is none to tell events apart by.
pub(super) fn subject<'e>(fields: &[Field], event: &'e AuditEvent) -> Cow<'e, str> {
    let found = fields.iter().find_map(|field| field.of(event).filter(|text| !text.is_empty()));
    found.map_or(Cow::Borrowed("*"), kept)
}

/// A name as it is kept: whole, unless it is too long. Two long ones are still two.
pub(super) fn kept(text: &str) -> Cow<'_, str> {
    const KEPT_CHARS: usize = 100;
    match text.char_indices().nth(KEPT_CHARS) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let hash = digest::digest(&digest::SHA256, text.as_bytes());
            let hash = hex::encode(hash.as_ref().get(..8).unwrap_or_default());
            Cow::Owned(format!("{}…{hash}", text.get(..end).unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;

    #[test]
    fn a_long_name_is_kept_short_and_apart_from_others() {
        let (one, other) = ("é".repeat(101), "é".repeat(102));
        assert_ne!(kept(&one), kept(&other));
        assert!(kept(&"\u{10ffff}".repeat(9_999)).len() <= LONGEST_NAME_BYTES);
        assert_eq!(kept("gp"), "gp");
    }

    #[test]
    fn an_event_is_told_apart_by_the_first_part_that_it_has() {
        let event = AuditEvent::new(Timestamp(0), "token", "gp", AuditOutcome::Refused, "");
        let fields = [Field::Detail("network".into()), Field::Target, Field::Actor];
        assert_eq!(subject(&fields, &event), "gp");
        assert_eq!(subject(&fields, &event.clone().with("network", "192.0.2.0/24")), "192.0.2.0/24");
        assert_eq!(subject(&[], &event), "*");
    }
}
