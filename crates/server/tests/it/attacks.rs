//! Requests that are written to be read differently by two readers, and other tricks, over real connections.

use crate::{gateway::Gateway, home::Home};

const PATIENT: &str = r#"{"resourceType":"Patient"}"#;

/// A request as bytes; `lines` are the header lines besides Host and Connection.
fn raw(first: &str, lines: &[&str], body: &str) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("{first} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n{body}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_two_readers_would_end_in_different_places_stores_nothing() {
    let gateway = Gateway::start().await;
    let token = gateway.home.token("gp").await;
    let authorization = format!("Authorization: Bearer {token}");
    let (kind, length) =
        ("Content-Type: application/fhir+json", format!("Content-Length: {}", PATIENT.len()));
    let first = "POST /fhir/r4/Patient";
    let good = raw(first, &[&authorization, kind, &length], PATIENT);
    assert_eq!(gateway.send(0, None, good).await.0, 201);
    let before = gateway.home.segments().await;
    let chunked = format!("{:x}\r\n{PATIENT}\r\n0\r\n\r\n", PATIENT.len());
    let smuggled = format!("0\r\n\r\n{}", raw(first, &[&authorization, kind, &length], PATIENT));
    for (what, lines, body) in [
        ("length and chunks", vec![length.as_str(), "Transfer-Encoding: chunked"], smuggled.as_str()),
        ("two lengths", vec![length.as_str(), "Content-Length: 1"], PATIENT),
        ("a length with a sign", vec!["Content-Length: +26"], PATIENT),
        ("a length that is a list", vec!["Content-Length: 26, 1"], PATIENT),
        ("chunks by another name", vec!["Transfer-Encoding: xchunked"], chunked.as_str()),
        ("chunks not last", vec!["Transfer-Encoding: chunked, identity"], chunked.as_str()),
        ("a space before the colon", vec!["Content-Length : 26"], PATIENT),
        ("a folded line", vec!["X-A: b", " Content-Length: 26"], PATIENT),
    ] {
        let all: Vec<&str> = [authorization.as_str(), kind].into_iter().chain(lines).collect();
        let (status, _) = gateway.send(0, None, raw(first, &all, body)).await;
        assert!((400..=501).contains(&status), "{what}: {status}");
        assert_eq!(gateway.home.segments().await, before, "{what}");
    }
}

#[tokio::test]
async fn paths_and_headers_that_play_tricks_are_refused_and_recorded() {
    let home = Home::new().await;
    let token = home.token("gp").await;
    for (path, status) in [
        ("/fhir/r4/../r4/Patient", 400),
        ("/fhir/r4/./Patient", 400),
        ("/fhir/r4//Patient", 400),
        ("/fhir/r4/%50atient", 400),
        ("/fhir%2fr4/Patient", 400),
        ("/fhir/r4/Patient%2f..%2fBasic", 400),
        ("/fhir/r4/Patient;a=b", 400),
        ("/FHIR/R4/Patient", 404),
        ("/fhir/R4/Patient", 404),
        ("/fhir/r4/patient", 404),
    ] {
        let before = home.records().await.len();
        assert_eq!(home.fhir(&token, "POST", path, PATIENT).await.status, status, "{path}");
        assert_eq!(home.records().await.len(), before + 1, "{path}");
    }
    let long = "x".repeat(20_000);
    for bearer in [long.as_str(), "", "a.b.c", &format!("{token}x"), &format!(" {token} {token}")] {
        let before = home.records().await.len();
        assert_eq!(home.fhir(bearer, "POST", "/fhir/r4/Patient", PATIENT).await.status, 401);
        assert_eq!(home.records().await.len(), before + 1);
    }
    assert_eq!(home.segments().await, 0);
}

#[tokio::test]
async fn an_authorization_that_comes_twice_is_refused_whichever_is_good() {
    let home = Home::new().await;
    let token = home.token("gp").await;
    for others in [["Bearer x", "Basic eDp5"], ["Bearer x", "Bearer y"]] {
        let headers = others.map(|other| ("authorization", other));
        let answer = home.fhir_with(&token, "POST", "/fhir/r4/Patient", PATIENT, &headers).await;
        assert_eq!(answer.status, 401);
    }
}
