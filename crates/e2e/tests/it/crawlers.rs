//! Crawlers at the command line and by the clock: over a folder, and over a bucket of S3.

use crate::{
    clients,
    home::Home,
    service::{Service, until},
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

const PATIENT: &str = "{\"resourceType\":\"Patient\",\"id\":\"1\"}\n";

/// A home with a crawler over a folder, which stands beside it.
fn with_share(home: &Home, more: &[&str]) -> std::path::PathBuf {
    let share = home.beside("share");
    fs::create_dir_all(share.join("gp/2026-01-01")).unwrap();
    fs::write(share.join("gp/2026-01-01/patient.ndjson"), PATIENT).unwrap();
    home.run(["connection", "add", "share", "--folder", share.to_str().unwrap()]).exits(0);
    let add = ["crawler", "add", "gp", "--target", "share:gp", "--database", "gp"];
    home.run(add.iter().chain(more)).exits(0);
    share
}

#[test]
fn what_is_found_is_in_the_catalogue_and_not_in_sql() {
    let home = Home::new();
    let share = with_share(&home, &[]);
    let found: Value = home.run(["--json", "crawler", "run", "gp"]).exits(0).json();
    assert_eq!(found["tables"]["new"], serde_json::json!(["gp.patient"]));
    home.run(["catalog", "list"]).exits(0).says("gp.patient").says("fhir-ndjson");
    home.run(["catalog", "show", "gp.patient"]).exits(0).says("share:gp/{date}").says("2026-01-01");
    home.run(["sql", "select * from gp.patient"]).exits(1);
    fs::write(share.join("gp/2026-01-01/wards.csv"), "ward,beds\nx,4\n").unwrap();
    home.run(["crawler", "run", "gp"]).exits(0).says("new  gp.wards");
    fs::write(share.join("gp/2026-01-01/wards.csv"), "ward,beds,sister\nx,4,y\n").unwrap();
    home.run(["crawler", "run", "gp"]).exits(0).says("added: sister");
    home.run(["catalog", "show", "gp.wards"]).exits(0).says("version 2").says("sister");
    home.run(["crawler", "remove", "gp"]).exits(0);
    home.run(["catalog", "show", "gp.wards"]).exits(1);
}

#[test]
fn what_must_not_be_crawled_is_refused() {
    let home = Home::new();
    let (inside, above) = (home.path().join("zones"), home.path().parent().unwrap().to_owned());
    for folder in [inside, above, home.path()] {
        let add = ["connection", "add", "own", "--folder", folder.to_str().unwrap()];
        home.run(add).exits(1).says("that is not outside");
    }
    let s3 = ["connection", "add", "far", "--s3", "bucket", "--endpoint", "https://s3.example.org"];
    home.run(s3).exits(1).says("add it to [outside] hosts");
    home.tell(["connection", "add", "db", "--postgresql"], "postgres://jo:very-secret@db.example.org/x\n")
        .exits(1)
        .says("add it to [outside] hosts");
    let http =
        ["connection", "add", "far", "--s3", "bucket", "--endpoint", "http://127.0.0.1:80@s3.example.org/"];
    home.run(http).exits(1).says("the host s3.example.org may not be asked");
    home.tell(["connection", "add", "db", "--postgresql"], "\n")
        .exits(1)
        .says("nothing came by standard input");
    with_share(&home, &[]);
    for database in ["raw", "view", "urgent_care", "Gp"] {
        let add = ["crawler", "add", "x", "--target", "share", "--database", database];
        home.run(add).exits(1).says(database);
    }
    let add = |more: [&str; 2]| {
        home.run(["crawler", "add", "x", "--target", "share", "--database", "x"].iter().chain(&more)).exits(1)
    };
    add(["--include", "a[b"]).says("a[b");
    add(["--classifier", "none"]).says("there is no classifier");
    home.run(["connection", "remove", "share"]).exits(1).says("the crawler gp uses");
    home.run(["crawler", "run", "none"]).exits(1).says("no crawler none");
}

#[test]
fn the_clock_lets_a_crawler_crawl() {
    let home = Home::new();
    with_share(&home, &["--schedule", "* * * * *"]);
    let service = Service::start(&home, &[]);
    until("the crawler has run", || {
        let list = home.run(["--json", "crawler", "list"]).exits(0).json();
        list["last_state"] == "succeeded"
    });
    service.stop();
    home.run(["--json", "catalog", "list"]).exits(0).says("gp.patient");
}

/// A bucket, served by moto.
struct Bucket {
    child: Child,
    stdin: ChildStdin,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Bucket {
    fn start(clients: &Path) -> Self {
        let script = clients::script("s3.py");
        let mut command = Command::new(clients.join("python/bin/python"));
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.next().unwrap().unwrap();
        Self { stdin: child.stdin.take().unwrap(), child, lines, url }
    }

    fn remove(&mut self, key: &str) {
        writeln!(self.stdin, "{key}").unwrap();
        assert_eq!(self.lines.next().unwrap().unwrap(), "gone");
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_bucket_is_crawled_as_a_folder_is() {
    let Some(clients) = clients::installed() else { return };
    let mut bucket = Bucket::start(&clients);
    let home = Home::new();
    let url = bucket.url.clone();
    let add = ["connection", "add", "exports", "--s3", "exports", "--region", "eu-west-2"];
    let add: Vec<&str> = add.into_iter().chain(["--endpoint", &url, "--access-key-id", "id"]).collect();
    home.tell(&add, "a-secret-access-key\n").exits(0);
    home.run(["connection", "test", "exports"]).exits(0).says("it answers");
    home.run(["crawler", "add", "gp", "--target", "exports:gp", "--database", "gp"]).exits(0);
    home.run(["crawler", "run", "gp"]).exits(0).says("3 objects, 3 read");
    let patient = home.run(["--json", "catalog", "show", "gp.patient"]).exits(0).json();
    assert_eq!((&patient["objects"], &patient["place"]), (&2.into(), &"exports:gp/{date}".into()));
    home.run(["crawler", "run", "gp"]).exits(0).says("3 objects, 0 read");
    bucket.remove("gp/wards.csv");
    home.run(["crawler", "run", "gp"]).exits(0).says("gone  gp.wards");
    // The secret lies nowhere in plain.
    for file in [home.path().join("control/control.db"), home.path().join("control/control.db-wal")] {
        let bytes = fs::read(&file).unwrap_or_default();
        assert!(!bytes.windows(19).any(|window| window == b"a-secret-access-key"), "{}", file.display());
    }
}
