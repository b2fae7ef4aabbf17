//! The small pattern language of the policy: what a code looks like, readable without knowing regular expressions.

/// A pattern: `9` is a digit, `A` a capital letter, `a` a small letter, `X` a
/// capital letter or digit, anything else itself; `?` makes the one before it optional.
#[derive(Debug)]
pub(crate) struct Template(Vec<(Class, bool)>);

#[derive(Clone, Copy, Debug)]
enum Class {
    Digit,
    Capital,
    Small,
    CapitalOrDigit,
    Itself(u8),
}

impl Template {
    /// Reads a pattern; `None` when it is empty, not ASCII, or begins with `?`.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let mut parts: Vec<(Class, bool)> = Vec::new();
        for byte in pattern.bytes() {
            match byte {
                b'?' => parts.last_mut()?.1 = true,
                b'9' => parts.push((Class::Digit, false)),
                b'A' => parts.push((Class::Capital, false)),
                b'a' => parts.push((Class::Small, false)),
                b'X' => parts.push((Class::CapitalOrDigit, false)),
                byte if byte.is_ascii_graphic() => parts.push((Class::Itself(byte), false)),
                _ => return None,
            }
        }
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Whether the whole of `text` has the form.
    pub(crate) fn matches(&self, text: &str) -> bool {
        matches(&self.0, text.as_bytes())
    }
}

fn matches(parts: &[(Class, bool)], text: &[u8]) -> bool {
    let Some(((class, optional), rest)) = parts.split_first() else { return text.is_empty() };
    let fits = text.split_first().filter(|(byte, _)| match class {
        Class::Digit => byte.is_ascii_digit(),
        Class::Capital => byte.is_ascii_uppercase(),
        Class::Small => byte.is_ascii_lowercase(),
        Class::CapitalOrDigit => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Class::Itself(itself) => *byte == itself,
    });
    fits.is_some_and(|(_, after)| matches(rest, after)) || (*optional && matches(rest, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, good: &[&str], bad: &[&str]) {
        let template = Template::parse(pattern).unwrap();
        for text in good {
            assert!(template.matches(text), "{pattern} {text}");
        }
        for text in bad {
            assert!(!template.matches(text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_is_matched_whole() {
        check("A99.?9?", &["E11", "E119", "E11.9"], &["e11", "E1", "E11.99", "E11 ", ""]);
        check("aa-?A?A?", &["en", "en-GB"], &["english", "EN", "en-GBR"]);
        check("9999-9999-99", &["0002-8215-01"], &["000282150100", "0002-8215-0"]);
        assert!(Template::parse("").is_none() && Template::parse("?A").is_none());
    }
}
