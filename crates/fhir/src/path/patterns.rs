//! Regular expressions of an expression's own text, compiled once for all of its evaluations.

use regex::Regex;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
};

/// The most patterns that one expression keeps.
const MAX_PATTERNS: usize = 32;

/// The compiled patterns, by what they were compiled from. Patterns that come out of a resource are not kept.
#[derive(Clone, Default)]
pub(super) struct Patterns(Arc<Mutex<HashMap<String, Regex>>>);

impl Patterns {
    /// The pattern under `key`, compiled now if it was not yet.
    pub(super) fn get<E>(&self, key: String, compile: impl FnOnce() -> Result<Regex, E>) -> Result<Regex, E> {
        // A lock that broke in another thread costs the time of compiling, and nothing else.
        if let Some(regex) = self.0.lock().ok().and_then(|kept| kept.get(&key).cloned()) {
            return Ok(regex);
        }
        let regex = compile()?;
        if let Ok(mut kept) = self.0.lock()
            && kept.len() < MAX_PATTERNS
        {
            kept.insert(key, regex.clone());
        }
        Ok(regex)
    }
}

impl PartialEq for Patterns {
    /// What has been compiled so far does not make an expression another one.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Patterns")
    }
}
