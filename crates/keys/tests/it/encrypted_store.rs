//! What is stored tells nothing, and whatever is done to it is found.

use crate::{durable, encrypted, pattern, remote};
use futures::TryStreamExt;
use keys::{EncryptedStore, Zone, ZoneKey};
use object_store::{Error, GetRange, ObjectStore, ObjectStoreExt, path::Path};
use std::sync::Arc;

const HEADER: usize = 48;
const SEALED_CHUNK: usize = 65_552;

async fn raw(inner: &dyn ObjectStore, name: &str) -> Vec<u8> {
    inner.get(&Path::from(name)).await.unwrap().bytes().await.unwrap().to_vec()
}

async fn put(store: &dyn ObjectStore, name: &str, contents: Vec<u8>) {
    store.put(&Path::from(name), contents.into()).await.unwrap();
}

/// What reading the whole object gives.
async fn read(store: &dyn ObjectStore, name: &str) -> Result<Vec<u8>, Error> {
    Ok(store.get(&Path::from(name)).await?.bytes().await?.to_vec())
}

#[track_caller]
fn assert_names_the_object(refused: Result<Vec<u8>, Error>, what: &str) {
    let error = refused.expect_err(what).to_string();
    assert!(error.contains("open object `table/object` of zone `raw`"), "{what}: {error}");
}

#[tokio::test]
async fn a_flipped_byte_anywhere_is_refused_by_name() {
    for inner in [durable(), (remote(), tempfile::tempdir().unwrap())] {
        let (inner, _folder) = inner;
        let key = ZoneKey::generate().unwrap();
        let store = encrypted(&inner, &key);
        put(&*store, "table/object", b"thirty bytes of small resource".to_vec()).await;
        let sealed = raw(&*inner, "table/object").await;
        assert_eq!(sealed.len(), HEADER + 30 + 16);
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 0x10;
            put(&*inner, "table/object", flipped).await;
            assert_names_the_object(read(&*store, "table/object").await, &format!("byte {at}"));
            let ranges = store.get_ranges(&Path::from("table/object"), std::slice::from_ref(&(3..5))).await;
            assert!(ranges.is_err(), "byte {at}");
        }
        put(&*inner, "table/object", sealed).await;
        assert!(read(&*store, "table/object").await.is_ok());
    }
}

#[tokio::test]
async fn an_object_that_was_cut_off_or_added_to_is_refused() {
    let (inner, _folder) = durable();
    let store = encrypted(&inner, &ZoneKey::generate().unwrap());
    put(&*store, "table/object", pattern(200_000)).await;
    let sealed = raw(&*inner, "table/object").await;
    let border = HEADER + SEALED_CHUNK;
    for cut in
        [0, 5, HEADER, HEADER + 16, border - 1, border, border + 1, border + SEALED_CHUNK, sealed.len() - 1]
    {
        put(&*inner, "table/object", sealed[..cut].to_vec()).await;
        assert_names_the_object(read(&*store, "table/object").await, &format!("cut at {cut}"));
        let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
        assert_eq!(listed.len(), 1, "it can still be found and deleted");
    }
    put(&*inner, "table/object", [sealed.as_slice(), &[0; 40]].concat()).await;
    assert_names_the_object(read(&*store, "table/object").await, "added to");
}

#[tokio::test]
async fn chunks_cannot_change_places() {
    let (inner, _folder) = durable();
    let store = encrypted(&inner, &ZoneKey::generate().unwrap());
    put(&*store, "table/object", pattern(200_000)).await;
    let mut sealed = raw(&*inner, "table/object").await;
    let (first, second) = sealed[HEADER..].split_at_mut(SEALED_CHUNK);
    first.swap_with_slice(&mut second[..SEALED_CHUNK]);
    put(&*inner, "table/object", sealed).await;
    assert_names_the_object(read(&*store, "table/object").await, "chunks swapped");
}

#[tokio::test]
async fn an_object_opens_under_its_own_name_zone_and_key_only() {
    let inner = remote();
    let key = ZoneKey::generate().unwrap();
    let store = encrypted(&inner, &key);
    put(&*store, "table/object", b"one".to_vec()).await;
    put(&*store, "table/other", b"two".to_vec()).await;
    let (one, two) = (raw(&*inner, "table/object").await, raw(&*inner, "table/other").await);
    put(&*inner, "table/object", two).await;
    assert_names_the_object(read(&*store, "table/object").await, "objects swapped");
    put(&*inner, "table/object", one).await;
    assert_eq!(read(&*store, "table/object").await.unwrap(), b"one");

    let other_zone = EncryptedStore::new(Arc::clone(&inner), Zone::View, key);
    let refused = read(&other_zone, "table/object").await.unwrap_err().to_string();
    assert!(refused.contains("zone `view`") && refused.contains("does not authenticate"), "{refused}");
    let other_key = encrypted(&inner, &ZoneKey::generate().unwrap());
    let refused = read(&*other_key, "table/object").await.unwrap_err().to_string();
    assert!(refused.contains("is sealed under key"), "{refused}");
}

#[tokio::test]
async fn a_range_is_read_without_the_chunks_it_does_not_need() {
    for inner in [durable(), (remote(), tempfile::tempdir().unwrap())] {
        let (inner, _folder) = inner;
        let store = encrypted(&inner, &ZoneKey::generate().unwrap());
        put(&*store, "table/object", pattern(400_000)).await;
        let mut sealed = raw(&*inner, "table/object").await;
        // Spoil every chunk but the third: only what needs them fails.
        for chunk in [0, 1, 3, 4, 5, 6] {
            sealed[HEADER + chunk * SEALED_CHUNK + 7] ^= 1;
        }
        put(&*inner, "table/object", sealed).await;
        let name = Path::from("table/object");
        let third = store.get_range(&name, 131_072..196_608).await.unwrap();
        assert!(third == pattern(400_000)[131_072..196_608]);
        assert!(store.get_range(&name, 131_071..131_073).await.is_err());
        let suffix = object_store::GetOptions::new().with_range(Some(GetRange::Suffix(10)));
        let last = async { store.get_opts(&name, suffix).await?.bytes().await };
        assert!(last.await.is_err());
    }
}

#[tokio::test]
async fn the_plaintext_is_nowhere_in_what_is_stored() {
    let inner = remote();
    let store = encrypted(&inner, &ZoneKey::generate().unwrap());
    let word = b"CANARY-EVERGREEN";
    put(&*store, "put", word.repeat(10_000)).await;
    let mut upload = store.put_multipart(&Path::from("upload")).await.unwrap();
    upload.put_part(word.repeat(10_000).into()).await.unwrap();
    upload.complete().await.unwrap();
    store.copy(&Path::from("put"), &Path::from("copy")).await.unwrap();
    for name in ["put", "upload", "copy"] {
        let stored = raw(&*inner, name).await;
        assert!(!stored.windows(word.len()).any(|window| window == word), "{name}");
    }
    assert_ne!(raw(&*inner, "put").await[HEADER..], raw(&*inner, "copy").await[HEADER..]);
}
