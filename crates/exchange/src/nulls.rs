//! JSON in which what is null is what is not there.

use serde_json::Value;

/// The same without members that are null, at any depth.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_that_are_null_go_and_empty_ones_stay() {
        let told = json!({ "a": null, "b": [{ "c": null, "d": [] }], "e": {} });
        assert_eq!(without_nulls(told), json!({ "b": [{ "d": [] }], "e": {} }));
    }
}
