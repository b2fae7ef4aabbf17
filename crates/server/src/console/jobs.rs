//! Jobs and their runs: looked at, queued, tried again, ended.

use super::{
    answer::{self, Refused, done, page},
    lake::{self, Made},
    listing::{self, Listed},
    news::{self, Topic},
    session::{Sent, Visitor},
};
use ::console::{
    Address, Section,
    graph::{Graph, Node},
    pages::{
        Cause, Confirm, JobFilter, JobGraph, JobList, JobPage, JobPowers, JobRow, LogLine, Model, RunFilter,
        RunList, RunPage, RunPowers, RunRow, RunState, TableUse,
    },
};
use axum::{extract::Path, response::Response};
use control::{Control, ControlError, Job, JobOrder, Queued, Run, RunId, WhichJobs};
use model::AuditOutcome;
use policy::{Action, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// Runs that one page shows.
const RUNS: usize = 100;
/// Lines of a log that a page shows.
const LINES: usize = 500;
/// The newest runs in a row of the list of jobs.
const SPARK: usize = 12;
/// Jobs whose dependencies are drawn.
const DRAWN: u64 = 500;
const ANY: Resource<'static> = Resource::Job("any");

pub(super) const fn state(of: control::RunState) -> RunState {
    match of {
        control::RunState::Queued => RunState::Waiting,
        control::RunState::Running => RunState::Running,
        control::RunState::Succeeded => RunState::Succeeded,
        control::RunState::Failed => RunState::Failed,
        control::RunState::Cancelled => RunState::Cancelled,
    }
}

const fn state_of(shown: RunState) -> control::RunState {
    match shown {
        RunState::Waiting => control::RunState::Queued,
        RunState::Running => control::RunState::Running,
        RunState::Succeeded => control::RunState::Succeeded,
        RunState::Failed => control::RunState::Failed,
        RunState::Cancelled => control::RunState::Cancelled,
    }
}

fn state_named(word: &str) -> Option<RunState> {
    RunState::ALL.into_iter().find(|state| state.as_str() == word)
}

pub(super) fn run_row(run: &Run) -> RunRow {
    RunRow {
        id: run.id.0,
        job: run.job.clone(),
        kind: run.kind.clone(),
        target: run.target.clone(),
        state: state(run.state),
        cause: match run.cause {
            control::Cause::Schedule => Cause::Schedule,
            control::Cause::Commit => Cause::Publication,
            control::Cause::Command => Cause::Command,
            control::Cause::Retry => Cause::Retry,
        },
        actor: run.actor.clone(),
        attempt: run.attempt,
        queued: run.queued.or(run.started).unwrap_or_default(),
        started: run.started,
        ended: run.ended,
        detail: run.detail.clone(),
    }
}

/// Each once, in order.
fn different<'a>(all: impl Iterator<Item = &'a String>) -> Vec<String> {
    all.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// When a job runs, in words.
fn when(job: &Job) -> String {
    let mut words = Vec::new();
    if !job.is.schedule.is_empty() {
        words.push(format!("{} {}", job.is.schedule, job.is.zone));
    }
    if job.is.on_commit {
        words.push("on changes".to_owned());
    }
    if words.is_empty() { "by command".to_owned() } else { words.join(", ") }
}

/// A job with its newest runs, the oldest of these first.
fn job_row(job: &Job, runs: &[Run]) -> JobRow {
    let took = |run: &Run| Some(run.ended?.0 - run.started?.0);
    JobRow {
        name: job.is.name.clone(),
        kind: job.is.kind.clone(),
        owner: job.is.owner.clone(),
        when: when(job),
        next_due: job.next_due,
        paused: job.paused,
        runs: runs.iter().map(|run| (run.id.0, state(run.state), took(run))).collect(),
        last: runs.last().and_then(|run| run.queued.or(run.started)),
    }
}

/// `GET /jobs`
pub(super) async fn list(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::JobList, ANY).await?;
    let filter = JobFilter {
        text: visitor.asked("q").to_owned(),
        kind: visitor.asked("kind").to_owned(),
        state: state_named(visitor.asked("state")),
    };
    let control = &visitor.desk.control;
    let sort = listing::sort(&visitor);
    let order = match sort.by.as_str() {
        "kind" => JobOrder::Kind,
        "owner" => JobOrder::Owner,
        "due" => JobOrder::Due,
        "last" => JobOrder::Last,
        _ => JobOrder::Name,
    };
    let (skip, limit) = listing::wanted(&visitor);
    let which = WhichJobs {
        text: &filter.text,
        kind: &filter.kind,
        state: filter.state.map(state_of),
        order,
        descending: sort.descending,
        skip,
        limit,
    };
    let found = control.find_jobs(&which).await?;
    visitor.record("job.list", AuditOutcome::Success, "jobs", &[]).await?;
    if let Some(format) = listing::format(&visitor) {
        let head = ["job", "kind", "owner", "when", "next", "paused", "last_state"];
        let line = |job: &Job| {
            vec![
                job.is.name.clone(),
                job.is.kind.clone(),
                job.is.owner.clone(),
                when(job),
                job.next_due.map(|due| due.to_string()).unwrap_or_default(),
                job.paused.to_string(),
                job.last.map(|(_, last)| state(last).as_str()).unwrap_or_default().to_owned(),
            ]
        };
        return Ok(format.answer("jobs", &head, found.rows.iter().map(line)));
    }
    let mut rows = Vec::new();
    for job in &found.rows {
        // The oldest first, as they are drawn.
        let mut runs = control.runs(Some(&job.is.name), SPARK).await?;
        runs.reverse();
        rows.push(job_row(job, &runs));
    }
    let counted = control.count_jobs().await?;
    let kinds = different(counted.iter().map(|count| &count.kind));
    let mut counts: BTreeMap<usize, (RunState, u64)> = BTreeMap::new();
    for (last, jobs) in counted.iter().filter_map(|count| Some((state(count.state?), count.jobs))) {
        counts.entry(last as usize).or_insert((last, 0)).1 += jobs;
    }
    let here = listing::here(&visitor, Address::jobs(), &["q", "kind", "state", "sort", "page"]);
    let paging = listing::paging(&visitor, rows.len(), found.total);
    let counts = counts.into_values().collect();
    page(&visitor, here, &JobList { rows, filter, kinds, counts, sort, paging }).await
}

