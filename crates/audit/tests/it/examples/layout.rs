//! JSON laid out for people, in the order in which it was written: what fits into a line stays in one.

/// The longest line, in characters, that members are put together in.
const WIDTH: usize = 118;

/// Lays out a JSON text that has no white space between its parts.
pub(super) fn laid_out(json: &str) -> String {
    let mut out = String::new();
    lay_out(json, 0, 0, &mut out);
    out
}

/// Lays out a value that stands at `column`, within lines that begin with `indent` spaces.
fn lay_out(json: &str, indent: usize, column: usize, out: &mut String) {
    let line = in_one_line(json);
    let brackets = match json.as_bytes() {
        [b'{', .., b'}'] => ('{', '}'),
        [b'[', .., b']'] => ('[', ']'),
        _ => return out.push_str(&line),
    };
    // One more for the comma that may follow.
    if column + line.chars().count() < WIDTH {
        return out.push_str(&line);
    }
    out.push(brackets.0);
    let deeper = indent + 2;
    for (number, member) in members(&json[1..json.len() - 1]).into_iter().enumerate() {
        out.push_str(if number == 0 { "\n" } else { ",\n" });
        out.push_str(&" ".repeat(deeper));
        // No name of FHIR holds a quotation mark.
        let (name, value) = match member.split_once("\":") {
            Some((name, value)) if brackets.0 == '{' => (format!("{name}\": "), value),
            _ => (String::new(), member),
        };
        out.push_str(&name);
        lay_out(value, deeper, deeper + name.len(), out);
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push(brackets.1);
}

/// The members of what stands between two brackets.
fn members(inside: &str) -> Vec<&str> {
    let mut ends: Vec<usize> = Vec::new();
    let mut depth = 0;
    for (at, byte) in outside_of_texts(inside) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => ends.push(at),
            _ => {}
        }
    }
    let begins = std::iter::once(0).chain(ends.iter().map(|end| end + 1));
    let ends = ends.iter().copied().chain([inside.len()]);
    begins.zip(ends).map(|(begin, end)| &inside[begin..end]).collect()
}

fn in_one_line(json: &str) -> String {
    let mut line = String::with_capacity(json.len() * 2);
    let mut from = 0;
    for (at, byte) in outside_of_texts(json) {
        if matches!(byte, b',' | b':') {
            line.push_str(&json[from..=at]);
            line.push(' ');
            from = at + 1;
        }
    }
    line.push_str(&json[from..]);
    line
}

/// The bytes of JSON that do not stand between quotation marks.
fn outside_of_texts(json: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut inside, mut escaped) = (false, false);
    json.bytes().enumerate().filter(move |&(_, byte)| {
        let was_inside = inside;
        inside ^= byte == b'"' && !escaped;
        escaped = was_inside && byte == b'\\' && !escaped;
        !was_inside && byte != b'"'
    })
}

#[test]
fn nothing_but_white_space_is_added() {
    let long = "x".repeat(WIDTH);
    let json = format!(r#"{{"a":"{long}","b":[{{"c":"d, e: \" f"}},true],"g":["{long}",{{"h":[]}}]}}"#);
    let expected = format!(
        "{{\n  \"a\": \"{long}\",\n  \"b\": [{{\"c\": \"d, e: \\\" f\"}}, true],\n  \"g\": [\n    \"{long}\",\n    {{\"h\": []}}\n  ]\n}}"
    );
    assert_eq!(laid_out(&json), expected);
}
