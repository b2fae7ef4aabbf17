//! AWS signatures from outside: those of real clients, those of nobody, and those of chance.

mod attacks;
mod chance;
mod clients;

use aws_lc_rs::digest::{SHA256, digest};
use credentials::sigv4::{Authorization, Credential, Request, SignatureError, SigningSecret, sign};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::AUTHORIZATION};
use model::Timestamp;

/// 2026-11-22T09:30:00Z.
const NOW: Timestamp = Timestamp(1_795_339_800_000);

const CREDENTIAL: Credential<'_> =
    Credential { access_key_id: "AKIDEXAMPLE", region: "eu-west-2", service: "healthlake" };

fn secret() -> SigningSecret {
    SigningSecret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
}

/// A request as it arrived.
#[derive(Clone, Debug)]
struct Sent {
    method: Method,
    path: String,
    query: String,
    authority: Option<String>,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sent {
    /// A POST of an Observation that nobody has signed yet.
    fn new(headers: &[(&str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        });
        Self {
            method: Method::POST,
            path: "/fhir/r4/Observation".to_owned(),
            query: String::new(),
            authority: None,
            headers: headers.collect(),
            body: br#"{"resourceType":"Observation"}"#.to_vec(),
        }
    }

    /// A request that [`CREDENTIAL`] signed at [`NOW`].
    fn signed() -> Self {
        let mut sent = Self::new(&[("host", "lake.example.org"), ("x-amz-date", "20261122T093000Z")]);
        sent.sign();
        sent
    }

    fn sign(&mut self) {
        let authorization = sign(&CREDENTIAL, &secret(), &self.request()).unwrap();
        self.headers.insert(AUTHORIZATION, authorization);
    }

    fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            authority: self.authority.as_deref(),
            headers: &self.headers,
            payload: digest(&SHA256, &self.body).as_ref().try_into().unwrap(),
        }
    }

    fn verify_at(&self, now: Timestamp) -> Result<(), SignatureError> {
        Authorization::parse(&self.headers)?.verify(&secret(), &self.request(), now)
    }

    fn verify(&self) -> Result<(), SignatureError> {
        self.verify_at(NOW)
    }
}
