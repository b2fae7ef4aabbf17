//! Create, update, receipts and the CapabilityStatement.

use crate::home::Home;
use async_trait::async_trait;
use model::{AuditError, AuditEvent, AuditPosition, AuditSink};
use server::GatewayConfig;
use std::sync::Arc;

const PATIENT: &str = r#"{"resourceType":"Patient","id":"p1","active":true}"#;
const CHANGED: &str = r#"{"resourceType":"Patient","id":"p1","active":false}"#;

#[tokio::test]
async fn a_create_gets_an_id_of_the_lakes_making() {
    let home = Home::new().await;
    let token = home.token("gp").await;
    let answer = home.fhir(&token, "POST", "/fhir/r4/Patient", PATIENT).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (201, ""));
    assert_eq!(
        (answer.header("etag"), answer.header("last-modified")),
        ("W/\"1\"", "Fri, 15 Jan 2027 08:00:00 GMT")
    );
    let location = answer.header("location");
    let id = location.strip_prefix("/fhir/r4/Patient/").unwrap().strip_suffix("/_history/1").unwrap();
    assert!(uuid::Uuid::parse_str(id).is_ok(), "{location}");
    let again =
        home.fhir_with(&token, "POST", "/fhir/r4/Patient", PATIENT, &[("host", "lake.example:8443")]).await;
    assert!(again.header("location").starts_with("https://lake.example:8443/fhir/r4/Patient/"));
    assert_ne!(again.header("location").split('/').nth(6), Some(id));
    let outcome = [("prefer", "return=OperationOutcome")];
    let answer = home.fhir_with(&token, "POST", "/fhir/r4/Patient", PATIENT, &outcome).await;
    assert_eq!(answer.code(), "informational");
}

#[tokio::test]
async fn an_update_makes_versions_and_honours_if_match() {
    let home = Home::new().await;
    let token = home.token("trust").await;
    let put = async |body: &str, if_match: Option<&str>| {
        let headers: Vec<_> = if_match.map(|tag| ("if-match", tag)).into_iter().collect();
        let answer = home.fhir_with(&token, "PUT", "/fhir/r4/Patient/p1", body, &headers).await;
        let tag = answer.headers.get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        (answer.status.as_u16(), tag)
    };
    let version = |text: &str| Some(format!("W/\"{text}\""));
    assert_eq!(put(PATIENT, Some("W/\"1\"")).await, (412, None));
    assert_eq!(put(PATIENT, None).await, (201, version("1")));
    assert_eq!(put(PATIENT, None).await, (200, version("1")));
    assert_eq!(put(CHANGED, Some("W/\"1\"")).await, (200, version("2")));
    assert_eq!(put(PATIENT, Some("W/\"1\"")).await, (412, None));
    assert_eq!(put(PATIENT, Some("2")).await, (400, None));
    let with_meta = r#"{"resourceType":"Patient","id":"p1","active":false,"meta":{"versionId":"9","lastUpdated":"2020-01-01T00:00:00Z"}}"#;
    assert_eq!(
        put(with_meta, None).await,
        (200, version("2")),
        "the client's version is no part of the content"
    );
}

#[tokio::test]
async fn create_and_update_are_separate_grants_and_a_put_to_a_new_id_needs_both() {
    let home = Home::new().await;
    let gp = home.token("gp").await;
    assert_eq!(home.fhir(&gp, "PUT", "/fhir/r4/Patient/p1", PATIENT).await.status, 403);
    let trust = home.token_request(
        "trust-client",
        crate::home::SECRET,
        "grant_type=client_credentials&scope=system/Patient.u",
    );
    let token = trust.await.json()["access_token"].as_str().unwrap().to_owned();
    let refused = home.fhir(&token, "PUT", "/fhir/r4/Patient/p1", PATIENT).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "forbidden"));
    assert_eq!(home.fhir(&token, "POST", "/fhir/r4/Patient", PATIENT).await.status, 403);
    assert_eq!(home.segments().await, 0);
    let both = home.token("trust").await;
    assert_eq!(home.fhir(&both, "PUT", "/fhir/r4/Patient/p1", PATIENT).await.status, 201);
    assert_eq!(home.fhir(&token, "PUT", "/fhir/r4/Patient/p1", CHANGED).await.status, 200);
}

