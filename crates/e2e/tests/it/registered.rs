//! `carelake view register`, `list` and `remove`.

use crate::{
    home::Home,
    inputs::{self, GP},
    service::{Service, until},
};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

pub(crate) const CODES: &str = r#"{"resourceType":"ViewDefinition","name":"codes","status":"active","resource":"Observation",
    "select":[{"column":[{"name":"id","path":"id"}]},{"forEach":"code.coding","column":[{"name":"code","path":"code"}]}]}"#;

/// The same name with a column more.
pub(crate) const CODES_AGAIN: &str = r#"{"resourceType":"ViewDefinition","name":"codes","status":"active","resource":"Observation",
    "select":[{"column":[{"name":"id","path":"id"},{"name":"status","path":"status"}]},
    {"forEach":"code.coding","column":[{"name":"code","path":"code"}]}]}"#;

pub(crate) fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    fs::write(&file, text).unwrap();
    file
}

/// Where the newest registration of a view stands.
pub(crate) fn state(home: &Home, name: &str) -> String {
    let listed = home.run(["--json", "view", "list"]).exits(0);
    let mut views =
        listed.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let last = views.rfind(|view| view["name"] == name);
    last.map(|view| view["state"].as_str().unwrap().to_owned()).unwrap_or_default()
}

/// How many rows the definition makes of what raw holds, by the engine alone.
fn over_raw(home: &Home, definition: &Path) -> usize {
    let raw = home.run(["sql", "select resource from raw.observation", "--format", "json"]).exits(0);
    let lines = raw.stdout.lines().filter(|line| !line.is_empty()).map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        format!("{}\n", row["resource"].as_str().unwrap())
    });
    let file = home.beside("raw.ndjson");
    fs::write(&file, lines.collect::<String>()).unwrap();
    let arguments = [OsStr::new("view"), "run".as_ref(), definition.as_ref(), file.as_ref()];
    home.run(arguments).exits(0).stdout.lines().count()
}

#[test]
fn a_view_is_registered_listed_and_removed() {
    let home = Home::new();
    let folder = home.beside("inputs");
    fs::create_dir(&folder).unwrap();
    let [first, second] = inputs::halves(&folder, GP);
    home.import(&first, GP).exits(0);
    let file = write(&folder, "codes.json", CODES);
    let register = |file: &Path| home.run([OsStr::new("view"), "register".as_ref(), file.as_ref()]);

    register(&file).exits(0).says("The view codes is built: 1 of 1 slices");
    let seen = || home.number("select count(*) from view.codes");
    assert_eq!(seen(), over_raw(&home, &file) as i64);
    home.import(&second, GP).exits(0);
    assert!(seen() > 10);
    assert_eq!(seen(), over_raw(&home, &file) as i64);
    home.run(["view", "list"]).exits(0).says("Observation");
    assert_eq!(state(&home, "codes"), "current");
    home.run(["job", "runs"]).exits(0).says("view-build");
    home.run(["catalog", "show", "view.codes"]).exits(0).says("over Observation resources");

    let again = write(&folder, "again.json", CODES_AGAIN);
    register(&again).exits(0);
    assert!(home.sql("select status from view.codes").len() as i64 == seen());

    home.run(["view", "remove", "codes"]).exits(0).says("is removed");
    home.run(["sql", "select * from view.codes"]).exits(1);
    assert_eq!(state(&home, "codes"), "");
    home.run(["view", "remove", "codes"]).exits(1).says("no registered view `codes`");
    home.run(["view", "remove", "patient"]).exits(1).says("built-in");
    for action in ["view.register", "view.build", "view.remove"] {
        home.run(["audit", "query", "--action", action]).exits(0).says("codes");
    }
    home.run(["audit", "verify"]).exits(0);
}

#[test]
fn a_definition_that_cannot_be_a_table_is_refused_with_a_sentence() {
    let home = Home::new();
    let register = |text: &str| {
        let file = write(&home.path(), "view.json", text);
        home.run([OsStr::new("view"), "register".as_ref(), file.as_ref()]).exits(1)
    };
    register("{").says("it is no JSON");
    register(&CODES.replace("\"path\":\"id\"", "\"path\":\"id(\"")).says("select[0].column[0].path");
    register(&CODES.replace("\"codes\"", "\"my-codes\"")).says("name");
    register(&CODES.replace("\"codes\"", "\"Codes\"")).says("write it small");
    register(&CODES.replace("\"codes\"", "\"observation\"")).says("built-in");
    assert_eq!(state(&home, "codes"), "");
}

#[test]
fn a_running_service_builds_and_removes_views() {
    let home = Home::new();
    let folder = home.beside("inputs");
    fs::create_dir(&folder).unwrap();
    let [first, _] = inputs::halves(&folder, GP);
    home.import(&first, GP).exits(0);
    let file = write(&folder, "codes.json", CODES);
    let service = Service::start(&home, &[("CARELAKE__WORKER__IDLE_MS", "50")]);
    home.run([OsStr::new("view"), "register".as_ref(), file.as_ref()]).exits(0);
    until("the view", || state(&home, "codes") == "current");
    assert_eq!(home.number("select count(*) from view.codes"), over_raw(&home, &file) as i64);
    home.run(["view", "remove", "codes"]).exits(0);
    until("its end", || state(&home, "codes").is_empty());
    home.run(["sql", "select * from view.codes"]).exits(1);
    service.stop();
}
