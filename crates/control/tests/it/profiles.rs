//! Profiles of feeds and tables, and findings.

use crate::ground::Ground;
use control::{Acknowledged, ControlError, DayProfile, NewFinding, TableName, WhichFindings};
use model::{Clock as _, SourceId};

fn source(name: &str) -> SourceId {
    name.parse().unwrap()
}

fn profile(day: i64, step: u64, text: &str) -> DayProfile {
    DayProfile { day, step, profile: text.to_owned(), resources: text.len() as u64 }
}

fn finding(kind: &str, place: &str, stops: bool) -> NewFinding {
    let sentence = format!("{kind} at {place}");
    NewFinding { kind: kind.to_owned(), place: place.to_owned(), sentence, detail: "{}".to_owned(), stops }
}

#[tokio::test]
async fn of_two_who_add_to_a_days_profile_one_notices() {
    let ground = Ground::new("profiles").await;
    let (control, gp) = (&ground.control, source("gp"));
    assert_eq!(control.put_feed_profile(&gp, &profile(7, 0, "a")).await.unwrap(), 1);
    let outrun = control.put_feed_profile(&gp, &profile(7, 0, "b")).await;
    assert!(matches!(outrun, Err(ControlError::Outrun { step: 0 })), "{outrun:?}");
    assert_eq!(control.put_feed_profile(&gp, &profile(7, 1, "c")).await.unwrap(), 2);
    control.put_feed_profile(&gp, &profile(5, 0, "old")).await.unwrap();
    control.put_feed_profile(&source("trust"), &profile(6, 0, "other")).await.unwrap();

    let again = ground.again().await;
    let days = again.feed_profiles(&gp, 5, 7).await.unwrap();
    assert_eq!(days, [profile(5, 1, "old"), profile(7, 2, "c")]);
    assert_eq!(again.feed_profiles(&gp, 6, 6).await.unwrap(), []);
    assert_eq!(again.forget_feed_profiles(7).await.unwrap(), 2);
    assert_eq!(again.feed_profiles(&gp, 0, 9).await.unwrap(), [profile(7, 2, "c")]);
}

#[tokio::test]
async fn a_finding_is_open_until_somebody_acknowledges_it() {
    let ground = Ground::new("findings").await;
    let (control, gp) = (&ground.control, source("gp"));
    let (unit, volume) = (finding("new-unit", "Observation", true), finding("volume", "", false));
    control.put_findings(&gp, 7, &[unit.clone(), volume.clone()]).await.unwrap();
    control.put_findings(&source("trust"), 8, std::slice::from_ref(&volume)).await.unwrap();
    assert!(control.promotion_is_stopped(&gp).await.unwrap());
    assert!(!control.promotion_is_stopped(&source("trust")).await.unwrap());

    let open = control.findings(Some(&gp), WhichFindings::Open, 10).await.unwrap();
    assert_eq!(open.iter().map(|kept| &kept.found).collect::<Vec<_>>(), [&unit, &volume]);
    ground.clock.advance_ms(5);
    control.acknowledge_finding(open[0].id, "officer", "agreed with the lab").await.unwrap();
    let refused = control.acknowledge_finding(open[0].id, "another", "").await;
    assert!(matches!(refused, Err(ControlError::NotFound { what: "open finding", .. })), "{refused:?}");
    assert!(!control.promotion_is_stopped(&gp).await.unwrap());

    // Found again: what became of it stays. Not found again: it goes, unless somebody has seen to it.
    control.put_findings(&gp, 7, std::slice::from_ref(&unit)).await.unwrap();
    let all = ground.again().await.findings(None, WhichFindings::All, 10).await.unwrap();
    assert_eq!(
        all.iter().map(|kept| (kept.day, &kept.found)).collect::<Vec<_>>(),
        [(8, &volume), (7, &unit)]
    );
    let by =
        Acknowledged { time: ground.clock.now(), by: "officer".into(), note: "agreed with the lab".into() };
    assert_eq!(all[1].acknowledged, Some(by));
    control.put_findings(&gp, 7, &[]).await.unwrap();
    assert_eq!(control.findings(Some(&gp), WhichFindings::All, 10).await.unwrap().len(), 1);
    assert_eq!(control.findings(None, WhichFindings::All, 1).await.unwrap().len(), 1);
    control.forget_feed_profiles(8).await.unwrap();
    assert_eq!(control.findings(Some(&gp), WhichFindings::All, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_tables_profile_is_that_of_its_version() {
    let ground = Ground::new("table_profiles").await;
    let table = TableName { schema: "view".into(), name: "patient".into() };
    for (version, text) in [(3, "three"), (5, "five"), (5, "five again")] {
        ground.control.put_table_profile(&table, version, text).await.unwrap();
    }
    let at = async |version| ground.control.table_profile(&table, version).await.unwrap();
    assert_eq!(at(2).await, None);
    assert_eq!(at(4).await, Some((3, "three".to_owned())));
    assert_eq!(at(9).await, Some((5, "five again".to_owned())));
}
