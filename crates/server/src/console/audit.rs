//! The audit trail: searched, and record by record.

use super::{
    answer::{Refused, html, late, page},
    lake::{Search, Trail},
    listing::{self, Format},
    session::Visitor,
};
use ::console::{
    Address,
    pages::{AuditPage, AuditSearch, RecordPage, RecordRow},
};
use axum::{extract::Path, response::Response};
use control::CheckpointUse;
use model::{AuditEntity, AuditOutcome, Timestamp};
use policy::{Action, Resource};
use std::sync::Arc;

/// Records that a page shows.
const MOST: usize = 200;
/// How far back a search goes that says nothing of time, in milliseconds.
const LATELY_MS: i64 = 24 * 3_600_000;

fn row(trail: &Trail) -> RecordRow {
    RecordRow {
        at: trail.recorded,
        action: trail.event.action.clone(),
        actor: trail.event.actor.clone(),
        target: trail.event.target.clone(),
        outcome: trail.event.outcome,
        writer: trail.writer.clone(),
        number: trail.index,
    }
}

/// `GET /audit`
pub(super) async fn search(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::AuditQuery, Resource::AuditTrail).await?;
    let asked = |name: &str| visitor.asked(name).trim().to_owned();
    let mut search = AuditSearch {
        from: asked("from"),
        until: asked("until"),
        action: asked("action"),
        actor: asked("actor"),
        outcome: asked("outcome"),
        patient: asked("patient"),
        problem: None,
    };
    // Without a word about time, of what was done lately: the trail may be long.
    if search.from.is_empty() && search.until.is_empty() {
        search.from = visitor.desk.clock.now().plus_ms(-LATELY_MS).to_string()[..10].to_owned();
    }
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    if [&search.from, &search.until].iter().any(|text| !text.is_empty() && Timestamp::typed(text).is_none()) {
        search.problem = Some("A time is a date, or an instant such as 2026-11-25T09:30:00Z.".to_owned());
    }
    let all = [AuditOutcome::Success, AuditOutcome::Refused, AuditOutcome::Failed];
    let wanted = Search {
        from: Timestamp::typed(&search.from),
        until: Timestamp::typed(&search.until),
        action: some(&search.action),
        actor: some(&search.actor),
        outcome: all.into_iter().find(|outcome| outcome.as_str() == search.outcome),
        patient: some(&search.patient),
        record: None,
        limit: MOST,
    };
    visitor.record("audit.query", AuditOutcome::Success, "audit", &told(&search)).await?;
    match listing::format(&visitor) {
        Some(format) if search.problem.is_none() => {
            Ok(listed(format, &visitor.desk.lake.records(&wanted).await?))
        }
        _ => show(&visitor, search, wanted).await,
    }
}

/// What the trail is told of a search.
fn told(search: &AuditSearch) -> Vec<(&'static str, String)> {
    let told = [
        ("from", &search.from),
        ("until", &search.until),
        ("of_action", &search.action),
        ("of_actor", &search.actor),
        ("of_patient", &search.patient),
    ];
    let told = told.into_iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| (name, value.clone())).collect()
}

fn listed(format: Format, found: &[Trail]) -> Response {
    let head = ["recorded", "actor", "action", "target", "outcome", "writer", "number"];
    let line = |row: RecordRow| {
        vec![
            row.at.to_string(),
            row.actor,
            row.action,
            row.target,
            row.outcome.as_str().to_owned(),
            row.writer,
            row.number.to_string(),
        ]
    };
    format.answer("records", &head, found.iter().map(row).map(line))
}

async fn show(visitor: &Visitor, search: AuditSearch, wanted: Search) -> Result<Response, Refused> {
    let checkpoint = visitor.desk.control.audit_checkpoint(CheckpointUse::Newest).await?;
    let checkpoint = checkpoint.map(|made| (made.size, made.made));
    let names = ["from", "until", "action", "actor", "outcome", "patient"];
    let frame = visitor.frame(listing::here(visitor, Address::audit(), &names)).await?;
    if search.problem.is_some() {
        return Ok(html(
            &frame,
            &AuditPage { search, rows: Some(Vec::new()), limit: MOST as u64, checkpoint },
        ));
    }
    // The trail may be long: what is asked stands there while it is looked for.
    let shown = AuditPage { search, rows: None, limit: MOST as u64, checkpoint };
    let (lake, end) = (Arc::clone(&visitor.desk.lake), (frame.clone(), shown.clone()));
    let looked_for = async move {
        let (frame, shown) = end;
        match lake.records(&wanted).await {
            Ok(found) => shown.found(&found.iter().map(row).collect::<Vec<_>>(), &frame),
            Err(error) => Refused::from(error).in_place(),
        }
    };
    Ok(late(&frame, &shown, looked_for))
}

/// `GET /audit/{writer}/{number}`
pub(super) async fn record(
    visitor: Visitor,
    Path((writer, number)): Path<(String, u64)>,
) -> Result<Response, Refused> {
    visitor.require(Action::AuditQuery, Resource::AuditTrail).await?;
    let facts = [("of_record", format!("{number} of {writer}"))];
    visitor.record("audit.query", AuditOutcome::Success, "audit", &facts).await?;
    let wanted = Search { record: Some((writer.clone(), number)), limit: 1, ..Search::default() };
    let found = visitor.desk.lake.records(&wanted).await?.pop();
    let trail = found.ok_or_else(|| Refused::NotFound(format!("record {number} of {writer}")))?;
    let mut details: Vec<_> = trail.event.detail.clone().into_iter().collect();
    details.extend(trail.event.network.iter().map(|network| ("from".to_owned(), network.client.clone())));
    details.extend(trail.event.about.iter().map(|about| match about {
        AuditEntity::Patient(one) => ("patient".to_owned(), one.clone()),
        AuditEntity::Subject(one) => ("subject".to_owned(), one.clone()),
        AuditEntity::Table { name, columns } => (format!("columns of {name}"), columns.join(", ")),
    }));
    let event = serde_json::from_str::<serde_json::Value>(&trail.resource)
        .and_then(|event| serde_json::to_string_pretty(&event))
        .unwrap_or_default();
    let here = Address::audit_record(&writer, number);
    page(&visitor, here, &RecordPage { record: row(&trail), details, hash: trail.hash, event }).await
}
