//! Jobs, and the runs that they queue.

use crate::ground::Ground;
use control::{
    Cause, Control, ControlError, DueJob, Ending, NewJob, NewPublication, PublicationKind, Queued, RunState,
};
use model::{Clock, CommitSeq, Timestamp};
use std::collections::BTreeMap;

const TTL: i64 = 6_000;
const BY_HAND: Queued<'static> = Queued { cause: Cause::Command, actor: "operator", due: None, asked: "" };

fn job(name: &str) -> NewJob {
    NewJob {
        resource: "marts".to_owned(),
        schedule: "0 * * * *".to_owned(),
        zone: "UTC".to_owned(),
        settle_ms: 60_000,
        retries: 1,
        backoff_ms: 1_000,
        timeout_ms: 60_000,
        ..NewJob::by_command(&format!("mart.{name}"), "mart", name)
    }
}

async fn claim(control: &Control, holder: &str) -> Option<control::Claimed> {
    control.claim_run(&["mart"], holder, TTL).await.unwrap()
}

#[tokio::test]
async fn the_clock_queues_a_job_once() {
    let ground = Ground::new("due").await;
    let control = &ground.control;
    let due = ground.control.put_job(&job("a"), Some(Timestamp(1_000))).await;
    due.unwrap();
    control.put_job(&job("b"), Some(Timestamp(i64::MAX))).await.unwrap();
    let found = control.due_jobs(10).await.unwrap();
    assert_eq!(found.iter().map(|job| job.is.name.as_str()).collect::<Vec<_>>(), ["mart.a"]);
    let moved = |name: &str| DueJob {
        name: format!("mart.{name}"),
        was_due: Timestamp(1_000),
        runs: vec![Timestamp(1_000)],
        next_due: Some(Timestamp(i64::MAX)),
    };
    // Two look at the same moment: one of them queues it.
    assert_eq!(control.queue_due(&[moved("a"), moved("a")]).await.unwrap(), 1);
    assert_eq!(control.queue_due(&[moved("a")]).await.unwrap(), 0);
    assert_eq!(control.due_jobs(10).await.unwrap(), []);
    // A job that is written again with the same schedule keeps its clock; with another it does not.
    control.put_job(&job("a"), Some(Timestamp(5))).await.unwrap();
    assert_eq!(control.job("mart.a").await.unwrap().unwrap().next_due, Some(Timestamp(i64::MAX)));
    let other = NewJob { schedule: "5 * * * *".to_owned(), ..job("a") };
    control.put_job(&other, Some(Timestamp(5))).await.unwrap();
    assert_eq!(control.job("mart.a").await.unwrap().unwrap().next_due, Some(Timestamp(5)));
    control.pause_job("mart.a", true, None).await.unwrap();
    assert_eq!(control.due_jobs(10).await.unwrap(), []);
}

#[tokio::test]
async fn a_run_is_one_holders_and_ends_once() {
    let ground = Ground::new("claims").await;
    let control = &ground.control;
    control.put_job(&job("a"), None).await.unwrap();
    let id = control.queue_run("mart.a", &BY_HAND).await.unwrap().unwrap();
    assert_eq!(control.queue_run("mart.a", &BY_HAND).await.unwrap(), None, "one waits already");
    assert!(control.claim_run(&["crawl"], "one", TTL).await.unwrap().is_none(), "of another kind");
    let first = claim(control, "one").await.unwrap();
    assert_eq!((first.run.id, first.run.attempt, first.taken_from.as_deref()), (id, 1, None));
    // While it is at work another may wait, and is not begun.
    assert!(control.queue_run("mart.a", &BY_HAND).await.unwrap().is_some());
    assert!(claim(control, "two").await.is_none());
    assert!(!control.renew_run(&first.lease, TTL).await.unwrap());
    // Its holder goes away: another takes over, once.
    ground.clock.advance_ms(TTL + 1);
    let second = claim(control, "two").await.unwrap();
    assert_eq!((second.run.id, second.run.attempt, second.taken_from.as_deref()), (id, 2, Some("one")));
    assert!(matches!(control.renew_run(&first.lease, TTL).await, Err(ControlError::NotFound { .. })));
    let over = Ending::Over(RunState::Succeeded);
    let late = control.end_attempt(&first.lease, over, "late", "").await;
    assert!(matches!(late, Err(ControlError::NotFound { .. })));
    control.end_attempt(&second.lease, over, "3 rows", "{}").await.unwrap();
    assert!(control.end_attempt(&second.lease, over, "again", "").await.is_err());
    let run = control.run(id).await.unwrap().unwrap();
    assert_eq!((run.state, run.detail.as_str()), (RunState::Succeeded, "3 rows"));
}