/// `GET /runs`
pub(super) async fn runs(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::JobList, ANY).await?;
    let filter = RunFilter {
        job: visitor.asked("job").to_owned(),
        kind: visitor.asked("kind").to_owned(),
        state: state_named(visitor.asked("state")),
    };
    let of = (!filter.job.is_empty()).then_some(filter.job.as_str());
    let all = visitor.desk.control.runs(of, 10 * RUNS).await?;
    let kinds = different(all.iter().map(|run| &run.kind));
    let mut rows: Vec<_> = all.iter().map(run_row).collect();
    rows.retain(|row| {
        (filter.kind.is_empty() || filter.kind == row.kind)
            && filter.state.is_none_or(|state| state == row.state)
    });
    let sort = listing::sort(&visitor);
    listing::order(&mut rows, &sort, |key, row| match key {
        "job" => listing::Key::Text(row.job.clone().unwrap_or_default()),
        "state" => listing::Key::Text(row.state.as_str().to_owned()),
        "started" => listing::Key::Number(row.started.map_or(0, |started| started.0)),
        "took" => {
            listing::Key::Number(row.ended.zip(row.started).map_or(0, |(ended, started)| ended.0 - started.0))
        }
        "id" => listing::Key::Number(row.id),
        _ => listing::Key::Number(-row.id),
    });
    let Listed { rows, paging } = listing::page_of(rows, &visitor);
    visitor.record("job.runs", AuditOutcome::Success, "runs", &[]).await?;
    if let Some(format) = listing::format(&visitor) {
        let head = ["run", "job", "kind", "target", "state", "actor", "started", "ended", "result"];
        let time = |at: Option<model::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let line = |row: &RunRow| {
            vec![
                row.id.to_string(),
                row.job.clone().unwrap_or_default(),
                row.kind.clone(),
                row.target.clone(),
                row.state.as_str().to_owned(),
                row.actor.clone(),
                time(row.started),
                time(row.ended),
                row.detail.clone(),
            ]
        };
        return Ok(format.answer("runs", &head, rows.iter().map(line)));
    }
    let here = listing::here(&visitor, Address::runs(), &["job", "kind", "state", "sort", "page"]);
    page(&visitor, here, &RunList { rows, filter, kinds, sort, paging }).await
}

