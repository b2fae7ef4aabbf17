//! The marts, against what the region really is.

use crate::home::{Home, build_marts, chain};
use expect_test::{Expect, expect};
use simulate::Simulation;
use std::collections::BTreeMap;

async fn built(region: &Simulation) -> Home {
    let mut home = Home::new().await;
    home.send_all(region).await;
    let mut worker = home.worker("w");
    worker.drain().await.unwrap();
    let built = build_marts(&home, &mut worker, (None, false)).await.unwrap();
    assert_eq!(built.len(), 2);
    home
}

/// What the mart calls a condition of the region.
fn name_of(snomed: &'static str) -> &'static str {
    match snomed {
        "44054006" => "type 2 diabetes",
        "38341003" => "hypertension",
        "195967001" => "asthma",
        "13645005" => "COPD",
        "53741008" => "coronary heart disease",
        "35489007" => "depression",
        "709044004" => "chronic kidney disease",
        "49436004" => "atrial fibrillation",
        "52448006" => "dementia",
        "84114007" => "heart failure",
        "40930008" => "hypothyroidism",
        "396275006" => "osteoarthritis",
        "414916001" => "obesity",
        other => other,
    }
}

/// What a query over the marts answers, a row a line.
async fn check(home: &Home, sql: &str, expected: Expect) {
    let mut text = String::new();
    for row in home.rows(sql).await {
        text += &format!("{row}\n");
    }
    expected.assert_eq(&text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn persons_with_a_condition_are_those_that_the_region_has() {
    let region = Simulation::new(1, 20);
    let truth = region.truth();
    let home = built(&region).await;
    // On problem lists, which practices and the mental-health trust keep: the region's own figure.
    let sql = "select c.code_snomed, count(distinct coalesce(l.person, c.patient))
        from view.condition c left join person_link l on l.patient = c.patient
        where c.category = 'problem-list-item' and c.clinical_status = 'active' group by 1";
    let mut listed = BTreeMap::new();
    for row in home.rows(sql).await {
        let (code, persons) = row.split_once('|').unwrap();
        listed.insert(code.to_owned(), persons.parse::<u32>().unwrap());
    }
    for (code, persons) in &truth.conditions_as_linked {
        assert_eq!(listed.get(*code), Some(persons), "{code}");
    }
    // The mart has these, and whom hospitals alone know to have it.
    let mut mart = BTreeMap::new();
    for row in home.rows("select condition, count(*) from long_term_conditions.persons group by 1").await {
        let (condition, persons) = row.split_once('|').unwrap();
        mart.insert(condition.to_owned(), persons.parse::<u32>().unwrap());
    }
    let truth: Vec<_> =
        truth.conditions_as_linked.iter().map(|(code, persons)| (name_of(code), *persons)).collect();
    assert_eq!(mart.len(), truth.len());
    for (condition, persons) in truth {
        assert!(mart[condition] >= persons, "{condition}: {} are not {persons}", mart[condition]);
    }
    check(
        &home,
        "select condition, count(*), count(hba1c_mmol_mol), count(systolic_mmhg), count(bmi_kg_m2)
         from long_term_conditions.persons group by 1 order by 1",
        expect![[r#"
            COPD|1|1|1|1
            asthma|2|1|2|1
            dementia|1|1|1|1
            depression|4|3|3|3
            hypertension|2|1|2|1
            osteoarthritis|1|1|1|1
        "#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn urgent_pathways_are_those_that_happened() {
    let region = Simulation::new(2, 20);
    let (all, truth) = (region.truth().urgent_pathways, region.truth().urgent_pathways_linked);
    let home = built(&region).await;
    let count = async |stage| {
        let sql = format!("select count(*) from urgent_care.pathways where linked and stage = '{stage}'");
        home.number(&sql).await as u32
    };
    // Each began with a call. None of this region's loses its last steps to a missing link: how
    // far those went that can be followed is the region's own figure.
    let calls = home.number("select count(*) from urgent_care.pathways where stage like '111%'").await;
    assert_eq!(calls as u32, all.total());
    assert_eq!(count("111 only").await, truth.call_only);
    assert_eq!(count("111 → ambulance").await, truth.ambulance);
    assert_eq!(count("111 → ambulance → ED → admission").await, truth.admission);
    assert_eq!(count("111 → ambulance → ED").await, truth.emergency);
    check(
        &home,
        "select stage, linked, count(*), min(call_to_ambulance_minutes), max(call_to_ambulance_minutes)
         from urgent_care.pathways group by 1, 2 order by 1, 2",
        expect![[r#"
            111 only|true|4||
            111 → ED → admission|true|1||
            111 → ambulance|true|1|15|15
            111 → ambulance → ED|true|2|17|86
            111 → ambulance → ED → admission|true|7|4|106
            ED only|false|1||
            ED only|true|10||
            ambulance only|false|1||
        "#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_beyond_its_memory_fails_and_writes_nothing_to_disk() {
    let mut home = Home::new().await;
    home.send_all(&Simulation::new(1, 5)).await;
    home.worker("w").drain().await.unwrap();
    let mut reader = home.reader();
    reader.limits.memory_bytes = 64 << 10;
    let session = reader.session(None).await.unwrap();
    let sql =
        "select a.resource, b.resource from raw.observation a cross join raw.observation b order by 1, 2";
    let error = chain(&session.rows(sql).await.unwrap_err());
    assert!(error.contains("Resources exhausted") && error.to_lowercase().contains("memory"), "{error}");
    let spilled = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().to_string_lossy().starts_with("datafusion")
    };
    assert_eq!(std::fs::read_dir(std::env::temp_dir()).unwrap().map(spilled).filter(|is| *is).count(), 0);
}
