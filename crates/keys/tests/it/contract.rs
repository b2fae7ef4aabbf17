//! What every store of the lake must do, run against each of them.

use crate::{durable, encrypted, pattern, remote};
use bytes::Bytes;
use futures::TryStreamExt;
use keys::ZoneKey;
use object_store::{
    Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, path::Path,
};

macro_rules! every_store_upholds {
    ($($promise:ident),* $(,)?) => {
        mod durable_local {
            use super::*;
            $(#[tokio::test] async fn $promise() { let (store, _folder) = durable(); super::$promise(&*store).await; })*
        }
        mod encrypted_on_disk {
            use super::*;
            $(#[tokio::test] async fn $promise() {
                let (inner, _folder) = durable();
                super::$promise(&*encrypted(&inner, &ZoneKey::generate().unwrap())).await;
            })*
        }
        mod encrypted_elsewhere {
            use super::*;
            $(#[tokio::test] async fn $promise() {
                super::$promise(&*encrypted(&remote(), &ZoneKey::generate().unwrap())).await;
            })*
        }
    };
}

every_store_upholds!(
    what_was_put_is_got,
    what_is_missing_is_not_found,
    create_refuses_what_exists,
    one_of_many_creators_wins,
    parts_become_one_object,
    an_ended_upload_leaves_nothing,
    listings_are_sorted_by_whole_names,
    a_listing_starts_after_its_offset,
    folders_are_common_prefixes,
    ranges_are_cut_from_the_object,
    conditions_are_kept,
    copies_and_new_names_hold_the_same,
    what_is_deleted_is_gone,
);

async fn put(store: &dyn ObjectStore, name: &str, contents: impl Into<Bytes>) {
    store.put(&Path::from(name), PutPayload::from(contents.into())).await.unwrap();
}

async fn get(store: &dyn ObjectStore, name: &str) -> Result<Bytes, Error> {
    store.get(&Path::from(name)).await?.bytes().await
}

async fn names(store: &dyn ObjectStore, prefix: Option<&str>) -> Vec<String> {
    let prefix = prefix.map(Path::from);
    let listed = store.list(prefix.as_ref()).map_ok(|object| object.location.to_string());
    listed.try_collect().await.unwrap()
}

/// The sizes at which chunks, and batches of chunks, begin and end.
const SIZES: [usize; 9] =
    [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_000, 4 * 1024 * 1024, 4 * 1024 * 1024 + 1];

async fn what_was_put_is_got(store: &dyn ObjectStore) {
    for size in SIZES {
        let name = format!("sizes/{size}");
        let put = store.put(&Path::from(name.as_str()), pattern(size).into()).await.unwrap();
        let got = store.get(&Path::from(name.as_str())).await.unwrap();
        assert_eq!((got.meta.size, &got.meta.e_tag), (size as u64, &put.e_tag), "{size}");
        assert_eq!(got.range, 0..size as u64);
        assert!(got.bytes().await.unwrap() == pattern(size), "{size}");
        assert_eq!(store.head(&Path::from(name.as_str())).await.unwrap().size, size as u64);
    }
    put(store, "sizes/1", "put again").await;
    assert_eq!(get(store, "sizes/1").await.unwrap(), "put again");
    // One payload in pieces that do not end where chunks do.
    let pieces: PutPayload = pattern(300_000).chunks(70_001).map(Bytes::copy_from_slice).collect();
    store.put(&Path::from("pieces"), pieces).await.unwrap();
    assert!(get(store, "pieces").await.unwrap() == pattern(300_000));
}

async fn what_is_missing_is_not_found(store: &dyn ObjectStore) {
    put(store, "folder/object", "1").await;
    for name in ["nothing", "folder", "folder/object2", "other/object"] {
        assert!(matches!(get(store, name).await, Err(Error::NotFound { .. })), "{name}");
        let head = store.head(&Path::from(name)).await;
        assert!(matches!(head, Err(Error::NotFound { .. })), "{name}");
    }
    let copied = store.copy(&Path::from("nothing"), &Path::from("copy")).await;
    assert!(matches!(copied, Err(Error::NotFound { .. })), "{copied:?}");
    assert_eq!(names(store, Some("nowhere")).await, Vec::<String>::new());
}

