//! A POST of 1 KiB with an AWS signature. The bar is 40 µs on one core, the body's hash included.

use aws_lc_rs::digest::{SHA256, digest};
use credentials::sigv4::{Authorization, Credential, Request, SignatureError, SigningSecret, sign};
use criterion::Criterion;
use http::{HeaderMap, HeaderValue, Method, header::AUTHORIZATION};
use model::Timestamp;
use std::hint::black_box;

/// 2026-11-22T09:30:00Z.
const NOW: Timestamp = Timestamp(1_795_339_800_000);

const CREDENTIAL: Credential<'_> =
    Credential { access_key_id: "AKIDEXAMPLE", region: "eu-west-2", service: "healthlake" };

fn headers() -> HeaderMap {
    let headers = [
        ("host", "lake.example.org"),
        ("content-type", "application/fhir+json"),
        ("user-agent", "a client"),
        ("x-amz-date", "20261122T093000Z"),
    ];
    headers
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
        .into_iter()
        .collect()
}

fn hash(body: &[u8]) -> [u8; 32] {
    digest(&SHA256, body).as_ref().try_into().unwrap()
}

fn request(headers: &HeaderMap, payload: [u8; 32]) -> Request<'_> {
    let (method, path) = (&Method::POST, "/fhir/r4/Observation");
    Request { method, path, query: "", authority: None, headers, payload }
}

pub(crate) fn verify(criterion: &mut Criterion) {
    let body = [b'a'; 1024];
    let secret = SigningSecret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let mut headers = headers();
    let signed = sign(&CREDENTIAL, &secret, &request(&headers, hash(&body))).unwrap();
    headers.insert(AUTHORIZATION, signed);
    let verify = |payload| -> Result<(), SignatureError> {
        Authorization::parse(&headers)?.verify(&secret, &request(black_box(&headers), payload), NOW)
    };
    assert_eq!(verify(hash(&body)), Ok(()));
    let mut group = criterion.benchmark_group("sigv4");
    group.bench_function("a POST of 1 KiB", |bench| bench.iter(|| verify(hash(black_box(&body)))));
    let payload = hash(&body);
    group.bench_function("its signature alone", |bench| bench.iter(|| verify(black_box(payload))));
    group.bench_function("its body alone", |bench| bench.iter(|| hash(black_box(&body))));
    group.finish();
}
