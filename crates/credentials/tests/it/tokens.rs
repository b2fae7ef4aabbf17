//! Tokens that others have signed: what is believed, and everything that is not.

mod assertion;
mod id_token;
mod issuer;
mod key_set;
mod keys;
mod smart;

use model::Timestamp;

const NOW_S: i64 = 1_800_000_000;
const NOW: Timestamp = Timestamp(NOW_S * 1000);

/// `claims` with one member changed, or taken away where it becomes null.
fn with(claims: &serde_json::Value, name: &str, value: serde_json::Value) -> serde_json::Value {
    let mut claims = claims.clone();
    let members = claims.as_object_mut().unwrap();
    match value {
        serde_json::Value::Null => drop(members.remove(name)),
        value => drop(members.insert(name.to_owned(), value)),
    }
    claims
}
