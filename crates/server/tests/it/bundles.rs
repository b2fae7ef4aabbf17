//! Transactions are all or nothing, batches entry by entry.

use crate::home::Home;
use serde_json::{Value, json};

fn entry(method: &str, url: &str, full_url: &str, resource: Value) -> Value {
    json!({ "fullUrl": full_url, "resource": resource, "request": { "method": method, "url": url } })
}

fn bundle(kind: &str, entries: &[Value]) -> String {
    json!({ "resourceType": "Bundle", "type": kind, "entry": entries }).to_string()
}

fn patient() -> Value {
    entry(
        "POST",
        "Patient",
        "urn:uuid:11111111-1111-4111-8111-111111111111",
        json!({ "resourceType": "Patient" }),
    )
}

fn observation(subject: &str) -> Value {
    let resource = json!({ "resourceType": "Observation", "status": "final", "code": { "text": "x" },
        "subject": { "reference": subject } });
    entry("POST", "Observation", "urn:uuid:22222222-2222-4222-8222-222222222222", resource)
}

#[tokio::test]
async fn a_transaction_is_stored_whole_with_one_receipt() {
    let home = Home::new().await;
    let token = home.token("gp").await;
    let text =
        bundle("transaction", &[patient(), observation("urn:uuid:11111111-1111-4111-8111-111111111111")]);
    let answer = home.fhir(&token, "POST", "/fhir/r4", &text).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let parsed = fhir::json::parse(answer.text.as_bytes()).unwrap();
    fhir::check(&parsed, fhir::ResourceType::parse("Bundle")).unwrap();
    let json = answer.json();
    assert_eq!(json["type"], "transaction-response");
    let first = &json["entry"][0]["response"];
    assert_eq!((&first["status"], &first["etag"]), (&"201 Created".into(), &"W/\"1\"".into()));
    assert_eq!(first["lastModified"], "2027-01-15T08:00:00.000Z");
    assert!(first["location"].as_str().unwrap().starts_with("Patient/"));
    let receipt =
        home.fhir(&token, "GET", &format!("/receipts/{}", answer.header("x-carelake-receipt")), "").await;
    assert_eq!(receipt.json()["resources"], 2);
    assert_eq!(home.segments().await, 1);
    let record = &home.records().await[1];
    assert_eq!((record.action.as_str(), record.actor.as_str()), ("fhir.transaction", "gp"));
    assert!(record.detail.contains(r#""resources":"2""#), "{}", record.detail);
}

#[tokio::test]
async fn one_bad_entry_refuses_the_whole_transaction_by_name() {
    let home = Home::new().await;
    let token = home.token("gp").await;
    let bad = entry(
        "POST",
        "Patient",
        "urn:uuid:33333333-3333-4333-8333-333333333333",
        json!({ "resourceType": "Patient", "birthDate": "yesterday" }),
    );
    let mut conditional = patient();
    conditional["request"]["ifNoneExist"] = "identifier=x".into();
    let by_search = observation("Patient?identifier=x");
    let put = entry(
        "PUT",
        "Patient/a",
        "urn:uuid:44444444-4444-4444-8444-444444444444",
        json!({ "resourceType": "Patient", "id": "a" }),
    );
    let mut delete = put.clone();
    delete["request"]["method"] = "DELETE".into();
    let override_entry = entry("POST", "Patient/_search", "urn:uuid:5", json!({ "resourceType": "Patient" }));
    let query = entry("POST", "Patient?_method=DELETE", "urn:uuid:5", json!({ "resourceType": "Patient" }));
    for (entry, status, code, place) in [
        (bad, 422, "value", "Bundle.entry[1].resource.birthDate"),
        (conditional, 422, "not-supported", "Bundle.entry[1]"),
        (by_search, 422, "not-supported", "Bundle.entry[1]"),
        (put, 403, "forbidden", "Bundle.entry[1]"),
        (delete, 422, "not-supported", "Bundle.entry[1]"),
        (override_entry, 422, "not-supported", "Bundle.entry[1]"),
        (query, 422, "not-supported", "Bundle.entry[1]"),
        (observation("urn:uuid:99999999-9999-4999-8999-999999999999"), 422, "invalid", "Bundle.entry[1]"),
        (patient(), 422, "invalid", "Bundle.entry[1]"),
    ] {
        let text = bundle("transaction", &[patient(), entry.clone()]);
        let answer = home.fhir(&token, "POST", "/fhir/r4", &text).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{entry}\n{}",
            answer.text
        );
        assert_eq!(answer.json()["issue"][0]["expression"][0], place, "{entry}");
    }
    assert_eq!(home.segments().await, 0);
}

#[tokio::test]
async fn a_version_conflict_refuses_the_whole_transaction() {
    let home = Home::new().await;
    let token = home.token("trust").await;
    let mut put = entry(
        "PUT",
        "Patient/a",
        "https://trust.example/fhir/Patient/a",
        json!({ "resourceType": "Patient", "id": "a" }),
    );
    put["request"]["ifMatch"] = "W/\"4\"".into();
    let answer =
        home.fhir(&token, "POST", "/fhir/r4", &bundle("transaction", &[patient(), put.clone()])).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (412, "conflict"));
    assert_eq!(answer.json()["issue"][0]["expression"][0], "Bundle.entry[1]");
    put["request"].as_object_mut().unwrap().remove("ifMatch");
    let twice = home.fhir(&token, "POST", "/fhir/r4", &bundle("transaction", &[put.clone(), put])).await;
    assert_eq!(twice.status, 422, "one identity, two entries");
    assert_eq!(home.segments().await, 0);
}

