//! The table of bad inputs: what is answered, and that nothing is stored.

use crate::home::Home;
use axum::body::Body;
use server::GatewayConfig;

const CANARY: &str = "Zebediah";

const JSON: (&str, &str) = ("content-type", "application/fhir+json");
const GOOD: &str = r#"{"resourceType":"Patient","id":"a"}"#;

/// Method, path, body, one header; status and issue type of the answer.
type Row = (&'static str, &'static str, &'static str, (&'static str, &'static str), u16, &'static str);

const BAD: &[Row] = &[
    ("POST", "/fhir/r4/Patient", "{\"name\":\"Zebediah\",}", JSON, 400, "structure"),
    ("POST", "/fhir/r4/Patient", "", JSON, 400, "structure"),
    (
        "POST",
        "/fhir/r4/Patient",
        r#"{"resourceType":"Patient","gender":"Zebediah"}"#,
        JSON,
        422,
        "code-invalid",
    ),
    ("POST", "/fhir/r4/Patient", r#"{"resourceType":"Patient","Zebediah":1}"#, JSON, 422, "structure"),
    (
        "POST",
        "/fhir/r4/Patient",
        r#"{"resourceType":"Group","type":"person","actual":true}"#,
        JSON,
        422,
        "invalid",
    ),
    ("POST", "/fhir/r4/Zebediah", GOOD, JSON, 404, "not-found"),
    ("POST", "/fhir/r4/$process-message", GOOD, JSON, 404, "not-found"),
    ("POST", "/fhir/r4/DomainResource", GOOD, JSON, 404, "not-found"),
    ("POST", "/fhir/r4", GOOD, JSON, 422, "invalid"),
    ("POST", "/fhir/r4", r#"{"resourceType":"Bundle","type":"collection"}"#, JSON, 422, "invalid"),
    ("POST", "/fhir/r4/Patient", GOOD, ("content-type", "application/fhir+xml"), 415, "not-supported"),
    (
        "POST",
        "/fhir/r4/Patient",
        GOOD,
        ("content-type", "application/json; charset=utf-16"),
        415,
        "not-supported",
    ),
    ("POST", "/fhir/r4/Patient", GOOD, ("content-encoding", "gzip"), 415, "not-supported"),
    ("PUT", "/fhir/r4/Patient/b", GOOD, JSON, 400, "structure"),
    ("PUT", "/fhir/r4/Patient/_history", GOOD, JSON, 400, "structure"),
    ("PUT", "/fhir/r4/Patient/a", GOOD, ("if-none-match", "*"), 501, "not-supported"),
    ("POST", "/fhir/r4/Patient", GOOD, ("if-none-exist", "identifier=Zebediah"), 501, "not-supported"),
    ("POST", "/fhir/r4/Patient", GOOD, ("x-http-method-override", "DELETE"), 405, "not-supported"),
    ("POST", "/fhir/r4/Patient?_method=DELETE", GOOD, JSON, 405, "not-supported"),
    ("PUT", "/fhir/r4/Patient?identifier=Zebediah", GOOD, JSON, 405, "not-supported"),
    ("GET", "/fhir/r4/Patient/Zebediah", "", JSON, 405, "not-supported"),
    ("GET", "/fhir/r4/Patient?name=Zebediah", "", JSON, 405, "not-supported"),
    ("GET", "/fhir/r4", "", JSON, 405, "not-supported"),
    ("DELETE", "/fhir/r4/Patient/a", "", JSON, 405, "not-supported"),
    ("PATCH", "/fhir/r4/Patient/a", "[]", JSON, 405, "not-supported"),
    ("ZEBEDIAH", "/fhir/r4/Patient/a", "", JSON, 405, "not-supported"),
    ("POST", "/fhir/r4/metadata", "{}", JSON, 405, "not-supported"),
    ("POST", "/fhir/r4/Patient/_search", "", JSON, 405, "not-supported"),
    ("GET", "/fhir/r4/Patient/a/_history/1", "", JSON, 501, "not-supported"),
    ("POST", "/fhir/r4/Patient/a/$everything", "", JSON, 501, "not-supported"),
    ("POST", "/fhir/r5/Patient", GOOD, JSON, 404, "not-found"),
    ("GET", "/fhir", "", JSON, 501, "not-supported"),
    ("GET", "/nowhere/Zebediah", "", JSON, 404, "not-found"),
];

#[tokio::test]
async fn bad_input_is_refused_with_its_status_its_kind_and_none_of_its_content() {
    let home = Home::new().await;
    let token = home.token("trust").await;
    for (method, path, body, header, status, code) in BAD {
        let (header, status) = (*header, *status);
        let answer = home.fhir_with(&token, method, path, body, &[header]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, *code),
            "{method} {path} {body} {header:?}\n{}",
            answer.text
        );
        assert!(!answer.text.contains(CANARY), "{}", answer.text);
        if status == 405 {
            assert!(answer.headers.contains_key("allow"), "{method} {path}");
        }
        if status == 415 {
            assert!(answer.text.contains("application/fhir+json"));
        }
    }
    let head = home.fhir(&token, "HEAD", "/fhir/r4/metadata", "").await;
    assert_eq!(head.status, 405);
    assert_eq!(home.segments().await, 0);
    let records = home.records().await;
    // One for the token, one for each row, and one for HEAD.
    assert_eq!(records.len(), BAD.len() + 2);
    for record in &records[1..] {
        assert_eq!(record.action, "fhir.refused");
        assert!(!format!("{record:?}").to_lowercase().contains(&CANARY.to_lowercase()), "{record:?}");
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_with_an_outcome_and_a_record() {
    let home = Home::new().await;
    let token = home.token("gp").await;
    let answer = home.fhir(&token, "POST", "/fhir/r4/%ff", "{}").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "structure"));
    assert_eq!(home.records().await.len(), 2);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_announced_or_not() {
    let config = GatewayConfig { body_limit_bytes: 1000, ..GatewayConfig::default() };
    let home = Home::with(config, None).await;
    let token = home.token("gp").await;
    let large = format!(r#"{{"resourceType":"Patient","id":"{}"}}"#, "a".repeat(1000));
    let announced =
        home.fhir_with(&token, "POST", "/fhir/r4/Patient", &large, &[("content-length", "1036")]).await;
    let chunks = futures::stream::iter(
        large
            .into_bytes()
            .chunks(100)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>(),
    );
    let request = http::Request::post("/fhir/r4/Patient")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/fhir+json")
        .body(Body::from_stream(chunks))
        .unwrap();
    for answer in [announced, home.send(request).await] {
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (413, "too-long"));
    }
}

#[tokio::test]
async fn a_full_gateway_says_when_to_come_back() {
    let config = GatewayConfig { max_in_flight_bytes: 2048, ..GatewayConfig::default() };
    let home = Home::with(config, None).await;
    let token = home.token("gp").await;
    let body = format!(r#"{{"resourceType":"Patient"{}}}"#, " ".repeat(4000));
    let answer = home.fhir(&token, "POST", "/fhir/r4/Patient", &body).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "throttled"));
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_given_up() {
    let config = GatewayConfig { request_timeout_ms: 50, ..GatewayConfig::default() };
    let home = Home::with(config, None).await;
    let token = home.token("gp").await;
    let request = http::Request::post("/fhir/r4/Patient")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/fhir+json")
        .body(Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>()))
        .unwrap();
    let answer = home.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (408, "timeout"));
}
