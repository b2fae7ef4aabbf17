//! `carelake audit`

mod alerts;
mod archive;
mod disclosures;
mod hold;
mod records;
mod retain;
mod verify;

pub(super) use verify::check;

use crate::{
    cli::{AuditCommand, HoldCommand},
    parts::Parts,
    screen,
};
use ::audit::verifier_key;
use anyhow::Context;
use keys::SigningPurpose;
use model::AuditOutcome;
use policy::{Action, Resource};
use std::{path::Path, process::ExitCode};

pub(super) async fn run(folder: &Path, command: AuditCommand, json: bool) -> anyhow::Result<ExitCode> {
    if let AuditCommand::Verify(args) = &command
        && let Some(archive) = &args.archive
    {
        return verify::archive(archive, args, json).await;
    }
    if let AuditCommand::Rules { file: Some(file) } = &command {
        return alerts::prove(file, json);
    }
    let action = match command {
        AuditCommand::Verify(_) | AuditCommand::Checkpoint { .. } => Action::AuditVerify,
        AuditCommand::Acknowledge { .. }
        | AuditCommand::Hold(HoldCommand::Place { .. } | HoldCommand::Release { .. }) => Action::AccessReview,
        AuditCommand::Retain(_) => Action::AuditRetain,
        _ => Action::AuditQuery,
    };
    let resource = if action == Action::AccessReview { Resource::Lake } else { Resource::AuditTrail };
    let parts = Parts::open_for(folder, "audit", action, resource).await?;
    let done = act(&parts, command, json).await;
    parts.close().await?;
    done
}

async fn act(parts: &Parts, command: AuditCommand, json: bool) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Verify(args) => return verify::home(parts, &args, json).await,
        AuditCommand::Query(args) => records::query(parts, &args, json).await?,
        AuditCommand::Export(args) => records::export(parts, &args).await?,
        AuditCommand::Checkpoint { key } => checkpoint(parts, key, json).await?,
        AuditCommand::Archive { folder } => archive::run(parts, &folder, json).await?,
        AuditCommand::Disclosures(args) => disclosures::run(parts, &args, json).await?,
        AuditCommand::Alerts { all, limit } => alerts::list(parts, (all, limit), json).await?,
        AuditCommand::Acknowledge { alert, note } => alerts::acknowledge(parts, alert, &note, json).await?,
        AuditCommand::Rules { .. } => alerts::rules(parts, json).await?,
        AuditCommand::Retain(args) => return retain::run(parts, &args, json).await,
        AuditCommand::Hold(command) => hold::run(parts, command, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn checkpoint(parts: &Parts, key: bool, json: bool) -> anyhow::Result<()> {
    let public_key = parts.keyring.signer(SigningPurpose::Audit)?.public_key();
    parts.record("audit.checkpoint", AuditOutcome::Success, "audit", &[]).await?;
    // The record just made is part of what the checkpoint commits to.
    parts.show_head().await?;
    let newest = parts.witness.make().await?.context("nothing has been recorded yet")?;
    let text = if key { verifier_key(&public_key) } else { newest.text };
    screen::say(match json {
        true => serde_json::json!({
            "checkpoint": text, "size": newest.size, "key": verifier_key(&public_key),
        })
        .to_string(),
        false => text.trim_end().to_owned(),
    });
    Ok(())
}