#[tokio::test]
async fn batch_entries_succeed_and_fail_apart() {
    let home = Home::new().await;
    let token = home.token("trust").await;
    let bad = entry("POST", "Patient", "urn:uuid:3", json!({ "resourceType": "Patient", "gender": 1 }));
    let mut stale = entry("PUT", "Patient/a", "urn:uuid:4", json!({ "resourceType": "Patient", "id": "a" }));
    stale["request"]["ifMatch"] = "W/\"4\"".into();
    let good = entry("PUT", "Patient/b", "urn:uuid:5", json!({ "resourceType": "Patient", "id": "b" }));
    let answer = home
        .fhir(&token, "POST", "/fhir/r4/", &bundle("batch", &[patient(), bad.clone(), good.clone()]))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let statuses = |json: &Value| -> Vec<String> {
        json["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["response"]["status"].as_str().unwrap()[..3].to_owned())
            .collect()
    };
    assert_eq!(statuses(&answer.json()), ["201", "422", "201"]);
    assert!(answer.headers.contains_key("x-carelake-receipt"));
    let place = &answer.json()["entry"][1]["response"]["outcome"]["issue"][0]["expression"][0];
    assert_eq!(place, "Bundle.entry[1].resource.gender");
    let answer =
        home.fhir(&token, "POST", "/fhir/r4", &bundle("batch", &[patient(), stale, good, bad])).await;
    assert_eq!(statuses(&answer.json()), ["201", "412", "200", "422"]);
    let parsed = fhir::json::parse(answer.text.as_bytes()).unwrap();
    fhir::check(&parsed, fhir::ResourceType::parse("Bundle")).unwrap();
    let records = home.records().await;
    assert_eq!(records.len(), 3);
    assert!(records[2].detail.contains(r#""refused":"2""#) && records[2].action == "fhir.batch");
}

#[tokio::test]
async fn references_among_entries_are_stored_as_the_ids_given() {
    let home = Home::new().await;
    let token = home.token("trust").await;
    // A PUT with the same content stores nothing: so a second PUT that spells the resolved
    // reference out proves what the first one stored.
    let reference = |subject: &str| {
        let mut entry = observation(subject);
        entry["resource"]["id"] = "o".into();
        entry["request"] = json!({ "method": "PUT", "url": "Observation/o" });
        entry
    };
    let subject = entry(
        "PUT",
        "Patient/p",
        "urn:uuid:11111111-1111-4111-8111-111111111111",
        json!({ "resourceType": "Patient", "id": "p" }),
    );
    let first = bundle("transaction", &[subject, reference("urn:uuid:11111111-1111-4111-8111-111111111111")]);
    assert_eq!(home.fhir(&token, "POST", "/fhir/r4", &first).await.status, 200);
    let spelt = reference("Patient/p")["resource"].to_string();
    let answer = home.fhir(&token, "PUT", "/fhir/r4/Observation/o", &spelt).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, "W/\"1\""));
}
