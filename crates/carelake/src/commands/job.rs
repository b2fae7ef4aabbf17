//! `carelake job`

mod drive;

pub(super) use drive::drive;

use crate::{
    cli::{JobCommand, RunArgs},
    desk,
    parts::Parts,
    screen,
};
use anyhow::{Context, ensure};
use chrono::NaiveDate;
use control::{Cause, Job, Queued, Run, RunId};
use lake::models::{self, Asked};
use marts::day_begins;
use model::{AuditOutcome, Timestamp};
use policy::{Action, Resource};
use std::path::Path;

pub(super) async fn run(folder: &Path, command: JobCommand, json: bool) -> anyhow::Result<()> {
    let action = match &command {
        JobCommand::List
        | JobCommand::Runs { .. }
        | JobCommand::Show(_)
        | JobCommand::Logs(_)
        | JobCommand::Plan(_) => Action::JobList,
        JobCommand::Limit { at_once: None, .. } => Action::JobList,
        _ => Action::JobRun,
    };
    let parts = Parts::open_for(folder, "job", action, Resource::Job("any")).await?;
    let done = match command {
        JobCommand::List => list(&parts, json).await,
        JobCommand::Runs { job, limit } => runs(&parts, job.as_deref(), limit, json).await,
        JobCommand::Show(args) => show(&parts, args, json).await,
        JobCommand::Logs(args) => logs(&parts, args, json).await,
        JobCommand::Plan(args) => plan(&parts, args, json).await,
        JobCommand::Run { job, no_wait } => queue(&parts, &job, (Cause::Command, ""), (!no_wait, json)).await,
        JobCommand::Backfill { job, from, until, no_wait } => {
            backfill(&parts, &job, (from, until), (!no_wait, json)).await
        }
        JobCommand::Retry(args) => retry(&parts, args, json).await,
        JobCommand::Cancel(args) => cancel(&parts, args, json).await,
        JobCommand::Pause { job } => pause(&parts, &job, true, json).await,
        JobCommand::Resume { job } => pause(&parts, &job, false, json).await,
        JobCommand::Limit { resource, at_once } => limit(&parts, resource.zip(at_once), json).await,
    };
    parts.close().await?;
    done
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    models::with_jobs(&parts.control, parts.clock.now()).await?;
    let jobs = parts.control.jobs().await?;
    parts.record("job.list", AuditOutcome::Success, "jobs", &[]).await?;
    let mut rows = Vec::new();
    for job in &jobs {
        let last = parts.control.runs(Some(&job.is.name), 1).await?.pop();
        let (state, detail) = last.map(|run| (run.state.as_str(), run.detail)).unwrap_or_default();
        if json {
            let line = serde_json::json!({
                "job": job.is.name, "kind": job.is.kind, "target": job.is.target, "owner": job.is.owner,
                "schedule": job.is.schedule, "zone": job.is.zone, "on_commit": job.is.on_commit, "paused": job.paused,
                "next_due": job.next_due.map(|due| due.to_string()), "last_state": state, "last_detail": detail,
            });
            screen::say(line.to_string());
        } else {
            let next = job.next_due.map(|due| due.to_string()).unwrap_or_default();
            rows.push(vec![job.is.name.clone(), when(job), next, state.to_owned(), detail]);
        }
    }
    if !json {
        screen::say(screen::table(&["job", "runs", "next", "last run", "result"], &rows));
    }
    Ok(())
}

/// When a job runs, in words.
fn when(job: &Job) -> String {
    let mut words = Vec::new();
    if job.paused {
        words.push("paused".to_owned());
    }
    if !job.is.schedule.is_empty() {
        words.push(format!("{} {}", job.is.schedule, job.is.zone));
    }
    if job.is.on_commit {
        words.push("on changes".to_owned());
    }
    if words.is_empty() { "by command".to_owned() } else { words.join(", ") }
}

