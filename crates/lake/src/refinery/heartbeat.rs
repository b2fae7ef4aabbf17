//! Keeps the worker's lease while a long step is under way.

use super::WorkerParts;
use control::{ControlError, WorkerLease};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Renews a lease until it is dropped.
pub(crate) struct Heartbeat(JoinHandle<()>);

impl Heartbeat {
    /// Renews `lease` three times in the time that it holds.
    pub(crate) fn start(parts: &Arc<WorkerParts>, lease: &WorkerLease) -> Self {
        let (parts, lease) = (Arc::clone(parts), lease.clone());
        Self(tokio::spawn(async move {
            let ttl = parts.limits.lease_ms;
            loop {
                tokio::time::sleep(parts.limits.beat()).await;
                match parts.control.renew_worker(&lease, ttl).await {
                    Ok(_) => {}
                    // What was begun under it is fenced off where it would be published.
                    Err(ControlError::Fenced { .. }) => return,
                    Err(error) => {
                        tracing::warn!(%error, "the worker's lease was not renewed; it is tried again")
                    }
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
