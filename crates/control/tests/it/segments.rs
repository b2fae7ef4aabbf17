//! Registering segments, and what becomes of them.

use crate::ground::{Ground, ordinals, segment};
use control::{ControlError, NewPublication, PublicationKind};
use model::{CommitSeq, Ordinal, Timestamp};
use std::time::{Duration, Instant};

#[tokio::test]
async fn ordinals_have_no_gap_whoever_registers_at_once() {
    let ground = Ground::new("no_gap").await;
    let lease = ground.lane("gp").await;
    let other = ground.again().await;
    let mut tasks = Vec::new();
    for number in 0..60 {
        let control = if number % 2 == 0 { ground.control.clone() } else { other.clone() };
        let lease = lease.clone();
        tasks.push(tokio::spawn(async move {
            control.register(&lease, &segment(lease.lane, number, 2)).await.unwrap()
        }));
    }
    let mut given = Vec::new();
    for task in tasks {
        given.push(task.await.unwrap());
    }
    given.sort();
    assert_eq!(given, ordinals(1..=60));
    let stored = ground.control.segments_after(lease.lane, Ordinal(50), 7).await.unwrap();
    assert_eq!(stored.iter().map(|segment| segment.ordinal).collect::<Vec<_>>(), ordinals(51..=57));
}

#[tokio::test]
async fn a_segment_is_stored_as_it_was_registered() {
    let ground = Ground::new("as_registered").await;
    let lease = ground.lane("gp").await;
    let new = segment(lease.lane, 7, 3);
    ground.control.register(&lease, &new).await.unwrap();
    let stored = ground.control.segments_after(lease.lane, Ordinal(0), 10).await.unwrap().remove(0);
    assert_eq!((stored.lane, stored.ordinal), (lease.lane, Ordinal(1)));
    assert_eq!((&stored.object_key, stored.sha256, stored.length), (&new.object_key, new.sha256, new.length));
    assert_eq!((stored.resources, stored.registered), (3, Timestamp(1_700_000_000_000)));
    let ledger = ground.control.ledger_after(lease.lane, Ordinal(0), 10).await.unwrap();
    assert_eq!(ledger, [(Ordinal(1), new.ledger)]);
}

#[tokio::test]
async fn registering_the_same_object_again_gives_the_ordinal_it_has() {
    let ground = Ground::new("same_again").await;
    let lease = ground.lane("gp").await;
    ground.fill(&lease, 2).await;
    let again = segment(lease.lane, 1, 1);
    assert_eq!(ground.control.register(&lease, &again).await.unwrap(), Ordinal(1));
    let mut other = again.clone();
    other.sha256 = [9; 32];
    let refused = ground.control.register(&lease, &other).await;
    assert!(matches!(refused, Err(ControlError::AlreadyExists { .. })), "{refused:?}");
    assert_eq!(ground.control.last_ordinal(lease.lane).await.unwrap(), Ordinal(2));
    assert_eq!(ground.control.register(&lease, &segment(lease.lane, 3, 1)).await.unwrap(), Ordinal(3));
}

#[tokio::test]
async fn a_register_that_is_dropped_in_the_middle_is_whole_or_not_there() {
    let ground = Ground::new("dropped").await;
    let lease = ground.lane("gp").await;
    for number in 0..80 {
        let register = segment(lease.lane, number, 200);
        let limit = Duration::from_micros(u64::from(number) * 40);
        // Dropping the future stands for the caller's death.
        let _ = tokio::time::timeout(limit, ground.control.register(&lease, &register)).await;
    }
    // And the process's: the pool is left as it is, and the database is opened again.
    let control = ground.again().await;
    let last = control.last_ordinal(lease.lane).await.unwrap();
    let segments = control.segments_after(lease.lane, Ordinal(0), 1000).await.unwrap();
    assert_eq!(segments.iter().map(|segment| segment.ordinal).collect::<Vec<_>>(), ordinals(1..=last.0));
    let ledger = control.ledger_after(lease.lane, Ordinal(0), 1000).await.unwrap();
    assert!(ledger.iter().all(|(_, entries)| entries.len() == 200));
    for number in 0..80 {
        control.register(&lease, &segment(lease.lane, number, 200)).await.unwrap();
    }
    assert_eq!(control.last_ordinal(lease.lane).await.unwrap(), Ordinal(80));
}

#[tokio::test]
async fn a_segment_can_go_once_it_was_published_long_enough_ago_and_its_row_stays() {
    let ground = Ground::new("can_go").await;
    let (control, lease) = (&ground.control, ground.lane("gp").await);
    ground.fill(&lease, 5).await;
    let lane = lease.lane;
    let worker = control.lease_worker("worker-1", 60_000).await.unwrap();
    for (from, to) in [(0, 2), (2, 4)] {
        let lanes = vec![(lane, Ordinal(from), Ordinal(to))];
        let new = NewPublication { kind: PublicationKind::Refine, lanes, detail: String::new() };
        let publication = control.begin_publication(&worker, &new).await.unwrap();
        control.publish(&worker, &publication, &[]).await.unwrap();
        ground.clock.advance_ms(1000);
    }
    let due = async |time: i64| {
        let due = control.segments_to_delete(Timestamp(1_700_000_000_000 + time), 10).await.unwrap();
        due.into_iter().map(|segment| segment.ordinal).collect::<Vec<_>>()
    };
    assert_eq!(due(0).await, []);
    assert_eq!(due(1).await, ordinals(1..=2));
    assert_eq!(due(5000).await, ordinals(1..=4));
    control.forget_segment(lane, Ordinal(1)).await.unwrap();
    control.forget_segment(lane, Ordinal(1)).await.unwrap();
    assert!(matches!(control.forget_segment(lane, Ordinal(5)).await, Err(ControlError::NotFound { .. })));
    assert_eq!(due(5000).await, ordinals(2..=4));
    assert_eq!(control.segment_keys(lane).await.unwrap().len(), 4);
    assert_eq!(control.ledger_after(lane, Ordinal(0), 10).await.unwrap().len(), 5, "the ledger stays");
    assert_eq!(control.sequence_of(lane, Ordinal(2)).await.unwrap(), Some(CommitSeq(1)));
    assert_eq!(control.sequence_of(lane, Ordinal(3)).await.unwrap(), Some(CommitSeq(2)));
    assert_eq!(control.sequence_of(lane, Ordinal(5)).await.unwrap(), None);
    assert_eq!(control.backlog().await.unwrap(), [(lane, Ordinal(4), Ordinal(5))]);
}

#[tokio::test]
async fn a_thousand_entries_register_in_milliseconds() {
    let ground = Ground::new("milliseconds").await;
    let lease = ground.lane("gp").await;
    let mut times = Vec::new();
    for number in 0..100 {
        let new = segment(lease.lane, number, 1000);
        let start = Instant::now();
        ground.control.register(&lease, &new).await.unwrap();
        times.push(start.elapsed());
    }
    times.sort();
    let total: Duration = times.iter().sum();
    println!(
        "register of 1,000 entries: median {:?}, 90th of 100 {:?}, {:.0} entries/s",
        times[50],
        times[90],
        100_000.0 / total.as_secs_f64()
    );
    // Far from what it takes; a lost index or a second fsync per entry would show.
    assert!(times[50] < Duration::from_millis(250), "{:?}", times[50]);
}
