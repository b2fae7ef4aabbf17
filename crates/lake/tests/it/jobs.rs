//! Jobs at work: queued, claimed, published, taken over.

use crate::home::{Home, LEASE_MS, build_marts, chain, finish};
use async_trait::async_trait;
use control::{Cause, Claimed, NewJob, Queued, RunState};
use lake::{
    LakeError,
    jobs::{Jobs, Outcome, Work},
    models,
    refinery::Refinery,
};
use model::{Clock, CommitSeq, Timestamp};
use simulate::Simulation;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const BY_ITSELF: Queued<'static> = Queued { cause: Cause::Schedule, actor: "test", due: None, asked: "" };

async fn register(home: &Home, head: &str, sql: &str) {
    let files = [("mart.toml", head), ("t.sql", sql)].map(|(file, text)| (file.to_owned(), text.to_owned()));
    let files = BTreeMap::from(files);
    models::register(&home.reader(), ("winter", &files), "test", home.clock.now()).await.unwrap().unwrap();
}

/// Turns until nothing is queued or at work any more.
async fn work_off(home: &Home, jobs: &mut Jobs, worker: &mut Refinery) {
    loop {
        jobs.turn(worker).await.unwrap();
        let open = home.control.runs(None, 500).await.unwrap();
        if open.iter().all(|run| run.state.is_over() || run.job.is_none()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A home with some people in it, and its worker.
async fn peopled() -> (Home, Refinery) {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    home.send_all(&Simulation::new(1, 4)).await;
    worker.drain().await.unwrap();
    (home, worker)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_test_leaves_the_version_before() {
    let (home, mut worker) = peopled().await;
    let sql = |test: &str, n: u8| format!("-- One.\n--\n-- Tests\n--   {test}\nselect {n} as n");
    register(&home, "question = \"?\"", &sql("unique: n", 1)).await;
    build_marts(&home, &mut worker, (Some("winter"), false)).await.unwrap();
    register(&home, "question = \"?\"", &sql("none: select * from this where n > 1", 2)).await;
    let failed = build_marts(&home, &mut worker, (Some("winter"), false)).await.unwrap_err();
    assert!(
        chain(&failed).contains("`none: select * from this where n > 1` does not hold of 1 rows"),
        "{}",
        chain(&failed)
    );
    assert_eq!(home.rows("select n from winter.t").await, ["1"]);
    let run = home.control.runs(Some("mart.winter"), 1).await.unwrap().remove(0);
    assert_eq!(
        (run.state, run.attempt),
        (RunState::Failed, 1),
        "the same rows would break the same test again"
    );
    let log = home.control.run_log(run.id, 0).await.unwrap();
    assert!(log.last().unwrap().said.contains("does not hold"), "{log:?}");
    // Other columns than before are taken on, and the old sequence shows the old ones.
    let before = home.control.published().await.unwrap();
    register(&home, "question = \"?\"", "-- One.\nselect 'x' as letter, 3 as n").await;
    build_marts(&home, &mut worker, (Some("winter"), false)).await.unwrap();
    assert_eq!(home.rows("select letter, n from winter.t").await, ["x|3"]);
    let then = home.reader().session(Some(before)).await.unwrap();
    assert_eq!(crate::home::lines(&then.rows("select * from winter.t").await.unwrap()), ["1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marts_are_built_when_what_they_read_has_changed_and_settled() {
    let (mut home, mut worker) = peopled().await;
    let mut jobs = Jobs::new(home.reader(), Vec::new(), true);
    work_off(&home, &mut jobs, &mut worker).await;
    let control = home.control.clone();
    let runs = async || control.runs(None, 100).await.unwrap().len();
    assert_eq!(runs().await, 2, "each mart once");
    // Their own publications are no reason to build them again, and neither is time.
    home.clock.advance_ms(61_000);
    work_off(&home, &mut jobs, &mut worker).await;
    assert_eq!(runs().await, 2);
    home.put("gp", &crate::links::patient("new", "9434765919", "01")).await;
    worker.drain().await.unwrap();
    home.clock.advance_ms(1_000);
    work_off(&home, &mut jobs, &mut worker).await;
    // `pathways` does not read patients; what it reads of links has changed.
    assert_eq!(runs().await, 4);
    home.put("gp", &crate::links::patient("newer", "9434765870", "01")).await;
    worker.drain().await.unwrap();
    home.clock.advance_ms(2_000);
    work_off(&home, &mut jobs, &mut worker).await;
    assert_eq!(runs().await, 4, "too soon");
    home.clock.advance_ms(60_000);
    work_off(&home, &mut jobs, &mut worker).await;
    assert_eq!(runs().await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_is_kept() {
    let home = Home::new().await;
    let mut worker = home.worker("w");
    let mut jobs = Jobs::new(home.reader(), Vec::new(), true);
    register(
        &home,
        "question = \"?\"\n[job]\nschedule = \"0 * * * *\"\nzone = \"UTC\"",
        "-- One.\nselect 1 as n",
    )
    .await;
    work_off(&home, &mut jobs, &mut worker).await;
    assert_eq!(home.control.runs(Some("mart.winter"), 9).await.unwrap(), []);
    for hours in 1..=3 {
        home.clock.advance_ms(3_600_000);
        work_off(&home, &mut jobs, &mut worker).await;
        let runs = home.control.runs(Some("mart.winter"), 9).await.unwrap();
        assert_eq!((runs.len(), runs[0].cause, runs[0].state), (hours, Cause::Schedule, RunState::Succeeded));
        assert_eq!(runs[0].due.unwrap().0 % 3_600_000, 0);
    }
}

/// Work that fails some times, or takes for ever.
struct Odd {
    fails: usize,
    tried: AtomicUsize,
}

#[async_trait]
impl Work for Odd {
    fn kind(&self) -> &'static str {
        "odd"
    }

    async fn carry_out(&self, claimed: &Claimed) -> Result<Outcome, String> {
        if claimed.run.target == "endless" {
            std::future::pending::<()>().await;
        }
        match self.tried.fetch_add(1, Ordering::Relaxed) {
            tried if tried < self.fails => Err("not yet".to_owned()),
            _ => Ok(Outcome::Other { detail: "done".to_owned(), facts: String::new() }),
        }
    }
}

async fn odd(home: &Home, target: &str, timeout_ms: i64) -> String {
    let job = NewJob {
        resource: format!("odd.{target}"),
        retries: 2,
        backoff_ms: 1_000,
        timeout_ms,
        ..NewJob::by_command(&format!("odd.{target}"), "odd", target)
    };
    home.control.put_job(&job, None).await.unwrap();
    home.control.queue_run(&job.name, &BY_ITSELF).await.unwrap().unwrap();
    job.name
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_is_tried_again_stopped_and_timed_out() {
    let home = Home::new().await;
    let mut worker = home.worker("w");
    let work: Vec<Arc<dyn Work>> = vec![Arc::new(Odd { fails: 2, tried: AtomicUsize::new(0) })];
    let mut jobs = Jobs::new(home.reader(), work, false);
    let failing = odd(&home, "failing", 60_000).await;
    let newest = async |job: &str| home.control.runs(Some(job), 1).await.unwrap().remove(0);
    for attempt in 1..=3 {
        assert_eq!(newest(&failing).await.attempt, attempt);
        jobs.turn(&mut worker).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        jobs.turn(&mut worker).await.unwrap();
        home.clock.advance_ms(4_000);
    }
    assert_eq!(
        (newest(&failing).await.state, newest(&failing).await.detail.as_str()),
        (RunState::Succeeded, "done")
    );

    let late = odd(&home, "endless", 20).await;
    for _ in 0..3 {
        jobs.turn(&mut worker).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        jobs.turn(&mut worker).await.unwrap();
        home.clock.advance_ms(4_000);
    }
    let run = newest(&late).await;
    assert_eq!((run.state, run.attempt), (RunState::Failed, 3));
    assert!(run.detail.contains("took longer than"), "{}", run.detail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_worker_publishes_nothing_and_its_run_ends_once() {
    let mut home = Home::new().await;
    let mut late = home.worker("late");
    home.send_all(&Simulation::new(1, 4)).await;
    late.drain().await.unwrap();
    let mut its_jobs = Jobs::new(home.reader(), Vec::new(), false);
    let runs = lake::jobs::queue_marts(&home.control, (Some("urgent_care"), false), "test", Timestamp(1))
        .await
        .unwrap();
    its_jobs.turn(&mut late).await.unwrap();
    // Made, and not yet published when its leases run out.
    tokio::time::sleep(Duration::from_millis(500)).await;
    home.clock.advance_ms(LEASE_MS + 1);
    let mut worker = home.worker("next");
    let mut jobs = Jobs::new(home.reader(), Vec::new(), false);
    finish(&home, &mut jobs, &mut worker, runs[0]).await.unwrap();
    let published = home.control.published().await.unwrap();
    assert!(matches!(its_jobs.turn(&mut late).await, Err(LakeError::NotTheWorker)));
    assert_eq!(home.control.published().await.unwrap(), published);
    let run = home.control.run(runs[0]).await.unwrap().unwrap();
    assert_eq!((run.state, run.attempt, run.seq), (RunState::Succeeded, 2, Some(published)));
    assert!(published > CommitSeq(0));
    let log = home.control.run_log(run.id, 0).await.unwrap();
    assert!(log.iter().any(|line| line.said.contains("late, which worked at it, is gone")), "{log:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_workers_one_dies_and_every_job_ends_once() {
    const JOBS: usize = 200;
    let home = Home::new().await;
    let done = Arc::new(Odd { fails: 0, tried: AtomicUsize::new(0) });
    for number in 0..JOBS {
        odd(&home, &format!("job{number}"), 60_000).await;
    }
    // Time goes faster here than outside: a lease runs out within a second.
    let clock = home.clock.clone();
    let time = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            clock.advance_ms(500);
        }
    });
    let worker = |holder: &str| {
        let (mut refinery, reader, work) = (home.worker(holder), home.reader(), done.clone());
        tokio::spawn(async move {
            let mut jobs = Jobs::new(reader, vec![work], false);
            loop {
                match jobs.turn(&mut refinery).await {
                    Ok(_) | Err(LakeError::NotTheWorker) => {}
                    Err(error) => panic!("{}", chain(&error)),
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    };
    let (one, two) = (worker("one"), worker("two"));
    let ended = async || {
        let runs = home.control.runs(None, JOBS).await.unwrap();
        runs.iter().filter(|run| run.state.is_over()).count()
    };
    while ended().await < 40 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Whoever has the lease dies, with runs at work.
    let first = home.control.runs(None, JOBS).await.unwrap();
    let holder = first.iter().find_map(|run| run.holder.clone()).unwrap();
    if holder == "one" {
        one.abort()
    } else {
        two.abort()
    }
    while ended().await < JOBS {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let runs = home.control.runs(None, JOBS).await.unwrap();
    assert!(runs.iter().all(|run| run.state == RunState::Succeeded));
    let holders: std::collections::BTreeSet<_> = runs.iter().filter_map(|run| run.holder.clone()).collect();
    assert_eq!(holders.len(), 2, "both have worked");
    time.abort();
    one.abort();
    two.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_keeps_how_it_was_carried_out_and_what_it_took() {
    let (home, mut worker) = peopled().await;
    let sql = "-- One.\nselect o.code_loinc, count(distinct o.patient) as n from view.observation o
        join view.patient p on p.id = o.patient where o.status = 'final' group by 1";
    register(&home, "question = \"?\"", sql).await;
    build_marts(&home, &mut worker, (Some("winter"), false)).await.unwrap();
    let run = home.control.runs(Some("mart.winter"), 1).await.unwrap().remove(0);
    let plans = home.control.run_plans(run.id).await.unwrap();
    let [(model, plan)] = plans.as_slice() else { panic!("{plans:?}") };
    assert_eq!(model, "t");
    assert!(plan.contains("Aggregate:") && plan.contains("Join:") && plan.contains("final"), "{plan}");
    for patient in home.rows("select id from view.patient").await {
        assert!(!plan.contains(&patient), "{plan}");
    }
    let facts: serde_json::Value = serde_json::from_str(&run.facts).unwrap();
    let memory = facts["outputs"]["winter.t"]["made"]["memory_bytes"].as_u64().unwrap();
    assert!((1 << 10..1 << 30).contains(&memory), "{memory}");
    // A run that fails keeps it too, and all of it goes with the run.
    register(&home, "question = \"?\"", &format!("{sql} having 1 / (count(*) - count(*)) > 0")).await;
    build_marts(&home, &mut worker, (Some("winter"), false)).await.unwrap_err();
    let failed = home.control.runs(Some("mart.winter"), 1).await.unwrap().remove(0);
    assert_eq!(failed.state, RunState::Failed);
    assert_eq!(home.control.run_plans(failed.id).await.unwrap().len(), 1);
    home.control.forget_runs(home.clock.now().plus_ms(1)).await.unwrap();
    assert_eq!(home.control.run_plans(run.id).await.unwrap(), []);
    assert_eq!(home.control.run_plans(failed.id).await.unwrap().len(), 1);
}
