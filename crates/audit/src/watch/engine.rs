//! The watch: each rule sees each record once.

use super::{
    alert::{Alert, Mark, Seen},
    condition::Condition,
    events,
    rule::{Rule, Rules},
    state::{self, RestoreError},
    watcher::{Look, Watcher},
};
use model::AuditPosition;
use std::{collections::HashMap, sync::Arc};

/// How much later than others a record may come and still count fully, in milliseconds.
pub(super) const LATE_MS: i64 = 10 * 60 * 1_000;

/// How much older than the records before it a record must be to show that a clock was wrong, in milliseconds.
const BACK_MS: i64 = 24 * 60 * 60 * 1_000;

/// How many bytes each rule remembers of its subjects.
const BUDGET_BYTES: usize = 4 << 20;

/// The last moment of the year 9999. Events elsewhere are taken for ones at the nearest moment of 1970 to 9999.
const LATEST: i64 = 253_402_300_799_999;

/// The most actions of which it is remembered which rules look at them.
const MOST_ACTIONS: usize = 512;

/// The most writers whose names are shared.
const SHARED_WRITERS: usize = 16;

/// Which rules look at an action, by their places.
type Looks = Arc<[(usize, Look)]>;

/// Rules, and what they remember of the records that they have seen.
///
/// Time is the records' own. They come in the order of time, give or take ten minutes (for windows shorter than that,
/// three times the window): whoever reads several writers merges them by time first. A record that comes later than
/// that counts, and may not count together with those beside it. One that is a day older than those before it shows that
/// their clock was wrong, and what it is about is remembered from there on: one wrong clock does not make a rule deaf.
///
/// Each rule remembers at most 4 MiB, by a count that errs upwards: some thousand actors with four weeks of history,
/// or some ten thousand networks with a failure each. Beyond that it lets those subjects go that it has not seen for
/// longest, with their history and their ongoing alerts; so whoever makes up many subjects can make it forget, but not
/// grow. Rules whose subjects strangers can choose should stand beside one that counts all together.
#[derive(Debug)]
pub struct Watch {
    pub(super) watchers: Vec<Watcher>,
    /// How many records have been seen.
    pub(super) records: u64,
    /// The newest record that has been seen.
    pub(super) newest: Option<Mark>,
    looks: HashMap<Box<str>, Looks>,
    writers: Vec<Arc<str>>,
}

impl Watch {
    /// A watch that has seen nothing.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self::with_budget(rules, BUDGET_BYTES)
    }

    /// The same, with so many bytes for each rule.
    #[must_use]
    pub fn with_budget(rules: Rules, bytes_per_rule: usize) -> Self {
        let watchers =
            rules.into_rules().into_iter().map(|rule| Watcher::new(rule, bytes_per_rule)).collect();
        Self { watchers, records: 0, newest: None, looks: HashMap::new(), writers: Vec::new() }
    }

    /// What [`Watch::save`] gave, under rules of today. A rule that finds something else than it did then has seen
    /// nothing; what was kept of a rule that there is no more is let go.
    ///
    /// # Errors
    /// The bytes are not what is kept by this version.
    pub fn restore(rules: Rules, saved: &[u8]) -> Result<Self, RestoreError> {
        Self::restore_with_budget(rules, saved, BUDGET_BYTES)
    }

    /// The same, with so many bytes for each rule.
    ///
    /// # Errors
    /// As [`Watch::restore`].
    pub fn restore_with_budget(
        rules: Rules,
        saved: &[u8],
        bytes_per_rule: usize,
    ) -> Result<Self, RestoreError> {
        state::restore(Self::with_budget(rules, bytes_per_rule), saved)
    }

    /// All that is remembered, as JSON. The same memory gives the same bytes.
    ///
    /// # Errors
    /// JSON could not be made, which does not happen.
    pub fn save(&self) -> Result<Vec<u8>, serde_json::Error> {
        state::save(self)
    }

    /// Looks at one record; gives the alerts that it raises. What goes on in an alert that was raised before is not
    /// told here but by [`Watch::went_on`].
    ///
    /// Each record is to be shown once: the watch does not remember which it has seen.
    pub fn see(&mut self, seen: &Seen) -> Vec<Alert> {
        let mut raised = Vec::new();
        self.records += 1;
        let mark = self.mark(seen);
        self.judge_silence(&mark, &mut raised);
        for &(at, look) in &*self.looks(&seen.event.action) {
            if let Some(watcher) = self.watchers.get_mut(at) {
                watcher.see(&seen.event, &mark, look, self.records, &mut raised);
            }
        }
        if self.newest.as_ref().is_none_or(|newest| mark > *newest || went_back(mark.time, newest.time)) {
            self.newest = Some(mark);
        }
        raised
    }

    /// Alerts that have gone on since this was asked last, with their new counts and sentences. To be asked before
    /// [`Watch::save`], and kept together with what that gives.
    pub fn went_on(&mut self) -> Vec<Alert> {
        self.watchers.iter_mut().flat_map(Watcher::went_on).collect()
    }

    /// How many bytes are remembered, by the count of the bound.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.watchers.iter().map(Watcher::bytes).sum()
    }

    /// Judges by the moment before that of `mark`, once all of that moment have been seen: who comes back in the very
    /// moment that shows his silence is heard, in whatever order the records of that moment come.
    fn judge_silence(&mut self, mark: &Mark, raised: &mut Vec<Alert>) {
        let Some(newest) = self.newest.as_ref().filter(|newest| mark.time > newest.time) else { return };
        // Those who are late to tell of somebody do not make him silent.
        let now = newest.time - LATE_MS;
        for watcher in self.watchers.iter_mut().filter(|watcher| watcher.is_due(now)) {
            watcher.judge_silence(now, newest, raised);
        }
    }

    fn mark(&mut self, seen: &Seen) -> Mark {
        let AuditPosition { writer, index } = &seen.position;
        let time = seen.event.time.0.clamp(0, LATEST);
        let known = self.writers.iter().find(|known| ***known == **writer).cloned();
        let writer = known.unwrap_or_else(|| {
            let name: Arc<str> = Arc::from(&*events::kept(writer));
            if self.writers.len() >= SHARED_WRITERS {
                self.writers.remove(0);
            }
            self.writers.push(Arc::clone(&name));
            name
        });
        Mark { time, writer, index: *index }
    }

    fn looks(&mut self, action: &str) -> Looks {
        if let Some(looks) = self.looks.get(action) {
            return Arc::clone(looks);
        }
        let looks = self.watchers.iter().enumerate();
        let looks: Looks = looks.filter_map(|(at, watcher)| Some((at, watcher.rule.look(action)?))).collect();
        if action.len() <= events::LONGEST_NAME_BYTES {
            if self.looks.len() >= MOST_ACTIONS {
                self.looks.clear();
            }
            self.looks.insert(action.into(), Arc::clone(&looks));
        }
        looks
    }
}

/// Whether a record at `time` shows that a clock was wrong that said `before`.
pub(super) const fn went_back(time: i64, before: i64) -> bool {
    time < before - BACK_MS
}

impl Rule {
    /// What the rule looks at an action for, if it does.
    fn look(&self, action: &str) -> Option<Look> {
        let history = match &self.when {
            Condition::Unfamiliar(new) if !new.history.is_empty() => events::any(&new.history, action),
            _ => false,
        };
        let event = self.events.action(action);
        (event || history).then_some(Look { event, history })
    }
}
