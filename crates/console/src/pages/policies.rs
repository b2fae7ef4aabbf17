//! The policies, read; what they say of a question; and the keys of the home, by name.

use crate::{
    Address, Frame, Page, Place, Section, Tone, button, facts,
    field::{self, Field},
    grid::{self, Grid},
    tag,
    text::{block, text},
};
use maud::{Markup, html};

/// A policy in the list.
#[derive(Clone, Debug)]
pub struct PolicyRow {
    /// Its id.
    pub id: String,
    /// Whether it permits; it forbids if not.
    pub permits: bool,
    /// Whether it is of this lake; built in if not.
    pub own: bool,
    /// What it says, in a sentence.
    pub because: String,
}

/// May somebody do something? As it was asked; the query parameters `role`, `action`, `resource` and `purpose`.
#[derive(Clone, Debug, Default)]
pub struct PolicyQuestion {
    /// The role that somebody acts in.
    pub role: String,
    /// What they would do.
    pub action: String,
    /// To what, such as `table:view.encounter`.
    pub resource: String,
    /// What for.
    pub purpose: String,
    /// Whether they may, and the decision in words; or why there is none.
    pub answer: Option<Result<(bool, String), String>>,
}

/// The policies that count.
#[derive(Clone, Debug)]
pub struct PolicyList {
    /// Each of them.
    pub rows: Vec<PolicyRow>,
    /// What was asked of them.
    pub question: PolicyQuestion,
    /// The roles, actions and purposes that there are.
    pub words: [Vec<String>; 3],
    /// Whether the person may see which keys there are.
    pub may_see_keys: bool,
}

impl Page for PolicyList {
    fn title(&self) -> String {
        "Policies and keys".to_owned()
    }

    fn place(&self) -> Place {
        Place::first_of(Section::Policies)
    }

    fn command(&self) -> Option<String> {
        Some("policy list".to_owned())
    }

    fn is_a_list(&self) -> bool {
        true
    }

    fn beside(&self, _: &Frame) -> Option<Markup> {
        self.may_see_keys.then(|| button::button(&Address::keys(), "Keys"))
    }

    fn body(&self, frame: &Frame) -> Markup {
        let columns = [
            grid::column("Policy"),
            grid::column("Effect"),
            grid::column("Whose"),
            grid::column("What it says"),
        ];
        let row = |one: &PolicyRow| {
            vec![
                button::link(&Address::policy(&one.id), &one.id),
                if one.permits { tag::tag(Tone::Good, "permits") } else { tag::tag(Tone::Bad, "forbids") },
                html! { @if one.own { "own" } @else { "built-in" } },
                text(&one.because),
            ]
        };
        let rows = self.rows.iter().map(row).collect();
        html! {
            p { "What no policy permits is refused; what one forbids is refused, whatever the others say." }
            (facts::section("May they?", self.asked()))
            (facts::section("The policies", Grid { caption: "Policies", quiet: true, columns: &columns, rows }.render(frame, None)))
        }
    }
}

impl PolicyList {
    fn asked(&self) -> Markup {
        let question = &self.question;
        let [roles, actions, purposes] = &self.words;
        let words = |all: &'_ Vec<String>, none: &'static str| -> Vec<(String, String)> {
            let first = (String::new(), none.to_owned());
            std::iter::once(first).chain(all.iter().map(|word| (word.clone(), word.clone()))).collect()
        };
        let (roles, actions, purposes) =
            (words(roles, "choose"), words(actions, "choose"), words(purposes, "none"));
        fn options(all: &[(String, String)]) -> Vec<(&str, &str)> {
            all.iter().map(|(word, label)| (word.as_str(), label.as_str())).collect()
        }
        html! {
            (field::ask(&Address::policies(), "Ask the policies", html! {
                (field::choice("role", "Somebody acting as", &options(&roles), &question.role))
                (field::choice("action", "would do", &options(&actions), &question.action))
                (Field { name: "resource", label: "to", value: &question.resource, ..Field::default() }.render())
                (field::choice("purpose", "for", &options(&purposes), &question.purpose))
                (field::submit("Ask"))
            }))
            @match &question.answer {
                None => p class="hint" { "A resource is lake, audit, table:view.encounter, column:view.encounter.start, schema:raw, key:root, job:mart or provider:NAME." },
                Some(Ok((allowed, why))) => div class="message" role="status" {
                    @if *allowed { (tag::tag(Tone::Good, "allowed")) } @else { (tag::tag(Tone::Bad, "refused")) }
                    div { (block(why)) }
                },
                Some(Err(why)) => (field::problem("resource", why)),
            }
        }
    }
}

/// One policy.
#[derive(Clone, Debug)]
pub struct PolicyPage {
    /// What it is in the list.
    pub policy: PolicyRow,
    /// Its text in Cedar.
    pub text: String,
    /// The file that it stands in.
    pub file: String,
}

impl Page for PolicyPage {
    fn title(&self) -> String {
        self.policy.id.clone()
    }

    fn place(&self) -> Place {
        Place::below(Section::Policies)
    }

    fn command(&self) -> Option<String> {
        Some(format!("policy show {}", facts::word(&self.policy.id)))
    }

    fn body(&self, _: &Frame) -> Markup {
        html! {
            p { (text(&self.policy.because)) }
            (facts::facts(&[
                ("Effect", html! { @if self.policy.permits { "permits" } @else { "forbids" } }),
                ("Whose", html! { @if self.policy.own { "of this lake" } @else { "built in" } }),
                ("File", text(&self.file)),
            ]))
            (facts::section("Its text, in Cedar", block(self.text.trim())))
        }
    }
}

/// A key, without the key.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// What it is called, such as `zone/vault`.
    pub name: String,
    /// Its kind, such as `aes-256`.
    pub kind: String,
    /// What it is for, in a sentence.
    pub purpose: String,
    /// Its id.
    pub id: String,
}

/// The keys of the home.
#[derive(Clone, Debug)]
pub struct KeyList {
    /// Each of them.
    pub rows: Vec<KeyRow>,
}

impl Page for KeyList {
    fn title(&self) -> String {
        "Keys".to_owned()
    }

    fn place(&self) -> Place {
        Place::below(Section::Policies)
    }

    fn command(&self) -> Option<String> {
        Some("key list".to_owned())
    }

    fn is_a_list(&self) -> bool {
        true
    }

    fn body(&self, frame: &Frame) -> Markup {
        let columns =
            [grid::column("Key"), grid::column("Kind"), grid::column("What it is for"), grid::column("Id")];
        let row = |one: &KeyRow| {
            vec![
                html! { code { (text(&one.name)) } },
                text(&one.kind),
                text(&one.purpose),
                html! { code { (text(&one.id)) } },
            ]
        };
        let rows = self.rows.iter().map(row).collect();
        html! {
            p { "Every key is wrapped under the root key, which lies apart. No key itself is shown anywhere, and the custodian's private key is in none of these: it exists in shares only." }
            (Grid { caption: "Keys", quiet: true, columns: &columns, rows }.render(frame, None))
        }
    }
}
