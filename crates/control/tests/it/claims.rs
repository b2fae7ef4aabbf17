//! Whatever workers do, and whenever: a run is one holder's at a time, is tried no oftener than its job says, and ends once.

use crate::ground::Ground;
use control::{Cause, Claimed, Control, Ending, NewJob, Queued, RunId, RunState};
use proptest::{prelude::*, test_runner::TestCaseError};
use std::collections::{BTreeMap, BTreeSet};

const TTL: i64 = 100;
const RETRIES: u32 = 2;
const LIMIT: u32 = 2;
const JOBS: usize = 4;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    Queue(usize),
    Claim,
    /// Of what was claimed, the one at this place: held on, however long ago that was.
    Renew(usize),
    Succeed(usize),
    Fail(usize),
    Again(usize),
    GiveBack(usize),
    Cancel(usize),
    /// Time passes, in milliseconds.
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let place = 0_usize..6;
    prop_oneof![
        3 => (0..JOBS).prop_map(Step::Queue),
        4 => Just(Step::Claim),
        2 => place.clone().prop_map(Step::Renew),
        1 => place.clone().prop_map(Step::Succeed),
        1 => place.clone().prop_map(Step::Fail),
        1 => place.clone().prop_map(Step::Again),
        1 => place.clone().prop_map(Step::GiveBack),
        1 => place.prop_map(Step::Cancel),
        2 => (1..2 * TTL).prop_map(Step::Wait),
    ]
}

/// What the test knows of the leases that were given.
#[derive(Default)]
struct Known {
    claimed: Vec<Claimed>,
    /// Until when the newest lease of a run counts.
    until: BTreeMap<RunId, i64>,
    newest: BTreeMap<RunId, i64>,
    over: BTreeSet<RunId>,
}

impl Known {
    /// Whether a lease is the newest of its run, and the run not over.
    fn is_held(&self, one: &Claimed) -> bool {
        self.newest.get(&one.run.id) == Some(&one.lease.epoch.0) && !self.over.contains(&one.run.id)
    }
}

async fn take(control: &Control, known: &mut Known, now: i64) -> Result<(), TestCaseError> {
    let Some(claimed) = control.claim_run(&["mart"], "somebody", TTL).await.unwrap() else { return Ok(()) };
    let id = claimed.run.id;
    prop_assert!(!known.over.contains(&id), "a run that is over was claimed");
    prop_assert!(known.until.get(&id).is_none_or(|until| *until <= now), "a run that is held was claimed");
    prop_assert!(claimed.run.attempt <= u64::from(RETRIES) + 1, "attempt {}", claimed.run.attempt);
    known.until.insert(id, now + TTL);
    known.newest.insert(id, claimed.lease.epoch.0);
    known.claimed.push(claimed);
    let at_work = known.until.values().filter(|until| **until > now).count();
    prop_assert!(at_work <= LIMIT as usize, "{at_work} at work at once");
    let jobs: Vec<_> =
        known.claimed.iter().filter(|one| known.is_held(one) && known.until[&one.run.id] > now).collect();
    let different: BTreeSet<_> = jobs.iter().map(|one| &one.run.target).collect();
    prop_assert_eq!(different.len(), jobs.len(), "two runs of one job at work");
    Ok(())
}

async fn end(control: &Control, known: &mut Known, at: usize, ending: Ending) -> Result<(), TestCaseError> {
    let Some(one) = known.claimed.get(at).cloned() else { return Ok(()) };
    let held = known.is_held(&one);
    let ended = control.end_attempt(&one.lease, ending, "", "").await;
    prop_assert_eq!(ended.is_ok(), held, "{:?}: {:?}", ending, ended);
    if held {
        known.until.remove(&one.run.id);
        known.newest.remove(&one.run.id);
        if matches!(ending, Ending::Over(_)) {
            known.over.insert(one.run.id);
        }
    }
    Ok(())
}

async fn all(ground: &Ground, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let control = &ground.control;
    for name in 0..JOBS {
        let name = name.to_string();
        let usual = NewJob::by_command(&format!("mart.{name}"), "mart", &name);
        let job = NewJob { resource: "marts".to_owned(), retries: RETRIES, ..usual };
        control.put_job(&job, None).await.unwrap();
    }
    control.limit_runs("marts", LIMIT).await.unwrap();
    let mut known = Known::default();
    for step in steps {
        let now = model::Clock::now(&*ground.clock);
        match step {
            Step::Queue(job) => {
                let queued = Queued { cause: Cause::Command, actor: "test", due: None, asked: "" };
                control.queue_run(&format!("mart.{job}"), &queued).await.unwrap();
            }
            Step::Claim => take(control, &mut known, now.0).await?,
            Step::Renew(at) => {
                let Some(one) = known.claimed.get(at).cloned() else { continue };
                let renewed = control.renew_run(&one.lease, TTL).await;
                prop_assert_eq!(renewed.is_ok(), known.is_held(&one), "{:?}", renewed);
                if renewed.is_ok() {
                    known.until.insert(one.run.id, now.0 + TTL);
                }
            }
            Step::Succeed(at) => {
                end(control, &mut known, at, Ending::Over(RunState::Succeeded)).await?;
            }
            Step::Fail(at) => end(control, &mut known, at, Ending::Over(RunState::Failed)).await?,
            // Whoever works counts the attempts: it does not ask for one more than there may be.
            Step::Again(at) => {
                if known.claimed.get(at).is_some_and(|one| one.run.attempt <= u64::from(RETRIES)) {
                    end(control, &mut known, at, Ending::Again(now.plus_ms(10))).await?;
                }
            }
            Step::GiveBack(at) => end(control, &mut known, at, Ending::GivenBack).await?,
            Step::Cancel(at) => {
                if let Some(one) = known.claimed.get(at) {
                    let _ = control.cancel_run(one.run.id).await;
                }
            }
            Step::Wait(ms) => ground.clock.advance_ms(ms),
        }
        // Runs that were given up when somebody looked for work, or cancelled while they waited.
        for run in control.runs(None, 100).await.unwrap().iter().filter(|run| run.state.is_over()) {
            known.over.insert(run.id);
            known.until.remove(&run.id);
        }
    }
    Ok(())
}

#[test]
fn whatever_happens_a_run_is_one_holders_and_ends_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let number = std::sync::atomic::AtomicU32::new(0);
    proptest!(config, |(steps in prop::collection::vec(step(), 1..60))| {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        runtime.block_on(async {
            let ground = Ground::new(&format!("anything{number}")).await;
            all(&ground, steps).await
        })?;
    });
}
