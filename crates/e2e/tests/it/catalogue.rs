//! The catalogue as a data team keeps it: what tables are, and the lists that marts are joined with.

use crate::{
    home::{Done, Home},
    inputs::{self, GP},
    service::Service,
};
use serde_json::Value;
use std::fs;

/// A line of a file of the Organisation Data Service, with what is taken of it.
fn organisation(code: &str, name: &str, postcode: &str, closed: &str) -> String {
    let mut fields = vec![String::new(); 27];
    for (place, text) in [(1, code), (2, name), (10, postcode), (11, "19740401"), (12, closed), (26, "4")] {
        fields[place - 1] = format!("\"{text}\"");
    }
    fields.join(",")
}

#[test]
fn lists_of_their_publishers_are_loaded_joined_and_replaced() {
    let home = Home::new();
    let load = |name: &str, text: &str, more: &[&str]| {
        let file = home.beside(&format!("{name}.csv"));
        fs::write(&file, text).unwrap();
        home.run([&["reference", "load", name, file.to_str().unwrap()], more].concat())
    };
    let practices =
        ["Y00001", "Y00002"].map(|code| organisation(code, &format!("{code}, The Surgery"), "VA1 1AA", ""));
    load("organisations", &practices.join("\r\n"), &[]).exits(0).says("2 rows");
    let postcodes =
        "\u{feff}pcd,pcds,dointr,doterm,lad25cd,lsoa21cd\nVA1 1AA,VA1 1AA,198001,,E07000001,E01000001\n";
    load("postcodes", postcodes, &[]).exits(0);
    let deprivation = "LSOA code (2021),Index of Multiple Deprivation (IMD) Score,Index of Multiple Deprivation (IMD) Decile (where 1 is most deprived 10% of LSOAs)\nE01000001,41.250,2\n";
    load("deprivation", deprivation, &[]).exits(0);
    let joined = home.sql(
        "select o.name, o.opened, o.closed, p.district, d.imd_decile, d.imd_score
         from reference.organisations o join reference.postcodes p using (postcode)
         join reference.deprivation d on d.lsoa = p.lsoa_2021 order by o.code",
    );
    assert_eq!(joined.len(), 2);
    assert_eq!(joined[0]["name"], "Y00001, The Surgery");
    assert_eq!((&joined[0]["opened"], &joined[0]["district"]), (&"1974-04-01".into(), &"VA1".into()));
    assert_eq!(joined[0]["imd_decile"].to_string(), "2");
    assert!(joined[0]["closed"].is_null());

    // While a service is the worker, it publishes what is loaded; readers see the old list or the new one.
    let service = Service::start(&home, &[]);
    let closed = organisation("Y00001", "Y00001, The Surgery", "VA1 1AA", "20260930");
    load("organisations", &closed, &[]).exits(0).says("1 row");
    service.stop();
    let now = home.sql("select code, closed from reference.organisations");
    assert_eq!(now, [serde_json::json!({ "code": "Y00001", "closed": "2026-09-30" })]);

    // What is not such a list, or has no key, leaves the table as it is.
    load("organisations", "a,b\n1,2\n", &[]).exits(1).says("27 columns");
    let twice = format!("{closed}\n{closed}\n");
    load("organisations", &twice, &[]).exits(1).says("does not tell rows apart");
    load("organisations", "", &[]).exits(1);
    assert_eq!(home.sql("select count(*) as n from reference.organisations")[0]["n"].to_string(), "1");

    // A list of one's own.
    let wards = "Ward Code,Open beds\nA,12\nB,\n";
    let own = ["--key", "ward_code", "--column", "open_beds:integer:counted at noon"];
    load("wards", wards, &own).exits(0);
    assert_eq!(home.sql("select sum(open_beds) as n from reference.wards")[0]["n"].to_string(), "12");
    load("wards", "Ward Code,Open beds\nA,many\n", &own).exits(1).says("many");
    home.run(["catalog", "show", "reference.wards"]).exits(0).says("counted at noon").says("aggregate");
    let listed = home.run(["--json", "reference", "list"]).exits(0).stdout;
    assert_eq!(listed.lines().count(), 4, "{listed}");
    // The schema is nobody else's.
    home.run(["catalog", "create", "reference.x", "--place", "x", "--format", "csv", "--column", "a:Utf8"])
        .exits(1)
        .says("none of the lake's own");
    home.run(["audit", "verify"]).exits(0);
}

