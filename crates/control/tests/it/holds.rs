//! Legal holds on the audit trail.

use crate::ground::Ground;
use control::{ControlError, NewAuditHold, Released};
use model::{Clock as _, Timestamp};

fn hold(reason: &str, from: Option<i64>, until: Option<i64>) -> NewAuditHold {
    let (from, until) = (from.map(Timestamp), until.map(Timestamp));
    NewAuditHold { reason: reason.to_owned(), placed_by: "operator".to_owned(), from, until }
}

#[tokio::test]
async fn a_hold_stays_until_it_is_released_once() {
    let ground = Ground::new("holds").await;
    let control = &ground.control;
    assert!(control.audit_holds().await.unwrap().is_empty());
    let first = control.place_audit_hold(hold("inquiry 7", None, Some(90))).await.unwrap();
    ground.clock.advance_ms(5);
    let second = control.place_audit_hold(hold("claim", Some(-3), None)).await.unwrap();
    assert_eq!((first.id, second.id), (1, 2));
    assert_eq!(second.placed, first.placed.plus_ms(5));
    assert!(first.is_open());
    ground.clock.advance_ms(5);
    control.release_audit_hold(1, "officer").await.unwrap();

    let holds = ground.again().await.audit_holds().await.unwrap();
    let released = Some(Released { time: ground.clock.now(), by: "officer".to_owned() });
    assert_eq!(holds[0], second, "open ones come first");
    assert_eq!((&holds[1].hold, &holds[1].released), (&first.hold, &released));
    assert!(!holds[1].is_open());
    for id in [1, 3] {
        let refused = control.release_audit_hold(id, "another").await;
        assert!(
            matches!(refused, Err(ControlError::NotFound { what: "open audit hold", .. })),
            "{refused:?}"
        );
    }
    assert_eq!(control.audit_holds().await.unwrap(), holds, "who released it first stays the one who did");
}

#[test]
fn a_hold_covers_what_was_recorded_in_its_time() {
    assert!(hold("all", None, None).covers_before(Timestamp(0)));
    assert!(hold("old", None, Some(5)).covers_before(Timestamp(9)));
    assert!(hold("since", Some(8), None).covers_before(Timestamp(9)));
    assert!(!hold("since", Some(9), None).covers_before(Timestamp(9)));
}
