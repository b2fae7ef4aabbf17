//! `carelake bench console`: the pages of a large lake, and many of them open at once.

use super::{
    machine::Machine,
    trail::{DAY_MS, DAYS, Writer},
};
use crate::{
    cli::BenchConsoleArgs,
    commands::{
        provider,
        user::{self, Guest},
    },
    home,
    parts::Parts,
    proc::Cost,
    screen,
};
use ::audit::Checkpoints;
use anyhow::{Context, bail, ensure};
use control::{
    Cause, Column, Ending, NewJob, NewPublication, PublicationKind, Queued, RunId, RunState, TableKind,
    TableName, TableVersion,
};
use futures::StreamExt;
use keys::{SigningPurpose, Zone};
use reqwest::{Certificate, Client, header, redirect};
use serde_json::json;
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    task::JoinSet,
};

/// How often each page is asked for.
const ROUNDS: usize = 40;
/// Providers that are registered.
const PROVIDERS: u32 = 100;
/// Schemas that the tables are in.
const SCHEMAS: u32 = 50;
/// Columns of a table.
const COLUMNS: u32 = 12;
/// What holds the run that the open pages show.
const HOLDER: &str = "bench";
/// How long it holds it, in milliseconds.
const HELD_MS: i64 = 24 * 3_600_000;

/// A page: how long its first byte took.
struct Page {
    path: String,
    median_ms: f64,
    /// Of twenty, nineteen were as fast.
    most_ms: f64,
    /// Until its last byte.
    whole_ms: f64,
    bytes: usize,
}

/// What open pages cost.
struct Open {
    pages: u32,
    seconds: f64,
    events: u64,
    before_bytes: u64,
    after_bytes: u64,
    /// After a third of the time, and at its end.
    grown_bytes: i64,
    /// Parts of a core that the service took before they were open, and while.
    idle: f64,
    busy: f64,
}

pub(super) async fn run(args: &BenchConsoleArgs, json: bool) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("home");
    home::create(&folder, None, None).await?;
    let parts = Parts::open(&folder, "bench").await?;
    let people = user::guests(&parts).await?;
    let shown = fill(&parts, args).await?;
    let mut service = serve(&folder).await?;
    let measured = measure(&parts, &folder, &people, shown, &service, args).await;
    service.child.kill().await?;
    parts.close().await?;
    let (pages, open) = measured?;
    let machine = Machine::now();
    if json {
        let pages: Vec<_> = pages
            .iter()
            .map(|page| {
                json!({ "page": page.path, "median_ms": page.median_ms, "most_ms": page.most_ms, "whole_ms": page.whole_ms, "bytes": page.bytes })
            })
            .collect();
        let open = json!({
            "pages": open.pages, "seconds": open.seconds, "events": open.events, "before_bytes": open.before_bytes,
            "after_bytes": open.after_bytes, "grown_bytes": open.grown_bytes, "idle_cores": open.idle,
            "busy_cores": open.busy,
        });
        screen::say(json!({ "pages": pages, "open": open, "machine": machine.json() }).to_string());
        return Ok(());
    }
    let rows: Vec<_> = pages
        .iter()
        .map(|page| {
            vec![
                page.path.clone(),
                format!("{:.1}", page.median_ms),
                format!("{:.1}", page.most_ms),
                format!("{:.1}", page.whole_ms),
                screen::bytes(page.bytes as i64),
            ]
        })
        .collect();
    screen::say(screen::table(&["page", "first byte, ms", "19 of 20, ms", "last byte, ms", "size"], &rows));
    screen::say(format!(
        "\n{} open pages for {:.0} s heard {} events: {} before, {} with them, {:+.1} MiB from a third of the time to \
         its end; {:.1} % of a core, {:.1} % before.\n\nOn {}.",
        open.pages,
        open.seconds,
        screen::count(open.events),
        screen::bytes(open.before_bytes as i64),
        screen::bytes(open.after_bytes as i64),
        open.grown_bytes as f64 / f64::from(1 << 20),
        open.busy * 100.0,
        open.idle * 100.0,
        machine.text()
    ));
    Ok(())
}

