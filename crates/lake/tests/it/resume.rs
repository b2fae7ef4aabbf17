//! Work that is dropped half-way, and workers that think they still are.

use crate::{
    gate::Hold,
    home::{Home, LEASE_MS, chain},
    links::patient,
    truth::{agrees, joins},
};
use lake::{
    LakeError,
    upkeep::{Upkeep, UpkeepLimits},
};
use simulate::{Expected, Message, Simulation};
use std::{
    future::{Future, poll_fn},
    path::{Path, PathBuf},
    pin::Pin,
    task::Poll,
};

/// Polls `future` at most `times`; nothing if it has not ended by then.
async fn poll<F: Future>(mut future: Pin<&mut F>, times: usize) -> Option<F::Output> {
    let mut left = times;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// A region's messages in portions, each of which is worth a publication.
fn portions(region: &Simulation, count: usize) -> Vec<Vec<Message>> {
    let messages: Vec<_> =
        region.messages().filter(|message| matches!(message.expected, Expected::Accepted { .. })).collect();
    messages.chunks(messages.len().div_ceil(count)).map(<[_]>::to_vec).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_dropped_anywhere_loses_nothing_and_repeats_nothing() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w0");
    let steps = [1, 2, 3, 5, 8, 12, 17, 23, 30, 38, 47, 57, 68, 80, 95, 115, 140, 170];
    let mut dropped = 0;
    for (round, messages) in portions(&Simulation::new(3, 5), steps.len()).iter().enumerate() {
        for message in messages {
            home.send(message).await;
        }
        let ended = poll(std::pin::pin!(worker.step()), steps[round]).await.is_some();
        dropped += usize::from(!ended);
        if round % 2 == 1 {
            // The process is gone, and its lease runs out. The next one has another name.
            home.clock.advance_ms(LEASE_MS + 1);
            worker = home.worker(&format!("w{round}"));
        }
    }
    worker.drain().await.unwrap();
    assert!(dropped > 8, "only {dropped} steps were dropped");
    agrees(&home).await;
    joins(&home).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_worker_that_goes_on_harms_nothing() {
    let mut home = Home::new().await;
    let steps = [0, 1, 2, 3, 6, 11, 20, 35];
    let (mut held, mut fenced) = (0, 0);
    for (round, messages) in portions(&Simulation::new(4, 5), steps.len()).iter().enumerate() {
        for message in messages {
            home.send(message).await;
        }
        let hold = Hold::before(steps[round]);
        let mut stale = home.worker_held(&format!("stale-{round}"), &hold);
        let working = tokio::spawn(async move { stale.step().await.map(|published| (published, stale)) });
        tokio::select! {
            () = hold.reached() => held += 1,
            () = async { while !working.is_finished() { tokio::task::yield_now().await } } => {}
        }
        home.clock.advance_ms(LEASE_MS + 1);
        let mut next = home.worker(&format!("next-{round}"));
        next.drain().await.unwrap();
        // It goes on where it stopped, with what it knew then.
        hold.open();
        match working.await.unwrap() {
            Ok(_) => {}
            Err(LakeError::NotTheWorker) => fenced += 1,
            Err(error) => panic!("{}", chain(&error)),
        }
        next.drain().await.unwrap();
        next.close().await;
    }
    assert!(held > 5, "only {held} workers were held");
    assert!(fenced > 0, "no worker was fenced off");
    home.clock.advance_ms(LEASE_MS + 1);
    home.worker("last").drain().await.unwrap();
    agrees(&home).await;
    joins(&home).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compaction_dropped_anywhere_is_settled_by_the_next_worker() {
    let mut home = Home::new().await;
    let limits =
        UpkeepLimits { small_files: 2, superseded_percent: 1, superseded_rows: 1, ..UpkeepLimits::default() };
    let mut worker = home.worker("w0");
    let steps = [5, 20, 50, 120, 300];
    for (round, messages) in portions(&Simulation::new(6, 2), steps.len()).iter().enumerate() {
        for message in messages {
            home.send(message).await;
        }
        worker.drain().await.unwrap();
        drop(poll(std::pin::pin!(Upkeep::new(limits).tend(&mut worker)), steps[round]).await);
        home.clock.advance_ms(LEASE_MS + 1);
        worker = home.worker(&format!("w{}", round + 1));
        worker.drain().await.unwrap();
        agrees(&home).await;
    }
    Upkeep::new(limits).tend(&mut worker).await.unwrap();
    agrees(&home).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_try_under_the_same_name_leaves_the_keys_of_the_first_in_the_vault() {
    let mut home = Home::new().await;
    home.put("gp", &patient("before", "9434765919", "01")).await;
    let mut worker = home.worker("same");
    worker.drain().await.unwrap();
    home.put("gp", &patient("now", "9990000018", "01")).await;
    // Both have put key files and written their rows; neither has committed its public keys.
    let (first_hold, second_hold) = (Hold::before(2), Hold::before(2));
    let mut first = home.worker_held("same", &first_hold);
    let first = tokio::spawn(async move { first.step().await });
    first_hold.reached().await;
    let mut second = home.worker_held("same", &second_hold);
    let second = tokio::spawn(async move { second.step().await });
    second_hold.reached().await;
    // The first one's keys are committed, and so the ones that count.
    first_hold.open();
    assert!(matches!(first.await.unwrap(), Err(LakeError::NotTheWorker)));
    second_hold.open();
    assert!(matches!(second.await.unwrap(), Err(LakeError::NotTheWorker)));
    home.worker("same").drain().await.unwrap();
    agrees(&home).await;
    joins(&home).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_lane_does_not_keep_the_others_waiting() {
    let mut home = Home::new().await;
    for n in 0..4 {
        home.put("busy", &patient(&format!("p{n}"), "9434765919", "01")).await;
    }
    home.put("quiet", &patient("p", "9990000018", "01")).await;
    let mut worker = home.worker_of_small_steps("w");
    worker.step().await.unwrap();
    worker.step().await.unwrap();
    assert_eq!(home.rows("select source from raw.patient order by source").await, ["busy", "quiet"]);
    worker.drain().await.unwrap();
    agrees(&home).await;
}

/// Whatever a compaction has done when another worker ends it, and goes on to do after that, no superseded row
/// is seen again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_worker_that_goes_on_folding_brings_no_superseded_row_back() {
    const FOLD: UpkeepLimits = UpkeepLimits {
        small_file_bytes: 0,
        small_files: usize::MAX,
        superseded_percent: 1,
        superseded_rows: 1,
        keep_ms: 600_000,
        keep_segments_ms: 600_000,
        keep_runs_ms: i64::MAX / 2,
        checkpoint_versions: i64::MAX,
    };
    let mut held = 0;
    for put in 0..8 {
        let mut home = Home::new().await;
        let mut worker = home.worker("first");
        for status in ["01", "02"] {
            home.put("gp", &patient("p", "9434765919", status)).await;
            home.put("gp", &patient("q", "9434765870", "01")).await;
            worker.drain().await.unwrap();
        }
        worker.close().await;
        let hold = Hold::before(put);
        let mut stale = home.worker_held("stale", &hold);
        stale.drain().await.unwrap();
        let folding = tokio::spawn(async move { Upkeep::new(FOLD).tend(&mut stale).await.map(drop) });
        tokio::select! {
            () = hold.reached() => held += 1,
            () = async { while !folding.is_finished() { tokio::task::yield_now().await } } => {}
        }
        home.clock.advance_ms(LEASE_MS + 1);
        let mut next = home.worker("next");
        next.drain().await.unwrap();
        agrees(&home).await;
        hold.open();
        drop(folding.await.unwrap());
        // An update of another patient touches the list, and not every table whose rows it supersedes.
        home.put("gp", r#"{"resourceType":"Patient","id":"q","gender":"female"}"#).await;
        next.drain().await.unwrap();
        agrees(&home).await;
    }
    assert!(held > 3, "only {held} compactions were held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segment_that_cannot_be_read_holds_up_its_own_lane_alone() {
    let mut home = Home::new().await;
    home.put("gp", &patient("p", "9434765919", "01")).await;
    let segment = files_below(&home.path("landing")).pop().unwrap();
    let whole = std::fs::read(&segment).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    std::fs::write(&segment, &damaged).unwrap();
    home.put("gp", &patient("p2", "9434765870", "01")).await;
    home.put("trust", &patient("p", "9434765919", "01")).await;
    let mut worker = home.worker("w");
    assert!(worker.step().await.unwrap().is_some(), "the other lane is published");
    assert_eq!(home.rows("select source from raw.patient").await, ["trust"]);
    let error = worker.step().await.unwrap_err();
    assert!(matches!(error, LakeError::Segment { ordinal: 1, .. }), "{}", chain(&error));
    assert!(worker.step().await.is_err(), "and it is not forgotten");
    // What was damaged comes back from a copy.
    std::fs::write(&segment, &whole).unwrap();
    home.clock.advance_ms(60_000);
    worker.drain().await.unwrap();
    agrees(&home).await;
}

fn files_below(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap();
    entries.flat_map(|entry| files_below(&entry.unwrap().path())).collect()
}
