//! Incremental models: proved to keep to one person's rows, and then the same as made whole, whatever happens.

use crate::{
    home::{Home, build_marts},
    links::patient,
};
use lake::{
    models::{check_folder, register},
    refinery::Refinery,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

const HEAD: &str = "question = \"How often?\"";

fn files(sql: &str) -> BTreeMap<String, String> {
    let model = format!(
        "-- One row per person.\n--\n-- Model\n--   materialised: incremental\n--   key: person\n{sql}"
    );
    BTreeMap::from([("mart.toml".to_owned(), HEAD.to_owned()), ("visits.sql".to_owned(), model)])
}

async fn refused(home: &Home, sql: &str) -> String {
    match check_folder(&home.reader(), ("winter", &files(sql))).await.unwrap() {
        Ok(_) => String::new(),
        Err(error) => error.what,
    }
}

const WHO: &str = "with who as (select p.id as patient, coalesce(l.person, p.id) as person, p.gender
    from view.patient p left join person_link l on l.patient = p.id)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_to_one_persons_rows_is_proved() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    step(&mut home, &mut ChaCha8Rng::seed_from_u64(1)).await;
    home.put("gp", &patient("p0", "9434765919", "01")).await;
    worker.drain().await.unwrap();
    for proved in [
        "select mart_person(w.person) as person, count(*) as n from view.encounter e join who w on w.patient = e.patient group by w.person",
        "select mart_person(w.person) as person, e.class, row_number() over (partition by w.person order by e.period_start_time) as n
         from who w left join view.encounter e on e.patient = w.patient",
        "select distinct mart_person(person) as person, gender from who",
        "select mart_person(person) as person from who union all select mart_person(coalesce(l.person, e.patient)) from view.encounter e left join person_link l on e.patient = l.patient",
        "select mart_person(a.person) as person, b.n from who a join (select person, count(*) as n from who group by 1) b on a.person = b.person and b.n > 1",
        "select mart_person(w.person) as person, c.name from who w cross join (values ('a'), ('b')) as c(name) where w.gender in (select 'female')",
    ] {
        assert_eq!(refused(&home, &format!("{WHO} {proved}")).await, "", "{proved}");
    }
    for (not, why) in [
        (
            "select mart_person(w.person) as person, t.at from who w cross join (select max(period_start_time) as at from view.encounter) t",
            "`max` over all persons",
        ),
        (
            "select mart_person(person) as person, row_number() over (order by person) as n from who",
            "`row_number` over all persons",
        ),
        (
            "select mart_person(a.person) as person from who a join who b on a.gender = b.gender",
            "the same person",
        ),
        ("select mart_person(person) as person from who order by person limit 3", "`limit`"),
        ("select distinct gender as person from who", "`distinct`"),
        ("select gender as person, count(*) from who group by gender", "`count` over all persons"),
        ("select person from who", "tells who is who"),
        ("select mart_person(patient) as person from who", "is not mart_person"),
        (
            "select mart_person(l.person) as person from view.patient p left join person_link l on l.patient = p.id",
            "is not mart_person",
        ),
        (
            "select mart_person(person) as person from who where person in (select patient from view.encounter)",
            "a query within an expression",
        ),
        ("select mart_person(person) as person, now() as at from who", "`now`"),
        (
            "select mart_person(coalesce(l.person, e.patient)) as person from view.encounter e left join person_link l on l.patient = e.patient and e.class = 'EMER'",
            "is not mart_person",
        ),
        (
            "select mart_person(coalesce(l.person, e.patient)) as person from view.encounter e left join (select * from person_link where person > 'a') l on l.patient = e.patient",
            "is not mart_person",
        ),
        ("select mart_person(d.code) as person from display d", "nothing about persons"),
        (
            "select mart_person(w.person) as person from (values (1)) v(n) left join who w on true",
            "about nobody",
        ),
        (
            "select count(*) as person from (select l.person from view.patient p left join person_link l on l.patient = p.id) group by person",
            "`count` over all persons",
        ),
    ] {
        let told = refused(&home, &format!("{WHO} {not}")).await;
        assert!(told.contains(why), "{not}\n{told}");
    }
}

/// Something happens: an encounter comes, changes, or becomes another patient's; a patient comes or is linked anew.
async fn step(home: &mut Home, random: &mut ChaCha8Rng) {
    const NUMBERS: [&str; 3] = ["9434765919", "9434765870", "9434765927"];
    for _ in 0..random.random_range(1..4) {
        let (source, one) = (["gp", "trust"][random.random_range(0..2)], random.random_range(0..6));
        if random.random_range(0..3) == 0 {
            let number = NUMBERS[random.random_range(0..3)];
            let status = ["01", "02"][random.random_range(0..2)];
            home.put(source, &patient(&format!("p{one}"), number, status)).await;
        } else {
            let subject = match random.random_range(0..8) {
                0 => String::new(),
                _ => format!("\"subject\":{{\"reference\":\"Patient/p{one}\"}},"),
            };
            let class = ["EMER", "FLD", "IMP", "AMB"][random.random_range(0..4)];
            let (id, hour) = (random.random_range(0..12), random.random_range(10..20));
            home.put(
                source,
                &format!(
                    r#"{{"resourceType":"Encounter","id":"e{id}","status":"finished",{subject}
                "class":{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"{class}"}},
                "period":{{"start":"2024-05-06T{hour}:08:09Z"}}}}"#
                ),
            )
            .await;
        }
    }
}

async fn build(home: &Home, worker: &mut Refinery, mart: &str, whole: bool) {
    build_marts(home, worker, (Some(mart), whole)).await.unwrap();
}

/// What the newest run says of how it made its tables.
async fn how(home: &Home, mart: &str) -> String {
    home.control.runs(Some(&format!("mart.{mart}")), 1).await.unwrap()[0].facts.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incremental_run_gives_what_a_whole_one_gives() {
    const VISITS: &str = "select mart_person(w.person) as person, w.gender, count(e.class) as n, min(e.period_start_time) as first
        from who w left join view.encounter e on e.patient = w.patient group by w.person, w.gender";
    let mut by_person = 0;
    for seed in 0..2 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut home = Home::new().await;
        let mut worker = home.worker("w");
        home.put("gp", &patient("p0", "9434765919", "01")).await;
        worker.drain().await.unwrap();
        let new = files(&format!("{WHO} {VISITS}"));
        let now = home.control.published().await.map(|_| model::Timestamp(0)).unwrap();
        register(&home.reader(), ("winter", &new), "test", now).await.unwrap().unwrap();
        for round in 0..8 {
            step(&mut home, &mut random).await;
            worker.drain().await.unwrap();
            for (mart, table) in [("winter", "winter.visits"), ("urgent_care", "urgent_care.pathways")] {
                let rows = format!("select * from {table} order by 1, 2, 3, 4");
                build(&home, &mut worker, mart, false).await;
                by_person += usize::from(how(&home, mart).await.contains("made for"));
                let incremental = home.rows(&rows).await;
                build(&home, &mut worker, mart, true).await;
                assert_eq!(incremental, home.rows(&rows).await, "{table}, seed {seed}, round {round}");
            }
        }
    }
    assert!(by_person > 20, "only {by_person} of 32 runs were made by person");
}
