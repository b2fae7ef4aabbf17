//! Links, and buttons that are links: a change begins with the page that asks for confirmation.

use crate::{Address, text::text};
use maud::{Markup, html};

/// Characters of an address beyond which browsers and servers stop taking it.
const LONGEST: usize = 2_000;

/// A link to a page of ours; the name alone where it is too long to be asked for.
pub(crate) fn link(to: &Address, name: &str) -> Markup {
    around(text(name), to)
}

/// The same around something that is no plain name.
pub(crate) fn around(inside: Markup, to: &Address) -> Markup {
    html! { @if to.as_str().len() > LONGEST { (inside) } @else { a href=(to) { (inside) } } }
}

/// A link that looks like a button.
pub(crate) fn button(to: &Address, name: &str) -> Markup {
    html! { @if to.as_str().len() <= LONGEST { a class="button" href=(to) { (text(name)) } } }
}

/// The way to a change that takes something away.
pub(crate) fn taking(to: &Address, name: &str) -> Markup {
    html! { @if to.as_str().len() <= LONGEST { a class="button taking" href=(to) { (text(name)) } } }
}