#[tokio::test]
async fn who_kills_its_holders_is_given_up() {
    let ground = Ground::new("killers").await;
    let control = &ground.control;
    control.put_job(&job("a"), None).await.unwrap();
    let id = control.queue_run("mart.a", &BY_HAND).await.unwrap().unwrap();
    for attempt in 1..=2 {
        assert_eq!(claim(control, "one").await.unwrap().run.attempt, attempt);
        ground.clock.advance_ms(TTL + 1);
    }
    assert!(claim(control, "one").await.is_none());
    assert_eq!(control.run(id).await.unwrap().unwrap().state, RunState::Failed);
}

#[tokio::test]
async fn a_resource_has_as_many_at_work_as_its_limit() {
    let ground = Ground::new("limits").await;
    let control = &ground.control;
    for name in ["a", "b", "c"] {
        control.put_job(&job(name), None).await.unwrap();
        control.queue_run(&format!("mart.{name}"), &BY_HAND).await.unwrap();
    }
    assert_eq!(claim(control, "one").await.unwrap().run.target, "a");
    assert!(claim(control, "one").await.is_none(), "one at once is the usual limit");
    control.limit_runs("marts", 2).await.unwrap();
    assert_eq!(control.run_limits().await.unwrap(), [("marts".to_owned(), 2)]);
    let second = claim(control, "two").await.unwrap();
    assert_eq!(second.run.target, "b");
    assert!(claim(control, "two").await.is_none());
    control.end_attempt(&second.lease, Ending::Over(RunState::Failed), "", "").await.unwrap();
    assert_eq!(claim(control, "two").await.unwrap().run.target, "c");
}

#[tokio::test]
async fn a_failed_attempt_waits_and_is_tried_again() {
    let ground = Ground::new("again").await;
    let control = &ground.control;
    control.put_job(&job("a"), None).await.unwrap();
    let id = control.queue_run("mart.a", &BY_HAND).await.unwrap().unwrap();
    let claimed = claim(control, "one").await.unwrap();
    let at = claimed.run.started.unwrap().plus_ms(1_000);
    control.end_attempt(&claimed.lease, Ending::Again(at), "no view.x", "").await.unwrap();
    assert!(claim(control, "one").await.is_none());
    ground.clock.advance_ms(1_000);
    let again = claim(control, "one").await.unwrap();
    assert_eq!((again.run.id, again.run.attempt), (id, 2));
    control.log_run(id, "first").await.unwrap();
    control.log_run(id, "second").await.unwrap();
    let said = control.run_log(id, 1).await.unwrap();
    assert_eq!(said.iter().map(|line| (line.line, line.said.as_str())).collect::<Vec<_>>(), [(2, "second")]);
}

#[tokio::test]
async fn a_run_that_is_given_back_has_lost_no_attempt() {
    let ground = Ground::new("back").await;
    let control = &ground.control;
    control.put_job(&job("a"), None).await.unwrap();
    control.queue_run("mart.a", &BY_HAND).await.unwrap();
    for holder in ["one", "two", "three"] {
        let claimed = claim(control, holder).await.unwrap();
        assert_eq!((claimed.run.attempt, claimed.taken_from), (1, None));
        control.end_attempt(&claimed.lease, Ending::GivenBack, "", "").await.unwrap();
    }
}

#[tokio::test]
async fn a_slow_job_does_not_pile_up() {
    let ground = Ground::new("piling").await;
    let control = &ground.control;
    for (name, missed) in [("a", "once"), ("b", "each")] {
        let job = NewJob { missed: missed.to_owned(), ..job(name) };
        control.put_job(&job, Some(Timestamp(1))).await.unwrap();
    }
    for due in 1..4 {
        let moved = |name: &str| DueJob {
            name: format!("mart.{name}"),
            was_due: Timestamp(due),
            runs: vec![Timestamp(due)],
            next_due: Some(Timestamp(due + 1)),
        };
        control.queue_due(&[moved("a"), moved("b")]).await.unwrap();
    }
    assert_eq!(control.runs(Some("mart.a"), 10).await.unwrap().len(), 1);
    assert_eq!(control.runs(Some("mart.b"), 10).await.unwrap().len(), 3, "each time has its run");
}

