//! The audit trail as an auditor, a custodian and an operator in trouble meet it.

use crate::{
    home::Home,
    inputs::{self, GP, TRUST},
    provider::{Provider, Request},
    real_data::{approvals, init},
    service::Service,
};
use reqwest::StatusCode;
use serde_json::Value;
use std::{fs, path::PathBuf};

/// A home with data of two sources.
fn filled() -> Home {
    let home = Home::new();
    let folder = home.beside("inputs");
    fs::create_dir(&folder).unwrap();
    home.import(&inputs::halves(&folder, GP)[0], GP).exits(0);
    home.import(&inputs::halves(&folder, TRUST)[0], TRUST).exits(0);
    home
}

/// The newest checkpoint, in a file.
fn kept(home: &Home, name: &str) -> PathBuf {
    let file = home.beside(name);
    fs::write(&file, home.run(["audit", "checkpoint"]).exits(0).stdout).unwrap();
    file
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_archive_is_proved_offline_with_the_public_key_alone() {
    let home = filled();
    let checkpoint = kept(&home, "kept.txt");
    let archive = home.beside("archive");
    let archived = home
        .run(["--json".as_ref(), "audit".as_ref(), "archive".as_ref(), archive.as_os_str()])
        .exits(0)
        .json();
    let key = archived["key"].as_str().unwrap().to_owned();
    // Nothing of the home is needed.
    let elsewhere = Home::absent();
    let verify = |more: &[&str]| {
        let base = ["audit", "verify", "--archive", archive.to_str().unwrap(), "--key", &key];
        elsewhere.run(base.iter().chain(more))
    };
    let with = ["--checkpoint", checkpoint.to_str().unwrap()];
    verify(&[]).exits(0).says("internally consistent").says("not witnessed");
    verify(&with).exits(0).says("It is complete until");
    elsewhere
        .run(["audit", "verify", "--archive", archive.to_str().unwrap(), "--key", "x"])
        .exits(1)
        .says("--key");

    // A writer that is gone, and with it all checkpoints: only who kept one can tell.
    let writers = fs::read_dir(&archive).unwrap().map(|entry| entry.unwrap().path());
    let import = writers.into_iter().find(|path| path.to_str().unwrap().contains("/import-")).unwrap();
    fs::remove_dir_all(import).unwrap();
    verify(&[]).exits(1).says("cut off");
    fs::remove_dir_all(archive.join("_checkpoints")).unwrap();
    verify(&[]).exits(0).says("not witnessed");
    verify(&with).exits(1).says("records that the trail no longer has");
    // What was removed is brought back by the next archive.
    home.run(["audit".as_ref(), "archive".as_ref(), archive.as_os_str()]).exits(0);
    verify(&with).exits(0);
}

#[test]
fn proving_resumes_and_every_record_conforms() {
    let home = filled();
    let whole = home.run(["--json", "audit", "verify"]).exits(0).json();
    let checkpoint = kept(&home, "kept.txt");
    home.run(["audit", "verify"]).exits(0);
    let resumed = home.run(["--json", "audit", "verify", "--resume"]).exits(0).json();
    assert!(resumed["records"].as_u64() < whole["records"].as_u64(), "{resumed} {whole}");
    let profiles = home.run(["audit", "verify", "--profiles", "--checkpoint", checkpoint.to_str().unwrap()]);
    profiles.exits(0).says(" 0 do not conform");
    // A checkpoint of another lake is none of this one.
    let other = kept(&Home::new(), "other.txt");
    fs::copy(&other, home.beside("other.txt")).ok();
    let foreign =
        home.run(["audit".as_ref(), "verify".as_ref(), "--checkpoint".as_ref(), checkpoint.as_os_str()]);
    foreign.exits(0);
}

#[test]
fn queries_tell_their_tables_and_columns_and_no_values() {
    let home = filled();
    let query = "select o.patient, o.code from view.observation o join view.patient p on o.patient = p.id \
                 where o.code <> 'canary-9943476919' and p.birth_month > '1901-02' limit 3";
    let found = home.run(["sql", query, "--format", "json"]);
    found.exits(0);
    let told = home.run(["--json", "audit", "query", "--action", "sql"]).exits(0).stdout;
    assert!(!told.contains("canary-9943476919") && !told.contains("1901-02"), "{told}");
    let told = lines(&told)
        .into_iter()
        .find(|line| line["detail"]["statement"].as_str().unwrap().contains("JOIN"))
        .unwrap();
    assert!(told["detail"]["statement"].as_str().unwrap().contains("<> ?"), "{told}");
    let tables: Vec<_> = told["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| (table["table"].as_str().unwrap(), &table["columns"]))
        .collect();
    assert_eq!(tables.len(), 2, "{told}");
    assert_eq!(tables[0], ("view.observation", &serde_json::json!(["code", "patient"])));
    assert_eq!(tables[1], ("view.patient", &serde_json::json!(["birth_month", "id"])));
    assert!(!told["patients"].as_array().unwrap().is_empty());
}

#[test]
fn a_patient_learns_who_sent_and_who_saw() {
    let home = filled();
    let patients = home.sql("select patient, count(*) as n from view.observation group by patient order by n desc, patient limit 2");
    let patient = patients[0]["patient"].as_str().unwrap();
    let other = patients[1]["patient"].as_str().unwrap();
    home.run(["role", "assume", "analyst", "--why", "winter plan", "--purpose", "service-planning"]).exits(0);
    home.sql(&format!("select patient, code from view.observation where patient = '{patient}'"));
    home.run(["role", "drop"]).exits(0);
    home.sql("select count(*) from view.observation");
    home.sql("select count(*) from view.immunization");

    let named = lines(&home.run(["--json", "audit", "query", "--patient", patient]).exits(0).stdout);
    assert!(named.iter().any(|line| line["detail"]["why"] == "winter plan"), "{named:?}");
    let others = lines(&home.run(["--json", "audit", "query", "--patient", other]).exits(0).stdout);
    assert!(others.iter().all(|line| line["detail"]["why"] != "winter plan"), "{others:?}");

    let told = lines(&home.run(["--json", "audit", "disclosures", "--patient", patient]).exits(0).stdout);
    let sources: Vec<_> = told.iter().filter_map(|line| line["source"].as_str()).collect();
    assert!(!sources.is_empty() && sources.iter().all(|source| [GP, TRUST].contains(source)), "{told:?}");
    let saw: Vec<_> = told.iter().filter(|line| line["action"] == "sql").collect();
    let planned = saw.iter().find(|line| line["detail"]["why"] == "winter plan").unwrap();
    assert_eq!(
        (&planned["concerns"], &planned["detail"]["purpose"]),
        (&"named".into(), &"service-planning".into())
    );
    let counted = |table: &str| {
        let reads =
            |line: &&&Value| line["tables"].as_array().unwrap().iter().any(|one| one["table"] == table);
        saw.iter().filter(|line| line["concerns"] == "among others").filter(reads).count()
    };
    assert!(counted("view.observation") >= 1);
    home.run(["audit", "disclosures", "--patient", "nobody"]).exits(1).says("nothing of such a patient");
    home.run(["audit", "disclosures", "--patient", patient]).exits(0).says("Who saw or asked");
    // A report does not fill the next one with what it asked itself.
    let again = lines(&home.run(["--json", "audit", "disclosures", "--patient", patient]).exits(0).stdout);
    let among = |told: &[Value]| told.iter().filter(|line| line["concerns"] == "among others").count();
    assert_eq!(among(&again), among(&told));

    let linked = home.sql("select person, patient from person_link order by person limit 1");
    let (person, patient) = (linked[0]["person"].as_str().unwrap(), linked[0]["patient"].as_str().unwrap());
    home.sql(&format!("select patient from raw.patient where patient = '{patient}'"));
    let of_person =
        home.run(["--json", "audit", "query", "--person", person, "--action", "sql"]).exits(0).stdout;
    assert!(of_person.contains(patient), "{of_person}");
    home.run(["audit", "disclosures", "--person", person]).exits(0).says("raw.patient");
    home.run(["audit", "query", "--person", "nobody"]).exits(1).says("no patient is linked");
}

#[test]
fn on_real_data_custodians_answer_persons_and_say_that_they_do() {
    let home = Home::absent();
    init(&home, &approvals(&home, "2999-12-31")).exits(0);
    let assume = |purpose: &str| {
        home.run(["role", "assume", "custodian", "--why", "letter 7", "--purpose", purpose]).exits(0);
    };
    assume("operations");
    home.run(["audit", "disclosures", "--patient", "x"]).exits(1).says("denied");
    assume("subject-access");
    home.run(["audit", "disclosures", "--patient", "x"]).exits(1).says("nothing stands in the lake yet");
    home.run(["audit", "query"]).exits(0).says("letter 7");
    home.run(["audit", "verify"]).exits(1).says("denied");
}

#[tokio::test]
async fn without_the_audit_zone_nothing_happens_anywhere() {
    let home = Home::new();
    let granted = home.run(["--json", "provider", "add", "gp"]).exits(0).json();
    let provider = Provider::of(&home, &granted);
    let service = Service::start(&home, &[("CARELAKE__WORKER__IDLE_MS", "50")]);
    let (_, token) = provider.token(service.address).await.unwrap();
    let token = token["access_token"].as_str().unwrap().to_owned();
    let sent = &inputs::resources(3, 1, GP)[0];
    let (status, _) = provider.send(service.address, &token, &Request::post(sent)).await.unwrap();
    assert_eq!(status, StatusCode::CREATED);

    // A file where the folder was: whoever runs this may be root, whom no permission stops.
    let (zone, away) = (home.path().join("zones/audit"), home.beside("audit-away"));
    fs::rename(&zone, &away).unwrap();
    fs::write(&zone, "").unwrap();
    let segments = home.objects("zones/landing").len();
    for _ in 0..3 {
        let (status, _) = provider.send(service.address, &token, &Request::post(sent)).await.unwrap();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    }
    let (status, answer) = provider.token(service.address).await.unwrap();
    assert_eq!((status, answer.get("access_token")), (StatusCode::SERVICE_UNAVAILABLE, None));
    for command in [
        &["provider", "add", "other"][..],
        &["sql", "select 1"],
        &["catalog", "list"],
        &["mart", "build"],
        &["provider", "disable", "gp"],
    ] {
        home.run(command).exits(1);
    }

    fs::remove_file(&zone).unwrap();
    fs::rename(&away, &zone).unwrap();
    let (status, _) = provider.send(service.address, &token, &Request::post(sent)).await.unwrap();
    assert_eq!(status, StatusCode::CREATED);
    service.stop();
    home.run(["audit", "verify"]).exits(0);
    let listed = home.run(["provider", "list"]).exits(0).stdout;
    assert!(!listed.contains("other") && !listed.contains("disabled"), "{listed}");
    let table = format!("select count(*) from raw.{}", sent.resource_type.to_lowercase());
    assert_eq!(home.number(&table), 2, "the two that were answered with 201");
    assert!(segments <= home.objects("zones/landing").len());
}
