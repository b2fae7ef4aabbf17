//! Checkpoints: what somebody who kept one can prove, and what can be done to their log.

use crate::ground::{TestSigner, event, objects, open, public_key, store_of};
use audit::{
    AuditLog, Checkpoint, Checkpoints, Damage, Filter, NoteError, Verified, VerifyError, WitnessDamage,
    Witnesses, records, verifier_key, verify,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{TryStreamExt as _, future::join_all};
use model::{AuditSink as _, ManualClock, Timestamp};
use object_store::{ObjectStore, memory::InMemory, path::Path};
use std::{collections::BTreeMap, sync::Arc};

fn checkpoints(store: &Arc<dyn ObjectStore>, seed: u8) -> Checkpoints {
    let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_100_000)));
    Checkpoints::new(Arc::clone(store), TestSigner::new(seed), clock)
}

fn store() -> Arc<dyn ObjectStore> {
    Arc::new(InMemory::new())
}

async fn put(log: &AuditLog, count: u64) {
    for number in 0..count {
        log.record(event(number)).await.unwrap();
    }
}

fn kept(checkpoints: &[&Checkpoint]) -> Witnesses {
    Witnesses { checkpoints: checkpoints.iter().map(|&kept| kept.clone()).collect(), ..Witnesses::default() }
}

async fn prove(store: &dyn ObjectStore, witnesses: &Witnesses) -> Result<Verified, VerifyError> {
    verify(store, &public_key(), witnesses).await
}

/// A trail of two writers with two checkpoints, and the checkpoints.
async fn trail() -> (Arc<dyn ObjectStore>, Checkpoint, Checkpoint) {
    let store = store();
    let (gateway, worker) = (open(&store, "gateway-1").await, open(&store, "worker-1").await);
    let made = checkpoints(&store, 7);
    put(&gateway, 3).await;
    put(&worker, 2).await;
    let first = made.make(&[gateway.head(), worker.head()], 0).await.unwrap().unwrap();
    put(&gateway, 4).await;
    let second = made.make(&[gateway.head()], first.at).await.unwrap().unwrap();
    assert_eq!((first.at, second.at, second.checkpoint.size), (0, 2, 3));
    put(&worker, 1).await;
    (store, first.checkpoint, second.checkpoint)
}

#[tokio::test]
async fn a_checkpoint_is_a_signed_note_that_others_can_read() {
    let (_, checkpoint, _) = trail().await;
    let lines: Vec<&str> = checkpoint.text.lines().collect();
    assert_eq!(lines.len(), 5);
    let key = verifier_key(&public_key());
    let (name, rest) = key.split_once('+').unwrap();
    assert_eq!((lines[0], lines[1], lines[3]), (name, "2", ""));
    assert_eq!(STANDARD.decode(lines[2]).unwrap(), checkpoint.root);
    let (hash, _) = rest.split_once('+').unwrap();
    let signature = STANDARD.decode(lines[4].rsplit_once(' ').unwrap().1).unwrap();
    assert_eq!((hex::encode(&signature[..4]).as_str(), signature.len()), (hash, 68));
    // A witness may add its own signature.
    let cosigned = format!("{}\u{2014} witness.example AAAAAAAA\n", checkpoint.text);
    let parsed = Checkpoint::parse(&cosigned).unwrap();
    assert_eq!((parsed.size, parsed.verify(&public_key())), (2, Ok(())));
    assert_eq!(parsed.verify(&[1; 32]), Err(NoteError::Unsigned));
    let forged = checkpoint.text.replacen("\n2\n", "\n3\n", 1);
    assert_eq!(Checkpoint::parse(&forged).unwrap().verify(&public_key()), Err(NoteError::Unsigned));
}

