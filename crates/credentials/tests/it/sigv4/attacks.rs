//! What nobody's client sends, and what the door must tell apart.

use super::*;
use credentials::sigv4::{SKEW_MS, claimed_payload, is_query_signed};

/// What comes of a signed request of which one header is another: its values are those given.
#[track_caller]
fn check(header: &str, values: &[&str], expected: Result<(), SignatureError>) {
    let mut sent = Sent::signed();
    sent.headers.remove(header);
    for value in values {
        let name: HeaderName = header.parse().unwrap();
        sent.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    assert_eq!(sent.verify(), expected, "{header}: {values:?}");
}

/// A good header, taken apart and put together again by `alter`.
#[track_caller]
fn check_authorization(alter: impl Fn(&str) -> String, expected: Result<(), SignatureError>) {
    let sent = Sent::signed();
    let altered = alter(sent.headers[AUTHORIZATION].to_str().unwrap());
    check("authorization", &[&altered], expected);
}

const MALFORMED: Result<(), SignatureError> = Err(SignatureError::Malformed);

#[test]
fn there_is_one_authorization_header_of_one_scheme() {
    let good = Sent::signed().headers[AUTHORIZATION].to_str().unwrap().to_owned();
    check("authorization", &[&good], Ok(()));
    check("authorization", &[], MALFORMED);
    check("authorization", &[&good, &good], MALFORMED);
    check("authorization", &["ä"], MALFORMED);
    for other in ["", "Bearer a.b.c", "AWS4-ECDSA-P256-SHA256 Credential=a", "aws4-hmac-sha256 Credential=a"]
    {
        check("authorization", &[other], Err(SignatureError::Algorithm));
    }
}

#[test]
fn parameters_may_stand_in_any_order_but_once_and_alone() {
    check_authorization(|good| good.replace(", ", ","), Ok(()));
    check_authorization(|good| good.replace(", ", " ,\t "), Ok(()));
    check_authorization(
        |good| {
            let (scheme, parameters) = good.split_once(' ').unwrap();
            let mut parameters: Vec<_> = parameters.split(", ").collect();
            parameters.reverse();
            format!("{scheme} {}", parameters.join(", "))
        },
        Ok(()),
    );
    for added in [", ", ", Signature=", ", Credential=a", ", Expires=1", ",SignedHeaders=host", ", x"] {
        check_authorization(|good| format!("{good}{added}"), MALFORMED);
    }
    for name in ["Credential", "SignedHeaders", "Signature"] {
        check_authorization(|good| good.replace(name, &name.to_lowercase()), MALFORMED);
        check_authorization(|good| good.replace(&format!("{name}="), name), MALFORMED);
    }
    check_authorization(|good| good.split_once(", Sig").unwrap().0.to_owned(), MALFORMED);
    check_authorization(|good| good.replace(" Cred", "Cred"), Err(SignatureError::Algorithm));
}

#[test]
fn a_credential_has_five_parts_of_plain_letters() {
    for (from, to) in [
        ("/aws4_request", ""),
        ("/aws4_request", "/aws4_request/"),
        ("/aws4_request", "/AWS4_request"),
        ("AKIDEXAMPLE/", ""),
        ("AKIDEXAMPLE", ""),
        ("AKIDEXAMPLE", "a/b"),
        ("AKIDEXAMPLE", "a b"),
        ("AKIDEXAMPLE", "a\tb"),
        ("/eu-west-2/", "//"),
        ("/healthlake/", "/health%6Cake/"),
        ("/20261122/", "/2026112/"),
        ("/20261122/", "/202611222/"),
        ("/20261122/", "/2026112x/"),
        ("/20261122/", "/20261121/"),
    ] {
        check_authorization(|good| good.replace(from, to), MALFORMED);
    }
    check_authorization(|good| good.replace("AKIDEXAMPLE", &"A".repeat(129)), MALFORMED);
    check_authorization(|good| good.replace("eu-west-2", &"a".repeat(129)), MALFORMED);
}

#[test]
fn signed_headers_are_sorted_unique_and_in_lower_case() {
    for other in ["", "host", "x-amz-date"] {
        let expected = if other.is_empty() { MALFORMED } else { Err(SignatureError::SignedHeaders) };
        check_authorization(|good| good.replace("host;x-amz-date", other), expected);
    }
    for other in [
        "Host;x-amz-date",
        "x-amz-date;host",
        "host;host;x-amz-date",
        "host;x-amz-date;",
        ";host",
        "host;;x-amz-date",
    ] {
        check_authorization(|good| good.replace("host;x-amz-date", other), MALFORMED);
    }
    let absent = "host;x-absent;x-amz-date";
    check_authorization(|good| good.replace("host;x-amz-date", absent), Err(SignatureError::SignedHeaders));
    check("x-amz-acl", &["public-read"], Err(SignatureError::SignedHeaders));
    check("x-amzn-trace-id", &["Root=1"], Ok(()));
    check("content-type", &["text/html"], Ok(()));
}

#[test]
fn a_signature_is_64_digits_of_lower_case_hex() {
    let altered = |alter: fn(&str) -> String| {
        move |good: &str| {
            let (head, signature) = good.rsplit_once('=').unwrap();
            format!("{head}={}", alter(signature))
        }
    };
    check_authorization(altered(str::to_uppercase), MALFORMED);
    check_authorization(altered(|signature| signature[2..].to_owned()), MALFORMED);
    check_authorization(altered(|signature| format!("{signature}00")), MALFORMED);
    check_authorization(altered(|signature| signature.replace(|_| true, "g")), MALFORMED);
    check_authorization(altered(|_| "0".repeat(64)), Err(SignatureError::Mismatch));
    check_authorization(altered(|_| String::new()), MALFORMED);
}

#[test]
fn what_is_too_long_is_not_read() {
    let names = |count: usize| {
        let names: Vec<String> = (0..count).map(|at| format!("h{at:04}")).collect();
        format!("{};host;x-amz-date", names.join(";"))
    };
    let with = |count| move |good: &str| good.replace("host;x-amz-date", &names(count));
    check_authorization(with(600), Err(SignatureError::SignedHeaders));
    check_authorization(with(700), MALFORMED);
    let token = |length: usize| {
        let token = "t".repeat(length);
        let sent = Sent::new(&[("x-amz-security-token", &token)]);
        Authorization::parse(&Sent::signed().headers).unwrap().session_token(&sent.headers).map(drop)
    };
    assert_eq!([0, 1, 8192, 8193].map(|length| token(length).is_ok()), [false, true, true, false]);
    let two = Sent::new(&[("x-amz-security-token", "a"), ("x-amz-security-token", "b")]);
    let authorization = Authorization::parse(&Sent::signed().headers).unwrap();
    assert_eq!(authorization.session_token(&two.headers), Err(SignatureError::Malformed));
    assert_eq!(authorization.session_token(&Sent::signed().headers), Ok(None));
}

#[test]
fn a_time_is_sent_once_and_is_near() {
    check("x-amz-date", &[], MALFORMED);
    check("x-amz-date", &["20261122T093000Z", "20261122T093000Z"], MALFORMED);
    check("x-amz-date", &["20261122T093001Z"], Err(SignatureError::Mismatch));
    check("x-amz-date", &["20261122T094000Z"], Err(SignatureError::Stale));
    check("x-amz-date", &["20261123T093000Z"], MALFORMED);
    // A Date beside it does not count.
    check("date", &["Mon, 23 Nov 2026 09:30:00 GMT"], Ok(()));
    let sent = Sent::signed();
    for (skew_ms, expected) in [
        (SKEW_MS, Ok(())),
        (-SKEW_MS, Ok(())),
        (SKEW_MS + 1, Err(SignatureError::Stale)),
        (-SKEW_MS - 1, Err(SignatureError::Stale)),
    ] {
        assert_eq!(sent.verify_at(NOW.plus_ms(skew_ms)), expected, "{skew_ms}");
    }
    // Nor does a clock at either end of time overflow.
    for now in [i64::MIN, i64::MAX] {
        assert_eq!(sent.verify_at(Timestamp(now)), Err(SignatureError::Stale));
    }
}

#[test]
fn date_stands_in_for_x_amz_date() {
    let mut sent = Sent::new(&[("host", "lake.example.org"), ("date", "Sun, 22 Nov 2026 09:30:00 GMT")]);
    sent.sign();
    assert_eq!(sent.verify(), Ok(()));
    // Its time is signed even where the header itself is not.
    let unsigned = sent.headers[AUTHORIZATION].to_str().unwrap().replace("date;host", "host");
    sent.headers.insert(AUTHORIZATION, HeaderValue::try_from(unsigned).unwrap());
    assert_eq!(sent.verify(), Err(SignatureError::Mismatch));
    sent.headers.append("date", HeaderValue::from_static("Sun, 22 Nov 2026 09:30:00 GMT"));
    assert_eq!(sent.verify(), MALFORMED);
}

#[test]
fn there_is_one_host_whether_a_header_or_an_authority() {
    check("host", &[], Err(SignatureError::SignedHeaders));
    check("host", &["lake.example.org", "lake.example.org"], MALFORMED);
    check("host", &["other.example.org"], Err(SignatureError::Mismatch));
    let mut sent = Sent::signed();
    for (header, authority, expected) in [
        (true, "lake.example.org", Ok(())),
        (true, "other.example.org", MALFORMED),
        (false, "lake.example.org", Ok(())),
        (false, "other.example.org", Err(SignatureError::Mismatch)),
    ] {
        if !header {
            sent.headers.remove("host");
        }
        sent.authority = Some(authority.to_owned());
        assert_eq!(sent.verify(), expected, "{header} {authority}");
    }
}

#[test]
fn a_claimed_payload_is_a_hash_and_that_of_the_body() {
    let claiming = |claimed: &[&str]| {
        let mut sent = Sent::signed();
        for claimed in claimed {
            sent.headers.append("x-amz-content-sha256", HeaderValue::from_str(claimed).unwrap());
        }
        sent.sign();
        (sent.verify(), claimed_payload(&sent.headers))
    };
    let of_body = Sent::signed().request().payload;
    let hash = hex::encode(of_body);
    assert_eq!(claiming(&[]), (Ok(()), Ok(None)));
    assert_eq!(claiming(&[&hash]), (Ok(()), Ok(Some(of_body))));
    assert_eq!(claiming(&[&"0".repeat(64)]), (Err(SignatureError::Payload), Ok(Some([0; 32]))));
    let malformed = (Err(SignatureError::Malformed), Err(SignatureError::Malformed));
    assert_eq!(claiming(&[&hash, &hash]), malformed);
    assert_eq!(claiming(&[&hash.to_uppercase()]), malformed);
    assert_eq!(claiming(&[""]), malformed);
    let unsigned = (Err(SignatureError::UnsignedPayload), Err(SignatureError::UnsignedPayload));
    for claimed in
        ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]
    {
        assert_eq!(claiming(&[claimed]), unsigned, "{claimed}");
    }
}