#[tokio::test]
async fn each_provider_has_its_own_id_space() {
    let home = Home::new().await;
    let (trust, lab) = (home.token("trust").await, home.token("lab").await);
    let observation = r#"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"}}"#;
    for token in [&trust, &lab] {
        assert_eq!(home.fhir(token, "PUT", "/fhir/r4/Observation/o", observation).await.status, 201);
    }
}

#[tokio::test]
async fn a_receipt_is_read_by_its_sender_only() {
    let home = Home::new().await;
    let (trust, gp) = (home.token("trust").await, home.token("gp").await);
    let stored = home.fhir(&trust, "PUT", "/fhir/r4/Patient/p1", PATIENT).await;
    let path = format!("/receipts/{}", stored.header("x-carelake-receipt"));
    let answer = home.fhir(&trust, "GET", &path, "").await;
    assert_eq!(answer.json()["status"], "accepted");
    assert_eq!(
        (&answer.json()["resources"], &answer.json()["commitSequence"]),
        (&1.into(), &serde_json::Value::Null)
    );
    assert_eq!(home.fhir(&gp, "GET", &path, "").await.status, 404);
    assert_eq!(home.fhir(&trust, "GET", "/receipts/1-1-1-00", "").await.status, 404);
    let last = home.records().await.pop().unwrap();
    assert_eq!((last.action.as_str(), last.target.as_str()), ("receipt.read", "GET /receipts/{id}"));
}

#[tokio::test]
async fn the_capability_statement_is_valid_and_promises_no_reading() {
    let home = Home::new().await;
    let answer =
        home.send(http::Request::get("/fhir/r4/metadata").body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200);
    let parsed = fhir::json::parse(answer.text.as_bytes()).unwrap();
    fhir::check(&parsed, fhir::ResourceType::parse("CapabilityStatement")).unwrap();
    let json = answer.json();
    let resources = json["rest"][0]["resource"].as_array().unwrap();
    assert_eq!(resources.len(), fhir::ResourceType::all().count());
    let only = serde_json::json!([{ "code": "create" }, { "code": "update" }]);
    assert!(resources.iter().all(|resource| resource["interaction"] == only));
}

struct NoTrail;

#[async_trait]
impl AuditSink for NoTrail {
    async fn record(&self, _: AuditEvent) -> Result<AuditPosition, AuditError> {
        Err(AuditError::Unwritable("the disk is full".to_owned()))
    }

    async fn writable(&self) -> Result<(), AuditError> {
        Err(AuditError::Unwritable("the disk is full".to_owned()))
    }
}

#[tokio::test]
async fn without_its_audit_record_no_request_is_answered() {
    let home = Home::with(GatewayConfig::default(), Some(Arc::new(NoTrail))).await;
    let answer = home.token_request("gp-client", crate::home::SECRET, "grant_type=client_credentials").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "transient"));
    assert!(!answer.text.contains("access_token") && !answer.text.contains("disk"));
    let ready = http::Request::get("/readyz").body(axum::body::Body::empty()).unwrap();
    let answer = home.send(ready).await;
    assert_eq!(answer.status, 503);
    assert!(answer.text.contains("audit trail") && !answer.text.contains("disk"), "{}", answer.text);
}

/// Panics at its second call, and tells the same time at all others.
struct BrokenClock(std::sync::atomic::AtomicUsize);

impl model::Clock for BrokenClock {
    fn now(&self) -> model::Timestamp {
        let calls = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // The first call is the router's own start, the second the token check, the third the record's.
        assert_ne!(calls, 1, "this clock is broken");
        model::Timestamp(1_800_000_000_000)
    }
}

#[tokio::test]
async fn a_panic_is_answered_with_500_and_recorded() {
    let mut home = Home::new().await;
    let token = home.token("gp").await;
    let whole = &home.app;
    let app = server::App {
        intake: Arc::clone(&whole.intake),
        control: Arc::clone(&whole.control),
        audit: Arc::clone(&whole.audit),
        keys: whole.keys.clone(),
        clock: Arc::new(BrokenClock(Default::default())),
        config: whole.config.clone(),
        home_kind: whole.home_kind,
    };
    home.router = server::router(Arc::new(app), &[]);
    let answer = home.fhir(&token, "POST", "/fhir/r4/Patient", PATIENT).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (500, "exception"));
    let last = home.records().await.pop().unwrap();
    assert_eq!((last.action.as_str(), last.outcome), ("fhir.refused", model::AuditOutcome::Failed));
}
