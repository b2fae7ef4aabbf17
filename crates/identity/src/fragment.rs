//! The fragment: what raw lacks of a resource, as a JSON document that mirrors it.
//!
//! A *node* says how the value of one place comes back:
//! - `[v]` is the whole value, whether raw holds something there or not;
//! - an object, where raw holds an object, names the members that differ, each with its node;
//! - `{"a":[…]}`, where raw holds an array, is a list of steps through it: a number copies that
//!   many of raw's items, `[v]` puts in an item that raw lacks, `[v,1]` takes `v` for raw's next
//!   item, an object is the node of raw's next item. What raw has left over follows.
//!
//! A place without a node is in raw in full; `{}` changes nothing. What a node means is told
//! by what raw holds, so no member of a resource can be mistaken for one of these marks.

use fhir::json::{Object, Value};
use std::borrow::Cow;

/// How deep a fragment can be nested: each array of the resource (which is at most 64 deep)
/// costs two levels. The depth to read fragments with.
pub const FRAGMENT_DEPTH: usize = 192;

const STEPS: &str = "a";

/// Why raw and fragment do not make a resource: they do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// The fragment has something where no node can be.
    #[error("read the fragment: not a node")]
    NotANode,
    /// The fragment changes a value that raw does not have, or has in another shape.
    #[error("join raw and fragment: raw lacks what the fragment changes")]
    Mismatch,
}

/// Puts a resource together again from what [`split`](crate::split) made of it.
///
/// # Errors
/// The two were not made by one split.
pub fn join<'a>(raw: Value<'a>, fragment: Value<'a>) -> Result<Value<'a>, JoinError> {
    apply(Some(raw), fragment)
}

fn apply<'a>(raw: Option<Value<'a>>, node: Value<'a>) -> Result<Value<'a>, JoinError> {
    match node {
        Value::Array(items) => match <[Value<'a>; 1]>::try_from(items) {
            Ok([whole]) => Ok(whole),
            Err(_) => Err(JoinError::NotANode),
        },
        Value::Object(members) => match raw {
            Some(Value::Array(items)) => apply_steps(items, members),
            Some(Value::Object(object)) => apply_members(object, members),
            Some(other) if members.is_empty() => Ok(other),
            _ => Err(JoinError::Mismatch),
        },
        _ => Err(JoinError::NotANode),
    }
}

fn apply_members<'a>(mut object: Object<'a>, members: Object<'a>) -> Result<Value<'a>, JoinError> {
    for (name, node) in members {
        if let Some(place) = object.get_mut(&name) {
            let raw = std::mem::replace(place, Value::Null);
            *place = apply(Some(raw), node)?;
        } else {
            object.insert(name, apply(None, node)?);
        }
    }
    Ok(Value::Object(object))
}

fn apply_steps<'a>(items: Vec<Value<'a>>, mut members: Object<'a>) -> Result<Value<'a>, JoinError> {
    if members.is_empty() {
        return Ok(Value::Array(items));
    }
    let steps = match (members.remove(STEPS), members.is_empty()) {
        (Some(Value::Array(steps)), true) => steps,
        _ => return Err(JoinError::NotANode),
    };
    let mut raw = items.into_iter();
    let mut whole = Vec::with_capacity(raw.len() + steps.len());
    for step in steps {
        match step {
            Value::Number(count) => {
                let count: usize = count.parse().map_err(|_| JoinError::NotANode)?;
                let before = whole.len();
                whole.extend(raw.by_ref().take(count));
                if whole.len() - before < count {
                    return Err(JoinError::Mismatch);
                }
            }
            Value::Array(mut item) => {
                if item.len() == 2 {
                    item.pop();
                    raw.next().ok_or(JoinError::Mismatch)?;
                }
                whole.push(apply(None, Value::Array(item))?);
            }
            node => whole.push(apply(Some(raw.next().ok_or(JoinError::Mismatch)?), node)?),
        }
    }
    whole.extend(raw);
    Ok(Value::Array(whole))
}

