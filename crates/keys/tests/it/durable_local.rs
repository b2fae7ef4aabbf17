//! What lies on the disk: rights, names that are kept back, and leftovers.

use crate::durable;
use futures::TryStreamExt;
use keys::DurableLocal;
use model::{Clock, SystemClock, Timestamp};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use std::{fs, os::unix::fs::PermissionsExt, path::Path as FilePath};

fn mode(path: &FilePath) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn folders_and_files_are_their_owner_s_only() {
    let (store, folder) = durable();
    store.put(&Path::from("a/b/object"), "x".into()).await.unwrap();
    let mut upload = store.put_multipart(&Path::from("a/c/upload")).await.unwrap();
    upload.put_part("x".into()).await.unwrap();
    upload.complete().await.unwrap();
    let zone = folder.path().join("zone");
    for path in ["", ".staging", "a", "a/b", "a/c"] {
        assert_eq!(mode(&zone.join(path)), 0o700, "{path}");
    }
    for path in ["a/b/object", "a/c/upload"] {
        assert_eq!(mode(&zone.join(path)), 0o600, "{path}");
    }
    assert_eq!(fs::read_dir(zone.join(".staging")).unwrap().count(), 0, "nothing is left staged");
}

#[tokio::test]
async fn leftovers_are_not_listed_and_go_once_they_are_an_hour_old() {
    let (store, folder) = durable();
    let zone = folder.path().join("zone");
    let left = zone.join(".staging/left");
    fs::write(&left, "half an object").unwrap();
    let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
    assert_eq!(listed, []);
    assert_eq!(store.list_with_delimiter(None).await.unwrap().common_prefixes, []);

    DurableLocal::open(&zone, keys::FolderUse::Write, &SystemClock).unwrap();
    assert!(left.exists(), "its writer may still be at work");
    let later = SystemClock.now().plus_ms(61 * 60 * 1000);
    DurableLocal::open(&zone, keys::FolderUse::Write, &model::ManualClock::new(later)).unwrap();
    assert!(!left.exists());
    DurableLocal::open(&zone, keys::FolderUse::Write, &model::ManualClock::new(Timestamp(0))).unwrap();
}

#[tokio::test]
async fn no_object_can_lie_among_the_staged_files() {
    let (store, folder) = durable();
    fs::write(folder.path().join("zone/.staging/x"), "staged").unwrap();
    let name = Path::from(".staging/x");
    assert!(store.put(&name, "x".into()).await.is_err());
    assert!(store.put_multipart(&name).await.is_err());
    assert!(store.get(&name).await.is_err());
    assert!(store.delete(&name).await.is_err());
    assert!(store.copy(&name, &Path::from("y")).await.is_err());
    store.put(&Path::from("table/.staging/x"), "only at the root is it kept back".into()).await.unwrap();
}

#[tokio::test]
async fn an_upload_with_a_part_that_was_never_written_cannot_be_completed() {
    let (store, _folder) = durable();
    let mut upload = store.put_multipart(&Path::from("object")).await.unwrap();
    upload.put_part("first".into()).await.unwrap();
    drop(upload.put_part("second".into()));
    let refused = upload.complete().await.unwrap_err().to_string();
    assert!(refused.contains("5 of 11 bytes were written"), "{refused}");
    assert!(store.head(&Path::from("object")).await.is_err());
}

#[tokio::test]
async fn the_folder_survives_being_opened_again() {
    let (store, folder) = durable();
    store.put(&Path::from("a/object"), "x".into()).await.unwrap();
    let again =
        DurableLocal::open(&folder.path().join("zone"), keys::FolderUse::Write, &SystemClock).unwrap();
    assert_eq!(again.get(&Path::from("a/object")).await.unwrap().bytes().await.unwrap(), "x");
    again.put(&Path::from("a/object"), "y".into()).await.unwrap();
    assert_eq!(store.get(&Path::from("a/object")).await.unwrap().bytes().await.unwrap(), "y");
}
