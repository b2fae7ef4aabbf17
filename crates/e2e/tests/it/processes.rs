//! The lake as four processes of four users, each with its keys and rights, and no others.

use crate::{
    console::{Fields, Visitor, csrf},
    directory::Directory,
    home::{Done, Home, carelake},
    inputs::{self, GP},
    postgres::Postgres,
    provider::{Provider, Request},
    service::{PATIENCE, terminate},
};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// The users; nobody has to be registered under these numbers.
const USERS: [(&str, u32); 4] =
    [("gateway", 61_001), ("worker", 61_002), ("query", 61_003), ("keeper", 61_004)];

/// A home and four users that its processes run as.
struct Split {
    home: Home,
    binary: PathBuf,
    database: Option<Postgres>,
}

impl Split {
    /// `None`, after saying so, where this test's own user cannot act as others.
    fn new() -> Option<Self> {
        let home = Home::absent();
        let above = home.beside("");
        let is_root = fs::metadata(&above).unwrap().uid() == 0;
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !is_root || !has("setfacl") || !has("setpriv") {
            eprintln!("passed over: processes of several users need root, setfacl and setpriv");
            return None;
        }
        // The users pass through the temporary folder, and run the binary that lies in it.
        fs::set_permissions(&above, fs::Permissions::from_mode(0o711)).unwrap();
        let binary = home.beside("carelake");
        if fs::hard_link(carelake(), &binary).is_err() {
            fs::copy(carelake(), &binary).unwrap();
        }
        Some(Self { home, binary, database: None })
    }

    /// With the control database in a file.
    fn in_a_file() -> Option<Self> {
        let split = Self::new()?;
        split.home.run(["init"]).exits(0);
        Some(split)
    }

    /// With the control database in PostgreSQL, in which each process is a user of its own.
    fn in_postgres() -> Option<Self> {
        let split = Self::new()?;
        let database = Postgres::start(&split.home.beside("pg"))?;
        database.run("postgres", "CREATE DATABASE lake");
        for (role, _) in USERS {
            database.run("postgres", &format!("CREATE ROLE lake_{role} LOGIN"));
        }
        split.home.run(["init", "--control", &database.url("carelake", "lake")]).exits(0);
        Some(Self { database: Some(database), ..split })
    }

    /// What its database has refused or could not do.
    fn errors(&self) -> Vec<String> {
        self.database.iter().flat_map(Postgres::errors).collect()
    }

    fn keys(&self, role: &str) -> PathBuf {
        self.home.beside(&format!("keys-{role}"))
    }

    fn give(&self) {
        for (role, user) in USERS {
            let (keys, user, database_user) = (self.keys(role), user.to_string(), format!("lake_{role}"));
            let mut words = vec!["process", "give", role, "--keys", keys.to_str().unwrap(), "--user", &user];
            if self.database.is_some() {
                words.extend(["--database-user", &database_user]);
            }
            self.home.run(words).exits(0);
        }
    }

