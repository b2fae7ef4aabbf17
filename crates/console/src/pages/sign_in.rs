//! Signing in: a name and a password, then a second factor.

use crate::{
    Address, Frame, Page, Place, button,
    field::{self, Field},
    text::text,
};
use maud::{Markup, html};

/// The first step.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// The name that was typed.
    pub name: String,
    /// Why it was refused, in words that say nothing of which part was wrong.
    pub problem: Option<String>,
    /// What people sign in with elsewhere, if they can.
    pub elsewhere: Option<String>,
}

/// The second step.
#[derive(Clone, Debug, Default)]
pub struct SecondFactor {
    /// Why the code was refused.
    pub problem: Option<String>,
}

impl Page for SignIn {
    fn title(&self) -> String {
        "Sign in".to_owned()
    }

    fn place(&self) -> Place {
        Place::default()
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            div class="narrow" {
                @if let Some(problem) = &self.problem { (field::problem("", problem)) }
                @if let Some(elsewhere) = &self.elsewhere {
                    p { (button::button(&Address::sign_in_elsewhere(), &format!("Sign in with {elsewhere}"))) }
                    p class="hint" { "Or with a name and a password of this lake's:" }
                }
                (field::post(frame, &Address::sign_in(), "form", html! {
                    (Field {
                        name: "name", label: "Name", value: &self.name, autocomplete: "username", required: true,
                        ..Field::default()
                    }.render())
                    (Field {
                        name: "password", label: "Password", kind: "password", autocomplete: "current-password",
                        required: true, ..Field::default()
                    }.render())
                    (field::submit("Sign in"))
                }))
                p class="hint" { (text("Accounts are made by an administrator: carelake user add.")) }
            }
        }
    }
}

impl Page for SecondFactor {
    fn title(&self) -> String {
        "Your code".to_owned()
    }

    fn place(&self) -> Place {
        Place::default()
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            div class="narrow" {
                @if let Some(problem) = &self.problem { (field::problem("code", problem)) }
                (field::post(frame, &Address::second_factor(), "form", html! {
                    (Field {
                        name: "code", label: "Code", hint: "Six digits from your device, or one of your recovery codes.",
                        autocomplete: "one-time-code", required: true, ..Field::default()
                    }.render())
                    (field::submit("Continue"))
                }))
                p { (button::link(&Address::sign_in(), "Begin again")) }
            }
        }
    }
}

/// After somebody has signed in elsewhere: the next page is asked for from here, since what a browser keeps for this
/// console alone is not sent on the way back from another site.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Where to.
    pub next: Address,
}

impl Page for SignedIn {
    fn title(&self) -> String {
        "You are signed in".to_owned()
    }

    fn place(&self) -> Place {
        Place::default()
    }

    fn body(&self, _: &Frame) -> Markup {
        html! { div class="narrow" { p { (button::button(&self.next, "Go on")) } } }
    }
}
