//! The lake as four processes of four users, each with its keys and rights, and no others.

use crate::{
    console::Visitor,
    home::{Done, Home, carelake},
    inputs::{self, GP},
    provider::{Provider, Request},
    service::PATIENCE,
};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The users; nobody has to be registered under these numbers.
const USERS: [(&str, u32); 4] =
    [("gateway", 61_001), ("worker", 61_002), ("query", 61_003), ("keeper", 61_004)];

/// A home and four users that its processes run as.
struct Split {
    home: Home,
    binary: PathBuf,
}

impl Split {
    /// `None`, after saying so, where this test's own user cannot act as others.
    fn new() -> Option<Self> {
        let home = Home::new();
        let is_root = fs::metadata(home.path()).unwrap().uid() == 0;
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !is_root || !has("setfacl") || !has("setpriv") {
            eprintln!("passed over: processes of several users need root, setfacl and setpriv");
            return None;
        }
        // The users pass through the temporary folder, and run the binary that lies in it.
        let above = home.beside("");
        fs::set_permissions(&above, fs::Permissions::from_mode(0o711)).unwrap();
        let binary = home.beside("carelake");
        if fs::hard_link(carelake(), &binary).is_err() {
            fs::copy(carelake(), &binary).unwrap();
        }
        Some(Self { home, binary })
    }

    fn keys(&self, role: &str) -> PathBuf {
        self.home.beside(&format!("keys-{role}"))
    }

    fn give(&self) {
        for (role, user) in USERS {
            let keys = self.keys(role);
            let words =
                ["process", "give", role, "--keys", keys.to_str().unwrap(), "--user", &user.to_string()];
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
        std::thread::spawn(move || lines.read_to_string(&mut said));
        Process { child, address }
    }
}

struct Process {
    child: Child,
    address: Option<SocketAddr>,
}

impl Process {
    fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_of_four_users_are_a_lake() {
    let Some(split) = Split::new() else { return };
    let home = &split.home;
    let provider = Provider::add(home, GP);
    let ann = home.run(["--json", "user", "add", "ann", "--role", "engineer"]).exits(0).json();
    split.give();
    let running: BTreeMap<_, _> = USERS.into_iter().map(|(role, _)| (role, split.start(role))).collect();

    let gateway = running["gateway"].address.unwrap();
    let (_, token) = provider.token(gateway).await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let sent = inputs::resources(7, 20, GP);
    let request = Request::transaction(&sent.into_iter().filter(|sent| sent.before == 0).collect::<Vec<_>>());
    let (status, answer) = provider.send(gateway, token, &request).await.unwrap();
    assert!(status.is_success(), "{status} {answer}");
    let began = Instant::now();
    while home.number("select count(*) from view.patient") == 0 {
        assert!(began.elapsed() < PATIENCE, "the worker has not published");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    let visitor = Visitor::at(running["query"].address.unwrap());
    let cookie = visitor.sign_in("ann", ann["password"].as_str().unwrap()).await.unwrap();
    let (_, _, page) = visitor.send(visitor.get("/sql", &cookie)).await;
    let fields = [
        ("csrf", crate::console::csrf(&page)),
        ("sql", "select count(*) as people from raw.patient"),
        ("purpose", "quality"),
    ];
    let (status, _, page) = visitor.send(visitor.post("/sql", &cookie, &fields)).await;
    assert!(
        status.is_success() && page.contains("people") && !page.contains("went wrong"),
        "{status} {page}"
    );

    running.into_values().for_each(Process::stop);
    home.run(["audit", "verify"]).exits(0);
    let started = home.run(["--json", "audit", "query", "--action", "serve.start"]).exits(0).stdout;
    for (role, _) in USERS {
        assert!(started.contains(&format!("\"target\":\"{role}\"")), "{role}: {started}");
    }
}

#[test]
fn a_process_that_holds_or_reaches_more_than_its_row_does_not_start() {
    let Some(split) = Split::new() else { return };
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
