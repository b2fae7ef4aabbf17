//! Keeps the worker's lease while a long step is under way.

use super::WorkerParts;
use control::WorkerLease;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// Renews a lease until it is dropped.
pub(crate) struct Heartbeat(JoinHandle<()>);

impl Heartbeat {
    /// Renews `lease` three times in the time that it holds.
    pub(crate) fn start(parts: &Arc<WorkerParts>, lease: &WorkerLease) -> Self {
        let (parts, lease) = (Arc::clone(parts), lease.clone());
        Self(tokio::spawn(async move {
            let ttl = parts.limits.lease_ms;
            let beat = Duration::from_millis(u64::try_from(ttl / 3).unwrap_or(1_000).max(1));
            loop {
                tokio::time::sleep(beat).await;
                // A lost lease is found by the publication that it fences off.
                if let Err(error) = parts.control.renew_worker(&lease, ttl).await {
                    tracing::warn!(%error, "the worker's lease was not renewed");
                    return;
                }
            }
        }))
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.0.abort();
    }
}
