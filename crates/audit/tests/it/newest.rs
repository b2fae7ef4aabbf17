//! The newest records are those that a reading of all finds, and what lies before them is not read.

use crate::ground::{TestSigner, event, objects, store_of};
use audit::{AuditLog, Filter, Record, newest, records};
use bytes::Bytes;
use futures::TryStreamExt as _;
use model::{AuditOutcome, AuditSink as _, ManualClock, Timestamp};
use object_store::{ObjectStore, memory::InMemory, path::Path};
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

const BEGAN: i64 = 1_700_000_000_000;

/// Three writers at work at the same time, in several objects each; some records are of one moment.
async fn trail() -> Arc<dyn ObjectStore> {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let clock = Arc::new(ManualClock::new(Timestamp(BEGAN)));
    let mut logs = Vec::new();
    for writer in ["gateway-1", "gateway-2", "serve"] {
        let log = AuditLog::open(Arc::clone(&store), TestSigner::new(7), writer.to_owned(), clock.clone());
        logs.push(log.await.unwrap());
    }
    for number in 0..90 {
        let mut told = event(number).with("padding", "x".repeat(20_000));
        told.outcome = if number % 7 == 0 { AuditOutcome::Failed } else { AuditOutcome::Success };
        logs[(number % 3) as usize].record(told).await.unwrap();
        if number % 4 == 0 {
            clock.advance_ms(10);
        }
    }
    store
}

async fn all(store: &Arc<dyn ObjectStore>, filter: Filter, limit: usize) -> Vec<Record> {
    let pages: Vec<Vec<Record>> = records(Arc::clone(store), filter).try_collect().await.unwrap();
    let mut all: Vec<_> = pages.into_iter().flatten().collect();
    all.sort_by_key(|record| (Reverse(record.recorded), record.writer.clone(), Reverse(record.index)));
    all.truncate(limit);
    all
}

#[tokio::test]
async fn they_are_those_that_a_reading_of_all_finds() {
    let store = trail().await;
    let at = |ms: i64| Some(Timestamp(BEGAN + ms));
    for outcome in [None, Some(AuditOutcome::Failed), Some(AuditOutcome::Refused)] {
        for (from, until) in
            [(None, None), (at(50), None), (None, at(120)), (at(60), at(70)), (at(9_999), None)]
        {
            for limit in [1, 7, 30, 1_000] {
                let filter = Filter { from, until, outcome, ..Filter::default() };
                let found = newest(&store, filter.clone(), limit, |_| true).await.unwrap();
                assert_eq!(found, all(&store, filter, limit).await, "{from:?} {until:?} {outcome:?} {limit}");
            }
        }
    }
    let odd = |record: &Record| record.index % 2 == 1;
    let found = newest(&store, Filter::default(), 20, odd).await.unwrap();
    let mut wanted = all(&store, Filter::default(), 1_000).await;
    wanted.retain(odd);
    wanted.truncate(20);
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn what_lies_before_them_is_not_read() {
    let whole = trail().await;
    let mut damaged: BTreeMap<Path, Bytes> = objects(whole.as_ref()).await;
    let mut of_writer: BTreeMap<String, Vec<Path>> = BTreeMap::new();
    for path in damaged.keys() {
        of_writer.entry(path.as_ref().split('/').next().unwrap().to_owned()).or_default().push(path.clone());
    }
    let first: Vec<_> = of_writer.values().map(|paths| paths[0].clone()).collect();
    assert!(of_writer.values().all(|paths| paths.len() > 2), "{of_writer:?}");
    for path in first {
        damaged.insert(path, Bytes::new());
    }
    let store: Arc<dyn ObjectStore> = Arc::new(store_of(&damaged).await);
    let found = newest(&store, Filter::default(), 5, |_| true).await.unwrap();
    assert_eq!(found, all(&whole, Filter::default(), 5).await);
}
