//! The catalogue as a data team keeps it: what tables are, and the lists that marts are joined with.

use crate::{
    home::Home,
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

fn rows(home: &Home, sql: &str) -> Vec<Value> {
    let told = home.run(["--json", "sql", sql]).exits(0).stdout;
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
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
    let joined = rows(
        &home,
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
    let now = rows(&home, "select code, closed from reference.organisations");
    assert_eq!(now, [serde_json::json!({ "code": "Y00001", "closed": "2026-09-30" })]);

    // What is not such a list, or has no key, leaves the table as it is.
    load("organisations", "a,b\n1,2\n", &[]).exits(1).says("27 columns");
    let twice = format!("{closed}\n{closed}\n");
    load("organisations", &twice, &[]).exits(1).says("does not tell rows apart");
    load("organisations", "", &[]).exits(1);
    assert_eq!(rows(&home, "select count(*) as n from reference.organisations")[0]["n"].to_string(), "1");

    // A list of one's own.
    let wards = "Ward Code,Open beds\nA,12\nB,\n";
    let own = ["--key", "ward_code", "--column", "open_beds:integer:counted at noon"];
    load("wards", wards, &own).exits(0);
    assert_eq!(rows(&home, "select sum(open_beds) as n from reference.wards")[0]["n"].to_string(), "12");
    load("wards", "Ward Code,Open beds\nA,many\n", &own).exits(1).says("many");
    home.run(["catalog", "show", "reference.wards"]).exits(0).says("counted at noon");
    let listed = home.run(["--json", "reference", "list"]).exits(0).stdout;
    assert_eq!(listed.lines().count(), 4, "{listed}");
    // The schema is nobody else's.
    home.run(["catalog", "create", "reference.x", "--place", "x", "--format", "csv", "--column", "a:Utf8"])
        .exits(1)
        .says("none of the lake's own");
    home.run(["audit", "verify"]).exits(0);
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
}
