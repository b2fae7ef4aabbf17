//! Messages that are wrong on purpose, so that what refuses them is seen to.

use crate::message::{Expected, Message, Request};
use crate::population::Person;
use crate::random::Random;
use model::SourceId;

/// A kind of mistake: what is wrong, the status that it deserves, and a body that has it.
type Mistake = (&'static str, u16, fn(&str) -> String);

const MISTAKES: [Mistake; 4] = [
    ("JSON that ends too soon", 400, |name| {
        format!(r#"{{"resourceType":"Observation","status":"final","note":[{{"text":"{name}""#)
    }),
    ("unknown resource type", 422, |name| {
        format!(r#"{{"resourceType":"Observashun","status":"final","code":{{"text":"{name}"}}}}"#)
    }),
    ("required element missing", 422, |name| {
        format!(r#"{{"resourceType":"Observation","status":"final","note":[{{"text":"{name}"}}]}}"#)
    }),
    ("code outside a required binding", 422, |name| {
        format!(r#"{{"resourceType":"Observation","status":"finished","code":{{"text":"{name}"}}}}"#)
    }),
];

/// The mistake that comes with a person's records, if one does. The first person has one, so that no population is
/// without; the first ten have one of each kind, and of the others two persons in a hundred have any.
pub(crate) fn mishap(person: &Person, seed: u64, source: &SourceId) -> Option<Message> {
    let mut random = Random::new(seed, u64::from(person.index) * 8 + 7);
    let (what, status, body) = match person.index {
        0 | 3 | 6 | 9 => MISTAKES[person.index as usize / 3],
        _ if random.chance(20) => *random.pick(&MISTAKES),
        _ => return None,
    };
    Some(Message {
        source: source.clone(),
        request: Request::Raw { resource_type: "Observation", body: body(&person.full_name()).into_bytes() },
        expected: Expected::Rejected { status, what },
        resources: 1,
    })
}
