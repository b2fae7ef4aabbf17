//! `carelake provider`

use crate::{cli::ProviderCommand, parts::Parts, screen};
use control::NewProvider;
use model::{AuditOutcome, Scope, SourceId};
use std::path::Path;
use uuid::Uuid;

/// A credential, shown once.
pub(super) struct Credential {
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

pub(super) async fn run(folder: &Path, command: ProviderCommand, json: bool) -> anyhow::Result<()> {
    let parts = Parts::open(folder, "provider").await?;
    match command {
        ProviderCommand::Add { name, scopes } => {
            let credential = add(&parts, &name, scopes).await?;
            if json {
                let answer = serde_json::json!({
                    "name": name,
                    "client_id": credential.client_id,
                    "client_secret": credential.client_secret,
                });
                screen::say(answer.to_string());
            } else {
                screen::say(format!(
                    "Provider {name} is registered. Its credential is shown this once:\n\n  client_id      {}\n  client_secret  {}",
                    credential.client_id, credential.client_secret
                ));
            }
        }
        ProviderCommand::List => list(&parts, json).await?,
        ProviderCommand::Disable { name } => {
            parts.control.set_provider_enabled(&name, false).await?;
            parts.record("provider.disable", AuditOutcome::Success, name.as_str(), &[]).await?;
            if json {
                screen::say(serde_json::json!({ "name": name, "enabled": false }).to_string());
            } else {
                screen::say(format!("Provider {name} is refused from its next request on."));
            }
        }
    }
    parts.close().await
}

/// Registers a provider with a random secret (two UUIDs of version 4), of which only a keyed hash is kept.
pub(super) async fn add(parts: &Parts, name: &SourceId, scopes: Vec<Scope>) -> anyhow::Result<Credential> {
    let client_id = format!("{name}-{}", &Uuid::new_v4().simple().to_string()[..8]);
    let client_secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let mac = parts.keyring.gateway()?.provider_secret_mac;
    let secret_mac = server::provider_secret_mac(&mac, &client_id, &client_secret);
    let granted = scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let provider = NewProvider { name: name.clone(), client_id: client_id.clone(), secret_mac, scopes };
    parts.control.add_provider(provider).await?;
    parts.record("provider.add", AuditOutcome::Success, name.as_str(), &[("scopes", granted)]).await?;
    Ok(Credential { client_id, client_secret })
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let providers = parts.control.providers().await?;
    parts.record("provider.list", AuditOutcome::Success, "providers", &[]).await?;
    if json {
        for provider in providers {
            screen::say(
                serde_json::json!({
                    "name": provider.name,
                    "client_id": provider.client_id,
                    "scopes": provider.scopes,
                    "enabled": provider.enabled,
                    "created": provider.created.to_string(),
                })
                .to_string(),
            );
        }
        return Ok(());
    }
    let rows: Vec<_> = providers
        .iter()
        .map(|provider| {
            vec![
                provider.name.to_string(),
                provider.client_id.clone(),
                provider.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                if provider.enabled { "enabled" } else { "disabled" }.to_owned(),
            ]
        })
        .collect();
    screen::say(screen::table(&["provider", "client id", "scopes", "state"], &rows));
    Ok(())
}
