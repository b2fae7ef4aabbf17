//! `carelake key`

use crate::{cli::KeyCommand, desk::key_purpose, home::Places, parts::Parts, screen};
use anyhow::Context;
use keys::KeyInfo;
use model::AuditOutcome;
use policy::{Action, Resource};
use std::{io::BufRead, path::Path};

pub(super) async fn run(folder: &Path, command: KeyCommand, json: bool) -> anyhow::Result<()> {
    match command {
        KeyCommand::List => list(folder, json).await,
        KeyCommand::Recover => recover(folder, json).await,
    }
}

async fn list(folder: &Path, json: bool) -> anyhow::Result<()> {
    let parts = Parts::open_for(folder, "key", Action::KeyList, Resource::Key("any")).await?;
    let keys = parts.keyring.list();
    parts.record("key.list", AuditOutcome::Success, "keys", &[]).await?;
    parts.close().await?;
    let keys = keys?;
    if json {
        for key in keys {
            let line = serde_json::json!({
                "key": key.name, "kind": key.kind, "purpose": key_purpose(&key.name), "id": key.id.to_string(),
            });
            screen::say(line.to_string());
        }
        return Ok(());
    }
    let row = |key: &KeyInfo| {
        vec![key.name.clone(), key.kind.to_owned(), key.id.to_string(), key_purpose(&key.name)]
    };
    let rows: Vec<_> = keys.iter().map(row).collect();
    screen::say(screen::table(&["key", "kind", "id", "what it is for"], &rows));
    Ok(())
}

async fn recover(folder: &Path, json: bool) -> anyhow::Result<()> {
    let lines =
        tokio::task::spawn_blocking(|| std::io::stdin().lock().lines().collect::<Result<Vec<_>, _>>());
    let shares: Vec<_> =
        lines.await?.context("read shares")?.into_iter().filter(|line| !line.trim().is_empty()).collect();
    keys::recover_root(&Places::of(folder).keys(), &shares).context("restore the root key")?;
    let parts = Parts::open_for(folder, "key", Action::KeyRecover, Resource::Key("root")).await?;
    parts.record("key.recover", AuditOutcome::Success, "root", &[]).await?;
    parts.close().await?;
    let sentence = "The root key is restored, and opens every key of this home.";
    screen::tell(json, serde_json::json!({ "recovered": true }), sentence);
    Ok(())
}
