//! Forms: every one that changes something carries the token; every field has a label.

use crate::{Address, Frame, icon, text::text};
use maud::{Markup, html};

/// A form that is sent by POST, with the token.
pub(crate) fn post(frame: &Frame, to: &Address, class: &str, inside: Markup) -> Markup {
    html! {
        form method="post" action=(to) class=(class) {
            input type="hidden" name="csrf" value=(frame.csrf);
            (inside)
        }
    }
}

/// A form that asks by GET: it changes nothing, so it carries no token, which would stand in the address.
pub(crate) fn ask(to: &Address, label: &str, inside: Markup) -> Markup {
    html! { form method="get" action=(to) class="filter" role="search" aria-label=(label) { (inside) } }
}

/// A field of one line.
#[derive(Default)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) value: &'a str,
    /// What to type, in a sentence; nothing if empty.
    pub(crate) hint: &'a str,
    /// What a browser may fill in; `off` if empty.
    pub(crate) autocomplete: &'static str,
    /// The input's type; `text` if empty.
    pub(crate) kind: &'static str,
    pub(crate) required: bool,
    /// Lines to show; a field of one line if 0.
    pub(crate) lines: u8,
}

impl Field<'_> {
    pub(crate) fn render(&self) -> Markup {
        let id = format!("f-{}", self.name);
        let described = self.described();
        let complete = if self.autocomplete.is_empty() { "off" } else { self.autocomplete };
        let kind = if self.kind.is_empty() { "text" } else { self.kind };
        html! {
            div class="field" {
                label for=(id) { (text(self.label)) }
                @if !self.hint.is_empty() { span class="hint" id=(format!("{id}-hint")) { (text(self.hint)) } }
                @if self.lines > 0 {
                    textarea id=(id) name=(self.name) rows=(self.lines) required[self.required] spellcheck="false"
                        autocapitalize="off" aria-describedby=[described] {
                        // A line break right after the tag is not part of the value (HTML §13.1.2.5).
                        "\n" (self.value)
                    }
                } @else {
                    input id=(id) name=(self.name) type=(kind) value=(self.value) required[self.required]
                        autocomplete=(complete) spellcheck="false" autocapitalize="off" aria-describedby=[described]
                       ;
                }
            }
        }
    }

    fn described(&self) -> Option<String> {
        (!self.hint.is_empty()).then(|| format!("f-{}-hint", self.name))
    }
}

/// A choice of one: word and label each.
pub(crate) fn choice(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    let id = format!("f-{name}");
    html! {
        div class="field" {
            label for=(id) { (text(label)) }
            select id=(id) name=(name) {
                @for (word, label) in options {
                    option value=(word) selected[*word == chosen] { (crate::text::plain(label, 80)) }
                }
            }
        }
    }
}

/// A choice of yes or no; sent as `yes`, or not at all.
pub(crate) fn tick(name: &str, label: &str, ticked: bool) -> Markup {
    let id = format!("f-{name}");
    html! {
        div class="tick" {
            input type="checkbox" id=(id) name=(name) value="yes" checked[ticked];
            label for=(id) { (text(label)) }
        }
    }
}

/// The button of a form.
pub(crate) fn submit(label: &str) -> Markup {
    html! { button class="button first" type="submit" { (text(label)) } }
}

/// Says above a form what is wrong with it, and leads to the field, if it is one's.
pub(crate) fn problem(field: &str, sentence: &str) -> Markup {
    html! {
        div class="message problem" role="alert" {
            (icon::of(crate::Tone::Bad))
            div {
                strong { "There is a problem" }
                p { @if field.is_empty() { (text(sentence)) } @else { a href=(format!("#f-{field}")) { (text(sentence)) } } }
            }
        }
    }
}
