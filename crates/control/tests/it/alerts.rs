//! Alerts, and the watch that raises them.

use crate::ground::Ground;
use control::{Control, ControlError, NewAlert, WatchProgress, WatchState, WhichAlerts, WriterAhead};
use model::{AuditPosition, Clock, Timestamp};
use std::collections::BTreeMap;

fn alert(key: &str, count: u64) -> NewAlert {
    let position = |index| AuditPosition { writer: "serve-1".to_owned(), index };
    NewAlert {
        key: key.to_owned(),
        rule: "denied-access".to_owned(),
        severity: "warning".to_owned(),
        title: "Denied".to_owned(),
        sentence: format!("gp was denied {count} times"),
        subject: "gp".to_owned(),
        count,
        first_time: Timestamp(5),
        last_time: Timestamp(5 + count as i64),
        first: position(3),
        last: position(3 + count),
    }
}

async fn put(control: &Control, step: u64, records: u64, alerts: &[NewAlert]) -> Result<u64, ControlError> {
    let cursors = BTreeMap::from([("serve-1".to_owned(), records)]);
    let state = records.to_be_bytes();
    control.put_watch("rules", WatchProgress { step, state: &state, cursors: &cursors, alerts }).await
}

async fn keys(control: &Control, which: WhichAlerts) -> Vec<String> {
    let alerts = control.alerts(which, 10).await.unwrap();
    alerts.into_iter().map(|alert| alert.found.key).collect()
}

#[tokio::test]
async fn an_alert_that_goes_on_keeps_its_row_and_what_became_of_it() {
    let ground = Ground::new("alerts").await;
    let control = &ground.control;
    let step = put(control, 0, 9, &[alert("a", 5), alert("b", 6)]).await.unwrap();
    assert_eq!(keys(control, WhichAlerts::Open).await, ["b", "a"]);
    let raised = ground.clock.now();
    ground.clock.advance_ms(7);
    control.acknowledge_alert(1, "operator", "a test of ours").await.unwrap();
    put(control, step, 12, &[alert("a", 8)]).await.unwrap();
    assert_eq!(keys(control, WhichAlerts::Open).await, ["b"]);
    assert_eq!(keys(control, WhichAlerts::All).await, ["b", "a"]);
    let one = control.alert(1).await.unwrap().unwrap();
    let acknowledged = one.acknowledged.unwrap();
    assert_eq!((one.found, one.raised), (alert("a", 8), raised));
    assert_eq!((acknowledged.time, acknowledged.by.as_str()), (ground.clock.now(), "operator"));
    assert_eq!(acknowledged.note, "a test of ours");
    let twice = control.acknowledge_alert(1, "another", "").await;
    assert!(matches!(twice, Err(ControlError::NotFound { what: "open alert", .. })));
    assert_eq!(control.alert(3).await.unwrap(), None);
    assert_eq!(control.alerts(WhichAlerts::All, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn alerts_and_what_the_watch_remembers_are_kept_together_or_not_at_all() {
    let ground = Ground::new("watch").await;
    let control = &ground.control;
    assert_eq!(control.watch_state("rules").await.unwrap(), WatchState::default());
    let first = put(control, 0, 9, &[alert("a", 5)]).await.unwrap();
    // Another watch that began at the same time, and one that goes on from an old step.
    let other = ground.again().await;
    for (control, step) in [(&other, 0), (control, first + 1)] {
        let late = put(control, step, 99, &[alert("a", 99), alert("late", 1)]).await;
        assert!(matches!(late, Err(ControlError::Outrun { .. })), "{late:?}");
    }
    let kept = other.watch_state("rules").await.unwrap();
    assert_eq!((kept.step, kept.state), (first, 9_u64.to_be_bytes().to_vec()));
    assert_eq!(other.writers_ahead("rules").await.unwrap(), []);
    other.put_audit_head("serve-1", (12, [1; 32]), [1; 64], false).await.unwrap();
    let ahead = || async { other.writers_ahead("rules").await.unwrap() };
    let serve = WriterAhead { writer: "serve-1".to_owned(), seen: 9, records: 12 };
    assert_eq!(ahead().await, std::slice::from_ref(&serve));
    assert_eq!(other.writers_ahead("another").await.unwrap()[0].seen, 0);
    assert_eq!(other.alerts(WhichAlerts::All, 10).await.unwrap()[0].found, alert("a", 5));
    // What has no more of a writer leaves its cursor alone.
    let progress = WatchProgress { step: first, state: b"next", cursors: &BTreeMap::new(), alerts: &[] };
    let second = other.put_watch("rules", progress).await.unwrap();
    assert!(second > first);
    assert_eq!(ahead().await, [serve]);
    assert_eq!(control.watch_state("another").await.unwrap(), WatchState::default());
}

#[tokio::test]
async fn of_watches_at_work_at_once_one_goes_on() {
    let ground = Ground::new("watches").await;
    let tries = (0..6).map(|number| {
        let control = ground.control.clone();
        tokio::spawn(
            async move { put(&control, 0, number, &[alert(&format!("a{number}"), 1)]).await.is_ok() },
        )
    });
    let mut won = 0;
    for attempt in tries.collect::<Vec<_>>() {
        won += u32::from(attempt.await.unwrap());
    }
    assert_eq!((won, keys(&ground.control, WhichAlerts::All).await.len()), (1, 1));
}

#[tokio::test]
async fn an_alert_is_undelivered_until_somebody_took_it() {
    let ground = Ground::new("deliveries").await;
    let control = &ground.control;
    let step = put(control, 0, 9, &[alert("a", 5), alert("b", 6), alert("c", 7)]).await.unwrap();
    let waiting = async || {
        let alerts = control.undelivered_alerts(2).await.unwrap();
        alerts.into_iter().map(|alert| (alert.id, alert.attempts)).collect::<Vec<_>>()
    };
    control.note_delivery(1, false).await.unwrap();
    control.note_delivery(2, true).await.unwrap();
    assert_eq!(waiting().await, [(1, 1), (3, 0)]);
    let delivered = ground.clock.now();
    ground.clock.advance_ms(5);
    control.note_delivery(1, true).await.unwrap();
    control.note_delivery(2, false).await.unwrap();
    assert_eq!(waiting().await, [(3, 0)]);
    let two = control.alert(2).await.unwrap().unwrap();
    assert_eq!((two.attempts, two.attempted, two.delivered), (2, Some(ground.clock.now()), Some(delivered)));
    // What goes on is not told again.
    put(control, step, 10, &[alert("b", 9)]).await.unwrap();
    assert_eq!(waiting().await, [(3, 0)]);
}
