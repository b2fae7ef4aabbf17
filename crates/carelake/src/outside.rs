//! What is fetched from outside: metadata of issuers (OpenID Connect Discovery 1.0) and key sets (RFC 7517).
//!
//! Only from hosts that the operator names, only over TLS, without following redirects, and bounded in bytes and
//! time. What comes is kept in the control database; the gateway reads it there and fetches nothing.

use crate::config::OutsideConfig;
use anyhow::{Context, bail};
use control::{Control, KeySetCopy};
use credentials::{
    discovery::{self, Metadata},
    key_set::KeySet,
};
use futures::StreamExt;
use model::{Clock, Timestamp};
use reqwest::{Certificate, Client, Response, Url, redirect};
use std::{sync::Arc, time::Duration};

/// The largest answer that is read.
const ANSWER_LIMIT_BYTES: usize = 64 << 10;
/// The longest that one may take.
const WITHIN: Duration = Duration::from_secs(10);
/// How often it is looked which copies are too old.
const LOOKED_AT: Duration = Duration::from_secs(2);
/// How long is waited after a try before the next, in milliseconds: a stranger can name any key.
const BETWEEN_TRIES_MS: i64 = 60_000;

/// Asks the hosts that may be asked.
pub(crate) struct Outside {
    client: Client,
    config: OutsideConfig,
}

impl Outside {
    /// # Errors
    /// The file of certificate authorities cannot be read, where there are hosts to be asked.
    pub(crate) fn new(config: &OutsideConfig) -> anyhow::Result<Self> {
        let mut builder = Client::builder()
            .https_only(true)
            .tls_built_in_root_certs(false)
            .redirect(redirect::Policy::none())
            .timeout(WITHIN);
        if !config.hosts.is_empty() {
            let file = &config.ca_file;
            let pem = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
            for authority in Certificate::from_pem_bundle(&pem)? {
                builder = builder.add_root_certificate(authority);
            }
        }
        Ok(Self { client: builder.build()?, config: config.clone() })
    }

    /// What an issuer says of itself.
    pub(crate) async fn metadata_of(&self, issuer: &str) -> anyhow::Result<Metadata> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata = self.get(&url).await?;
        discovery::parse(&metadata, issuer).context("understand the issuer's metadata")
    }

    /// The JWK Set at `url`, if it can be used.
    pub(crate) async fn key_set(&self, url: &str) -> anyhow::Result<Vec<u8>> {
        let jwks = self.get(url).await?;
        KeySet::parse(&jwks).context("understand the key set")?;
        Ok(jwks)
    }

    /// Fetches the key set at `url` into the control database. What fails is noted there too.
    pub(crate) async fn refresh(&self, control: &Control, url: &str) -> anyhow::Result<()> {
        let fetched = self.key_set(url).await;
        match &fetched {
            Ok(jwks) => control.put_key_set(url, Ok(jwks)).await?,
            Err(error) => control.put_key_set(url, Err(&format!("{error:#}"))).await?,
        }
        fetched.map(drop)
    }

    /// Posts JSON to `url`.
    pub(crate) async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> anyhow::Result<()> {
        let request =
            self.client.post(self.allowed(url)?).header("content-type", "application/json").body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// Posts a form, as a client with a secret if there is one (RFC 6749 §2.3.1), and gives back what is answered:
    /// whether it is a success, and its bytes.
    pub(crate) async fn post_form(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        client: Option<(&str, &str)>,
    ) -> anyhow::Result<(bool, Vec<u8>)> {
        let request = self.client.post(self.allowed(url)?).form(fields);
        let request = match client {
            Some((id, secret)) => request.basic_auth(encoded(id), Some(encoded(secret))),
            None => request,
        };
        let answer = request.send().await?;
        let good = answer.status().is_success();
        Ok((good, bounded(answer).await?))
    }

    /// The address, if its host may be asked.
    fn allowed(&self, url: &str) -> anyhow::Result<Url> {
        let url: Url = url.parse().context("read the address")?;
        let host = url.host_str().context("the address names no host")?;
        let with_port = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
        may_ask(&self.config, host, &with_port)?;
        Ok(url)
    }

    /// What asks hosts that may be asked, for a client that has its own ways.
    pub(crate) fn client_for(&self, url: &str) -> anyhow::Result<Client> {
        self.allowed(url)?;
        Ok(self.client.clone())
    }

    async fn get(&self, url: &str) -> anyhow::Result<Vec<u8>> {
        bounded(self.client.get(self.allowed(url)?).send().await?.error_for_status()?).await
    }

    fn is_due(&self, copy: &KeySetCopy, now: Timestamp) -> bool {
        let old = copy.fetched.is_none_or(|at| now.0 - at.0 >= i64::from(self.config.refresh_s) * 1000);
        let rested = copy.tried.is_none_or(|at| now.0 - at.0 >= BETWEEN_TRIES_MS);
        rested && (old || copy.wanted.is_some())
    }
}

/// Refuses a host that the operator does not name, neither alone nor with its port.
pub(crate) fn may_ask(config: &OutsideConfig, host: &str, with_port: &str) -> anyhow::Result<()> {
    if config.hosts.iter().any(|allowed| allowed == host || allowed == with_port) {
        return Ok(());
    }
    bail!("the host {host} may not be asked: add it to [outside] hosts in the configuration")
}

/// A client's id or secret as it is shown (RFC 6749 §2.3.1, Appendix B).
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn bounded(answer: Response) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunks = answer.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() > ANSWER_LIMIT_BYTES {
            bail!("the answer has more than {ANSWER_LIMIT_BYTES} bytes");
        }
    }
    Ok(bytes)
}

/// Keeps the copies of key sets fresh, for ever.
pub(crate) async fn keep_fresh(outside: Arc<Outside>, control: Arc<Control>, clock: Arc<dyn Clock>) {
    loop {
        match control.key_sets().await {
            Ok(copies) => {
                for copy in copies.iter().filter(|copy| outside.is_due(copy, clock.now())) {
                    if let Err(error) = outside.refresh(&control, &copy.url).await {
                        let cause = format!("{error:#}");
                        tracing::warn!(cause, "a key set could not be fetched; its last copy goes on");
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the key sets could not be listed"),
        }
        tokio::time::sleep(LOOKED_AT).await;
    }
}
