//! What would have to be different for a question to be allowed.

use crate::{Assumption, Context, Policies, PolicyId, Purpose, Question, Role, Roles};
use std::fmt;

/// One thing that would have to be different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Act in this role.
    Role(Role),
    /// Say what for.
    Purpose,
    /// Take the role for a reason and a time.
    Assumption,
    /// Show a second factor.
    SecondFactor,
    /// Come from a network of the account.
    Network,
}

/// One way to be allowed: what would have to be different, and what would then permit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// All of these, and no more.
    pub changes: Vec<Change>,
    /// The policies that would permit it.
    pub because: Vec<PolicyId>,
}

impl Policies {
    /// The decision in plain words; where it is a denial, with the nearest ways to be allowed.
    ///
    /// It speaks of policies only, never of what is in the lake, so that whoever was denied may read it.
    #[must_use]
    pub fn explain(&self, question: &Question<'_>) -> String {
        let decision = self.decide(question);
        let mut text = decision.explain(self);
        if !decision.allowed {
            for nearest in self.nearest(question) {
                text.push_str(&format!("\n  {nearest}"));
            }
        }
        text
    }

    /// The ways to be allowed that need the fewest changes.
    #[must_use]
    pub fn nearest(&self, question: &Question<'_>) -> Vec<Nearest> {
        let active = question.principal.roles();
        let others = Roles::assumable().iter().filter(|role| !active.contains(*role));
        // As things are, but for the circumstances; or in each other role alone.
        let starts = std::iter::once(None).chain(others.map(Some));
        let mut ways: Vec<Nearest> = starts.filter_map(|role| self.way(question, role)).collect();
        let fewest = ways.iter().map(|way| way.changes.len()).min();
        ways.retain(|way| Some(way.changes.len()) == fewest);
        ways
    }

    /// The fewest changes of circumstances that allow it in `role`, if any do.
    fn way(&self, question: &Question<'_>, role: Option<Role>) -> Option<Nearest> {
        let mut changes: Vec<Change> = role.map(Change::Role).into_iter().collect();
        changes.extend(missing(&question.context));
        self.with(question, &changes)?;
        // Each change that is not needed is taken back. A role stays: it is what this way is about.
        for change in changes.clone().into_iter().filter(|change| !matches!(change, Change::Role(_))) {
            let fewer: Vec<Change> = changes.iter().copied().filter(|other| *other != change).collect();
            if self.with(question, &fewer).is_some() {
                changes = fewer;
            }
        }
        let because = self.with(question, &changes)?;
        Some(Nearest { changes, because })
    }

    /// What would permit the question with `changes`.
    fn with(&self, question: &Question<'_>, changes: &[Change]) -> Option<Vec<PolicyId>> {
        let decision = self.decide(&changes.iter().fold(*question, changed));
        decision.allowed.then_some(decision.because)
    }
}

/// The circumstances that could still be mended.
fn missing(context: &Context<'_>) -> impl Iterator<Item = Change> {
    let expected = context.network.is_none_or(|network| network.expected);
    let factor = context.second_factor || context.network.is_none();
    let assumed = context
        .assumption
        .is_some_and(|assumption| !assumption.reason.is_empty() && assumption.until > context.now);
    [
        (expected, Change::Network),
        (factor, Change::SecondFactor),
        (assumed, Change::Assumption),
        (context.purpose.is_some(), Change::Purpose),
    ]
    .into_iter()
    .filter_map(|(there, change)| (!there).then_some(change))
}

fn changed<'a>(mut question: Question<'a>, change: &Change) -> Question<'a> {
    const HOUR_MS: i64 = 3_600_000;
    let context = &mut question.context;
    match change {
        Change::Role(role) => question.principal = question.principal.acting_in((*role).into()),
        Change::Purpose => context.purpose = Some(Purpose::Operations),
        Change::Assumption => {
            let until = context.now.plus_ms(HOUR_MS);
            context.assumption = Some(Assumption { reason: "to see what would be", until });
        }
        Change::SecondFactor => context.second_factor = true,
        Change::Network => {
            if let Some(network) = &mut context.network {
                network.expected = true;
            }
        }
    }
    question
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "the role {role}"),
            Self::Purpose => f.write_str("a purpose"),
            Self::Assumption => f.write_str("a reason for taking the role"),
            Self::SecondFactor => f.write_str("a second factor"),
            Self::Network => f.write_str("a network of the account"),
        }
    }
}

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes: Vec<String> = self.changes.iter().map(ToString::to_string).collect();
        let policies: Vec<String> = self.because.iter().map(|id| format!("`{id}`")).collect();
        write!(f, "with {} it would be allowed by {}", listed(&changes), listed(&policies))
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