#[tokio::test]
async fn a_whole_trail_fits_every_checkpoint_that_was_kept() {
    let (store, first, second) = trail().await;
    let alone = prove(store.as_ref(), &Witnesses::default()).await.unwrap();
    assert_eq!((alone.records, alone.witnessed_leaves, alone.complete_until), (10, 0, None));
    assert_eq!(alone.checkpoint.as_ref(), Some(&second));
    let witnessed = prove(store.as_ref(), &kept(&[&first, &second])).await.unwrap();
    assert_eq!(
        (witnessed.witnessed_leaves, witnessed.complete_until),
        (3, Some(Timestamp(1_700_000_100_000)))
    );
    // The trail's own checkpoints witness the gateway's chain; the worker's has grown since.
    let open: Vec<_> =
        witnessed.unwitnessed.iter().map(|chain| (chain.writer.as_str(), chain.witnessed)).collect();
    assert_eq!(open, [("worker-1", 2)]);
}

#[tokio::test]
async fn a_chain_that_is_gone_or_cut_is_missed_by_the_trails_own_checkpoints() {
    let (store, ..) = trail().await;
    let all = objects(store.as_ref()).await;
    let mut less = all.clone();
    less.retain(|path, _| !path.as_ref().starts_with("gateway-1/"));
    let found = prove(&store_of(&less).await, &Witnesses::default()).await;
    assert!(
        matches!(&found, Err(VerifyError::Tampered { writer, index: 0, what: Damage::CutOff }) if writer == "gateway-1"),
        "{found:?}"
    );
}

#[tokio::test]
async fn what_is_removed_with_its_checkpoints_is_missed_by_whoever_kept_one() {
    let (store, first, second) = trail().await;
    let mut less = objects(store.as_ref()).await;
    less.retain(|path, _| !path.as_ref().starts_with("gateway-1/") && !path.as_ref().starts_with('_'));
    let less = store_of(&less).await;
    let alone = prove(&less, &Witnesses::default()).await.unwrap();
    assert_eq!((alone.records, alone.complete_until), (3, None));
    let found = prove(&less, &kept(&[&first])).await;
    assert!(matches!(found, Err(VerifyError::Witness { size: 2, what: WitnessDamage::CutOff })), "{found:?}");
    // Whoever holds the key can make other checkpoints, but none that those which were kept fit.
    let less: Arc<dyn ObjectStore> = Arc::new(less);
    let gateway = open(&less, "gateway-1").await;
    put(&gateway, 9).await;
    for _ in 0..3 {
        checkpoints(&less, 7).make(&[gateway.head()], 0).await.unwrap();
    }
    assert_eq!(prove(less.as_ref(), &Witnesses::default()).await.unwrap().records, 12);
    let found = prove(less.as_ref(), &kept(&[&second])).await;
    assert!(
        matches!(found, Err(VerifyError::Witness { size: 3, what: WitnessDamage::Altered })),
        "{found:?}"
    );
    let strange = checkpoints(&less, 8).make(&[gateway.head()], 0).await.unwrap().unwrap().checkpoint;
    let found = prove(less.as_ref(), &kept(&[&strange])).await;
    assert!(matches!(found, Err(VerifyError::Checkpoints { leaf: 3, what: Damage::Signature })), "{found:?}");
}

#[tokio::test]
async fn every_change_of_the_log_of_checkpoints_is_found() {
    let (store, ..) = trail().await;
    let all = objects(store.as_ref()).await;
    let logs: Vec<&Path> = all.keys().filter(|path| path.as_ref().starts_with('_')).collect();
    assert_eq!(logs.len(), 2);
    for (number, path) in logs.iter().enumerate() {
        let leaf_wanted = [0, 2][number];
        let bytes = &all[*path];
        for at in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1;
            let mut other = all.clone();
            other.insert((*path).clone(), Bytes::from(changed));
            let found = prove(&store_of(&other).await, &Witnesses::default()).await;
            assert!(
                matches!(&found, Err(VerifyError::Checkpoints { leaf, .. }) if *leaf == leaf_wanted),
                "{path}, byte {at}: {found:?}"
            );
        }
    }
    let mut less = all.clone();
    less.remove(logs[0]);
    let found = prove(&store_of(&less).await, &Witnesses::default()).await;
    assert!(matches!(found, Err(VerifyError::Checkpoints { leaf: 0, what: Damage::Removed })), "{found:?}");
}

