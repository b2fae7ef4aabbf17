//! When a rule fires, as its file says it.

use super::{
    events::{Field, Pattern},
    period::{DAY_MS, HOUR_MS, Period},
};
use serde::{Deserialize, Serialize};

/// How many days before an event's own an actor is known by.
pub(super) const HISTORY_DAYS: i64 = 28;

/// When a rule fires. One of these is the table `[when.…]` of its file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Condition {
    /// Each event.
    Any(Any),
    /// So many events within some time.
    Count(Count),
    /// Events whose numbers come to so much within some time.
    Sum(Sum),
    /// An event at an hour of the day that is new.
    UnusualHour(UnusualHour),
    /// A day with far more than others had.
    UnusualVolume(UnusualVolume),
    /// No event for far longer than there was none before.
    Silent(Silent),
    /// An event with something that is new.
    Unfamiliar(Unfamiliar),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Any {
    /// What events are told apart by: the first part that an event has. Nothing: all are counted together.
    #[serde(default)]
    pub(super) by: Vec<Field>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Count {
    pub(super) at_least: u64,
    pub(super) within: Period,
    #[serde(default)]
    pub(super) by: Vec<Field>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sum {
    /// The detail whose numbers are summed.
    pub(super) of: Field,
    /// What an event counts for whose detail is absent or no number.
    #[serde(default)]
    pub(super) otherwise: u64,
    pub(super) at_least: u64,
    pub(super) within: Period,
    #[serde(default)]
    pub(super) by: Vec<Field>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnusualHour {
    #[serde(default = "ten")]
    pub(super) after_days: u32,
    #[serde(default = "actor")]
    pub(super) by: Vec<Field>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnusualVolume {
    /// The detail whose numbers are summed; events are counted if there is none.
    pub(super) of: Option<Field>,
    #[serde(default)]
    pub(super) otherwise: u64,
    #[serde(default = "three")]
    pub(super) factor: f64,
    /// What is never too much.
    pub(super) floor: u64,
    #[serde(default = "seven")]
    pub(super) after_days: u32,
    #[serde(default = "actor")]
    pub(super) by: Vec<Field>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Silent {
    #[serde(default = "three")]
    pub(super) factor: f64,
    /// What is never too long.
    pub(super) floor: Period,
    #[serde(default = "seven")]
    pub(super) after_days: u32,
    #[serde(default = "actor")]
    pub(super) by: Vec<Field>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unfamiliar {
    /// The part of an event that is new.
    pub(super) what: Field,
    #[serde(default = "ten")]
    pub(super) after_days: u32,
    /// Actions by which somebody becomes known; those that the rule looks at if there are none.
    #[serde(default)]
    pub(super) history: Vec<Pattern>,
    #[serde(default = "actor")]
    pub(super) by: Vec<Field>,
}

const fn ten() -> u32 {
    10
}

const fn seven() -> u32 {
    7
}

const fn three() -> f64 {
    3.0
}

fn actor() -> Vec<Field> {
    vec![Field::Actor]
}

impl Condition {
    pub(super) fn by(&self) -> &[Field] {
        match self {
            Self::Any(Any { by })
            | Self::Count(Count { by, .. })
            | Self::Sum(Sum { by, .. })
            | Self::UnusualHour(UnusualHour { by, .. })
            | Self::UnusualVolume(UnusualVolume { by, .. })
            | Self::Silent(Silent { by, .. })
            | Self::Unfamiliar(Unfamiliar { by, .. }) => by,
        }
    }

    /// How long it must have been quiet before there is another alert, unless the rule says so itself.
    pub(super) fn quiet(&self) -> Period {
        match self {
            Self::Any(_) => Period { ms: HOUR_MS },
            Self::Count(Count { within, .. }) | Self::Sum(Sum { within, .. }) => *within,
            Self::UnusualHour(_) | Self::UnusualVolume(_) | Self::Silent(_) | Self::Unfamiliar(_) => {
                Period { ms: DAY_MS }
            }
        }
    }

    /// What `{window}` stands for in a sentence.
    pub(super) fn window(&self, quiet: Period) -> Period {
        match self {
            Self::Any(_) => quiet,
            Self::Count(Count { within, .. }) | Self::Sum(Sum { within, .. }) => *within,
            Self::UnusualHour(_) | Self::UnusualVolume(_) | Self::Silent(_) | Self::Unfamiliar(_) => {
                Period { ms: HISTORY_DAYS * DAY_MS }
            }
        }
    }

    /// The key that cannot be as it is, and what to do.
    pub(super) fn problem(&self) -> Option<(&'static str, &'static str)> {
        const FACTOR: &str = "write a number from 1 to 1000";
        const DAYS: &str = "write a number of days from 1 to 28";
        let days = |days: u32| (1..=28).contains(&days);
        let factor = |factor: f64| (1.0..=1000.0).contains(&factor);
        let number = |field: &Field| matches!(field, Field::Detail(_));
        match self {
            Self::Any(_) => None,
            Self::Count(Count { at_least: 0, .. }) => Some(("when.count.at_least", "write 1 or more")),
            Self::Count(_) => None,
            Self::Sum(Sum { at_least: 0, .. }) => Some(("when.sum.at_least", "write 1 or more")),
            Self::Sum(sum) if !number(&sum.of) => Some(("when.sum.of", "write detail.NAME")),
            Self::Sum(_) => None,
            Self::UnusualHour(hour) => {
                (!days(hour.after_days)).then_some(("when.unusual_hour.after_days", DAYS))
            }
            Self::UnusualVolume(volume) if !factor(volume.factor) => {
                Some(("when.unusual_volume.factor", FACTOR))
            }
            Self::UnusualVolume(volume) if volume.of.as_ref().is_some_and(|of| !number(of)) => {
                Some(("when.unusual_volume.of", "write detail.NAME, or leave it out to count events"))
            }
            Self::UnusualVolume(volume) => {
                (!days(volume.after_days)).then_some(("when.unusual_volume.after_days", DAYS))
            }
            Self::Silent(silent) if !factor(silent.factor) => Some(("when.silent.factor", FACTOR)),
            Self::Silent(silent) => (!days(silent.after_days)).then_some(("when.silent.after_days", DAYS)),
            Self::Unfamiliar(new) => (!days(new.after_days)).then_some(("when.unfamiliar.after_days", DAYS)),
        }
    }
}
