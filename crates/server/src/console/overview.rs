//! The overview.

use super::{
    alerts,
    answer::{Refused, page},
    jobs::run_row,
    session::Visitor,
};
use ::console::{
    Address,
    pages::{Arrivals, Overview, RunRow},
};
use axum::response::Response;
use control::{Control, Run, RunState, WhichAlerts, WhichFindings};
use model::{AuditOutcome, SourceId};
use policy::{Action, Resource};
use std::collections::BTreeMap;

/// Days of arrivals that are told of.
const DAYS: i64 = 14;
/// Runs that are looked at for failures.
const RUNS: usize = 500;
const DAY_MS: i64 = 86_400_000;

/// `GET /`
pub(super) async fn page_of(visitor: Visitor) -> Result<Response, Refused> {
    let control = &visitor.desk.control;
    let today = visitor.desk.clock.now().0.div_euclid(DAY_MS);
    let backlog = backlog(control).await?;
    let arrivals = match visitor.may(Action::FeedRead, Resource::Lake) {
        true => Some(arrivals(control, today, &backlog).await?),
        false => None,
    };
    let runs = match visitor.may(Action::JobList, Resource::Job("any")) {
        true => Some(at_work_and_failed(&control.runs(None, RUNS).await?)),
        false => None,
    };
    let alerts = match visitor.may(Action::AuditQuery, Resource::AuditTrail) {
        true => Some(control.alerts(WhichAlerts::Open, 10).await?.iter().map(alerts::row).collect()),
        false => None,
    };
    let sequence = control.published().await?;
    let tables = control.tables().await?;
    let shown = Overview {
        sequence: u64::try_from(sequence.0).unwrap_or_default(),
        published: tables.iter().map(|table| table.published).max(),
        backlog: backlog.values().sum(),
        days: (today - DAYS + 1..=today).map(day).collect(),
        arrivals,
        runs,
        alerts,
        gateway: visitor.desk.gateway.clone(),
        ca_file: visitor.desk.ca_file.clone(),
    };
    visitor.record("overview.show", AuditOutcome::Success, "console", &[]).await?;
    page(&visitor, Address::overview(), &shown).await
}

/// A day since 1970 as month and day.
pub(super) fn day(number: i64) -> String {
    let at = chrono::DateTime::from_timestamp(number * 86_400, 0).unwrap_or_default();
    at.format("%m-%d").to_string()
}

/// Segments of each source that are not published.
pub(super) async fn backlog(control: &Control) -> Result<BTreeMap<SourceId, u64>, Refused> {
    let lanes = control.backlog().await?;
    let sources = control.sources().await?;
    let waiting = |lane| {
        let of = lanes.iter().find(|(one, ..)| *one == lane);
        of.map_or(0, |(_, published, last)| u64::try_from(last.0 - published.0).unwrap_or_default())
    };
    Ok(sources.into_iter().map(|(source, lane)| (source, waiting(lane))).collect())
}

/// Resources that a source sent on each of the last days, today last.
pub(super) async fn accepted(control: &Control, source: &SourceId, today: i64) -> Result<Vec<u64>, Refused> {
    let profiles = control.feed_profiles(source, today - DAYS + 1, today).await?;
    let mut days = vec![0; DAYS as usize];
    for profile in profiles {
        let told: serde_json::Value = serde_json::from_str(&profile.profile).unwrap_or_default();
        if let Ok(at) = usize::try_from(profile.day - (today - DAYS + 1)) {
            days[at] = told["resources"].as_u64().unwrap_or_default();
        }
    }
    Ok(days)
}

async fn arrivals(
    control: &Control,
    today: i64,
    backlog: &BTreeMap<SourceId, u64>,
) -> Result<Vec<Arrivals>, Refused> {
    let findings = control.findings(None, WhichFindings::Open, 1_000).await?;
    let mut arrivals = Vec::new();
    for (source, waiting) in backlog {
        arrivals.push(Arrivals {
            source: source.to_string(),
            accepted: accepted(control, source, today).await?,
            backlog: *waiting,
            findings: findings.iter().filter(|finding| finding.source == *source).count() as u64,
        });
    }
    Ok(arrivals)
}

/// The runs at work or waiting, and the newest of each job that failed.
fn at_work_and_failed(runs: &[Run]) -> (Vec<RunRow>, Vec<RunRow>) {
    let at_work = runs.iter().filter(|run| !run.state.is_over()).map(run_row).collect();
    let mut seen = std::collections::BTreeSet::new();
    let newest =
        runs.iter().filter(|run| run.state.is_over() && seen.insert((&run.job, &run.kind, &run.target)));
    (at_work, newest.filter(|run| run.state == RunState::Failed).map(run_row).collect())
}
