//! Icons, drawn in the page. All are decoration: a word stands beside each.

use crate::{Section, Tone};
use maud::PreEscaped;

macro_rules! icon {
    ($inside:literal) => {
        PreEscaped(concat!(
            "<svg class=\"icon\" viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" fill=\"none\" stroke=\"currentColor\" ",
            "stroke-width=\"1.5\" stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\" ",
            "focusable=\"false\">",
            $inside,
            "</svg>"
        ))
    };
}

type Icon = PreEscaped<&'static str>;

/// Smallest first.
pub(crate) const UP: Icon = icon!(r#"<path d="M4.5 10 8 6l3.5 4"/>"#);
/// Greatest first.
pub(crate) const DOWN: Icon = icon!(r#"<path d="M4.5 6 8 10l3.5-4"/>"#);
/// The lake: two waves.
pub(crate) const LAKE: Icon = icon!(
    r#"<path d="M1.5 6.5c2.2-2.4 4.3-2.4 6.5 0s4.3 2.4 6.5 0M1.5 11c2.2-2.4 4.3-2.4 6.5 0s4.3 2.4 6.5 0" stroke-width="2"/>"#
);

/// The sign of a state.
pub(crate) const fn of(tone: Tone) -> Icon {
    match tone {
        Tone::Good => icon!(r#"<circle cx="8" cy="8" r="6"/><path d="m5.5 8.2 1.8 1.8 3.2-3.8"/>"#),
        Tone::Busy => {
            icon!(r#"<circle cx="8" cy="8" r="6"/><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/>"#)
        }
        Tone::Quiet => icon!(r#"<circle cx="8" cy="8" r="6"/><path d="M5.5 8h5"/>"#),
        Tone::Warning => icon!(r#"<path d="M8 2.2 14.3 13.5H1.7zM8 6.5v3M8 11.6v.1"/>"#),
        Tone::Bad => icon!(r#"<circle cx="8" cy="8" r="6"/><path d="m5.9 5.9 4.2 4.2m0-4.2-4.2 4.2"/>"#),
    }
}

/// The sign of a part of the console.
pub(crate) const fn section(section: Section) -> Icon {
    match section {
        Section::Overview => icon!(
            r#"<rect x="2" y="2" width="5" height="5"/><rect x="9" y="2" width="5" height="5"/><rect x="2" y="9" width="5" height="5"/><rect x="9" y="9" width="5" height="5"/>"#
        ),
        Section::Providers => icon!(r#"<path d="M2 14V6l6-4 6 4v8zM8 6.5v5M5.5 9h5"/>"#),
        Section::Jobs => icon!(
            r#"<rect x="1.5" y="2" width="5" height="4"/><rect x="9.5" y="10" width="5" height="4"/><path d="M6.5 4H12v6"/>"#
        ),
        Section::Catalogue => {
            icon!(r#"<rect x="2" y="2.5" width="12" height="11"/><path d="M2 6.5h12M6 6.5v7"/>"#)
        }
        Section::Sql => icon!(r#"<path d="m3 4.5 3.5 3.5L3 11.5M8 12h5"/>"#),
        Section::Audit => icon!(r#"<path d="M4 1.5h8v13H4zM6 5h4M6 8h4M6 11h2.5"/>"#),
        Section::Policies => {
            icon!(r#"<path d="M8 1.5 13.5 4v4c0 3.2-2.3 5.4-5.5 6.5C4.8 13.4 2.5 11.2 2.5 8V4z"/>"#)
        }
        Section::Health => icon!(r#"<path d="M1.5 8.5h3l2-5 3 9 2-4h3"/>"#),
        Section::Alerts => icon!(r#"<path d="M4 11V7a4 4 0 0 1 8 0v4l1.5 1.5h-11zM6.8 14.5h2.4"/>"#),
    }
}
