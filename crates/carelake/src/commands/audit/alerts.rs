//! `carelake audit alerts`, `acknowledge` and `rules`.

use crate::{access::OPERATOR, parts::Parts, screen, watchman};
use ::audit::watch::Rule;
use anyhow::Context;
use control::{Alert, WhichAlerts};
use model::AuditOutcome;
use serde_json::json;
use std::{path::Path, process::ExitCode};

pub(super) async fn list(parts: &Parts, (all, limit): (bool, usize), json: bool) -> anyhow::Result<()> {
    parts.record("audit.alerts", AuditOutcome::Success, "alerts", &[]).await?;
    let which = if all { WhichAlerts::All } else { WhichAlerts::Open };
    let alerts = parts.control.alerts(which, limit).await?;
    if json {
        alerts.iter().for_each(|alert| screen::say(in_json(alert).to_string()));
        return Ok(());
    }
    if alerts.is_empty() {
        screen::say(
            "Nothing unusual that nobody has seen to. Rules look at the trail while `carelake serve` runs.",
        );
        return Ok(());
    }
    for alert in &alerts {
        let found = &alert.found;
        screen::say(format!("{}  {}  {}  {}", alert.id, found.last_time, found.severity, found.title));
        screen::say(format!("    {}", found.sentence));
        if let Some(seen) = &alert.acknowledged {
            screen::say(format!("    seen to by {} at {}: {}", seen.by, seen.time, seen.note));
        }
    }
    Ok(())
}

pub(super) async fn acknowledge(parts: &Parts, alert: i64, note: &str, json: bool) -> anyhow::Result<()> {
    let facts = [("alert", alert.to_string()), ("note", note.to_owned())];
    parts.control.alert(alert).await?.with_context(|| format!("there is no alert {alert}"))?;
    parts.record("audit.acknowledge", AuditOutcome::Success, "alerts", &facts).await?;
    parts.control.acknowledge_alert(alert, OPERATOR, note).await?;
    screen::tell(json, json!({ "id": alert, "acknowledged": true }), format!("Alert {alert} is seen to."));
    Ok(())
}

pub(super) async fn rules(parts: &Parts, json: bool) -> anyhow::Result<()> {
    parts.record("audit.rules", AuditOutcome::Success, "rules", &[]).await?;
    let rules = watchman::rules(&parts.home.places().rules())?;
    if json {
        for rule in rules.iter() {
            let (name, title, severity) = (rule.name(), rule.title(), rule.severity().as_str());
            screen::say(json!({ "name": name, "title": title, "severity": severity }).to_string());
        }
        return Ok(());
    }
    let row = |rule: &Rule| {
        vec![rule.name().to_owned(), rule.severity().as_str().to_owned(), rule.title().to_owned()]
    };
    let rows: Vec<_> = rules.iter().map(row).collect();
    screen::say(screen::table(&["rule", "severity", "title"], &rows));
    screen::say(format!("\nOwn rules are files in {}.", parts.home.places().rules().display()));
    Ok(())
}

/// Proves a rule by its own cases; no home is needed.
pub(super) fn prove(file: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let rule = Rule::read(&file.display().to_string(), &text)?;
    match rule.prove() {
        Ok(()) => {
            let name = rule.name();
            screen::tell(
                json,
                json!({ "rule": name, "proved": true }),
                format!("The rule `{name}` holds its cases."),
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(unproved) => {
            unproved.iter().for_each(|case| screen::note(format!("carelake: {case}")));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn in_json(alert: &Alert) -> serde_json::Value {
    let found = &alert.found;
    json!({
        "id": alert.id, "rule": found.rule, "severity": found.severity, "title": found.title,
        "sentence": found.sentence, "subject": found.subject, "count": found.count,
        "first_time": found.first_time.to_string(), "last_time": found.last_time.to_string(),
        "raised": alert.raised.to_string(),
        "delivered": alert.delivered.map(|at| at.to_string()),
        "acknowledged": alert.acknowledged.as_ref().map(|seen| {
            json!({ "by": seen.by, "time": seen.time.to_string(), "note": seen.note })
        }),
        "first": { "writer": found.first.writer, "index": found.first.index },
        "last": { "writer": found.last.writer, "index": found.last.index },
    })
}
