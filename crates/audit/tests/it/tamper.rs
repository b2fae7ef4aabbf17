//! Changing the trail: every way is found, and the first bad record is named.

use crate::ground::{event, held_against, lines_of, object_of, objects, open, public_key, store_of, trail};
use audit::{Damage, Head, VerifyError, verify};
use bytes::Bytes;
use model::AuditSink as _;
use object_store::{ObjectStore, path::Path};
use proptest::prelude::*;
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// What verification says of these objects: who, which record, what; or how many records there are.
async fn verdict(objects: &BTreeMap<Path, Bytes>, witnessed: &[Head]) -> Result<u64, (u64, Damage)> {
    match verify(&store_of(objects).await, &public_key(), &held_against(witnessed)).await {
        Ok(verified) => Ok(verified.records),
        Err(VerifyError::Tampered { index, what, .. }) => Err((index, what)),
        Err(other) => panic!("{other}"),
    }
}

/// A trail in one object, as its lines.
async fn lines(count: u64) -> (Path, Vec<Vec<u8>>) {
    let objects = objects(trail("gateway-1", count).await.as_ref()).await;
    let (path, bytes) = objects.into_iter().next().unwrap();
    let lines = lines_of(&bytes);
    assert_eq!(lines.len() as u64, count + 1);
    (path, lines)
}

#[track_caller]
fn check(found: Result<u64, (u64, Damage)>, index: u64, what: Damage) {
    assert_eq!(found, Err((index, what)));
}

async fn of(path: &Path, lines: &[Vec<u8>]) -> Result<u64, (u64, Damage)> {
    verdict(&BTreeMap::from([(path.clone(), object_of(lines))]), &[]).await
}

#[tokio::test]
async fn a_change_of_any_byte_is_found_in_its_record() {
    let (path, original) = lines(5).await;
    assert_eq!(of(&path, &original).await, Ok(5));
    for (index, line) in original.iter().enumerate() {
        let what = if index == 5 { Damage::Signature } else { Damage::Altered };
        for at in 0..line.len() {
            for change in [line[at] ^ 1, line[at] ^ 0x20, line[at] ^ 0x80, b'\n', b' ', b'0'] {
                if change == line[at] {
                    continue;
                }
                let mut lines = original.clone();
                lines[index][at] = change;
                let found = of(&path, &lines).await;
                // A head that is split in two leaves a line that is no record.
                let split = index == 5 && change == b'\n' && at + 1 < line.len();
                let what = if split { Damage::Altered } else { what };
                assert_eq!(found, Err((index as u64, what)), "line {index}, byte {at}, now {change}");
            }
        }
    }
}

#[tokio::test]
async fn a_removed_record_is_named() {
    let (path, original) = lines(6).await;
    for index in 0..5 {
        let mut lines = original.clone();
        lines.remove(index);
        check(of(&path, &lines).await, index as u64, Damage::Removed);
    }
    let mut lines = original.clone();
    lines.remove(5);
    check(of(&path, &lines).await, 5, Damage::CutOff);
}

#[tokio::test]
async fn records_that_changed_places_are_named() {
    let (path, original) = lines(6).await;
    for a in 0..6 {
        for b in a + 1..6 {
            let mut lines = original.clone();
            lines.swap(a, b);
            check(of(&path, &lines).await, a as u64, Damage::Reordered);
        }
    }
    let mut twice = original.clone();
    twice.insert(3, original[2].clone());
    check(of(&path, &twice).await, 3, Damage::Reordered);
}

#[tokio::test]
async fn a_tail_cut_off_before_a_head_is_found() {
    let (path, original) = lines(6).await;
    for keep in 0..6 {
        // With the head left in place, and with the head gone too.
        let mut lines = original[..keep].to_vec();
        lines.push(original[6].clone());
        check(of(&path, &lines).await, keep as u64, Damage::CutOff);
        check(of(&path, &original[..keep]).await, keep as u64, Damage::CutOff);
    }
    check(of(&path, &original[..6]).await, 6, Damage::CutOff);
    let mut torn = original.clone();
    torn[6].truncate(40);
    check(of(&path, &torn).await, 6, Damage::Signature);
}

#[tokio::test]
async fn hashes_made_to_fit_again_do_not_help_without_the_key() {
    // The same writer and records but one, signed with a key of the forger's own.
    let store: Arc<dyn ObjectStore> = Arc::new(object_store::memory::InMemory::new());
    let clock = Arc::new(model::ManualClock::new(model::Timestamp(1_700_000_000_000)));
    let signer = crate::ground::TestSigner::new(8);
    let forged =
        audit::AuditLog::open(Arc::clone(&store), signer, "gateway-1".to_owned(), clock).await.unwrap();
    for number in [0, 1, 99, 3, 4, 5] {
        forged.record(event(number)).await.unwrap();
    }
    let forged = objects(store.as_ref()).await;
    check(verdict(&forged, &[]).await, 6, Damage::Signature);

    // The forged records under the true head.
    let (path, original) = lines(6).await;
    let forged = lines_of(forged.values().next().unwrap());
    let mut lines = forged.clone();
    lines[6].clone_from(&original[6]);
    check(of(&path, &lines).await, 0, Damage::Altered);
    // One forged record among true ones shows at the record after it.
    let mut lines = original.clone();
    lines[2].clone_from(&forged[2]);
    check(of(&path, &lines).await, 3, Damage::Altered);
    // A further record after the last signed one.
    let (_, longer) = lines_of_seven().await;
    let mut lines = original.clone();
    lines.insert(6, longer[6].clone());
    check(of(&path, &lines).await, 6, Damage::Signature);
}

