//! Leases and fencing.

use crate::ground::{Ground, segment};
use control::{ControlError, Holding};
use model::{Epoch, LaneId, Ordinal};

#[tokio::test]
async fn a_lane_has_one_holder_at_a_time_and_each_change_raises_the_epoch() {
    let ground = Ground::new("one_holder").await;
    let first = ground.lane("gp").await;
    let (lane, control) = (first.lane, &ground.control);
    assert_eq!(first.epoch, Epoch(1));
    match control.lease_lane(lane, "gateway-2", 60_000).await {
        Err(ControlError::Leased { holding: Holding::Lane(held), until }) => {
            assert_eq!((held, until), (lane, first.expires));
        }
        other => panic!("{other:?}"),
    }
    ground.clock.advance_ms(30_000);
    let renewed = control.lease_lane(lane, "gateway-1", 60_000).await.unwrap();
    assert_eq!((renewed.epoch, renewed.expires), (first.epoch, first.expires.plus_ms(30_000)));
    let renewed = control.renew_lane(&renewed, 90_000).await.unwrap();
    assert_eq!(renewed.expires, first.expires.plus_ms(60_000));

    ground.clock.advance_ms(90_000);
    let second = control.lease_lane(lane, "gateway-2", 60_000).await.unwrap();
    assert_eq!(second.epoch, Epoch(2));
    assert!(matches!(control.renew_lane(&renewed, 60_000).await, Err(ControlError::Fenced { .. })));
    control.release_lane(&renewed).await.unwrap();
    assert!(control.renew_lane(&second, 60_000).await.is_ok(), "only its holder can release it");
    control.release_lane(&second).await.unwrap();
    assert!(matches!(control.renew_lane(&second, 60_000).await, Err(ControlError::Fenced { .. })));
    assert_eq!(control.lease_lane(lane, "gateway-2", 60_000).await.unwrap().epoch, Epoch(3));
    let unknown = control.lease_lane(LaneId(99), "gateway-2", 60_000).await;
    assert!(matches!(unknown, Err(ControlError::NotFound { .. })));
}

#[tokio::test]
async fn registering_after_the_lease_is_lost_is_refused_and_leaves_no_row() {
    let ground = Ground::new("fenced").await;
    let first = ground.lane("gp").await;
    let (lane, control) = (first.lane, &ground.control);
    control.register(&first, &segment(lane, 1, 3)).await.unwrap();
    ground.clock.advance_ms(60_000);
    // Past its end, but nobody has taken it: it still counts.
    assert_eq!(control.register(&first, &segment(lane, 2, 3)).await.unwrap(), Ordinal(2));
    let second = control.lease_lane(lane, "gateway-2", 60_000).await.unwrap();
    let refused = control.register(&first, &segment(lane, 3, 3)).await;
    assert!(matches!(refused, Err(ControlError::Fenced { holding: Holding::Lane(_) })), "{refused:?}");
    assert_eq!(control.last_ordinal(lane).await.unwrap(), Ordinal(2));
    assert_eq!(control.segments_after(lane, Ordinal(0), 10).await.unwrap().len(), 2);
    assert_eq!(control.register(&second, &segment(lane, 4, 3)).await.unwrap(), Ordinal(3));
    control.release_lane(&second).await.unwrap();
    assert!(control.register(&second, &segment(lane, 5, 3)).await.is_err());
}

#[tokio::test]
async fn of_many_that_ask_at_once_one_gets_the_lease() {
    let ground = Ground::new("many_ask").await;
    let lane = ground.control.ensure_source(&"gp".parse().unwrap()).await.unwrap();
    let other = ground.again().await;
    let mut tasks = Vec::new();
    for number in 0..20 {
        let control = if number % 2 == 0 { ground.control.clone() } else { other.clone() };
        tasks.push(tokio::spawn(async move {
            control.lease_lane(lane, &format!("gateway-{number}"), 60_000).await.is_ok()
        }));
    }
    let mut holders = 0;
    for task in tasks {
        holders += usize::from(task.await.unwrap());
    }
    assert_eq!(holders, 1);
}

#[tokio::test]
async fn two_workers_cannot_both_publish() {
    let ground = Ground::new("two_workers").await;
    let (one, two) = (&ground.control, ground.again().await);
    let first = one.lease_worker("worker-1", 60_000).await.unwrap();
    let refused = two.lease_worker("worker-2", 60_000).await;
    assert!(matches!(refused, Err(ControlError::Leased { holding: Holding::Worker, .. })));
    assert!(one.renew_worker(&first, 60_000).await.is_ok());
    one.release_worker(&first).await.unwrap();
    let second = two.lease_worker("worker-2", 60_000).await.unwrap();
    assert!(second.epoch > first.epoch);
    assert!(matches!(one.renew_worker(&first, 60_000).await, Err(ControlError::Fenced { .. })));
}
