//! Two writers of one lane, failures half-way, and what is swept up after them.

use crate::home::{Home, LEASE_MS, one, source};
use async_trait::async_trait;
use futures::stream::BoxStream;
use landing::{IntakeError, Limits, SegmentKey, Status, delete_published, sweep_orphans};
use model::{Clock, Ordinal};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path,
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

#[tokio::test]
async fn a_second_writer_waits_for_the_lease_then_takes_over_and_the_first_is_fenced_off() {
    let home = Home::new().await;
    let gp = source("gp");
    let (first, _) = home.intake("first", Limits::default());
    let (second, second_clock) = home.intake("second", Limits::default());
    first.submit(&gp, one("x", "1")).await.unwrap();
    let taken = second.submit(&gp, one("x", "2")).await.unwrap_err();
    assert_eq!(taken, IntakeError::LaneTaken { retry_after_s: 11 });

    home.clock.advance_ms(LEASE_MS + 1);
    second_clock.advance_ms(LEASE_MS + 1);
    let answer = second.submit(&gp, one("x", "2")).await.unwrap();
    // It knows what the first had registered.
    assert_eq!((answer.entries[0].version, answer.entries[0].status), (2, Status::Updated));

    // By its own clock the first still holds the lease; its registration is refused all the same.
    let refused = first.submit(&gp, one("x", "3")).await.unwrap_err();
    assert!(matches!(refused, IntakeError::Storage(_)), "{refused:?}");
    assert!(matches!(first.submit(&gp, one("x", "3")).await, Err(IntakeError::LaneTaken { .. })));
    assert_eq!(home.records().await, ["gp/x@1 1", "gp/x@2 2"]);

    // What it had put is named by no row, and its epoch is over: it goes. Nothing else does.
    assert_eq!(home.objects().await, 3);
    assert_eq!(sweep_orphans(&home.control, home.landing.as_ref()).await.unwrap(), 1);
    assert_eq!(home.records().await.len(), 2);

    // The first comes back once the second has gone, and goes on where that one ended.
    second.close().await;
    let answer = first.submit(&gp, one("x", "3")).await.unwrap();
    assert_eq!((answer.entries[0].version, answer.entries[0].status), (3, Status::Updated));
}

#[tokio::test]
async fn an_object_of_the_current_epoch_is_never_an_orphan() {
    let home = Home::new().await;
    let gp = source("gp");
    let lane = home.lane(&gp).await;
    let lease = home.control.lease_lane(lane, "writer", LEASE_MS).await.unwrap();
    let key = SegmentKey::fresh(lane, lease.epoch);
    object_store::ObjectStoreExt::put(&home.landing, &key.path(), PutPayload::from_static(b"on its way"))
        .await
        .unwrap();
    assert_eq!(sweep_orphans(&home.control, home.landing.as_ref()).await.unwrap(), 0);
    home.clock.advance_ms(LEASE_MS + 1);
    home.control.lease_lane(lane, "another", LEASE_MS).await.unwrap();
    assert_eq!(sweep_orphans(&home.control, home.landing.as_ref()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_failed_put_is_told_and_the_next_submission_is_decided_afresh() {
    let home = Home::new().await;
    let gp = source("gp");
    let broken = Arc::new(Failing { inner: home.landing.clone(), fails: AtomicBool::new(false) });
    let (intake, _) = home.intake_into("a", Limits::default(), broken.clone());
    intake.submit(&gp, one("x", "1")).await.unwrap();
    broken.fails.store(true, Ordering::SeqCst);
    assert!(matches!(intake.submit(&gp, one("x", "2")).await, Err(IntakeError::Storage(_))));
    broken.fails.store(false, Ordering::SeqCst);
    let answer = intake.submit(&gp, one("x", "2")).await.unwrap();
    assert_eq!((answer.entries[0].version, answer.entries[0].status), (2, Status::Updated));
    assert_eq!(home.records().await, ["gp/x@1 1", "gp/x@2 2"]);
}

#[tokio::test]
async fn a_segment_that_is_not_published_is_never_deleted() {
    let home = Home::new().await;
    let (intake, _) = home.intake("a", Limits::default());
    intake.submit(&source("gp"), one("x", "1")).await.unwrap();
    let later = home.clock.now().plus_ms(1_000_000);
    assert_eq!(delete_published(&home.control, home.landing.as_ref(), later, 100).await.unwrap(), 0);
    let lane = home.lane(&source("gp")).await;
    assert_eq!(home.control.segments_after(lane, Ordinal(0), 10).await.unwrap().len(), 1);
    assert_eq!(home.records().await.len(), 1);
}

/// A store whose puts fail when they are told to.
struct Failing {
    inner: Arc<dyn ObjectStore>,
    fails: AtomicBool,
}

impl fmt::Debug for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Failing")
    }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Failing")
    }
}

#[async_trait]
impl ObjectStore for Failing {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(object_store::Error::Generic { store: "failing", source: "told to".into() });
        }
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
