//! Requests signed with AWS Signature Version 4: what is let in, what is refused, and what counts once.

use crate::home::{Answer, Home};
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use control::{Material, NewCredential};
use credentials::sigv4::{self, Credential, SigningSecret, sign};
use http::{HeaderValue, Request};
use keys::SealedFor;
use model::{Clock, Timestamp};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const PATIENT: &str = r#"{"resourceType":"Patient"}"#;

/// A key, and the session token that goes with a temporary one.
struct Key {
    id: String,
    secret: String,
    session: Option<String>,
}

async fn permanent(home: &Home, provider: &str) -> Key {
    let id = format!("CLAK{}", provider.to_uppercase());
    let door = &home.app.keys.door;
    let sealed = door.seal(SealedFor::SigningSecret, id.as_bytes(), SECRET.as_bytes()).unwrap();
    let new = NewCredential { id: id.clone(), material: Material::Signing(sealed), expires: None };
    home.app.control.add_credential(&provider.parse().unwrap(), new, None).await.unwrap();
    Key { id, secret: SECRET.to_owned(), session: None }
}

/// A signed request, as a client would send it.
fn signed(key: &Key, method: &str, path: &str, body: &str, now: Timestamp) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).body(()).unwrap();
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_static("localhost:8443"));
    headers.insert("content-type", HeaderValue::from_static("application/fhir+json"));
    if let Some(session) = &key.session {
        headers.insert("x-amz-security-token", session.parse().unwrap());
    }
    let date = now.to_string()[..19].replace(['-', ':'], "");
    headers.insert("x-amz-date", HeaderValue::try_from(format!("{date}Z")).unwrap());
    let credential = Credential { access_key_id: &key.id, region: "eu-west-2", service: "healthlake" };
    let (parts, ()) = request.into_parts();
    let unsigned = sigv4::Request {
        method: &parts.method,
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        authority: None,
        headers: &parts.headers,
        payload: digest(&SHA256, body.as_bytes()).as_ref().try_into().unwrap(),
    };
    let authorization = sign(&credential, &SigningSecret::new(&key.secret), &unsigned).unwrap();
    let mut request = Request::from_parts(parts, Body::from(body.to_owned()));
    request.headers_mut().insert("authorization", authorization);
    request
}

async fn post(home: &Home, key: &Key, body: &str) -> Answer {
    home.send(signed(key, "POST", "/fhir/r4/Patient", body, home.clock.now())).await
}

#[tokio::test]
async fn a_signed_request_is_its_providers_until_the_key_is_revoked() {
    let home = Home::new().await;
    let key = permanent(&home, "gp").await;
    assert_eq!(post(&home, &key, PATIENT).await.status, 201);
    let record = home.records().await.pop().unwrap();
    assert_eq!(record.actor, "gp");
    assert!(record.detail.contains("signature"), "{}", record.detail);
    let forbidden = signed(&key, "PUT", "/fhir/r4/Patient/a", PATIENT, home.clock.now());
    assert_eq!(home.send(forbidden).await.status, 403, "gp may create only");
    home.app.control.revoke_credential(&key.id).await.unwrap();
    assert_eq!(post(&home, &key, PATIENT).await.status, 401);
}

#[tokio::test]
async fn the_same_signature_again_gets_the_first_answer_and_stores_nothing() {
    let home = Home::new().await;
    let key = permanent(&home, "trust").await;
    let now = home.clock.now();
    let send = async |path: &str, method: &str, body: &str| {
        let answer = home.send(signed(&key, method, path, body, now)).await;
        let told = |name| answer.headers.get(name).cloned();
        (answer.status, told("location"), told("etag"), told("x-carelake-receipt"), told("last-modified"))
    };
    let created = send("/fhir/r4/Patient", "POST", PATIENT).await;
    assert_eq!(created.0, 201);
    home.clock.advance_ms(200_000);
    assert_eq!(send("/fhir/r4/Patient", "POST", PATIENT).await, created);
    let record = home.records().await.pop().unwrap();
    assert!(record.detail.contains(r#""repeated":"true""#), "{}", record.detail);
    // A PUT that came again after a newer one would undo it.
    let (mine, newer) = (
        r#"{"resourceType":"Patient","id":"a","active":true}"#,
        r#"{"resourceType":"Patient","id":"a","active":false}"#,
    );
    let first = send("/fhir/r4/Patient/a", "PUT", mine).await;
    send("/fhir/r4/Patient/a", "PUT", newer).await;
    assert_eq!(send("/fhir/r4/Patient/a", "PUT", mine).await, first);
    let bundle = r#"{"resourceType":"Bundle","type":"batch","entry":[
        {"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},
        {"resource":{"resourceType":"Patient","id":"a","active":true},"request":{"method":"PUT","url":"Patient/a","ifMatch":"W/\"9\""}}]}"#;
    let batch = async || home.send(signed(&key, "POST", "/fhir/r4", bundle, now)).await.text;
    let answer = batch().await;
    assert!(answer.contains("\"412") && answer.contains("\"201"), "{answer}");
    assert_eq!(batch().await, answer);
    let grants = ["system/Basic.cu".parse().unwrap()];
    let trust = "trust".parse().unwrap();
    let mixed = r#"{"resourceType":"Bundle","type":"batch","entry":[
        {"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},
        {"resource":{"resourceType":"Basic","code":{"text":"x"}},"request":{"method":"POST","url":"Basic"}}]}"#;
    let mixed = async || home.send(signed(&key, "POST", "/fhir/r4", mixed, now)).await;
    home.app.control.set_provider_scopes(&trust, &grants).await.unwrap();
    assert!(mixed().await.text.contains("Basic/"));
    home.app.control.set_provider_scopes(&trust, &["system/*.cu".parse().unwrap()]).await.unwrap();
    assert_eq!(mixed().await.status, 403, "no answer of an entry is taken for another's");
    assert_eq!(home.segments().await, 5);
}