async fn runs(parts: &Parts, job: Option<&str>, limit: usize, json: bool) -> anyhow::Result<()> {
    let runs = parts.control.runs(job, limit).await?;
    parts.record("job.runs", AuditOutcome::Success, job.unwrap_or("runs"), &[]).await?;
    if json {
        for run in &runs {
            screen::say(line(run).to_string());
        }
        return Ok(());
    }
    let row = |run: &Run| {
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        vec![
            run.id.to_string(),
            run.kind.clone(),
            run.target.clone(),
            run.state.as_str().to_owned(),
            run.cause.as_str().to_owned(),
            time(run.started),
            time(run.ended),
            run.detail.clone(),
        ]
    };
    let rows: Vec<_> = runs.iter().map(row).collect();
    let head = ["run", "kind", "of", "state", "by", "started", "ended", "result"];
    screen::say(screen::table(&head, &rows));
    Ok(())
}

fn line(run: &Run) -> serde_json::Value {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    serde_json::json!({
        "id": run.id.0, "job": run.job, "kind": run.kind, "target": run.target, "cause": run.cause.as_str(),
        "actor": run.actor, "state": run.state.as_str(), "attempt": run.attempt, "due": time(run.due),
        "queued": time(run.queued), "started": time(run.started), "ended": time(run.ended), "holder": run.holder,
        "detail": run.detail, "commit_seq": run.seq.map(|seq| seq.0),
        "facts": serde_json::from_str::<serde_json::Value>(&run.facts).ok(),
    })
}

async fn find(parts: &Parts, args: RunArgs) -> anyhow::Result<Run> {
    let run = parts.control.run(RunId(args.run)).await?;
    run.with_context(|| format!("no run {}; `carelake job runs` shows them", args.run))
}

async fn show(parts: &Parts, args: RunArgs, json: bool) -> anyhow::Result<()> {
    let run = find(parts, args).await?;
    parts.record("job.show", AuditOutcome::Success, &args.run.to_string(), &[]).await?;
    if json {
        screen::say(line(&run).to_string());
        return Ok(());
    }
    let mut rows = Vec::new();
    for (name, value) in line(&run).as_object().into_iter().flatten() {
        let text = match value {
            serde_json::Value::Null => continue,
            serde_json::Value::String(text) => text.clone(),
            other if name == "facts" => serde_json::to_string_pretty(other)?,
            other => other.to_string(),
        };
        match name == "facts" {
            true => screen::say(text),
            false => rows.push(vec![name.clone(), text]),
        }
    }
    screen::say(screen::table(&["run", &args.run.to_string()], &rows));
    Ok(())
}

async fn logs(parts: &Parts, args: RunArgs, json: bool) -> anyhow::Result<()> {
    let run = find(parts, args).await?;
    parts.record("job.logs", AuditOutcome::Success, &args.run.to_string(), &[]).await?;
    for line in parts.control.run_log(run.id, 0).await? {
        screen::say(match json {
            true => serde_json::json!({ "line": line.line, "at": line.at.to_string(), "said": line.said })
                .to_string(),
            false => format!("{}  {}", line.at, line.said),
        });
    }
    Ok(())
}

async fn plan(parts: &Parts, args: RunArgs, json: bool) -> anyhow::Result<()> {
    let run = find(parts, args).await?;
    let plans = parts.control.run_plans(run.id).await?;
    parts.record("job.plan", AuditOutcome::Success, &args.run.to_string(), &[]).await?;
    for (model, plan) in plans {
        let told = serde_json::json!({ "model": model, "plan": plan });
        screen::tell(json, told, format!("{model}\n\n{plan}\n"));
    }
    Ok(())
}

async fn queue(
    parts: &Parts,
    job: &str,
    (cause, asked): (Cause, &str),
    how: (bool, bool),
) -> anyhow::Result<()> {
    models::with_jobs(&parts.control, parts.clock.now()).await?;
    let queued = Queued { cause, actor: "operator", due: None, asked };
    let run = lake::jobs::queue_or_join(&parts.control, job, &queued).await?;
    parts.record("job.run", AuditOutcome::Success, job, &[("cause", cause.as_str().to_owned())]).await?;
    let run = run.context("the run that waited is over; say this again")?;
    follow(parts, job, run, how).await
}

