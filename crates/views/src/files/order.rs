//! Who may work on what, and how far ahead of the writer.

use super::{
    FileError,
    source::{Source, Work},
};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Hands out work in order.
pub(super) struct Turns {
    state: Mutex<State>,
    written: Condvar,
    /// How many pieces of work may be begun and not written.
    ahead: usize,
}

struct State {
    source: Source,
    next: usize,
    written: usize,
    stopped: bool,
}

impl Turns {
    pub(super) fn new(source: Source, ahead: usize) -> Self {
        let state = State { source, next: 0, written: 0, stopped: false };
        Self { state: Mutex::new(state), written: Condvar::new(), ahead }
    }

    /// A thread that ended early leaves nothing half-changed: what is here is changed in one step each.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece of work and its number, once the writer is near enough. `None` when there is none left.
    pub(super) fn next(&self) -> Option<(usize, Result<Work, FileError>)> {
        let mut state = self.state();
        while !state.stopped && state.next >= state.written + self.ahead {
            state = self.written.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return None;
        }
        let work = state.source.next()?;
        let number = state.next;
        state.next += 1;
        // After an input that cannot be read, nothing more is begun.
        state.stopped = work.is_err();
        Some((number, work))
    }

    /// One more piece has been written.
    pub(super) fn advance(&self) {
        self.state().written += 1;
        self.written.notify_all();
    }

    /// Nothing more is handed out.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.written.notify_all();
    }
}
