//! What the tests stand on: a signer, a store that fails, and trails to try things on.

use async_trait::async_trait;
use audit::{AuditLog, Head, Witnesses};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use model::{AuditEvent, AuditOutcome, AuditSink as _, ManualClock, SignError, Signer, Timestamp};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory,
    path::Path,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

pub(crate) struct TestSigner(Ed25519KeyPair);

impl TestSigner {
    pub(crate) fn new(seed: u8) -> Arc<Self> {
        Arc::new(Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()))
    }
}

impl Signer for TestSigner {
    fn key_id(&self) -> &str {
        "audit-1"
    }

    fn public_key(&self) -> [u8; 32] {
        self.0.public_key().as_ref().try_into().unwrap()
    }

    fn sign(&self, message: &[u8]) -> std::result::Result<[u8; 64], SignError> {
        Ok(self.0.sign(message).as_ref().try_into().unwrap())
    }
}

pub(crate) fn event(number: u64) -> AuditEvent {
    let time = Timestamp(1_700_000_000_000 + number as i64);
    AuditEvent::new(time, "fhir.create", "gp-elm-grove", AuditOutcome::Success, "/fhir/r4/{type}")
        .with("number", number)
}

pub(crate) async fn open(store: &Arc<dyn ObjectStore>, writer: &str) -> AuditLog {
    let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
    AuditLog::open(Arc::clone(store), TestSigner::new(7), writer.to_owned(), clock).await.unwrap()
}

pub(crate) fn public_key() -> [u8; 32] {
    TestSigner::new(7).public_key()
}

/// A trail of `count` records by `writer`, not closed.
pub(crate) async fn trail(writer: &str, count: u64) -> Arc<dyn ObjectStore> {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let log = open(&store, writer).await;
    for number in 0..count {
        log.record(event(number)).await.unwrap();
    }
    store
}

/// The lines of an object, each with its newline.
pub(crate) fn lines_of(object: &[u8]) -> Vec<Vec<u8>> {
    let lines = zstd::decode_all(object).unwrap();
    lines.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// The object that these lines make.
pub(crate) fn object_of(lines: &[Vec<u8>]) -> Bytes {
    Bytes::from(zstd::encode_all(lines.concat().as_slice(), 1).unwrap())
}

/// The heads of chains as witnesses.
pub(crate) fn held_against(heads: &[Head]) -> Witnesses {
    Witnesses { heads: heads.to_vec(), ..Witnesses::default() }
}

/// The objects of a store by path.
pub(crate) async fn objects(store: &dyn ObjectStore) -> BTreeMap<Path, Bytes> {
    let mut objects = BTreeMap::new();
    let listed: Vec<ObjectMeta> = store.list(None).try_collect().await.unwrap();
    for object in listed {
        let bytes = store.get(&object.location).await.unwrap().bytes().await.unwrap();
        objects.insert(object.location, bytes);
    }
    objects
}

/// A store that holds just these objects.
pub(crate) async fn store_of(objects: &BTreeMap<Path, Bytes>) -> InMemory {
    let store = InMemory::new();
    for (path, bytes) in objects {
        store.put(path, PutPayload::from(bytes.clone())).await.unwrap();
    }
    store
}

/// Fails puts by chance, half of the time after they took effect.
#[derive(Debug)]
pub(crate) struct FaultyStore {
    inner: InMemory,
    chance: Mutex<ChaCha8Rng>,
    pub(crate) percent: AtomicU32,
    pub(crate) puts: Mutex<u64>,
}

impl FaultyStore {
    pub(crate) fn new(seed: u64, percent: u32) -> Arc<Self> {
        let chance = Mutex::new(ChaCha8Rng::seed_from_u64(seed));
        Arc::new(Self {
            inner: InMemory::new(),
            chance,
            percent: AtomicU32::new(percent),
            puts: Mutex::new(0),
        })
    }

    fn throw(&self) -> bool {
        self.chance.lock().unwrap().random_range(0..100) < self.percent.load(Ordering::SeqCst)
    }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyStore")
    }
}

/// A store that works for so many changes and then no more, as if the process had died; the last change either took
/// effect or did not.
#[derive(Debug)]
pub(crate) struct DyingStore {
    inner: InMemory,
    left: AtomicU32,
    last_takes_effect: bool,
}

impl DyingStore {
    pub(crate) fn new(inner: InMemory, changes: u32, last_takes_effect: bool) -> Self {
        Self { inner, left: AtomicU32::new(changes), last_takes_effect }
    }

    /// What has been stored until it died.
    pub(crate) fn into_inner(self) -> InMemory {
        self.inner
    }

    /// Counts a change: whether it takes effect, and whether it is answered.
    fn change(&self) -> (bool, bool) {
        let left = self.left.load(Ordering::SeqCst);
        self.left.store(left.saturating_sub(1), Ordering::SeqCst);
        (left > 1 || (left == 1 && self.last_takes_effect), left > 1)
    }
}

impl fmt::Display for DyingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DyingStore")
    }
}

#[async_trait]
impl ObjectStore for DyingStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let (effect, answered) = self.change();
        let put = if effect { self.inner.put_opts(path, payload, options).await } else { Err(broken()) };
        if answered { put } else { Err(broken()) }
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.change() {
            (true, true) => self.inner.delete_stream(paths),
            (true, false) => self.inner.delete_stream(paths).map(|_| Err(broken())).boxed(),
            _ => paths.map(|_| Err(broken())).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// A store whose first listing is an old one: what it lists may be gone when it is read.
#[derive(Debug)]
pub(crate) struct StaleStore {
    inner: Arc<dyn ObjectStore>,
    listing: Mutex<Option<Vec<ObjectMeta>>>,
}

impl StaleStore {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, listing: Vec<ObjectMeta>) -> Self {
        Self { inner, listing: Mutex::new(Some(listing)) }
    }
}

impl fmt::Display for StaleStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaleStore")
    }
}

#[async_trait]
impl ObjectStore for StaleStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.listing.lock().unwrap().take() {
            Some(listing) => futures::stream::iter(listing).map(Ok).boxed(),
            None => self.inner.list(prefix),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn broken() -> object_store::Error {
    object_store::Error::Generic { store: "faulty", source: "the connection broke".into() }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        *self.puts.lock().unwrap() += 1;
        tokio::task::yield_now().await;
        if self.throw() {
            if self.throw() {
                self.inner.put_opts(path, payload, options).await?;
            }
            return Err(broken());
        }
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
