//! Retention: what is old goes, what stays is proved, and nobody else can make anything go unseen.

use crate::ground::{DyingStore, StaleStore, TestSigner, event, objects, public_key, store_of};
use audit::{
    AuditLog, Checkpoint, Checkpoints, Damage, Filter, Follower, Head, Retention, Verified, VerifyError,
    Witnesses, copy, records, verify,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::TryStreamExt as _;
use model::{AuditSink as _, ManualClock, Signer as _, Timestamp};
use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory, path::Path};
use std::{collections::BTreeMap, sync::Arc};

const DAY: i64 = 86_400_000;
const START: Timestamp = Timestamp(1_700_000_000_000);

type Objects = BTreeMap<Path, Bytes>;

/// A trail of ten days: one writer that is at work all the time, and whose object is full after a day's eight records,
/// and one that ended its chain on the third day.
struct Trail {
    store: Arc<dyn ObjectStore>,
    gateway: AuditLog,
    command: Head,
    checkpoint: Checkpoint,
}

fn day(number: i64) -> Timestamp {
    START.plus_ms(number * DAY)
}

async fn writer(store: &Arc<dyn ObjectStore>, name: &str, clock: &Arc<ManualClock>) -> AuditLog {
    AuditLog::open(Arc::clone(store), TestSigner::new(7), name.to_owned(), clock.clone()).await.unwrap()
}

async fn tell(store: &Arc<dyn ObjectStore>, heads: &[Head]) -> Checkpoint {
    let clock = Arc::new(ManualClock::new(day(10)));
    let made = Checkpoints::new(Arc::clone(store), TestSigner::new(7), clock).make(heads, 0).await;
    made.unwrap().unwrap().checkpoint
}

impl Trail {
    /// The trail before any checkpoint.
    async fn untold() -> (Arc<dyn ObjectStore>, AuditLog, Head) {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let clock = Arc::new(ManualClock::new(START));
        let gateway = writer(&store, "gateway-1", &clock).await;
        let mut command = None;
        for day in 0..10 {
            for number in 0..8 {
                gateway.record(event(day * 8 + number).with("padding", "x".repeat(33_000))).await.unwrap();
            }
            if day == 2 {
                let log = writer(&store, "command-1", &clock).await;
                log.record(event(0)).await.unwrap();
                log.close().await.unwrap();
                command = Some(log.head());
            }
            clock.advance_ms(DAY);
        }
        (store, gateway, command.unwrap())
    }

    async fn new() -> Self {
        let (store, gateway, command) = Self::untold().await;
        let checkpoint = tell(&store, &[gateway.head(), command.clone()]).await;
        let found = objects(store.as_ref()).await;
        let days = found.keys().filter(|path| path.as_ref().starts_with("gateway-1/")).count();
        assert!(days >= 10, "{days} objects");
        Self { store, gateway, command, checkpoint }
    }

    async fn cut(&self, before: Timestamp) -> Vec<Head> {
        carry_out(self.store.as_ref(), before).await
    }
}

async fn plan(store: &dyn ObjectStore, before: Timestamp) -> Retention {
    Retention::plan(store, &public_key(), before).await.unwrap()
}

async fn carry_out(store: &dyn ObjectStore, before: Timestamp) -> Vec<Head> {
    let plan = plan(store, before).await;
    assert!(plan.damaged.is_empty(), "{:?}", plan.damaged);
    plan.carry_out(store, TestSigner::new(7).as_ref(), day(20)).await.unwrap()
}

async fn prove(store: &dyn ObjectStore, kept: &[&Checkpoint]) -> Result<Verified, VerifyError> {
    let checkpoints = kept.iter().map(|&kept| kept.clone()).collect();
    verify(store, &public_key(), &Witnesses { checkpoints, ..Witnesses::default() }).await
}

/// A service does both in a task of its own.
#[test]
fn planning_and_carrying_out_can_move_between_threads() {
    fn can<T: Send>(_: T) {}
    let (store, signer, retention) = (InMemory::new(), TestSigner::new(7), Retention::default());
    can(Retention::plan(&store, &public_key(), day(0)));
    can(retention.carry_out(&store, signer.as_ref(), day(0)));
}

