//! What the worker seals only the custodian opens.

use super::*;
use futures::{TryStreamExt, stream::BoxStream};
use keys::sealed_box::{PrivateKey, PublicKey};
use model::{CommitSeq, Epoch, Pseudonym};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory, path::Path,
};
use std::sync::Arc;

/// What a worker may do: put, and nothing else.
#[derive(Debug)]
struct PutOnly(Arc<InMemory>);

impl std::fmt::Display for PutOnly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PutOnly")
    }
}

fn refused<T>() -> Result<T> {
    Err(object_store::Error::NotImplemented {
        operation: "anything but put".into(),
        implementer: "PutOnly".into(),
    })
}

#[async_trait::async_trait]
impl ObjectStore for PutOnly {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.0.put_opts(location, payload, opts).await
    }
    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        refused()
    }
    async fn get_opts(&self, _: &Path, _: GetOptions) -> Result<GetResult> {
        refused()
    }
    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        Box::pin(futures::stream::once(async { refused() }))
    }
    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        Box::pin(futures::stream::once(async { refused() }))
    }
    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        refused()
    }
    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        refused()
    }
}

const RECORD_A: RecordId = Pseudonym([1; 16]);
const RECORD_B: RecordId = Pseudonym([2; 16]);
const OTHER: Pseudonym = Pseudonym([3; 16]);
const SECRET: &[u8] = br#"{"name":[[{"family":"Quibblewick"}]]}"#;

fn keys_key(seq: i64) -> KeysKey {
    KeysKey { generation: 1, seq: CommitSeq(seq), epoch: Epoch(1), part: 0 }
}

fn key(seq: i64) -> FragmentsKey {
    FragmentsKey { seq: CommitSeq(seq), epoch: Epoch(1), part: 0 }
}

fn fragment(id: u8, version: u32) -> Fragment {
    Fragment {
        resource_type: fhir::ResourceType::parse("Observation").unwrap(),
        id: Pseudonym([id; 16]),
        version,
        others: vec![OTHER],
        bytes: SECRET.repeat(usize::from(id)),
    }
}

struct Vault {
    memory: Arc<InMemory>,
    custodian: PrivateKey,
    public: Vec<(RecordId, PublicKey)>,
}

/// A vault as a worker leaves it that can only put: two objects, two records.
async fn vault() -> Vault {
    let memory = Arc::new(InMemory::new());
    let worker = PutOnly(Arc::clone(&memory));
    let (custodian, custodian_public) = PrivateKey::generate();
    let (public, file) = mint(&custodian_public, 1, &[RECORD_B, RECORD_A, RECORD_B]).unwrap();
    assert_eq!(public.iter().map(|(record, _)| *record).collect::<Vec<_>>(), [RECORD_A, RECORD_B]);
    let keys_key = keys_key(7);
    put_keys(&worker, &keys_key, file).await.unwrap();
    assert_eq!(keys_key.to_string(), "record-keys/g1/000000000007-000001-0000");
    for first in [1, 3] {
        let mut writer = FragmentWriter::new();
        for (record, half) in &public {
            writer.add(*record, half, fragment(9, 1)).unwrap();
            writer.add(*record, half, fragment(record.0[0], u32::try_from(first).unwrap())).unwrap();
        }
        put_fragments(&worker, &key(first), writer.finish(&key(first)).unwrap()).await.unwrap();
    }
    Vault { memory, custodian, public }
}

#[tokio::test]
async fn the_custodian_reads_back_what_a_worker_put() {
    let Vault { memory, custodian, .. } = vault().await;
    let custodian = Custodian::open(memory, custodian);
    // The one that is in both objects comes once.
    assert_eq!(
        custodian.fragments(RECORD_A).await.unwrap(),
        [fragment(9, 1), fragment(1, 1), fragment(1, 3)]
    );
    let all: Vec<_> = custodian.all().try_collect().await.unwrap();
    assert_eq!(all.len(), 8);
    assert!(all.contains(&(RECORD_B, fragment(2, 3))));
    assert_eq!(
        custodian.mentions(OTHER).await.unwrap().into_iter().collect::<Vec<_>>(),
        [RECORD_A, RECORD_B]
    );
    assert!(custodian.mentions(RECORD_A).await.unwrap().is_empty());
    assert!(matches!(custodian.fragments(OTHER).await, Err(VaultError::NoKey { record: OTHER })));
}

