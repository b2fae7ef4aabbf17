//! What is answered, and what is refused at the door.

use crate::home::{Home, change, one, source};
use futures::future::join_all;
use landing::{IntakeError, Limits, Status, Submission};
use model::Ordinal;
use std::sync::atomic::Ordering;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_share_segments_and_every_version_is_stored_once_in_order() {
    let home = Home::new().await;
    let (intake, _) = home.intake("a", Limits::default());
    let gp = source("gp");
    let answers = join_all((0..200).map(|n| {
        let body = format!("body {n}");
        let (intake, gp) = (&intake, &gp);
        async move { intake.submit(gp, one("same", &body)).await.unwrap() }
    }))
    .await;
    let mut versions: Vec<_> = answers.iter().map(|answer| answer.entries[0].version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=200).collect::<Vec<_>>());
    let records = home.records().await;
    let stored: Vec<_> = records.iter().map(|record| record.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(stored, (1..=200).map(|version| format!("gp/same@{version}")).collect::<Vec<_>>());
    let segments = home.control.last_ordinal(home.lane(&gp).await).await.unwrap();
    assert!(segments < Ordinal(100), "{segments} segments for 200 submissions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_content_again_stores_nothing_and_still_has_a_receipt() {
    let home = Home::new().await;
    let (intake, _) = home.intake("a", Limits::default());
    let (gp, acute) = (source("gp"), source("acute"));
    let first = intake.submit(&gp, one("x", "1")).await.unwrap();
    let again = intake.submit(&gp, one("x", "1")).await.unwrap();
    assert_eq!((again.entries[0].version, again.entries[0].status), (1, Status::Unchanged));
    assert_eq!(home.objects().await, 1);
    // The same id of another source is another resource.
    let other = intake.submit(&acute, one("x", "1")).await.unwrap();
    assert_eq!(other.entries[0].status, Status::Created);
    // A receipt is its sender's alone, whatever way it is written.
    let receipt = first.receipt.to_string().parse().unwrap();
    assert_eq!(intake.receipt(&receipt, &gp), Some((home.lane(&gp).await, Ordinal(1), 1)));
    assert_eq!(intake.receipt(&receipt, &acute), None);
    let forged = first.receipt.to_string().replacen("-1-", "-2-", 1).parse().unwrap();
    assert_eq!(intake.receipt(&forged, &gp), None);
}

#[tokio::test]
async fn what_is_too_large_or_too_much_is_refused_before_anything_is_stored() {
    let home = Home::new().await;
    let limits = Limits { waiting_bytes: 100, submission_bytes: 60, ..Limits::default() };
    let (intake, _) = home.intake("a", limits);
    let (gp, large) = (source("gp"), "x".repeat(61));
    let refused = intake.submit(&gp, one("x", &large)).await.unwrap_err();
    assert_eq!(refused, IntakeError::TooLarge { limit_bytes: 60 });
    let (small, one_more) = ("y".repeat(60), "z".repeat(60));
    let (first, second) =
        tokio::join!(intake.submit(&gp, one("y", &small)), intake.submit(&gp, one("z", &one_more)));
    assert_eq!(first.unwrap().entries[0].status, Status::Created);
    assert_eq!(second.unwrap_err(), IntakeError::Full { retry_after_s: 1 });
    // Once it is answered, its bytes are free again.
    assert!(intake.submit(&gp, one("z", &one_more)).await.is_ok());
    assert_eq!(home.records().await.len(), 2);
}

#[tokio::test]
async fn a_closed_intake_has_answered_everything_and_given_its_leases_back() {
    let home = Home::new().await;
    let (intake, _) = home.intake("a", Limits::default());
    let gp = source("gp");
    let submission = Submission::from(vec![change("x", "1"), change("y", "2")]);
    assert_eq!(intake.submit(&gp, submission).await.unwrap().entries.len(), 2);
    intake.close().await;
    let (next, _) = home.intake("b", Limits::default());
    let answer = next.submit(&gp, one("x", "1")).await.unwrap();
    assert_eq!(answer.entries[0].status, Status::Unchanged);
}

#[tokio::test]
async fn without_its_audit_record_nothing_is_stored() {
    let home = Home::new().await;
    let gp = source("gp");
    let (intake, _) = home.intake("a", Limits::default());
    intake.submit(&gp, one("x", "1")).await.unwrap();
    home.audit.broken.store(true, Ordering::SeqCst);
    assert!(matches!(intake.submit(&gp, one("y", "1")).await, Err(IntakeError::Storage(_))));
    // Nor is a lane taken.
    let (other, _) = home.intake("b", Limits::default());
    assert!(other.submit(&source("acute"), one("x", "1")).await.is_err());
    assert_eq!(home.records().await.len(), 1);
    home.audit.broken.store(false, Ordering::SeqCst);
    intake.submit(&gp, one("y", "1")).await.unwrap();

    let lane = home.lane(&gp).await;
    let keys: Vec<_> = home.control.segments_after(lane, Ordinal(0), 9).await.unwrap();
    let events = home.audit.events.lock().unwrap();
    let told: Vec<_> = events.iter().filter(|event| event.action == "segment.offer").collect();
    assert_eq!(told.len(), 2);
    for (segment, event) in keys.iter().zip(told) {
        assert_eq!((event.actor.as_str(), event.target.as_str()), ("a", "gp"));
        assert!(segment.object_key.ends_with(event.detail["segment"].rsplit('/').next().unwrap()));
    }
    let taken: Vec<_> = events.iter().filter(|event| event.action == "lane.take").collect();
    // The lane is taken anew after what failed, and says how far it had come.
    let ordinals: Vec<_> = taken.iter().map(|event| event.detail["ordinal"].as_str()).collect();
    assert_eq!(ordinals, ["0", "1"]);
}