/// What is found of these objects: in whose chain, at which record, what.
async fn found(objects: &Objects) -> (String, u64, Damage) {
    match prove(&store_of(objects).await, &[]).await {
        Err(VerifyError::Tampered { writer, index, what }) => (writer, index, what),
        other => panic!("{other:?}"),
    }
}

/// The indexes of a writer's records, as a question finds them.
async fn indexes(store: &Arc<dyn ObjectStore>, writer: &str, filter: Filter) -> Vec<u64> {
    let pages: Vec<_> = records(Arc::clone(store), filter).try_collect().await.unwrap();
    pages.into_iter().flatten().filter(|record| record.writer == writer).map(|record| record.index).collect()
}

/// A mark as retention writes it, signed with the trail's own key.
fn mark(writer: &str, count: u64, hash: [u8; 32]) -> (Path, Bytes) {
    let head = format!(
        r#"{{"closed":false,"count":{count},"format":"carelake-audit-1","hash":"{}","key":"audit-1","time":9,"writer":"{writer}"}}"#,
        hex::encode(hash)
    );
    let signature = TestSigner::new(7).sign(format!("carelake-audit-1 cut\0{head}").as_bytes()).unwrap();
    let line = format!("{{\"head\":{head},\"signature\":\"{}\"}}\n", STANDARD.encode(signature));
    (Path::from(format!("{writer}/{count:020}.cut")), Bytes::from(line))
}

fn is_of(path: &Path, writer: &str, suffix: &str) -> bool {
    path.as_ref().starts_with(&format!("{writer}/")) && path.as_ref().ends_with(suffix)
}

#[tokio::test]
async fn what_is_older_goes_and_the_rest_is_proved() {
    let trail = Trail::new().await;
    let before = plan(trail.store.as_ref(), day(4)).await;
    let due: Vec<_> =
        before.due.iter().map(|due| (due.cut.writer.as_str(), due.records, due.whole)).collect();
    assert_eq!(due, [("command-1", 1, true), ("gateway-1", 32, false)]);
    assert_eq!(before.records(), 33);
    assert_eq!(prove(trail.store.as_ref(), &[]).await.unwrap().records, 81, "a plan changes nothing");

    let cuts = trail.cut(day(4)).await;
    assert_eq!(cuts[0], trail.command);
    assert_eq!((cuts[1].writer.as_str(), cuts[1].count), ("gateway-1", 32));
    let verified = prove(trail.store.as_ref(), &[&trail.checkpoint]).await.unwrap();
    assert_eq!((verified.records, verified.cut, verified.unwitnessed.len()), (48, cuts, 0));
    assert_eq!(verified.writers, [trail.command.clone(), trail.gateway.head()]);
    // Questions, and whoever follows a chain, find what is left.
    assert_eq!(indexes(&trail.store, "gateway-1", Filter::default()).await, (32..80).collect::<Vec<_>>());
    let first_days = Filter { until: Some(day(5)), ..Filter::default() };
    assert_eq!(indexes(&trail.store, "gateway-1", first_days).await, (32..40).collect::<Vec<_>>());
    let read = Follower::from(0).read(&trail.store, "gateway-1", 1000).await.unwrap();
    assert_eq!(read.iter().map(|record| record.index).collect::<Vec<_>>(), (32..80).collect::<Vec<_>>());
    assert!(Follower::from(0).read(&trail.store, "command-1", 1000).await.unwrap().is_empty());
    // There is no more to be done, and a name stays used.
    assert!(plan(trail.store.as_ref(), day(4)).await.due.is_empty());
    let clock = Arc::new(ManualClock::new(START));
    let again = AuditLog::open(Arc::clone(&trail.store), TestSigner::new(7), "command-1".into(), clock).await;
    assert!(matches!(again, Err(audit::OpenError::Exists(_))));
}

