//! What is done at the command line leaves its records, each of which says which data the home is for.

use crate::{
    home::Home,
    inputs::{self, GP},
    provider::{Provider, Request},
    service::{Service, until},
};
use reqwest::StatusCode;
use std::collections::{BTreeMap, BTreeSet};

/// How many records there are of each action.
fn actions(home: &Home) -> BTreeMap<String, i64> {
    let rows = home.sql("select action, count(*) as n from audit.records group by action");
    rows.iter().map(|row| (row["action"].as_str().unwrap().to_owned(), row["n"].as_i64().unwrap())).collect()
}

/// Fails unless every sequence that tables stand at was announced in the trail before it was made.
pub(crate) fn of_every_publication(home: &Home) {
    let told = home.run(["--json", "audit", "query", "--action", "publication.begin", "--limit", "100000"]);
    let told = told.exits(0).stdout;
    let announced: BTreeSet<String> = told
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| line["detail"]["sequence"].as_str().unwrap().to_owned())
        .collect();
    for row in home.sql("select distinct commit_seq from catalog.tables") {
        let sequence = row["commit_seq"].to_string();
        assert!(announced.contains(&sequence), "sequence {sequence} has no record; {announced:?} have");
    }
}

#[test]
fn every_command_that_does_or_reads_something_is_recorded() {
    let home = Home::new();
    home.run(["provider", "add", GP]).exits(0);
    let file = inputs::write(home.beside("some.ndjson"), &inputs::resources(3, 1, GP));
    home.import(&file, GP).exits(0);
    home.run(["mart", "build"]).exits(0);
    for reading in [
        &["provider", "list"][..],
        &["catalog", "list"],
        &["catalog", "show", "view.patient"],
        &["job", "list"],
        &["audit", "verify"],
        &["audit", "query"],
    ] {
        home.run(reading).exits(0);
    }
    let before = actions(&home);
    let recorded: Vec<_> = before.iter().map(|(action, count)| (action.as_str(), *count)).collect();
    assert_eq!(
        recorded,
        [
            ("audit.query", 1),
            ("audit.verify", 1),
            ("catalog.list", 1),
            ("catalog.show", 1),
            ("decide", 9),
            ("import", 1),
            ("import.begin", 1),
            ("init", 1),
            ("job.list", 1),
            ("lane.take", 1),
            ("mart.build", 2),
            ("provider.add", 1),
            ("provider.list", 1),
            ("publication.begin", 3),
            ("refine", 1),
            ("segment.offer", 1),
        ]
    );
    home.run(["sql", "select * from nowhere"]).exits(1);
    let refused = "select count(*) from audit.records where action = 'sql' and outcome = 'refused'";
    assert_eq!(home.number(refused), 1);
    let unsaid = r#"select count(*) from audit.records where detail not like '%synthetic%'"#;
    assert_eq!(home.number(unsaid), 0);
}

#[tokio::test]
async fn a_new_provider_may_create_and_not_update() {
    let home = Home::new();
    let granted = home.run(["--json", "provider", "add", "gp"]).exits(0).json();
    let provider = Provider::of(&home, &granted);
    let service = Service::start(&home, &[("CARELAKE__GATEWAY__LISTEN", "127.0.0.1:0,[::1]:0")]);
    let (_, token) = provider.token(service.address).await.unwrap();
    assert_eq!(token["scope"], "system/*.c");
    let token = token["access_token"].as_str().unwrap();
    let sent = &inputs::resources(3, 1, GP)[0];
    let (status, answer) = provider.send(service.address, token, &Request::put(sent)).await.unwrap();
    assert_eq!(status, StatusCode::FORBIDDEN, "{answer}");
    let (status, answer) = provider.send(service.address, token, &Request::post(sent)).await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    until("a published resource", || {
        home.number("select count(*) from catalog.tables where table_schema = 'raw'") > 0
    });
    service.stop();
    assert_eq!(home.number(&format!("select count(*) from raw.{}", sent.resource_type.to_lowercase())), 1);
}
