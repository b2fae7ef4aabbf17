//! What is raised, and the records that it is about.

use super::rule::Severity;
use aws_lc_rs::digest;
use model::{AuditEvent, AuditPosition, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A record of the trail and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Where it stands.
    pub position: AuditPosition,
    /// What it says.
    pub event: AuditEvent,
}

/// What a rule has to say of one subject. Its texts can be shown as they are: what came from events is cut at 100
/// characters, and what a screen would obey is escaped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// 32 hexadecimal digits: the same for an alert and for what goes on in it, and for no other alert.
    pub key: String,
    /// The rule's name.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The rule's title.
    pub title: String,
    /// What happened, for a person.
    pub sentence: String,
    /// Who or from where, such as a provider or a network; `*` if it is about all together.
    pub subject: String,
    /// How much was counted: events, or what they sum up to.
    pub count: u64,
    /// When the first of what was counted happened.
    pub first_time: Timestamp,
    /// When the last of it happened.
    pub last_time: Timestamp,
    /// The first record that was counted.
    pub first: AuditPosition,
    /// The last one.
    pub last: AuditPosition,
}

/// A record, in the order of time; records of one moment by where they stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) time: i64,
    pub(super) writer: Arc<str>,
    pub(super) index: u64,
}

impl Mark {
    /// About how many bytes one takes, its writer's name included, which has 100 at most.
    pub(super) const BYTES: usize = 150;

    pub(super) fn position(&self) -> AuditPosition {
        AuditPosition { writer: self.writer.to_string(), index: self.index }
    }
}

/// The key of the alert that `rule` raised of `subject` at a record.
pub(super) fn key(rule: &str, subject: &str, raised: &Mark) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [rule, subject, &raised.writer, &raised.index.to_string()] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    hex::encode(context.finish().as_ref().get(..16).unwrap_or_default())
}
