//! A request that counts once gets its first answer again, and is carried out once.

use crate::home::{Home, LEASE_MS, change, one, source};
use futures::future::join_all;
use landing::{Accepted, Change, IntakeError, Intent, Limits, Once, Status, Submission};
use model::{Clock, Timestamp};

fn signed(request: u8, submission: Submission, expires: Timestamp) -> Submission {
    Submission { once: Some(Once { request: [request; 32], expires }), ..submission }
}

/// All that an answer says to its sender.
fn told(accepted: &Accepted) -> String {
    format!("{} {:?}", accepted.receipt, accepted.entries)
}

#[tokio::test]
async fn the_same_request_again_gets_the_first_answer_whatever_has_come_since() {
    let home = Home::new().await;
    let (intake, clock) = home.intake("a", Limits::default());
    let gp = source("gp");
    let until = clock.now().plus_ms(600_000);
    let put = |body: &str| signed(1, one("x", body), until);
    let first = intake.submit(&gp, put("mine")).await.unwrap();
    intake.submit(&gp, one("x", "newer")).await.unwrap();
    clock.advance_ms(1_000);
    let again = intake.submit(&gp, put("mine")).await.unwrap();
    assert_eq!(told(&again), told(&first));
    assert!(again.repeated && !first.repeated);
    assert_eq!(first.entries[0].status, Status::Created);
    // After another process has taken over, too.
    intake.close().await;
    let (next, _) = home.intake("b", Limits::default());
    assert_eq!(told(&next.submit(&gp, put("mine")).await.unwrap()), told(&first));
    assert_eq!(home.records().await, ["gp/x@1 mine", "gp/x@2 newer"]);
}

#[tokio::test]
async fn what_changed_nothing_is_answered_the_same_again() {
    let home = Home::new().await;
    let (intake, clock) = home.intake("a", Limits::default());
    let gp = source("gp");
    intake.submit(&gp, one("x", "mine")).await.unwrap();
    let put = || signed(1, one("x", "mine"), clock.now().plus_ms(600_000));
    let first = intake.submit(&gp, put()).await.unwrap();
    assert_eq!(first.entries[0].status, Status::Unchanged);
    intake.submit(&gp, one("x", "newer")).await.unwrap();
    assert_eq!(told(&intake.submit(&gp, put()).await.unwrap()), told(&first));
    assert_eq!(home.records().await.len(), 2);
}

#[tokio::test]
async fn what_was_refused_stays_refused() {
    let home = Home::new().await;
    let (intake, clock) = home.intake("a", Limits::default());
    let gp = source("gp");
    let put = || {
        let intent = Intent::Put { if_match: Some(2), may_create: true, may_update: true };
        let submission = Submission::from(vec![Change { intent, ..change("x", "mine") }]);
        signed(1, submission, clock.now().plus_ms(600_000))
    };
    let conflict = IntakeError::VersionConflict { index: 0 };
    assert_eq!(intake.submit(&gp, put()).await.unwrap_err(), conflict);
    intake.submit(&gp, one("x", "1")).await.unwrap();
    intake.submit(&gp, one("x", "2")).await.unwrap();
    assert_eq!(intake.submit(&gp, put()).await.unwrap_err(), conflict, "though version 2 is current now");
    assert_eq!(home.records().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_the_same_time_one_is_carried_out_and_all_are_answered_alike() {
    let home = Home::new().await;
    let (intake, clock) = home.intake("a", Limits::default());
    let gp = source("gp");
    let until = clock.now().plus_ms(LEASE_MS);
    let answers = join_all((0..50).map(|n: u8| {
        let (intake, gp) = (&intake, &gp);
        // An id of the lake's making is another one each time.
        let id = format!("made-{n}");
        async move { told(&intake.submit(gp, signed(n % 2, one(&id, "body"), until)).await.unwrap()) }
    }))
    .await;
    assert!(answers.iter().all(|answer| *answer == answers[0] || *answer == answers[1]));
    assert_ne!(answers[0], answers[1]);
    assert_eq!(home.records().await.len(), 2);
}
