//! `carelake import`: files through the very path that HTTPS takes, without the network.

mod batch;
mod inputs;
mod portion;
mod reader;
mod report;
mod resolve;

use crate::{cli::ImportArgs, parts::Parts, screen};
use anyhow::Context;
use batch::Batch;
use control::RunState;
use futures::StreamExt;
use indicatif::ProgressBar;
use inputs::Input;
use lake::{
    LakeError,
    refinery::{Published, Refinery},
    upkeep::Upkeep,
};
use landing::{Intake, IntakeError, Submission};
use model::{AuditOutcome, LaneId, SourceId, failpoint};
use policy::{Action, Resource};
use report::Report;
use resolve::Resolver;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, watch};

/// How many portions are read ahead.
const AHEAD: usize = 4;
/// How many accepted resources wait before the worker publishes them, while files are still read.
const PUBLISH_RESOURCES: u64 = 30_000;

pub(super) async fn run(folder: &Path, args: &ImportArgs, json: bool) -> anyhow::Result<ExitCode> {
    let parts = Parts::open_for(folder, "import", Action::Import, Resource::Source(&args.source)).await?;
    let job = parts.control.run_start("import", args.source.as_str(), "operator").await?;
    // Before anything is durable: an import that dies has its record too.
    parts.record("import.begin", AuditOutcome::Success, args.source.as_str(), &[]).await?;
    let report = import(&parts, &args.source, &args.paths).await;
    let (state, detail, seq) = match &report {
        Ok(report) => (RunState::Succeeded, format!("{} accepted", report.accepted()), Some(report.seq)),
        Err(_) => (RunState::Failed, "see what the command printed".to_owned(), None),
    };
    parts.control.run_end(job, state, &detail, seq).await?;
    // An error's text may name files, and files may be named after people: it is shown, not recorded.
    let (outcome, facts) = match &report {
        Ok(report) => (AuditOutcome::Success, report.facts()),
        Err(_) => (AuditOutcome::Failed, Vec::new()),
    };
    parts.record("import", outcome, args.source.as_str(), &facts).await?;
    parts.close().await?;
    let report = report?;
    if let Some(file) = &args.rejected {
        report.write_rejected(file)?;
    }
    screen::say(if json { report.json().to_string() } else { report.text() });
    Ok(if report.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Imports everything under `paths` for `source`, and returns when it can be queried.
pub(super) async fn import(parts: &Parts, source: &SourceId, paths: &[PathBuf]) -> anyhow::Result<Report> {
    let started = Instant::now();
    let inputs = inputs::find(paths)?;
    let bytes = inputs.iter().map(Input::bytes).sum();
    let bar = screen::progress(bytes, "importing");
    let intake = parts.intake()?;
    let accepted = Arc::new(AtomicU64::new(0));
    let (stop, stopped) = watch::channel(false);
    let refinery = Refinery::new(parts.worker_parts()?);
    let lane = parts.control.ensure_source(source).await?;
    let worker = tokio::spawn(publish(refinery, lane, Arc::clone(&accepted), stopped));
    let taken = take(parts, &intake, source, inputs, &bar, &accepted).await;
    bar.finish_and_clear();
    intake.close().await;
    stop.send_replace(true);
    let bar = screen::progress(0, "publishing");
    let (published, refinery) = worker.await?;
    bar.finish_and_clear();
    let mut report = taken?;
    let published = published?;
    report.seq = published.seq.max(parts.control.published().await?);
    report.whole_to_vault = published.whole_to_vault;
    report.view_errors = published.view_errors;
    report.unresolved_references = published.unresolved_references;
    report.conditional_references = published.conditional_references;
    report.seconds = started.elapsed().as_secs_f64();
    tend(parts, refinery).await;
    Ok(report)
}

/// Compacts what many imports without a running worker would leave in small files.
async fn tend(parts: &Parts, mut refinery: Refinery) {
    match Upkeep::new(parts.upkeep_limits()).tend(&mut refinery).await {
        // A running `carelake serve` keeps the tables in order itself.
        Ok(_) | Err(LakeError::NotTheWorker) => {}
        Err(error) => {
            tracing::warn!(%error, "the import is done, but tables were not tidied; the next worker does it")
        }
    }
    refinery.close().await;
}

/// Reads, checks and submits, in the order of the inputs.
async fn take(
    parts: &Parts,
    intake: &Intake,
    source: &SourceId,
    inputs: Vec<Input>,
    bar: &ProgressBar,
    accepted: &AtomicU64,
) -> anyhow::Result<Report> {
    let mut report = Report::new(source);
    let key = parts.keyring.gateway()?.ledger_mac;
    let inputs = inputs::known_by_digest(inputs, &key).await?;
    let mut batch = Batch::of(&inputs, &key);
    let resolver = Arc::new(Resolver::new(inputs.clone()));
    let fresh = Arc::new(fresh(parts, source, inputs, bar, &mut report).await?);
    let (sender, receiver) = mpsc::channel(AHEAD);
    let reading = tokio::task::spawn_blocking({
        let fresh = Arc::clone(&fresh);
        move || reader::read_all(&fresh, &sender)
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut portions = futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|text| (text, receiver))
    })
    .map(|text| {
        let resolver = Arc::clone(&resolver);
        tokio::task::spawn_blocking(move || portion::prepare(text, &resolver))
    })
    .buffered(cores + 1)
    .boxed();
    while let Some(portion) = portions.next().await {
        let portion = portion??;
        bar.inc(portion.bytes);
        report.read(&portion);
        report.rejected.extend(portion.rejected);
        for change in portion.changes {
            batch.push(portion.digest, change);
            if batch.is_full() {
                submit(intake, source, batch.take(), &mut report, accepted).await?;
                bar.set_message(format!("{} resources", screen::count(report.accepted())));
            }
        }
    }
    reading.await??;
    submit(intake, source, batch.take(), &mut report, accepted).await?;
    failpoint!("import.files.before-note");
    let rejecting: HashSet<_> = report.rejected.iter().map(|rejected| rejected.file.as_path()).collect();
    for input in fresh.iter().filter(|input| !rejecting.contains(input.path())) {
        parts.control.import_done(source, input.digest).await?;
    }
    Ok(report)
}

/// The inputs that are not known whole, each content once.
async fn fresh(
    parts: &Parts,
    source: &SourceId,
    inputs: Vec<Input>,
    bar: &ProgressBar,
    report: &mut Report,
) -> anyhow::Result<Vec<Input>> {
    let mut digests = HashSet::new();
    let mut fresh = Vec::new();
    for input in inputs {
        if !digests.insert(input.digest) || parts.control.import_seen(source, input.digest).await? {
            bar.inc(input.bytes());
            report.skipped_files += 1;
        } else {
            fresh.push(input);
        }
    }
    Ok(fresh)
}

/// Submits until it is taken: a lane that somebody else holds, or that is full, is waited for.
async fn submit(
    intake: &Intake,
    source: &SourceId,
    submission: Option<Submission>,
    report: &mut Report,
    accepted: &AtomicU64,
) -> anyhow::Result<()> {
    const PATIENCE_S: u64 = 60;
    let Some(submission) = submission else { return Ok(()) };
    let begun = Instant::now();
    loop {
        match intake.submit(source, submission.clone()).await {
            Ok(taken) => {
                accepted.fetch_add(taken.entries.len() as u64, Ordering::Relaxed);
                report.take(&taken);
                return Ok(());
            }
            Err(IntakeError::LaneTaken { retry_after_s } | IntakeError::Full { retry_after_s })
                if begun.elapsed().as_secs() < PATIENCE_S =>
            {
                tokio::time::sleep(Duration::from_secs(u64::from(retry_after_s.min(2)))).await;
            }
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("take in resources of `{source}`; the same import again takes what is missing")
                });
            }
        }
    }
}

