//! People who sign in at an outside OpenID Connect provider, as the operator has named it.

use crate::{config::PeopleConfig, outside::Outside};
use anyhow::{Context, ensure};
use async_trait::async_trait;
use credentials::{
    discovery::Metadata,
    id_token::{self, IdTokenRules},
    key_set::KeySet,
};
use model::{Clock, Timestamp};
use policy::Role;
use reqwest::Url;
use serde::Deserialize;
use server::{AskError, Away, IdentityProvider, Newcomer};
use std::sync::Arc;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// How old what the provider says of itself may become, in milliseconds.
const OLDEST_MS: i64 = 3_600_000;
/// How soon it is asked again for a key that it did not have, in milliseconds.
const AGAIN_MS: i64 = 60_000;

/// The provider.
pub(crate) struct Provider {
    issuer: String,
    config: PeopleConfig,
    secret: Option<Zeroizing<String>>,
    /// Groups there, and the roles that they open.
    groups: Vec<(String, Role)>,
    outside: Arc<Outside>,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<Known>>,
}

/// What it says of itself.
#[derive(Clone)]
struct Known {
    metadata: Metadata,
    keys: Arc<KeySet>,
    at: Timestamp,
}

/// What a code is changed into (OpenID Connect Core 1.0 §3.1.3.3).
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// What is answered instead (RFC 6749 §5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Provider {
    /// The provider of the configuration, if it names one. It is asked nothing before somebody signs in.
    pub(crate) fn new(
        config: &PeopleConfig,
        outside: Arc<Outside>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Option<Self>> {
        let Some(issuer) = config.issuer.clone() else { return Ok(None) };
        ensure!(issuer.starts_with("https://"), "[people] issuer is an https address");
        ensure!(
            config.scopes.split_whitespace().any(|scope| scope == "openid"),
            "[people] scopes hold `openid`"
        );
        let role = |line: &String| {
            let (group, role) = line
                .rsplit_once('=')
                .with_context(|| format!("[people] groups: `{line}` is not GROUP=ROLE"))?;
            let role = role.trim().parse::<Role>().with_context(|| format!("[people] groups: `{line}`"))?;
            ensure!(role != Role::Provider, "[people] groups: no group is a provider");
            Ok((group.trim().to_owned(), role))
        };
        let secret = config.client_secret_file.as_ref().map(|file| {
            let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
            anyhow::Ok(Zeroizing::new(text.trim().to_owned()))
        });
        Ok(Some(Self {
            issuer,
            groups: config.groups.iter().map(role).collect::<anyhow::Result<_>>()?,
            secret: secret.transpose()?,
            config: config.clone(),
            outside,
            clock,
            known: Mutex::default(),
        }))
    }

    /// What it says of itself, asked again when that is older than `oldest_ms`.
    async fn known(&self, oldest_ms: i64) -> anyhow::Result<Known> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some(known) = known.as_ref().filter(|known| now.0 - known.at.0 < oldest_ms) {
            return Ok(known.clone());
        }
        let metadata = self.outside.metadata_of(&self.issuer).await?;
        let keys = self.outside.key_set(&metadata.jwks_uri).await?;
        let asked = Known { metadata, keys: Arc::new(KeySet::parse(&keys)?), at: now };
        *known = Some(asked.clone());
        Ok(asked)
    }

    async fn exchange(&self, code: &str, away: &Away<'_>) -> anyhow::Result<Result<Tokens, String>> {
        let known = self.known(OLDEST_MS).await?;
        let endpoint = known.metadata.token_endpoint.context("the provider has no token endpoint")?;
        let client = self.secret.as_ref().map(|secret| (self.config.client_id.as_str(), secret.as_str()));
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", away.back),
            ("code_verifier", away.verifier),
        ];
        // Who has no secret says who it is in the form (RFC 6749 §4.1.3).
        fields.extend(client.is_none().then_some(("client_id", self.config.client_id.as_str())));
        let (good, answer) = self.outside.post_form(&endpoint, &fields, client).await?;
        match good {
            true => Ok(Ok(serde_json::from_slice(&answer).context("understand the tokens")?)),
            false => {
                let refusal = serde_json::from_slice::<Refusal>(&answer);
                let refusal = refusal.context("the provider refuses, and does not say why")?;
                Ok(Err(refusal.error))
            }
        }
    }
}

fn failed(error: anyhow::Error) -> AskError {
    AskError::Lake(format!("{error:#}"))
}

#[async_trait]
impl IdentityProvider for Provider {
    fn title(&self) -> &str {
        &self.config.title
    }

    fn outside(&self, subject: &str) -> String {
        format!("{} {subject}", self.issuer)
    }

    async fn address(&self, away: &Away<'_>) -> Result<String, AskError> {
        let known = self.known(OLDEST_MS).await.map_err(failed)?;
        let endpoint = known.metadata.authorization_endpoint;
        let endpoint = endpoint.context("the provider lets no people sign in").map_err(failed)?;
        let mut address: Url = endpoint.parse().context("read the provider's address").map_err(failed)?;
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", away.back)
            .append_pair("scope", &self.config.scopes)
            .append_pair("state", away.state)
            .append_pair("nonce", away.nonce)
            .append_pair("code_challenge", &away.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok(address.into())
    }

    async fn who(&self, code: &str, away: &Away<'_>) -> Result<Newcomer, AskError> {
        let tokens = self.exchange(code, away).await.map_err(failed)?.map_err(AskError::Question)?;
        let rules = IdTokenRules {
            issuer: &self.issuer,
            client: &self.config.client_id,
            nonce: away.nonce,
            name_claim: &self.config.name_claim,
            groups_claim: &self.config.groups_claim,
        };
        let read = |known: &Known| id_token::verify(&tokens.id_token, &rules, &known.keys, self.clock.now());
        let known = self.known(OLDEST_MS).await.map_err(failed)?;
        let told = match read(&known) {
            Err(error) if error.is_unknown_key() => read(&self.known(AGAIN_MS).await.map_err(failed)?),
            other => other,
        };
        let told = told.map_err(|error| AskError::Question(error.to_string()))?;
        let opened = self.groups.iter().filter(|(group, _)| told.groups.contains(group));
        let mut roles: Vec<_> = opened.map(|(_, role)| role.as_str().to_owned()).collect();
        roles.sort_unstable();
        roles.dedup();
        Ok(Newcomer {
            outside: self.outside(&told.subject),
            name: told.name,
            display: told.display,
            roles,
            second_factor: told.proofs.iter().any(|proof| self.config.second_factor.contains(proof)),
        })
    }
}
