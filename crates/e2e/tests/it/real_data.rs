//! A home for real data: only with approvals that hold, and no simulated people in it.

use crate::home::Home;
use std::{fs, path::PathBuf};

pub(crate) fn approvals(home: &Home, expires: &str) -> PathBuf {
    let sections = ["ethics", "governance", "data_protection"]
        .map(|name| format!("[{name}]\nreference = \"REC 21/XX/0001\"\nexpires = \"{expires}\"\n"));
    let file = home.beside("approvals.toml");
    fs::write(&file, sections.concat()).unwrap();
    file
}

pub(crate) fn init(home: &Home, approvals: &std::path::Path) -> crate::home::Done {
    let arguments = ["init", "--data", "real", "--approvals"].map(AsRef::as_ref);
    home.run(arguments.into_iter().chain([approvals.as_os_str()]))
}

#[test]
fn real_data_needs_approvals_that_hold() {
    let home = Home::absent();
    home.run(["init", "--data", "real"]).exits(2).says("--approvals");
    init(&home, &home.beside("gone.toml")).exits(1).says("gone.toml");
    init(&home, &approvals(&home, "2020-01-01")).exits(1).says("`ethics` expired on 2020-01-01");
    init(&home, &approvals(&home, "soon")).exits(1).says("YYYY-MM-DD");
    let file = home.beside("partial.toml");
    fs::write(&file, "[ethics]\nreference = \"x\"\nexpires = \"2999-01-01\"\n").unwrap();
    init(&home, &file).exits(1).says("[data_protection]");
    assert!(!home.path().exists(), "a refused init left something behind");
}

#[test]
fn simulated_people_do_not_enter_a_home_for_real_data() {
    let home = Home::absent();
    init(&home, &approvals(&home, "2999-12-31")).exits(0).says("real");
    let out = home.beside("out");
    let simulate = ["simulate", "--patients", "1", "--output"].map(AsRef::as_ref);
    home.run(simulate.into_iter().chain([out.as_os_str()])).exits(1).says("real data");
    assert!(!out.exists(), "it has simulated before it refused");
    let keep = home.path();
    home.run(["demo", "--patients", "1", "--keep"].map(AsRef::as_ref).into_iter().chain([keep.as_os_str()]))
        .exits(1)
        .says("real data");
    home.run(["role", "assume", "auditor", "--why", "to look around"]).exits(0);
    home.run(["catalog", "list"]).exits(0).says("real");
    home.run(["audit", "verify"]).exits(0);
    let kinds = home.sql("select distinct detail from audit.records where action = 'init'");
    assert!(kinds[0]["detail"].as_str().unwrap().contains("real"), "{kinds:?}");
}
