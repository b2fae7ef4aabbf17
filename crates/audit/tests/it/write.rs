//! Writing the trail: durable when answered, whole whatever the store does, and quick.

use crate::ground::{FaultyStore, event, held_against, objects, open, public_key};
use audit::{AuditLog, Filter, OpenError, Record, records, verify};
use futures::{TryStreamExt as _, future::join_all};
use model::{AuditError, AuditSink as _, Timestamp};
use object_store::{ObjectStore, memory::InMemory};
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

/// The number that an event was given.
fn number(record: Record) -> String {
    record.event.detail["number"].clone()
}

async fn read(store: &Arc<dyn ObjectStore>) -> Vec<Record> {
    let pages: Vec<Vec<Record>> = records(Arc::clone(store), Filter::default()).try_collect().await.unwrap();
    pages.into_iter().flatten().collect()
}

#[tokio::test]
async fn what_was_recorded_is_read_back() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let log = open(&store, "gateway-1").await;
    let position = log.record(event(0)).await.unwrap();
    assert_eq!((position.writer.as_str(), position.index), ("gateway-1", 0));
    assert_eq!(log.record(event(1)).await.unwrap().index, 1);
    let read = read(&store).await;
    assert_eq!(read.len(), 2);
    let record = &read[1];
    assert_eq!((record.index, &record.event), (1, &event(1)));
    assert!(record.resource.starts_with(r#"{"resourceType":"AuditEvent","id":"gateway-1.1","#));
    assert_eq!(record.hash, log.head().hash);
    assert_eq!(log.on_head().borrow().head, log.head());
}

#[tokio::test]
async fn a_writer_name_is_used_once() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    open(&store, "gateway-1").await.record(event(0)).await.unwrap();
    let signer = crate::ground::TestSigner::new(7);
    let clock = Arc::new(model::ManualClock::new(Timestamp(0)));
    for (name, exists) in [("gateway-1", true), ("Gateway", false), ("", false), ("../x", false)] {
        let again = AuditLog::open(Arc::clone(&store), signer.clone(), name.to_owned(), clock.clone()).await;
        match again.unwrap_err() {
            OpenError::Exists(_) => assert!(exists),
            OpenError::Name(_) => assert!(!exists),
            other => panic!("{other}"),
        }
    }
    // A name that another begins with is another name.
    open(&store, "gateway").await.record(event(0)).await.unwrap();
}

#[tokio::test]
async fn a_closed_chain_refuses_records() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let log = open(&store, "gateway-1").await;
    let early = join_all((0..50).map(|number| log.record(event(number))));
    let (early, closed) = futures::join!(early, log.close());
    closed.unwrap();
    let written = early.iter().filter(|answer| answer.is_ok()).count() as u64;
    assert_eq!(verify(store.as_ref(), &public_key(), &held_against(&[])).await.unwrap().records, written);
    assert!(matches!(log.record(event(51)).await, Err(AuditError::Closed)));
    assert!(matches!(log.close().await, Err(AuditError::Closed)));
}

