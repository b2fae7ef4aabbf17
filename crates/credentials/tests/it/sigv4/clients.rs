//! Requests as unmodified clients sign them, recorded from these.
//!
//! | client | signs of the headers that it sends |
//! |---|---|
//! | curl 7.88 | `host`, `x-amz-date`, those given with `-H`; not the Content-Type that `-d` adds |
//! | botocore 1.43 | all but `user-agent` and the like, among them `content-type` |
//! | aws4 1.13, by which Postman signs | as botocore, and `content-length` |
//! | `@smithy/signature-v4` 5.7, in AWS's SDK for JavaScript | as botocore, and `x-amz-content-sha256` |
//!
//! What all of them sign is `host` and every `x-amz-` header.

use super::*;

const OBSERVATION: &str = r#"{"resourceType":"Observation"}"#;

/// The parts of an Authorization header as all these clients write it.
fn authorization(scope: &str, signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}/aws4_request, SignedHeaders={signed_headers}, \
         Signature={signature}"
    )
}

/// A POST with query and session token that a client signed at [`NOW`].
fn recorded(service: &str, signed_headers: &str, signature: &str, others: &[(&str, &str)]) -> Sent {
    let scope = format!("20261122/eu-west-2/{service}");
    let authorization = authorization(&scope, signed_headers, signature);
    let headers = [
        ("host", "lake.example.org"),
        ("content-type", "application/fhir+json"),
        ("x-amz-date", "20261122T093000Z"),
        ("x-amz-security-token", "token=="),
        ("authorization", authorization.as_str()),
    ];
    let mut sent = Sent::new(&[headers.as_slice(), others].concat());
    sent.path = "/fhir/r4/Observation/$validate".to_owned();
    sent.query = "b=x%20y&a=%2F&_c=1".to_owned();
    sent
}

#[test]
fn curl_is_accepted_with_and_without_a_type_of_its_own() {
    for (path, second, scope, signed_headers, content_type, signature) in [
        (
            "/fhir/r4/Patient",
            "52",
            "20261125/eu-west-2/healthlake",
            "content-type;host;x-amz-date;x-other",
            "application/fhir+json",
            "34b388dd4553b2e82696eea7bedc0aa57e1a3872ae6f2871ef332651a8b84eea",
        ),
        (
            "/fhir/r4/Patient",
            "54",
            "20261125/eu-west-2/s3",
            "host;x-amz-date",
            "application/x-www-form-urlencoded",
            "502f55ddf63463f9930077e9425d6ed30a2dcabf39cad1427b5ea9a4cff12c0a",
        ),
    ] {
        let mut sent = Sent::new(&[
            ("host", "127.0.0.1:18455"),
            ("authorization", &authorization(scope, signed_headers, signature)),
            ("x-amz-date", &format!("20261125T1543{second}Z")),
            ("user-agent", "curl/7.88.1"),
            ("accept", "*/*"),
            ("content-type", content_type),
            ("x-other", "a"),
            ("content-length", "26"),
        ]);
        sent.path = path.to_owned();
        sent.body = br#"{"resourceType":"Patient"}"#.to_vec();
        // 2026-11-25T15:45:00Z.
        assert_eq!(sent.verify_at(Timestamp(1_795_621_500_000)), Ok(()), "{scope}");
    }
}

#[test]
fn botocore_is_accepted_for_an_ordinary_service_and_for_s3() {
    let others = [("user-agent", "x"), ("prefer", "a"), ("content-length", "30")];
    let sent = recorded(
        "healthlake",
        "content-type;host;prefer;x-amz-date;x-amz-security-token",
        "d04a79ba7e0eba824d63d9da80d6ce30309e6e2235c4caf2defa5ff80ad8e0d4",
        &others,
    );
    assert_eq!(sent.verify(), Ok(()));
    let hash = hex::encode(digest(&SHA256, OBSERVATION.as_bytes()));
    let mut object = recorded(
        "s3",
        "content-type;host;prefer;x-amz-content-sha256;x-amz-date;x-amz-security-token",
        "d4e08f245bc50150fec43d10bf68754559ee920810e461558bd76d46e45cce2e",
        &[others.as_slice(), &[("x-amz-content-sha256", &hash)]].concat(),
    );
    object.path = "/fhir/r4/Observation/a%20b".to_owned();
    assert_eq!(object.verify(), Ok(()));
}

#[test]
fn the_libraries_of_postman_and_of_awss_sdk_for_javascript_are_accepted() {
    let postman = recorded(
        "healthlake",
        "content-length;content-type;host;x-amz-date;x-amz-security-token",
        "30cf82c73d270f4cd69b5968bd6ed799e5700a627c5d426d1e35257e43725a90",
        &[("user-agent", "Postman"), ("content-length", "30")],
    );
    assert_eq!(postman.verify(), Ok(()));
    let hash = hex::encode(digest(&SHA256, OBSERVATION.as_bytes()));
    let script = recorded(
        "healthlake",
        "accept;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token",
        "5ea889d22b377902892907526ea7d31906ca8735e48e13e800eb98a2a1a73975",
        &[("user-agent", "js"), ("accept", "a"), ("x-amz-content-sha256", &hash)],
    );
    assert_eq!(script.verify(), Ok(()));
    let read = Authorization::parse(&script.headers).unwrap();
    assert_eq!(
        (read.access_key_id(), read.region(), read.service()),
        ("AKIDEXAMPLE", "eu-west-2", "healthlake")
    );
    assert_eq!(read.session_token(&script.headers), Ok(Some("token==")));
    assert_eq!(read.time(&script.headers, NOW), Ok(NOW));
    assert_eq!(hex::encode(read.signature())[..4], *"5ea8");
}
