//! `carelake feed`

use crate::{
    cli::FeedCommand,
    feeds::{Feeds, yesterday},
    parts::Parts,
    screen,
};
use anyhow::Context;
use chrono::{DateTime, NaiveDate};
use control::{DayProfile, KeptFinding, WhichFindings};
use model::{AuditOutcome, SourceId};
use policy::{Action, Resource};
use std::path::Path;

/// The most findings that are shown.
const MOST: usize = 1_000;

pub(super) async fn run(folder: &Path, command: FeedCommand, json: bool) -> anyhow::Result<()> {
    let action = match command {
        FeedCommand::List | FeedCommand::Show { .. } | FeedCommand::Findings { .. } => Action::FeedRead,
        FeedCommand::Judge { .. } | FeedCommand::Acknowledge { .. } => Action::FeedJudge,
    };
    let parts = Parts::open_for(folder, "feed", action, Resource::Lake).await?;
    let done = match command {
        FeedCommand::List => list(&parts, json).await,
        FeedCommand::Show { source, day } => show(&parts, &source, day.map(day_of)).await,
        FeedCommand::Judge { day } => judge(&parts, day.map(day_of), json).await,
        FeedCommand::Findings { source, all } => findings(&parts, source.as_ref(), all, json).await,
        FeedCommand::Acknowledge { finding, note } => acknowledge(&parts, finding, &note, json).await,
    };
    parts.close().await?;
    done
}

/// A date as days since 1970.
fn day_of(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}

fn date(day: i64) -> String {
    DateTime::from_timestamp(day * 86_400, 0).map(|at| at.date_naive().to_string()).unwrap_or_default()
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let open = parts.control.findings(None, WhichFindings::Open, MOST).await?;
    parts.record("feed.list", AuditOutcome::Success, "feeds", &[]).await?;
    let mut rows = Vec::new();
    for (source, _) in parts.control.sources().await? {
        let last = newest(parts, &source).await?;
        let last = last.map(|profile| date(profile.day)).unwrap_or_default();
        let of: Vec<_> = open.iter().filter(|finding| finding.source == source).collect();
        let stops = of.iter().filter(|finding| finding.found.stops).count();
        if json {
            let line = serde_json::json!({
                "source": source, "last_day": last, "open_findings": of.len(), "that_stop_marts": stops,
            });
            screen::say(line.to_string());
        } else {
            rows.push(vec![source.to_string(), last, of.len().to_string(), stops.to_string()]);
        }
    }
    if !json {
        screen::say(screen::table(&["source", "last day", "open findings", "that stop marts"], &rows));
    }
    Ok(())
}

/// The newest day of a source within the last two months.
async fn newest(parts: &Parts, source: &SourceId) -> anyhow::Result<Option<DayProfile>> {
    let today = yesterday(parts.clock.now()) + 1;
    Ok(parts.control.feed_profiles(source, today - 60, today).await?.pop())
}

async fn show(parts: &Parts, source: &SourceId, day: Option<i64>) -> anyhow::Result<()> {
    let profile = match day {
        Some(day) => parts.control.feed_profiles(source, day, day).await?.pop(),
        None => newest(parts, source).await?,
    };
    parts.record("feed.show", AuditOutcome::Success, source.as_str(), &[]).await?;
    let profile = profile.with_context(|| format!("nothing of `{source}` has been counted then"))?;
    let told: serde_json::Value = serde_json::from_str(&profile.profile)?;
    screen::say(serde_json::to_string_pretty(&told)?);
    Ok(())
}

async fn judge(parts: &Parts, day: Option<i64>, json: bool) -> anyhow::Result<()> {
    let day = day.unwrap_or_else(|| yesterday(parts.clock.now()));
    let (sources, found) = Feeds::new(parts).judge(day).await?;
    let facts = [("day", date(day)), ("findings", found.to_string())];
    parts.record("feed.judge", AuditOutcome::Success, "feeds", &facts).await?;
    screen::say(match json {
        true => serde_json::json!({ "day": date(day), "sources": sources, "findings": found }).to_string(),
        false => format!("{}: {found} findings in the feeds of {sources} sources.", date(day)),
    });
    Ok(())
}

async fn findings(parts: &Parts, source: Option<&SourceId>, all: bool, json: bool) -> anyhow::Result<()> {
    let which = if all { WhichFindings::All } else { WhichFindings::Open };
    let findings = parts.control.findings(source, which, MOST).await?;
    parts.record("feed.findings", AuditOutcome::Success, "feeds", &[]).await?;
    if json {
        for finding in &findings {
            screen::say(line(finding).to_string());
        }
        return Ok(());
    }
    let row = |finding: &KeptFinding| {
        let does = match (&finding.acknowledged, finding.found.stops) {
            (Some(seen), _) => format!("seen to by {}", seen.by),
            (None, true) => "stops marts".to_owned(),
            (None, false) => "warns".to_owned(),
        };
        let found = &finding.found;
        let (id, source) = (finding.id.to_string(), finding.source.to_string());
        vec![id, source, date(finding.day), found.kind.clone(), found.sentence.clone(), does]
    };
    let rows: Vec<_> = findings.iter().map(row).collect();
    screen::say(screen::table(&["finding", "source", "day", "kind", "what", "does"], &rows));
    Ok(())
}

fn line(finding: &KeptFinding) -> serde_json::Value {
    let found = &finding.found;
    serde_json::json!({
        "id": finding.id, "source": finding.source, "day": date(finding.day), "kind": found.kind,
        "place": found.place, "sentence": found.sentence, "stops": found.stops,
        "detail": serde_json::from_str::<serde_json::Value>(&found.detail).ok(),
        "acknowledged_by": finding.acknowledged.as_ref().map(|seen| seen.by.clone()),
    })
}

async fn acknowledge(parts: &Parts, finding: i64, note: &str, json: bool) -> anyhow::Result<()> {
    parts.control.acknowledge_finding(finding, "operator", note).await?;
    parts.record("feed.acknowledge", AuditOutcome::Success, &finding.to_string(), &[]).await?;
    let told = serde_json::json!({ "id": finding, "acknowledged": true });
    screen::tell(json, told, format!("Finding {finding} is seen to."));
    Ok(())
}
