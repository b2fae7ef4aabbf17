//! Key sets: what of them can be used.

use super::{
    keys::{EC, RSA, Rsa, set},
    with,
};
use aws_lc_rs::rsa::KeySize;
use credentials::key_set::{KeySet, KeySetError};
use serde_json::{Value, json};

#[track_caller]
fn refused(keys: &[Value], why: KeySetError) {
    assert_eq!(KeySet::parse(&set(keys)).unwrap_err(), why);
}

#[test]
fn keys_of_unknown_kinds_are_passed_over_but_one_must_be_left() {
    let foreign = json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "x" });
    let encrypts = with(&RSA.public(), "use", json!("enc"));
    let set_of = |keys: &[Value]| format!("{:?}", KeySet::parse(&set(keys)).unwrap());
    assert_eq!(set_of(&[foreign.clone(), encrypts.clone(), EC.public()]), "KeySet(1 keys)");
    refused(&[], KeySetError::NoUsableKey);
    refused(&[foreign], KeySetError::NoUsableKey);
    refused(&[encrypts], KeySetError::NoUsableKey);
    refused(&[with(&EC.public(), "key_ops", json!(["sign"]))], KeySetError::NoUsableKey);
    refused(&[with(&EC.public(), "alg", json!("ES256"))], KeySetError::NoUsableKey);
    refused(&[with(&EC.public(), "crv", json!("P-521"))], KeySetError::NoUsableKey);
    refused(&[with(&EC.public(), "x", json!("AAAA"))], KeySetError::NoUsableKey);
    // 2048 bits, of which the first half are zeros: the modulus is short.
    let short = format!("{}{}", "A".repeat(172), &RSA.public()["n"].as_str().unwrap()[..170]);
    refused(&[with(&RSA.public(), "n", json!(short))], KeySetError::NoUsableKey);
    assert_eq!(set_of(&[Rsa::new("long", KeySize::Rsa3072).public()]), "KeySet(1 keys)");
}

#[test]
fn private_and_symmetric_keys_are_refused_with_all_that_comes_with_them() {
    refused(&[EC.public(), with(&RSA.public(), "d", json!("AQAB"))], KeySetError::Private);
    refused(&[EC.public(), json!({ "kty": "oct", "k": "c2VjcmV0" })], KeySetError::Private);
}

#[test]
fn what_is_no_set_or_too_large_is_refused() {
    let many: Vec<Value> = std::iter::repeat_n(EC.public(), 33).collect();
    refused(&many, KeySetError::Malformed);
    for text in [&b"{}"[..], b"[]", b"", b"{\"keys\":{}}", &b" ".repeat(70_000)] {
        assert_eq!(KeySet::parse(text).unwrap_err(), KeySetError::Malformed);
    }
}
