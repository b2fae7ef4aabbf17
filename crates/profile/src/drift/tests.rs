//! Findings on small feeds whose figures are known.

use super::*;
use crate::feed::Observer;
use model::Timestamp;

/// A Monday.
const DAY: i64 = 20_576;

/// A day of `count` Observations, each of a patient of its own, as `text` makes them of their number.
fn day(day: i64, count: u64, text: impl Fn(u64) -> String) -> FeedProfile {
    let mut observer = Observer::new();
    for number in 0..count {
        observer.see(text(number).as_bytes(), Timestamp(day * 86_400_000 + 43_200_000));
    }
    observer.finish()
}

fn plain(number: u64) -> String {
    format!(
        r#"{{"resourceType":"Observation","subject":{{"reference":"Patient/{number}"}},"status":"final"}}"#
    )
}

/// The first `with` have an extension.
fn extended(with: u64) -> impl Fn(u64) -> String {
    move |number| {
        let extension = if number < with { r#","extension":[{"url":"https://x.example/e"}]"# } else { "" };
        plain(number).replace(r#","status""#, &format!(r#"{extension},"status""#))
    }
}

fn weeks(days: i64, count: u64) -> Vec<FeedProfile> {
    (0..days).map(|back| day(DAY - days + back, count, plain)).collect()
}

fn kinds(findings: &[Finding]) -> Vec<(Kind, String)> {
    findings.iter().map(|finding| (finding.kind, finding.whole_place())).collect()
}

#[test]
fn the_first_day_says_nothing() {
    assert_eq!(compare(&[], &day(DAY, 50, plain)), []);
    assert_eq!(compare(&weeks(28, 50), &day(DAY, 50, plain)), []);
}

#[test]
fn a_day_on_which_nothing_comes_is_one_finding() {
    let found = compare(&weeks(28, 200), &FeedProfile::silent(DAY));
    assert_eq!(kinds(&found), [(Kind::Volume, String::new())]);
    assert_eq!(found[0].sentence, "0 resources came where about 200 were to be expected");
    // And so are days before that have no profile.
    let found = compare(&weeks(28, 200)[..14], &day(DAY, 200, plain));
    assert!(found.is_empty(), "two weeks of nothing are no pattern to be held against: {found:?}");
}

#[test]
fn a_new_name_needs_several_patients() {
    let found = |with| compare(&weeks(28, 40), &day(DAY, 40, extended(with)));
    assert_eq!(kinds(&found(2)), []);
    let found = found(4);
    assert_eq!(kinds(&found), [(Kind::NewExtension, "Observation.extension https://x.example/e".to_owned())]);
    assert_eq!((found[0].before, found[0].after), (0.0, 0.1));
    assert_eq!(
        found[0].sentence,
        "Observation.extension: the extension `https://x.example/e` is new: it came 4 times today, with 10.0 % of \
         those it could have come with, and never in the 28 days before"
    );
}

#[test]
fn resources_of_one_patient_are_one_witness() {
    let one = |number: u64| extended(40)(number).replace(&format!("Patient/{number}"), "Patient/7");
    assert_eq!(compare(&weeks(28, 40), &day(DAY, 40, one)), []);
}

#[test]
fn few_days_say_only_what_is_new() {
    assert_eq!(compare(&weeks(3, 200), &FeedProfile::silent(DAY)), []);
    let found = compare(&weeks(3, 200), &day(DAY, 200, extended(20)));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn claims_are_corrected_for_their_number() {
    let claim = |p| Claim {
        p,
        matters: true,
        finding: compare(&weeks(28, 200), &FeedProfile::silent(DAY)).remove(0),
    };
    let level = LEVEL / FAMILIES;
    assert_eq!(holm(vec![claim(level), claim(level * 0.49)], 0).len(), 2);
    assert_eq!(holm(vec![claim(level), claim(level * 0.51)], 0).len(), 0);
    assert_eq!(holm(vec![claim(level * 0.49), claim(level * 0.49)], 1).len(), 0);
    assert_eq!(
        holm(vec![claim(f64::NAN), claim(level * 0.1)], 0).len(),
        1,
        "what cannot be computed is no news"
    );
}

#[test]
fn what_all_share_is_what_most_have_changed_by() {
    assert_eq!(shared(&[0.7, 0.8, 0.9, 0.0], 0.4), Some(0.75));
    assert_eq!(shared(&[-0.7, -0.8, -0.9], 0.4), Some(-0.8));
    assert_eq!(shared(&[0.9, 0.0, 0.1], 0.4), None);
    assert_eq!(shared(&[0.9, 0.0], 0.4), None);
    assert_eq!(shared(&[], 0.4), None);
}
