//! The worker's day: refine what has come, build views, keep tables in order, work at jobs.

use crate::{
    LakeError,
    jobs::{Jobs, Work},
    refinery::{Refinery, WorkerParts, chain},
    registry::ViewBuilds,
    sql::Reader,
    upkeep::{Upkeep, UpkeepLimits},
};
use model::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How many times a lease's length a worker that stops waits for one that another holds.
const LEASES_WAITED: i64 = 3;

/// How often it looks meanwhile whether the lease can be had.
const AGAIN: Duration = Duration::from_millis(200);

/// How often the worker does what is not refining.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// How long an idle worker waits before it looks again, in milliseconds.
    pub idle_ms: u64,
    /// How often upkeep looks around, in milliseconds.
    pub upkeep_ms: i64,
    /// Whether clock and publications queue jobs; runs that commands queue are worked at in any case.
    pub schedules: bool,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self { idle_ms: 200, upkeep_ms: 10_000, schedules: true }
    }
}

/// One worker, from its first lease to its last.
pub struct Worker {
    refinery: Refinery,
    upkeep: Upkeep,
    builds: ViewBuilds,
    jobs: Jobs,
    rhythm: Rhythm,
    tended: Timestamp,
}

impl Worker {
    /// A worker that has not begun; `others` do jobs that are no mart's.
    #[must_use]
    pub fn new(
        parts: Arc<WorkerParts>,
        reader: Reader,
        upkeep: UpkeepLimits,
        rhythm: Rhythm,
        others: Vec<Arc<dyn Work>>,
    ) -> Self {
        let now = parts.clock.now();
        Self {
            refinery: Refinery::new(parts),
            upkeep: Upkeep::new(upkeep),
            builds: ViewBuilds::default(),
            jobs: Jobs::new(reader, others, rhythm.schedules),
            rhythm,
            tended: now,
        }
    }

    /// Works until `stop` turns true; what has come until then is published.
    ///
    /// # Errors
    /// Work is left: the next start does it.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), LakeError> {
        while !*stop.borrow() {
            let pause = match self.turn().await {
                Ok(true) => continue,
                Ok(false) => self.rhythm.idle_ms,
                Err(LakeError::NotTheWorker) => {
                    tracing::debug!("another worker is at work on this lake");
                    1_000
                }
                Err(error) => {
                    tracing::error!(error = chain(&error), "the worker failed and will try again");
                    5_000
                }
            };
            // Ends at once when asked to stop. When whoever would ask is gone, that is the answer too.
            if let Ok(Err(_)) = tokio::time::timeout(Duration::from_millis(pause), stop.changed()).await {
                break;
            }
        }
        let parts = Arc::clone(self.refinery.parts());
        self.jobs.give_back(&parts).await;
        let finished = self.finish().await;
        self.refinery.close().await;
        finished
    }

    /// Publishes what is left, also while another holds the lease: a process that died holds it until it runs
    /// out, and one that lives publishes everything itself.
    async fn finish(&mut self) -> Result<(), LakeError> {
        let clock = Arc::clone(&self.refinery.parts().clock);
        let patience = clock.now().plus_ms(LEASES_WAITED * self.refinery.parts().limits.lease_ms);
        loop {
            let Err(error) = self.refinery.drain().await else { return Ok(()) };
            let left = self.refinery.backlog().await;
            match (error, left) {
                (LakeError::NotTheWorker, Ok(0)) => return Ok(()),
                (error, _) if clock.now() >= patience => return Err(error),
                _ => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    /// Does the next thing that is due, and says whether there was one.
    async fn turn(&mut self) -> Result<bool, LakeError> {
        let (mut busy, held_up) = match self.refinery.step().await {
            Ok(published) => (published.is_some(), Ok(())),
            // What else there is to do does not wait for that lane.
            Err(error @ LakeError::Segment { .. }) => (false, Err(error)),
            Err(error) => return Err(error),
        };
        // One slice of a view that is being built, at most: what comes in does not wait for more.
        busy |= self.builds.turn(&mut self.refinery).await?;
        let now = self.refinery.parts().clock.now();
        if now >= self.tended.plus_ms(self.rhythm.upkeep_ms) {
            self.tended = now;
            self.upkeep.tend(&mut self.refinery).await?;
        }
        busy |= self.jobs.turn(&mut self.refinery).await?;
        held_up.map(|()| busy)
    }
}
