//! What queries take of memory: bounded, and the most of it remembered.

use datafusion::{
    error::Result,
    execution::memory_pool::{FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation},
};
use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A pool of so many bytes, which remembers the most that was ever taken of it.
#[derive(Debug)]
pub(crate) struct Bounded {
    pool: FairSpillPool,
    most: AtomicUsize,
}

impl Bounded {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { pool: FairSpillPool::new(bytes), most: AtomicUsize::new(0) }
    }

    /// The most that was taken since this was asked last.
    pub(crate) fn most(&self) -> usize {
        self.most.swap(self.pool.reserved(), Ordering::Relaxed)
    }

    fn remember(&self) {
        self.most.fetch_max(self.pool.reserved(), Ordering::Relaxed);
    }
}

impl MemoryPool for Bounded {
    fn name(&self) -> &str {
        "bounded"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.pool.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.pool.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.pool.grow(reservation, additional);
        self.remember();
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.pool.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.pool.try_grow(reservation, additional)?;
        self.remember();
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.pool.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.pool.memory_limit()
    }
}

impl fmt::Display for Bounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.pool, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_most_is_remembered_until_it_is_asked_for() {
        let bounded = Arc::new(Bounded::new(100));
        let pool: Arc<dyn MemoryPool> = bounded.clone();
        let taken = MemoryConsumer::new("query").register(&pool);
        taken.try_grow(60).unwrap();
        taken.shrink(50);
        assert!(taken.try_grow(91).is_err());
        assert_eq!((bounded.most(), bounded.most()), (60, 10));
        taken.grow(5);
        assert_eq!(bounded.most(), 15);
    }
}