/// Waits for a run, or says that it is queued; `json` answers a program.
async fn follow(parts: &Parts, job: &str, run: RunId, (wait, json): (bool, bool)) -> anyhow::Result<()> {
    if !wait {
        let told = serde_json::json!({ "id": run.0, "job": job, "state": "queued" });
        screen::tell(json, told, format!("Run {run} of {job} is queued."));
        return Ok(());
    }
    for run in drive(parts, &[run]).await? {
        screen::tell(json, line(&run), format!("Run {} of {job}: {}.", run.id, run.detail));
    }
    Ok(())
}

/// Queues a run for what is past; a run that waits for something else is not taken for it.
async fn backfill(
    parts: &Parts,
    job: &str,
    (from, until): (NaiveDate, NaiveDate),
    how: (bool, bool),
) -> anyhow::Result<()> {
    ensure!(from < until, "--until is a day after --from");
    let marts = models::with_jobs(&parts.control, parts.clock.now()).await?;
    let mart = marts.iter().find(|mart| models::job_name(&mart.name) == job);
    let mart = mart.with_context(|| format!("{job} builds no mart; `carelake job list` shows them"))?;
    ensure!(
        mart.models.iter().any(|model| model.by_period.is_some()),
        "no model of {} is made by periods: `materialised: period`",
        mart.name
    );
    let begins = |day| day_begins(mart.rules.zone(), day).with_context(|| format!("{day} is no day"));
    let asked = Asked::Span(begins(from)?, begins(until)?).to_string();
    let queued = Queued { cause: Cause::Command, actor: "operator", due: None, asked: &asked };
    let run = parts.control.queue_run(job, &queued).await?;
    let run = run.with_context(|| format!("a run of {job} waits already; say this again when it is over"))?;
    let facts = [("cause", "backfill".to_owned()), ("from", from.to_string()), ("until", until.to_string())];
    parts.record("job.run", AuditOutcome::Success, job, &facts).await?;
    follow(parts, job, run, how).await
}

async fn retry(parts: &Parts, args: RunArgs, json: bool) -> anyhow::Result<()> {
    let run = find(parts, args).await?;
    let job = run.job.with_context(|| format!("run {} is of no job: it cannot be tried again", args.run))?;
    queue(parts, &job, (Cause::Retry, &run.asked), (true, json)).await
}

async fn cancel(parts: &Parts, args: RunArgs, json: bool) -> anyhow::Result<()> {
    parts.control.cancel_run(RunId(args.run)).await?;
    parts.record("job.cancel", AuditOutcome::Success, &args.run.to_string(), &[]).await?;
    screen::tell(
        json,
        serde_json::json!({ "id": args.run, "ends": true }),
        format!("Run {} ends.", args.run),
    );
    Ok(())
}

async fn pause(parts: &Parts, name: &str, paused: bool, json: bool) -> anyhow::Result<()> {
    models::with_jobs(&parts.control, parts.clock.now()).await?;
    desk::pause_job(&parts.control, parts.clock.as_ref(), name, paused).await?;
    let action = if paused { "job.pause" } else { "job.resume" };
    parts.record(action, AuditOutcome::Success, name, &[]).await?;
    let what = if paused { "rests" } else { "is queued again when it is due" };
    screen::tell(
        json,
        serde_json::json!({ "job": name, "paused": paused }),
        format!("The job {name} {what}."),
    );
    Ok(())
}

async fn limit(parts: &Parts, set: Option<(String, u32)>, json: bool) -> anyhow::Result<()> {
    if let Some((resource, at_once)) = set {
        parts.control.limit_runs(&resource, at_once).await?;
        parts
            .record("job.limit", AuditOutcome::Success, &resource, &[("at_once", at_once.to_string())])
            .await?;
    } else {
        parts.record("job.limits", AuditOutcome::Success, "jobs", &[]).await?;
    }
    let limits = parts.control.run_limits().await?;
    if json {
        for (resource, at_once) in limits {
            screen::say(serde_json::json!({ "resource": resource, "at_once": at_once }).to_string());
        }
        return Ok(());
    }
    let rows: Vec<_> = limits.into_iter().map(|(resource, most)| vec![resource, most.to_string()]).collect();
    screen::say(screen::table(&["resource", "runs at once"], &rows));
    Ok(())
}
