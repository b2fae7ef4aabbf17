//! Publishing: intent, resumption, and the one transaction.

use crate::{
    catalog::version,
    ground::{Ground, segment},
};
use control::{ControlError, NewPublication, PublicationKind};
use model::{CommitSeq, LaneId, Ordinal};

fn refine(lane: LaneId, from: i64, to: i64) -> NewPublication {
    let lanes = vec![(lane, Ordinal(from), Ordinal(to))];
    NewPublication { kind: PublicationKind::Refine, lanes, detail: "{\"step\":1}".to_owned() }
}

fn model() -> NewPublication {
    NewPublication { kind: PublicationKind::Model, lanes: Vec::new(), detail: "mart".to_owned() }
}

#[tokio::test]
async fn a_pending_publication_is_resumed_by_the_next_worker_and_the_former_is_fenced() {
    let ground = Ground::new("resumed").await;
    let lease = ground.lane("gp").await;
    ground.fill(&lease, 4).await;
    let first = ground.control.lease_worker("worker-1", 60_000).await.unwrap();
    let begun = ground.control.begin_publication(&first, &refine(lease.lane, 0, 3)).await.unwrap();
    assert_eq!(begun.seq, CommitSeq(1));

    // The process dies; another opens the database when the lease has ended.
    ground.clock.advance_ms(60_000);
    let control = ground.again().await;
    let second = control.lease_worker("worker-2", 60_000).await.unwrap();
    let pending = control.pending_publication().await.unwrap().unwrap();
    assert_eq!(pending, begun);
    match control.begin_publication(&second, &refine(lease.lane, 0, 4)).await {
        Err(ControlError::PendingPublication(known)) => assert_eq!(*known, begun),
        other => panic!("{other:?}"),
    }
    assert_eq!(control.published().await.unwrap(), CommitSeq(0), "an intent is not published");
    assert_eq!(control.sequence_of(lease.lane, Ordinal(1)).await.unwrap(), None);

    let late = ground.control.publish(&first, &begun, &[version("raw", "patient", 1)]).await;
    assert!(matches!(late, Err(ControlError::Fenced { .. })), "{late:?}");
    let seq = control.publish(&second, &pending, &[version("raw", "patient", 1)]).await.unwrap();
    assert_eq!((seq, control.published().await.unwrap()), (CommitSeq(1), CommitSeq(1)));
    assert_eq!(control.backlog().await.unwrap(), [(lease.lane, Ordinal(3), Ordinal(4))]);
    let twice = control.publish(&second, &pending, &[]).await;
    assert!(matches!(twice, Err(ControlError::NotPending { .. })), "{twice:?}");
    assert_eq!(control.pending_publication().await.unwrap(), None);
    assert_eq!(
        control.begin_publication(&second, &refine(lease.lane, 3, 4)).await.unwrap().seq,
        CommitSeq(2)
    );
}

#[tokio::test]
async fn a_publication_takes_exactly_the_next_ordinals() {
    let ground = Ground::new("next_ordinals").await;
    let lease = ground.lane("gp").await;
    ground.fill(&lease, 3).await;
    let worker = ground.control.lease_worker("worker-1", 60_000).await.unwrap();
    for (from, to) in [(1, 2), (0, 4), (0, 0), (2, 1)] {
        let refused = ground.control.begin_publication(&worker, &refine(lease.lane, from, to)).await;
        assert!(matches!(refused, Err(ControlError::OutOfOrder { .. })), "{from} to {to}: {refused:?}");
        assert_eq!(ground.control.pending_publication().await.unwrap(), None, "nothing is left");
    }
    let unknown = ground.control.begin_publication(&worker, &refine(LaneId(9), 0, 1)).await;
    assert!(matches!(unknown, Err(ControlError::OutOfOrder { .. })));
}

#[tokio::test]
async fn a_model_can_be_abandoned_and_a_refinement_cannot() {
    let ground = Ground::new("abandoned").await;
    let lease = ground.lane("gp").await;
    ground.fill(&lease, 1).await;
    let control = &ground.control;
    let worker = control.lease_worker("worker-1", 60_000).await.unwrap();
    let begun = control.begin_publication(&worker, &model()).await.unwrap();
    control.abandon_publication(&worker, &begun).await.unwrap();
    assert_eq!(control.pending_publication().await.unwrap(), None);
    assert!(matches!(control.publish(&worker, &begun, &[]).await, Err(ControlError::NotPending { .. })));
    ground.clock.advance_ms(1);
    let next = control.begin_publication(&worker, &refine(lease.lane, 0, 1)).await.unwrap();
    assert_eq!(next.seq, begun.seq, "no sequence is skipped");
    let refused = control.abandon_publication(&worker, &next).await;
    assert!(matches!(refused, Err(ControlError::MustResume { .. })), "{refused:?}");
    // The abandoned one has the same number, and is yet another.
    assert!(matches!(control.publish(&worker, &begun, &[]).await, Err(ControlError::NotPending { .. })));
    control.publish(&worker, &next, &[]).await.unwrap();
}

#[tokio::test]
async fn a_publication_that_fails_changes_nothing() {
    let ground = Ground::new("all_or_nothing").await;
    let lease = ground.lane("gp").await;
    ground.fill(&lease, 1).await;
    let control = &ground.control;
    let worker = control.lease_worker("worker-1", 60_000).await.unwrap();
    let begun = control.begin_publication(&worker, &refine(lease.lane, 0, 1)).await.unwrap();
    let twice = [version("raw", "patient", 1), version("raw", "patient", 2)];
    let refused = control.publish(&worker, &begun, &twice).await;
    assert!(matches!(refused, Err(ControlError::AlreadyExists { .. })), "{refused:?}");
    assert_eq!(control.published().await.unwrap(), CommitSeq(0));
    assert_eq!(control.backlog().await.unwrap(), [(lease.lane, Ordinal(0), Ordinal(1))]);
    assert!(control.tables().await.unwrap().is_empty());
    assert_eq!(control.pending_publication().await.unwrap(), Some(begun));
}

#[tokio::test]
async fn segments_register_while_others_are_published() {
    let ground = Ground::new("side_by_side").await;
    let lease = ground.lane("gp").await;
    let worker = ground.control.lease_worker("worker-1", 60_000).await.unwrap();
    let control = ground.again().await;
    let gateway = tokio::spawn({
        let lease = lease.clone();
        async move {
            for number in 0..100 {
                control.register(&lease, &segment(lease.lane, number, 10)).await.unwrap();
            }
        }
    });
    let mut published = Ordinal(0);
    while published < Ordinal(100) {
        let Some(&(lane, from, to)) = ground.control.backlog().await.unwrap().first() else {
            tokio::task::yield_now().await;
            continue;
        };
        assert_eq!(from, published);
        let begun = ground.control.begin_publication(&worker, &refine(lane, from.0, to.0)).await.unwrap();
        ground.control.publish(&worker, &begun, &[version("raw", "patient", to.0)]).await.unwrap();
        published = to;
    }
    gateway.await.unwrap();
    let table = ground.control.table("raw", "patient").await.unwrap().unwrap();
    assert_eq!((table.table.version, table.seq), (100, ground.control.published().await.unwrap()));
}
