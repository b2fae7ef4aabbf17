//! The one form of a request that both sides hash, and the text around that hash that is signed.
//!
//! AWS, "Create a signed AWS API request", steps 1 to 3.

use super::{ALGORITHM, Request, authorization::Scope, moment::Moment, percent};
use aws_lc_rs::digest::{SHA256, digest};
use http::HeaderName;

/// What a service makes of the path before it is hashed.
#[derive(Clone, Copy)]
pub(super) struct PathRule {
    /// Whether `.`, `..` and empty segments are taken out.
    pub(super) normalize: bool,
    /// Whether what arrived, encoded once, is encoded once more.
    pub(super) encode_again: bool,
}

impl PathRule {
    /// The rule of a service. S3 alone takes paths as they are, for they are names of objects.
    pub(super) fn of(service: &str) -> Self {
        let is_other = service != "s3";
        Self { normalize: is_other, encode_again: is_other }
    }
}

/// The text that the signature is made of.
pub(super) fn string_to_sign(moment: &Moment, scope: &Scope, canonical_request: &[u8]) -> String {
    let hash = hex::encode(digest(&SHA256, canonical_request));
    format!("{ALGORITHM}\n{}\n{scope}\n{hash}", moment.text)
}

/// The canonical request: method, path, query, headers, their names, the hash of the body.
pub(super) fn request(rule: PathRule, request: &Request<'_>, signed_headers: &[HeaderName]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(1024);
    canonical.extend_from_slice(request.method.as_str().as_bytes());
    canonical.push(b'\n');
    path(&mut canonical, rule, request.path.as_bytes());
    canonical.push(b'\n');
    query(&mut canonical, request.query);
    canonical.push(b'\n');
    for name in signed_headers {
        header(&mut canonical, name, request.values(name));
    }
    canonical.push(b'\n');
    for (at, name) in signed_headers.iter().enumerate() {
        canonical.extend_from_slice(if at == 0 { b"" } else { b";" });
        canonical.extend_from_slice(name.as_str().as_bytes());
    }
    canonical.push(b'\n');
    canonical.extend_from_slice(hex::encode(request.payload).as_bytes());
    canonical
}

fn path(canonical: &mut Vec<u8>, rule: PathRule, path: &[u8]) {
    let normal = if rule.normalize { normalized(path) } else { path.to_vec() };
    let path = if normal.is_empty() { b"/" } else { normal.as_slice() };
    if rule.encode_again {
        percent::encode_into(canonical, path, b"/");
    } else {
        percent::encode_into(canonical, &percent::decode(path), b"/");
    }
}

/// `path` without empty segments and dots (RFC 3986 §5.2.4). A slash at its end stays there.
fn normalized(path: &[u8]) -> Vec<u8> {
    let mut segments: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    if path.ends_with(b"/") && !segments.is_empty() {
        segments.push(b"");
    }
    let mut normal = vec![b'/'];
    normal.extend(segments.join(&b'/'));
    normal
}

/// The parameters, encoded anew, sorted by name and then by value.
fn query(canonical: &mut Vec<u8>, query: &str) {
    let encoded = |text: &str| {
        let mut encoded = Vec::with_capacity(text.len());
        percent::encode_into(&mut encoded, &percent::decode(text.as_bytes()), b"");
        encoded
    };
    let parameters = query.split('&').filter(|parameter| !parameter.is_empty()).map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        (encoded(name), encoded(value))
    });
    let mut parameters: Vec<_> = parameters.collect();
    parameters.sort_unstable();
    for (at, (name, value)) in parameters.iter().enumerate() {
        canonical.extend_from_slice(if at == 0 { b"" } else { b"&" });
        canonical.extend_from_slice(name);
        canonical.push(b'=');
        canonical.extend_from_slice(value);
    }
}

/// A header's name and its values, one after the other.
fn header<'a>(canonical: &mut Vec<u8>, name: &HeaderName, values: impl Iterator<Item = &'a [u8]>) {
    canonical.extend_from_slice(name.as_str().as_bytes());
    for (at, value) in values.enumerate() {
        canonical.push(if at == 0 { b':' } else { b',' });
        let words = value.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty());
        for (at, word) in words.enumerate() {
            canonical.extend_from_slice(if at == 0 { b"" } else { b" " });
            canonical.extend_from_slice(word);
        }
    }
    canonical.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut written = Vec::new();
        write(&mut written);
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn only_objects_keep_their_path_and_are_encoded_once() {
        for (sent, other, object) in [
            ("", "/", "/"),
            ("/a%20b/", "/a%2520b/", "/a%20b/"),
            ("/a/./b//c/..", "/a/b", "/a/./b//c/.."),
            ("/../../a", "/a", "/../../a"),
            ("/..%2fa", "/..%252fa", "/../a"),
            ("/$import", "/%24import", "/%24import"),
        ] {
            let of = |service| canonical(|written| path(written, PathRule::of(service), sent.as_bytes()));
            assert_eq!((of("healthlake").as_str(), of("s3").as_str()), (other, object), "{sent}");
        }
    }

    #[test]
    fn a_query_is_sorted_by_encoded_name_and_then_by_value() {
        for (sent, expected) in [
            ("", ""),
            ("b=2&a=2&a=1", "a=1&a=2&b=2"),
            ("a-b=1&a=1", "a=1&a-b=1"),
            ("a&&c=d=e", "a=&c=d%3De"),
            ("a=%41%2f/+%", "a=A%2F%2F%2B%25"),
        ] {
            assert_eq!(canonical(|written| query(written, sent)), expected, "{sent}");
        }
    }
}
