//! What each source sends, counted while its resources are shaped.

use crate::refinery::chain;
use control::{Control, ControlError, DayProfile};
use model::{SourceId, Timestamp};
use profile::feed::{FeedProfile, Observer};
use std::collections::BTreeMap;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// How often a profile is read again that somebody else has changed meanwhile.
const TRIES: usize = 5;

/// A source, and a day in days since 1970 (UTC).
type SourceDay = (SourceId, i64);

/// Counts what is seen of each source and day.
#[derive(Default)]
pub(super) struct Observers(BTreeMap<SourceDay, Observer>);

/// What was counted.
#[derive(Default)]
pub(super) struct Feeds(BTreeMap<SourceDay, FeedProfile>);

impl Observers {
    /// Counts a resource as it came.
    pub(super) fn see(&mut self, source: &SourceId, resource: &[u8], received: Timestamp) {
        let day = received.0.div_euclid(DAY_MS);
        self.0.entry((source.clone(), day)).or_default().see(resource, received);
    }

    pub(super) fn finish(self) -> Feeds {
        Feeds(self.0.into_iter().map(|(of, observer)| (of, observer.finish())).collect())
    }
}

impl Feeds {
    pub(super) fn take_up(&mut self, other: Self) {
        for (of, profile) in other.0 {
            match self.0.get_mut(&of) {
                Some(known) => known.merge(&profile),
                None => drop(self.0.insert(of, profile)),
            }
        }
    }

    /// Adds what was counted to what is kept. It is told after the publication: a process that dies in between has
    /// counted too little, never too much. That it could not be kept is no reason to stop.
    pub(super) async fn keep(self, control: &Control) {
        for ((source, day), profile) in self.0 {
            if let Err(error) = add(control, &source, day, &profile).await {
                tracing::warn!(%source, day, error = chain(&error), "what a source sends was not counted");
            }
        }
    }
}

async fn add(
    control: &Control,
    source: &SourceId,
    day: i64,
    profile: &FeedProfile,
) -> Result<(), ControlError> {
    let mut tried = 0;
    loop {
        let kept = control.feed_profiles(source, day, day).await?.pop();
        let kept = kept.unwrap_or(DayProfile { day, step: 0, profile: String::new(), resources: 0 });
        // One that is not understood was written by a later version: it is begun anew.
        let mut whole = FeedProfile::from_json(&kept.profile).unwrap_or_default();
        whole.merge(profile);
        let Ok(profile) = whole.to_json() else { return Ok(()) };
        match control
            .put_feed_profile(source, &DayProfile { profile, resources: whole.resources, ..kept })
            .await
        {
            Err(ControlError::Outrun { .. }) if tried < TRIES => tried += 1,
            put => return put.map(drop),
        }
    }
}