#[tokio::test]
async fn a_chain_is_cut_again_and_goes_on() {
    let trail = Trail::new().await;
    let mut follower = Follower::default();
    follower.read(&trail.store, "gateway-1", 20).await.unwrap();
    let seen = follower.next;
    for cut in 1..=8 {
        trail.cut(day(cut)).await;
        let verified = prove(trail.store.as_ref(), &[&trail.checkpoint]).await.unwrap();
        assert_eq!(verified.cut.last().unwrap().count, cut as u64 * 8);
        let marks = objects(trail.store.as_ref()).await;
        let marks = marks.keys().filter(|path| is_of(path, "gateway-1", ".cut")).count();
        assert_eq!(marks, 1, "older marks go");
    }
    trail.gateway.record(event(80)).await.unwrap();
    let verified = prove(trail.store.as_ref(), &[&trail.checkpoint]).await.unwrap();
    assert_eq!((verified.records, verified.unwitnessed[0].witnessed), (17, 80));
    assert!(seen < 64);
    let read = follower.read(&trail.store, "gateway-1", 1000).await.unwrap();
    assert_eq!(read.iter().map(|record| record.index).collect::<Vec<_>>(), (64..81).collect::<Vec<_>>());
}

#[tokio::test]
async fn no_record_goes_that_is_young_enough() {
    for (before, gateway, command) in [
        (day(0), 0, 0),
        (day(0).plus_ms(1), 8, 0),
        (day(1), 8, 0),
        (day(2), 16, 0),
        (day(2).plus_ms(1), 24, 1),
        // The last object is never closed.
        (day(100), 72, 1),
    ] {
        let trail = Trail::new().await;
        trail.cut(before).await;
        let left = indexes(&trail.store, "gateway-1", Filter::default()).await;
        assert_eq!((left.first(), left.len()), (Some(&gateway), 80 - gateway as usize), "{before}");
        assert_eq!(indexes(&trail.store, "command-1", Filter::default()).await.len(), 1 - command);
        assert_eq!(prove(trail.store.as_ref(), &[]).await.unwrap().records, 81 - gateway - command as u64);
    }
    // Names do not make records older than they are.
    let trail = Trail::new().await;
    let mut renamed = objects(trail.store.as_ref()).await;
    let young: Vec<Path> =
        renamed.keys().filter(|path| is_of(path, "gateway-1", ".log.zst")).skip(2).cloned().collect();
    for path in young {
        let first = path.filename().unwrap()[..20].to_owned();
        let bytes = renamed.remove(&path).unwrap();
        renamed.insert(Path::from(format!("gateway-1/{first}-{:013}.log.zst", START.0)), bytes);
    }
    let store = store_of(&renamed).await;
    let plan = plan(&store, day(2)).await;
    assert!(plan.due.iter().all(|due| due.cut.writer != "gateway-1"));
    assert!(matches!(plan.damaged[..], [VerifyError::Tampered { index: 16, what: Damage::Reordered, .. }]));
}

#[tokio::test]
async fn nothing_goes_that_no_checkpoint_tells_of() {
    let (store, gateway, command) = Trail::untold().await;
    assert!(plan(store.as_ref(), day(100)).await.due.is_empty());
    // A checkpoint from within the third day's object.
    let early = indexes(&store, "gateway-1", Filter::default()).await.len() as u64;
    assert_eq!((early, gateway.head().count), (80, 80));
    let pages: Vec<_> = records(Arc::clone(&store), Filter::default()).try_collect().await.unwrap();
    let told = pages.iter().flatten().find(|record| record.writer == "gateway-1" && record.index == 19);
    let told = told.map(|record| Head { writer: record.writer.clone(), count: 20, hash: record.hash });
    tell(&store, &[told.unwrap()]).await;
    let cuts = carry_out(store.as_ref(), day(100)).await;
    assert_eq!(cuts.iter().map(|cut| cut.count).collect::<Vec<_>>(), [16]);
    let checkpoint = tell(&store, &[command]).await;
    assert_eq!(prove(store.as_ref(), &[&checkpoint]).await.unwrap().records, 65);
}

