//! A provider's side: a token, then FHIR over TLS, sent again until it is acknowledged.

use crate::{home::Home, inputs::Sent, service::PATIENCE};
use reqwest::{Certificate, Client, Method, StatusCode};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// A registered provider.
#[derive(Clone)]
pub(crate) struct Provider {
    client: Client,
    client_id: String,
    secret: String,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: Method,
    path: String,
    body: String,
}

impl Request {
    pub(crate) fn put(sent: &Sent) -> Self {
        Self {
            method: Method::PUT,
            path: format!("/{}/{}", sent.resource_type, sent.id),
            body: sent.body.to_string(),
        }
    }

    /// A message of the simulation.
    pub(crate) fn of(request: &simulate::Request) -> Self {
        use simulate::Request::{Bundle, Post, Put, Raw};
        let (method, path, body) = match request {
            Bundle(body) => (Method::POST, String::new(), body),
            Put { resource_type, id, body } => (Method::PUT, format!("/{resource_type}/{id}"), body),
            Post { resource_type, body } | Raw { resource_type, body } => {
                (Method::POST, format!("/{resource_type}"), body)
            }
        };
        Self { method, path, body: String::from_utf8(body.clone()).unwrap() }
    }

    /// A create: the gateway gives the id.
    pub(crate) fn post(sent: &Sent) -> Self {
        Self { method: Method::POST, path: format!("/{}", sent.resource_type), body: sent.body.to_string() }
    }

    /// A transaction Bundle. No id may come twice in it.
    pub(crate) fn transaction(resources: &[Sent]) -> Self {
        let entries: Vec<_> = resources
            .iter()
            .map(|sent| {
                let url = format!("{}/{}", sent.resource_type, sent.id);
                json!({ "resource": sent.body, "request": { "method": "PUT", "url": url } })
            })
            .collect();
        let body = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
        Self { method: Method::POST, path: String::new(), body: body.to_string() }
    }
}

/// Single resources and Bundles in turn, in the order in which a source has sent them.
pub(crate) fn requests(resources: &[Sent]) -> Vec<Request> {
    let mut requests = Vec::new();
    for (at, part) in resources.chunks(8).enumerate() {
        let whole = part.iter().all(|sent| sent.before == 0);
        if whole && at % 2 == 0 {
            requests.push(Request::transaction(part));
        } else {
            requests.extend(part.iter().map(Request::put));
        }
    }
    requests
}

impl Provider {
    /// Registers `name` at `home`.
    pub(crate) fn add(home: &Home, name: &str) -> Self {
        let granted = ["--json", "provider", "add", name, "--scope", "system/*.cu"];
        Self::of(home, &home.run(granted).exits(0).json())
    }

    /// The provider with the credential that the home has printed.
    pub(crate) fn of(home: &Home, credential: &Value) -> Self {
        let text = |name: &str| credential[name].as_str().unwrap().to_owned();
        // Whichever test comes first installs it.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let authority = std::fs::read(home.path().join("tls/ca.pem")).unwrap();
        let client = Client::builder()
            .tls_built_in_root_certs(false)
            .add_root_certificate(Certificate::from_pem(&authority).unwrap())
            .https_only(true)
            .timeout(PATIENCE / 3)
            .build()
            .unwrap();
        Self { client, client_id: text("client_id"), secret: text("client_secret") }
    }

    pub(crate) fn with_secret(mut self, secret: &str) -> Self {
        secret.clone_into(&mut self.secret);
        self
    }

    pub(crate) async fn token(&self, address: SocketAddr) -> reqwest::Result<(StatusCode, Value)> {
        let answer = self
            .client
            .post(format!("https://{address}/oauth/token"))
            .basic_auth(&self.client_id, Some(&self.secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials")
            .send()
            .await?;
        Ok((answer.status(), answer.json().await?))
    }

    pub(crate) async fn send(
        &self,
        address: SocketAddr,
        token: &str,
        request: &Request,
    ) -> reqwest::Result<(StatusCode, String)> {
        let answer = self
            .client
            .request(request.method.clone(), format!("https://{address}/fhir/r4{}", request.path))
            .bearer_auth(token)
            .header("content-type", "application/fhir+json")
            .body(request.body.clone())
            .send()
            .await?;
        Ok((answer.status(), answer.text().await?))
    }

    /// Sends all in order, each again until it is acknowledged, to wherever the gateway is by then.
    pub(crate) async fn send_all(
        &self,
        gateway: &watch::Receiver<SocketAddr>,
        requests: &[Request],
        mut acknowledged: impl FnMut(),
    ) {
        let mut token = None;
        for request in requests {
            let begun = Instant::now();
            loop {
                assert!(begun.elapsed() < PATIENCE, "not acknowledged: {} {}", request.method, request.path);
                let address = *gateway.borrow();
                if token.is_none() {
                    token = match self.token(address).await {
                        Ok((StatusCode::OK, answer)) => answer["access_token"].as_str().map(str::to_owned),
                        _ => None,
                    };
                }
                if let Some(bearer) = &token {
                    match self.send(address, bearer, request).await {
                        Ok((status, _)) if status.is_success() => break,
                        Ok((StatusCode::UNAUTHORIZED, _)) | Err(_) => token = None,
                        Ok((status, _)) if status.is_server_error() => {}
                        Ok((status, answer)) => {
                            panic!("{} {}: {status} {answer}", request.method, request.path)
                        }
                    }
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            acknowledged();
        }
    }
}
