//! What a watch remembers, as bytes.

use super::{
    alert::{Alert, Mark},
    engine::Watch,
    group::Group,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FORMAT: &str = "carelake-watch-1";

/// Why what was kept cannot be taken up again. A new watch can begin, without history.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It is kept in another format, by another version.
    #[error("the watch was kept as `{0}`, and this version reads `{FORMAT}`")]
    Format(String),
    /// It is not what is kept.
    #[error("read what the watch kept")]
    Malformed(#[source] serde_json::Error),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved<R> {
    format: String,
    records: u64,
    newest: Option<Mark>,
    rules: Vec<R>,
}

/// A rule's part. `ended` is read only for a rule that finds what it did then.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedRule<G, E> {
    name: String,
    fingerprint: String,
    groups: G,
    ended: E,
}

/// Only what says in which format the rest is.
#[derive(Deserialize)]
struct Named {
    format: String,
}

pub(super) fn save(watch: &Watch) -> Result<Vec<u8>, serde_json::Error> {
    let rules = watch.watchers.iter().map(|watcher| SavedRule {
        name: watcher.rule.name.clone(),
        fingerprint: watcher.rule.fingerprint.clone(),
        groups: watcher.groups.sorted(),
        ended: &watcher.ended,
    });
    let saved = Saved {
        format: FORMAT.to_owned(),
        records: watch.records,
        newest: watch.newest.clone(),
        rules: rules.collect(),
    };
    serde_json::to_vec(&saved)
}

pub(super) fn restore(mut watch: Watch, saved: &[u8]) -> Result<Watch, RestoreError> {
    let Named { format } = serde_json::from_slice(saved).map_err(RestoreError::Malformed)?;
    if format != FORMAT {
        return Err(RestoreError::Format(super::tell::shown(&format)));
    }
    type Kept = SavedRule<BTreeMap<Box<str>, Group>, Vec<Alert>>;
    let saved: Saved<Kept> = serde_json::from_slice(saved).map_err(RestoreError::Malformed)?;
    (watch.records, watch.newest) = (saved.records, saved.newest);
    for kept in saved.rules {
        let same = |rule: &super::Rule| rule.name == kept.name && rule.fingerprint == kept.fingerprint;
        if let Some(watcher) = watch.watchers.iter_mut().find(|watcher| same(&watcher.rule)) {
            watcher.groups.restore(kept.groups);
            watcher.ended = kept.ended;
            watcher.queue_all();
            watcher.shrink();
        }
    }
    Ok(watch)
}