#[tokio::test]
async fn wherever_it_stops_the_trail_is_whole_and_the_next_one_finishes() {
    let trail = Trail::new().await;
    trail.cut(day(1)).await;
    let old = objects(trail.store.as_ref()).await;
    let wanted: Objects = {
        trail.cut(day(4)).await;
        objects(trail.store.as_ref()).await
    };
    let mut stops = 0;
    for changes in 0..100 {
        let mut done = false;
        for last_takes_effect in [false, true] {
            let dying = DyingStore::new(store_of(&old).await, changes, last_takes_effect);
            let cut =
                plan(&dying, day(4)).await.carry_out(&dying, TestSigner::new(7).as_ref(), day(20)).await;
            done = cut.is_ok();
            let store: Arc<dyn ObjectStore> = Arc::new(dying.into_inner());
            let verified = prove(store.as_ref(), &[&trail.checkpoint]).await.unwrap();
            let left = indexes(&store, "gateway-1", Filter::default()).await;
            assert!([8, 32].contains(&left[0]), "a cut is there as a whole or not at all");
            assert!(verified.records >= left.len() as u64, "what is found is proved");
            assert_eq!(left.last(), Some(&79));
            let mut follower = Follower::from(0);
            assert_eq!(follower.read(&store, "gateway-1", 1000).await.unwrap().len(), left.len());
            // An archive of this very moment.
            let archive = InMemory::new();
            copy(store.as_ref(), &archive).await.unwrap();
            assert_eq!(prove(&archive, &[&trail.checkpoint]).await.unwrap(), verified);
            carry_out(store.as_ref(), day(4)).await;
            assert_eq!(objects(store.as_ref()).await, wanted, "stopped after {changes} changes");
        }
        stops += 1;
        if done {
            break;
        }
    }
    // Two marks, their objects, and an older mark.
    assert!((6..100).contains(&stops), "{stops}");
}

#[tokio::test]
async fn what_goes_while_it_is_proved_is_not_missed() {
    let trail = Trail::new().await;
    trail.cut(day(1)).await;
    let listing: Vec<_> = trail.store.list(None).try_collect().await.unwrap();
    let cuts = trail.cut(day(4)).await;
    let stale = StaleStore::new(Arc::clone(&trail.store), listing.clone());
    let verified = prove(&stale, &[&trail.checkpoint]).await.unwrap();
    assert_eq!((verified.records, verified.cut), (48, cuts));
    // What somebody else removed meanwhile is.
    let next =
        listing.iter().filter(|object| is_of(&object.location, "gateway-1", ".log.zst")).nth(5).unwrap();
    trail.store.delete(&next.location).await.unwrap();
    let found = prove(&StaleStore::new(Arc::clone(&trail.store), listing), &[]).await;
    assert!(matches!(found, Err(VerifyError::Tampered { what: Damage::Removed, .. })), "{found:?}");
}

#[tokio::test]
async fn a_chain_of_which_nothing_is_left_cannot_be_forgotten() {
    let trail = Trail::new().await;
    trail.cut(day(4)).await;
    let mut all = objects(trail.store.as_ref()).await;
    let mark = all.keys().find(|path| is_of(path, "command-1", ".cut")).unwrap().clone();
    all.remove(&mark);
    assert_eq!(found(&all).await, ("command-1".into(), 0, Damage::CutOff));
}

#[tokio::test]
async fn what_is_removed_without_a_mark_is_missed() {
    let trail = Trail::new().await;
    let whole = objects(trail.store.as_ref()).await;
    let (first, second) = {
        let mut places = whole.keys().filter(|path| is_of(path, "gateway-1", ".log.zst"));
        (places.next().unwrap().clone(), places.next().unwrap().clone())
    };
    let mut less = whole.clone();
    less.remove(&first);
    assert_eq!(found(&less).await, ("gateway-1".into(), 0, Damage::Removed));

    trail.cut(day(4)).await;
    let cut = objects(trail.store.as_ref()).await;
    let mark = cut.keys().find(|path| is_of(path, "gateway-1", ".cut")).unwrap().clone();
    let next = cut.keys().find(|path| is_of(path, "gateway-1", ".log.zst")).unwrap().clone();
    // More than the mark says, and the mark itself.
    let mut less = cut.clone();
    less.remove(&next);
    assert_eq!(found(&less).await, ("gateway-1".into(), 32, Damage::Removed));
    let mut less = cut.clone();
    less.remove(&mark);
    assert_eq!(found(&less).await, ("gateway-1".into(), 0, Damage::Removed));
    // An object put back before the cut is neither proved nor read; from the beginning on it is proved.
    let mut more = cut.clone();
    more.insert(second.clone(), whole[&second].clone());
    let store: Arc<dyn ObjectStore> = Arc::new(store_of(&more).await);
    assert_eq!(prove(store.as_ref(), &[]).await.unwrap().records, 48);
    assert_eq!(indexes(&store, "gateway-1", Filter::default()).await[0], 32);
    more.remove(&second);
    more.insert(first.clone(), whole[&first].clone());
    let verified = prove(&store_of(&more).await, &[]).await.unwrap();
    assert_eq!((verified.records, verified.cut[1].count), (56, 32));
    more.insert(first.clone(), whole[&second].clone());
    assert_eq!(found(&more).await, ("gateway-1".into(), 0, Damage::Removed));
    // All of it put back is all of it.
    more.extend(whole);
    assert_eq!(prove(&store_of(&more).await, &[&trail.checkpoint]).await.unwrap().records, 81);
}

