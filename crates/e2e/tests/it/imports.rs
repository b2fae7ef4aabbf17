//! What an import understands: packed files, references into other files, and entries that hold nothing.

use crate::{
    home::Home,
    inputs::{self, GP},
    rows::Rows,
};
use serde_json::json;
use std::{fs, process::Command};

#[test]
fn packed_files_come_in_as_plain_ones_do() {
    let home = Home::new();
    let plain = inputs::write(home.beside("plain.ndjson"), &inputs::resources(3, 1, GP));
    for (program, arguments) in [("gzip", &["-k"][..]), ("zstd", &["-q"])] {
        let packed = Command::new(program).args(arguments).arg(&plain).status().unwrap();
        assert!(packed.success(), "{program}");
    }
    let undisturbed = home.copy();
    undisturbed.import(&plain, GP).exits(0);
    let undisturbed = Rows::of(&undisturbed);
    for ending in ["gz", "zst"] {
        let copy = home.copy();
        copy.import(&home.beside(&format!("plain.ndjson.{ending}")), GP).exits(0);
        Rows::of(&copy).same_as(&undisturbed);
    }
}

#[test]
fn references_lead_into_other_files_those_imported_before_included() {
    let home = Home::new();
    let folder = home.beside("bundles");
    fs::create_dir(&folder).unwrap();
    let gmc = "https://fhir.hl7.org.uk/Id/gmc-number";
    let uuid = "5f0bd9a1-0f04-4b5e-8b3f-2a36e5a2f4c1";
    let staff = json!({ "resourceType": "Bundle", "type": "collection", "entry": [
        { "resource": { "resourceType": "Practitioner", "id": "who", "identifier": [{ "system": gmc, "value": "c7" }] } },
        { "fullUrl": format!("urn:uuid:{uuid}"), "resource": { "resourceType": "Patient" } },
    ] });
    let encounter = |id: &str, practitioner: &str| {
        json!({ "resourceType": "Bundle", "type": "collection", "entry": [{ "resource": {
            "resourceType": "Encounter", "id": id, "status": "finished",
            "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" },
            "subject": { "reference": format!("urn:uuid:{uuid}") },
            "participant": [{ "individual": { "reference": practitioner } }],
        } }] })
    };
    fs::write(folder.join("1.json"), staff.to_string()).unwrap();
    home.import(&folder, GP).exits(0);
    fs::write(
        folder.join("2.json"),
        encounter("known", &format!("Practitioner?identifier={gmc}|c7")).to_string(),
    )
    .unwrap();
    fs::write(
        folder.join("3.json"),
        encounter("unknown", &format!("Practitioner?identifier={gmc}|c8")).to_string(),
    )
    .unwrap();
    let report = home.import(&folder, GP).exits(0).json();
    assert_eq!(report["skipped_files"], 1);
    assert_eq!(report["unresolved_references_to_vault"], 1);
    assert_eq!(report["conditional_references_to_vault"], 1);
    let joined = "select count(*) from raw.encounter e join raw.patient p on e.patient = p.id";
    assert_eq!(home.number(joined), 2);
    let led = "select count(*) from raw.encounter e join raw.practitioner p on e.resource like '%Practitioner/' || p.id || '%'";
    assert_eq!(home.number(led), 1);
}

#[test]
fn an_entry_that_holds_nothing_to_store_is_rejected_by_its_place() {
    let home = Home::new();
    let bundle = json!({ "resourceType": "Bundle", "type": "batch", "entry": [
        { "request": { "method": "DELETE", "url": "Patient/a" } },
        { "resource": { "resourceType": "Patient", "id": "a" }, "request": { "method": "PUT", "url": "Patient/a" } },
    ] });
    let file = home.beside("bundle.json");
    fs::write(&file, bundle.to_string()).unwrap();
    let report = home.import(&file, GP).exits(1).json();
    let count = |name: &str| report["total"][name].as_u64().unwrap();
    assert_eq!((count("read"), count("created"), count("rejected")), (2, 1, 1), "{report}");
    assert_eq!(report["rejected"][0]["place"], "entry 0");
}

#[test]
fn the_same_files_in_another_order_make_the_same_rows() {
    const FILES: usize = 6;
    let home = Home::new();
    let all: Vec<_> = inputs::resources(3, 3, GP).into_iter().filter(|sent| sent.before == 0).collect();
    let copies = [false, true].map(|reversed| {
        let copy = home.copy();
        let folder = copy.beside("files");
        fs::create_dir(&folder).unwrap();
        for (at, part) in all.chunks(all.len().div_ceil(FILES)).enumerate() {
            let name = if reversed { FILES - at } else { at };
            inputs::write(folder.join(format!("{name}.ndjson")), part);
        }
        copy.import(&folder, GP).exits(0);
        copy
    });
    Rows::of(&copies[1]).same_as(&Rows::of(&copies[0]));
}