/// Publishes in good portions while files are read, and the rest at the end.
async fn publish(
    mut refinery: Refinery,
    lane: LaneId,
    accepted: Arc<AtomicU64>,
    mut stop: watch::Receiver<bool>,
) -> (Result<Published, LakeError>, Refinery) {
    let mut total = Published::default();
    let work = async {
        loop {
            let stopping = *stop.borrow();
            let waiting = accepted.load(Ordering::Relaxed).saturating_sub(total.resources);
            if stopping || waiting >= PUBLISH_RESOURCES {
                match refinery.step().await {
                    Ok(Some(published)) => {
                        total = total.and(published);
                        continue;
                    }
                    Ok(None) if stopping => return Ok(()),
                    Ok(None) => {}
                    // A running `carelake serve` publishes what is registered here.
                    Err(LakeError::NotTheWorker) if refinery.backlog().await? == 0 => return Ok(()),
                    Err(LakeError::NotTheWorker) => {}
                    // Damage in another lane holds up that lane only.
                    Err(LakeError::Segment { lane: damaged, .. }) if damaged != lane.0 => {
                        if stopping && !refinery.waits(lane).await? {
                            return Ok(());
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            drop(tokio::time::timeout(Duration::from_millis(100), stop.changed()).await);
        }
    };
    let worked: Result<(), LakeError> = work.await;
    (worked.map(|()| total), refinery)
}
