//! `carelake audit verify`

use crate::{cli::VerifyArgs, parts::Parts, screen};
use ::audit::{
    Checkpoint, Filter, NoteError, Verified, VerifyError, Witnesses, balp, parse_verifier_key, records,
    verify,
};
use anyhow::{Context, bail};
use control::CheckpointUse;
use futures::TryStreamExt;
use keys::{SigningPurpose, Zone};
use model::AuditOutcome;
use std::{
    path::{Path, PathBuf},
    pin::pin,
    process::ExitCode,
};

/// How many records that do not conform are named.
const NAMED: usize = 20;

/// Proves the home's trail, and keeps up to where.
pub(super) async fn home(parts: &Parts, args: &VerifyArgs, json: bool) -> anyhow::Result<ExitCode> {
    let kept = read_checkpoints(&args.checkpoint)?;
    let mut verified = prove(parts, kept, args.resume).await;
    if let Ok(verified) = &mut verified {
        // This command's own chain is open for as long as it runs.
        verified.unwitnessed.retain(|open| open.writer != parts.holder);
    }
    let outcome = if verified.is_ok() { AuditOutcome::Success } else { AuditOutcome::Failed };
    let mut facts = Vec::new();
    match &verified {
        Ok(verified) => facts.push(("records", verified.records.to_string())),
        Err(error) => facts.push(("reason", screen::causes(error))),
    }
    parts.record("audit.verify", outcome, "audit", &facts).await?;
    if let Ok(Verified { checkpoint: Some(proved), .. }) = &verified {
        let place = (0, proved.size);
        parts.control.put_audit_checkpoint(CheckpointUse::Proved, place, &proved.text, &[]).await?;
    }
    let code = tell(verified, json)?;
    if code == ExitCode::SUCCESS && args.profiles {
        return profiles(parts, json).await;
    }
    Ok(code)
}

/// Proves an archive, with nothing but the public key.
pub(super) async fn archive(folder: &Path, args: &VerifyArgs, json: bool) -> anyhow::Result<ExitCode> {
    let key = args.key.as_deref().unwrap_or_default();
    let public_key = parse_verifier_key(key.trim()).context(
        "`--key` is not an audit key; it is one line of name, hash and key, as `carelake audit checkpoint --key` prints it",
    )?;
    if !folder.is_dir() {
        bail!("there is no folder {}", folder.display());
    }
    let store = keys::local_plain(folder, keys::FolderUse::Write)?;
    let checkpoints = read_checkpoints(&args.checkpoint)?;
    let witnesses = Witnesses { checkpoints, ..Witnesses::default() };
    tell(verify(store.as_ref(), &public_key, &witnesses).await.map_err(anyhow::Error::from), json)
}

/// Verifies the whole trail against the public key and the heads that the control database has seen.
pub(crate) async fn check(parts: &Parts) -> anyhow::Result<Verified> {
    prove(parts, Vec::new(), false).await
}

async fn prove(parts: &Parts, checkpoints: Vec<Checkpoint>, resume: bool) -> anyhow::Result<Verified> {
    let signer = parts.keyring.signer(SigningPurpose::Audit)?;
    // The witnesses are read first: the trail may grow meanwhile, but not shrink.
    let heads = parts.witnessed_heads().await?;
    let proved = match resume {
        true => parts.control.audit_checkpoint(CheckpointUse::Proved).await?,
        false => None,
    };
    let proved = proved.map(|proved| Checkpoint::parse(&proved.text)).transpose()?;
    let witnesses = Witnesses { heads, checkpoints, proved };
    let store = parts.zone(Zone::Audit)?;
    Ok(verify(store.as_ref(), &signer.public_key(), &witnesses).await?)
}

fn read_checkpoints(files: &[PathBuf]) -> anyhow::Result<Vec<Checkpoint>> {
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        Checkpoint::parse(&text).map_err(|error: NoteError| anyhow::anyhow!("{}: {error}", file.display()))
    };
    files.iter().map(read).collect()
}

/// Checks every record against R4 and the profiles that it names.
async fn profiles(parts: &Parts, json: bool) -> anyhow::Result<ExitCode> {
    let (mut checked, mut wrong) = (0_u64, 0_usize);
    let mut pages = pin!(records(parts.zone(Zone::Audit)?, Filter::default()));
    while let Some(page) = pages.try_next().await? {
        for record in page.iter().filter(|record| record.is_audit_event()) {
            checked += 1;
            let Err(found) = balp::check(record.resource.as_bytes()) else { continue };
            wrong += 1;
            if wrong <= NAMED && !json {
                for nonconformance in found {
                    screen::note(format!("  record {} of {}: {nonconformance}", record.index, record.writer));
                }
            }
        }
    }
    screen::say(match json {
        true => serde_json::json!({ "checked": checked, "nonconforming": wrong }).to_string(),
        false => format!(
            "{} records are AuditEvents; {} do not conform to FHIR R4 and the profiles of IHE BALP that they name.",
            screen::count(checked),
            screen::count(wrong as u64)
        ),
    });
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(verified: anyhow::Result<Verified>, json: bool) -> anyhow::Result<ExitCode> {
    match verified {
        Ok(verified) if json => {
            let answer = serde_json::json!({
                "verified": true, "records": verified.records, "writers": verified.writers.len(),
                "checkpoint": verified.checkpoint.map(|checkpoint| checkpoint.size),
                "witnessed_leaves": verified.witnessed_leaves,
                "complete_until": verified.complete_until.map(|time| time.to_string()),
            });
            screen::say(answer.to_string());
            Ok(ExitCode::SUCCESS)
        }
        Ok(verified) => {
            say_whole(&verified);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.downcast_ref::<VerifyError>().is_some() => {
            let text = screen::causes(&error);
            if json {
                screen::say(serde_json::json!({ "verified": false, "error": text }).to_string());
            } else {
                screen::note(format!("carelake: the audit trail does not verify: {text}"));
            }
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error),
    }
}

fn say_whole(verified: &Verified) {
    screen::say(format!(
        "The audit trail is internally consistent: {} records of {} writers, every hash, order, signature and checkpoint right.",
        screen::count(verified.records),
        verified.writers.len()
    ));
    screen::say(match verified.complete_until {
        Some(time) => format!(
            "It is complete until {time}: the checkpoint of {} heads that was kept elsewhere fits.",
            screen::count(verified.witnessed_leaves)
        ),
        None => {
            "Its completeness is not witnessed: nobody else's checkpoint was given (`--checkpoint FILE`)."
                .to_owned()
        }
    });
    for cut in &verified.cut {
        screen::say(format!("  {}: retention has removed its first {} records", cut.writer, cut.count));
    }
    for open in &verified.unwitnessed {
        screen::say(format!(
            "  {}: {} records are signed, of which {} were seen outside its chain; it was stopped hard, or is at work",
            open.writer, open.count, open.witnessed
        ));
    }
}
