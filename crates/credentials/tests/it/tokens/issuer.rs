//! Access tokens of outside issuers, as three of them write theirs.

use super::{
    NOW, NOW_S,
    keys::{EC, RSA, encode, set},
    with,
};
use credentials::{
    TokenError,
    issuer::{IssuerRules, OutsideToken, claimed_issuer, verify},
    key_set::KeySet,
};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example/realms/trust";

fn rules(prefix: &str) -> IssuerRules<'_> {
    IssuerRules { issuer: ISSUER, audience: "https://lake.example", scope_prefix: prefix }
}

/// An RSA key that names no algorithm, as most issuers publish theirs.
fn keys() -> KeySet {
    KeySet::parse(&set(&[with(&RSA.public(), "alg", Value::Null), EC.public()])).unwrap()
}

fn header() -> Value {
    json!({ "alg": "RS256", "kid": "rsa", "typ": "JWT" })
}

fn keycloak() -> Value {
    json!({ "iss": ISSUER, "aud": ["account", "https://lake.example"], "sub": "5f0c", "azp": "trust-app",
        "typ": "Bearer", "iat": NOW_S, "exp": NOW_S + 300, "scope": "profile system/Observation.c system/*.r" })
}

fn entra() -> Value {
    json!({ "iss": ISSUER, "aud": "https://lake.example", "sub": "9a1b", "appid": "app-1", "nbf": NOW_S,
        "exp": NOW_S + 3600, "roles": ["lake.system/Patient.cu", "other"] })
}

fn cognito() -> Value {
    json!({ "iss": ISSUER, "sub": "client-1", "client_id": "https://lake.example", "token_use": "access",
        "exp": NOW_S + 3600, "scope": "lake/system/*.c" })
}

fn read(claims: &Value, prefix: &str) -> Result<OutsideToken, TokenError> {
    verify(&RSA.sign(&header(), &claims.to_string()), &rules(prefix), &keys(), NOW)
}

#[test]
fn each_issuer_s_tokens_name_their_client_and_its_scopes() {
    for (claims, prefix, client, scopes) in [
        (keycloak(), "", "trust-app", "system/Observation.c"),
        (entra(), "lake.", "app-1", "system/Patient.cu"),
        (cognito(), "lake/", "https://lake.example", "system/*.c"),
        (
            with(&keycloak(), "scp", json!(["system/Basic.u"])),
            "",
            "trust-app",
            "system/Observation.c system/Basic.u",
        ),
        (keycloak(), "other:", "trust-app", ""),
    ] {
        let token = read(&claims, prefix).unwrap();
        let named: Vec<String> = token.scopes.iter().map(ToString::to_string).collect();
        assert_eq!((token.client.as_str(), named.join(" ").as_str()), (client, scopes));
        assert_eq!((token.certificate_thumbprint, token.names_scopes), (None, true));
    }
    let text = RSA.sign(&header(), &keycloak().to_string());
    assert_eq!(claimed_issuer(&text).as_deref(), Some(ISSUER));
}

#[test]
fn a_token_that_is_another_s_for_another_or_no_access_token_is_refused() {
    use TokenError::{Claims, Malformed, Time};
    for (claims, name, value, why) in [
        (keycloak(), "iss", json!("https://id.example/realms/other"), Claims),
        (keycloak(), "iss", json!("https://id.example/realms/trust/"), Claims),
        (keycloak(), "aud", json!("account"), Claims),
        (keycloak(), "aud", json!(null), Claims),
        (keycloak(), "exp", json!(NOW_S), Time),
        (keycloak(), "exp", json!(null), Malformed),
        (keycloak(), "iat", json!(NOW_S + 31), Time),
        (entra(), "nbf", json!(NOW_S + 31), Time),
        (keycloak(), "nonce", json!("n"), Claims),
        (keycloak(), "at_hash", json!("h"), Claims),
        (cognito(), "token_use", json!("id"), Claims),
        (cognito(), "token_use", json!(null), Claims),
        (cognito(), "client_id", json!("another"), Claims),
        (keycloak(), "cnf", json!({ "x5t#S256": "short" }), Malformed),
        (keycloak(), "cnf", json!({ "jkt": "a key of DPoP's" }), Claims),
    ] {
        let read = read(&with(&claims, name, value.clone()), "");
        assert_eq!(read, Err(why), "{name} {value}");
    }
    let id_token = with(&header(), "typ", json!("id+jwt"));
    let text = RSA.sign(&id_token, &keycloak().to_string());
    assert_eq!(verify(&text, &rules(""), &keys(), NOW), Err(Claims));
    let nobody = with(&with(&keycloak(), "azp", json!(null)), "sub", json!(null));
    assert_eq!(read(&nobody, ""), Err(Claims));
}

#[test]
fn a_token_that_names_a_scope_that_is_none_of_the_lakes_was_meant_to_be_narrow() {
    for (scope, names) in
        [("profile email", false), ("system/Patient.rs", true), ("lake/patient/*.read", true)]
    {
        let token = read(&with(&keycloak(), "scope", json!(scope)), "").unwrap();
        assert_eq!((token.scopes.len(), token.names_scopes), (0, names), "{scope}");
    }
}

#[test]
fn a_token_may_be_bound_to_a_certificate() {
    let bound = with(&keycloak(), "cnf", json!({ "x5t#S256": encode([7; 32]) }));
    assert_eq!(read(&bound, "").unwrap().certificate_thumbprint, Some([7; 32]));
}

#[test]
fn a_secret_is_never_a_signing_key_and_an_unknown_key_is_told_apart() {
    for alg in ["none", "HS256", "HS384"] {
        let text = RSA.sign(&with(&header(), "alg", json!(alg)), &keycloak().to_string());
        assert_eq!(verify(&text, &rules(""), &keys(), NOW), Err(TokenError::Algorithm), "{alg}");
    }
    let text = RSA.sign(&with(&header(), "kid", json!("next")), &keycloak().to_string());
    let error = verify(&text, &rules(""), &keys(), NOW).unwrap_err();
    assert!(error.is_unknown_key());
}
