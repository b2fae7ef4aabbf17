//! Tokens: who gets one, what it is good for, and until when.

use crate::home::{Home, SECRET};
use axum::body::Body;
use http::Request;
use model::AuditOutcome;

const GRANT: &str = "grant_type=client_credentials";

#[tokio::test]
async fn the_right_secret_gets_a_token_by_basic_and_by_fields() {
    let home = Home::new().await;
    let answer = home.token_request("trust-client", SECRET, GRANT).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    let json = answer.json();
    assert_eq!((&json["token_type"], &json["expires_in"]), (&"Bearer".into(), &900.into()));
    assert_eq!(json["scope"], "system/*.cu");
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("grant_type", "client_credentials"),
            ("client_id", "trust-client"),
            ("client_secret", SECRET),
            ("scope", "system/Observation.c"),
        ])
        .finish();
    let request = Request::post("/oauth/token").header("content-type", "application/x-www-form-urlencoded");
    let answer = home.send(request.body(Body::from(form)).unwrap()).await;
    assert_eq!(answer.json()["scope"], "system/Observation.c");
}

#[tokio::test]
async fn wrong_requests_get_the_errors_of_rfc_6749() {
    let home = Home::new().await;
    for (client, secret, form, status, error) in [
        ("gp-client", "wrong", GRANT, 401, "invalid_client"),
        ("nobody", SECRET, GRANT, 401, "invalid_client"),
        ("gp-client", SECRET, "", 400, "invalid_request"),
        ("gp-client", SECRET, "grant_type=password", 400, "unsupported_grant_type"),
        ("gp-client", SECRET, "grant_type=client_credentials&scope=system/*.u", 400, "invalid_scope"),
        ("gp-client", SECRET, "grant_type=client_credentials&client_secret=x", 400, "invalid_request"),
    ] {
        let answer = home.token_request(client, secret, form).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (status, &error.into()), "{form}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let records = home.records().await;
    assert_eq!(records.len(), 6);
    assert!(records.iter().all(|record| record.action == "token" && record.outcome == AuditOutcome::Refused));
    assert!(records.iter().all(|record| !record.detail.contains(SECRET)));
}

#[tokio::test]
async fn wrong_credentials_are_told_to_provide_valid_ones_and_nothing_is_stored() {
    let home = Home::new().await;
    let answer = home.token_request("gp-client", "wrong", GRANT).await;
    assert!(answer.json()["error_description"].as_str().unwrap().contains("provide valid credentials"));
    assert!(answer.header("www-authenticate").starts_with("Basic"));
    let answer = home.fhir("no-token", "POST", "/fhir/r4/Patient", r#"{"resourceType":"Patient"}"#).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login"));
    assert!(answer.text.contains("provide valid credentials"));
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(home.segments().await, 0);
    let actors: Vec<_> =
        home.records().await.into_iter().map(|record| (record.action, record.actor)).collect();
    let pair = |action: &str| (action.to_owned(), "anonymous".to_owned());
    assert_eq!(actors, [pair("token"), pair("fhir.refused")]);
}

#[tokio::test]
async fn a_token_ends_by_time_and_with_its_provider() {
    let home = Home::new().await;
    let token = home.token("gp").await;
    let body = r#"{"resourceType":"Patient"}"#;
    assert_eq!(home.fhir(&token, "POST", "/fhir/r4/Patient", body).await.status, 201);
    home.clock.advance_ms(900_000);
    assert_eq!(home.fhir(&token, "POST", "/fhir/r4/Patient", body).await.status, 401);
    let token = home.token("gp").await;
    home.app.control.set_provider_enabled(&"gp".parse().unwrap(), false).await.unwrap();
    assert_eq!(home.fhir(&token, "POST", "/fhir/r4/Patient", body).await.status, 401);
    assert_eq!(home.token_request("gp-client", SECRET, GRANT).await.status, 401);
}

#[tokio::test]
async fn a_token_carries_only_the_scopes_it_was_asked_for() {
    let home = Home::new().await;
    let answer = home
        .token_request("trust-client", SECRET, "grant_type=client_credentials&scope=system/Patient.c")
        .await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(
        home.fhir(&token, "POST", "/fhir/r4/Patient", r#"{"resourceType":"Patient"}"#).await.status,
        201
    );
    let group = r#"{"resourceType":"Group","type":"person","actual":true}"#;
    let answer = home.fhir(&token, "POST", "/fhir/r4/Group", group).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "forbidden"));
}
