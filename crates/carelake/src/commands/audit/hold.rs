//! `carelake audit hold`: records that stay, however old they become.

use crate::{access::OPERATOR, cli::HoldCommand, parts::Parts, screen};
use anyhow::bail;
use control::{AuditHold, NewAuditHold};
use model::{AuditOutcome, Timestamp};
use serde_json::json;

pub(super) async fn run(parts: &Parts, command: HoldCommand, json: bool) -> anyhow::Result<()> {
    match command {
        HoldCommand::Place { reason, from, until } => {
            let placed_by = OPERATOR.to_owned();
            place(parts, NewAuditHold { reason, placed_by, from, until }, json).await
        }
        HoldCommand::List => list(parts, json).await,
        HoldCommand::Release { hold } => release(parts, hold, json).await,
    }
}

async fn place(parts: &Parts, hold: NewAuditHold, json: bool) -> anyhow::Result<()> {
    if hold.from.zip(hold.until).is_some_and(|(from, until)| from >= until) {
        bail!("`--from` is not before `--until`: such a hold covers nothing");
    }
    let facts = [("reason", hold.reason.clone()), ("from", moment(hold.from)), ("until", moment(hold.until))];
    parts.record("audit.hold.place", AuditOutcome::Success, "audit", &facts).await?;
    let hold = parts.control.place_audit_hold(hold).await?;
    screen::say(match json {
        true => in_json(&hold).to_string(),
        false => format!("Hold {} is placed: {}.", hold.id, covers(&hold)),
    });
    Ok(())
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    parts.record("audit.hold.list", AuditOutcome::Success, "audit", &[]).await?;
    let holds = parts.control.audit_holds().await?;
    if json {
        holds.iter().for_each(|hold| screen::say(in_json(hold).to_string()));
        return Ok(());
    }
    if holds.is_empty() {
        screen::say("No records are held; `[audit] keep_days` and `carelake audit retain` say what goes.");
    }
    for hold in &holds {
        screen::say(format!("{}  {}  {}", hold.id, hold.placed, hold.hold.reason));
        screen::say(format!("    {}, placed by {}", covers(hold), hold.hold.placed_by));
        if let Some(released) = &hold.released {
            screen::say(format!("    released by {} at {}", released.by, released.time));
        }
    }
    Ok(())
}

async fn release(parts: &Parts, id: i64, json: bool) -> anyhow::Result<()> {
    let holds = parts.control.audit_holds().await?;
    if !holds.iter().any(|hold| hold.id == id && hold.is_open()) {
        bail!("there is no open hold {id}");
    }
    let facts = [("hold", id.to_string())];
    parts.record("audit.hold.release", AuditOutcome::Success, "audit", &facts).await?;
    parts.control.release_audit_hold(id, OPERATOR).await?;
    let told = serde_json::json!({ "id": id, "released": true });
    screen::tell(json, told, format!("Hold {id} is released."));
    Ok(())
}

/// A moment as records tell it; nothing where there is none.
fn moment(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

fn covers(hold: &AuditHold) -> String {
    match (hold.hold.from, hold.hold.until) {
        (None, None) => "covers all records".to_owned(),
        (Some(from), None) => format!("covers what was recorded from {from} on"),
        (None, Some(until)) => format!("covers what was recorded before {until}"),
        (Some(from), Some(until)) => format!("covers what was recorded from {from} until {until}"),
    }
}

fn in_json(hold: &AuditHold) -> serde_json::Value {
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    json!({
        "id": hold.id, "reason": hold.hold.reason, "placed_by": hold.hold.placed_by,
        "placed": hold.placed.to_string(), "from": time(hold.hold.from), "until": time(hold.hold.until),
        "released": hold.released.as_ref().map(|released| released.time.to_string()),
        "released_by": hold.released.as_ref().map(|released| &released.by),
    })
}
