//! Requests of chance: what is signed is verified, what is changed is not, and no bytes are too odd.

use super::*;
use credentials::sigv4::{claimed_payload, is_query_signed};
use proptest::prelude::*;

/// Headers that a client may sign beside those that it must.
fn headers() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let value = prop::collection::vec(prop_oneof![Just(b' '), b' '..=b'~', 0x80..=0xff_u8], 0..20);
    prop::collection::vec(("x-[a-c]{1,3}", value), 0..6)
}

prop_compose! {
    fn signed()(
        method in "(GET|POST|PUT|DELETE|PURGE)",
        path in "(/[a-z0-9._~%$+ é]{0,6}){1,5}",
        query in "[a-z0-9=&%+/ é]{0,30}",
        others in headers(),
        body in prop::collection::vec(any::<u8>(), 0..64),
        in_authority in any::<bool>(),
    ) -> Sent {
        let mut sent = Sent::new(&[("x-amz-date", "20261122T093000Z")]);
        if in_authority {
            sent.authority = Some("lake.example.org".to_owned());
        } else {
            sent.headers.insert("host", HeaderValue::from_static("lake.example.org"));
        }
        for (name, value) in others {
            let name: HeaderName = name.parse().unwrap();
            sent.headers.append(name, HeaderValue::from_bytes(&value).unwrap());
        }
        sent = Sent { method: method.parse().unwrap(), path, query, body, ..sent };
        sent.sign();
        sent
    }
}

/// Headers as anybody may send them, of the names that are looked at.
fn odd_headers() -> impl Strategy<Value = HeaderMap> {
    const PARTS: &str =
        "(Credential=[a/0-9]{0,20}|SignedHeaders=[a-z;]{0,9}|Signature=[a-f0-9]{64}|[ ,=é]){0,5}";
    let name = prop_oneof![
        Just("authorization"),
        Just("host"),
        Just("date"),
        Just("x-amz-date"),
        Just("x-amz-content-sha256"),
        Just("x-amz-security-token"),
    ];
    let value = prop_oneof![
        PARTS.prop_map(|parts| format!("AWS4-HMAC-SHA256 {parts}").into_bytes()),
        "[0-9]{8}T[0-9]{6}Z".prop_map(String::into_bytes),
        prop::collection::vec(prop_oneof![Just(b'\t'), b' '..=b'~', 0x80..=0xff_u8], 0..80),
    ];
    prop::collection::vec((name, value), 0..8).prop_map(|pairs| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_bytes(&value).unwrap());
        }
        headers
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_is_verified(sent in signed()) {
        prop_assert_eq!(sent.verify(), Ok(()));
    }

    #[test]
    fn another_byte_in_the_body_is_refused(
        mut sent in signed(),
        at: prop::sample::Index,
        flip in 1..=255_u8,
    ) {
        prop_assume!(!sent.body.is_empty());
        let at = at.index(sent.body.len());
        sent.body[at] ^= flip;
        prop_assert_eq!(sent.verify(), Err(SignatureError::Mismatch));
    }

    #[test]
    fn another_letter_in_path_or_query_is_refused(
        mut sent in signed(),
        path in "(/[a-z][a-z0-9._~$+ é]{0,6}){1,5}",
        query in "[a-z0-9=&+/ é]{0,30}",
        at: prop::sample::Index,
    ) {
        let target = format!("{path}?{query}");
        (sent.path, sent.query) = (path, query);
        sent.sign();
        let letters: Vec<_> = target.match_indices(|letter: char| letter.is_ascii_lowercase()).collect();
        let (at, _) = letters[at.index(letters.len())];
        let changed = [&target[..at], &target[at..=at].to_uppercase(), &target[at + 1..]].concat();
        let (path, query) = changed.split_once('?').unwrap();
        (sent.path, sent.query) = (path.to_owned(), query.to_owned());
        prop_assert_eq!(sent.verify(), Err(SignatureError::Mismatch));
    }

    #[test]
    fn another_byte_in_the_authorization_is_refused(
        mut sent in signed(),
        at: prop::sample::Index,
        byte in b'!'..=b'~',
    ) {
        let mut changed = sent.headers[AUTHORIZATION].as_bytes().to_vec();
        // The key id is not signed: it names the secret.
        let start = "AWS4-HMAC-SHA256 Credential=".len();
        let end = start + CREDENTIAL.access_key_id.len();
        let signed: Vec<usize> = (0..start).chain(end..changed.len()).collect();
        let at = signed[at.index(signed.len())];
        prop_assume!(changed[at] != byte);
        changed[at] = byte;
        sent.headers.insert(AUTHORIZATION, HeaderValue::from_bytes(&changed).unwrap());
        prop_assert!(sent.verify().is_err());
    }

    #[test]
    fn another_value_of_a_signed_header_is_refused(mut sent in signed(), at: prop::sample::Index) {
        let signed = sent.headers.keys().filter(|name| **name != AUTHORIZATION);
        let names: Vec<HeaderName> = signed.cloned().collect();
        let name = &names[at.index(names.len())];
        let changed = [sent.headers[name].as_bytes(), b"x"].concat();
        *sent.headers.get_mut(name).unwrap() = HeaderValue::from_bytes(&changed).unwrap();
        prop_assert!(sent.verify().is_err());
    }

    #[test]
    fn nothing_that_is_sent_makes_it_panic(
        headers in odd_headers(),
        path in any::<String>(),
        query in any::<String>(),
        authority in any::<Option<String>>(),
        now in any::<i64>(),
    ) {
        let mut sent = Sent { path, query, authority, ..Sent::signed() };
        let _ = is_query_signed(&sent.query);
        let _ = claimed_payload(&headers);
        let authorization = Authorization::parse(&sent.headers).unwrap();
        let _ = authorization.session_token(&headers);
        let _ = authorization.time(&headers, Timestamp(now));
        let _ = authorization.verify(&secret(), &Request { headers: &headers, ..sent.request() }, NOW);
        let _ = sent.verify();
        sent.headers = headers;
        prop_assert!(sent.verify_at(Timestamp(now)).is_err());
    }
}
