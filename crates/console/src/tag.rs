//! Tags: a state in one word. The word says it; colour and sign say it again.

use crate::icon;
use maud::{Markup, html};

/// What a state means to whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// At work.
    Busy,
    /// Neither good nor bad, such as waiting.
    Quiet,
    /// Soon bad, or bad for some.
    Warning,
    /// Bad.
    Bad,
}

impl Tone {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Busy => "busy",
            Self::Quiet => "quiet",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// A state, by its word.
pub(crate) fn tag(tone: Tone, word: &str) -> Markup {
    html! { span class=(format!("tag {}", tone.class())) { (icon::of(tone)) (crate::text::text(word)) } }
}
