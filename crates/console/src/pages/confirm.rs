//! Before a change: what will happen. After one: what is shown once.

use crate::{
    Address, Frame, Page, Place, button, facts,
    field::{self, Field},
    text::text,
};
use maud::{Markup, html};

/// A change that waits to be confirmed. Its form sends `csrf`, `hidden`, and `note` if there is one, to `to`.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// The change, as a question: `Disable provider gp-elm?`
    pub title: String,
    /// Where the page stands.
    pub place: Place,
    /// What will happen, a sentence each.
    pub effects: Vec<String>,
    /// How it can be undone; if not, it cannot.
    pub undo: Option<String>,
    /// Where the confirmed change is sent.
    pub to: Address,
    /// What it is sent with besides: name and value.
    pub hidden: Vec<(String, String)>,
    /// The label of a text that must be given, such as a reason, and what has been typed of it.
    pub note: Option<(String, String)>,
    /// What the button says: `Disable`.
    pub button: String,
    /// Whether it takes something away.
    pub takes_away: bool,
    /// Where to go instead.
    pub back: Address,
    /// Why it was not done when it was tried, if it was.
    pub problem: Option<String>,
    /// The command that does the same, without `carelake`.
    pub command: String,
}

impl Page for Confirm {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn place(&self) -> Place {
        self.place.clone()
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            @if let Some(problem) = &self.problem { (field::problems(&[("", problem)])) }
            ul class="effects" { @for effect in &self.effects { li { (text(effect)) } } }
            p {
                @match &self.undo { Some(undo) => (text(undo)), None => "It cannot be undone." }
            }
            (field::post(frame, &self.to, "form", html! {
                @for (name, value) in &self.hidden { input type="hidden" name=(name) value=(value); }
                @if let Some((label, typed)) = &self.note {
                    (Field { name: "note", label, value: typed, required: true, lines: 3, ..Field::default() }.render())
                }
                div class="buttons" {
                    button class=(if self.takes_away { "button taking" } else { "button first" }) type="submit" {
                        (text(&self.button))
                    }
                    (button::button(&self.back, "Go back"))
                }
            }))
            p class="hint" { "From the command line: " (facts::command(&self.command)) }
        }
    }
}
