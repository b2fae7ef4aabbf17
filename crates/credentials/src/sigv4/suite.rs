//! Every case of AWS's own signing suite for Version 4, and of the older one that botocore keeps:
//! canonical request, string to sign, signature, the request as a whole, and what was changed in it.
//!
//! The suites are not part of the project: `../shared/unpack` unpacks them into a cache folder.
//! Without them these tests say so.

mod altered;

use super::{
    Authorization, Credential, Request, SignatureError, SigningSecret,
    canonical::{self, PathRule},
    moment::Moment,
    sign::sign_under,
};
use aws_lc_rs::digest::{SHA256, digest};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::AUTHORIZATION};
use model::Timestamp;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// 2015-08-30T12:36:00Z, at which every case is signed.
const NOW: Timestamp = Timestamp(1_440_938_160_000);

/// A request as it arrived.
#[derive(Clone)]
struct Sent {
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sent {
    /// Reads a message of HTTP/1.1 with lines that end in a newline. A folded header is unfolded,
    /// as a server must (RFC 9112 §5.2).
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let (start, lines) = head.split_once('\n').unwrap();
        let (method, target) = start.strip_suffix(" HTTP/1.1").unwrap().split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        for line in lines.trim_end().replace("\n ", " ").lines() {
            let (name, value) = line.split_once(':').unwrap();
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
        }
        Self {
            method: method.parse().unwrap(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            authority: None,
            headers: &self.headers,
            payload: digest(&SHA256, &self.body).as_ref().try_into().unwrap(),
        }
    }

    fn authorization(&self) -> Result<Authorization, SignatureError> {
        Authorization::parse(&self.headers)
    }

    /// As a door does it.
    fn verify(&self, rule: PathRule, secret: &SigningSecret) -> Result<(), SignatureError> {
        self.authorization()?.verify_under(rule, secret, &self.request(), NOW)
    }
}

struct Case {
    name: String,
    normalize: bool,
    /// The request, its signature and all.
    signed: Sent,
    canonical_request: String,
    string_to_sign: String,
    authorization: String,
}

impl Case {
    fn rule(&self) -> PathRule {
        PathRule { normalize: self.normalize, encode_again: true }
    }

    /// A case of the suite in aws-c-auth: what is expected is in files of their own.
    fn of_aws(folder: &Path) -> Self {
        let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
        let context: Value = serde_json::from_str(&read("context.json")).unwrap();
        assert_eq!(context["timestamp"], "2015-08-30T12:36:00Z");
        let signature = read("header-signature.txt");
        let signed = Sent::parse(&read("header-signed-request.txt"));
        let authorization = signed.headers[AUTHORIZATION].to_str().unwrap().to_owned();
        assert!(authorization.ends_with(&format!("Signature={signature}")));
        Self {
            name: folder.display().to_string(),
            normalize: context["normalize"].as_bool().unwrap(),
            signed,
            canonical_request: read("header-canonical-request.txt"),
            string_to_sign: read("header-string-to-sign.txt"),
            authorization,
        }
    }

    /// A case of the suite in botocore: one name, five endings. The signature counts that is alone in
    /// its file; in one case, `get-vanilla-with-session-token`, the whole request has another's.
    fn of_botocore(request: &Path) -> Self {
        let read = |ending: &str| fs::read_to_string(request.with_extension(ending)).unwrap();
        let authorization = read("authz");
        let mut signed = Sent::parse(&read("sreq"));
        signed.headers.insert(AUTHORIZATION, HeaderValue::from_str(&authorization).unwrap());
        Self {
            name: request.display().to_string(),
            normalize: true,
            signed,
            canonical_request: read("creq"),
            string_to_sign: read("sts"),
            authorization,
        }
    }

    /// Whether the token was added to the request after it had been signed.
    fn has_unsigned_token(&self) -> bool {
        self.name.ends_with("post-sts-header-after") || self.name.ends_with("post-sts-header-after.req")
    }

    /// The request as it was when it was signed.
    fn as_signed(&self) -> Sent {
        let mut sent = self.signed.clone();
        if self.has_unsigned_token() {
            sent.headers.remove("x-amz-security-token");
        }
        sent
    }
}

/// The secret of every case.
fn secret() -> SigningSecret {
    SigningSecret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
}

/// All cases of both suites, or `None` after saying that they are absent.
fn cases() -> Option<Vec<Case>> {
    const ARCHIVE: &str = "suites/protocols/aws-sigv4";
    let unpack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/unpack");
    let output = Command::new(unpack).arg(ARCHIVE).output().ok().filter(|output| output.status.success());
    let Some(output) = output else {
        eprintln!("passed over: `{ARCHIVE}` is not beside the checkout");
        return None;
    };
    let unpacked =
        Path::new(String::from_utf8(output.stdout).unwrap().trim()).join(ARCHIVE).join("aws-sigv4");
    let of_aws = files(&unpacked.join("aws-c-auth/tests/aws-signing-test-suite/v4"), "context.json");
    let of_botocore = files(&unpacked.join("botocore/tests/unit/auth/aws4_testsuite"), ".req");
    assert_eq!((of_aws.len(), of_botocore.len()), (38, 34));
    let of_aws = of_aws.iter().map(|file| Case::of_aws(file.parent().unwrap()));
    Some(of_aws.chain(of_botocore.iter().map(|file| Case::of_botocore(file))).collect())
}

/// The files under a folder whose names end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path, ending) } else { vec![path] })
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .collect()
}

#[test]
fn every_case_is_hashed_and_signed_to_the_byte() {
    for case in cases().unwrap_or_default() {
        let (name, sent) = (&case.name, case.as_signed());
        let authorization = sent.authorization().unwrap();
        let canonical_request =
            canonical::request(case.rule(), &sent.request(), &authorization.signed_headers);
        assert_eq!(String::from_utf8(canonical_request.clone()).unwrap(), case.canonical_request, "{name}");
        let moment = Moment::read(&sent.headers).unwrap();
        let string_to_sign = canonical::string_to_sign(&moment, &authorization.scope, &canonical_request);
        assert_eq!(string_to_sign, case.string_to_sign, "{name}");
        let credential = Credential { access_key_id: "AKIDEXAMPLE", region: "us-east-1", service: "service" };
        let signed = sign_under(case.rule(), &credential, &secret(), &sent.request()).unwrap();
        assert_eq!(signed, case.authorization, "{name}");
    }
}

#[test]
fn every_case_is_verified_unless_its_token_is_not_signed() {
    for case in cases().unwrap_or_default() {
        assert_eq!(case.as_signed().verify(case.rule(), &secret()), Ok(()), "{}", case.name);
        let expected = if case.has_unsigned_token() { Err(SignatureError::SignedHeaders) } else { Ok(()) };
        assert_eq!(case.signed.verify(case.rule(), &secret()), expected, "{}", case.name);
    }
}
