//! How long and how deep a text of policies may be, before anything reads it.
//!
//! Cedar reads, checks and evaluates by recursion. What is too deep ends the process when it is read; what is a little
//! less deep passes the check unseen, and can then not be evaluated, which denies everything to everybody.

/// More than anybody writes by hand in one file.
pub(crate) const MAX_BYTES: usize = 64 * 1024;
/// Brackets within brackets.
pub(crate) const MAX_DEPTH: usize = 16;
/// Operators and conditions of one policy: each puts the rest of the policy one deeper.
pub(crate) const MAX_JOINTS: usize = 32;
/// Dots of one policy. What fits the schema is never deep by dots, but the check itself must not end at them.
pub(crate) const MAX_DOTS: usize = 100;

const TOO_LONG: &str = "the file is too long: 64 KiB are the most";
const TOO_DEEP: &str = "brackets stand too deep in each other: 16 are the most";
const TOO_MANY: &str = "the policy is too large: write several; 32 operators and conditions are the most";
const TOO_MANY_DOTS: &str = "the policy is too large: write several; 100 dots are the most";

/// Where and by what `text` exceeds the bounds: an offset and a sentence.
pub(crate) fn exceeded(text: &str) -> Option<(usize, &'static str)> {
    if text.len() > MAX_BYTES {
        return Some((0, TOO_LONG));
    }
    let (mut depth, mut joints, mut dots) = (0_usize, 0_usize, 0_usize);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let token = token(rest, first);
        match token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "&&" | "||" | "+" | "-" | "*" | "if" | "when" | "unless" => joints += 1,
            "." => dots += 1,
            ";" => (joints, dots) = (0, 0),
            _ => {}
        }
        let bounds =
            [(depth, MAX_DEPTH, TOO_DEEP), (joints, MAX_JOINTS, TOO_MANY), (dots, MAX_DOTS, TOO_MANY_DOTS)];
        if let Some((.., sentence)) = bounds.into_iter().find(|(count, most, _)| count > most) {
            return Some((text.len() - rest.len(), sentence));
        }
        rest = rest.get(token.len()..).unwrap_or_default();
    }
    None
}

/// The first token of `rest`, which begins with `first`: a text, a remark, a word, or one character.
fn token(rest: &str, first: char) -> &str {
    let length = match first {
        '"' => quoted(rest),
        '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
        '&' | '|' if rest.starts_with("&&") || rest.starts_with("||") => 2,
        _ if is_word(first) => rest.find(|character| !is_word(character)).unwrap_or(rest.len()),
        _ => first.len_utf8(),
    };
    rest.get(..length).unwrap_or(rest)
}

const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The length of the text in quotes that `rest` begins with.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, character)| {
        let closes = *character == '"' && !escaped;
        escaped = *character == '\\' && !escaped;
        closes
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_operators_are_counted_where_they_nest() {
        let deep = |depth: usize| format!("{}{}", "([{".repeat(depth), "}])".repeat(depth));
        assert_eq!(exceeded(&deep(5)), None);
        assert_eq!(exceeded(&deep(6)), Some((16, TOO_DEEP)));
        let wide = |joints: usize| format!("permit{};", " && a.b".repeat(joints));
        assert_eq!(exceeded(&wide(32)), None);
        assert_eq!(exceeded(&wide(33)), Some((231, TOO_MANY)));
        assert_eq!(exceeded(&wide(32).repeat(20)), None);
        assert_eq!(exceeded(&".a".repeat(101)), Some((200, TOO_MANY_DOTS)));
        assert_eq!(exceeded(&"x".repeat(MAX_BYTES + 1)), Some((0, TOO_LONG)));
    }

    #[test]
    fn texts_and_remarks_count_for_nothing() {
        let brackets = "(".repeat(40);
        assert_eq!(exceeded(&format!("\"{brackets}\\\"{brackets}\" // {brackets}\n \"{brackets}")), None);
        assert_eq!(exceeded(&format!("\"a\\\\\"{brackets}")), Some((21, TOO_DEEP)));
    }
}
