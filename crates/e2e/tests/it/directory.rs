//! Directories that keep people here over SCIM 2.0.

use crate::{
    clients::{authority, installed, python},
    home::Home,
    service::Service,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{fs, net::SocketAddr};

/// A directory's requests.
pub(crate) struct Directory {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Directory {
    fn new(home: &Home, service: &Service, token: &str) -> Self {
        Self::at(home, service.console, token)
    }

    pub(crate) fn at(home: &Home, console: SocketAddr, token: &str) -> Self {
        // Whoever comes first installs it for all.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let pem = fs::read(authority(home)).unwrap();
        let client = reqwest::Client::builder()
            .add_root_certificate(reqwest::Certificate::from_pem(&pem).unwrap())
            .build()
            .unwrap();
        let base = format!("https://localhost:{}/scim/v2", console.port());
        Self { client, base, token: token.to_owned() }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = self.client.request(method, format!("{}/{path}", self.base)).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Changes parts, as directories do.
    async fn patch(&self, path: &str, operations: Value) -> (StatusCode, Value) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations,
        });
        self.ask(Method::PATCH, path, Some(body)).await
    }
}

fn token(home: &Home, words: &[&str]) -> String {
    let all = ["--json", "directory"].iter().chain(words);
    let told = home.run(all.copied().collect::<Vec<_>>()).exits(0).json();
    told["token"].as_str().unwrap().to_owned()
}

/// What `user list` says of somebody.
fn person(home: &Home, name: &str) -> Value {
    let all = home.run(["--json", "user", "list"]).exits(0).stdout;
    let mut lines = all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.find(|line| line["name"] == name).unwrap_or_default()
}

