//! Jobs, as a data engineer and as a power cut see them.

use crate::{
    chance::{self, Chance},
    home::Home,
    inputs::{self, GP},
    service::{Service, until},
};
use std::{collections::BTreeSet, ffi::OsStr, fs, path::PathBuf, thread, time::Duration};

/// Some seconds of work.
const SLOW: &str = "-- One row for each part of a count that takes its time.
--
-- Columns
--   part: which
--   n: how many
--
-- Tests
--   unique: part
--   none: select * from this where n <> 2000000
select p.value as part, sum(case when (a.value * b.value) % 7 < 9 then 1 else 0 end) as n
from generate_series(1, 5) p cross join generate_series(1, 2000) a cross join generate_series(1, 1000) b
group by p.value
";

fn mart(home: &Home, name: &str, sql: &str) -> PathBuf {
    let folder = home.beside(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("mart.toml"), "question = \"How many?\"\n[job]\nretries = 20\n").unwrap();
    fs::write(folder.join("counts.sql"), sql).unwrap();
    folder
}

fn register(home: &Home, folder: &PathBuf) -> crate::home::Done {
    home.run([OsStr::new("mart"), "register".as_ref(), folder.as_ref()])
}

fn runs(home: &Home, job: &str) -> Vec<serde_json::Value> {
    let listed = home.run(["--json", "job", "runs", job, "--limit", "500"]).exits(0);
    listed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_failed_test_is_read_mended_and_tried_again() {
    let home = Home::new();
    let folder = home.beside("files");
    fs::create_dir(&folder).unwrap();
    let file = inputs::write(folder.join("some.ndjson"), &inputs::resources(20, 1, GP));
    home.import(&file, GP).exits(0);
    let wrong = "-- One.\n--\n-- Tests\n--   none: select * from this where n > 0\nselect count(*) as n from view.observation";
    let folder = mart(&home, "winter", wrong);
    register(&home, &folder).exits(0).says("registered");
    home.run(["mart", "build", "winter"]).exits(1);
    home.run(["job", "list"]).exits(0).says("failed");
    let failed = runs(&home, "mart.winter").remove(0);
    let id = failed["id"].to_string();
    home.run(["job", "logs", &id]).exits(0).says("does not hold");
    home.run(["sql", "select * from winter.counts"]).exits(1);
    fs::write(folder.join("counts.sql"), wrong.replace("n > 0", "n < 0")).unwrap();
    register(&home, &folder).exits(0);
    home.run(["job", "retry", &id]).exits(0).says("1 rows in 1 table");
    assert!(home.number("select n from winter.counts") > 0);
    let broken = wrong.replace("view.observation", "view.nowhere");
    fs::write(folder.join("counts.sql"), broken).unwrap();
    let refused = register(&home, &folder).exits(1);
    assert!(
        refused.stderr.contains("counts.sql") && refused.stderr.contains("nowhere"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_running_service_does_what_commands_queue_and_ends_what_they_cancel() {
    let home = Home::new();
    // Long enough that it is at work still when it hears that it is cancelled, on a fast machine too.
    let slower = SLOW.replace("(1, 2000)", "(1, 12000)").replace("2000000", "12000000");
    register(&home, &mart(&home, "slow", &slower)).exits(0);
    let service = Service::start(&home, &[("CARELAKE__WORKER__SCHEDULES", "false")]);
    home.run(["mart", "build", "slow"]).exits(0).says("slow.counts");
    home.run(["job", "run", "mart.slow", "--no-wait"]).exits(0).says("is queued");
    let newest = || runs(&home, "mart.slow").remove(0);
    until("the run is at work", || newest()["state"] == "running");
    home.run(["job", "cancel", &newest()["id"].to_string()]).exits(0);
    until("the run is cancelled", || newest()["state"] == "cancelled");
    service.stop();
}

#[test]
fn a_service_that_is_killed_at_any_time_leaves_each_run_ended_once() {
    let home = Home::new();
    register(&home, &mart(&home, "slow", SLOW)).exits(0);
    let mut chance = Chance::new("jobs");
    let settings = [("CARELAKE__WORKER__SCHEDULES", "false")];
    for _ in 0..chance::kills() {
        home.run(["job", "run", "mart.slow", "--no-wait"]).exits(0);
        let service = Service::start(&home, &settings);
        thread::sleep(Duration::from_millis(chance.below(9_000)));
        service.kill();
    }
    let service = Service::start(&home, &settings);
    let over = |run: &serde_json::Value| {
        ["succeeded", "failed", "cancelled"].contains(&run["state"].as_str().unwrap())
    };
    until("every run is over", || runs(&home, "mart.slow").iter().all(over));
    service.stop();
    let runs = runs(&home, "mart.slow");
    assert!(runs.iter().all(|run| run["state"] == "succeeded"), "{runs:#?}");
    let published: BTreeSet<_> = runs.iter().map(|run| run["commit_seq"].as_i64().unwrap()).collect();
    assert_eq!(published.len(), runs.len(), "each run has published once");
    assert_eq!(home.number("select count(*) from slow.counts"), 5);
    assert_eq!(home.number("select count(*) from slow.counts where n = 2000000"), 5);
    home.run(["audit", "verify"]).exits(0);
}
