//! Facts about one thing, by name; and figures, which are facts in large.

use crate::text::text;
use maud::{Markup, html};

/// A list of names and values.
pub(crate) fn facts(rows: &[(&str, Markup)]) -> Markup {
    html! {
        dl class="facts" {
            @for (name, value) in rows { div { dt { (text(name)) } dd { (value) } } }
        }
    }
}

/// A figure: what it is, how much, and a remark below it.
pub(crate) struct Figure<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Markup,
    pub(crate) remark: Markup,
    /// How the figure is judged, if it is.
    pub(crate) tone: Option<crate::Tone>,
}

/// A row of figures.
pub(crate) fn figures(all: Vec<Figure<'_>>) -> Markup {
    html! {
        dl class="figures" {
            @for one in all {
                div class=[one.tone.map(crate::Tone::class)] {
                    dt { (text(one.name)) }
                    dd {
                        span class="value" { (one.value) }
                        span class="remark" { (one.remark) }
                    }
                }
            }
        }
    }
}

/// A part of a page under a heading of its own.
pub(crate) fn section(title: &str, inside: Markup) -> Markup {
    html! { section { h2 { (text(title)) } (inside) } }
}

/// What is said where there is nothing: that there is nothing, and what would bring something.
pub(crate) fn empty(nothing: &str, what_to_do: Markup) -> Markup {
    html! { div class="empty" { p { strong { (text(nothing)) } } p { (what_to_do) } } }
}

/// Something to be typed at the command line; `arguments` are what follows the program's name.
pub(crate) fn command(arguments: &str) -> Markup {
    html! { code class="command" { "carelake " (text(arguments)) } }
}

/// A word as a shell takes it (POSIX, 2.2.2): in quotes where it holds more than plain characters.
pub(crate) fn word(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:*%+=@".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_to_a_shell() {
        assert_eq!(word("mart.urgent_care"), "mart.urgent_care");
        assert_eq!(word(""), "''");
        assert_eq!(word("it's; rm -r /"), r"'it'\''s; rm -r /'");
    }
}
