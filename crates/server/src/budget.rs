//! How many bytes of bodies may be in flight together.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One permit stands for this many bytes, so that budgets beyond 4 GiB can be counted.
const UNIT_BYTES: usize = 1024;

/// The gateway's budget for bodies.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

/// A part of the budget, given back when dropped.
pub(crate) struct Reserved {
    permit: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

/// The budget is used up.
#[derive(Debug)]
pub(crate) struct Full;

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / UNIT_BYTES).clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Nothing yet; grows by [`Reserved::cover`].
    pub(crate) const fn reserve() -> Reserved {
        Reserved { permit: None, bytes: 0 }
    }
}

impl Reserved {
    /// Makes this cover at least `bytes` of `budget`, without waiting.
    pub(crate) fn cover(&mut self, budget: &Budget, bytes: usize) -> Result<(), Full> {
        if bytes <= self.bytes {
            return Ok(());
        }
        let units = (bytes - self.bytes).div_ceil(UNIT_BYTES);
        let count = u32::try_from(units).map_err(|_| Full)?;
        let more = Arc::clone(&budget.0).try_acquire_many_owned(count).map_err(|_| Full)?;
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        self.bytes += units * UNIT_BYTES;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_counted_in_bytes_and_given_back() {
        let budget = Budget::new(4096);
        let mut one = Budget::reserve();
        one.cover(&budget, 3000).unwrap();
        one.cover(&budget, 3072).unwrap();
        let mut other = Budget::reserve();
        other.cover(&budget, 2000).unwrap_err();
        drop(one);
        other.cover(&budget, 4096).unwrap();
    }
}