#[tokio::test]
async fn what_was_not_signed_so_is_refused() {
    let home = Home::new().await;
    let key = permanent(&home, "trust").await;
    let now = home.clock.now();
    let good = || signed(&key, "POST", "/fhir/r4/Patient", PATIENT, now);
    let mut attacks: Vec<(&str, Request<Body>)> = Vec::new();
    let (parts, _) = good().into_parts();
    let with = |path: &str, method: &str, body: &str| {
        let mut request =
            Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap();
        *request.headers_mut() = parts.headers.clone();
        request
    };
    attacks.push(("another body", with("/fhir/r4/Patient", "POST", r#"{"resourceType":"Patient" }"#)));
    attacks.push(("no body", with("/fhir/r4/Patient", "POST", "")));
    attacks.push(("another path", with("/fhir/r4/Basic", "POST", PATIENT)));
    attacks.push(("another method", with("/fhir/r4/Patient/a", "PUT", PATIENT)));
    attacks.push(("another query", with("/fhir/r4/Patient?a=b", "POST", PATIENT)));
    let mut twice = good();
    let copy = twice.headers()["authorization"].clone();
    twice.headers_mut().append("authorization", copy);
    attacks.push(("Authorization twice", twice));
    let mut host = good();
    host.headers_mut().insert("host", HeaderValue::from_static("elsewhere"));
    attacks.push(("another host", host));
    let early = Timestamp(now.0 - 301_000);
    attacks.push(("too old", signed(&key, "POST", "/fhir/r4/Patient", PATIENT, early)));
    attacks.push(("too new", signed(&key, "POST", "/fhir/r4/Patient", PATIENT, now.plus_ms(301_000))));
    let wrong = Key { id: key.id.clone(), secret: "wrong".to_owned(), session: None };
    attacks.push(("another secret", signed(&wrong, "POST", "/fhir/r4/Patient", PATIENT, now)));
    let unknown = Key { id: "CLAKUNKNOWN".to_owned(), secret: SECRET.to_owned(), session: None };
    attacks.push(("an unknown key", signed(&unknown, "POST", "/fhir/r4/Patient", PATIENT, now)));
    let query = "/fhir/r4/Patient?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00";
    attacks.push(("signed in the query", signed(&key, "POST", query, PATIENT, now)));
    let mut texts = Vec::new();
    for (what, request) in attacks {
        let before = home.records().await.len();
        let answer = home.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login"), "{what}");
        let records = home.records().await;
        assert_eq!((records.len(), records[before].actor.as_str()), (before + 1, "anonymous"), "{what}");
        texts.push(answer.text);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "no answer tells what was wrong");
    assert_eq!(home.segments().await, 0);
    assert_eq!(home.send(good()).await.status, 201);
}

#[tokio::test]
async fn a_temporary_key_is_scoped_ends_within_the_hour_and_makes_no_other() {
    let home = Home::new().await;
    let token = home.token("trust").await;
    let path = "/oauth/signing-credential?duration_seconds=600&scope=system/Patient.c";
    let answer = home.fhir(&token, "POST", path, "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let told = answer.json();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    let key =
        Key { id: text("AccessKeyId"), secret: text("SecretAccessKey"), session: Some(text("SessionToken")) };
    assert_eq!(text("Expiration"), home.clock.now().plus_ms(600_000).to_string());
    assert_eq!(post(&home, &key, PATIENT).await.status, 201);
    let permanent = permanent(&home, "gp").await;
    let ask = || signed(&permanent, "POST", "/oauth/signing-credential", "", home.clock.now());
    assert_eq!(home.send(ask()).await.status, 200);
    assert_eq!(home.send(ask()).await.status, 400, "the same request again gets no further key");
    let long = home.fhir(&home.token("trust").await, "POST", "/oauth/signing-credential", "").await.json();
    assert_eq!(long["Expiration"], home.clock.now().plus_ms(900_000).to_string(), "no longer than the token");
    let basic = signed(&key, "POST", "/fhir/r4/Basic", r#"{"resourceType":"Basic"}"#, home.clock.now());
    assert_eq!(home.send(basic).await.status, 403);
    let further = signed(&key, "POST", "/oauth/signing-credential", "", home.clock.now());
    assert_eq!(home.send(further).await.status, 403);
    let other = Key { id: key.id.clone(), secret: key.secret.clone(), session: None };
    assert_eq!(post(&home, &other, PATIENT).await.status, 401, "without its session token");
    home.clock.advance_ms(600_000);
    assert_eq!(post(&home, &key, PATIENT).await.status, 401, "after its time");
    for wrong in ["duration_seconds=0", "duration_seconds=3601", "scope=system/*.r", "x=1"] {
        let token = home.token("trust").await;
        let answer = home.fhir(&token, "POST", &format!("/oauth/signing-credential?{wrong}"), "").await;
        assert_eq!(answer.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_temporary_key_ends_with_the_credential_that_it_was_made_from() {
    let home = Home::new().await;
    let token = home.token("gp").await;
    let told = home.fhir(&token, "POST", "/oauth/signing-credential", "").await.json();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    let key =
        Key { id: text("AccessKeyId"), secret: text("SecretAccessKey"), session: Some(text("SessionToken")) };
    assert_eq!(post(&home, &key, PATIENT).await.status, 201);
    home.app.control.revoke_credential("gp-secret").await.unwrap();
    assert_eq!(post(&home, &key, PATIENT).await.status, 401);
    assert_eq!(home.fhir(&token, "POST", "/fhir/r4/Patient", PATIENT).await.status, 401, "nor its tokens");
}