/// What some of the pages show.
struct Shown {
    job: String,
    run: RunId,
    live: RunId,
    table: (String, String),
    actor: String,
}

/// Fills a home with jobs, tables, providers and records.
async fn fill(parts: &Parts, args: &BenchConsoleArgs) -> anyhow::Result<Shown> {
    let control = &parts.control;
    for number in 0..PROVIDERS {
        provider::add_with_secret(
            parts,
            &format!("practice-{number:03}").parse()?,
            vec!["system/*.cu".parse()?],
        )
        .await?;
    }
    let bar = screen::progress(u64::from(args.jobs), "jobs");
    let mut run = RunId(0);
    for number in 0..args.jobs {
        let name = format!("mart.job_{number:06}");
        let job =
            NewJob { owner: format!("team {}", number % 40), ..NewJob::by_command(&name, "mart", "none") };
        control.put_job(&job, Some(parts.clock.now().plus_ms(HELD_MS + i64::from(number)))).await?;
        if number % 10 == 0 {
            let queued = Queued { cause: Cause::Schedule, actor: "schedule", due: None, asked: "" };
            control.queue_run(&name, &queued).await?;
            let claimed =
                control.claim_run(&["mart"], HOLDER, HELD_MS).await?.context("no run to be claimed")?;
            let state = if number % 100 == 0 { RunState::Failed } else { RunState::Succeeded };
            control.end_attempt(&claimed.lease, Ending::Over(state), "as it was planned", "{}").await?;
            run = claimed.run.id;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let last = format!("mart.job_{:06}", args.jobs - 1);
    control.queue_run(&last, &Queued { cause: Cause::Command, actor: "bench", due: None, asked: "" }).await?;
    let live = control.claim_run(&["mart"], HOLDER, HELD_MS).await?.context("no run to be claimed")?.run.id;
    // As many as a page shows, and more: it is as large as it becomes.
    for line in 0..600 {
        control.log_run(live, &format!("line {line} of what a run has to say about itself")).await?;
    }
    tables(parts, args.tables).await?;
    screen::note(format!("carelake: {} records are written", screen::count(args.records as i64)));
    let (store, signer) = (parts.zone(Zone::Audit)?, parts.keyring.signer(SigningPurpose::Audit)?);
    let began = parts.clock.now().0 - DAYS * DAY_MS;
    let checkpoints = Checkpoints::new(store.clone(), signer.clone(), parts.clock.clone());
    Writer::new(store, signer, (began, args.records))
        .write("gateway", args.records, 10, &checkpoints)
        .await?;
    Ok(Shown {
        job: "mart.job_000000".to_owned(),
        run,
        live,
        table: (format!("mart_{:02}", 7 % SCHEMAS), "table_00007".to_owned()),
        actor: super::trail::provider(7),
    })
}

/// Tables that are in the catalogue and nowhere else.
async fn tables(parts: &Parts, count: u32) -> anyhow::Result<()> {
    let column = |number| Column {
        name: format!("column_{number:02}"),
        data_type: "Utf8".to_owned(),
        nullable: true,
        description: format!("What column {number} of a table means, in a sentence of usual length."),
    };
    let table = |number: u32| TableVersion {
        table: TableName::new(format!("mart_{:02}", number % SCHEMAS), format!("table_{number:05}")),
        kind: TableKind::Mart,
        description: format!("One row for each thing of which table {number} tells."),
        zone: "mart".to_owned(),
        location: format!("mart/{number}"),
        columns: (0..COLUMNS).map(column).collect(),
        version: 1,
        rows: i64::from(number) * 1_000,
        bytes: i64::from(number) * 100_000,
        made_from: None,
    };
    let all: Vec<_> = (0..count).map(table).collect();
    let worker = parts.control.lease_worker(HOLDER, HELD_MS).await?;
    let new = NewPublication { kind: PublicationKind::Model, lanes: Vec::new(), detail: String::new() };
    let begun = parts.control.begin_publication(&worker, &new).await?;
    parts.control.publish(&worker, &begun, &all).await?;
    Ok(parts.control.release_worker(&worker).await?)
}

/// The service, as a process of its own.
struct Service {
    child: Child,
    process: u32,
    console: String,
}

async fn serve(folder: &Path) -> anyhow::Result<Service> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--home")
        .arg(folder)
        .arg("serve")
        .envs([("CARELAKE__GATEWAY__LISTEN", "127.0.0.1:0"), ("CARELAKE__CONSOLE__LISTEN", "127.0.0.1:0")])
        .env("CARELAKE__WORKER__SCHEDULES", "false")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let process = child.id().context("the service has ended")?;
    let mut lines = BufReader::new(child.stderr.take().context("the service says nothing")?).lines();
    let console = loop {
        let line = lines.next_line().await?.context("the service ended before it listened")?;
        if let Some((_, address)) = line.split_once("the console is at ") {
            break address.trim_end_matches('/').to_owned();
        }
    };
    // Read on, or it would wait for its log to be read.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(Service { child, process, console })
}

/// A browser.
struct Browser {
    client: Client,
    base: String,
    cookie: String,
}

impl Browser {
    async fn new(folder: &Path, base: &str, (name, password, codes): &Guest) -> anyhow::Result<Self> {
        let pem = std::fs::read(home::Places::of(folder).tls().join("ca.pem"))?;
        let client = Client::builder()
            .tls_built_in_root_certs(false)
            .add_root_certificate(Certificate::from_pem(&pem)?)
            .https_only(true)
            .http1_only()
            .redirect(redirect::Policy::none())
            .build()?;
        let mut browser = Self { client, base: base.to_owned(), cookie: String::new() };
        let page = browser.send(browser.client.get(format!("{base}/sign-in"))).await?;
        let csrf = page.split_once("name=\"csrf\" value=\"").and_then(|(_, rest)| rest.split('"').next());
        let csrf = csrf.context("the sign-in has no form")?.to_owned();
        let form = [("csrf", csrf.as_str()), ("name", name), ("password", password.as_str())];
        browser.send(browser.client.post(format!("{base}/sign-in")).form(&form)).await?;
        if let Some(code) = codes.first() {
            let form = [("csrf", csrf.as_str()), ("code", code.as_str())];
            browser.send(browser.client.post(format!("{base}/sign-in/code")).form(&form)).await?;
        }
        ensure!(browser.cookie.contains("__Host-carelake="), "{name} was not let in");
        Ok(browser)
    }

    /// Sends a request, and keeps the cookies of its answer.
    async fn send(&mut self, request: reqwest::RequestBuilder) -> anyhow::Result<String> {
        let answer = request.header(header::COOKIE, &self.cookie).send().await?;
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
            self.cookie =
                if self.cookie.is_empty() { cookie.to_owned() } else { format!("{}; {cookie}", self.cookie) };
        }
        Ok(answer.text().await?)
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.base)).header(header::COOKIE, &self.cookie)
    }

    /// How long the first byte of a page takes.
    async fn measure(&self, path: &str) -> anyhow::Result<Page> {
        let (mut times, mut wholes, mut bytes) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let answer = self.get(path).send().await?;
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
            ensure!(answer.status() == 200, "{path} was answered {}", answer.status());
            bytes = answer.bytes().await?.len();
            wholes.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        wholes.sort_by(f64::total_cmp);
        let page = Page {
            path: path.to_owned(),
            median_ms: times[ROUNDS / 2],
            most_ms: times[ROUNDS * 19 / 20 - 1],
            whole_ms: wholes[ROUNDS / 2],
            bytes,
        };
        screen::note(format!("  {:<48} {:>8.1} ms", page.path, page.median_ms));
        Ok(page)
    }
}