/// `GET /jobs/graph`
pub(super) async fn graph(visitor: Visitor) -> Result<Response, Refused> {
    visitor.require(Action::JobList, ANY).await?;
    let control = &visitor.desk.control;
    let found = control.find_jobs(&WhichJobs { limit: DRAWN, ..WhichJobs::default() }).await?;
    let left_out = found.total - found.rows.len() as u64;
    let marts = visitor.desk.lake.marts().await?;
    let mut graph = Graph::default();
    let mut made_by: BTreeMap<String, usize> = BTreeMap::new();
    let mut reads = Vec::new();
    for (at, job) in found.rows.iter().enumerate() {
        graph.nodes.push(Node {
            label: job.is.name.clone(),
            kind: job.is.kind.clone(),
            page: Some(Address::job(&job.is.name)),
            state: job.last.map(|(_, last)| (state(last).tone(), state(last).as_str().to_owned())),
        });
        for model in models(&marts, job) {
            made_by.insert(model.table.clone(), at);
            reads.extend(model.reads.iter().map(|table| (table, at)));
        }
    }
    graph.edges = reads.iter().filter_map(|(table, at)| Some((*made_by.get(*table)?, *at))).collect();
    graph.edges.sort_unstable();
    graph.edges.dedup();
    visitor.record("job.list", AuditOutcome::Success, "jobs", &[]).await?;
    page(&visitor, Address::job_graph(), &JobGraph { graph, left_out }).await
}

/// The models that a job makes.
fn models<'m>(marts: &'m BTreeMap<String, Vec<Made>>, job: &Job) -> &'m [Made] {
    (job.is.kind == "mart").then(|| marts.get(&job.is.target)).flatten().map_or(&[], Vec::as_slice)
}

async fn found_job(visitor: &Visitor, name: &str) -> Result<Job, Refused> {
    visitor.desk.control.job(name).await?.ok_or_else(|| Refused::NotFound(format!("job {name}")))
}

/// `GET /job/{name}`
pub(super) async fn job(visitor: Visitor, Path(name): Path<String>) -> Result<Response, Refused> {
    visitor.require(Action::JobList, ANY).await?;
    let job = found_job(&visitor, &name).await?;
    let control = &visitor.desk.control;
    let runs = control.runs(Some(&name), 20).await?;
    let limits = control.run_limits().await?;
    let at_once =
        limits.iter().find(|(resource, _)| *resource == job.is.resource).map_or(1, |(_, at_once)| *at_once);
    let marts = visitor.desk.lake.marts().await?;
    let made = models(&marts, &job);
    let may = visitor.may(Action::JobRun, ANY);
    visitor.record("job.show", AuditOutcome::Success, &name, &[]).await?;
    let shown = JobPage {
        kind: job.is.kind.clone(),
        target: job.is.target.clone(),
        owner: job.is.owner.clone(),
        when: when(&job),
        next_due: job.next_due,
        paused: job.paused,
        retries: job.is.retries,
        timeout_ms: job.is.timeout_ms,
        resource: (job.is.resource.clone(), at_once),
        runs: runs.iter().map(run_row).collect(),
        graph: drawn(&name, made),
        models: made.iter().map(|made| Model { table: made.table.clone(), sql: made.sql.clone() }).collect(),
        may: JobPowers {
            run: may && !job.paused,
            pause: may,
            edit: may_edit(&visitor, &job.is.kind, &job.is.target).await?,
        },
        name,
    };
    let here = Address::job(&shown.name);
    page(&visitor, here, &shown).await
}

/// A job between what it reads and what it makes.
fn drawn(name: &str, made: &[Made]) -> Graph {
    let mut graph = Graph::default();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    graph.nodes.push(Node { label: name.to_owned(), kind: "job".to_owned(), page: None, state: None });
    graph.focus = Some(0);
    for model in made {
        for table in model.reads.iter().chain([&model.table]) {
            places.entry(table.as_str()).or_insert_with(|| {
                let (schema, of) = lake::parts(table);
                let page = Some(Address::table(schema, of));
                graph.nodes.push(Node { label: table.clone(), kind: "table".to_owned(), page, state: None });
                graph.nodes.len() - 1
            });
        }
    }
    let makes = |table: &str| made.iter().any(|model| model.table == table);
    for (table, at) in &places {
        graph.edges.push(if makes(table) { (0, *at) } else { (*at, 0) });
    }
    graph
}

async fn found_run(visitor: &Visitor, id: i64) -> Result<Run, Refused> {
    visitor.desk.control.run(RunId(id)).await?.ok_or_else(|| Refused::NotFound(format!("run {id}")))
}

