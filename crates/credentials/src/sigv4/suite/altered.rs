//! Every case with one thing changed in it, which none survives.

use super::*;
use http::header::HOST;

/// What must come of a change: a reason of its own, or any refusal.
type Expected = Option<SignatureError>;

struct Alteration {
    what: String,
    sent: Sent,
    expected: Expected,
}

impl Alteration {
    fn new(what: impl Into<String>, case: &Case, expected: Expected, alter: impl FnOnce(&mut Sent)) -> Self {
        let mut sent = case.as_signed();
        alter(&mut sent);
        Self { what: what.into(), sent, expected }
    }
}

const MISMATCH: Expected = Some(SignatureError::Mismatch);

/// Changes outside the headers.
fn of_request_line_and_body(case: &Case) -> Vec<Alteration> {
    // A hash that is sent along is compared before the signature is.
    let claimed = case.signed.headers.contains_key("x-amz-content-sha256");
    let of_body = if claimed { Some(SignatureError::Payload) } else { MISMATCH };
    vec![
        Alteration::new("method", case, MISMATCH, |sent| sent.method = Method::PUT),
        Alteration::new("path", case, MISMATCH, |sent| sent.path.push('x')),
        Alteration::new("new segment", case, MISMATCH, |sent| sent.path.insert_str(0, "/x")),
        Alteration::new("query", case, MISMATCH, |sent| sent.query.push('x')),
        Alteration::new("new parameter", case, MISMATCH, |sent| sent.query.push_str("&x=1")),
        Alteration::new("body", case, of_body, |sent| sent.body.push(b' ')),
    ]
}

/// Each signed header with another value, with one more, and without any.
fn of_headers(case: &Case) -> Vec<Alteration> {
    let names = case.signed.authorization().unwrap().signed_headers;
    let each = names.into_iter().flat_map(|name| {
        let of_value = if name.as_str().starts_with("x-amz-") { None } else { MISMATCH };
        let of_second = if name == HOST { Some(SignatureError::Malformed) } else { of_value };
        let without =
            if name == "x-amz-date" { SignatureError::Malformed } else { SignatureError::SignedHeaders };
        [
            Alteration::new(format!("{name} with another value"), case, of_value, |sent| {
                let value = sent.headers[&name].to_str().unwrap();
                let other = HeaderValue::try_from(format!("x{value}")).unwrap();
                *sent.headers.get_mut(&name).unwrap() = other;
            }),
            Alteration::new(format!("{name} twice"), case, of_second, |sent| {
                sent.headers.append(name.clone(), HeaderValue::from_static("x"));
            }),
            Alteration::new(format!("without {name}"), case, Some(without), |sent| {
                sent.headers.remove(&name);
            }),
        ]
    });
    let unsigned = Alteration::new("new x-amz- header", case, Some(SignatureError::SignedHeaders), |sent| {
        sent.headers.append("x-amz-new", HeaderValue::from_static("1"));
    });
    each.chain([unsigned]).collect()
}

/// Changes of the time, the credential, the names of the signed headers and the signature.
fn of_authorization(case: &Case) -> Vec<Alteration> {
    let replace = |what: &str, expected: Expected, from: &str, to: &str| {
        Alteration::new(what, case, expected, |sent| {
            let text = sent.headers[AUTHORIZATION].to_str().unwrap();
            assert!(text.contains(from), "{text}");
            let other = HeaderValue::try_from(text.replacen(from, to, 1)).unwrap();
            sent.headers.insert(AUTHORIZATION, other);
        })
    };
    let later = Alteration::new("a second later", case, MISMATCH, |sent| {
        sent.headers.insert("x-amz-date", HeaderValue::from_static("20150830T123601Z"));
    });
    let signature = hex::encode(case.signed.authorization().unwrap().signature);
    let digits = (0..signature.len()).map(|at| {
        let mut other = signature.clone().into_bytes();
        other[at] = if other[at] == b'0' { b'1' } else { b'0' };
        replace("signature", MISMATCH, &signature, &String::from_utf8(other).unwrap())
    });
    let others = [
        later,
        replace("region", MISMATCH, "/us-east-1/", "/us-east-2/"),
        replace("service", MISMATCH, "/service/", "/services/"),
        replace("day", Some(SignatureError::Malformed), "/20150830/", "/20150831/"),
        replace("host left out", Some(SignatureError::SignedHeaders), "host;", ""),
        replace("date left out", Some(SignatureError::SignedHeaders), ";x-amz-date", ""),
        replace("order of headers", Some(SignatureError::Malformed), "host;", "zzzz;host;"),
    ];
    digits.chain(others).collect()
}

#[test]
fn a_case_with_one_thing_changed_is_refused() {
    for case in cases().unwrap_or_default() {
        let all = [of_request_line_and_body(&case), of_headers(&case), of_authorization(&case)];
        for Alteration { what, sent, expected } in all.into_iter().flatten() {
            let refused = sent.verify(case.rule(), &secret()).expect_err(&format!("{what} of {}", case.name));
            assert_eq!(refused, expected.unwrap_or(refused), "{what} of {}", case.name);
        }
    }
}

#[test]
fn a_case_is_refused_under_another_secret_and_at_another_time() {
    for case in cases().unwrap_or_default() {
        let sent = case.as_signed();
        let other = SigningSecret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ");
        assert_eq!(sent.verify(case.rule(), &other), Err(SignatureError::Mismatch), "{}", case.name);
        let authorization = sent.authorization().unwrap();
        for (minutes, expected) in [(-5, true), (5, true), (-6, false), (6, false)] {
            let now = NOW.plus_ms(minutes * 60_000);
            let verified = authorization.verify_under(case.rule(), &secret(), &sent.request(), now);
            let expected = if expected { Ok(()) } else { Err(SignatureError::Stale) };
            assert_eq!(verified, expected, "{minutes} minutes: {}", case.name);
        }
    }
}