async fn measure(
    parts: &Parts,
    folder: &Path,
    people: &[Guest],
    shown: Shown,
    service: &Service,
    args: &BenchConsoleArgs,
) -> anyhow::Result<(Vec<Page>, Open)> {
    let mut browsers = Vec::new();
    for person in people {
        browsers.push(Browser::new(folder, &service.console, person).await?);
    }
    let [engineer, auditor, administrator] = browsers.as_slice() else { bail!("somebody is missing") };
    let (schema, table) = &shown.table;
    let asked: Vec<(&Browser, String)> = [
        (engineer, "/".to_owned()),
        (engineer, "/jobs".to_owned()),
        (engineer, "/jobs?state=failed".to_owned()),
        (engineer, "/jobs?q=team%207&sort=-last".to_owned()),
        (engineer, "/jobs/graph".to_owned()),
        (engineer, "/runs".to_owned()),
        (engineer, format!("/job/{}", shown.job)),
        (engineer, format!("/run/{}", shown.run)),
        (engineer, format!("/run/{}", shown.live)),
        (engineer, "/catalogue".to_owned()),
        (engineer, "/catalogue?q=table_00".to_owned()),
        (engineer, "/catalogue?sort=-rows&page=7".to_owned()),
        (engineer, format!("/table/{schema}/{table}")),
        (engineer, "/sql".to_owned()),
        (engineer, "/policies".to_owned()),
        (engineer, "/health".to_owned()),
        (auditor, "/audit".to_owned()),
        (auditor, format!("/audit?actor={}", shown.actor)),
        (auditor, "/audit?outcome=failed".to_owned()),
        (auditor, "/audit/gateway/5000".to_owned()),
        (auditor, "/alerts".to_owned()),
        (administrator, "/providers".to_owned()),
        (administrator, "/provider/practice-007".to_owned()),
    ]
    .into();
    let mut pages = Vec::new();
    for (browser, path) in asked {
        pages.push(browser.measure(&path).await?);
    }
    let open = open(parts, engineer, &shown, service, args).await?;
    Ok((pages, open))
}

