//! The views that every lake keeps.

use crate::{View, ViewDefinition};
use std::sync::LazyLock;

/// Their ViewDefinitions, as JSON.
const DEFINITIONS: &[&str] = &[
    include_str!("../builtin/patient.json"),
    include_str!("../builtin/encounter.json"),
    include_str!("../builtin/condition.json"),
    include_str!("../builtin/observation.json"),
    include_str!("../builtin/observation_component.json"),
    include_str!("../builtin/procedure.json"),
    include_str!("../builtin/medication_request.json"),
    include_str!("../builtin/immunization.json"),
    include_str!("../builtin/allergy_intolerance.json"),
    include_str!("../builtin/diagnostic_report.json"),
];

/// The built-in views, each a ViewDefinition of its own name under `builtin/`.
///
/// They are made for pseudonymised resources of US Core and UK Core: no column holds a name, an identifier
/// or a display, dates of birth are months and postcodes districts because that is all there is.
#[must_use]
pub fn builtin() -> &'static [View] {
    static VIEWS: LazyLock<Vec<View>> =
        LazyLock::new(|| DEFINITIONS.iter().map(|text| compiled(text)).collect());
    &VIEWS
}

#[expect(clippy::expect_used, reason = "the definitions are part of this crate, and a test compiles each")]
fn compiled(text: &str) -> View {
    let json = fhir::json::parse(text.as_bytes()).expect("a built-in definition is JSON");
    let definition = ViewDefinition::parse(&json).expect("a built-in definition has the right form");
    View::compile(&definition).expect("a built-in definition compiles")
}

#[cfg(test)]
mod tests {
    use super::*;
    use fhir::json::Selection;

    #[test]
    fn no_built_in_view_needs_the_whole_resource() {
        for view in builtin() {
            assert!(view.selected(&mut Selection::new()).is_ok(), "{}", view.name());
        }
    }
}
