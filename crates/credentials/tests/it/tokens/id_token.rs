//! ID tokens of an OpenID Connect provider.

use super::{
    NOW, NOW_S,
    keys::{EC, Ec, RSA, confused, set, unsigned},
    with,
};
use credentials::{
    TokenError,
    id_token::{IdToken, IdTokenRules, verify},
    key_set::KeySet,
};
use serde_json::{Value, json};
use std::sync::LazyLock;

static KEYS: LazyLock<KeySet> = LazyLock::new(|| KeySet::parse(&set(&[RSA.public(), EC.public()])).unwrap());

const RULES: IdTokenRules<'static> = IdTokenRules {
    issuer: "https://login.example",
    client: "carelake",
    nonce: "n-1",
    name_claim: "preferred_username",
    groups_claim: "groups",
};

fn read(token: &str) -> Result<IdToken, TokenError> {
    verify(token, &RULES, &KEYS, NOW)
}

fn claims() -> Value {
    json!({
        "iss": "https://login.example", "sub": "7f3a", "aud": "carelake", "exp": NOW_S + 300, "iat": NOW_S - 5,
        "nonce": "n-1", "preferred_username": "ann", "name": "Ann Archer", "groups": ["data", "on-call", 7],
        "acr": "high", "amr": ["pwd", "mfa"], "at_hash": "x",
    })
}

fn signed(claims: &Value) -> String {
    RSA.sign(&json!({ "alg": "RS384", "kid": "rsa" }), &claims.to_string())
}

#[test]
fn a_good_one_says_who_and_how() {
    let told = read(&signed(&claims())).unwrap();
    let wanted = IdToken {
        subject: "7f3a".into(),
        name: Some("ann".into()),
        display: Some("Ann Archer".into()),
        groups: vec!["data".into(), "on-call".into()],
        proofs: vec!["high".into(), "pwd".into(), "mfa".into()],
    };
    assert_eq!(told, wanted);
    let one = read(&signed(&with(&claims(), "groups", json!("data")))).unwrap();
    assert_eq!(one.groups, ["data"]);
    let several = with(&with(&claims(), "aud", json!(["carelake", "other"])), "azp", json!("carelake"));
    assert!(read(&signed(&several)).is_ok());
    let by_subject = IdTokenRules { name_claim: "sub", ..RULES };
    assert_eq!(verify(&signed(&claims()), &by_subject, &KEYS, NOW).unwrap().name.as_deref(), Some("7f3a"));
}

#[test]
fn what_is_not_for_this_sign_in_is_refused() {
    use TokenError::{Claims, Malformed, Time};
    for (name, value, why) in [
        ("iss", json!("https://evil.example"), Claims),
        ("aud", json!("another-client"), Claims),
        ("aud", json!(["carelake", "another-client"]), Claims),
        ("azp", json!("another-client"), Claims),
        ("nonce", json!("n-2"), Claims),
        ("nonce", json!(null), Claims),
        ("token_use", json!("access"), Claims),
        ("sub", json!(""), Claims),
        ("sub", json!(null), Malformed),
        ("exp", json!(NOW_S), Time),
        ("exp", json!(null), Malformed),
        ("iat", json!(NOW_S + 31), Time),
        ("iat", json!(NOW_S - 601), Time),
        ("iat", json!(null), Malformed),
        ("nbf", json!(NOW_S + 31), Time),
    ] {
        assert_eq!(read(&signed(&with(&claims(), name, value.clone()))), Err(why), "{name} {value}");
    }
    let access = RSA.sign(&json!({ "alg": "RS384", "kid": "rsa", "typ": "at+jwt" }), &claims().to_string());
    assert_eq!(read(&access), Err(Claims), "an access token");
}

#[test]
fn keys_are_not_confused_and_signatures_are_looked_at() {
    let text = claims().to_string();
    assert!(read(&format!("{}.", unsigned(&json!({ "alg": "none" }), &text))).is_err());
    assert!(read(&confused(&json!({ "alg": "HS384", "kid": "rsa" }), &text, b"a public key")).is_err());
    let another = Ec::new("ec").sign(&json!({ "alg": "ES384", "kid": "ec" }), &text);
    assert_eq!(read(&another), Err(TokenError::Signature));
    let unknown = EC.sign(&json!({ "alg": "ES384", "kid": "new" }), &text);
    assert!(read(&unknown).unwrap_err().is_unknown_key());
    let mut turned = signed(&claims());
    turned.truncate(turned.len() - 4);
    assert!(read(&turned).is_err());
}