#[tokio::test]
async fn marks_cannot_be_copied_renamed_or_changed() {
    let trail = Trail::new().await;
    let whole = objects(trail.store.as_ref()).await;
    trail.cut(day(4)).await;
    let cut = objects(trail.store.as_ref()).await;
    let of = |writer| cut.iter().find(|(path, _)| is_of(path, writer, ".cut")).unwrap();
    let ((own, bytes), (_, other)) = (of("gateway-1"), of("command-1"));
    let signature = |count| ("gateway-1".to_owned(), count, Damage::Signature);
    let at = |count: u64| Path::from(format!("gateway-1/{count:020}.cut"));
    // Another chain's, under this one's count and under its own.
    for (path, count) in [(own.clone(), 32), (at(1), 1)] {
        let mut copied = cut.clone();
        copied.insert(path, other.clone());
        assert_eq!(found(&copied).await, signature(count));
    }
    // To another count, in its place or besides it.
    for count in [0, 8, 31, 33, 40, 80] {
        let mut renamed = cut.clone();
        renamed.insert(at(count), bytes.clone());
        assert_eq!(found(&renamed).await, signature(count));
        renamed.remove(own);
        assert_eq!(found(&renamed).await, signature(count));
    }
    for byte in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[byte] ^= 1;
        let changed: Objects = cut.clone().into_iter().chain([(own.clone(), changed.into())]).collect();
        assert_eq!(found(&changed).await, signature(32), "byte {byte}");
    }
    // A head that once stood in the chain is no mark.
    let object = &whole[whole.keys().filter(|path| is_of(path, "gateway-1", ".log.zst")).nth(3).unwrap()];
    let head = crate::ground::lines_of(object).pop().unwrap();
    let mut copied = cut.clone();
    copied.insert(own.clone(), Bytes::from(head));
    assert_eq!(found(&copied).await, signature(32));
    // Nor does retention follow such marks.
    let store = store_of(&copied).await;
    let plan = plan(&store, day(6)).await;
    assert_eq!((plan.due.len(), plan.damaged.len()), (0, 1));
}

#[tokio::test]
async fn even_with_the_key_a_cut_has_to_fit_the_checkpoints() {
    let trail = Trail::new().await;
    let Head { count, hash, .. } = trail.cut(day(4)).await[1].clone();
    let cut = objects(trail.store.as_ref()).await;
    let with = |(path, bytes): (Path, Bytes)| cut.clone().into_iter().chain([(path, bytes)]).collect();
    let fine: Objects = with(mark("gateway-1", count, hash));
    assert_eq!(prove(&store_of(&fine).await, &[&trail.checkpoint]).await.unwrap().records, 48);
    // Another hash: the chain does not come by what was told.
    let other: Objects = with(mark("gateway-1", count, [1; 32]));
    assert_eq!(found(&other).await, ("gateway-1".into(), 32, Damage::Altered));
    // A chain that was told of no further than its cut has to have the hash that was told.
    let other: Objects = with(mark("command-1", 1, [1; 32]));
    assert_eq!(found(&other).await, ("command-1".into(), 0, Damage::Altered));
    // Further than any checkpoint tells, of this chain or of one that none knows.
    let further: Objects = with(mark("gateway-1", 81, hash));
    assert_eq!(found(&further).await, ("gateway-1".into(), 81, Damage::Untold));
    let unknown: Objects = with(mark("gateway-2", 1, hash));
    assert_eq!(found(&unknown).await, ("gateway-2".into(), 1, Damage::Untold));
}

