//! What a rule remembers of each subject, within a bound of bytes.

use super::{
    alert::Mark,
    condition::Condition,
    days::{Hours, Known, Volume},
    silence::Silence,
    window::Window,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// What a group takes besides its name and its memory.
const GROUP_BYTES: usize = 96;

/// What is remembered of one subject.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Group {
    /// The number of the event that was its last.
    seen: u64,
    pub(super) open: Option<Box<Ongoing>>,
    pub(super) memory: Memory,
}

/// What a condition needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Memory {
    Window(Window),
    Hours(Hours),
    Volume(Volume),
    Silence(Silence),
    Known(Known),
}

/// An alert that may go on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ongoing {
    /// The record at which it was raised.
    pub(super) raised: Mark,
    pub(super) first: Mark,
    pub(super) last: Mark,
    pub(super) count: u64,
    /// What would have been usual, in words.
    pub(super) usual: String,
    /// What is new.
    pub(super) what: String,
    /// How many were raised of this subject without a quiet time between them.
    pub(super) in_a_row: u32,
    /// Whether it has gone on since that was last told.
    pub(super) went_on: bool,
}

/// A rule's subjects.
#[derive(Debug)]
pub(super) struct Groups {
    by_subject: HashMap<Box<str>, Group>,
    bytes: usize,
    budget_bytes: usize,
}

impl Memory {
    pub(super) fn of(when: &Condition) -> Self {
        match when {
            Condition::Any(_) | Condition::Count(_) | Condition::Sum(_) => Self::Window(Window::default()),
            Condition::UnusualHour(_) => Self::Hours(Hours::default()),
            Condition::UnusualVolume(_) => Self::Volume(Volume::default()),
            Condition::Silent(_) => Self::Silence(Silence::default()),
            Condition::Unfamiliar(_) => Self::Known(Known::default()),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Window(window) => window.bytes(),
            Self::Hours(hours) => hours.bytes(),
            Self::Volume(volume) => volume.bytes(),
            Self::Silence(silence) => silence.bytes(),
            Self::Known(known) => known.bytes(),
        }
    }
}

impl Ongoing {
    pub(super) fn go_on(&mut self, mark: &Mark, amount: u64) {
        self.count = self.count.saturating_add(amount);
        if *mark < self.first {
            self.first = mark.clone();
        }
        if *mark > self.last {
            self.last = mark.clone();
        }
    }
}

impl Group {
    fn bytes(&self) -> usize {
        let open = self.open.as_ref().map_or(0, |open| 3 * Mark::BYTES + open.usual.len() + open.what.len());
        GROUP_BYTES + open + self.memory.bytes()
    }
}

impl Groups {
    pub(super) fn new(budget_bytes: usize) -> Self {
        Self { by_subject: HashMap::new(), bytes: 0, budget_bytes }
    }

    /// Takes up groups as they were kept.
    pub(super) fn restore(&mut self, groups: BTreeMap<Box<str>, Group>) {
        self.bytes = groups.iter().map(|(subject, group)| subject.len() + group.bytes()).sum();
        self.by_subject = groups.into_iter().collect();
    }

    /// Does something with a subject's group, which is made if there is none.
    pub(super) fn update<R>(
        &mut self,
        subject: &str,
        seen: u64,
        make: impl FnOnce() -> Memory,
        act: impl FnOnce(&mut Group) -> R,
    ) -> R {
        if let Some(group) = self.by_subject.get_mut(subject) {
            let before = group.bytes();
            group.seen = seen;
            let done = act(group);
            self.bytes = self.bytes - before + group.bytes();
            return done;
        }
        let mut group = Group { seen, open: None, memory: make() };
        let done = act(&mut group);
        self.bytes += subject.len() + group.bytes();
        self.by_subject.insert(subject.into(), group);
        done
    }

    /// A subject's group, to change what does not change its size, nor when it was last seen.
    pub(super) fn get_mut(&mut self, subject: &str) -> Option<&mut Group> {
        self.by_subject.get_mut(subject)
    }

    pub(super) fn contains(&self, subject: &str) -> bool {
        self.by_subject.contains_key(subject)
    }

    pub(super) fn sorted(&self) -> BTreeMap<&str, &Group> {
        self.by_subject.iter().map(|(subject, group)| (&**subject, group)).collect()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// If the groups take too much room, lets those go that were seen least recently, a quarter of it at once.
    pub(super) fn shrink(&mut self) -> Vec<(Box<str>, Group)> {
        if self.bytes <= self.budget_bytes {
            return Vec::new();
        }
        let size = |subject: &str, group: &Group| subject.len() + group.bytes();
        let sized = self.by_subject.iter().map(|(subject, group)| (group.seen, size(subject, group)));
        let mut sized: Vec<_> = sized.collect();
        sized.sort_unstable();
        let wanted = self.budget_bytes / 4 * 3;
        let mut newest_gone = None;
        for (seen, bytes) in sized {
            if self.bytes <= wanted {
                break;
            }
            self.bytes -= bytes;
            newest_gone = Some(seen);
        }
        let gone = self.by_subject.extract_if(|_, group| Some(group.seen) <= newest_gone);
        let mut gone: Vec<_> = gone.collect();
        gone.sort_unstable_by_key(|(_, group)| group.seen);
        gone
    }
}