#[tokio::test]
async fn proving_goes_on_from_a_checkpoint() {
    let (store, first, second) = trail().await;
    let from = |proved: &Checkpoint| Witnesses { proved: Some(proved.clone()), ..Witnesses::default() };
    let since_first = prove(store.as_ref(), &from(&first)).await.unwrap();
    let since_second = prove(store.as_ref(), &from(&second)).await.unwrap();
    let whole = prove(store.as_ref(), &Witnesses::default()).await.unwrap();
    assert_eq!((since_first.records, since_second.records), (5, 1));
    assert_eq!((&since_first.writers, &since_second.writers), (&whole.writers, &whole.writers));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn makers_at_once_make_one_log() {
    let store = store();
    let mut makers = Vec::new();
    for number in 0..12 {
        let store = Arc::clone(&store);
        makers.push(tokio::spawn(async move {
            let log = open(&store, &format!("writer-{number}")).await;
            log.record(event(number)).await.unwrap();
            checkpoints(&store, 7).make(&[log.head()], 0).await.unwrap().unwrap().checkpoint
        }));
    }
    let made: Vec<Checkpoint> = join_all(makers).await.into_iter().map(Result::unwrap).collect();
    let mut sizes: Vec<u64> = made.iter().map(|checkpoint| checkpoint.size).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, (1..=12).collect::<Vec<_>>());
    let verified = prove(store.as_ref(), &kept(&made.iter().collect::<Vec<_>>())).await.unwrap();
    assert_eq!((verified.records, verified.witnessed_leaves, verified.unwitnessed.len()), (12, 12, 0));
    assert_eq!(checkpoints(&store, 7).make(&[], 0).await.unwrap().unwrap().checkpoint.size, 12);
}

#[tokio::test]
async fn a_question_about_a_time_reads_that_times_objects() {
    const DAY: i64 = 86_400_000;
    let store = store();
    let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
    let log = AuditLog::open(Arc::clone(&store), TestSigner::new(7), "gateway-1".into(), clock.clone())
        .await
        .unwrap();
    for day in 0..10 {
        for number in 0..8 {
            log.record(event(day * 8 + number).with("padding", "x".repeat(50_000))).await.unwrap();
        }
        clock.advance_ms(DAY);
    }
    // Two days; damage in the objects of others is not met.
    let mut all: BTreeMap<Path, Bytes> = objects(store.as_ref()).await;
    let (from, until) = (Timestamp(1_700_000_000_000 + 3 * DAY), Timestamp(1_700_000_000_000 + 5 * DAY));
    let near = |path: &Path| {
        let recorded: i64 = path.filename().unwrap()[21..34].parse().unwrap();
        (from.0 - DAY..until.0).contains(&recorded)
    };
    let far = all.iter_mut().filter(|(path, _)| !near(path)).map(|(_, bytes)| *bytes = Bytes::new()).count();
    assert!(far > 4, "{far} objects are not looked at");
    let filter = Filter {
        from: Some(from),
        until: Some(until),
        mention: vec!["\"gp-elm-grove\"".into()],
        ..Filter::default()
    };
    let store: Arc<dyn ObjectStore> = Arc::new(store_of(&all).await);
    let pages: Vec<_> = records(Arc::clone(&store), filter.clone()).try_collect().await.unwrap();
    let indexes: Vec<u64> = pages.iter().flatten().map(|record| record.index).collect();
    assert_eq!(indexes, (24..40).collect::<Vec<_>>());
    let other = Filter { mention: vec!["\"gp-oak\"".into()], ..filter };
    let pages: Vec<_> = records(store, other).try_collect().await.unwrap();
    assert!(pages.iter().all(Vec::is_empty));
}