async fn create_refuses_what_exists(store: &dyn ObjectStore) {
    let (name, create) = (Path::from("log/1"), PutOptions::from(PutMode::Create));
    store.put_opts(&name, "first".into(), create.clone()).await.unwrap();
    let second = store.put_opts(&name, "second".into(), create).await;
    assert!(matches!(second, Err(Error::AlreadyExists { .. })), "{second:?}");
    assert_eq!(get(store, "log/1").await.unwrap(), "first");
}

async fn one_of_many_creators_wins(store: &dyn ObjectStore) {
    let name = Path::from("log/1");
    let attempts = (0..16)
        .map(|at: i32| store.put_opts(&name, PutPayload::from(at.to_string()), PutMode::Create.into()));
    let won: Vec<_> = futures::future::join_all(attempts)
        .await
        .into_iter()
        .enumerate()
        .filter_map(|(at, put)| put.is_ok().then_some(at.to_string()))
        .collect();
    assert_eq!(won.len(), 1);
    assert_eq!(get(store, "log/1").await.unwrap(), won[0]);
}

async fn parts_become_one_object(store: &dyn ObjectStore) {
    for (at, lengths) in [vec![], vec![5], vec![9 << 20, 3 << 20, 70_000], vec![8 << 20], vec![1 << 20; 20]]
        .into_iter()
        .enumerate()
    {
        let name = Path::from(format!("uploads/{at}"));
        let whole = pattern(lengths.iter().sum());
        let mut upload = store.put_multipart(&name).await.unwrap();
        let (mut start, mut parts) = (0, Vec::new());
        for length in lengths {
            parts.push(upload.put_part(whole[start..start + length].to_vec().into()));
            start += length;
        }
        futures::future::try_join_all(parts).await.unwrap();
        assert!(matches!(store.head(&name).await, Err(Error::NotFound { .. })), "not before it is whole");
        upload.complete().await.unwrap();
        assert!(store.get(&name).await.unwrap().bytes().await.unwrap() == whole, "{at}");
        assert_eq!(store.head(&name).await.unwrap().size, whole.len() as u64);
    }
}

async fn an_ended_upload_leaves_nothing(store: &dyn ObjectStore) {
    let mut upload = store.put_multipart(&Path::from("upload")).await.unwrap();
    upload.put_part(pattern(100).into()).await.unwrap();
    upload.abort().await.unwrap();
    drop(store.put_multipart(&Path::from("upload")).await.unwrap());
    assert_eq!(names(store, None).await, Vec::<String>::new());
}

async fn listings_are_sorted_by_whole_names(store: &dyn ObjectStore) {
    // `-` and `.` sort before `/`, digits after it: walking folder by folder is not enough.
    let mut sorted = ["a-b", "a.b/1", "a/b", "a/b-c/1", "a/b/1/x", "a/b/2", "a0", "z/10", "z/9", "é/ü"]
        .map(|name| if name == "a/b" { "a/a".to_owned() } else { Path::from(name).to_string() });
    for name in sorted.iter().rev() {
        store.put(&Path::parse(name).unwrap(), "x".into()).await.unwrap();
    }
    sorted.sort_unstable();
    assert_eq!(names(store, None).await, sorted);
    assert_eq!(names(store, Some("a/b")).await, ["a/b/1/x", "a/b/2"]);
    assert_eq!(names(store, Some("a/a")).await, Vec::<String>::new());
}

async fn a_listing_starts_after_its_offset(store: &dyn ObjectStore) {
    let all = ["a", "b-1", "b/1", "b/2/x", "b/3", "c/1"];
    for name in all {
        put(store, name, "x").await;
    }
    for offset in ["A", "a", "b", "b-1", "b/1", "b/15", "b/2", "b/2/x", "b/2/y", "b0", "c/1", "d"] {
        let listed =
            store.list_with_offset(None, &Path::from(offset)).map_ok(|object| object.location.to_string());
        let listed: Vec<_> = listed.try_collect().await.unwrap();
        let expected: Vec<_> = all.into_iter().filter(|name| *name > offset).collect();
        assert_eq!(listed, expected, "{offset}");
    }
}

async fn folders_are_common_prefixes(store: &dyn ObjectStore) {
    for name in ["t/_log/1", "t/_log/2", "t/part-1", "t/part-0", "t/x=1/part", "u/1"] {
        put(store, name, name).await;
    }
    let level = store.list_with_delimiter(Some(&Path::from("t"))).await.unwrap();
    let objects: Vec<_> = level.objects.iter().map(|o| (o.location.to_string(), o.size)).collect();
    assert_eq!(objects, [("t/part-0".to_owned(), 8), ("t/part-1".to_owned(), 8)]);
    assert_eq!(level.common_prefixes, [Path::from("t/_log"), Path::from("t/x=1")]);
    let root = store.list_with_delimiter(None).await.unwrap();
    assert_eq!(root.common_prefixes, [Path::from("t"), Path::from("u")]);
    assert!(root.objects.is_empty());
}