/// What became of one value.
pub(crate) enum Outcome<'a> {
    /// Raw holds it in full.
    Keep(Value<'a>),
    /// Raw holds something of it; the node says the rest.
    Change { raw: Value<'a>, node: Value<'a> },
    /// Raw holds nothing of it.
    Drop(Value<'a>),
}

impl<'a> Outcome<'a> {
    /// Raw holds `raw` in place of `original`.
    pub(crate) fn replace(raw: Value<'a>, original: Value<'a>) -> Self {
        Self::Change { raw, node: whole(original) }
    }

    /// Nothing of it may stay after all.
    pub(crate) fn dropped(self) -> Self {
        match self {
            Self::Keep(value) | Self::Drop(value) => Self::Drop(value),
            Self::Change { raw, node } => match join(raw, node) {
                Ok(value) => Self::Drop(value),
                // A node of ours always fits its raw; a value made of neither would be a lie.
                Err(_) => Self::Drop(Value::Null),
            },
        }
    }

    /// Raw and fragment of a whole resource.
    pub(crate) fn into_parts(self) -> (Value<'a>, Value<'a>) {
        match self {
            Self::Keep(value) => (value, Value::Object(Object::new())),
            Self::Change { raw, node } => (raw, node),
            Self::Drop(value) => (Value::Object(Object::new()), whole(value)),
        }
    }
}

fn whole(value: Value<'_>) -> Value<'_> {
    Value::Array(vec![value])
}

/// Gathers the members of one object.
#[derive(Default)]
pub(crate) struct Members<'a> {
    raw: Object<'a>,
    nodes: Object<'a>,
}

impl<'a> Members<'a> {
    pub(crate) fn push(&mut self, name: Cow<'a, str>, outcome: Outcome<'a>) {
        match outcome {
            Outcome::Keep(value) => {
                self.raw.insert(name, value);
            }
            Outcome::Drop(value) => {
                self.nodes.insert(name, whole(value));
            }
            Outcome::Change { raw, node } => {
                self.raw.insert(name.clone(), raw);
                self.nodes.insert(name, node);
            }
        }
    }

    /// How many members raw holds.
    pub(crate) fn kept(&self) -> usize {
        self.raw.len()
    }

    /// The object. One of which raw would hold nothing (or that was empty) goes whole.
    pub(crate) fn finish(self) -> Outcome<'a> {
        let empty = self.raw.is_empty();
        let outcome = if self.nodes.is_empty() {
            Outcome::Keep(Value::Object(self.raw))
        } else {
            Outcome::Change { raw: Value::Object(self.raw), node: Value::Object(self.nodes) }
        };
        if empty { outcome.dropped() } else { outcome }
    }
}

/// Gathers the items of one array.
#[derive(Default)]
pub(crate) struct Items<'a> {
    raw: Vec<Value<'a>>,
    steps: Vec<Value<'a>>,
    /// Items at the end of `raw` that no step has passed yet.
    run: usize,
}

impl<'a> Items<'a> {
    pub(crate) fn push(&mut self, outcome: Outcome<'a>) {
        match outcome {
            Outcome::Keep(value) => {
                self.raw.push(value);
                self.run += 1;
            }
            Outcome::Drop(value) => self.step(whole(value)),
            Outcome::Change { raw, node } => {
                self.raw.push(raw);
                self.step(match node {
                    Value::Array(mut item) => {
                        item.push(Value::Number(Cow::Borrowed("1")));
                        Value::Array(item)
                    }
                    node => node,
                });
            }
        }
    }

    fn step(&mut self, step: Value<'a>) {
        if self.run > 0 {
            self.steps.push(Value::Number(Cow::Owned(self.run.to_string())));
            self.run = 0;
        }
        self.steps.push(step);
    }

    /// The array. One of which raw would hold nothing (or that was empty) goes whole.
    pub(crate) fn finish(self) -> Outcome<'a> {
        let empty = self.raw.is_empty();
        let raw = Value::Array(self.raw);
        let outcome = if self.steps.is_empty() {
            Outcome::Keep(raw)
        } else {
            let mut node = Object::new();
            node.insert(STEPS, Value::Array(self.steps));
            Outcome::Change { raw, node: Value::Object(node) }
        };
        if empty { outcome.dropped() } else { outcome }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, fragment: &str, expected: Result<&str, JoinError>) {
        let parse = |text: &'static str| fhir::json::parse(text.as_bytes()).unwrap();
        let joined = join(parse(raw.to_owned().leak()), parse(fragment.to_owned().leak()));
        let joined = joined.map(|value| String::from_utf8(value.to_canonical()).unwrap());
        assert_eq!(joined.as_deref().map_err(|error| *error), expected);
    }

    #[test]
    fn nodes_put_members_and_items_back_in_their_places() {
        check(r#"{"a":1}"#, "{}", Ok(r#"{"a":1}"#));
        check(r#"{"a":1}"#, r#"{"a":[2],"b":[[3]]}"#, Ok(r#"{"a":2,"b":[3]}"#));
        check(r#"{"a":[1,4,5]}"#, r#"{"a":{"a":[1,[2],["x",1]]}}"#, Ok(r#"{"a":[1,2,"x",5]}"#));
        check(r#"[{"k":1},{"k":2}]"#, r#"{"a":[1,{"a":["new"]}]}"#, Ok(r#"[{"k":1},{"a":"new","k":2}]"#));
        check("{}", r#"[{"a":1}]"#, Ok(r#"{"a":1}"#));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        check(r#"{"a":1}"#, r#"{"b":{"c":[1]}}"#, Err(JoinError::Mismatch));
        check("[1]", r#"{"a":[2]}"#, Err(JoinError::Mismatch));
        check("[1]", r#"{"a":[2],"b":[]}"#, Err(JoinError::NotANode));
        check("[]", r#"{"a":[{}]}"#, Err(JoinError::Mismatch));
        check("[1]", r#"{"a":[1.5]}"#, Err(JoinError::NotANode));
        check("1", "2", Err(JoinError::NotANode));
        check("1", "[1,2,3]", Err(JoinError::NotANode));
    }
}
