//! `carelake audit archive`: the trail outside the home, to be proved with the public key alone.

use crate::{parts::Parts, screen};
use ::audit::{copy, verifier_key};
use anyhow::Context;
use keys::{SigningPurpose, Zone};
use model::AuditOutcome;
use std::path::Path;

pub(super) async fn run(parts: &Parts, folder: &Path, json: bool) -> anyhow::Result<()> {
    let facts = [("folder", folder.display().to_string())];
    // Whoever has the archive has what the trail tells: that it was made is told before.
    parts.record("audit.archive", AuditOutcome::Success, "audit", &facts).await?;
    parts.show_head().await?;
    parts.witness.make().await?;
    std::fs::create_dir_all(folder).with_context(|| format!("make the folder {}", folder.display()))?;
    let archive = keys::local_plain(folder, keys::FolderUse::Write)?;
    let zone = parts.zone(Zone::Audit)?;
    let copied = copy(zone.as_ref(), archive.as_ref()).await.context("copy the audit trail")?;
    let key = verifier_key(&parts.keyring.signer(SigningPurpose::Audit)?.public_key());
    screen::say(match json {
        true => serde_json::json!({ "objects": copied, "key": key }).to_string(),
        false => format!(
            "{} objects copied. Whoever has the folder can prove it:\n  carelake audit verify --archive {} --key '{key}'",
            screen::count(copied),
            folder.display()
        ),
    });
    Ok(())
}
