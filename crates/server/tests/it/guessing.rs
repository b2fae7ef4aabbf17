//! Guessing is slowed down, and nobody is locked out by it.

use crate::home::{Home, SECRET};
use axum::body::Body;
use http::Request;
use server::Peer;
use std::sync::Arc;

const GRANT: &str = "grant_type=client_credentials";

async fn guess(home: &Home, address: &str, secret: &str) -> (u16, Option<String>) {
    let peer = Peer { address: address.parse().unwrap(), private: false, certificate: None };
    let request = Request::post("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .extension(Arc::new(peer))
        .body(Body::from(format!("{GRANT}&client_id=gp-client&client_secret={secret}")))
        .unwrap();
    let answer = home.send(request).await;
    let later = answer.headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (answer.status.as_u16(), later)
}

#[tokio::test]
async fn a_guesser_is_told_to_come_later_and_its_records_are_one() {
    let home = Home::new().await;
    for _ in 0..30 {
        assert_eq!(guess(&home, "192.0.2.1", "wrong").await, (401, None));
    }
    for _ in 0..50 {
        assert_eq!(guess(&home, "192.0.2.1", "wrong").await, (429, Some("61".to_owned())));
    }
    let records = home.records().await;
    assert_eq!(records.len(), 31);
    assert!(records[30].detail.contains("too-many-guesses"));
    // Its neighbour is answered as ever, and the rightful one is let in from the guesser's own address.
    assert_eq!(guess(&home, "192.0.2.2", "wrong").await.0, 401);
    let right: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    assert_eq!(guess(&home, "192.0.2.1", &right).await.0, 200);
    home.clock.advance_ms(61_000);
    assert_eq!(guess(&home, "192.0.2.1", "wrong").await.0, 401);
}

#[tokio::test]
async fn forged_tokens_count_as_guesses_too() {
    let home = Home::new().await;
    let mut last = 0;
    for _ in 0..31 {
        let answer = home.fhir("forged", "POST", "/fhir/r4/Patient", "{}").await;
        last = answer.status.as_u16();
    }
    assert_eq!(last, 429);
    assert_eq!(home.records().await.len(), 31);
    let token = home.token("gp").await;
    let body = r#"{"resourceType":"Patient"}"#;
    assert_eq!(home.fhir(&token, "POST", "/fhir/r4/Patient", body).await.status, 201);
}
