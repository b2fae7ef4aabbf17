//! Percent-encoding as signatures want it: every byte but the unreserved ones, in upper case.

use std::borrow::Cow;

/// Appends `bytes` with all encoded but the unreserved characters (RFC 3986 §2.3) and those in `kept`.
pub(super) fn encode_into(encoded: &mut Vec<u8>, bytes: &[u8], kept: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            encoded.push(byte);
        } else {
            let digit = |half: u8| DIGITS[usize::from(half & 0xf)];
            encoded.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte)]);
        }
    }
}

/// `bytes` with `%XX` decoded. A percent sign that no two digits follow stands for itself, and so
/// does a plus sign.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'%') {
        return Cow::Borrowed(bytes);
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let (byte, after) = encoded_byte(rest).unwrap_or((byte, after));
        decoded.push(byte);
        rest = after;
    }
    Cow::Owned(decoded)
}

/// The byte that `bytes` begin with in the form `%XX`, and what follows it.
fn encoded_byte(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, after) = bytes.strip_prefix(b"%")?.split_at_checked(2)?;
    let mut byte = [0];
    hex::decode_to_slice(digits, &mut byte).ok()?;
    Some((byte[0], after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_encoding_stands_for_itself() {
        for (text, decoded) in [
            ("a%20b", "a b"),
            ("%2f%2F", "//"),
            ("100%", "100%"),
            ("%2", "%2"),
            ("%zz+", "%zz+"),
            ("%%41", "%A"),
        ] {
            assert_eq!(*decode(text.as_bytes()), *decoded.as_bytes(), "{text}");
        }
    }

    #[test]
    fn decoding_undoes_encoding_of_every_byte() {
        let all: Vec<u8> = (0..=255).collect();
        let mut encoded = Vec::new();
        encode_into(&mut encoded, &all, b"/");
        assert_eq!(*decode(&encoded), *all);
        assert_eq!(encoded.iter().filter(|byte| **byte == b'%').count(), 256 - 67);
    }
}