#[tokio::test]
async fn keys_made_later_are_found_and_a_second_key_of_a_record_opens_its_own() {
    let Vault { memory, custodian, .. } = vault().await;
    let custodian_public = custodian.public();
    let custodian = Custodian::open(Arc::clone(&memory) as Arc<dyn ObjectStore>, custodian);
    assert_eq!(custodian.fragments(RECORD_A).await.unwrap().len(), 3);
    let (public, file) = mint(&custodian_public, 1, &[RECORD_A, OTHER]).unwrap();
    put_keys(&*memory, &keys_key(8), file).await.unwrap();
    let mut writer = FragmentWriter::new();
    writer.add(RECORD_A, &public[0].1, fragment(4, 1)).unwrap();
    writer.add(OTHER, &public[1].1, fragment(5, 1)).unwrap();
    put_fragments(&*memory, &key(5), writer.finish(&key(5)).unwrap()).await.unwrap();
    assert_eq!(custodian.fragments(OTHER).await.unwrap(), [fragment(5, 1)]);
    assert_eq!(custodian.fragments(RECORD_A).await.unwrap().len(), 4);
}

#[tokio::test]
async fn without_the_custodians_key_nothing_opens() {
    let Vault { memory, custodian, public } = vault().await;
    // All that lies in the vault and all that the worker has: neither shows a word.
    for path in [keys_key(7).path(), key(1).path()] {
        let bytes = memory.get(&path).await.unwrap().bytes().await.unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"Quibblewick"), "{path}");
    }
    let (stranger, _) = PrivateKey::generate();
    let error =
        Custodian::open(Arc::clone(&memory) as Arc<dyn ObjectStore>, stranger).fragments(RECORD_A).await;
    assert!(matches!(error, Err(VaultError::Open { record: RECORD_A, .. })));

    // Another record's key is no key either, nor is the right one for a box from another object.
    let custodian = Custodian::open(Arc::clone(&memory) as Arc<dyn ObjectStore>, custodian);
    let private = custodian.record_key(RECORD_A).await.unwrap();
    assert_eq!(private.public(), public[0].1);
    let mut writer = FragmentWriter::new();
    writer.add(RECORD_B, &public[0].1, fragment(6, 1)).unwrap();
    put_fragments(&*memory, &key(9), writer.finish(&key(9)).unwrap()).await.unwrap();
    assert!(
        matches!(custodian.fragments(RECORD_B).await, Err(VaultError::Open { .. })),
        "sealed to another record's key"
    );
    memory.copy(&key(1).path(), &key(9).path()).await.unwrap();
    assert!(
        matches!(custodian.fragments(RECORD_B).await, Err(VaultError::Open { .. })),
        "moved from another object"
    );
}

#[tokio::test]
async fn a_flipped_byte_anywhere_is_refused_and_names_the_object() {
    let Vault { memory, custodian, .. } = vault().await;
    memory.delete(&key(3).path()).await.unwrap();
    let paths = [keys_key(7).path(), key(1).path()];
    for path in paths {
        let bytes = memory.get(&path).await.unwrap().bytes().await.unwrap().to_vec();
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            memory.put(&path, flipped.into()).await.unwrap();
            let sealed = custodian.seal_to(&custodian.public(), b"copy").unwrap();
            let copy = PrivateKey::open_sealed_key(&custodian, b"copy", &sealed).unwrap();
            let store = Arc::clone(&memory) as Arc<dyn ObjectStore>;
            let result = Custodian::open(store, copy).all().try_collect::<Vec<_>>().await;
            let message = result.expect_err("a flipped byte is refused").to_string();
            assert!(message.contains(path.as_ref()), "byte {at}: {message}");
        }
        memory.put(&path, bytes.into()).await.unwrap();
    }
}

#[test]
fn no_debug_form_shows_a_fragment() {
    assert!(!format!("{:?}", fragment(1, 1)).contains("Quibblewick"));
}