#[tokio::test]
async fn what_was_witnessed_before_the_cut_is_not_asked_for_any_more() {
    let trail = Trail::new().await;
    let pages: Vec<_> = records(Arc::clone(&trail.store), Filter::default()).try_collect().await.unwrap();
    let head_at = |count: u64| {
        let mut all = pages.iter().flatten();
        let last = all.find(|record| record.writer == "gateway-1" && record.index + 1 == count).unwrap();
        Head { writer: "gateway-1".into(), count, hash: last.hash }
    };
    let (lower, same, higher) = (head_at(9), head_at(32), head_at(33));
    tell(&trail.store, &[lower.clone(), same.clone(), higher.clone()]).await;
    trail.cut(day(4)).await;
    let wrong = |head: &Head| Head { hash: [3; 32], ..head.clone() };
    let held = async |heads: Vec<Head>| {
        let witnesses = Witnesses { heads, ..Witnesses::default() };
        verify(trail.store.as_ref(), &public_key(), &witnesses).await
    };
    held(vec![lower.clone(), same.clone(), higher.clone()]).await.unwrap();
    held(vec![wrong(&lower)]).await.unwrap();
    for (head, bad) in [(&same, 31), (&higher, 32)] {
        let found = held(vec![wrong(head)]).await;
        assert!(
            matches!(found, Err(VerifyError::Tampered { index, what: Damage::Altered, .. }) if index == bad),
            "{found:?}"
        );
    }
    // Nor does proving that goes on from a checkpoint look at the cut's other side.
    let proved = Some(trail.checkpoint.clone());
    let witnesses = Witnesses { proved, ..Witnesses::default() };
    let since = verify(trail.store.as_ref(), &public_key(), &witnesses).await.unwrap();
    assert_eq!((since.records, since.cut.len()), (0, 2));
}

#[tokio::test]
async fn archives_are_proved_from_before_and_after_the_cut() {
    let trail = Trail::new().await;
    let (before, after) = (InMemory::new(), InMemory::new());
    copy(trail.store.as_ref(), &before).await.unwrap();
    let cuts = trail.cut(day(4)).await;
    assert_eq!(prove(&before, &[&trail.checkpoint]).await.unwrap().records, 81);
    trail.gateway.record(event(80)).await.unwrap();
    let later = tell(&trail.store, &[trail.gateway.head()]).await;
    for archive in [&before, &after] {
        copy(trail.store.as_ref(), archive).await.unwrap();
    }
    let verified = prove(&after, &[&trail.checkpoint, &later]).await.unwrap();
    assert_eq!((verified.records, verified.cut), (49, cuts));
    // What an archive has is proved, though the lake has let go of it.
    let verified = prove(&before, &[&trail.checkpoint, &later]).await.unwrap();
    assert_eq!((verified.records, verified.cut), (82, vec![]));
    trail.cut(day(6)).await;
    copy(trail.store.as_ref(), &before).await.unwrap();
    copy(trail.store.as_ref(), &after).await.unwrap();
    assert_eq!(prove(&before, &[&later]).await.unwrap().records, 82);
    assert_eq!(prove(&after, &[&later]).await.unwrap().records, 49);
}

