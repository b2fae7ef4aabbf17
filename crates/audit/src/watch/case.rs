//! A rule's own cases: events laid out in time, and how many alerts they raise.
//!
//! Time begins on Monday 2026-01-05 at 00:00 UTC and moves with the events: `at` goes on to the next such time of
//! day, `after` goes on by so much, and an event with neither happens at the moment of the one before. `repeat` and
//! `every` lay out an event several times, `each_day_for` does so on several days.

use super::{
    alert::Seen,
    engine::Watch,
    events::Events,
    period::{DAY_MS, Period, TimeOfDay},
    rule::{Rule, Rules},
    tell::shown,
};
use model::{AuditEvent, AuditOutcome, AuditPosition, Timestamp};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt};

/// When the first event of a case can happen.
const BEGIN: i64 = 1_767_571_200_000;

/// The most events of a case, once it is laid out.
const MOST_EVENTS: u64 = 100_000;

/// A case as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseFile {
    name: String,
    fires: Option<usize>,
    #[serde(default)]
    silent: bool,
    events: Vec<EventFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventFile {
    at: Option<TimeOfDay>,
    after: Option<Period>,
    action: Option<String>,
    actor: Option<String>,
    outcome: Option<AuditOutcome>,
    target: Option<String>,
    #[serde(default)]
    detail: BTreeMap<String, String>,
    repeat: Option<u32>,
    every: Option<Period>,
    each_day_for: Option<u32>,
}

/// A case that can be run.
#[derive(Clone, Debug)]
pub(super) struct Case {
    name: String,
    fires: usize,
    events: Vec<Planned>,
}

#[derive(Clone, Debug)]
struct Planned {
    /// Its time is not said yet.
    event: AuditEvent,
    at: Option<TimeOfDay>,
    after_ms: i64,
    repeat: u32,
    every_ms: i64,
    days: u32,
}

/// A case that came out otherwise than it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproved {
    /// The case's name.
    pub case: String,
    /// How many alerts it says there are.
    pub wanted: usize,
    /// What those that were raised say.
    pub raised: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum NotACase {
    #[error("case `{0}`: write either `fires = 1` (or more) or `silent = true`")]
    Outcome(String),
    #[error("case `{0}`: an event needs an `action`, since the rule looks at none whole")]
    Action(String),
    #[error("case `{0}`: write at most {MOST_EVENTS} events")]
    Events(String),
}

impl fmt::Display for Unproved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.raised.len();
        write!(f, "case `{}`: wanted {} alerts and found {found}", self.case, self.wanted)?;
        self.raised.iter().try_for_each(|sentence| write!(f, "; {sentence}"))
    }
}

impl CaseFile {
    /// Whether it says that the rule fires.
    pub(super) fn fires(&self) -> bool {
        self.fires.is_some_and(|fires| fires > 0)
    }

    /// The case that this says, for a rule that looks at `events`.
    pub(super) fn lay_out(self, events: &Events) -> Result<Case, NotACase> {
        let name = shown(&self.name);
        if self.silent == self.fires() || (self.silent && self.fires.is_some()) {
            return Err(NotACase::Outcome(name));
        }
        let usual = events.actions.first().map(|pattern| pattern.0.as_str());
        let usual = usual.filter(|action| !action.ends_with('*'));
        let mut total = 0;
        let mut planned = Vec::new();
        for written in self.events {
            let one = written.plan(usual).ok_or_else(|| NotACase::Action(name.clone()))?;
            total += u64::from(one.repeat) * u64::from(one.days);
            planned.push(one);
        }
        if total > MOST_EVENTS {
            return Err(NotACase::Events(name));
        }
        Ok(Case { name, fires: self.fires.unwrap_or_default(), events: planned })
    }
}

impl EventFile {
    fn plan(self, usual_action: Option<&str>) -> Option<Planned> {
        let action = self.action.or_else(|| usual_action.map(str::to_owned))?;
        let actor = self.actor.unwrap_or_else(|| "somebody".to_owned());
        let outcome = self.outcome.unwrap_or(AuditOutcome::Success);
        let target = self.target.unwrap_or_default();
        let mut event = AuditEvent::new(Timestamp(0), action, actor, outcome, target);
        event.detail = self.detail;
        Some(Planned {
            event,
            at: self.at,
            after_ms: self.after.map_or(0, |after| after.ms),
            repeat: self.repeat.unwrap_or(1),
            every_ms: self.every.map_or(0, |every| every.ms),
            days: self.each_day_for.unwrap_or(1),
        })
    }
}

impl Planned {
    /// Hands out the events that this stands for, from `now` on; gives when the last one happened.
    fn each(&self, mut now: i64, mut see: impl FnMut(AuditEvent)) -> i64 {
        now += self.after_ms;
        if let Some(at) = self.at {
            let wait = (at.ms - now).rem_euclid(DAY_MS);
            now += if wait == 0 && now > BEGIN { DAY_MS } else { wait };
        }
        let begun = now;
        for day in 0..i64::from(self.days) {
            for number in 0..i64::from(self.repeat) {
                now = begun + day * DAY_MS + number * self.every_ms;
                see(AuditEvent { time: Timestamp(now), ..self.event.clone() });
            }
        }
        now
    }
}

impl Case {
    pub(super) fn run(&self, rule: &Rule) -> Result<(), Unproved> {
        let mut watch = Watch::new(Rules::from(rule.clone()));
        let mut raised = Vec::new();
        let (mut now, mut index) = (BEGIN, 0);
        for planned in &self.events {
            now = planned.each(now, |event| {
                let position = AuditPosition { writer: "case".to_owned(), index };
                index += 1;
                raised.extend(watch.see(&Seen { position, event }));
            });
        }
        if raised.len() == self.fires {
            return Ok(());
        }
        let raised = raised.into_iter().map(|alert| alert.sentence).collect();
        Err(Unproved { case: self.name.clone(), wanted: self.fires, raised })
    }
}
