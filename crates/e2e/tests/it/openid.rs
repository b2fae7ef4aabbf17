//! People who sign in at an outside OpenID Connect provider.

use crate::{
    clients::{Issuer, installed, node},
    home::Home,
    service::Service,
};
use reqwest::{StatusCode, header, redirect};
use serde_json::{Value, json};
use std::{fs, net::TcpListener, path::Path};

/// A port that nobody listens on: the provider is told before the console listens where people come back to.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Somebody signs in as `login`; where they are then, who, and what stands there.
fn sign_in(clients: &Path, base: &str, login: &str) -> Value {
    node(clients, "openid.mjs", &json!({ "base": base, "login": login }))
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_elsewhere_and_are_who_they_are_there() {
    let Some(clients) = installed() else { return };
    let home = Home::new();
    let port = free_port();
    let base = format!("https://localhost:{port}");
    let back = format!("{base}/sign-in/elsewhere/back");
    let issuer = Issuer::start(&clients, &home, Some(&back));
    let secret = home.beside("secret");
    fs::write(&secret, "a+secret\n").unwrap();
    let listen = format!("127.0.0.1:{port}");
    let mut settings = issuer.settings().to_vec();
    settings.extend([
        ("CARELAKE__CONSOLE__LISTEN", listen),
        ("CARELAKE__CONSOLE__BASE_URL", base.clone()),
        ("CARELAKE__PEOPLE__ISSUER", issuer.url.clone()),
        ("CARELAKE__PEOPLE__CLIENT_SECRET_FILE", secret.to_str().unwrap().to_owned()),
        ("CARELAKE__PEOPLE__GROUPS", "engineers=engineer,auditors=auditor".to_owned()),
    ]);
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let run = |words: &[&str]| {
        let done = home.command(words.iter().copied()).envs(settings.iter().copied()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    run(&["user", "add", "engineer-ann", "--role", "analyst"]);
    let service = Service::start(&home, &settings);

    // A name that is somebody's is theirs, whoever claims it elsewhere.
    let told = sign_in(&clients, &base, "7f3a:engineer-ann");
    assert!(told["said"].as_str().unwrap().contains("That is not right"), "{told}");
    run(&["user", "link", "engineer-ann", "7f3a:engineer-ann"]);
    let told = sign_in(&clients, &base, "7f3a:engineer-ann");
    let who = told["who"].as_str().unwrap();
    assert_eq!(told["path"], "/", "{told}");
    assert!(who.contains("analystengineer"), "their own role, and their group's: {who}");

    // Somebody new comes in by a group; without a second factor an auditor is none.
    let told = sign_in(&clients, &base, "11aa:auditor-max");
    let who = told["who"].as_str().unwrap();
    assert!(who.contains("auditor-max of elsewhere") && who.contains("no role"), "{who}");
    assert!(
        sign_in(&clients, &base, "22bb:stranger")["said"].as_str().unwrap().contains("That is not right")
    );

    nobody_comes_back_who_was_not_sent(&base).await;
    service.stop();
    let records = run(&["--json", "audit", "query", "--action", "sign-in", "--limit", "100"]);
    let records: Vec<Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let by = |outcome: &str| records.iter().filter(|one| one["outcome"] == outcome).count();
    assert_eq!((by("success"), by("refused")), (2, 7), "{records:?}");
    assert!(records.iter().any(|one| one["detail"]["method"] == "openid"), "{records:?}");
}

/// Whoever comes back was sent by this browser a moment ago, with what was sent along.
async fn nobody_comes_back_who_was_not_sent(base: &str) {
    let back = format!("{base}/sign-in/elsewhere/back");
    let client = reqwest::Client::builder()
        .danger_accept_invalid_certs(true)
        .redirect(redirect::Policy::none())
        .build()
        .unwrap();
    let away = client.get(format!("{base}/sign-in/elsewhere")).send().await.unwrap();
    let asked = away.headers()[header::LOCATION].to_str().unwrap().to_owned();
    for part in ["code_challenge_method=S256", "response_type=code", "nonce=", "state="] {
        assert!(asked.contains(part), "{asked}");
    }
    let cookie = away.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.contains("SameSite=Lax") && cookie.contains("HttpOnly") && cookie.contains("Secure"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let state = asked.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let turned = cookie.replace(state, &state.chars().rev().collect::<String>());
    for (cookie, state, code) in [
        ("", state, "c"),
        (cookie.as_str(), "another", "c"),
        (cookie.as_str(), state, ""),
        (cookie.as_str(), state, "made-up"),
        (turned.as_str(), state, "c"),
    ] {
        let asked = client.get(format!("{back}?state={state}&code={code}")).header(header::COOKIE, cookie);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{cookie} {state} {code}");
        let session = answer.headers().get_all(header::SET_COOKIE).iter();
        assert!(session.into_iter().all(|cookie| !cookie.to_str().unwrap().starts_with("__Host-carelake=")));
    }
}