#[tokio::test]
async fn an_archive_can_miss_what_went_before_it_was_copied() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let clock = Arc::new(ManualClock::new(START));
    let (gateway, command) =
        (writer(&store, "gateway-1", &clock).await, writer(&store, "command-1", &clock).await);
    let put = async |log: &AuditLog, count: u64| {
        for number in 0..count {
            log.record(event(number).with("padding", "x".repeat(33_000))).await.unwrap();
        }
    };
    put(&command, 1).await;
    put(&gateway, 12).await;
    // Both go on in objects that the archive has as they were.
    let archive = InMemory::new();
    copy(store.as_ref(), &archive).await.unwrap();
    put(&command, 1).await;
    command.close().await.unwrap();
    put(&gateway, 20).await;
    clock.advance_ms(DAY);
    put(&gateway, 1).await;
    let checkpoint = tell(&store, &[gateway.head(), command.head()]).await;
    let cuts = carry_out(store.as_ref(), day(1)).await;
    assert_eq!(cuts.iter().map(|cut| cut.count).collect::<Vec<_>>(), [2, 32]);
    copy(store.as_ref(), &archive).await.unwrap();
    let verified = prove(&archive, &[&checkpoint]).await.unwrap();
    assert_eq!((verified.records, verified.cut), (1 + 12 + 1, cuts));
    assert_eq!(verified.writers, [command.head(), gateway.head()]);
    // What it has is proved: nobody can change it.
    let objects = objects(&archive).await;
    for (path, bytes) in objects.iter().filter(|(path, _)| path.as_ref().ends_with(".log.zst")) {
        let mut lines = crate::ground::lines_of(bytes);
        let text = String::from_utf8(lines[0].clone()).unwrap().replace("gp-elm-grove", "gp-elm-grave");
        lines[0] = text.into_bytes();
        let changed = [(path.clone(), crate::ground::object_of(&lines))];
        let changed: Objects = objects.clone().into_iter().chain(changed).collect();
        assert_eq!(found(&changed).await.2, Damage::Altered, "{path}");
    }
}

#[tokio::test]
async fn what_was_tampered_with_does_not_go() {
    let trail = Trail::new().await;
    let whole = objects(trail.store.as_ref()).await;
    let places: Vec<&Path> = whole.keys().filter(|path| is_of(path, "gateway-1", ".log.zst")).collect();
    let mut altered = whole.clone();
    let mut lines = crate::ground::lines_of(&whole[places[1]]);
    let text = String::from_utf8(lines[2].clone()).unwrap().replace("gp-elm-grove", "gp-elm-grave");
    lines[2] = text.into_bytes();
    altered.insert(places[1].clone(), crate::ground::object_of(&lines));
    let mut removed = whole.clone();
    removed.remove(places[1]);
    for (bad, index, what) in [(altered, 10, Damage::Altered), (removed, 8, Damage::Removed)] {
        let store = store_of(&bad).await;
        let plan = plan(&store, day(4)).await;
        assert_eq!(plan.due.iter().map(|due| due.cut.writer.as_str()).collect::<Vec<_>>(), ["command-1"]);
        let [VerifyError::Tampered { index: at, what: found, .. }] = &plan.damaged[..] else { panic!() };
        assert_eq!((*at, *found), (index, what));
        plan.carry_out(&store, TestSigner::new(7).as_ref(), day(20)).await.unwrap();
        assert_eq!(found_in(&store).await, ("gateway-1".into(), index, what), "what shows it is still there");
    }
}

async fn found_in(store: &dyn ObjectStore) -> (String, u64, Damage) {
    found(&objects(store).await).await
}

#[tokio::test]
async fn chains_of_the_first_form_go_when_their_records_are_old() {
    for (before, goes) in [(Timestamp(7), false), (Timestamp(8), true)] {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let path = Path::from("gateway-1/00000000000000000000.log");
        let object = crate::first_form::object("gateway-1", &["a", "b"]);
        store.put(&path, object.clone().into()).await.unwrap();
        let last = object.lines().nth(1).unwrap();
        let hash = hex::decode(&last[9..73]).unwrap().try_into().unwrap();
        let head = Head { writer: "gateway-1".into(), count: 2, hash };
        let checkpoint = tell(&store, std::slice::from_ref(&head)).await;
        let cuts = carry_out(store.as_ref(), before).await;
        assert_eq!(cuts, if goes { vec![head] } else { vec![] });
        let verified = prove(store.as_ref(), &[&checkpoint]).await.unwrap();
        assert_eq!((verified.records, verified.cut.len()), if goes { (0, 1) } else { (2, 0) });
    }
}
