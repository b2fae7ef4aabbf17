//! The worker's day: refine what has come, keep tables in order, keep marts fresh.

use crate::{
    LakeError, models,
    refinery::{Refinery, WorkerParts, chain},
    sql::Reader,
    upkeep::{Upkeep, UpkeepLimits},
};
use model::{CommitSeq, Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often the worker does what is not refining.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// How long an idle worker waits before it looks again, in milliseconds.
    pub idle_ms: u64,
    /// How often upkeep looks around, in milliseconds.
    pub upkeep_ms: i64,
    /// How long marts may be behind an idle lake, in milliseconds; 0 leaves them to `carelake mart build`.
    pub marts_ms: i64,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self { idle_ms: 200, upkeep_ms: 10_000, marts_ms: 60_000 }
    }
}

/// One worker, from its first lease to its last.
pub struct Worker {
    refinery: Refinery,
    upkeep: Upkeep,
    reader: Reader,
    rhythm: Rhythm,
    tended: Timestamp,
    marts_made: Timestamp,
    marts_from: Option<CommitSeq>,
}

impl Worker {
    /// A worker that has not begun.
    #[must_use]
    pub fn new(parts: Arc<WorkerParts>, reader: Reader, upkeep: UpkeepLimits, rhythm: Rhythm) -> Self {
        let now = parts.clock.now();
        Self {
            refinery: Refinery::new(parts),
            upkeep: Upkeep::new(upkeep),
            reader,
            rhythm,
            tended: now,
            marts_made: now,
            marts_from: None,
        }
    }

    /// Works until `stop` turns true; what has come until then is published.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let stopping = *stop.borrow();
            let pause = match self.turn(stopping).await {
                Ok(true) => continue,
                Ok(false) if stopping => break,
                Ok(false) => self.rhythm.idle_ms,
                Err(error) if stopping => {
                    tracing::error!(
                        error = chain(&error),
                        "the worker stops with work left; it is done at the next start"
                    );
                    break;
                }
                Err(LakeError::NotTheWorker) => 1_000,
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
        self.refinery.close().await;
    }

    /// Does the next thing that is due, and says whether there was one.
    async fn turn(&mut self, stopping: bool) -> Result<bool, LakeError> {
        let busy = self.refinery.step().await?.is_some();
        let now = self.refinery.parts().clock.now();
        if stopping {
            return Ok(busy);
        }
        if now >= self.tended.plus_ms(self.rhythm.upkeep_ms) {
            self.tended = now;
            self.upkeep.tend(&mut self.refinery).await?;
        }
        if !busy && self.rhythm.marts_ms > 0 && now >= self.marts_made.plus_ms(self.rhythm.marts_ms) {
            self.marts_made = now;
            let control = self.refinery.parts().control.clone();
            let published =
                control.published().await.map_err(LakeError::control("read the newest sequence"))?;
            if published > CommitSeq(0) && self.marts_from.is_none_or(|from| from < published) {
                let built = models::build(&mut self.refinery, &self.reader, None, "worker").await?;
                // The marts' own publications are no reason to build them again.
                self.marts_from = built.iter().map(|table| table.seq).max();
            }
        }
        Ok(busy)
    }
}
