//! A thousand edits of a stored trail by chance: each is found, and the first damaged record is named.

use crate::ground::{event, held_against, lines_of, object_of, objects, open, public_key, store_of};
use audit::{Head, VerifyError, verify};
use bytes::Bytes;
use model::AuditSink as _;
use object_store::{ObjectStore, memory::InMemory, path::Path};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, sync::Arc};

const EDITS: usize = 1000;
const RECORDS: u64 = 400;

struct Trail {
    objects: BTreeMap<Path, Vec<Vec<u8>>>,
    head: Head,
}

impl Trail {
    async fn make() -> Self {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let log = open(&store, "gateway-1").await;
        for number in 0..RECORDS {
            log.record(event(number).with("padding", "x".repeat(3000))).await.unwrap();
        }
        let objects = objects(store.as_ref()).await;
        let objects: BTreeMap<_, _> =
            objects.into_iter().map(|(path, bytes)| (path, lines_of(&bytes))).collect();
        assert!(objects.len() > 3);
        Self { objects, head: log.head() }
    }

    /// What is found, where these lines stand in the place of the object's own.
    async fn found(&self, path: &Path, lines: Vec<Vec<u8>>) -> Option<u64> {
        let objects: BTreeMap<Path, Bytes> = self
            .objects
            .iter()
            .map(|(at, own)| (at.clone(), object_of(if at == path { &lines } else { own })))
            .collect();
        let witnesses = held_against(std::slice::from_ref(&self.head));
        match verify(&store_of(&objects).await, &public_key(), &witnesses).await {
            Ok(_) => None,
            Err(VerifyError::Tampered { writer, index, .. }) if writer == "gateway-1" => Some(index),
            Err(other) => panic!("{other}"),
        }
    }
}

/// The first record with a byte that is not what was written.
fn first_other(first: u64, before: &[Vec<u8>], after: &[Vec<u8>]) -> u64 {
    let (before_bytes, after_bytes) = (before.concat(), after.concat());
    let same = before_bytes.iter().zip(&after_bytes).take_while(|(a, b)| a == b).count();
    let mut end = 0;
    let whole = before.iter().take_while(|line| {
        end += line.len();
        end <= same
    });
    first + whole.count() as u64
}

#[tokio::test]
async fn all_are_found_and_the_first_damaged_record_is_named() {
    let trail = Trail::make().await;
    let paths: Vec<&Path> = trail.objects.keys().collect();
    let mut chance = ChaCha8Rng::seed_from_u64(5);
    for number in 0..EDITS {
        let path = paths[chance.random_range(0..paths.len())];
        let own = &trail.objects[path];
        let first: u64 = path.filename().unwrap()[..20].parse().unwrap();
        let mut lines = own.clone();
        let row = chance.random_range(0..lines.len());
        match number % 5 {
            // A byte.
            0 | 1 => {
                let at = chance.random_range(0..lines[row].len());
                lines[row][at] ^= chance.random_range(1..=255_u8);
            }
            // A row: gone, twice, or in another's place.
            2 => {
                lines.remove(row);
            }
            3 => {
                let other = chance.random_range(0..lines.len());
                if row == other {
                    lines.insert(row, own[row].clone());
                } else {
                    lines.swap(row, other);
                }
            }
            // A tail.
            _ => {
                let keep = chance.random_range(0..lines[row].len());
                lines.truncate(row + 1);
                lines[row].truncate(keep);
            }
        }
        let wanted = first_other(first, own, &lines);
        let found = trail.found(path, lines).await;
        assert_eq!(found, Some(wanted), "edit {number} of {path}, row {row}");
    }
}
