//! What contracts say, and how they are refused.

use super::*;
use crate::feed::Observer;
use model::Timestamp;

const WHOLE: &str = r#"
provider = "gp-elm-grove"
[stop]
new-unit = true
[ignore]
new-extension = true
[[element]]
type = "Observation"
element = "value[x]"
missing-at-most = 0.4
stop = true
[[element]]
type = "Observation"
element = "issued"
missing-at-most = 1.0
[[profile]]
type = "Observation"
url = "https://x.example/p"
share-at-least = 0.9
[[volume]]
at-least = 3
[[volume]]
type = "Observation"
at-most = 1
stop = true
[[delay]]
type = "Observation"
hours-at-most = 1
"#;

fn feed() -> FeedProfile {
    let mut observer = Observer::new();
    for value in [r#","valueString":"x""#, ""] {
        let resource = format!(
            r#"{{"resourceType":"Observation","id":"a","meta":{{"profile":["https://x.example/p|1"]}},
            "effectiveDateTime":"2024-02-29T09:00:00Z"{value}}}"#
        );
        observer.see(resource.as_bytes(), Timestamp(1_709_208_000_000));
    }
    observer.finish()
}

fn finding(kind: Kind) -> Finding {
    Finding {
        kind,
        resource_type: "Observation".to_owned(),
        place: String::new(),
        name: String::new(),
        before: 0.0,
        after: 1.0,
        sentence: kind.to_string(),
        is_shared: false,
    }
}

fn sentences(remarks: &[Remark]) -> Vec<&str> {
    remarks.iter().map(|remark| remark.sentence.as_str()).collect()
}

#[test]
fn findings_and_unmet_requirements_warn_or_stop() {
    let contract = Contract::read("gp.toml", WHOLE).unwrap();
    let findings = [finding(Kind::NewUnit), finding(Kind::NewExtension), finding(Kind::Volume)];
    let verdict = contract.judge(&findings, &feed());
    assert_eq!(
        sentences(&verdict.stops),
        [
            "new-unit",
            "Observation.value[x] is missing in 50.0 % of resources; the contract allows 40.0 %",
            "2 Observation resources came; the contract allows 1",
        ]
    );
    assert_eq!(
        sentences(&verdict.warns),
        [
            "volume",
            "2 resources came; the contract asks for 3 at least",
            "90.0 % of Observation resources came within 3.2 hours; the contract allows 60 minutes",
        ]
    );
    assert!(!verdict.may_go_on());
    assert!(Contract::default().judge(&findings, &feed()).may_go_on(), "without a contract nothing stops");
}

#[test]
fn a_providers_contract_is_laid_over_the_general_one() {
    let general =
        Contract::read("all.toml", "[stop]\nvolume = true\nnew-profile = true\n[[volume]]\nat-least = 3\n");
    let own = Contract::read(
        "gp.toml",
        "provider = \"gp\"\n[ignore]\nvolume = true\n[stop]\nnew-profile = false\n",
    );
    let whole = own.unwrap().over(&general.unwrap());
    let verdict = whole.judge(&[finding(Kind::Volume), finding(Kind::NewProfile)], &feed());
    assert_eq!((sentences(&verdict.stops), verdict.warns.len()), (vec![], 2));
    assert_eq!(whole.provider().unwrap().as_str(), "gp");
}

#[test]
fn what_is_wrong_is_told_with_file_and_line() {
    for (text, line, part) in [
        ("[stop]\nnew-units = true\n", Some(2), "new-units"),
        ("\n\nprovider = \"GP\"\n", Some(3), "not a source name"),
        (
            "[[element]]\ntype = \"Observations\"\nelement = \"a\"\nmissing-at-most = 0\n",
            Some(2),
            "no resource type",
        ),
        (
            "[[element]]\ntype = \"Patient\"\nelement = \"a.b\"\nmissing-at-most = 0.0\n",
            Some(3),
            "write an element",
        ),
        ("[[element]]\ntype = \"Patient\"\nelement = \"a\"\nmissing-at-most = 5.0\n", Some(4), "from 0 to 1"),
        ("[stop\n", Some(1), ""),
        ("[stop]\nvolume = true\n[ignore]\nvolume = true\n", None, "not both"),
    ] {
        let error = Contract::read("a.toml", text).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(
            error.to_string().starts_with("contract `a.toml`") && error.sentence.contains(part),
            "{error}"
        );
    }
}
