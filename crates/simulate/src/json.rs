//! Writes JSON straight into bytes. Knows nothing of FHIR.

/// A JSON text being written. Commas are its own work; keys and nesting are the caller's.
#[derive(Debug, Default)]
pub(crate) struct Json {
    out: Vec<u8>,
    comma: bool,
}

impl Json {
    /// An empty text with room for `bytes`.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), comma: false }
    }

    /// A text that stands at the first item of an array which `start` opens.
    pub(crate) fn begun_with(start: &str, bytes: usize) -> Self {
        let mut json = Self::with_capacity(bytes);
        json.out.extend_from_slice(start.as_bytes());
        json
    }

    /// The text as written so far.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn key(&mut self, key: &str) {
        if self.comma {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.comma = false;
    }

    fn separate(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
    }

    fn nest(&mut self, open: u8, close: u8, write: impl FnOnce(&mut Self)) {
        self.out.push(open);
        self.comma = false;
        write(self);
        self.out.push(close);
        self.comma = true;
    }

    fn quote(&mut self, value: &str) {
        self.out.push(b'"');
        if value.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
            for byte in value.bytes() {
                match byte {
                    b'"' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                    b'\n' => self.out.extend_from_slice(b"\\n"),
                    0..0x20 => self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                    _ => self.out.push(byte),
                }
            }
        } else {
            self.out.extend_from_slice(value.as_bytes());
        }
        self.out.push(b'"');
        self.comma = true;
    }

    /// The top-level object, or an object in an array.
    pub(crate) fn item(&mut self, write: impl FnOnce(&mut Self)) {
        self.separate();
        self.nest(b'{', b'}', write);
    }

    /// A member whose value is an object.
    pub(crate) fn object(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.nest(b'{', b'}', write);
    }

    /// A member whose value is an array.
    pub(crate) fn array(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.nest(b'[', b']', write);
    }

    /// A member whose value is an array of one object.
    pub(crate) fn array_of_one(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.array(key, |json| json.item(write));
    }

    /// A member whose value is a string.
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.quote(value);
    }

    /// A string in an array.
    pub(crate) fn text_item(&mut self, value: &str) {
        self.separate();
        self.quote(value);
    }

    /// A member whose value is `true` or `false`.
    pub(crate) fn boolean(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        self.comma = true;
    }

    /// A member whose value is the number `value / 10^places`, written with exactly that many decimal places.
    pub(crate) fn decimal(&mut self, key: &str, value: i64, places: u32) {
        self.key(key);
        let (sign, digits) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
        let unit = 10_u64.pow(places);
        let text = match places {
            0 => format!("{sign}{digits}"),
            _ => format!("{sign}{}.{:0width$}", digits / unit, digits % unit, width = places as usize),
        };
        self.out.extend_from_slice(text.as_bytes());
        self.comma = true;
    }

    /// Ends a text that was [begun](Self::begun_with) inside nested values.
    pub(crate) fn ended_with(mut self, end: &str) -> Vec<u8> {
        self.out.extend_from_slice(end.as_bytes());
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json() {
        let mut json = Json::default();
        json.item(|json| {
            json.text("a", "say \"hé\\\n\u{1}\"");
            json.array("b", |json| {
                json.text_item("x");
                json.item(|_| ());
                json.item(|json| json.boolean("c", true));
            });
            json.decimal("d", -705, 1);
            json.decimal("e", 7, 2);
        });
        let text = String::from_utf8(json.into_bytes()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["a"], "say \"hé\\\n\u{1}\"");
        assert_eq!(value["b"], serde_json::json!(["x", {}, {"c": true}]));
        assert!(text.ends_with(r#""d":-70.5,"e":0.07}"#), "{text}");
    }
}
