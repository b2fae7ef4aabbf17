//! Many connections at once, over TLS: every entry answered, one record each.

use crate::{home::Home, tls::certificate};
use rustls::version;
use serde_json::json;
use server::{GatewayConfig, serve};
use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

/// A transaction of `count` resources, about 1.4 KB each.
fn transaction(count: usize) -> String {
    let note = "n".repeat(1000);
    let entries: Vec<_> = (0..count)
        .map(|at| {
            let resource = json!({ "resourceType": "Observation", "status": "final",
                "code": { "coding": [{ "system": "http://loinc.org", "code": "8302-2", "display": "Height" }] },
                "subject": { "reference": "urn:uuid:0" }, "note": [{ "text": note }],
                "effectiveDateTime": "2020-01-01T00:00:00Z", "valueQuantity": { "value": at, "unit": "cm" } });
            json!({ "fullUrl": format!("urn:uuid:{at}"), "resource": resource,
                "request": { "method": "POST", "url": "Observation" } })
        })
        .collect();
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries }).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_connections_of_transactions_are_all_answered_and_recorded() {
    const CONNECTIONS: usize = 8;
    const SIZE: usize = 300;
    // More rounds, for measuring: CARELAKE_LOAD_ROUNDS=100.
    let rounds: usize =
        std::env::var("CARELAKE_LOAD_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let listen = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))];
    let home = Home::with(GatewayConfig { listen, ..GatewayConfig::default() }, None).await;
    let token = home.token("gp").await;
    let certificate = Arc::new(certificate());
    let serving =
        serve(Arc::clone(&home.app), &certificate.server, std::future::pending::<()>()).await.unwrap();
    let address = serving.addresses()[0];
    let body = transaction(SIZE);
    let head = format!(
        "POST /fhir/r4 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/fhir+json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let request = Arc::new(format!("{head}{body}"));
    let began = Instant::now();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (request, certificate) = (Arc::clone(&request), Arc::clone(&certificate));
            std::thread::spawn(move || {
                let mut stream = BufReader::new(certificate.connect(address, &version::TLS13));
                for _ in 0..rounds {
                    stream.get_mut().write_all(request.as_bytes()).unwrap();
                    stream.get_mut().flush().unwrap();
                    let text = answer(&mut stream);
                    assert_eq!(text.matches("201 Created").count(), SIZE);
                }
            })
        })
        .collect();
    tokio::task::spawn_blocking(move || clients.into_iter().for_each(|client| client.join().unwrap()))
        .await
        .unwrap();
    let total = CONNECTIONS * rounds * SIZE;
    eprintln!(
        "{total} resources in {:?}: {:.0}/s",
        began.elapsed(),
        total as f64 / began.elapsed().as_secs_f64()
    );
    assert_eq!(home.records().await.len(), 1 + CONNECTIONS * rounds);
}

/// Reads one HTTP/1.1 answer with a Content-Length and returns its body.
fn answer(stream: &mut impl BufRead) -> String {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}
