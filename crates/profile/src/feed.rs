//! What a source sends in a period, usually a day: counts by resource type, and the names of what it uses.
//!
//! An [`Observer`] is shown every resource as it stands and makes a [`FeedProfile`], which is added to others and kept
//! as JSON. Resources of one patient come in a row, and are no independent witnesses: besides how often something came
//! it is counted in how many such *runs* it came, and [`crate::drift`] judges what is new by these.
//!
//! Names are kept only where they can be told from what identifies people (`vocabulary`); others are counted under
//! [`FeedProfile::unfit`], and what the memory had no room for under [`FeedProfile::left_out`].

mod delays;
mod moment;
mod observer;
mod vocabulary;
mod walk;

pub use delays::Delays;
pub(crate) use delays::seconds;
pub use observer::Observer;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FORMAT: &str = "carelake-feed-1";

/// The most bytes of a profile that is read back.
const LONGEST_BYTES: usize = 16 << 20;

/// What stands for a concept where a quantity has none that may be kept.
pub const NO_CONCEPT: &str = "";

/// How often something came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Count {
    /// How often.
    pub count: u64,
    /// In how many runs of resources of one patient.
    pub runs: u64,
}

/// How often an element was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, u64)", into = "(u64, u64, u64)")]
pub struct Presence {
    /// In how many resources.
    pub count: u64,
    /// In how many runs it was there in some resource.
    pub runs_with: u64,
    /// In how many runs it was missing in some resource.
    pub runs_without: u64,
}

/// By element of the type, as JSON calls it, and by URI.
pub type Uris = BTreeMap<String, BTreeMap<String, Count>>;

/// What a source sent in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedProfile {
    format: String,
    /// The days of the first and the last resource, in days since 1970 (UTC); none if there was no resource.
    pub days: Option<(i64, i64)>,
    /// All resources that could be read.
    pub resources: u64,
    /// What was no JSON or no resource of FHIR R4.
    pub unread: u64,
    /// Names that were not kept, because they might say who somebody is.
    pub unfit: u64,
    /// Names that were not kept, because there was no room.
    pub left_out: u64,
    /// Resources by the hour (UTC) in which they came.
    pub hours: [u64; 24],
    /// By resource type.
    pub types: BTreeMap<String, TypeProfile>,
}

/// What a source sent of one resource type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeProfile {
    /// Resources.
    pub count: Count,
    /// How many resources had each element, by its name in JSON. Those that none had are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elements: BTreeMap<String, Presence>,
    /// Extensions, by the element in which they stood.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: Uris,
    /// Code systems, by the element in which they stood; `extension` is what stood in any extension.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub systems: Uris,
    /// Profiles that resources claim.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<String, Count>,
    /// Units, by what was measured (`system|code`, or [`NO_CONCEPT`]).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, BTreeMap<String, Count>>,
    /// How long after its clinical time a resource came.
    #[serde(default, skip_serializing_if = "Delays::is_empty")]
    pub delays: Delays,
}

/// Why a kept profile cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// It is kept in another format, by another version.
    #[error("this is no profile in the format `{FORMAT}`")]
    Format,
    /// It is larger than a profile can be.
    #[error("a profile has at most {LONGEST_BYTES} bytes")]
    TooLong,
    /// It is not what is kept.
    #[error("read a feed's profile")]
    Malformed(#[source] serde_json::Error),
}

impl Default for FeedProfile {
    fn default() -> Self {
        Self {
            format: FORMAT.to_owned(),
            days: None,
            resources: 0,
            unread: 0,
            unfit: 0,
            left_out: 0,
            hours: [0; 24],
            types: BTreeMap::new(),
        }
    }
}

impl FeedProfile {
    /// The profile of a day on which nothing came.
    #[must_use]
    pub fn silent(day: i64) -> Self {
        Self { days: Some((day, day)), ..Self::default() }
    }

    /// The day that it is of: its first.
    #[must_use]
    pub fn day(&self) -> Option<i64> {
        self.days.map(|(first, _)| first)
    }

    /// As JSON to be kept.
    ///
    /// # Errors
    /// None that can be provoked: it is all texts and numbers.
    pub fn to_json(&self) -> Result<String, ProfileError> {
        serde_json::to_string(self).map_err(ProfileError::Malformed)
    }

    /// From what [`FeedProfile::to_json`] gave.
    ///
    /// # Errors
    /// It is another format, too long, or something else.
    pub fn from_json(text: &str) -> Result<Self, ProfileError> {
        if text.len() > LONGEST_BYTES {
            return Err(ProfileError::TooLong);
        }
        let read: Self = serde_json::from_str(text).map_err(ProfileError::Malformed)?;
        if read.format == FORMAT { Ok(read) } else { Err(ProfileError::Format) }
    }

    /// Adds what came in another part of the period.
    pub fn merge(&mut self, other: &Self) {
        self.days = match (self.days, other.days) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (days, None) | (None, days) => days,
        };
        self.resources += other.resources;
        self.unread += other.unread;
        self.unfit += other.unfit;
        self.left_out += other.left_out;
        for (hour, more) in self.hours.iter_mut().zip(other.hours) {
            *hour += more;
        }
        for (name, more) in &other.types {
            self.types.entry(name.clone()).or_default().merge(more);
        }
    }
}

impl TypeProfile {
    fn merge(&mut self, other: &Self) {
        self.merge_elements(other);
        self.count.merge(other.count);
        let pairs = [
            (&mut self.extensions, &other.extensions),
            (&mut self.systems, &other.systems),
            (&mut self.units, &other.units),
        ];
        for (mine, theirs) in pairs {
            for (place, names) in theirs {
                merge_names(mine.entry(place.clone()).or_default(), names);
            }
        }
        merge_names(&mut self.profiles, &other.profiles);
        self.delays.merge(&other.delays);
    }

    fn merge_elements(&mut self, other: &Self) {
        let never = |runs| Presence { runs_without: runs, ..Presence::default() };
        for (name, more) in &other.elements {
            let mine = self.elements.entry(name.clone()).or_insert_with(|| never(self.count.runs));
            mine.count += more.count;
            mine.runs_with += more.runs_with;
            mine.runs_without += more.runs_without;
        }
        for (_, mine) in self.elements.iter_mut().filter(|(name, _)| !other.elements.contains_key(*name)) {
            mine.runs_without += other.count.runs;
        }
    }
}

fn merge_names(mine: &mut BTreeMap<String, Count>, theirs: &BTreeMap<String, Count>) {
    for (name, more) in theirs {
        mine.entry(name.clone()).or_default().merge(*more);
    }
}

impl Count {
    /// Adds another.
    pub const fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.runs += other.runs;
    }
}

impl From<(u64, u64)> for Count {
    fn from((count, runs): (u64, u64)) -> Self {
        Self { count, runs }
    }
}

impl From<(u64, u64, u64)> for Presence {
    fn from((count, runs_with, runs_without): (u64, u64, u64)) -> Self {
        Self { count, runs_with, runs_without }
    }
}

impl From<Presence> for (u64, u64, u64) {
    fn from(presence: Presence) -> Self {
        (presence.count, presence.runs_with, presence.runs_without)
    }
}

impl From<Count> for (u64, u64) {
    fn from(count: Count) -> Self {
        (count.count, count.runs)
    }
}

#[cfg(test)]
mod tests;