#[test]
fn a_request_is_verified_before_its_body_by_the_payload_that_it_claims() {
    let mut sent = Sent::signed();
    let hash = hex::encode(sent.request().payload);
    sent.headers.insert("x-amz-content-sha256", HeaderValue::from_str(&hash).unwrap());
    sent.sign();
    let payload = claimed_payload(&sent.headers).unwrap().unwrap();
    sent.body.clear();
    let request = Request { payload, ..sent.request() };
    assert_eq!(Authorization::parse(&sent.headers).unwrap().verify(&secret(), &request, NOW), Ok(()));
    assert_eq!(sent.verify(), Err(SignatureError::Payload));
}

#[test]
fn a_signature_in_the_query_is_seen_however_it_is_written() {
    for (query, expected) in [
        ("X-Amz-Signature=00", true),
        ("a=b&x-amz-signature", true),
        ("X-AMZ-CREDENTIAL=", true),
        ("X%2DAmz%2dAlgorithm=AWS4-HMAC-SHA256", true),
        ("&&X-Amz-Algorithm", true),
        ("", false),
        ("a=X-Amz-Signature", false),
        ("X-Amz-Date=1", false),
        ("Signature=1", false),
    ] {
        assert_eq!(is_query_signed(query), expected, "{query}");
    }
}

#[test]
fn no_signature_is_shown() {
    let authorization = Authorization::parse(&Sent::signed().headers).unwrap();
    let shown = format!("{authorization:?}");
    assert_eq!(shown, "Authorization(AKIDEXAMPLE for 20261122/eu-west-2/healthlake/aws4_request)");
}

#[test]
fn a_client_cannot_sign_what_would_not_be_read() {
    let sent = Sent::signed();
    for credential in [
        Credential { access_key_id: "", ..CREDENTIAL },
        Credential { region: "eu/west", ..CREDENTIAL },
        Credential { service: "a,b", ..CREDENTIAL },
    ] {
        assert_eq!(sign(&credential, &secret(), &sent.request()), Err(SignatureError::Malformed));
    }
    for lacking in ["host", "x-amz-date"] {
        let mut sent = sent.clone();
        sent.headers.remove(lacking);
        assert_eq!(
            sign(&CREDENTIAL, &secret(), &sent.request()),
            Err(SignatureError::Malformed),
            "{lacking}"
        );
    }
}
