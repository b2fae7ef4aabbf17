//! Models that are views: asked whenever they are read, at the sequence of whoever asks.

use crate::{
    home::{Home, build_marts, lines},
    links::patient,
};
use lake::models::{check_folder, register};
use model::Timestamp;
use std::collections::BTreeMap;

fn files(view: &str) -> BTreeMap<String, String> {
    let files = [
        ("mart.toml", "question = \"Who?\""),
        ("people.sql", "-- One row per patient.\nselect mart_person(id) as person, gender from view.patient"),
        ("genders.sql", view),
        // Made of the view.
        ("most.sql", "-- One row.\nselect max(people) as most from winter.genders"),
    ];
    files.map(|(file, text)| (file.to_owned(), text.to_owned())).into()
}

const GENDERS: &str = "-- One row per gender.
--
-- Columns
--   people: how many
--
-- Model
--   materialised: view
--
-- Tests
--   unique: gender
select gender, count(*) as people from winter.people group by gender";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_asked_at_the_sequence_of_whoever_asks() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    home.put("gp", &patient("p0", "9434765919", "01")).await;
    worker.drain().await.unwrap();
    register(&home.reader(), ("winter", &files(GENDERS)), "test", Timestamp(0)).await.unwrap().unwrap();
    build_marts(&home, &mut worker, (Some("winter"), false)).await.unwrap();
    let asked = "select sum(people) from winter.genders";
    assert_eq!(home.rows(asked).await, ["1"]);
    let before = home.control.published().await.unwrap();
    home.put("gp", &patient("p1", "9434765870", "01")).await;
    worker.drain().await.unwrap();
    build_marts(&home, &mut worker, (Some("winter"), false)).await.unwrap();
    assert_eq!(
        home.rows("select sum(people), (select most from winter.most) from winter.genders").await,
        ["2|2"]
    );
    let then = home.reader().session(Some(before)).await.unwrap();
    assert_eq!(lines(&then.rows(asked).await.unwrap()), ["1"]);
    // The catalogue has it as any table.
    let shown = home.control.table("winter", "genders").await.unwrap().unwrap().table;
    assert_eq!((shown.columns[1].description.as_str(), shown.bytes), ("how many", 0));
    // What a question of it reads is the view, and not what that is made of.
    let session = home.reader().session(None).await.unwrap();
    let planned = session.plan(asked).await.unwrap();
    assert_eq!(planned.question.reads.keys().collect::<Vec<_>>(), ["winter.genders"]);
    // A view that becomes a table, and one again.
    for text in [&GENDERS.replace("materialised: view", "materialised: table"), GENDERS] {
        register(&home.reader(), ("winter", &files(text)), "test", Timestamp(1)).await.unwrap().unwrap();
        build_marts(&home, &mut worker, (Some("winter"), false)).await.unwrap();
        assert_eq!(home.rows(asked).await, ["2"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_reads_what_its_mart_s_readers_may_see() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    home.put("gp", &patient("p0", "9434765919", "01")).await;
    worker.drain().await.unwrap();
    for (from, why) in [
        ("view.patient", "and not `view.patient`"),
        ("raw.patient", "and not `raw.patient`"),
        ("person_link", "and not `person_link`"),
        ("(select mart_person('x') as gender) x", "mart_person"),
    ] {
        let text = format!("-- One.\n--\n-- Model\n--   materialised: view\nselect * from {from}");
        let files = files(&text.replace("select *", "select 1 as people, 2 as gender"));
        let wrong = check_folder(&home.reader(), ("winter", &files)).await.unwrap().unwrap_err();
        let files = self::files(&text);
        let also = check_folder(&home.reader(), ("winter", &files)).await.unwrap().unwrap_err();
        assert!(wrong.what.contains(why) || also.what.contains(why), "{from}: {} {}", wrong.what, also.what);
    }
    // A test that does not hold keeps the mart from being published.
    let broken = GENDERS.replace("unique: gender", "none: select * from this where people > 0");
    register(&home.reader(), ("winter", &files(&broken)), "test", Timestamp(0)).await.unwrap().unwrap();
    assert!(build_marts(&home, &mut worker, (Some("winter"), false)).await.is_err());
    assert!(home.try_rows("select * from winter.genders").await.is_err());
}
