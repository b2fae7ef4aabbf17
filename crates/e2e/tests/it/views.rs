//! `carelake view run`: SQL on FHIR over files, without a home.

use crate::{
    home::Home,
    inputs::{self, GP},
};
use std::{fs, path::Path};

fn view() -> String {
    let views = Path::new(env!("CARGO_MANIFEST_DIR")).join("../views/builtin");
    views.join("patient.json").display().to_string()
}

#[test]
fn a_view_makes_the_same_rows_in_every_form() {
    let nowhere = Home::absent();
    let resources = inputs::resources(3, 3, GP);
    let patients = resources.iter().filter(|sent| sent.resource_type == "Patient").count();
    let file = inputs::write(nowhere.beside("all.ndjson"), &resources);
    let file = file.to_str().unwrap();
    let shown = nowhere.run(["view", "run", &view(), file]).exits(0);
    assert_eq!(shown.stdout.lines().count(), patients);
    for (name, lines) in [("rows.ndjson", patients), ("rows.csv", patients + 1)] {
        let out = nowhere.beside(name);
        let told =
            nowhere.run(["--json", "view", "run", &view(), file, "-o", out.to_str().unwrap()]).exits(0);
        assert_eq!(told.json()["rows"], patients);
        assert_eq!(told.json()["resources"], resources.len());
        assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), lines, "{name}");
    }
    for (name, mark) in [("rows.parquet", &b"PAR1"[..]), ("rows.arrow", b"ARROW1")] {
        let out = nowhere.beside(name);
        nowhere
            .run(["view", "run", &view(), file, "-o", out.to_str().unwrap()])
            .exits(0)
            .says("rows of Patient");
        assert!(fs::read(&out).unwrap().starts_with(mark), "{name}");
    }
    assert!(!nowhere.path().exists(), "it made a home");
}

#[test]
fn what_cannot_be_read_is_told_by_its_place() {
    let nowhere = Home::absent();
    let file = nowhere.beside("bad.ndjson");
    fs::write(&file, "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\n").unwrap();
    let file = file.to_str().unwrap();
    nowhere.run(["view", "run", &view(), file]).exits(1).says("bad.ndjson:2");
    nowhere.run(["view", "run", file, file]).exits(1).says("bad.ndjson");
    nowhere.run(["view", "run", &view(), file, "-o", "rows.txt"]).exits(1).says(".parquet");
    let wrong = nowhere.tell(["view", "run", &view(), "-"], "{\"resourceType\":\"Patient\",\"id\":\"b\"}\n");
    assert!(wrong.exits(0).says("1 rows").stderr.contains("resources/s"));
}
