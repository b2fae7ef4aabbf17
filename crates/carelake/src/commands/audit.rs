//! `carelake audit`

use crate::{cli::AuditCommand, parts::Parts, screen};
use ::audit::{Verified, VerifyError, verify};
use keys::{SigningPurpose, Zone};
use model::AuditOutcome;
use policy::{Action, Resource};
use std::{path::Path, process::ExitCode};

pub(super) async fn run(folder: &Path, command: AuditCommand, json: bool) -> anyhow::Result<ExitCode> {
    let action = match command {
        AuditCommand::Verify => Action::AuditVerify,
        AuditCommand::Query { .. } => Action::AuditQuery,
    };
    let parts = Parts::open_for(folder, "audit", action, Resource::AuditTrail).await?;
    let code = match command {
        AuditCommand::Verify => {
            let verified = check(&parts).await;
            let outcome = if verified.is_ok() { AuditOutcome::Success } else { AuditOutcome::Failed };
            parts.record("audit.verify", outcome, "audit", &[]).await?;
            tell(verified, json)?
        }
        AuditCommand::Query { action, actor, limit } => {
            parts.record("audit.query", AuditOutcome::Success, "audit", &[]).await?;
            let quoted = |text: &str| text.replace('\'', "''");
            let mut wanted = vec!["true".to_owned()];
            wanted.extend(action.map(|action| format!("action = '{}'", quoted(&action))));
            wanted.extend(actor.map(|actor| format!("actor = '{}'", quoted(&actor))));
            let query = format!(
                "select time, action, actor, outcome, target, detail from audit.records where {} order by time desc, writer, index desc limit {limit}",
                wanted.join(" and ")
            );
            let rows = super::sql::ask(&parts, &query).await?;
            if json {
                let mut out = Vec::new();
                let mut writer = arrow::json::LineDelimitedWriter::new(&mut out);
                rows.iter().try_for_each(|batch| writer.write(batch))?;
                writer.finish()?;
                screen::say(String::from_utf8_lossy(&out).trim_end());
            } else {
                screen::say(screen::rows(&rows)?);
            }
            ExitCode::SUCCESS
        }
    };
    parts.close().await?;
    Ok(code)
}

/// Verifies the whole trail against the public key and the heads that the control database has seen.
pub(super) async fn check(parts: &Parts) -> Result<Verified, anyhow::Error> {
    let signer = parts.keyring.signer(SigningPurpose::Audit)?;
    // The witnesses are read first: the trail may grow meanwhile, but not shrink.
    let witnessed = parts.witnessed_heads().await?;
    let store = parts.zone(Zone::Audit)?;
    Ok(verify(store.as_ref(), &signer.public_key(), &witnessed).await?)
}

fn tell(verified: Result<Verified, anyhow::Error>, json: bool) -> anyhow::Result<ExitCode> {
    match verified {
        Ok(verified) if json => {
            let answer = serde_json::json!({
                "verified": true, "records": verified.records, "writers": verified.writers.len(),
            });
            screen::say(answer.to_string());
            Ok(ExitCode::SUCCESS)
        }
        Ok(verified) => {
            screen::say(format!(
                "The audit trail is whole: {} records of {} writers, every hash, order and signature right,\nand nothing missing that the control database has seen.",
                screen::count(verified.records),
                verified.writers.len()
            ));
            for open in &verified.unwitnessed {
                screen::say(format!(
                    "  {}: {} records are signed, but the control database has seen {} only; it was stopped hard, or is at work",
                    open.writer, open.count, open.witnessed
                ));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.downcast_ref::<VerifyError>().is_some() => {
            if json {
                screen::say(
                    serde_json::json!({ "verified": false, "error": screen::causes(&error) }).to_string(),
                );
            } else {
                screen::note(format!(
                    "carelake: the audit trail does not verify: {}",
                    screen::causes(&error)
                ));
            }
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error),
    }
}