#[tokio::test]
async fn an_oversized_record_is_refused_and_leaves_the_chain_whole() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let log = open(&store, "gateway-1").await;
    assert!(log.record(event(0).with("large", "x".repeat(270_000))).await.is_err());
    log.record(event(1)).await.unwrap();
    assert_eq!(verify(store.as_ref(), &public_key(), &held_against(&[log.head()])).await.unwrap().records, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_at_once_are_all_there_in_few_puts() {
    let faulty = FaultyStore::new(0, 0);
    let store: Arc<dyn ObjectStore> = faulty.clone();
    let log = Arc::new(open(&store, "gateway-1").await);
    let tasks = (0..1000).map(|number| {
        let log = Arc::clone(&log);
        tokio::spawn(async move { log.record(event(number)).await.unwrap().index })
    });
    let answers = join_all(tasks).await;
    let indexes: BTreeSet<u64> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(indexes, (0..1000).collect());
    let numbers: BTreeSet<String> = read(&store).await.into_iter().map(number).collect();
    assert_eq!(numbers.len(), 1000);
    assert_eq!(
        verify(store.as_ref(), &public_key(), &held_against(&[log.head()])).await.unwrap().records,
        1000
    );
    let (files, puts) = (objects(store.as_ref()).await.len(), *faulty.puts.lock().unwrap());
    println!("1,000 concurrent records: {files} objects, {puts} puts");
    assert!(files <= 3 && puts <= 500, "{files} objects, {puts} puts");
}

#[tokio::test]
async fn a_failing_store_leaves_neither_a_fork_nor_a_gap() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..12 {
        let store: Arc<dyn ObjectStore> = FaultyStore::new(seed, 40);
        let log = open(&store, "gateway-1").await;
        let mut answered = Vec::new();
        let mut heads = vec![log.head()];
        let mut seen: Vec<Vec<[u8; 32]>> = Vec::new();
        for round in 0..12 {
            let group =
                join_all((0..5).map(|n| log.record(event(round * 5 + n).with("padding", "x".repeat(9_000)))));
            for (n, answer) in group.await.into_iter().enumerate() {
                if let Ok(position) = answer {
                    answered.push((position.index, round * 5 + n as u64));
                }
            }
            heads.push(log.head());
            // Whatever the store holds at this moment is a chain that fits every head so far.
            let verified = verify(store.as_ref(), &public_key(), &held_against(&heads)).await;
            assert!(verified.is_ok(), "seed {seed}: {verified:?}");
            seen.push(read(&store).await.iter().map(|record| record.hash).collect());
        }
        accepted += answered.len();
        refused += 60 - answered.len();
        assert!(seen.is_sorted_by(|earlier, later| later.starts_with(earlier)), "seed {seed}: a fork");
        let read = read(&store).await;
        for (index, number) in answered {
            let record = &read[index as usize];
            assert_eq!(record.index, index, "seed {seed}");
            assert_eq!(record.event.detail["number"], number.to_string(), "seed {seed}");
        }
        let numbers: BTreeSet<&str> =
            read.iter().map(|record| record.event.detail["number"].as_str()).collect();
        assert_eq!(numbers.len(), read.len(), "seed {seed}: a record twice");
    }
    assert!(accepted > 100 && refused > 100, "{accepted} accepted, {refused} refused");
}

#[tokio::test]
async fn after_an_outage_the_chain_goes_on_with_what_may_have_been_written() {
    let faulty = FaultyStore::new(3, 100);
    let store: Arc<dyn ObjectStore> = faulty.clone();
    let log = open(&store, "gateway-1").await;
    for number in 0..5 {
        assert!(matches!(log.record(event(number)).await, Err(AuditError::Unwritable(_))));
    }
    assert_eq!(log.head().count, 0, "nothing is known to be durable");
    assert!(matches!(log.writable().await, Err(AuditError::Unwritable(_))));
    faulty.percent.store(0, Ordering::SeqCst);
    log.writable().await.unwrap();
    assert_eq!(log.head().count, 1, "asking has tried it again");
    assert_eq!(log.record(event(9)).await.unwrap().index, 1);
    // The first was put, perhaps in vain, so it stays; the others were refused before they were put.
    let details: Vec<String> = read(&store).await.into_iter().map(number).collect();
    assert_eq!(details, ["0", "9"]);
    assert_eq!(verify(store.as_ref(), &public_key(), &held_against(&[log.head()])).await.unwrap().records, 2);
}

#[tokio::test]
async fn a_hundred_thousand_records_are_verified_quickly() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let log = open(&store, "gateway-1").await;
    let start = Instant::now();
    for chunk in 0..100 {
        let group = join_all((0..1000).map(|number| log.record(event(chunk * 1000 + number)))).await;
        assert!(group.iter().all(Result::is_ok));
    }
    let written = start.elapsed();
    let start = Instant::now();
    let verified = verify(store.as_ref(), &public_key(), &held_against(&[log.head()])).await.unwrap();
    let proved = start.elapsed();
    assert_eq!(verified.records, 100_000);
    let rate = |time: std::time::Duration| 100_000.0 / time.as_secs_f64();
    println!(
        "100,000 records: written at {:.0}/s (in memory), verified at {:.0}/s, {} objects",
        rate(written),
        rate(proved),
        objects(store.as_ref()).await.len()
    );
}