#[test]
fn the_door_does_what_the_standard_says() {
    let Some(clients) = installed() else { return };
    let home = Home::new();
    let token = token(&home, &["add", "trust"]);
    let service = Service::start(&home, &[]);
    let base = format!("https://localhost:{}", service.console.port());
    let authority = authority(&home);
    let told = python(&clients, &["scim.py", &base, authority.to_str().unwrap(), &token], "");
    let (passed, wrong) = told.split_last().unwrap();
    // A person may come in or not: without the word they may, so that it is never without a value (RFC 7644 §3.5.1 lets
    // the server choose).
    let chosen = "ERROR User check_remove_attribute: PATCH modify() did not remove attribute 'active'";
    assert_eq!(wrong, [chosen]);
    assert!(passed.parse::<u32>().unwrap() > 50, "{passed}");
    let log = service.stop();
    assert!(!log.contains(&token));
    home.run(["audit", "verify"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_is_out_at_once_and_groups_open_what_administrators_say() {
    let home = Home::new();
    let token = token(&home, &["add", "trust"]);
    home.run(["user", "add", "local", "--role", "engineer"]).exits(0);
    let service = Service::start(&home, &[]);
    let trust = Directory::new(&home, &service, &token);

    let new = json!({
        "userName": "Ann@Trust.example", "externalId": "7f3a", "name": { "formatted": "Ann Archer" },
        "emails": [{ "value": "ann@trust.example" }], "active": true,
    });
    let (status, ann) = trust.post("Users", new.clone()).await;
    assert_eq!((status, &ann["id"]), (StatusCode::CREATED, &json!("ann@trust.example")), "{ann}");
    assert_eq!((&ann["displayName"], &ann["emails"]), (&json!("Ann Archer"), &Value::Null));
    assert_eq!(trust.post("Users", new).await.1["scimType"], "uniqueness");
    assert_eq!(trust.post("Users", json!({ "userName": "local" })).await.0, StatusCode::CONFLICT);

    let members = json!([{ "value": "ann@trust.example" }]);
    let (status, team) =
        trust.post("Groups", json!({ "displayName": "Data team", "members": members })).await;
    assert_eq!((status, &team["id"]), (StatusCode::CREATED, &json!("data-team")), "{team}");
    assert_eq!(person(&home, "ann@trust.example")["roles"], json!([]), "a directory opens no role");
    home.run(["group", "add", "data-team", "--role", "analyst"]).exits(0);
    let ann = person(&home, "ann@trust.example");
    assert_eq!((&ann["roles"], &ann["directory"]), (&json!(["analyst"]), &json!("trust")));
    let filter = "Users?filter=userName%20eq%20%22ANN@trust.example%22&attributes=groups.value";
    let (_, found) = trust.get(filter).await;
    assert_eq!(found["Resources"][0]["groups"], json!([{ "value": "data-team" }]), "{found}");

    // Their word and the lake's own are two: neither lifts the other.
    home.run(["user", "suspend", "ann@trust.example"]).exits(0);
    let leave = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    assert_eq!(trust.patch("Users/ann@trust.example", leave).await.1["active"], false);
    let back = json!([{ "op": "replace", "value": { "active": true } }]);
    assert_eq!(trust.patch("Users/ann@trust.example", back).await.1["active"], true);
    assert_eq!(person(&home, "ann@trust.example")["state"], "suspended");

    let out = json!([{ "op": "remove", "path": "members[value eq \"ann@trust.example\"]" }]);
    assert_eq!(trust.patch("Groups/data-team", out).await.1["members"], json!([]));
    assert_eq!(person(&home, "ann@trust.example")["roles"], json!([]));
    let renamed = json!([{ "op": "replace", "path": "userName", "value": "anna" }]);
    assert_eq!(trust.patch("Users/ann@trust.example", renamed).await.1["scimType"], "mutability");
    assert_eq!(trust.ask(Method::DELETE, "Users/ann@trust.example", None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(trust.get("Users/ann@trust.example").await.0, StatusCode::NOT_FOUND);
    assert_eq!(person(&home, "ann@trust.example")["state"], "removed");
    service.stop();
    let told =
        home.run(["--json", "audit", "query", "--actor", "directory/trust", "--limit", "100"]).exits(0);
    for action in ["user.add", "group.add", "user.set", "group.set", "user.remove", "user.list"] {
        assert!(told.stdout.contains(&format!("\"action\":\"{action}\"")), "{action}: {}", told.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_sees_and_changes_what_it_keeps_and_nothing_else() {
    let home = Home::new();
    let tokens = [token(&home, &["add", "north"]), token(&home, &["add", "south"])];
    home.run(["user", "add", "local", "--role", "administrator"]).exits(0);
    home.run(["group", "add", "admins", "--role", "administrator"]).exits(0);
    let service = Service::start(&home, &[]);
    let [north, south] = tokens.each_ref().map(|token| Directory::new(&home, &service, token));
    assert_eq!(north.post("Users", json!({ "userName": "nora" })).await.0, StatusCode::CREATED);
    assert_eq!(north.post("Groups", json!({ "displayName": "ours" })).await.0, StatusCode::CREATED);
    for other in ["Users/nora", "Users/local", "Groups/ours", "Groups/admins"] {
        assert_eq!(south.get(other).await.0, StatusCode::NOT_FOUND, "{other}");
        assert_eq!(south.ask(Method::DELETE, other, None).await.0, StatusCode::NOT_FOUND, "{other}");
        let operations = json!([{ "op": "replace", "value": { "displayName": "x" } }]);
        assert_eq!(south.patch(other, operations).await.0, StatusCode::NOT_FOUND, "{other}");
    }
    assert_eq!(south.get("Users?filter=userName%20eq%20%22nora%22").await.1["totalResults"], 0);
    assert_eq!(south.get("Users").await.1["totalResults"], 0);
    let members = json!([{ "value": "nora" }]);
    let (status, told) = south.post("Groups", json!({ "displayName": "theirs", "members": members })).await;
    assert_eq!((status, &told["scimType"]), (StatusCode::BAD_REQUEST, &json!("invalidValue")), "{told}");
    assert_eq!(south.get("Groups").await.1["totalResults"], 0, "what is refused leaves nothing");

    home.run(["directory", "adopt", "south", "local"]).exits(0);
    assert_eq!(south.get("Users/local").await.0, StatusCode::OK);
    home.run(["directory", "release", "local"]).exits(0);
    assert_eq!(south.get("Users/local").await.0, StatusCode::NOT_FOUND);
    service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_no_token_that_counts_is_refused_and_recorded() {
    let home = Home::new();
    let first = token(&home, &["add", "trust"]);
    let elsewhere = token(&home, &["add", "far", "--network", "192.0.2.0/24"]);
    let service = Service::start(&home, &[]);
    let with = |token: &str| Directory::new(&home, &service, token);
    for (token, why) in [("", "none"), ("wrong", "wrong"), (&elsewhere, "another network")] {
        for path in ["Users", "Users/ann", "Groups", "Schemas", "nothing"] {
            let (status, told) = with(token).get(path).await;
            assert_eq!((status, &told["status"]), (StatusCode::UNAUTHORIZED, &json!("401")), "{why}: {path}");
        }
    }
    let second = token(&home, &["token", "trust", "--overlap-hours", "0"]);
    assert_eq!(with(&first).get("Users").await.0, StatusCode::UNAUTHORIZED, "its time is over");
    assert_eq!(with(&second).get("Users").await.0, StatusCode::OK);
    home.run(["directory", "disable", "trust"]).exits(0);
    assert_eq!(with(&second).get("Users").await.0, StatusCode::UNAUTHORIZED);
    home.run(["directory", "enable", "trust"]).exits(0);
    assert_eq!(with(&second).get("Users").await.0, StatusCode::OK);
    let deny = home.beside("deny.cedar");
    let text = "@id(\"no-directories\") @because(\"They are asked for leave.\") forbid (principal is Directory, action, resource);";
    fs::write(&deny, text).unwrap();
    home.run(["policy", "set", "deny", deny.to_str().unwrap()]).exits(0);
    assert_eq!(with(&second).get("Users").await.0, StatusCode::FORBIDDEN);
    service.stop();
    let records = home.run(["--json", "audit", "query", "--outcome", "refused", "--limit", "100"]).exits(0);
    let anonymous =
        records.stdout.lines().filter(|line| line.contains("scim/v2") && line.contains("anonymous"));
    assert_eq!(anonymous.count(), 17, "{}", records.stdout);
    assert!(records.stdout.contains("directory/trust"), "{}", records.stdout);
}
