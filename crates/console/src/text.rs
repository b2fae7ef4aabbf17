//! How other people's words are shown: as text, whatever they are.
//!
//! Markup is escaped. Characters that do something instead of being seen (control characters, changes of writing
//! direction, invisible ones) are shown by their names. What is not ASCII is isolated (`<bdi>`), so that right-to-left
//! writing leaves its surroundings in order. What is long is cut, and says how long it was.

use maud::{Markup, Render as _, html};
use std::fmt::Write as _;

/// Characters of a value that a line shows.
pub const LINE: usize = 160;
/// Characters of a value that a block shows.
pub const BLOCK: usize = 16_384;
/// Characters of a value that a block shows before it has to be opened.
const OPEN: usize = 4_096;
/// Marks on one letter, beyond which they are shown by name: towers of them run over the lines above.
const MARKS: usize = 3;

/// A value within a line; cut after [`LINE`] characters. Phrasing content: it may stand anywhere.
#[must_use]
pub fn text(value: &str) -> Markup {
    let (shown, left_out) = cut(value, LINE);
    html! {
        (visible(shown, Breaks::Named))
        @if left_out > 0 { span class="cut" { "… " (crate::figure::count(left_out)) " more characters" } }
    }
}

/// A value of several lines, such as an error, a log line or SQL, as it stands; long ones open on demand, and are
/// cut after [`BLOCK`] characters. Flow content: it stands by itself, in a `div` or a cell.
#[must_use]
pub fn block(value: &str) -> Markup {
    let (shown, left_out) = cut(value, BLOCK);
    let (first, rest) = shown.split_at(cut(shown, OPEN).0.len());
    html! {
        // It may scroll, so a keyboard has to reach it.
        pre tabindex="0" { (visible(first, Breaks::Kept)) }
        @if !rest.is_empty() {
            details class="rest" {
                summary { (crate::figure::count(rest.chars().count() as u64)) " more characters" }
                pre tabindex="0" { (visible(rest, Breaks::Kept)) }
                @if left_out > 0 {
                    p class="cut" { "The " (crate::figure::count(left_out)) " characters after these are not shown." }
                }
            }
        }
    }
}

/// A value where there can be no markup: titles, labels, drawings. Cut after `most` characters, with `…`.
#[must_use]
pub fn plain(value: &str, most: usize) -> String {
    let (shown, left_out) = cut(value, most);
    let mut out = String::with_capacity(shown.len());
    for (character, named) in judged(shown, Breaks::Named) {
        match named {
            true => name(character, &mut out),
            false => out.push(character),
        }
    }
    if left_out > 0 {
        out.push('…');
    }
    out
}

/// Whether line breaks and tabs are shown by name or do what they do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Named,
    Kept,
}

/// The first `most` characters, and how many there are besides.
fn cut(value: &str, most: usize) -> (&str, u64) {
    match value.char_indices().nth(most) {
        None => (value, 0),
        Some((at, _)) => (&value[..at], value[at..].chars().count() as u64),
    }
}

fn visible(value: &str, breaks: Breaks) -> Markup {
    if value.is_ascii() {
        marked(value, breaks)
    } else {
        html! { bdi { (marked(value, breaks)) } }
    }
}

fn marked(value: &str, breaks: Breaks) -> Markup {
    let mut out = String::with_capacity(value.len());
    let mut plain = String::new();
    for (character, named) in judged(value, breaks) {
        if !named {
            plain.push(character);
            continue;
        }
        plain.render_to(&mut out);
        plain.clear();
        let mut shown = String::new();
        name(character, &mut shown);
        html! { span class="ctl" { (shown) } }.render_to(&mut out);
    }
    plain.render_to(&mut out);
    maud::PreEscaped(out)
}

/// Each character, and whether it is to be shown by name.
fn judged(value: &str, breaks: Breaks) -> impl Iterator<Item = (char, bool)> + '_ {
    let mut marks = 0;
    value.chars().map(move |character| {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        let kept = breaks == Breaks::Kept && matches!(character, '\n' | '\t');
        (character, marks > MARKS || (acts(character) && !kept))
    })
}

/// Whether a character does something instead of being seen: controls (Unicode's Cc), its direction controls (UAX #9
/// §2), separators of lines, and what has no width. Joiners are left alone: Indic scripts and emoji need them.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character stands on the one before it; the blocks of marks that towers are built of.
fn is_mark(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// How a character that acts is shown: ASCII's by their pictures, others by number.
fn name(character: char, out: &mut String) {
    let picture = match u32::from(character) {
        code @ 0..0x20 => char::from_u32(0x2400 + code),
        0x7f => Some('␡'),
        _ => None,
    };
    match picture {
        Some(picture) => out.push(picture),
        // Writing to a String cannot fail.
        None => drop(write!(out, "U+{:04X}", u32::from(character))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &str) {
        assert_eq!(text(value).into_string(), expected);
    }

    #[test]
    fn markup_is_text() {
        check("<script>alert(\"&\")</script>", "&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;");
    }

    #[test]
    fn characters_that_act_are_named() {
        check("a\u{7}b\n", "a<span class=\"ctl\">␇</span>b<span class=\"ctl\">␊</span>");
        check("a\u{202e}b", "<bdi>a<span class=\"ctl\">U+202E</span>b</bdi>");
        check("a\u{200b}", "<bdi>a<span class=\"ctl\">U+200B</span></bdi>");
        assert_eq!(plain("a\u{0}\u{2066}", 10), "a␀U+2066");
    }

    #[test]
    fn other_scripts_are_isolated_and_whole() {
        check("שלום", "<bdi>שלום</bdi>");
        check("e\u{301}", "<bdi>e\u{301}</bdi>");
    }

    #[test]
    fn towers_of_marks_are_taken_down() {
        let tower = format!("e{}", "\u{301}".repeat(50));
        let shown = text(&tower).into_string();
        assert_eq!(shown.matches('\u{301}').count(), MARKS);
        assert_eq!(shown.matches("U+0301").count(), 50 - MARKS);
    }

    #[test]
    fn what_is_long_is_cut_and_counted() {
        let long = "é".repeat(1_000_000);
        let line = text(&long).into_string();
        assert!(line.len() < 1_000 && line.contains("999,840 more characters"), "{line}");
        let open = block(&long).into_string();
        assert!(open.len() < 40_000 && open.contains("The 983,616 characters after these"), "{}", open.len());
        assert_eq!(plain(&long, 3), "ééé…");
    }

    #[test]
    fn a_block_keeps_its_lines() {
        let shown = block("select 1\n\tfrom t\r\n").into_string();
        assert_eq!(shown, "<pre tabindex=\"0\">select 1\n\tfrom t<span class=\"ctl\">␍</span>\n</pre>");
    }
}
