//! `carelake audit retain`: old records go.

use crate::{access::OPERATOR, cli::RetainArgs, parts::Parts, retention::Retainer, screen};
use ::audit::{Due, Retention};
use anyhow::bail;
use model::AuditOutcome;
use serde_json::json;
use std::process::ExitCode;

pub(super) async fn run(parts: &Parts, args: &RetainArgs, json: bool) -> anyhow::Result<ExitCode> {
    if args.before > parts.clock.now() {
        bail!("`--before {}` lies in the future", args.before);
    }
    let retainer = Retainer::new(parts)?;
    if args.dry_run {
        let facts = [("before", args.before.to_string())];
        parts.record("audit.due", AuditOutcome::Success, "audit", &facts).await?;
    } else {
        retainer.permit(OPERATOR, args.before).await?;
    }
    // The checkpoint that is made now tells of all that is recorded until now.
    parts.show_head().await?;
    let retention = retainer.plan(args.before).await?;
    if !args.dry_run {
        retainer.carry_out(OPERATOR, args.before, &retention).await?;
    }
    Ok(tell(&retention, args, json))
}

fn tell(retention: &Retention, args: &RetainArgs, json: bool) -> ExitCode {
    let (records, writers) = (retention.records(), retention.due.len());
    if json {
        let chain = |due: &Due| {
            let Due { cut, whole, records, .. } = due;
            json!({ "writer": cut.writer, "records": records, "begins_at": cut.count, "whole": whole })
        };
        let damaged: Vec<_> = retention.damaged.iter().map(ToString::to_string).collect();
        let chains: Vec<_> = retention.due.iter().map(chain).collect();
        let answer = json!({
            "before": args.before.to_string(), "dry_run": args.dry_run, "records": records, "chains": chains,
            "damaged": damaged,
        });
        screen::say(answer.to_string());
    } else {
        let went = if args.dry_run { "would go" } else { "are gone" };
        screen::say(format!(
            "{} records of {} writers from before {} {went}.",
            screen::count(records),
            screen::count(writers as u64),
            args.before
        ));
        for damage in &retention.damaged {
            screen::note(format!("carelake: a chain is not what was written, and stays: {damage}"));
        }
    }
    if retention.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
