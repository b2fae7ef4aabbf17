//! Tokens that others have signed.

#[path = "../../tests/it/tokens/keys.rs"]
#[expect(dead_code, reason = "a measurement uses a part of what the tests stand on")]
mod keys;

use credentials::{
    assertion::{self, ClientKeys},
    issuer::{self, IssuerRules},
    key_set::KeySet,
};
use criterion::Criterion;
use keys::{EC, RSA, set};
use model::Timestamp;
use serde_json::json;
use std::hint::black_box;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const ENDPOINT: &str = "https://lake.example/oauth/token";

pub(crate) fn verify(criterion: &mut Criterion) {
    let keys = KeySet::parse(&set(&[RSA.public(), EC.public()])).unwrap();
    let client = ClientKeys { set: &keys, url: None };
    let exp = NOW.seconds() + 240;
    let claims = json!({ "iss": "gp", "sub": "gp", "aud": ENDPOINT, "exp": exp, "jti": "1" }).to_string();
    let mut group = criterion.benchmark_group("token");
    for (alg, kid) in [("RS384", "rsa"), ("ES384", "ec")] {
        let header = json!({ "alg": alg, "kid": kid });
        let token = if alg == "RS384" { RSA.sign(&header, &claims) } else { EC.sign(&header, &claims) };
        group.bench_function(format!("assertion {alg}"), |bencher| {
            bencher.iter(|| assertion::verify(black_box(&token), &client, &[ENDPOINT], NOW).unwrap());
        });
    }
    let mut rsa = RSA.public();
    rsa["alg"] = json!("RS256");
    let keys = KeySet::parse(&set(&[rsa])).unwrap();
    let rules = IssuerRules { issuer: "https://id.example", audience: "lake", scope_prefix: "" };
    let claims = json!({ "iss": rules.issuer, "aud": "lake", "client_id": "app", "exp": exp,
        "scope": "system/Observation.c" });
    let token = RSA.sign(&json!({ "alg": "RS256", "kid": "rsa" }), &claims.to_string());
    group.bench_function("outside RS256", |bencher| {
        bencher.iter(|| issuer::verify(black_box(&token), &rules, &keys, NOW).unwrap());
    });
    group.finish();
}
