//! Bytes that somebody has changed: refused, and the error names what was changed.

use crate::{
    home::{Done, Home},
    inputs::{self, GP, TRUST},
};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

/// A home with some resources in it, and what its commands have left in the audit trail.
fn filled() -> Home {
    let home = Home::new();
    let [file, _] = inputs::halves(home.path().parent().unwrap(), GP);
    home.import(&file, GP).exits(0);
    home.run(["audit", "verify"]).exits(0);
    home
}

/// Flips one bit in the middle.
fn flip(object: &Path) {
    let mut bytes = fs::read(object).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(object, bytes).unwrap();
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap()
}

/// The objects of the chain that `role` has written.
fn chain(home: &Home, role: &str) -> (String, Vec<PathBuf>) {
    let mut objects = home.objects("zones/audit");
    let writer = |object: &PathBuf| name(object.parent().unwrap()).to_owned();
    let found = objects.iter().map(writer).find(|writer| writer.starts_with(&format!("{role}-"))).unwrap();
    objects.retain(|object| writer(object) == found);
    (found, objects)
}

#[test]
fn an_altered_audit_object_is_named_by_its_writer() {
    let home = filled();
    let (writer, objects) = chain(&home, "import");
    flip(&objects[0]);
    home.run(["audit", "verify"]).exits(1).says(&writer).says("from 0 on");
    let told = home.run(["--json", "audit", "verify"]).exits(1).json();
    assert_eq!(told["verified"], false);
    assert!(told["error"].as_str().unwrap().contains(&writer), "{told}");
}

#[test]
fn the_last_audit_object_is_missed() {
    let home = filled();
    let (writer, objects) = chain(&home, "import");
    fs::remove_file(objects.last().unwrap()).unwrap();
    home.run(["audit", "verify"]).exits(1).says(&writer).says("record ");
}

#[test]
fn two_audit_objects_in_each_others_place_are_refused() {
    let home = filled();
    let (writer, one) = chain(&home, "import");
    let (other_writer, other) = chain(&home, "init");
    let aside = home.beside("aside");
    fs::rename(&one[0], &aside).unwrap();
    fs::rename(&other[0], &one[0]).unwrap();
    fs::rename(&aside, &other[0]).unwrap();
    let done = home.run(["audit", "verify"]).exits(1);
    assert!(done.stderr.contains(&writer) || done.stderr.contains(&other_writer), "{}", done.stderr);
}

#[test]
fn an_object_that_nobody_wrote_is_foreign_to_the_trail() {
    let home = filled();
    let (_, objects) = chain(&home, "import");
    fs::write(objects[0].with_file_name("notes.txt"), "x").unwrap();
    home.run(["audit", "verify"]).exits(1).says("notes.txt");
}

#[test]
fn a_flipped_byte_in_landing_is_refused_by_name() {
    let home = Home::new();
    let [file, other] = inputs::halves(home.path().parent().unwrap(), GP);
    let arguments = ["import".as_ref(), file.as_os_str(), "--source".as_ref(), GP.as_ref()];
    let died = home.command(arguments).env("CARELAKE_FAILPOINT", "landing.register.after-commit").output();
    Done::from(died.unwrap()).aborted();
    let segments = home.objects("zones/landing");
    assert_eq!(segments.len(), 1);
    let whole = fs::read(&segments[0]).unwrap();
    flip(&segments[0]);
    home.import(&other, GP).exits(1).says("segment 1 of lane 1").says("not those that were registered");
    assert_eq!(home.number("select count(*) from catalog.tables"), 0);
    // With its own bytes again it is taken, and so is what waited behind it.
    fs::write(&segments[0], whole).unwrap();
    home.import(&file, GP).exits(0);
    assert_eq!(home.number("select count(distinct version_id) from raw.patient"), 2);
}

#[test]
fn a_flipped_byte_in_a_table_is_refused_by_name() {
    let home = filled();
    home.run(["mart", "build"]).exits(0);
    for (folder, query) in [
        ("zones/raw/patient", "select * from raw.patient"),
        ("zones/view/patient", "select * from view.patient"),
        ("zones/mart/long_term_conditions.persons", "select * from long_term_conditions.persons"),
    ] {
        let objects = home.objects(folder);
        // A checkpoint of the log is Parquet too; the rows are meant here.
        let data = objects.iter().find(|object| {
            object.extension() == Some("parquet".as_ref())
                && object.parent().is_none_or(|folder| name(folder) != "_delta_log")
        });
        let data = data.unwrap();
        home.run(["sql", query]).exits(0);
        let whole = fs::read(data).unwrap();
        flip(data);
        home.run(["sql", query]).exits(1).says(name(data));
        fs::write(data, whole).unwrap();
        home.run(["sql", query]).exits(0);
    }
}

#[test]
fn a_damaged_segment_of_one_source_does_not_hold_up_another() {
    let home = Home::new();
    let folder = home.beside("inputs");
    fs::create_dir(&folder).unwrap();
    let [gp, _] = inputs::halves(&folder, GP);
    let [trust, _] = inputs::halves(&folder, TRUST);
    // It is registered, and dies before it is published.
    let arguments = [OsStr::new("import"), gp.as_ref(), "--source".as_ref(), GP.as_ref()];
    let dying = home.command(arguments).env("CARELAKE_FAILPOINT", "landing.register.after-commit").output();
    Done::from(dying.unwrap()).aborted();
    let segment = home.objects("zones/landing").pop().unwrap();
    let whole = fs::read(&segment).unwrap();
    flip(&segment);
    home.import(&trust, TRUST).exits(0);
    home.run(["mart", "build"]).exits(0).says("segment 1 of lane");
    home.import(&gp, GP).exits(1).says("segment 1 of lane");
    fs::write(&segment, whole).unwrap();
    home.import(&gp, GP).exits(0);
    assert!(home.number(&format!("select count(*) from raw.patient where source = '{GP}'")) > 0);
}
