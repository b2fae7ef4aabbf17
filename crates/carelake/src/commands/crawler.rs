//! `carelake crawler`

use super::{catalog::external, job::drive};
use crate::{
    access::OPERATOR,
    cli::{AddCrawlerArgs, CrawlerCommand},
    crawlers::{Crawlers, KIND, is_name, job_name},
    parts::Parts,
    screen,
};
use anyhow::{Context, bail};
use control::{Cause, Crawler, ExternalTable, NewJob, Queued, Run};
use crawl::{Plan, Report, check_patterns};
use marts::Schedule;
use model::AuditOutcome;
use policy::{Action, Resource};
use std::path::Path;

/// How long a crawl may take, in milliseconds: six hours.
const TIMEOUT_MS: i64 = 6 * 3_600_000;

pub(super) async fn run(folder: &Path, command: CrawlerCommand, json: bool) -> anyhow::Result<()> {
    let (action, resource) = match command {
        CrawlerCommand::List | CrawlerCommand::Show { .. } => (Action::CrawlerList, Resource::Lake),
        CrawlerCommand::Run { .. } => (Action::JobRun, Resource::Job(KIND)),
        CrawlerCommand::Add(_) | CrawlerCommand::Remove { .. } => (Action::CrawlerChange, Resource::Lake),
    };
    let parts = Parts::open_for(folder, "crawler", action, resource).await?;
    let done = match command {
        CrawlerCommand::Add(args) => add(&parts, args, json).await,
        CrawlerCommand::List => list(&parts, json).await,
        CrawlerCommand::Show { name } => show(&parts, &name, json).await,
        CrawlerCommand::Run { name } => crawl(&parts, &name, json).await,
        CrawlerCommand::Remove { name } => remove(&parts, &name, json).await,
    };
    parts.close().await?;
    done
}

async fn add(parts: &Parts, args: AddCrawlerArgs, json: bool) -> anyhow::Result<()> {
    let name = args.name.as_str();
    if !is_name(name) {
        bail!("`{name}` cannot be a crawler's name: small letters, digits, `-` and `_`, 40 at most");
    }
    if !args.replace && parts.control.crawler(name).await?.is_some() {
        bail!("there is a crawler {name} already; --replace puts this one in its place");
    }
    let (schedule, zone) = (args.schedule.unwrap_or_default(), args.zone);
    let plan = Plan {
        targets: args.targets,
        database: args.database,
        include: args.include,
        exclude: args.exclude,
        classifiers: args.classifiers,
        on_change: args.on_change.into(),
        on_gone: args.on_gone.into(),
    };
    check(parts, name, &plan).await?;
    let next = match schedule.is_empty() {
        true => None,
        false => Schedule::parse(&schedule, &zone)?.after(parts.clock.now()),
    };
    let job = NewJob {
        schedule,
        zone,
        retries: 3,
        backoff_ms: 60_000,
        timeout_ms: TIMEOUT_MS,
        ..NewJob::by_command(&job_name(name), KIND, name)
    };
    let said = serde_json::to_string(&plan)?;
    parts.record("crawler.add", AuditOutcome::Success, name, &[("plan", said.clone())]).await?;
    parts.control.put_crawler((name, &said), OPERATOR, (&job, next)).await?;
    let sentence = format!("The crawler {name} is there. `carelake crawler run {name}` lets it crawl.");
    screen::tell(json, serde_json::json!({ "crawler": name, "plan": plan }), sentence);
    Ok(())
}

/// Refuses a plan that could not be carried out.
async fn check(parts: &Parts, name: &str, plan: &Plan) -> anyhow::Result<()> {
    crate::external::may_hold(&parts.control, &plan.database).await?;
    let before = parts.control.external_tables(Some(name)).await?;
    if let Some(table) = before.iter().find(|table| table.table.schema != plan.database) {
        bail!("its tables are in {}: remove the crawler first, to have them elsewhere", table.table.schema);
    }
    for target in &plan.targets {
        let connection = parts.control.connection(&target.connection).await?;
        connection.with_context(|| {
            format!("no connection {}; `carelake connection list` shows them", target.connection)
        })?;
    }
    check_patterns(&plan.include)?;
    check_patterns(&plan.exclude)?;
    Crawlers::new(parts).classifiers(&plan.classifiers).map(drop)
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let crawlers = parts.control.crawlers().await?;
    parts.record("crawler.list", AuditOutcome::Success, "crawlers", &[]).await?;
    let mut rows = Vec::new();
    for crawler in &crawlers {
        let plan: Plan = serde_json::from_str(&crawler.said)?;
        let job = parts.control.job(&job_name(&crawler.name)).await?;
        let next = job.and_then(|job| job.next_due).map(|due| due.to_string()).unwrap_or_default();
        let tables = parts.control.external_tables(Some(&crawler.name)).await?.len();
        let last = newest(parts, &crawler.name).await?;
        let (state, told) = last.map(|run| (run.state.as_str(), run.detail)).unwrap_or_default();
        if json {
            let line = serde_json::json!({
                "crawler": crawler.name, "plan": plan, "tables": tables, "next_due": next, "last_state": state,
                "last_detail": told,
            });
            screen::say(line.to_string());
        } else {
            let targets = screen::words(&plan.targets);
            rows.push(vec![
                crawler.name.clone(),
                targets,
                plan.database,
                tables.to_string(),
                next,
                state.to_owned(),
                told,
            ]);
        }
    }
    if !json {
        let head = ["crawler", "targets", "database", "tables", "next", "last run", "result"];
        screen::say(screen::table(&head, &rows));
    }
    Ok(())
}

