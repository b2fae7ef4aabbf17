//! Mutual TLS: a certificate authenticates, and binds the tokens that it gets (RFC 8705).

use crate::gateway::Gateway;
use control::{Material, NewCredential, Reach};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use server::certificate_thumbprint;
use std::sync::Arc;

impl Gateway {
    async fn token(&self, to: usize, client: Option<&Arc<CertifiedKey<KeyPair>>>) -> (u16, String) {
        let form = "grant_type=client_credentials&client_id=gp-client";
        let (status, text) = self
            .send(to, client, request("/oauth/token", "application/x-www-form-urlencoded", "", form))
            .await;
        let token = text.split("\"access_token\":\"").nth(1).and_then(|rest| rest.split('"').next());
        (status, token.unwrap_or_default().to_owned())
    }

    async fn create(&self, to: usize, client: Option<&Arc<CertifiedKey<KeyPair>>>, token: &str) -> u16 {
        let authorization = format!("Authorization: Bearer {token}\r\n");
        let body = r#"{"resourceType":"Patient"}"#;
        let text = request("/fhir/r4/Patient", "application/fhir+json", &authorization, body);
        self.send(to, client, text).await.0
    }
}

fn request(path: &str, content_type: &str, headers: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

fn client() -> Arc<CertifiedKey<KeyPair>> {
    Arc::new(generate_simple_self_signed(vec!["gp".to_owned()]).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_gets_a_token_that_is_worth_nothing_without_it() {
    let gateway = Gateway::start().await;
    let (mine, other) = (client(), client());
    let material = Material::Certificate(certificate_thumbprint(mine.cert.der()));
    let new = NewCredential { id: "gp-tls".to_owned(), material, expires: None };
    gateway.home.app.control.add_credential(&"gp".parse().unwrap(), new, None).await.unwrap();
    assert_eq!(gateway.token(0, None).await.0, 401);
    assert_eq!(gateway.token(0, Some(&other)).await.0, 401);
    let (status, token) = gateway.token(0, Some(&mine)).await;
    assert_eq!(status, 200);
    assert_eq!(gateway.create(0, Some(&mine), &token).await, 201);
    assert_eq!(gateway.create(0, Some(&other), &token).await, 401);
    assert_eq!(gateway.create(0, None, &token).await, 401);
    gateway.home.app.control.revoke_credential("gp-tls").await.unwrap();
    assert_eq!(gateway.create(0, Some(&mine), &token).await, 401, "revoked: its tokens too");
    assert_eq!(gateway.token(0, Some(&mine)).await.0, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_is_taken_from_where_it_may_come_only() {
    let gateway = Gateway::start().await;
    let control = &gateway.home.app.control;
    let gp = "gp".parse().unwrap();
    let token = gateway.home.token("gp").await;
    for (networks, private_only, public, private) in [
        (vec!["127.0.0.0/8"], false, 201, 201),
        (vec!["127.0.0.0/8"], true, 401, 201),
        (vec![], true, 401, 201),
        (vec!["10.0.0.0/8", "::1/128"], false, 401, 401),
    ] {
        let networks: Vec<_> = networks.iter().map(|network| network.parse().unwrap()).collect();
        control.set_provider_reach(&gp, &Reach { networks, private_only }).await.unwrap();
        let answers = [gateway.create(0, None, &token).await, gateway.create(1, None, &token).await];
        assert_eq!(answers, [public, private]);
    }
}
