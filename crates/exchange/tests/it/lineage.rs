//! Events of runs, read by the classes that OpenLineage generates from its schemas.

use crate::{
    clients::{ask, installed},
    fixture::{catalogue, timestamp},
};
use exchange::{
    catalogue::TableRef,
    openlineage::{Job, Nominal, Run, State},
};
use serde_json::Value;
use uuid::Uuid;

fn run() -> Run {
    let namespace = "carelake://lake.example.nhs.uk".to_owned();
    let job = Job {
        namespace,
        name: "mart.visits".to_owned(),
        description: "Counts visits by month.".to_owned(),
        kind: "MODEL".to_owned(),
        sql: Some("SELECT month, count(*) AS n FROM view.encounter GROUP BY month".to_owned()),
    };
    let table = TableRef { database: "mart".to_owned(), table: "visits".to_owned() };
    let mut run = Run::that_made(&catalogue(), &table, Uuid::from_u128(7), job);
    let start = timestamp("2026-11-22T09:00:00Z");
    run.nominal = Some(Nominal { start, end: Some(start.plus_ms(3_600_000)) });
    run
}

#[test]
fn every_event_is_what_openlineage_would_write() {
    let Some(clients) = installed() else { return };
    let run = run();
    let states = [State::Start, State::Complete, State::Fail("run the model".to_owned()), State::Abort];
    let mut at = timestamp("2026-11-22T09:30:00Z");
    let mut lines = String::new();
    for state in &states {
        lines += &format!("{}\n", run.event(state, at));
        at = at.plus_ms(1);
    }
    assert_eq!(ask(&clients, &["lineage.py"], &lines).unwrap(), ["START", "COMPLETE", "FAIL", "ABORT"]);
}

#[test]
fn openlineage_would_say_so_of_an_event_that_it_would_not_write() {
    let Some(clients) = installed() else { return };
    let event = run().event(&State::Complete, timestamp("2026-11-22T09:30:00Z"));
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut event = event.clone();
        change(&mut event);
        ask(&clients, &["lineage.py"], &event.to_string()).unwrap_err()
    };
    assert!(refused(&|event| event["run"]["runId"] = "7".into()).contains("badly formed"));
    assert!(refused(&|event| event["eventTime"] = "2026-11-22".into()).contains("has to contain time"));
    let sql = |event: &mut Value| event["job"]["facets"]["sql"]["text"] = "SELECT".into();
    assert!(refused(&sql).contains("unexpected keyword"));
    let old = |event: &mut Value| event["job"]["facets"]["sql"]["_schemaURL"] = "https://old.example".into();
    assert!(refused(&old).contains("is not"));
}

#[test]
fn a_table_that_was_made_names_what_it_was_made_from() {
    let event = run().event(&State::Complete, timestamp("2026-11-22T09:30:00Z"));
    assert_eq!(event["inputs"][0]["name"], "view.encounter");
    assert_eq!(event["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"], 100);
    let origin = &event["outputs"][0]["facets"]["columnLineage"]["fields"]["month"]["inputFields"][0];
    assert_eq!(origin["field"], "start");
    assert!(!event.to_string().contains("s3://"), "where tables lie is not told");
}