    /// The command as the user of `role`, with the keys of `keys`.
    fn command(&self, role: &str, keys: &str, words: &[&str]) -> Command {
        let (_, user) = USERS.into_iter().find(|(name, _)| *name == role).unwrap();
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups"]);
        command.arg(&self.binary).args(words).env_clear();
        command.env("CARELAKE_HOME", self.home.path()).env("CARELAKE__KEYS__FOLDER", self.keys(keys));
        command
            .env("CARELAKE__GATEWAY__LISTEN", "127.0.0.1:0")
            .env("CARELAKE__CONSOLE__LISTEN", "127.0.0.1:0");
        if let Some(database) = &self.database {
            command.env("CARELAKE__CONTROL__URL", database.url(&format!("lake_{role}"), "lake"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn refused(&self, role: &str, keys: &str, words: &[&str]) -> Done {
        Done::from(self.command(role, keys, words).output().unwrap()).exits(1)
    }

    fn start(&self, role: &str) -> Process {
        let mut child = self.command(role, role, &["serve", "--role", role]).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let (mut said, mut address) = (String::new(), None);
        while !said.contains("Ctrl-C stops") {
            let start = said.len();
            assert!(lines.read_line(&mut said).unwrap() > 0, "the {role} ended:\n{said}");
            let told = said[start..].split_once("https://").and_then(|(_, rest)| rest.split_once('/'));
            address = address.or(told.and_then(|(address, _)| address.parse().ok()));
        }
        let log = std::thread::spawn(move || {
            lines.read_to_string(&mut said).unwrap();
            said
        });
        Process { child, address, log: Some(log) }
    }
}

struct Process {
    child: Child,
    address: Option<SocketAddr>,
    log: Option<JoinHandle<String>>,
}

impl Process {
    /// Ends it as a service manager would, and gives back its log.
    fn stop(mut self) -> String {
        terminate(&mut self.child, self.log.take())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What somebody does at the console: who signs in, and the pages and forms that they open.
const DESK: [(&str, &[(&str, Fields)]); 3] = [
    (
        "engineer",
        &[
            ("/", &[]),
            ("/jobs", &[]),
            ("/runs", &[]),
            ("/catalogue", &[]),
            ("/table/view/patient", &[]),
            ("/table/view/patient/count", &[("go", "")]),
            ("/sql", &[("sql", "select count(*) as people from raw.patient"), ("purpose", "quality")]),
            ("/sql/save", &[("name", "people"), ("sql", "select 1"), ("shared", "yes")]),
            ("/query/people/forget", &[("go", "")]),
            ("/job/feeds.judge/run", &[("go", "")]),
            ("/job/mart.urgent_care/pause", &[("go", "")]),
            ("/job/mart.urgent_care/resume", &[("go", "")]),
            ("/health", &[]),
        ],
    ),
    ("auditor", &[("/audit", &[]), ("/alerts", &[]), ("/policies", &[])]),
    (
        "administrator",
        &[
            ("/providers", &[]),
            ("/provider/gp-elm-grove", &[]),
            ("/providers/new", &[("name", "gp-new"), ("auth", "secret"), ("scopes", "system/*.cu")]),
            ("/provider/gp-elm-grove/disable", &[("go", "")]),
            ("/provider/gp-elm-grove/enable", &[("go", "")]),
        ],
    ),
];

/// People sign in, look and change; nobody is told that something of the lake's own failed.
async fn people_work(split: &Split, console: SocketAddr) {
    let home = &split.home;
    for (role, pages) in DESK {
        let told = home.run(["--json", "user", "add", role, "--role", role]).exits(0).json();
        let password = told["password"].as_str().unwrap().to_owned();
        let visitor = Visitor::at(console);
        let cookie = if role == "engineer" {
            visitor.sign_in(role, &password).await.unwrap()
        } else {
            let device = home.run(["--json", "user", "device", role]).exits(0).json();
            visitor.sign_in_with(role, &password, device["recovery_codes"][0].as_str().unwrap()).await
        };
        let (_, _, page) = visitor.send(visitor.get("/", &cookie)).await;
        let token = csrf(&page).to_owned();
        for (path, fields) in pages {
            let sent: Vec<_> = fields.iter().copied().chain([("csrf", token.as_str())]).collect();
            let request = match fields {
                [] => visitor.get(path, &cookie),
                _ => visitor.post(path, &cookie, &sent),
            };
            let (status, _, page) = visitor.send(request).await;
            assert!(
                status.is_success() || status.is_redirection(),
                "{role} {path}: {status} {page} {:?}",
                split.errors()
            );
        }
    }
}

async fn are_a_lake(split: &Split) {
    let home = &split.home;
    let provider = Provider::add(home, GP);
    let trust = home.run(["--json", "directory", "add", "trust"]).exits(0).json();
    split.give();
    let running: BTreeMap<_, _> = USERS.into_iter().map(|(role, _)| (role, split.start(role))).collect();

    let gateway = running["gateway"].address.unwrap();
    let (_, token) = provider.token(gateway).await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let sent = inputs::resources(7, 20, GP).into_iter().filter(|sent| sent.before == 0).collect::<Vec<_>>();
    let (status, answer) = provider.send(gateway, token, &Request::transaction(&sent)).await.unwrap();
    assert!(status.is_success(), "{status} {answer} {:?}", split.errors());
    let began = Instant::now();
    while home.number("select count(*) from view.patient") == 0 {
        assert!(began.elapsed() < PATIENCE, "the worker has not published");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // Marts are made by themselves once there is something to make them of.
    while home.run(["sql", "select count(*) from urgent_care.pathways"]).status.code() != Some(0) {
        assert!(began.elapsed() < PATIENCE, "the worker has made no mart");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let console = running["query"].address.unwrap();
    people_work(split, console).await;
    let trust = Directory::at(home, console, trust["token"].as_str().unwrap());
    let added = trust.post("Users", serde_json::json!({ "userName": "ann" })).await;
    assert_eq!(added.0, 201, "{added:?}");
    let group = serde_json::json!({ "displayName": "team", "members": [{ "value": "ann" }] });
    assert_eq!(trust.post("Groups", group).await.0, 201);

    for (role, process) in running {
        let log = process.stop();
        assert!(!log.contains("ERROR") && !log.contains("denied"), "{role}: {log}");
    }
    home.run(["audit", "verify"]).exits(0);
    let started = home.run(["--json", "audit", "query", "--action", "serve.start"]).exits(0).stdout;
    for (role, _) in USERS {
        assert!(started.contains(&format!("\"target\":\"{role}\"")), "{role}: {started}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_of_four_users_are_a_lake() {
    let Some(split) = Split::in_a_file() else { return };
    are_a_lake(&split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_users_of_a_database_are_a_lake() {
    let Some(split) = Split::in_postgres() else { return };
    are_a_lake(&split).await;
    let database = split.database.as_ref().unwrap();
    let denied: Vec<_> = split.errors().into_iter().filter(|line| line.contains("denied")).collect();
    assert_eq!(denied, Vec::<String>::new());
    let serve = |role: &str| split.refused(role, role, &["serve", "--role", role]);
    database.run("lake", "GRANT SELECT ON person TO lake_worker");
    serve("worker").says("SELECT on person is too much");
    database.run("lake", "REVOKE SELECT ON provider FROM lake_gateway");
    serve("gateway").says("SELECT on provider is missing");
    database.run("postgres", "ALTER ROLE lake_keeper SUPERUSER");
    serve("keeper").says("DELETE on alert is too much");
}

#[test]
fn a_process_that_holds_or_reaches_more_than_its_row_does_not_start() {
    let Some(split) = Split::in_a_file() else { return };
    split.give();
    let serve = ["serve", "--role", "gateway"];
    // Another's keys, which its user could not read but for this.
    let lent = split.keys("worker");
    assert!(Command::new("chown").args(["-R", "61001"]).arg(&lent).status().unwrap().success());
    split.refused("gateway", "worker", &serve).says("it holds besides").says("zone/raw");
    // Whose user comes everywhere: root, with the process's own keys.
    let own = split.keys("gateway");
    assert!(Command::new("chown").args(["-R", "0"]).arg(&own).status().unwrap().success());
    let mut root = split.home.command(serve);
    let done = root.env("CARELAKE__KEYS__FOLDER", &own).output().unwrap();
    Done::from(done).exits(1).says("zone vault: its user can write there, and may do nothing there");
    assert!(Command::new("chown").args(["-R", "61001"]).arg(&own).status().unwrap().success());
    // The home's own keys, and another process's.
    let keys = split.home.path().join("keys");
    let mut command = split.command("gateway", "gateway", &serve);
    Done::from(command.env("CARELAKE__KEYS__FOLDER", &keys).output().unwrap()).exits(1).says("root.key");
    split.refused("gateway", "query", &serve).says("root.key");
    // One zone more, and one less.
    let rights = |entry: &str, zone: &str| {
        let path = split.home.path().join("zones").join(zone);
        assert!(Command::new("setfacl").args(["-m", entry]).arg(path).status().unwrap().success());
    };
    rights("u:61001:r-x", "link");
    split.refused("gateway", "gateway", &serve).says("zone link: its user can read there");
    rights("u:61001:---", "link");
    rights("u:61001:r-x", "landing");
    split
        .refused("gateway", "gateway", &serve)
        .says("zone landing: its user can read there, and has to write");
    // With its keys alone a user of the gateway asks nothing.
    rights("u:61001:rwx", "landing");
    split.refused("gateway", "gateway", &["sql", "select 1"]);
}