/// Whether somebody may change the mart that a job builds: it is registered, for the built-in ones cannot be changed.
async fn may_edit(visitor: &Visitor, kind: &str, target: &str) -> Result<bool, Refused> {
    if kind != "mart" || !visitor.may(Action::MartRegister, Resource::Schema(target)) {
        return Ok(false);
    }
    let newest = visitor.desk.control.mart_registrations(target, 1).await?;
    Ok(newest.first().is_some_and(|newest| newest.current))
}

/// A run with the end of its log, as anybody sees it while it is at work: powers are the visitor's, and plans the page's.
pub(super) async fn run_page(control: &Control, run: &Run) -> Result<RunPage, ControlError> {
    let log = control.run_log(run.id, 0).await?;
    let before = log.len().saturating_sub(LINES);
    let facts: serde_json::Value = serde_json::from_str(&run.facts).unwrap_or_default();
    let tables = |part: &str| -> Vec<TableUse> {
        let named = facts[part].as_object().into_iter().flatten();
        named
            .map(|(name, told)| {
                let (schema, table) = lake::parts(name);
                TableUse {
                    schema: schema.to_owned(),
                    name: table.to_owned(),
                    version: told["version"].as_i64().unwrap_or_default(),
                    rows: told["rows"].as_u64(),
                }
            })
            .collect()
    };
    let failed = run.state == control::RunState::Failed;
    Ok(RunPage {
        run: run_row(run),
        due: run.due,
        read_at: facts["made_from"].as_u64(),
        published: run.seq.and_then(|seq| u64::try_from(seq.0).ok()),
        stopping: run.stop && !run.state.is_over(),
        error: failed.then(|| run.detail.clone()),
        advice: failed.then(|| advice(run).to_owned()),
        inputs: tables("inputs"),
        outputs: tables("outputs"),
        plans: Vec::new(),
        log_before: before as u64,
        log: log
            .into_iter()
            .skip(before)
            .map(|line| LogLine { line: line.line, at: line.at, said: line.said })
            .collect(),
        may: RunPowers::default(),
    })
}

async fn powers(visitor: &Visitor, run: &Run) -> Result<RunPowers, Refused> {
    let may = visitor.may(Action::JobRun, ANY);
    Ok(RunPowers {
        retry: may && run.job.is_some() && run.state.is_over(),
        cancel: may && run.job.is_some() && !run.state.is_over() && !run.stop,
        edit: may_edit(visitor, &run.kind, &run.target).await?,
    })
}

/// What can be done about a run that failed.
fn advice(run: &Run) -> &'static str {
    match run.kind.as_str() {
        "mart" => {
            "Mend the model: “Edit the SQL” compares a change with what is published, and keeps it (`carelake mart diff` and \
             `register` do the same with a folder). Then retry the run."
        }
        _ => "See what its log says, then retry it.",
    }
}