async fn lines_of_seven() -> (Path, Vec<Vec<u8>>) {
    lines(7).await
}

#[tokio::test]
async fn a_missing_or_moved_object_is_found() {
    let store: Arc<dyn ObjectStore> = Arc::new(object_store::memory::InMemory::new());
    let log = open(&store, "gateway-1").await;
    for number in 0..40 {
        log.record(event(number).with("padding", "x".repeat(30_000))).await.unwrap();
    }
    let head = log.head();
    let all = objects(store.as_ref()).await;
    let paths: Vec<_> = all.keys().cloned().collect();
    assert!(paths.len() >= 4, "{paths:?}");
    assert_eq!(verdict(&all, std::slice::from_ref(&head)).await, Ok(40));
    let first_of = |path: &Path| path.filename().unwrap()[..20].parse::<u64>().unwrap();

    for path in &paths[..paths.len() - 1] {
        let mut less = all.clone();
        less.remove(path);
        check(verdict(&less, &[]).await, first_of(path), Damage::Removed);
    }
    // The last one can only be missed by whoever knows the head.
    let last = paths.last().unwrap();
    let mut less = all.clone();
    less.remove(last);
    assert_eq!(verdict(&less, &[]).await, Ok(first_of(last)));
    check(verdict(&less, std::slice::from_ref(&head)).await, first_of(last), Damage::CutOff);
    // So can a whole writer.
    check(verdict(&BTreeMap::new(), std::slice::from_ref(&head)).await, 0, Damage::CutOff);
    // Two objects in each other's place.
    let mut moved = all.clone();
    moved.insert(paths[0].clone(), all[&paths[1]].clone());
    moved.insert(paths[1].clone(), all[&paths[0]].clone());
    check(verdict(&moved, &[]).await, 0, Damage::Reordered);
    // An object of another chain.
    let mut foreign = all.clone();
    foreign.insert(Path::from("gateway-1/notes.txt"), Bytes::new());
    let found = verify(&store_of(&foreign).await, &public_key(), &held_against(&[])).await;
    assert!(matches!(found, Err(VerifyError::Foreign { .. })));
}

#[tokio::test]
async fn an_older_state_put_back_is_found_by_a_witness() {
    let store: Arc<dyn ObjectStore> = Arc::new(object_store::memory::InMemory::new());
    let log = open(&store, "gateway-1").await;
    log.record(event(0)).await.unwrap();
    let old = objects(store.as_ref()).await;
    log.record(event(1)).await.unwrap();
    let witness = [log.head()];
    let verified = verify(&store_of(&old).await, &public_key(), &held_against(&[])).await.unwrap();
    assert_eq!((verified.unwitnessed[0].witnessed, verified.unwitnessed[0].count), (0, 1));
    check(verdict(&old, &witness).await, 1, Damage::CutOff);
    // Whoever holds the signing key can write another history, but not one that fits the witness.
    let other: Arc<dyn ObjectStore> = Arc::new(object_store::memory::InMemory::new());
    let log = open(&other, "gateway-1").await;
    log.record(event(0)).await.unwrap();
    log.record(event(7)).await.unwrap();
    check(verdict(&objects(other.as_ref()).await, &witness).await, 1, Damage::Altered);
}

#[tokio::test]
async fn a_closed_chain_needs_no_witness() {
    let store: Arc<dyn ObjectStore> = Arc::new(object_store::memory::InMemory::new());
    let log = open(&store, "gateway-1").await;
    for number in 0..3 {
        log.record(event(number)).await.unwrap();
    }
    let verified = verify(store.as_ref(), &public_key(), &held_against(&[])).await.unwrap();
    assert_eq!(verified.unwitnessed.len(), 1);
    let verified = verify(store.as_ref(), &public_key(), &held_against(&[log.head()])).await.unwrap();
    assert!(verified.unwitnessed.is_empty());
    log.close().await.unwrap();
    let verified = verify(store.as_ref(), &public_key(), &held_against(&[])).await.unwrap();
    assert!(verified.unwitnessed.is_empty());
    assert_eq!((verified.records, verified.writers), (3, vec![log.head()]));
    let closed = objects(store.as_ref()).await;
    let (path, bytes) = closed.iter().next().unwrap();
    let mut lines = lines_of(bytes);
    lines.remove(2);
    check(of(path, &lines).await, 2, Damage::CutOff);
}

/// The first record with a byte that is not what was written.
fn first_other(lines: &[Vec<u8>], bytes: &[u8]) -> u64 {
    let same = lines.concat().iter().zip(bytes).take_while(|(a, b)| a == b).count();
    let ends = lines.iter().scan(0, |end, line| {
        *end += line.len();
        Some(*end)
    });
    ends.take_while(|end| *end <= same).count() as u64
}

fn without(whole: &[u8], range: Range<usize>) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    bytes.drain(range);
    bytes
}

#[tokio::test]
async fn a_record_without_its_newline_is_not_whole() {
    let (path, lines) = lines(4).await;
    let whole = lines.concat();
    let last = lines[..4].concat().len() - 1;
    let bytes = without(&whole, last..whole.len());
    check(of(&path, &[bytes]).await, 3, Damage::CutOff);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_of_the_bytes_is_found(at in 0_usize..10_000, length in 1_usize..1200) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (path, lines) = lines(4).await;
            let whole = lines.concat();
            let at = at % whole.len();
            let bytes = without(&whole, at..(at + length).min(whole.len()));
            let found = of(&path, std::slice::from_ref(&bytes)).await;
            prop_assert_eq!(found.unwrap_err().0, first_other(&lines, &bytes));
            Ok(())
        })?;
    }
}
