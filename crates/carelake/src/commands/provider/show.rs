//! What is shown of providers.

use crate::{parts::Parts, screen};
use anyhow::Context;
use control::{Credential, Provider};
use model::{AuditOutcome, SourceId, Timestamp};
use serde_json::{Value, json};

/// A credential, this once.
pub(super) fn once(json: bool, sentence: &str, shown: &Value) {
    if json {
        return screen::say(shown.to_string());
    }
    let members = shown.as_object().into_iter().flatten().filter(|(name, _)| *name != "name");
    let lines: Vec<_> =
        members.map(|(name, value)| format!("  {name:<18} {}", value.as_str().unwrap_or_default())).collect();
    screen::say(format!("{sentence} What follows is shown this once:\n\n{}", lines.join("\n")));
}

/// All of them, a line each.
pub(super) async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let providers = parts.control.providers().await?;
    parts.record("provider.list", AuditOutcome::Success, "providers", &[]).await?;
    let now = parts.clock.now();
    if json {
        providers.iter().for_each(|provider| screen::say(in_json(provider).to_string()));
        return Ok(());
    }
    let row = |provider: &Provider| {
        let counting = provider.credentials.iter().filter(|credential| credential.counts(now));
        let mut methods: Vec<_> = counting.map(|credential| credential.material.method()).collect();
        methods.dedup();
        vec![
            provider.name.to_string(),
            provider.client_id.clone(),
            screen::words(&provider.scopes),
            methods.join(" "),
            if provider.enabled { "enabled" } else { "disabled" }.to_owned(),
        ]
    };
    let rows: Vec<_> = providers.iter().map(row).collect();
    screen::say(screen::table(&["provider", "client id", "scopes", "credentials", "state"], &rows));
    Ok(())
}

/// One, with its credentials.
pub(super) async fn one(parts: &Parts, name: &SourceId, json: bool) -> anyhow::Result<()> {
    let provider = parts.control.provider(name).await?;
    let provider = provider.with_context(|| format!("there is no provider `{name}`"))?;
    parts.record("provider.show", AuditOutcome::Success, name.as_str(), &[]).await?;
    if json {
        screen::say(in_json(&provider).to_string());
        return Ok(());
    }
    let state = if provider.enabled { "enabled" } else { "disabled" };
    let from = match screen::words(&provider.reach.networks) {
        networks if networks.is_empty() => "anywhere".to_owned(),
        networks => networks,
    };
    let private = if provider.reach.private_only { ", over private addresses only" } else { "" };
    screen::say(format!(
        "Provider {name} ({state})\n  client id   {}\n  scopes      {}\n  may come from  {from}{private}\n",
        provider.client_id,
        screen::words(&provider.scopes)
    ));
    let now = parts.clock.now();
    let row = |credential: &Credential| {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        vec![
            credential.id.clone(),
            credential.material.method().to_owned(),
            if credential.counts(now) { "counts" } else { "ended" }.to_owned(),
            credential.created.to_string(),
            text(credential.expires),
            text(credential.revoked),
        ]
    };
    let rows: Vec<_> = provider.credentials.iter().map(row).collect();
    screen::say(screen::table(&["credential", "method", "state", "made", "ends", "revoked"], &rows));
    Ok(())
}

fn in_json(provider: &Provider) -> Value {
    let credential = |credential: &Credential| {
        json!({
            "id": credential.id,
            "method": credential.material.method(),
            "created": credential.created.to_string(),
            "expires": credential.expires.map(|at| at.to_string()),
            "revoked": credential.revoked.map(|at| at.to_string()),
        })
    };
    json!({
        "name": provider.name,
        "client_id": provider.client_id,
        "scopes": provider.scopes,
        "enabled": provider.enabled,
        "created": provider.created.to_string(),
        "networks": provider.reach.networks,
        "private_only": provider.reach.private_only,
        "credentials": provider.credentials.iter().map(credential).collect::<Vec<_>>(),
    })
}
