//! The scheduler over ten thousand jobs and a million runs: what a look at the clock takes when nothing is due and when
//! fifty jobs are (as many as one look moves on), what it takes to claim a run and to end it.

#![expect(clippy::unwrap_used, reason = "a measurement ends where the unexpected happens")]

use control::{Control, DueJob, Ending, RunState};
use criterion::{Criterion, criterion_group, criterion_main};
use model::{ManualClock, Timestamp};
use sqlx::SqlitePool;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const NOW: i64 = 1_700_000_000_000;
const JOBS: i64 = 10_000;
const RUNS: i64 = 1_000_000;
const DUE: i64 = 50;

async fn fill(pool: &SqlitePool) {
    const FILL_JOBS: &str = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1)
        INSERT INTO job (name, kind, target, owner, resource, schedule, zone, missed, on_commit, settle_ms, retries,
            backoff_ms, timeout_ms, paused, next_due, made_from, queued)
        SELECT 'mart.m' || i, 'mart', 'm' || i, '', 'marts', '0 * * * *', 'Europe/London', 'once', 0, 0, 1, 1000, 60000,
            0, $2 + i, 0, 0 FROM n";
    const FILL_RUNS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
        INSERT INTO job_run (id, job, kind, name, actor, state, detail, started, ended, resource, cause)
        SELECT i, 'mart.m' || (i % $2), 'mart', 'm' || (i % $2), 'schedule', 'succeeded', '3 tables', $3 - i, $3 - i,
            'marts', 'schedule' FROM n";
    sqlx::query(FILL_JOBS).bind(JOBS).bind(NOW + 1).execute(pool).await.unwrap();
    sqlx::query(FILL_RUNS).bind(RUNS).bind(JOBS).bind(NOW).execute(pool).await.unwrap();
    sqlx::query("UPDATE counter SET value = $1 WHERE name = 'job'").bind(RUNS).execute(pool).await.unwrap();
}

async fn tick(control: &Control) -> u64 {
    let due = control.due_jobs(DUE as usize).await.unwrap();
    let due: Vec<_> = due
        .into_iter()
        .filter_map(|job| {
            let was_due = job.next_due?;
            Some(DueJob {
                name: job.is.name,
                was_due,
                runs: vec![was_due],
                next_due: Some(Timestamp(i64::MAX)),
            })
        })
        .collect();
    control.queue_due(&due).await.unwrap()
}

fn scheduler(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("control.db").display());
    let clock = Arc::new(ManualClock::new(Timestamp(NOW)));
    let control = runtime.block_on(Control::open(&url, clock)).unwrap();
    let pool = runtime.block_on(SqlitePool::connect(&url)).unwrap();
    runtime.block_on(fill(&pool));

    criterion.bench_function("tick: nothing is due", |bencher| {
        bencher.iter(|| assert_eq!(runtime.block_on(tick(&control)), 0));
    });
    criterion.bench_function("tick: fifty jobs are due", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut took = Duration::ZERO;
            for _ in 0..rounds {
                runtime.block_on(async {
                    const AGAIN: &str =
                        "UPDATE job SET next_due = $1 WHERE name IN (SELECT name FROM job LIMIT $2)";
                    sqlx::query(AGAIN).bind(NOW).bind(DUE).execute(&pool).await.unwrap();
                    let clear = sqlx::query("DELETE FROM job_run WHERE ended IS NULL AND state = 'queued'");
                    clear.execute(&pool).await.unwrap();
                });
                let began = Instant::now();
                assert_eq!(runtime.block_on(tick(&control)), DUE as u64);
                took += began.elapsed();
            }
            took
        });
    });
    criterion.bench_function("claim a run and end it", |bencher| {
        const AGAIN: &str = "UPDATE job_run SET state = 'queued', ended = NULL, not_before = 0 WHERE id > $1";
        runtime.block_on(sqlx::query(AGAIN).bind(RUNS).execute(&pool)).unwrap();
        bencher.iter_custom(|rounds| {
            let mut took = Duration::ZERO;
            for _ in 0..rounds {
                runtime.block_on(async {
                    let began = Instant::now();
                    let Some(claimed) = control.claim_run(&["mart"], "one", 6_000).await.unwrap() else {
                        sqlx::query(AGAIN).bind(RUNS).execute(&pool).await.unwrap();
                        return;
                    };
                    let over = Ending::Over(RunState::Succeeded);
                    control.end_attempt(&claimed.lease, over, "3 tables", "{}").await.unwrap();
                    took += began.elapsed();
                });
            }
            took
        });
    });
    criterion.bench_function("list all jobs", |bencher| {
        bencher.iter(|| runtime.block_on(control.jobs()).unwrap().len());
    });
}

criterion_group!(benches, scheduler);
criterion_main!(benches);