/// Weights as they come, in shape.
const WEIGHTS: &str = r#"
row = "One row per person and weight, in kilograms."
from = "view.observation"
person = "patient"

[columns]
value = "the weight (kg)"

[tests]
not_null = ["person"]
accepted.unit = ["kg"]

[[step]]
do = "keep"
columns = ["patient", "effective_time", "value_quantity", "value_unit"]

[[step]]
do = "rename"
columns = { value_quantity = "value", value_unit = "unit" }

[[step]]
do = "filter"
rows = "unit in ('kg', 'g', 'cm')"

[[step]]
do = "convert"
value = "value"
unit = "unit"
to = "kg"
factors = { g = "0.001" }

[[step]]
do = "filter"
rows = "value is not null"

[[step]]
do = "standardise"
columns = ["unit"]
form = "lower"

[[step]]
do = "deduplicate"
by = ["patient", "effective_time"]
newest = ["value"]
"#;

#[test]
fn a_load_whose_worker_dies_is_published_once_by_the_next() {
    let home = Home::new();
    let load = |text: &str| {
        let file = home.beside("wards.csv");
        fs::write(&file, text).unwrap();
        home.command(["reference", "load", "wards", file.to_str().unwrap(), "--key", "ward"])
    };
    Done::from(load("ward\nA\n").output().unwrap()).exits(0);
    // It dies between the table's log and the publication.
    let mut dying = load("ward\nA\nB\n");
    Done::from(dying.env("CARELAKE_FAILPOINT", "model.tables.after-commit").output().unwrap()).aborted();
    assert_eq!(home.number("select count(*) from reference.wards"), 1);
    // Whoever comes next takes the run over, then does its own.
    Done::from(load("ward\nA\nB\nC\n").output().unwrap()).exits(0);
    assert_eq!(home.number("select count(*) from reference.wards"), 3);
    let runs = home.run(["--json", "job", "runs", "reference.wards"]).exits(0).stdout;
    let states: Vec<Value> = runs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(states.len(), 3, "{runs}");
    assert!(states.iter().all(|run| run["state"] == "succeeded"), "{runs}");
}

#[test]
fn a_recipe_is_tried_on_a_sample_and_kept_as_a_model() {
    let home = Home::new();
    let weight = |id: &str, value: &str, unit: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":{{"reference":"Patient/p"}},
            "effectiveDateTime":"2024-05-0{id}T07:08:09Z","code":{{"coding":[{{"system":"http://loinc.org","code":"29463-7"}}]}},
            "valueQuantity":{{"value":{value},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{unit}"}}}}"#
        )
        .replace('\n', "")
    };
    let patient = r#"{"resourceType":"Patient","id":"p","gender":"female"}"#;
    let lines = [
        patient.to_owned(),
        weight("1", "70.125", "kg"),
        weight("2", "69250", "g"),
        weight("3", "170", "cm"),
    ];
    home.run(["provider", "add", GP]).exits(0);
    let file = home.beside("in.ndjson");
    fs::write(&file, lines.join("\n")).unwrap();
    home.run(["import", file.to_str().unwrap(), "--source", GP]).exits(0);
    let folder = home.beside("winter");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mart.toml"), "question = \"How heavy?\"").unwrap();
    let recipe = folder.join("weights.recipe.toml");
    fs::write(&recipe, WEIGHTS).unwrap();
    let steps = home.run(["--json", "mart", "preview", recipe.to_str().unwrap()]).exits(0).stdout;
    let steps: Vec<Value> = steps.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let counts: Vec<_> = steps.iter().map(|step| step["rows"].as_i64().unwrap()).collect();
    assert_eq!(counts, [3, 3, 3, 3, 3, 2, 2, 2]);
    assert_eq!(steps[4]["does"], "convert value to kg");
    home.run(["mart", "preview", recipe.to_str().unwrap()])
        .exits(0)
        .says("5. filter: value is not null: 2 rows");
    home.run(["mart", "preview", recipe.to_str().unwrap(), "--sql"]).exits(0).says("mart_person(");
    home.run(["mart", "register", folder.to_str().unwrap()]).exits(0);
    home.run(["mart", "build", "winter"]).exits(0);
    let made =
        home.sql("select value, unit, count(person) over () as people from winter.weights order by value");
    let made: Vec<_> =
        made.iter().map(|row| (row["value"].to_string(), row["unit"].as_str().unwrap())).collect();
    assert_eq!(made, [("69.25".to_owned(), "kg"), ("70.125".to_owned(), "kg")]);
    // Columns are followed to what they are computed from, and exported so.
    let shown = home.run(["--json", "catalog", "show", "winter.weights"]).exits(0).json();
    let of_value = serde_json::json!(["view.observation.value_quantity", "view.observation.value_unit"]);
    assert_eq!(shown["made_of"]["value"], of_value);
    let events = home.run(["catalog", "export", "openlineage"]).exits(0).stdout;
    assert!(events.contains("columnLineage") && events.contains("value_quantity"), "{events}");
    // What the recipe asks that cannot be is told by its file.
    fs::write(&recipe, WEIGHTS.replace("columns = [\"unit\"]", "columns = [\"colour\"]")).unwrap();
    home.run(["mart", "check", folder.to_str().unwrap()]).exits(1).says("colour");
}