async fn ranges_are_cut_from_the_object(store: &dyn ObjectStore) {
    let whole = pattern(200_000);
    put(store, "object", whole.clone()).await;
    let name = Path::from("object");
    let read = |range: GetRange| async {
        let result = store.get_opts(&name, GetOptions::new().with_range(Some(range))).await?;
        assert_eq!(result.meta.size, 200_000);
        let said = result.range.clone();
        Ok::<_, Error>((said, result.bytes().await?))
    };
    for (range, expected) in [
        (GetRange::Bounded(0..1), 0..1),
        (GetRange::Bounded(65_535..65_537), 65_535..65_537),
        (GetRange::Bounded(131_072..900_000), 131_072..200_000),
        (GetRange::Offset(0), 0..200_000),
        (GetRange::Offset(199_999), 199_999..200_000),
        (GetRange::Suffix(8), 199_992..200_000),
        (GetRange::Suffix(3_500), 196_500..200_000),
        (GetRange::Suffix(70_000), 130_000..200_000),
        (GetRange::Suffix(300_000), 0..200_000),
    ] {
        let (said, bytes) = read(range.clone()).await.unwrap();
        assert_eq!(said, expected, "{range}");
        assert!(bytes == whole[expected.start as usize..expected.end as usize], "{range}");
    }
    for range in [200_000..200_001, 262_144..262_145, 900_000..900_001] {
        assert!(read(GetRange::Bounded(range.clone())).await.is_err(), "{range:?}");
    }
    assert!(read(GetRange::Offset(200_000)).await.is_err());
    let ranges = [150_000..150_010, 0..4, 65_530..65_545, 2..3];
    let bytes = store.get_ranges(&name, &ranges).await.unwrap();
    for (range, bytes) in ranges.iter().zip(bytes) {
        assert!(bytes == whole[range.start as usize..range.end as usize], "{range:?}");
    }
}

async fn conditions_are_kept(store: &dyn ObjectStore) {
    put(store, "object", "1").await;
    let name = Path::from("object");
    let tag = store.head(&name).await.unwrap().e_tag;
    assert!(tag.is_some());
    let same = store.get_opts(&name, GetOptions::new().with_if_match(tag.clone())).await;
    assert_eq!(same.unwrap().bytes().await.unwrap(), "1");
    let changed = store.get_opts(&name, GetOptions::new().with_if_none_match(tag)).await;
    assert!(matches!(changed, Err(Error::NotModified { .. })));
    let other = store.get_opts(&name, GetOptions::new().with_if_match(Some("other"))).await;
    assert!(matches!(other, Err(Error::Precondition { .. })));
}

async fn copies_and_new_names_hold_the_same(store: &dyn ObjectStore) {
    let (one, two, three) = (Path::from("one"), Path::from("new/two"), Path::from("newer/three"));
    put(store, "one", "1").await;
    store.copy(&one, &two).await.unwrap();
    assert_eq!(get(store, "new/two").await.unwrap(), "1");
    put(store, "one", "changed").await;
    assert_eq!(get(store, "new/two").await.unwrap(), "1");
    let refused = store.copy_if_not_exists(&one, &two).await;
    assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
    let refused = store.rename_if_not_exists(&one, &two).await;
    assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
    store.rename_if_not_exists(&two, &three).await.unwrap();
    store.rename(&one, &two).await.unwrap();
    assert_eq!(get(store, "newer/three").await.unwrap(), "1");
    assert_eq!(get(store, "new/two").await.unwrap(), "changed");
    assert_eq!(names(store, None).await, ["new/two", "newer/three"]);
}

async fn what_is_deleted_is_gone(store: &dyn ObjectStore) {
    put(store, "folder/1", "1").await;
    put(store, "folder/2", "2").await;
    store.delete(&Path::from("folder/1")).await.unwrap();
    assert!(matches!(get(store, "folder/1").await, Err(Error::NotFound { .. })));
    assert_eq!(names(store, None).await, ["folder/2"]);
}
