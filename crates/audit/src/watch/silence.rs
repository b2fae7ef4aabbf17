//! For how long an actor has not been heard of.

use super::{
    alert::Mark,
    condition::Silent,
    days::{Days, day_of, is_known, second_largest},
    engine::went_back,
};
use serde::{Deserialize, Serialize};

/// An actor's pauses: the longest that ended on each of its days.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Silence {
    pauses: Days<i64>,
    last: Option<Mark>,
    /// Whether its present silence has been told of.
    told: bool,
    /// Where it stands in the queue of those to be judged.
    #[serde(skip)]
    pub(super) queued: Option<i64>,
}

/// How long an actor may be silent.
pub(super) struct Due {
    /// From when on it has been silent for too long.
    pub(super) deadline: i64,
    /// When it was heard of last.
    pub(super) last: Mark,
    /// Its longest usual pause, in milliseconds.
    pub(super) usual_ms: i64,
}

impl Silence {
    pub(super) const fn bytes(&self) -> usize {
        self.pauses.bytes() + Mark::BYTES + 16
    }

    /// Notes that the actor was heard of.
    pub(super) fn heard(&mut self, mark: &Mark) {
        let pause = match &self.last {
            Some(last) if went_back(mark.time, last.time) => 0,
            Some(last) if mark <= last => return,
            Some(last) => mark.time - last.time,
            None => 0,
        };
        let longest = self.pauses.on(day_of(mark.time));
        *longest = pause.max(*longest);
        self.last = Some(mark.clone());
        self.told = false;
    }

    pub(super) const fn told(&mut self) {
        self.told = true;
        self.queued = None;
    }

    /// Until when the actor may be silent, if it is known well enough and has not been told of.
    ///
    /// Its longest usual pause is the second longest of its days: a pause that comes every week counts, and one that
    /// came once (a failure that was told of, a holiday) does not.
    pub(super) fn due(&self, rule: &Silent) -> Option<Due> {
        let last = self.last.clone().filter(|_| !self.told)?;
        let pauses = self.pauses.before(day_of(last.time) + 1);
        if !is_known(pauses.clone(), rule.after_days) {
            return None;
        }
        let usual_ms = second_largest(pauses.copied());
        // Pauses are at most some hundred years, and factors at most 1000: nothing is lost that matters.
        let longest = (usual_ms as f64 * rule.factor) as i64;
        Some(Due { deadline: last.time.saturating_add(longest.max(rule.floor.ms)), last, usual_ms })
    }
}
