//! Models whose rows are made period by period: what is due, what was missed, what is made again, what is asked for.

use crate::home::{Home, finish};
use control::{Cause, Queued, Run};
use lake::{
    LakeError,
    jobs::Jobs,
    models::{Asked, check_folder, register},
    refinery::Refinery,
};
use model::Timestamp;
use std::collections::BTreeMap;

const VISITS: &str = "select cast(e.period_start_time as date) as day, count(*) as n from view.encounter e
    where e.period_start_time >= period_start() and e.period_start_time < period_end() group by 1";

fn files(period: &str, sql: &str) -> BTreeMap<String, String> {
    let model = format!(
        "-- One row per day.\n--\n-- Model\n--   materialised: period\n--   period: {period}\n--   time: day\n--\n\
         -- Tests\n--   unique: day\n{sql}"
    );
    BTreeMap::from([
        ("mart.toml".to_owned(), "question = \"How often?\"".to_owned()),
        ("visits.sql".to_owned(), model),
    ])
}

fn visit(id: &str, day: &str) -> String {
    format!(
        r#"{{"resourceType":"Encounter","id":"{id}","status":"finished","subject":{{"reference":"Patient/p"}},
        "class":{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"EMER"}},
        "period":{{"start":"{day}T10:00:00Z"}}}}"#
    )
}

fn at(day: &str) -> Timestamp {
    Timestamp::parse(&format!("{day}T00:00:00Z")).unwrap()
}

async fn run(home: &Home, worker: &mut Refinery, due: &str, asked: Asked) -> Result<Run, LakeError> {
    let asked = asked.to_string();
    let queued = Queued { cause: Cause::Command, actor: "test", due: Some(at(due)), asked: &asked };
    let run = home.control.queue_run("mart.winter", &queued).await.unwrap().unwrap();
    finish(home, &mut Jobs::new(home.reader(), Vec::new(), false), worker, run).await
}

async fn days(home: &Home) -> Vec<String> {
    home.rows("select day, n from winter.visits order by day").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn periods_are_made_again_made_up_for_and_filled_in() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    for (id, day) in [("a", "2024-01-10"), ("b", "2024-02-10"), ("c", "2024-03-10"), ("d", "2024-05-10")] {
        home.put("gp", &visit(id, day)).await;
    }
    worker.drain().await.unwrap();
    register(&home.reader(), ("winter", &files("month", VISITS)), "test", Timestamp(0))
        .await
        .unwrap()
        .unwrap();

    // The first run makes the newest month that is over.
    run(&home, &mut worker, "2024-03-01", Asked::Due).await.unwrap();
    assert_eq!(days(&home).await, ["2024-02-10|1"]);

    // What comes late for the month before is taken up; what comes later still is not.
    home.put("gp", &visit("e", "2024-02-20")).await;
    home.put("gp", &visit("f", "2024-01-20")).await;
    worker.drain().await.unwrap();
    run(&home, &mut worker, "2024-04-01", Asked::Due).await.unwrap();
    let known = ["2024-02-10|1", "2024-02-20|1", "2024-03-10|1"];
    assert_eq!(days(&home).await, known);

    // The same run again makes the same rows.
    run(&home, &mut worker, "2024-04-01", Asked::Due).await.unwrap();
    assert_eq!(days(&home).await, known);

    // Past months are asked for; the newest made is not forgotten by it.
    let told = run(&home, &mut worker, "2024-04-01", Asked::Span(at("2024-01-01"), at("2024-02-01"))).await;
    assert!(told.unwrap().facts.contains("made for the month from 2024-01-01"));
    let all = ["2024-01-10|1", "2024-01-20|1", "2024-02-10|1", "2024-02-20|1", "2024-03-10|1"];
    assert_eq!(days(&home).await, all);

    // Nobody was there in May: June makes April, and May, and March again.
    let told = run(&home, &mut worker, "2024-06-01", Asked::Due).await.unwrap();
    assert!(told.facts.contains("made for 3 months"), "{}", told.facts);
    assert_eq!(days(&home).await.last().unwrap(), "2024-05-10|1");

    // Other columns, and all that there was is made anew.
    let wider = VISITS.replace("count(*) as n", "count(*) as n, min(e.class) as class");
    register(&home.reader(), ("winter", &files("month", &wider)), "test", Timestamp(1))
        .await
        .unwrap()
        .unwrap();
    run(&home, &mut worker, "2024-06-01", Asked::Due).await.unwrap();
    let wide = home.rows("select count(*), count(class) from winter.visits").await;
    assert_eq!(wide, ["6|6"]);
    // By Mondays, a week; a time in the place of a day.
    let weekly = "select e.period_start_time as day from view.encounter e
        where e.period_start_time >= period_start() and e.period_start_time < period_end()";
    register(&home.reader(), ("winter", &files("week", weekly)), "test", Timestamp(2))
        .await
        .unwrap()
        .unwrap();
    run(&home, &mut worker, "2024-06-01", Asked::Whole).await.unwrap();
    assert_eq!(home.rows("select count(*) from winter.visits").await, ["6"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_other_periods_are_refused() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    home.put("gp", &visit("a", "2024-01-10")).await;
    worker.drain().await.unwrap();
    let unbound = "select cast(e.period_start_time as date) as day from view.encounter e";
    register(&home.reader(), ("winter", &files("day", unbound)), "test", Timestamp(0))
        .await
        .unwrap()
        .unwrap();
    let failed = run(&home, &mut worker, "2024-01-10", Asked::Due).await.unwrap_err().to_string();
    assert!(failed.contains("1 rows whose `day` is null or outside"), "{failed}");
    let failed = run(&home, &mut worker, "2024-01-10", Asked::Span(at("2024-01-10"), at("2024-01-11"))).await;
    assert!(failed.unwrap_err().to_string().contains("no period"), "that day is not over");
    // The same query is right for the day that it has.
    run(&home, &mut worker, "2024-01-11", Asked::Due).await.unwrap();
    assert_eq!(home.rows("select day from winter.visits").await, ["2024-01-10"]);
    // A column that tells no time cannot say which period a row is of.
    let wrong = check_folder(&home.reader(), ("winter", &files("day", "select 1 as day"))).await.unwrap();
    assert!(wrong.unwrap_err().what.contains("a day or a time"));
    let elsewhere = "-- One.\nselect period_start() as day";
    let mut files = files("day", VISITS);
    files.insert("visits.sql".to_owned(), elsewhere.to_owned());
    assert!(check_folder(&home.reader(), ("winter", &files)).await.unwrap().is_err(), "no period to ask for");
}
