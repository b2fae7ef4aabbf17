//! Updates, and the upkeep that follows them.

use crate::{
    home::{EAGER, Home, build_marts, lines},
    links::patient,
    truth::{agrees, people},
};
use futures::TryStreamExt;
use keys::Zone;
use lake::upkeep::{Tended, Upkeep, UpkeepLimits};
use simulate::Simulation;

const ENCOUNTER: &str = r#"{"resourceType":"Encounter","id":"e","status":"finished","subject":{"reference":"Patient/p"},
    "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"EMER"},
    "period":{"start":"2024-05-06T07:08:09Z"}}"#;

fn weight(id: &str, patient: &str, value: usize) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":{{"reference":"Patient/{patient}"}},
        "effectiveDateTime":"2024-05-06T07:08:09Z","code":{{"coding":[{{"system":"http://loinc.org","code":"29463-7"}}]}},
        "valueQuantity":{{"value":{value}.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}}}"#
    )
}

/// How many objects of the lake's tables there are, by zone and table.
async fn objects(home: &Home) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for zone in [Zone::Raw, Zone::View, Zone::Link, Zone::Mart] {
        for object in home.zone(zone).list(None).try_collect::<Vec<_>>().await.unwrap() {
            let table = object.location.parts().next().unwrap();
            *counts.entry(format!("{zone}/{}", table.as_ref())).or_default() += 1;
        }
    }
    counts.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_small_publications_leave_few_files_and_the_newest_versions_only() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    // Files are as old as the real clock says, and so is what may go.
    let mut upkeep = Upkeep::new(UpkeepLimits { keep_ms: 0, ..EAGER });
    let mut tended = Tended::default();
    let mut halfway = Vec::new();
    // The mart joins over encounters: there is one.
    home.put("gp", ENCOUNTER).await;
    for round in 0..60 {
        home.put("gp", &patient("p", "9434765919", if round % 2 == 0 { "01" } else { "02" })).await;
        home.put("gp", &weight("w", "p", round)).await;
        home.put("gp", &weight(&format!("w{round}"), "p", round)).await;
        worker.drain().await.unwrap();
        if round % 4 != 1 {
            continue;
        }
        home.clock.advance_ms(60_000);
        build_marts(&home, &mut worker, (Some("urgent_care"), false)).await.unwrap();
        let done = upkeep.tend(&mut worker).await.unwrap();
        tended.compacted += done.compacted;
        tended.deleted_files += done.deleted_files;
        if round == 29 {
            agrees(&home).await;
            halfway = objects(&home).await;
        }
    }
    agrees(&home).await;
    assert!(tended.compacted > 20 && tended.deleted_files > 100, "{tended:?}");
    assert_eq!(home.rows("select version_id from raw.patient").await, ["60"]);
    assert_eq!(home.number("select count(*) from view.observation").await, 61);
    assert!(people(&home).await.is_empty());
    for ((table, now), (_, then)) in objects(&home).await.iter().zip(&halfway) {
        assert!(
            *now <= 40,
            "{table} has {now} objects after sixty publications, and had {then} after thirty"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_region_says_the_same_before_during_and_after_a_compaction() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    let region = Simulation::new(5, 4);
    for message in region.messages() {
        home.send(&message).await;
    }
    worker.drain().await.unwrap();
    for round in 0..6 {
        for n in 0..5 {
            home.put("gp", &patient(&format!("p{n}"), "9434765919", "01")).await;
            home.put("gp", &weight(&format!("w{n}"), &format!("p{n}"), round)).await;
        }
        worker.drain().await.unwrap();
    }
    agrees(&home).await;

    const SQL: &str = "select id, version_id, resource from raw.observation order by id";
    let mut before = lines(&home.try_rows(SQL).await.unwrap());
    // One query is planned and begun, one session only opened, when the compaction comes.
    let reader = home.reader();
    let (running, open) = (reader.session(None).await.unwrap(), reader.session(None).await.unwrap());
    let stream = running.query("select id, version_id, resource from raw.observation").await.unwrap();
    let mut upkeep = Upkeep::new(EAGER);
    let tended = upkeep.tend(&mut worker).await.unwrap();
    assert!(tended.compacted >= 1, "{tended:?}");
    home.put("gp", &weight("w0", "p0", 99)).await;
    worker.drain().await.unwrap();
    let mut during = lines(&stream.try_collect::<Vec<_>>().await.unwrap());
    during.sort();
    before.sort();
    assert!(during == before, "a query that was under way sees what it began with");
    let mut opened = lines(&open.rows(SQL).await.unwrap());
    opened.sort();
    assert!(opened == before, "a session that was open keeps its sequence");

    agrees(&home).await;
    let folded = home.control.tables().await.unwrap();
    let gone = folded.iter().find(|table| table.table.location == "raw/superseded_observation").unwrap();
    assert_eq!(gone.table.rows, 1, "what was superseded before is folded away");
}
