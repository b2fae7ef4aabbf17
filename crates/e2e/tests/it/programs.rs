//! Programs of models, as the keeper of a lake, whoever writes one, and a power cut see them.

use crate::{
    home::Home,
    inputs::{self, GP},
    service::{Service, until},
};
use std::{fs, path::PathBuf};

const MODEL: &str = "-- One row per person, with a score.
--
-- Program
--   run: python3 score.py
--   gives: person varchar, score int
-- Tests
--   unique: person
--   not null: person, score
select mart_person(id) as person, cast(substr(birth_month, 1, 4) as int) as year from view.patient";

const SCORE: &str = "import csv, sys, socket, os
try:
    socket.create_connection(('127.0.0.1', int(open('port').read())), 2)
    sys.exit('there is a way out')
except OSError:
    pass
if os.path.exists(open('home').read().strip()):
    sys.exit('there is a way to the lake')
out = csv.writer(sys.stdout)
out.writerow(['person', 'score'])
for row in csv.DictReader(sys.stdin):
    print('seen', row['person'], file=sys.stderr)
    out.writerow([row['person'], int(row['year'] or 0) % 10])
";

fn home() -> (Home, PathBuf) {
    let home = Home::new();
    let files = home.beside("files");
    fs::create_dir(&files).unwrap();
    let file = inputs::write(files.join("some.ndjson"), &inputs::resources(1, 12, GP));
    home.import(&file, GP).exits(0);
    let folder = home.beside("risk");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mart.toml"), "question = \"Who is at risk?\"").unwrap();
    (home, folder)
}

/// Names programs in the configuration, as the keeper of a lake does: none may be run before.
fn name_programs(home: &Home) {
    let file = home.path().join("carelake.toml");
    let before = fs::read_to_string(&file).unwrap();
    let allowed = "[programs]\nallow = [\"/usr/bin/python3\", \"/usr/bin/sh\"]\n";
    let after = before.replace("[programs]\nallow = []\n", allowed);
    assert_ne!(after, before);
    fs::write(&file, after).unwrap();
}

#[test]
fn a_program_that_the_keeper_allows_makes_a_table_and_reaches_nothing() {
    let (home, folder) = home();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let model = MODEL.replace("   gives", "   with: port, home\n--   gives");
    fs::write(folder.join("scores.sql"), model).unwrap();
    fs::write(folder.join("score.py"), SCORE).unwrap();
    fs::write(folder.join("port"), listener.local_addr().unwrap().port().to_string()).unwrap();
    fs::write(folder.join("home"), home.path().to_str().unwrap()).unwrap();
    let (folder, file) = (folder.to_str().unwrap(), folder.join("scores.sql"));
    home.run(["mart", "register", folder]).exits(1).says("names programs in `[programs] allow`");
    name_programs(&home);
    // Whoever writes it sees what it says.
    let shown = home.run(["mart", "preview", file.to_str().unwrap()]).exits(0);
    assert!(
        shown.stdout.contains("python3 score.py says:") && shown.stdout.contains("seen "),
        "{}",
        shown.stdout
    );
    let lines =
        home.run(["--json", "mart", "preview", file.to_str().unwrap(), "--rows", "2"]).exits(0).stdout;
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), lines[0]["rows"].clone()), (3, lines[2]["rows"].clone()));
    assert_eq!(lines[2]["first"].as_array().unwrap().len(), 2);
    // A service builds it; nothing that it said is kept.
    home.run(["mart", "register", folder]).exits(0);
    let service = Service::start(&home, &[("CARELAKE__WORKER__SCHEDULES", "false")]);
    home.run(["mart", "build", "risk"]).exits(0).says("by `python3 score.py`");
    let log = service.stop();
    assert!(!log.contains("seen "), "{log}");
    let patients = home.number("select count(*) from view.patient");
    assert!(patients > 0);
    assert_eq!(home.number("select count(*) from risk.scores where score between 0 and 9"), patients);
    // A policy of the lake's own keeps programs out.
    let policy = home.beside("own.cedar");
    let no = "@id(\"no-programs\") @because(\"No programs here.\")
        forbid (principal, action == Action::\"mart.program\", resource);";
    fs::write(&policy, no).unwrap();
    home.run(["policy", "set", "own", policy.to_str().unwrap()]).exits(0);
    for what in
        [["mart", "register", folder], ["mart", "diff", folder], ["mart", "preview", file.to_str().unwrap()]]
    {
        home.run(what).exits(1).says("No programs here");
    }
}

#[test]
fn a_service_that_is_killed_leaves_no_program_behind() {
    let (home, folder) = home();
    let mark = format!("endless-{}", std::process::id());
    let model = MODEL.replace("python3 score.py", &format!("sh endless.sh {mark}"));
    fs::write(folder.join("scores.sql"), model).unwrap();
    fs::write(folder.join("endless.sh"), "while :; do sleep 0.1; done").unwrap();
    name_programs(&home);
    home.run(["mart", "register", folder.to_str().unwrap()]).exits(0);
    home.run(["job", "run", "mart.risk", "--no-wait"]).exits(0);
    let service = Service::start(&home, &[("CARELAKE__WORKER__SCHEDULES", "false")]);
    // The walls are tied to the service before anything runs within them, and not in the moment before that.
    until("the program is at work", || alive(&mark).iter().any(|words| !words.starts_with("bwrap")));
    service.kill();
    until("the program is gone", || alive(&mark).is_empty());
}

/// The words of the processes that have `mark` among them.
fn alive(mark: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let words = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    words
        .map(|words| String::from_utf8_lossy(&words).into_owned())
        .filter(|words| words.contains(mark))
        .collect()
}
