//! `carelake key`

use crate::{cli::KeyCommand, home::Places, parts::Parts, screen};
use anyhow::Context;
use model::AuditOutcome;
use policy::{Action, Resource};
use std::{io::BufRead, path::Path};

pub(super) async fn run(folder: &Path, command: KeyCommand, json: bool) -> anyhow::Result<()> {
    let KeyCommand::Recover = command;
    let lines =
        tokio::task::spawn_blocking(|| std::io::stdin().lock().lines().collect::<Result<Vec<_>, _>>());
    let shares: Vec<_> =
        lines.await?.context("read shares")?.into_iter().filter(|line| !line.trim().is_empty()).collect();
    keys::recover_root(&Places::of(folder).keys(), &shares).context("restore the root key")?;
    let parts = Parts::open_for(folder, "key", Action::KeyRecover, Resource::Key("root")).await?;
    parts.record("key.recover", AuditOutcome::Success, "root", &[]).await?;
    parts.close().await?;
    if json {
        screen::say(serde_json::json!({ "recovered": true }).to_string());
    } else {
        screen::say("The root key is restored, and opens every key of this home.");
    }
    Ok(())
}
