//! The trail is watched while the lake serves: guesses become an alert, which webhooks are told.

use crate::{
    home::Home,
    provider::Provider,
    service::{Service, until},
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::StatusCode;
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::PathBuf,
    sync::{Arc, mpsc},
};

/// 32 bytes of the letter `k`.
const SECRET: &str = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";

/// Somebody who is told of alerts, over TLS.
struct Receiver {
    url: String,
    certificate: PathBuf,
    told: mpsc::Receiver<(Vec<String>, String)>,
}

impl Receiver {
    fn start(home: &Home) -> Self {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = home.beside("receiver.pem");
        fs::write(&certificate, cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = Arc::new(config.with_single_cert(vec![cert.der().clone()], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}/alerts", listener.local_addr().unwrap().port());
        let (sender, told) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                let Some(request) = read(&mut stream) else { continue };
                stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
                stream.flush().unwrap();
                if sender.send(request).is_err() {
                    return;
                }
            }
        });
        Self { url, certificate, told }
    }
}

/// The head's lines and the body.
fn read(stream: &mut impl Read) -> Option<(Vec<String>, String)> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_lowercase()),
        }
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_become_an_alert_that_webhooks_are_told() {
    let home = Home::new();
    let receiver = Receiver::start(&home);
    let secret = home.beside("webhook-secret");
    fs::write(&secret, SECRET).unwrap();
    let host = receiver.url.strip_prefix("https://").unwrap().split('/').next().unwrap().to_owned();
    let settings = [
        ("CARELAKE__ALERTS__WEBHOOKS", receiver.url.as_str()),
        ("CARELAKE__ALERTS__SECRET_FILE", secret.to_str().unwrap()),
        ("CARELAKE__OUTSIDE__HOSTS", host.as_str()),
        ("CARELAKE__OUTSIDE__CA_FILE", receiver.certificate.to_str().unwrap()),
    ];
    let mut granted = home.run(["--json", "provider", "add", "gp"]).exits(0).json();
    let honest = Provider::of(&home, &granted);
    granted["client_secret"] = "guessed-9434765919".into();
    let guesser = Provider::of(&home, &granted);
    let service = Service::start(&home, &settings);
    assert_eq!(honest.token(service.address).await.unwrap().0, StatusCode::OK);
    assert!(home.run(["audit", "alerts"]).exits(0).stdout.contains("Nothing unusual"));
    for _ in 0..25 {
        assert_eq!(guesser.token(service.address).await.unwrap().0, StatusCode::UNAUTHORIZED);
    }
    let alerts = || home.run(["--json", "audit", "alerts"]).exits(0).stdout;
    until("an alert", || alerts().contains("failed-sign-ins"));
    let alert: Value = serde_json::from_str(alerts().lines().next().unwrap()).unwrap();
    assert_eq!((&alert["rule"], &alert["subject"]), (&"failed-sign-ins".into(), &"127.0.0.1".into()));

    let (head, body) = receiver.told.recv().unwrap();
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&told["type"], &told["data"]["id"]), (&"audit.alert".into(), &alert["id"]));
    assert!(!body.contains("9434765919"));
    assert_eq!(head[0], "post /alerts http/1.1");
    for name in ["webhook-id: alert_", "webhook-timestamp: ", "webhook-signature: v1,"] {
        assert!(head.iter().any(|line| line.starts_with(name)), "{head:?}");
    }
    until("that it was told", || alerts().contains("\"delivered\":\"2"));
    let log = service.stop();
    assert!(log.contains("failed-sign-ins") && !log.contains("9434765919"), "{log}");

    let number = alert["id"].to_string();
    home.run(["audit", "acknowledge", &number, "--note", "a new colleague"]).exits(0);
    assert!(!alerts().contains("failed-sign-ins"));
    let all = home.run(["audit", "alerts", "--all"]).exits(0).stdout;
    assert!(all.contains("seen to by operator") && all.contains("a new colleague"), "{all}");
    home.run(["audit", "acknowledge", &number, "--note", "again"]).exits(1);
}

#[test]
fn an_own_rule_is_proved_before_it_counts() {
    let home = Home::new();
    let folder = home.path().join("rules");
    fs::create_dir(&folder).unwrap();
    let rule = |fires: u32| {
        format!(
            r#"
name = "homes-are-listed"
title = "Somebody lists providers"
severity = "notice"
tell = "{{subject}} has listed providers {{count}} times."
[events]
actions = ["provider.list"]
[when.any]
by = ["actor"]
[[case]]
name = "once"
fires = {fires}
events = [{{ actor = "operator" }}]
[[case]]
name = "something else"
silent = true
events = [{{ action = "sql", actor = "operator" }}]
"#
        )
    };
    let file = folder.join("own.toml");
    fs::write(&file, rule(1)).unwrap();
    home.run(["audit".as_ref(), "rules".as_ref(), file.as_os_str()]).exits(0).says("holds its cases");
    home.run(["audit", "rules"]).exits(0).says("homes-are-listed");
    fs::write(&file, rule(2)).unwrap();
    home.run(["audit".as_ref(), "rules".as_ref(), file.as_os_str()]).exits(1).says("once");
    home.run(["audit", "rules"]).exits(1).says("homes-are-listed");
    home.run(["serve"]).exits(1).says("homes-are-listed");
    fs::write(&file, "name = 7").unwrap();
    home.run(["audit", "rules"]).exits(1).says("own.toml");
}

#[test]
fn a_run_that_fails_is_told_to_those_who_do_not_look() {
    let home = Home::new();
    let folder = home.beside("winter");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mart.toml"), "question = \"How many?\"").unwrap();
    fs::write(
        folder.join("counts.sql"),
        "-- One.\n--\n-- Tests\n--   none: select * from this\nselect 1 as n",
    )
    .unwrap();
    home.run(["mart", "register", folder.to_str().unwrap()]).exits(0);
    let service = Service::start(&home, &[("CARELAKE__WORKER__SCHEDULES", "false")]);
    home.run(["mart", "build", "winter"]).exits(1).says("does not hold");
    let alerts = || -> Vec<Value> {
        let told = home.run(["--json", "audit", "alerts"]).exits(0).stdout;
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    until("the alert is raised", || !alerts().is_empty());
    service.stop();
    let alerts = alerts();
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert_eq!((&alerts[0]["rule"], &alerts[0]["subject"]), (&"run-failed".into(), &"mart.winter".into()));
}
