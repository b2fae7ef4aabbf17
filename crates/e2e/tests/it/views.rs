//! `carelake view`: SQL on FHIR over files, without a home.

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

#[test]
fn several_views_fill_a_folder_in_one_pass() {
    let nowhere = Home::absent();
    let resources = inputs::resources(3, 3, GP);
    let file = inputs::write(nowhere.beside("all.ndjson"), &resources);
    let file = file.to_str().unwrap();
    let encounter = view().replace("patient.json", "encounter.json");
    let out = nowhere.beside("tables");
    let out = out.to_str().unwrap();
    let told = nowhere
        .run(["--json", "view", "run", &view(), &encounter, file, "-o", out, "--format", "csv"])
        .exits(0);
    for (at, (name, resource)) in [("patient", "Patient"), ("encounter", "Encounter")].into_iter().enumerate()
    {
        let rows = resources.iter().filter(|sent| sent.resource_type == resource).count();
        assert_eq!(told.json()["views"][at]["rows"], rows, "{name}");
        let text = fs::read_to_string(Path::new(out).join(format!("{name}.csv"))).unwrap();
        assert_eq!(text.lines().count(), rows + 1, "{name}");
    }
    nowhere
        .run(["view", "run", &view(), &encounter, file, "-o", out])
        .exits(0)
        .says("tables/encounter.parquet");
    for (arguments, advice) in [
        (&[view().as_str(), &encounter, file][..], "-o FOLDER"),
        (&[&view(), &encounter, file, "-o", "rows.csv"], "several views need a folder"),
        (&[&view(), &view(), file, "-o", out], "two views are called `patient`"),
        (&[&view(), &encounter], "only ViewDefinitions"),
    ] {
        nowhere.run(["view", "run"].iter().chain(arguments)).exits(1).says(advice);
    }
}

#[test]
fn standard_input_is_known_by_its_first_bytes() {
    let nowhere = Home::absent();
    let patient = "{\"resourceType\":\"Patient\",\n\"id\":\"b\"}";
    let bundle = format!("{{\"resourceType\":\"Bundle\",\"entry\":[{{\"resource\":{patient}}}]}}");
    for text in [patient, &bundle] {
        let shown = nowhere.tell(["view", "run", &view(), "-"], text).exits(0);
        assert!(shown.stdout.starts_with("{\"id\":\"b\""), "{}", shown.stdout);
    }
}

#[test]
fn a_view_is_explained_and_suites_are_run() {
    let nowhere = Home::absent();
    nowhere
        .run(["view", "explain", &view()])
        .exits(0)
        .says("one row at most of each resource of type Patient");
    let told = nowhere.run(["--json", "view", "explain", &view()]).exits(0).json();
    assert_eq!((&told[0]["resource"], &told[0]["flat"]), (&"Patient".into(), &true.into()));
    let folder = nowhere.beside("suites");
    fs::create_dir(&folder).unwrap();
    let suite = |expect: &str| {
        format!(
            r#"{{"resources":[{{"resourceType":"Patient","id":"a"}}],"tests":[{{"title":"ids","expect":{expect},
            "view":{{"resource":"Patient","select":[{{"column":[{{"name":"id","path":"id"}}]}}]}}}}]}}"#
        )
    };
    fs::write(folder.join("ids.json"), suite(r#"[{"id":"a"}]"#)).unwrap();
    fs::write(folder.join("other.json"), "{}").unwrap();
    let folder_name = folder.to_str().unwrap();
    let report = nowhere.beside("report.json");
    nowhere
        .run(["view", "conformance", folder_name, "-o", report.to_str().unwrap()])
        .exits(0)
        .says("1 of 1 cases pass");
    let text: String = fs::read_to_string(report).unwrap().split_whitespace().collect();
    assert_eq!(text, r#"{"ids.json":{"tests":[{"name":"ids","result":{"passed":true}}]}}"#);
    fs::write(folder.join("ids.json"), suite("[]")).unwrap();
    let failed = nowhere.run(["--json", "view", "conformance", folder_name]).exits(1).json();
    assert_eq!(failed["ids.json"]["tests"][0]["result"]["passed"], false);
}

#[test]
fn views_are_measured_by_the_binary_alone() {
    let nowhere = Home::absent();
    let work = nowhere.beside("bench");
    let work = work.to_str().unwrap();
    let told = nowhere
        .run(["--json", "bench", "views", "--megabytes", "1", "--rounds", "1", "--work", work])
        .exits(0)
        .json();
    let views = told["views"].as_array().unwrap();
    assert_eq!(views.len(), 4);
    for view in views {
        assert!(view["rows"].as_u64().unwrap() >= view["resources"].as_u64().unwrap(), "{view}");
        assert!(view["resources_per_second"].as_f64().unwrap() > 0.0, "{view}");
    }
    assert_eq!(told["views_together"], 10);
    assert!(views[3]["rows"].as_u64().unwrap() > views[0]["rows"].as_u64().unwrap());
    assert!(told["machine"]["cores"].as_u64().unwrap() > 0);
    nowhere.run(["bench", "views", work, "--megabytes", "1", "--rounds", "1"]).exits(0).says("Beside DuckDB");
    nowhere
        .run(["bench", "views", nowhere.beside(".").to_str().unwrap()])
        .exits(1)
        .says("Observation.ndjson");
}
