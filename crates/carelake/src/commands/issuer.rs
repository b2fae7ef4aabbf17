//! `carelake issuer`

use crate::{cli::IssuerCommand, outside::Outside, parts::Parts, screen};
use anyhow::Context;
use control::Issuer;
use model::AuditOutcome;
use policy::{Action, Resource};
use std::path::Path;

pub(super) async fn run(folder: &Path, command: IssuerCommand, json: bool) -> anyhow::Result<()> {
    let action = match command {
        IssuerCommand::List => Action::IssuerList,
        IssuerCommand::Add { .. } | IssuerCommand::Remove { .. } => Action::IssuerChange,
    };
    let parts = Parts::open_for(folder, "issuer", action, Resource::Lake).await?;
    match command {
        IssuerCommand::Add { name, url, audience, scope_prefix, own_grants } => {
            let outside = Outside::new(&parts.home.config.outside)?;
            let key_set = outside.metadata_of(&url).await.context("find the issuer's keys")?.jwks_uri;
            let jwks = outside.key_set(&key_set).await.context("fetch the issuer's keys")?;
            let name = name.as_str().to_owned();
            let issuer =
                Issuer { name, url, audience, scope_prefix, own_grants, key_set: Some(key_set.clone()) };
            parts.control.add_issuer(&issuer).await?;
            parts.control.put_key_set(&key_set, Ok(&jwks)).await?;
            let facts = [("own_grants", own_grants.to_string())];
            parts.record("issuer.add", AuditOutcome::Success, &issuer.name, &facts).await?;
            told(json, &issuer.name, "its tokens are taken for providers that are registered with it");
        }
        IssuerCommand::List => list(&parts, json).await?,
        IssuerCommand::Remove { name } => {
            parts.control.remove_issuer(&name).await?;
            parts.record("issuer.remove", AuditOutcome::Success, &name, &[]).await?;
            told(json, &name, "its tokens are taken no more");
        }
    }
    parts.close().await
}

fn told(json: bool, name: &str, what: &str) {
    screen::tell(json, serde_json::json!({ "name": name }), format!("Issuer {name}: {what}."));
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let copies = parts.control.key_sets().await?;
    let mut rows = Vec::new();
    for issuer in parts.control.issuers().await? {
        let copy = copies.iter().find(|copy| Some(&copy.url) == issuer.key_set.as_ref());
        let fetched = copy.and_then(|copy| copy.fetched).map(|at| at.to_string());
        let error = copy.map(|copy| copy.error.clone()).unwrap_or_default();
        if json {
            let line = serde_json::json!({
                "name": issuer.name, "url": issuer.url, "audience": issuer.audience,
                "scope_prefix": issuer.scope_prefix, "own_grants": issuer.own_grants,
                "key_set": issuer.key_set, "fetched": fetched, "error": error,
            });
            screen::say(line.to_string());
        }
        rows.push(vec![issuer.name, issuer.url, issuer.audience, fetched.unwrap_or_default(), error]);
    }
    parts.record("issuer.list", AuditOutcome::Success, "issuers", &[]).await?;
    if !json {
        screen::say(screen::table(&["issuer", "address", "audience", "keys fetched", "last error"], &rows));
    }
    Ok(())
}
