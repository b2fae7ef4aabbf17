//! A store at whose n-th put a worker can be held for as long as a test likes.

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path,
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::Semaphore;

/// Where a worker is held: shared by all of its stores.
#[derive(Debug)]
pub(crate) struct Hold {
    puts: AtomicUsize,
    at: usize,
    reached: Semaphore,
    opened: Semaphore,
}

impl Hold {
    /// Holds before the put that comes after `at` others.
    pub(crate) fn before(at: usize) -> Arc<Self> {
        let closed = || Semaphore::new(0);
        Arc::new(Self { puts: AtomicUsize::new(0), at, reached: closed(), opened: closed() })
    }

    async fn pass(&self) {
        if self.puts.fetch_add(1, Ordering::SeqCst) == self.at {
            self.reached.add_permits(1);
            self.opened.acquire().await.unwrap().forget();
        }
    }

    /// Waits until the worker is held.
    pub(crate) async fn reached(&self) {
        self.reached.acquire().await.unwrap().forget();
    }

    /// Lets it go on.
    pub(crate) fn open(&self) {
        self.opened.add_permits(1);
    }
}

/// A store behind a [`Hold`].
#[derive(Debug)]
pub(crate) struct Gate {
    inner: Arc<dyn ObjectStore>,
    state: Arc<Hold>,
}

impl Gate {
    pub(crate) fn over(inner: Arc<dyn ObjectStore>, state: &Arc<Hold>) -> Arc<dyn ObjectStore> {
        Arc::new(Self { inner, state: Arc::clone(state) })
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

#[async_trait]
impl ObjectStore for Gate {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.state.pass().await;
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(at, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
