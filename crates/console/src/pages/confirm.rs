//! Before a change: what will happen.

use crate::{
    Address, Frame, Page, Place, Section, button, facts,
    field::{self, Field},
    text::text,
};
use maud::{Markup, html};

/// A change that waits to be confirmed. Its form sends `csrf`, and `note` if there is one.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// The change, as a question: `Disable provider gp-elm?`
    pub title: String,
    /// The part of the console that it belongs to.
    pub section: Section,
    /// What is changed.
    pub of: Address,
    /// Where to go instead.
    pub back: Address,
    /// The change, as [`Address::change`] has it.
    pub change: &'static str,
    /// What will happen, in a sentence or two.
    pub effect: String,
    /// How it can be undone; if not, it cannot.
    pub undo: Option<String>,
    /// The label of a text that must be given, such as a reason.
    pub note: Option<String>,
    /// What the button says: `Disable`.
    pub button: String,
    /// Whether it takes something away.
    pub takes_away: bool,
    /// The command that does the same, without `carelake`; empty where there is none.
    pub command: String,
}

impl Page for Confirm {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn place(&self) -> Place {
        Place::below(self.section)
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            p { (text(&self.effect)) }
            p {
                @match &self.undo { Some(undo) => (text(undo)), None => "It cannot be undone." }
            }
            (field::post(frame, &self.of.change(self.change), "form", html! {
                @if let Some(label) = &self.note {
                    (Field { name: "note", label, required: true, lines: 3, ..Field::default() }.render())
                }
                div class="buttons" {
                    button class=(if self.takes_away { "button taking" } else { "button first" }) type="submit" {
                        (text(&self.button))
                    }
                    (button::button(&self.back, "Go back"))
                }
            }))
            @if !self.command.is_empty() { p class="hint" { "From the command line: " (facts::command(&self.command)) } }
        }
    }
}