/// `GET /run/{id}`
pub(super) async fn run(visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Refused> {
    visitor.require(Action::JobList, ANY).await?;
    let run = found_run(&visitor, id).await?;
    let may = powers(&visitor, &run).await?;
    let control = &visitor.desk.control;
    let plans = control.run_plans(run.id).await?;
    let shown = RunPage { may, plans, ..run_page(control, &run).await? };
    visitor.record("job.logs", AuditOutcome::Success, &id.to_string(), &[]).await?;
    let here = Address::run(id);
    let mut frame = visitor.frame(here.clone()).await?;
    frame.events = (!run.state.is_over()).then(|| here.change("events"));
    Ok(answer::html(&frame, &shown))
}

/// `GET /run/{id}/events`: what changes on the page of a run while it is open, until the run is over.
pub(super) async fn events(visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Refused> {
    visitor.require(Action::JobList, ANY).await?;
    found_run(&visitor, id).await?;
    Ok(news::events(visitor, Topic::Run(id)))
}

/// A change of a job or a run that takes nothing away.
fn confirm(
    title: String,
    of: &Address,
    change: &'static str,
    (button, effect): (&str, &str),
    command: String,
) -> Confirm {
    Confirm {
        title,
        section: Section::Jobs,
        of: of.clone(),
        back: of.clone(),
        change,
        effect: effect.to_owned(),
        undo: None,
        note: None,
        button: button.to_owned(),
        takes_away: false,
        command,
    }
}

/// `GET /job/{name}/{change}`
pub(super) async fn ask_of_job(
    visitor: Visitor,
    Path((name, change)): Path<(String, String)>,
) -> Result<Response, Refused> {
    visitor.require(Action::JobRun, ANY).await?;
    found_job(&visitor, &name).await?;
    let here = Address::job(&name);
    let shown = match change.as_str() {
        "run" => {
            let told = ("Run", "A run is queued and begins as soon as a worker has room for it.");
            confirm(format!("Run job {name} now?"), &here, "run", told, format!("job run {name}"))
        }
        "pause" => {
            let effect = "Neither the clock nor changes queue it. What is due meanwhile is not made up for.";
            let (title, command) = (format!("Let job {name} rest?"), format!("job pause {name}"));
            let undo = Some("Resume it on the same page.".to_owned());
            Confirm { undo, ..confirm(title, &here, "pause", ("Pause", effect), command) }
        }
        "resume" => {
            let told = ("Resume", "The clock and changes queue it again from now on.");
            confirm(format!("Resume job {name}?"), &here, "resume", told, format!("job resume {name}"))
        }
        _ => return Err(Refused::NotFound(format!("change {change} of a job"))),
    };
    page(&visitor, here, &shown).await
}

/// `POST /job/{name}/{change}`
pub(super) async fn change_job(
    Path((name, change)): Path<(String, String)>,
    Sent { visitor, .. }: Sent,
) -> Result<Response, Refused> {
    visitor.require(Action::JobRun, ANY).await?;
    let here = Address::job(&name);
    match change.as_str() {
        "run" => queue(&visitor, &name, control::Cause::Command, "").await,
        "pause" | "resume" => {
            found_job(&visitor, &name).await?;
            let pause = change == "pause";
            let action = if pause { "job.pause" } else { "job.resume" };
            visitor.record(action, AuditOutcome::Success, &name, &[]).await?;
            visitor.desk.lake.pause(&name, pause).await?;
            Ok(done(&here, if pause { "paused" } else { "resumed" }))
        }
        _ => Err(Refused::NotFound(format!("change {change} of a job"))),
    }
}

async fn queue(
    visitor: &Visitor,
    job: &str,
    cause: control::Cause,
    asked: &str,
) -> Result<Response, Refused> {
    let queued = Queued { cause, actor: &visitor.name, due: None, asked };
    visitor.record("job.run", AuditOutcome::Success, job, &[("cause", cause.as_str().to_owned())]).await?;
    Ok(match visitor.desk.control.queue_run(job, &queued).await? {
        Some(run) => done(&Address::run(run.0), "queued"),
        None => done(&Address::job(job), "waits"),
    })
}

/// `GET /run/{id}/{change}`
pub(super) async fn ask_of_run(
    visitor: Visitor,
    Path((id, change)): Path<(i64, String)>,
) -> Result<Response, Refused> {
    visitor.require(Action::JobRun, ANY).await?;
    let run = found_run(&visitor, id).await?;
    let here = Address::run(id);
    let job = run.job.unwrap_or_default();
    let shown = match change.as_str() {
        "retry" => {
            let told = ("Retry", "A new run of the job is queued; this one stays as it is.");
            let title = format!("Run {job} again, as run {id} was?");
            confirm(title, &here, "retry", told, format!("job retry {id}"))
        }
        "cancel" => {
            let effect =
                "It ends at once if it waits, soon if it is at work. Nothing of what it made is published.";
            let (title, command) = (format!("Cancel run {id} of {job}?"), format!("job cancel {id}"));
            Confirm {
                takes_away: true,
                ..confirm(title, &here, "cancel", ("Cancel the run", effect), command)
            }
        }
        _ => return Err(Refused::NotFound(format!("change {change} of a run"))),
    };
    page(&visitor, here, &shown).await
}

/// `POST /run/{id}/{change}`
pub(super) async fn change_run(
    Path((id, change)): Path<(i64, String)>,
    Sent { visitor, .. }: Sent,
) -> Result<Response, Refused> {
    visitor.require(Action::JobRun, ANY).await?;
    let run = found_run(&visitor, id).await?;
    match (change.as_str(), run.job) {
        ("retry", Some(job)) => queue(&visitor, &job, control::Cause::Retry, &run.asked).await,
        ("cancel", Some(_)) if !run.state.is_over() => {
            visitor.record("job.cancel", AuditOutcome::Success, &id.to_string(), &[]).await?;
            visitor.desk.control.cancel_run(run.id).await?;
            Ok(done(&Address::run(id), "cancelled"))
        }
        _ => Err(Refused::NotFound(format!("change {change} of run {id}"))),
    }
}
