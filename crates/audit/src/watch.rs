//! Rules that watch the audit trail for what is unusual.
//!
//! A [`Rule`] is a file in TOML: which events it looks at, when it fires, what
//! it tells a person, and cases by which it proves itself. A [`Watch`] shows
//! each record to all rules and hands out [`Alert`]s, one for each rule and
//! subject until it has been quiet for a while. The rule's file is described
//! in `crates/audit/rules/README.md`; the built-in ones lie beside it.
//!
//! Everything here is computed: there is no clock (time is the records' own), no
//! store and no network. Who reads the trail, keeps the alerts and tells people
//! of them is elsewhere.

mod alert;
mod case;
mod condition;
mod days;
mod engine;
mod events;
mod group;
mod period;
mod rule;
mod silence;
mod state;
mod tell;
mod watcher;
mod window;

pub use alert::{Alert, Seen};
pub use case::Unproved;
pub use engine::Watch;
pub use rule::{Rule, RuleError, Rules, Severity};
pub use state::RestoreError;

#[cfg(test)]
mod tests;