#[tokio::test]
async fn old_runs_are_forgotten_but_for_the_newest_of_each_job() {
    let ground = Ground::new("forgotten").await;
    let control = &ground.control;
    control.put_job(&job("a"), None).await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(control.queue_run("mart.a", &BY_HAND).await.unwrap().unwrap());
        let claimed = claim(control, "one").await.unwrap();
        control.log_run(claimed.run.id, "something").await.unwrap();
        control.end_attempt(&claimed.lease, Ending::Over(RunState::Failed), "", "").await.unwrap();
    }
    let import = control.run_start("import", "gp", "operator").await.unwrap();
    assert_eq!(control.forget_runs(ground.clock.now()).await.unwrap(), 0, "none ended before");
    ground.clock.advance_ms(1);
    assert_eq!(control.forget_runs(ground.clock.now()).await.unwrap(), 2);
    let left: Vec<_> = control.runs(None, 10).await.unwrap().into_iter().map(|run| run.id).collect();
    assert_eq!(left, [import, ids[2]], "what is under way stays");
    assert_eq!(control.run_log(ids[0], 0).await.unwrap(), []);
}

#[tokio::test]
async fn a_run_is_cancelled_at_once_or_soon() {
    let ground = Ground::new("cancelled").await;
    let control = &ground.control;
    control.put_job(&job("a"), None).await.unwrap();
    let waiting = control.queue_run("mart.a", &BY_HAND).await.unwrap().unwrap();
    control.cancel_run(waiting).await.unwrap();
    assert_eq!(control.run(waiting).await.unwrap().unwrap().state, RunState::Cancelled);
    assert!(control.cancel_run(waiting).await.is_err(), "it is over");
    control.queue_run("mart.a", &BY_HAND).await.unwrap();
    let claimed = claim(control, "one").await.unwrap();
    control.cancel_run(claimed.run.id).await.unwrap();
    assert!(control.renew_run(&claimed.lease, TTL).await.unwrap(), "whoever works at it is told");
    // Its holder dies before it has heard: nobody begins it again.
    ground.clock.advance_ms(TTL + 1);
    assert!(claim(control, "two").await.is_none());
    assert_eq!(control.run(claimed.run.id).await.unwrap().unwrap().state, RunState::Cancelled);
}

#[tokio::test]
async fn a_run_publishes_and_ends_or_does_neither() {
    let ground = Ground::new("published_runs").await;
    let control = &ground.control;
    control.put_job(&job("a"), None).await.unwrap();
    let id = control.queue_run("mart.a", &BY_HAND).await.unwrap().unwrap();
    let late = claim(control, "one").await.unwrap();
    ground.clock.advance_ms(TTL + 1);
    let claimed = claim(control, "two").await.unwrap();
    let worker = control.lease_worker("two", TTL).await.unwrap();
    let intent = NewPublication { kind: PublicationKind::Model, lanes: Vec::new(), detail: "a".to_owned() };
    let publication = control.begin_publication(&worker, &intent).await.unwrap();
    let told = ("1 row", "{}");
    let fenced = control.publish_run((&worker, &late.lease), &publication, &[], CommitSeq(0), told).await;
    assert!(matches!(fenced, Err(ControlError::NotFound { .. })));
    assert_eq!(control.published().await.unwrap(), CommitSeq(0));
    let seq =
        control.publish_run((&worker, &claimed.lease), &publication, &[], CommitSeq(0), told).await.unwrap();
    let run = control.run(id).await.unwrap().unwrap();
    assert_eq!((run.state, run.seq), (RunState::Succeeded, Some(seq)));
}

#[tokio::test]
async fn marts_are_kept_by_registration() {
    let ground = Ground::new("marts").await;
    let control = &ground.control;
    let files = |sql: &str| {
        BTreeMap::from([("mart.toml", "q"), ("t.sql", sql)].map(|(a, b)| (a.to_owned(), b.to_owned())))
    };
    let new = job("winter");
    let register = async |sql: &str| {
        control.register_mart("winter", &files(sql), "operator", (&new, None)).await.unwrap()
    };
    assert_eq!(register("one").await, Some(1));
    assert_eq!(register("one").await, None);
    assert_eq!(register("two").await, Some(2));
    let marts = control.marts().await.unwrap();
    assert_eq!((marts.len(), marts[0].number, marts[0].files["t.sql"].as_str()), (1, 2, "two"));
    control.remove_mart("winter").await.unwrap();
    assert!(control.remove_mart("winter").await.is_err());
    control.remove_job("mart.winter").await.unwrap();
    assert_eq!(control.marts_changed().await.unwrap(), 3);
    assert_eq!(register("two").await, Some(4));
}