#[test]
fn what_is_said_of_a_table_is_told_wherever_the_table_is() {
    let home = Home::new();
    let file = inputs::write(home.beside("in.ndjson"), &inputs::resources(7, 2, GP));
    home.import(&file, GP).exits(0);
    let described = [
        "catalog",
        "describe",
        "view.patient",
        "--owner",
        "data team",
        "--tag",
        "core",
        "--tag",
        "people",
        "--retention",
        "8 years",
        "--column",
        "gender=as the practice has it",
    ];
    home.run(described).exits(0);
    home.run(["catalog", "describe", "view.patient", "--untag", "people"]).exits(0);
    home.run(["catalog", "describe", "view.encounter", "--classification", "aggregate"]).exits(0);
    let shown = home.run(["--json", "catalog", "show", "view.patient"]).exits(0).json();
    assert_eq!((&shown["owner"], &shown["classification"]), (&"data team".into(), &"pseudonymised".into()));
    assert_eq!((&shown["tags"], &shown["retention"]), (&serde_json::json!(["core"]), &"8 years".into()));
    let gender =
        shown["columns"].as_array().unwrap().iter().find(|column| column["name"] == "gender").unwrap();
    assert_eq!(gender["description"], "as the practice has it");
    let tagged = home.run(["--json", "catalog", "list", "--tag", "core"]).exits(0).stdout;
    assert_eq!(tagged.lines().count(), 1, "{tagged}");
    // Exported with it.
    let dcat = home.run(["catalog", "export", "dcat"]).exits(0).stdout;
    assert!(dcat.contains("\"core\"") && dcat.contains("as the practice has it"));
    let hdruk = home.run(["catalog", "export", "hdruk"]).exits(0).stdout;
    assert!(hdruk.contains("\"core\""));
    // Taken back.
    home.run(["catalog", "describe", "view.patient", "--owner", "", "--column", "gender="]).exits(0);
    let shown = home.run(["--json", "catalog", "show", "view.patient"]).exits(0).json();
    assert!(shown["owner"].is_null());
    // What cannot be.
    home.run(["catalog", "describe", "view.nothing", "--owner", "x"]).exits(1).says("no table");
    home.run(["catalog", "describe", "view.patient", "--column", "ward=x"]).exits(1).says("no column `ward`");
    home.run(["catalog", "describe", "view.patient", "--tag", &"x".repeat(61)]).exits(1).says("tags");
    // One that lies outside too.
    home.run(["catalog", "create", "estates.wards", "--place", "x", "--format", "csv", "--column", "a:Utf8"])
        .exits(0);
    home.run(["catalog", "describe", "estates.wards", "--classification", "identifiable"]).exits(0);
    home.run(["catalog", "show", "estates.wards"]).exits(0).says("classification: identifiable");
    // Whose database no mart takes the name of.
    let folder = home.beside("estates");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mart.toml"), "question = \"What is there?\"").unwrap();
    fs::write(folder.join("wards.sql"), "-- One.\nselect 1 as one").unwrap();
    for what in ["check", "register"] {
        home.run(["mart", what, folder.to_str().unwrap()]).exits(1).says("holds tables that lie outside");
    }
}
