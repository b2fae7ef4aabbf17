//! Waits for runs: works at them if nobody else is the worker, and tells what they say either way.

use crate::{parts::Parts, screen};
use anyhow::Context;
use control::{Run, RunId};
use lake::{
    LakeError,
    jobs::{self, Jobs},
    refinery::Refinery,
};
use std::time::Duration;

/// How long it waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The runs as they ended, each with success.
pub(in crate::commands) async fn drive(parts: &Parts, runs: &[RunId]) -> anyhow::Result<Vec<Run>> {
    let worker = parts.worker_parts()?;
    let mut jobs = Jobs::new(parts.reader()?, parts.other_work(&worker), false);
    let mut refinery = Refinery::new(worker);
    let ended = all(parts, runs, (&mut jobs, &mut refinery)).await;
    jobs.give_back(refinery.parts()).await;
    refinery.close().await;
    ended
}

async fn all(
    parts: &Parts,
    runs: &[RunId],
    (jobs, refinery): (&mut Jobs, &mut Refinery),
) -> anyhow::Result<Vec<Run>> {
    let mut ended = Vec::new();
    for &id in runs {
        let mut told = 0;
        loop {
            let worked = match jobs.turn(refinery).await {
                Ok(worked) => worked,
                Err(LakeError::NotTheWorker) => false,
                Err(error) => return Err(error.into()),
            };
            let run = parts.control.run(id).await?.context("the run is gone")?;
            for line in parts.control.run_log(id, told).await? {
                screen::note(format!("carelake: {} {}: {}", run.kind, run.target, line.said));
                told = line.line;
            }
            if run.state.is_over() {
                jobs::succeeded(&run)?;
                ended.push(run);
                break;
            }
            if !worked {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
    Ok(ended)
}
