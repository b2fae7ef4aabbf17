//! Alerts: what the rules have found unusual, and who has seen to it.

use super::{
    answer::{Refused, done, page},
    session::{Sent, Visitor},
};
use ::console::{
    Address, Section,
    pages::{AlertList, AlertPage, AlertRow, Confirm},
};
use axum::{extract::Path, response::Response};
use control::{Alert, WhichAlerts};
use model::AuditOutcome;
use policy::{Action, Resource};

/// Alerts that one page shows.
const MOST: usize = 200;

pub(super) fn row(alert: &Alert) -> AlertRow {
    let found = &alert.found;
    AlertRow {
        id: alert.id,
        severity: found.severity.clone(),
        title: found.title.clone(),
        sentence: found.sentence.clone(),
        rule: found.rule.clone(),
        subject: found.subject.clone(),
        count: found.count,
        first: found.first_time,
        last: found.last_time,
        acknowledged: alert.acknowledged.as_ref().map(|seen| (seen.by.clone(), seen.time)),
    }
}

/// `GET /alerts`
pub(super) async fn list(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::AuditQuery, Resource::AuditTrail).await?;
    let all = visitor.asked("all") == "1";
    let which = if all { WhichAlerts::All } else { WhichAlerts::Open };
    let alerts = visitor.desk.control.alerts(which, MOST).await?;
    visitor.record("audit.alerts", AuditOutcome::Success, "alerts", &[]).await?;
    let here = Address::alerts().with("all", visitor.asked("all"));
    page(&visitor, here, &AlertList { rows: alerts.iter().map(row).collect(), all }).await
}

async fn found(visitor: &Visitor, id: i64) -> Result<Alert, Refused> {
    visitor.desk.control.alert(id).await?.ok_or_else(|| Refused::NotFound(format!("alert {id}")))
}

/// `GET /alert/{id}`
pub(super) async fn one(visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Refused> {
    visitor.require(Action::AuditQuery, Resource::AuditTrail).await?;
    let alert = found(&visitor, id).await?;
    visitor.record("audit.alerts", AuditOutcome::Success, &id.to_string(), &[]).await?;
    let (first, last) = (&alert.found.first, &alert.found.last);
    let mut records = vec![(first.writer.clone(), first.index), (last.writer.clone(), last.index)];
    records.dedup();
    let shown = AlertPage {
        alert: row(&alert),
        note: alert.acknowledged.map(|seen| seen.note).unwrap_or_default(),
        records,
    };
    page(&visitor, Address::alert(id), &shown).await
}

/// `GET /alert/{id}/acknowledge`
pub(super) async fn ask(
    visitor: Visitor,
    Path((id, change)): Path<(i64, String)>,
) -> Result<Response, Refused> {
    visitor.require(Action::AuditQuery, Resource::AuditTrail).await?;
    let alert = found(&visitor, id).await?;
    if change != "acknowledge" {
        return Err(Refused::NotFound(format!("change {change} of an alert")));
    }
    let here = Address::alert(id);
    let shown = Confirm {
        title: format!("Have you seen to `{}`?", alert.found.title),
        section: Section::Alerts,
        of: here.clone(),
        back: here.clone(),
        change: "acknowledge",
        effect: "It is open no more. Your name and note stay with it.".to_owned(),
        undo: None,
        note: Some("What did you find out?".to_owned()),
        button: "I have seen to this".to_owned(),
        takes_away: false,
        command: format!("audit acknowledge {id} --note '…'"),
    };
    page(&visitor, here, &shown).await
}

/// `POST /alert/{id}/acknowledge`
pub(super) async fn change(Path((id, change)): Path<(i64, String)>, sent: Sent) -> Result<Response, Refused> {
    let visitor = &sent.visitor;
    visitor.require(Action::AuditQuery, Resource::AuditTrail).await?;
    found(visitor, id).await?;
    if change != "acknowledge" {
        return Err(Refused::NotFound(format!("change {change} of an alert")));
    }
    let note: String = sent.field("note").chars().take(1_000).collect();
    visitor.record("audit.acknowledge", AuditOutcome::Success, &id.to_string(), &[]).await?;
    visitor.desk.control.acknowledge_alert(id, &visitor.name, &note).await?;
    Ok(done(&Address::alert(id), "acknowledged"))
}
