//! The overview.

use super::{
    alerts,
    answer::{Refused, html},
    desk::Desk,
    jobs::run_row,
    news::{self, Topic},
    session::Visitor,
};
use ::console::{
    Address, Section,
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

/// What somebody may see of the overview, and where else they may go from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Parts {
    arrivals: bool,
    runs: bool,
    alerts: bool,
    /// The sections that they may open, a bit each.
    sections: u16,
}

impl Parts {
    fn of(visitor: &Visitor) -> Self {
        let open = Section::ALL.into_iter().enumerate().filter(|(_, section)| visitor.may_open(*section));
        Self {
            arrivals: visitor.may(Action::FeedRead, Resource::Lake),
            runs: visitor.may(Action::JobList, Resource::Job("any")),
            alerts: visitor.may(Action::AuditQuery, Resource::AuditTrail),
            sections: open.fold(0, |all, (at, _)| all | 1 << at),
        }
    }

    /// The sections that they may open.
    pub(super) fn sections(self) -> Vec<Section> {
        let open = Section::ALL.into_iter().enumerate().filter(|(at, _)| self.sections & 1 << at != 0);
        open.map(|(_, section)| section).collect()
    }
}

/// `GET /`
pub(super) async fn page_of(visitor: Visitor) -> Result<Response, Refused> {
    let shown = looked_up(&visitor.desk, Parts::of(&visitor)).await?;
    visitor.record("overview.show", AuditOutcome::Success, "console", &[]).await?;
    let mut frame = visitor.frame(Address::overview()).await?;
    frame.events = Some(Address::overview_events());
    Ok(html(&frame, &shown))
}

/// `GET /overview/events`: what changes on it while it is open.
pub(super) async fn events(visitor: Visitor) -> Response {
    let parts = Parts::of(&visitor);
    news::events(visitor, Topic::Overview(parts))
}

/// The state of the lake, as far as `parts` go.
pub(super) async fn looked_up(desk: &Desk, parts: Parts) -> Result<Overview, Refused> {
    let control = &desk.control;
    let today = desk.clock.now().0.div_euclid(DAY_MS);
    let backlog = backlog(control).await?;
    let arrivals = match parts.arrivals {
        true => Some(arrivals(control, today, &backlog).await?),
        false => None,
    };
    let runs = match parts.runs {
        true => Some(at_work_and_failed(&control.runs(None, RUNS).await?)),
        false => None,
    };
    let alerts = match parts.alerts {
        true => Some(control.alerts(WhichAlerts::Open, 10).await?.iter().map(alerts::row).collect()),
        false => None,
    };
    let sequence = control.published().await?;
    Ok(Overview {
        sequence: u64::try_from(sequence.0).unwrap_or_default(),
        published: control.last_publication().await?,
        backlog: backlog.values().sum(),
        days: (today - DAYS + 1..=today).map(day).collect(),
        arrivals,
        runs,
        alerts,
        gateway: desk.gateway.clone(),
        ca_file: desk.ca_file.clone(),
    })
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

/// Resources that each source sent on each of the last days, today last.
pub(super) async fn accepted(control: &Control, today: i64) -> Result<BTreeMap<SourceId, Vec<u64>>, Refused> {
    let first = today - DAYS + 1;
    let mut accepted: BTreeMap<SourceId, Vec<u64>> = BTreeMap::new();
    for arrived in control.arrived(first, today).await? {
        let days = accepted.entry(arrived.source).or_insert_with(|| vec![0; DAYS as usize]);
        if let Some(day) = usize::try_from(arrived.day - first).ok().and_then(|at| days.get_mut(at)) {
            *day = arrived.resources;
        }
    }
    Ok(accepted)
}

async fn arrivals(
    control: &Control,
    today: i64,
    backlog: &BTreeMap<SourceId, u64>,
) -> Result<Vec<Arrivals>, Refused> {
    let findings = control.findings(None, WhichFindings::Open, 1_000).await?;
    let mut accepted = accepted(control, today).await?;
    let one = |(source, waiting): (&SourceId, &u64)| Arrivals {
        source: source.to_string(),
        accepted: accepted.remove(source).unwrap_or_else(|| vec![0; DAYS as usize]),
        backlog: *waiting,
        findings: findings.iter().filter(|finding| finding.source == *source).count() as u64,
    };
    Ok(backlog.iter().map(one).collect())
}

/// The runs at work or waiting, and the newest of each job that failed.
fn at_work_and_failed(runs: &[Run]) -> (Vec<RunRow>, Vec<RunRow>) {
    let at_work = runs.iter().filter(|run| !run.state.is_over()).map(run_row).collect();
    let mut seen = std::collections::BTreeSet::new();
    let newest =
        runs.iter().filter(|run| run.state.is_over() && seen.insert((&run.job, &run.kind, &run.target)));
    (at_work, newest.filter(|run| run.state == RunState::Failed).map(run_row).collect())
}
