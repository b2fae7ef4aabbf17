//! Everything accepted is there once, and verified numbers alone say who is who.

use crate::{
    home::Home,
    truth::{agrees, joins, people},
};
use landing::Status;
use simulate::Simulation;

/// A Patient with an NHS number of a verification status.
pub(crate) fn patient(id: &str, number: &str, status: &str) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"{id}","gender":"female","birthDate":"1952-03-31","identifier":[{{
        "system":"https://fhir.nhs.uk/Id/nhs-number","value":"{number}","extension":[{{
        "url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
        "valueCodeableConcept":{{"coding":[{{
        "system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland","code":"{status}"}}]}}}}]}}]}}"#
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_region_is_in_the_lake_once_and_joins_back_to_what_was_sent() {
    let region = Simulation::new(11, 12);
    let truth = region.truth();
    let mut home = Home::new().await;
    home.send_all(&region).await;
    let published = home.worker("w").drain().await.unwrap();
    let versions: usize = home.sent.resources.values().map(Vec::len).sum();
    assert_eq!(published.resources, versions as u64);
    assert_eq!(published.view_errors, 0);
    assert_eq!(home.sent.rejected, truth.rejected);

    let counts = home.sent.per_type();
    assert_eq!(counts, truth.created_per_type);
    for (kind, count) in counts {
        let sql = format!("select count(*) from raw.{}", kind.to_ascii_lowercase());
        assert_eq!(home.number(&sql).await as u64, count, "{kind}");
    }
    agrees(&home).await;
    joins(&home).await;

    let across = people(&home).await.iter().filter(|patients| patients.len() > 1).count();
    assert_eq!(across as u32, truth.persons_linked_across);
    let persons = home
        .number("select count(distinct coalesce(l.person, p.id)) from view.patient p left join person_link l on l.patient = p.id")
        .await;
    assert_eq!(persons as u32, truth.persons_as_linked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_follow_the_verified_number_from_version_to_version() {
    let (amy, eve) = ("9434765919", "9990000018");
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    for (source, id, number, status) in [
        ("gp", "a", amy, "01"),
        ("acute", "b", amy, "01"),
        ("acute", "unverified", amy, "02"),
        ("mental", "mistyped", "9434765918", "01"),
    ] {
        home.put(source, &patient(id, number, status)).await;
    }
    worker.drain().await.unwrap();
    agrees(&home).await;
    let sizes = |people: std::collections::BTreeSet<std::collections::BTreeSet<String>>| {
        people.iter().map(std::collections::BTreeSet::len).collect::<Vec<_>>()
    };
    assert_eq!(sizes(people(&home).await), [2]);
    let person = home.rows("select distinct person from person_link").await;

    // Corrected: `b` is somebody else. Then once more, back.
    assert_eq!(home.put("acute", &patient("b", eve, "01")).await, Status::Updated);
    worker.drain().await.unwrap();
    agrees(&home).await;
    assert_eq!(sizes(people(&home).await), [1, 1]);
    home.put("acute", &patient("b", amy, "01")).await;
    // No longer vouched for: the link goes, and comes back to the same person.
    home.put("gp", &patient("a", amy, "03")).await;
    worker.drain().await.unwrap();
    agrees(&home).await;
    assert_eq!(sizes(people(&home).await), [1]);
    home.put("gp", &patient("a", amy, "01")).await;
    // Another worker reads persons back from the link zone.
    worker.close().await;
    home.worker("another").drain().await.unwrap();
    agrees(&home).await;
    assert_eq!(home.rows("select distinct person from person_link").await, person);
}