async fn newest(parts: &Parts, crawler: &str) -> anyhow::Result<Option<Run>> {
    Ok(parts.control.runs(Some(&job_name(crawler)), 1).await?.pop())
}

async fn find(parts: &Parts, name: &str) -> anyhow::Result<Crawler> {
    let crawler = parts.control.crawler(name).await?;
    crawler.with_context(|| format!("no crawler {name}; `carelake crawler list` shows them"))
}

async fn show(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    let crawler = find(parts, name).await?;
    let plan: Plan = serde_json::from_str(&crawler.said)?;
    let tables = parts.control.external_tables(Some(name)).await?;
    let last = newest(parts, name).await?;
    parts.record("crawler.show", AuditOutcome::Success, name, &[]).await?;
    let report: Option<Report> = last.as_ref().and_then(|run| serde_json::from_str(&run.facts).ok());
    if json {
        let notes = parts.control.table_notes().await?;
        let note = |table: &ExternalTable| notes.get(&table.table).cloned().unwrap_or_default();
        let tables: Vec<_> = tables.iter().map(|table| external::line(table, &note(table))).collect();
        let all = serde_json::json!({
            "crawler": name, "by": crawler.actor, "changed": crawler.changed.to_string(), "plan": plan,
            "tables": tables, "last_run": last.map(|run| run.id.0), "found": report,
        });
        screen::say(all.to_string());
        return Ok(());
    }
    screen::say(format!("{name} crawls {} into {}.\n", screen::words(&plan.targets), plan.database));
    screen::say(external::table(&tables));
    if let Some(report) = report {
        tell(&report);
    }
    Ok(())
}

async fn crawl(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    find(parts, name).await?;
    let job = job_name(name);
    let queued = Queued { cause: Cause::Command, actor: OPERATOR, due: None, asked: "" };
    let run = lake::jobs::queue_or_join(&parts.control, &job, &queued).await?;
    parts.record("crawler.run", AuditOutcome::Success, name, &[]).await?;
    let run = run.context("the run that waited is over; say this again")?;
    for run in drive(parts, &[run]).await? {
        if json {
            screen::say(&run.facts);
            continue;
        }
        screen::say(format!("{}.", run.detail));
        if let Ok(report) = serde_json::from_str(&run.facts) {
            tell(&report);
        }
    }
    Ok(())
}

/// What has changed since the crawl before, for people.
fn tell(report: &Report) {
    let mut rows = Vec::new();
    let mut row =
        |what: &str, name: &str, how: String| rows.push(vec![what.to_owned(), name.to_owned(), how]);
    for table in &report.tables.new {
        row("new", table, String::new());
    }
    for table in &report.tables.changed {
        let mut how = Vec::new();
        for (what, columns) in
            [("added", &table.added), ("removed", &table.removed), ("other type", &table.retyped)]
        {
            if !columns.is_empty() {
                how.push(format!("{what}: {}", columns.join(", ")));
            }
        }
        if !how.is_empty() && !table.taken {
            how.push("not taken over".to_owned());
        }
        row("changed", &table.table, how.join("; "));
    }
    for table in &report.tables.gone {
        row("gone", table, String::new());
    }
    if !rows.is_empty() {
        screen::say(screen::table(&["", "table", "columns"], &rows));
    }
    for named in &report.partitions.named {
        screen::say(format!("partition {named}"));
    }
    if let Some(unrecognised) = report.formats.get("unrecognised") {
        screen::note(format!("carelake: {unrecognised} of what was read are in no format that is known"));
    }
}

async fn remove(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    parts.control.remove_crawler(name, &job_name(name)).await?;
    parts.record("crawler.remove", AuditOutcome::Success, name, &[]).await?;
    let sentence = format!("The crawler {name} is gone, and the tables that it found.");
    screen::tell(json, serde_json::json!({ "removed": name }), sentence);
    Ok(())
}
