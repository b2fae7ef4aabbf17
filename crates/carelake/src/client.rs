//! A provider's side of the gateway: a token, then FHIR over TLS.

use anyhow::{Context, bail};
use reqwest::{Certificate, Client, Response, StatusCode, header};
use serde_json::Value;
use simulate::Request;
use std::{net::SocketAddr, path::Path};

/// A connection to a gateway, with a provider's token once it has one.
#[derive(Clone)]
pub(crate) struct Gateway {
    client: Client,
    base: String,
    token: Option<String>,
}

impl Gateway {
    /// Trusts the home's own certificate authority and nobody else.
    pub(crate) fn new(address: SocketAddr, authority: &Path) -> anyhow::Result<Self> {
        let pem = std::fs::read(authority).with_context(|| format!("read {}", authority.display()))?;
        let client = Client::builder()
            .tls_built_in_root_certs(false)
            .add_root_certificate(Certificate::from_pem(&pem)?)
            .https_only(true)
            .build()?;
        // The certificate names localhost and the loopback addresses.
        Ok(Self { client, base: format!("https://{address}"), token: None })
    }

    /// Asks for a token; gives back what was answered.
    pub(crate) async fn token(&self, client_id: &str, secret: &str) -> anyhow::Result<(StatusCode, Value)> {
        let answer = self
            .client
            .post(format!("{}/oauth/token", self.base))
            .basic_auth(client_id, Some(secret))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials")
            .send()
            .await?;
        Ok((answer.status(), answer.json().await?))
    }

    /// The same connection with a token for `client_id`.
    pub(crate) async fn authenticated(mut self, client_id: &str, secret: &str) -> anyhow::Result<Self> {
        match self.token(client_id, secret).await? {
            (StatusCode::OK, answer) => {
                self.token = answer["access_token"].as_str().map(str::to_owned);
                Ok(self)
            }
            (status, answer) => bail!("the gateway gave no token: {status} {answer}"),
        }
    }

    /// Sends one message as a provider would.
    pub(crate) async fn send(&self, request: Request) -> anyhow::Result<Response> {
        let (method, path, body) = match request {
            Request::Bundle(body) => (reqwest::Method::POST, String::new(), body),
            Request::Put { resource_type, id, body } => {
                (reqwest::Method::PUT, format!("/{resource_type}/{id}"), body)
            }
            Request::Post { resource_type, body } | Request::Raw { resource_type, body } => {
                (reqwest::Method::POST, format!("/{resource_type}"), body)
            }
        };
        let mut request = self
            .client
            .request(method, format!("{}/fhir/r4{path}", self.base))
            .header(header::CONTENT_TYPE, "application/fhir+json")
            .body(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Ok(request.send().await?)
    }
}
