//! Elements whose type is part of their name: `value[x]` is `valueQuantity`, `valueString`, … (R4 §2.6.6.4),
//! asked for without knowing what they stand in.

use super::knowledge;
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

/// The choice elements of all types.
struct Choices {
    forms: HashMap<&'static str, Vec<&'static str>>,
    names: HashMap<&'static str, &'static str>,
}

static CHOICES: LazyLock<Choices> = LazyLock::new(|| {
    let found = knowledge().types().flat_map(|def| def.json_names()).filter(|found| found.element.is_choice);
    let names: BTreeMap<_, _> = found.map(|found| (found.json_name, found.element.name)).collect();
    let mut forms: HashMap<_, Vec<_>> = HashMap::new();
    for (form, name) in &names {
        forms.entry(*name).or_default().push(*form);
    }
    Choices { forms, names: names.into_iter().collect() }
});

/// What the choice element `name` (without `[x]`) is called in JSON, in any type, sorted; empty if there is none.
#[must_use]
pub fn choice_forms(name: &str) -> &'static [&'static str] {
    CHOICES.forms.get(name).map_or(&[], Vec::as_slice)
}

/// The choice element that `json_name` is a form of in some type: of `valueQuantity` it is `value`.
#[must_use]
pub fn choice_of(json_name: &str) -> Option<&'static str> {
    CHOICES.names.get(json_name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_element_is_found_by_its_name_and_by_its_forms() {
        assert!(choice_forms("value").contains(&"valueQuantity") && choice_forms("value").is_sorted());
        assert!(choice_forms("class").is_empty());
        assert_eq!(
            (choice_of("valueDateTime"), choice_of("valueSet"), choice_of("value")),
            (Some("value"), None, None)
        );
    }
}