/// Opens many pages: half of them the overview, half a run that says a line a second.
async fn open(
    parts: &Parts,
    browser: &Browser,
    shown: &Shown,
    service: &Service,
    args: &BenchConsoleArgs,
) -> anyhow::Result<Open> {
    let cost = || Cost::of(service.process).context("the service has ended");
    // Whoever watches the trail has all of it to look at first.
    let mut tries = 0;
    let (idle, before_bytes) = loop {
        let (begun, before) = (Instant::now(), cost()?);
        tokio::time::sleep(Duration::from_secs(5)).await;
        let after = cost()?;
        let idle = (after.cpu_s - before.cpu_s) / begun.elapsed().as_secs_f64();
        tries += 1;
        if idle < 0.03 || tries == 60 {
            break (idle, after.memory_bytes);
        }
    };
    let mut readers = JoinSet::new();
    for number in 0..args.pages {
        let path = match number % 2 {
            0 => "/overview/events".to_owned(),
            _ => format!("/run/{}/events", shown.live),
        };
        let answer = browser.get(&path).send().await?;
        ensure!(answer.status() == 200, "{path} was answered {}", answer.status());
        readers.spawn(async move {
            let mut events = 0;
            let mut body = answer.bytes_stream();
            while let Some(Ok(part)) = body.next().await {
                events += part.windows(7).filter(|part| part == b"event: ").count() as u64;
            }
            events
        });
    }
    // What comes first is not what goes on.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (begun, first) = (Instant::now(), cost()?);
    let mut third = None;
    for second in 0..args.seconds {
        parts.control.log_run(shown.live, &format!("second {second}: so many rows are written")).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        if second >= args.seconds / 3 {
            third.get_or_insert(cost()?.memory_bytes);
        }
    }
    let (last, seconds) = (cost()?, begun.elapsed().as_secs_f64());
    let closed = readers.len();
    ensure!(
        closed == args.pages as usize,
        "{} pages were closed by the service",
        args.pages as usize - closed
    );
    // Ended by the run's end and by the service's; what they have heard is counted then.
    let stop = std::process::Command::new("kill").args(["-TERM", &service.process.to_string()]).status()?;
    ensure!(stop.success(), "the service could not be stopped");
    let mut events = 0;
    while let Some(heard) = readers.join_next().await {
        events += heard?;
    }
    Ok(Open {
        pages: args.pages,
        seconds,
        events,
        before_bytes,
        after_bytes: last.memory_bytes,
        grown_bytes: last.memory_bytes as i64 - third.unwrap_or(last.memory_bytes) as i64,
        idle,
        busy: (last.cpu_s - first.cpu_s) / seconds,
    })
}
