//! Client assertions of SMART backend services.

use super::{
    NOW, NOW_S,
    keys::{EC, Ec, RSA, confused, encode, set, unsigned},
    with,
};
use credentials::{
    TokenError,
    assertion::{Assertion, ClientKeys, claimed_client},
    key_set::KeySet,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

const ENDPOINT: &str = "https://lake.example/oauth/token";

static KEYS: LazyLock<KeySet> = LazyLock::new(|| KeySet::parse(&set(&[RSA.public(), EC.public()])).unwrap());

fn verify(token: &str) -> Result<Assertion, TokenError> {
    let keys = ClientKeys { set: &KEYS, url: Some("https://gp/jwks") };
    credentials::assertion::verify(token, &keys, &["https://other", ENDPOINT], NOW)
}

fn claims() -> Value {
    json!({ "iss": "gp-1", "sub": "gp-1", "aud": ENDPOINT, "exp": NOW_S + 240, "jti": "j-1" })
}

fn header() -> Value {
    json!({ "alg": "ES384", "kid": "ec", "typ": "JWT" })
}

#[track_caller]
fn refused(token: &str, why: TokenError, what: &str) {
    assert_eq!(verify(token), Err(why), "{what}");
}

#[test]
fn an_assertion_by_either_algorithm_is_believed() {
    let rsa = json!({ "alg": "RS384", "kid": "rsa" });
    let tokens = [EC.sign(&header(), &claims().to_string()), RSA.sign(&rsa, &claims().to_string())];
    for token in tokens {
        let assertion = verify(&token).unwrap();
        assert_eq!((assertion.client_id.as_str(), assertion.jti.as_str()), ("gp-1", "j-1"));
        assert_eq!(assertion.expires.seconds(), NOW_S + 240);
        assert_eq!(claimed_client(&token).as_deref(), Some("gp-1"));
    }
}

#[test]
fn claims_that_are_not_as_they_must_be_are_refused() {
    use TokenError::{Claims, Malformed, Time};
    for (name, value, why) in [
        ("exp", json!(NOW_S), Time),
        ("exp", json!(NOW_S - 1), Time),
        ("exp", json!(NOW_S + 331), Time),
        ("exp", json!(i64::MAX), Time),
        ("exp", json!(null), Malformed),
        ("exp", json!("soon"), Malformed),
        ("nbf", json!(NOW_S + 31), Time),
        ("iat", json!(NOW_S + 31), Time),
        ("aud", json!("https://elsewhere/oauth/token"), Claims),
        ("aud", json!([ENDPOINT, "https://elsewhere"]), Claims),
        ("aud", json!([]), Claims),
        ("aud", json!(null), Malformed),
        ("sub", json!("gp-2"), Claims),
        ("sub", json!(null), Malformed),
        ("iss", json!("gp-2"), Claims),
        ("jti", json!(null), Malformed),
        ("jti", json!(""), Claims),
        ("jti", json!("j".repeat(256)), Claims),
    ] {
        let claims = with(&claims(), name, value.clone()).to_string();
        refused(&EC.sign(&header(), &claims), why, &format!("{name} {value}"));
    }
    let twice = claims().to_string().replacen("{", r#"{"sub":"gp-1","#, 1);
    assert!(verify(&EC.sign(&header(), &twice)).is_err(), "a member twice");
    let escaped = claims().to_string().replacen("{", r#"{"s\u0075b":"gp-1","#, 1);
    assert!(verify(&EC.sign(&header(), &escaped)).is_err(), "a member twice, written otherwise");
    let array = with(&claims(), "aud", json!([ENDPOINT]));
    assert!(verify(&EC.sign(&header(), &array.to_string())).is_ok());
}

#[test]
fn headers_that_choose_another_algorithm_or_key_are_refused() {
    use TokenError::{Algorithm, Malformed, Signature, UnknownKey};
    for (name, value, why) in [
        ("alg", json!("none"), Algorithm),
        ("alg", json!("None"), Algorithm),
        ("alg", json!("es384"), Algorithm),
        ("alg", json!("RS256"), Algorithm),
        ("alg", json!("ES256"), Algorithm),
        ("alg", json!("HS384"), Algorithm),
        ("alg", json!("RS384"), UnknownKey),
        ("alg", json!(null), Malformed),
        ("kid", json!("rsa"), UnknownKey),
        ("kid", json!("other"), UnknownKey),
        ("kid", json!(null), Malformed),
        ("typ", json!("at+jwt"), Malformed),
        ("jku", json!("https://attacker/jwks"), UnknownKey),
        ("crit", json!(["exp"]), Malformed),
        ("b64", json!(false), Malformed),
    ] {
        let header = with(&header(), name, value.clone());
        refused(&EC.sign(&header, &claims().to_string()), why, &format!("{name} {value}"));
    }
    let registered = with(&header(), "jku", json!("https://gp/jwks"));
    assert!(verify(&EC.sign(&registered, &claims().to_string())).is_ok());
    let other = Ec::new("ec");
    refused(&other.sign(&header(), &claims().to_string()), Signature, "another key of that name");
    let brought = with(&header(), "jwk", other.public());
    refused(&other.sign(&brought, &claims().to_string()), Signature, "a key in the header");
    let modulus = RSA.public()["n"].as_str().unwrap().to_owned();
    for alg in ["HS384", "RS384"] {
        let header = json!({ "alg": alg, "kid": "rsa" });
        let token = confused(&header, &claims().to_string(), modulus.as_bytes());
        assert!(verify(&token).is_err(), "{alg} with the public key as a secret");
    }
}

#[test]
fn any_other_form_and_any_changed_byte_is_refused() {
    let token = EC.sign(&header(), &claims().to_string());
    let body = unsigned(&header(), &claims().to_string());
    let long = with(&claims(), "pad", json!("x".repeat(8192))).to_string();
    for (token, what) in [
        (String::new(), "empty"),
        (body.clone(), "two parts"),
        (format!("{body}."), "no signature"),
        (format!("{token}.x"), "four parts"),
        (format!("{token}.x.y"), "five parts"),
        (format!("{token}="), "padded"),
        (format!("{token} "), "a space after it"),
        (EC.sign(&header(), &long), "too long"),
        (EC.sign(&header(), "[]"), "claims that are no object"),
        (format!("{}.{}.{}", encode("{"), encode("{}"), encode("x")), "a header that is no JSON"),
    ] {
        assert!(verify(&token).is_err(), "{what}");
    }
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(changed) = String::from_utf8(bytes) {
            assert!(verify(&changed).is_err(), "byte {at}");
        }
        assert!(verify(&token[..at]).is_err(), "cut at {at}");
    }
}

proptest! {
    #[test]
    fn nothing_that_is_sent_makes_it_panic(token in "[a-zA-Z0-9_.=-]{0,200}|\\PC{0,100}", parts in any::<[String; 3]>()) {
        prop_assert!(verify(&token).is_err());
        let written = parts.map(encode).join(".");
        prop_assert!(verify(&written).is_err());
        let _ = claimed_client(&token);
    }
}
