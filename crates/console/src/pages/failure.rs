//! What is shown instead of a page: it may not be seen, it is not there, it could not be made.

use crate::{Address, Frame, Page, Place, button, text::text};
use maud::{Markup, html};

/// Why there is no page.
#[derive(Clone, Debug)]
pub enum Failure {
    /// 403: the policies say no.
    Forbidden {
        /// What was asked for, in words: `see the audit trail`.
        what: String,
        /// The decision in plain words.
        reason: String,
        /// How it could be allowed, in a sentence, such as a role to be assumed; may be empty.
        advice: String,
    },
    /// 404: there is nothing of the name, or it may not be known.
    NotFound {
        /// What was looked for: `job mart.winter`.
        what: String,
    },
    /// 500 or 503: it is our fault; the log says more under this number.
    Failed {
        /// The reference.
        reference: String,
    },
}

impl Page for Failure {
    fn title(&self) -> String {
        match self {
            Self::Forbidden { .. } => "Not allowed".to_owned(),
            Self::NotFound { .. } => "Not found".to_owned(),
            Self::Failed { .. } => "That did not work".to_owned(),
        }
    }

    fn place(&self) -> Place {
        Place::default()
    }

    fn body(&self, _: &Frame) -> Markup {
        html! {
            @match self {
                Self::Forbidden { what, reason, advice } => {
                    p { "You cannot do this: " (text(what)) "." }
                    @for line in reason.lines() { p { (text(line)) } }
                    @if !advice.is_empty() { p { (text(advice)) } }
                },
                Self::NotFound { what } => {
                    p { "There is no " (text(what)) ", or you may not see it." }
                },
                Self::Failed { reference } => {
                    p { "The fault is the lake's, not yours. Try again in a moment." }
                    p { "If it goes on, tell whoever runs the lake this number, by which the log says more: " code { (text(reference)) } }
                },
            }
            p { (button::button(&Address::overview(), "To the overview")) }
        }
    }
}
