//! The five providers: what each of them does, and who works there.

use crate::reading::{Sent, resources};
use simulate::{ProviderKind, Simulation};
use std::collections::{BTreeMap, BTreeSet};

type Found = BTreeMap<String, BTreeSet<String>>;

/// What each provider sends, as `of` sees it.
fn found(of: impl Fn(&Sent) -> Option<String>) -> Found {
    let mut found = Found::new();
    for message in Simulation::new(34, 400).messages() {
        let seen = resources(&message).iter().filter_map(&of).collect::<Vec<_>>();
        found.entry(message.source.to_string()).or_default().extend(seen);
    }
    found
}

fn expected(table: &[(&str, &str)]) -> Found {
    let set = |list: &str| list.split_whitespace().map(str::to_owned).collect();
    table.iter().map(|(source, list)| ((*source).to_owned(), set(list))).collect()
}

#[test]
fn the_region_has_one_provider_of_each_kind_with_a_name_of_its_own() {
    let simulation = Simulation::new(1, 0);
    let kinds: BTreeSet<ProviderKind> = simulation.providers().iter().map(|provider| provider.kind).collect();
    let names: BTreeSet<&str> =
        simulation.providers().iter().map(|provider| provider.source.as_str()).collect();
    assert_eq!((kinds.len(), names.len(), simulation.providers().len()), (5, 5, 5));
    assert_eq!(simulation.messages().count(), 5, "without patients there are the directories");
}

#[test]
fn each_provider_sends_the_resources_of_its_trade() {
    let everyone = "Organization Location Practitioner Patient Encounter Observation";
    let of = |own: &str| format!("{everyone} {own}");
    let general = of("AllergyIntolerance Condition DiagnosticReport Immunization MedicationRequest");
    assert_eq!(
        found(|sent| Some(sent.resource_type().to_owned())),
        expected(&[
            ("gp-elm-grove", &general),
            ("nhs-111-castlemere", everyone),
            ("ambulance-vale", everyone),
            ("acute-castlemere", &of("Condition DiagnosticReport Procedure")),
            ("mental-health-willowbank", &of("Condition CarePlan MedicationRequest")),
        ])
    );
}

#[test]
fn each_provider_sees_people_where_it_works() {
    let class = |sent: &Sent| Some(sent.resource["class"]["code"].as_str()?.to_owned());
    assert_eq!(
        found(class),
        expected(&[
            ("gp-elm-grove", "AMB VR HH"),
            ("nhs-111-castlemere", "VR"),
            ("ambulance-vale", "FLD"),
            ("acute-castlemere", "EMER IMP AMB"),
            ("mental-health-willowbank", "AMB HH"),
        ])
    );
}

#[test]
fn staff_are_registered_and_can_be_reached() {
    let (mut staff, mut numbers) = (0, BTreeSet::new());
    for message in Simulation::new(34, 0).messages() {
        let source = message.source.as_str();
        for sent in resources(&message).iter().filter(|sent| sent.resource_type() == "Practitioner") {
            staff += 1;
            let list = |key: &str, name: &str| -> Vec<(String, String)> {
                let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
                let items = sent.resource[key].as_array().unwrap();
                items.iter().map(|item| (text(&item[name]), text(&item["value"]))).collect()
            };
            let identifiers = list("identifier", "system");
            let bodies: Vec<&str> = identifiers.iter().map(|(system, _)| &**system).collect();
            let council = "https://fhir.hl7.org.uk/Id/gmc-number";
            match source {
                "gp-elm-grove" => assert_eq!(bodies, [council, "https://fhir.hl7.org.uk/Id/gmp-number"]),
                _ => assert_eq!(bodies, [council]),
            }
            for (system, number) in identifiers {
                // Both begin with 99 here, where nobody is registered.
                let (start, rest) = number.split_at(3);
                assert_eq!(start, if system == council { "C99" } else { "G99" });
                assert!(rest.len() == 5 && rest.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
                numbers.insert(number);
            }
            let telecoms = list("telecom", "system");
            assert!(telecoms.iter().any(|(_, value)| value.starts_with("01632 960")), "{telecoms:?}");
            assert!(telecoms.iter().any(|(_, value)| value.ends_with(".example.org")), "{telecoms:?}");
        }
    }
    assert_eq!((staff, numbers.len()), (30, 36), "six at each provider, and no two share a number");
}
