//! What the clock asks for.

use crate::LakeError;
use control::{Control, DueJob, Job};
use marts::{Missed, Schedule};
use model::Timestamp;

/// Jobs that one look at the clock moves on: more are due a moment later.
const AT_ONCE: usize = 50;

/// Runs that make up for missed times, if each is to have one.
const MOST_MISSED: usize = 100;

/// A job is late, and its time missed, when nobody has looked for so long, in milliseconds.
const LATE_MS: i64 = 60_000;

/// Queues the jobs that are due, and says how many runs that made.
pub(super) async fn tick(control: &Control, now: Timestamp) -> Result<u64, LakeError> {
    let due = control.due_jobs(AT_ONCE).await.map_err(LakeError::control("look for due jobs"))?;
    if due.is_empty() {
        return Ok(0);
    }
    let due: Vec<DueJob> = due.iter().filter_map(|job| due_job(job, now)).collect();
    control.queue_due(&due).await.map_err(LakeError::control("queue due jobs"))
}

/// The due times of a job up to `now` that have a run, and when it is due next.
fn due_job(job: &Job, now: Timestamp) -> Option<DueJob> {
    let was_due = job.next_due?;
    let name = job.is.name.clone();
    let Ok(schedule) = Schedule::parse(&job.is.schedule, &job.is.zone) else {
        tracing::error!(job = name, "a job's schedule is not understood: the clock leaves it alone");
        return Some(DueJob { name, was_due, runs: Vec::new(), next_due: None });
    };
    let newest = schedule.newest(Timestamp(was_due.0 - 1), now).unwrap_or(was_due);
    let runs = match Missed::parse(&job.is.missed).unwrap_or_default() {
        Missed::Once => vec![newest],
        Missed::Skip => Some(newest).filter(|newest| now < newest.plus_ms(LATE_MS)).into_iter().collect(),
        Missed::Each => {
            let times = std::iter::successors(Some(was_due), |time| schedule.after(*time));
            times.take_while(|time| *time <= now).take(MOST_MISSED).collect()
        }
    };
    Some(DueJob { name, was_due, runs, next_due: schedule.after(now) })
}

#[cfg(test)]
mod tests {
    use super::due_job;
    use control::{Job, NewJob};
    use model::{CommitSeq, Timestamp};

    const HOUR: i64 = 3_600_000;

    fn runs(missed: &str, now: i64) -> (Vec<i64>, i64) {
        let is = NewJob {
            schedule: "0 * * * *".to_owned(),
            zone: "UTC".to_owned(),
            missed: missed.to_owned(),
            ..NewJob::by_command("a", "mart", "a")
        };
        let job = Job {
            is,
            paused: false,
            next_due: Some(Timestamp(HOUR)),
            made_from: CommitSeq(0),
            queued: None,
            last: None,
        };
        let due = due_job(&job, Timestamp(now)).unwrap();
        (due.runs.iter().map(|run| run.0 / HOUR).collect(), due.next_due.unwrap().0 / HOUR)
    }

    #[test]
    fn times_that_passed_unseen_are_made_up_for_as_the_job_says() {
        assert_eq!(runs("once", HOUR), (vec![1], 2));
        assert_eq!(runs("skip", HOUR + 500), (vec![1], 2));
        assert_eq!(runs("once", 5 * HOUR + HOUR / 2), (vec![5], 6));
        assert_eq!(runs("skip", 5 * HOUR + HOUR / 2), (vec![], 6));
        assert_eq!(runs("each", 4 * HOUR + HOUR / 2), (vec![1, 2, 3, 4], 5));
        assert_eq!(runs("each", 5_000 * HOUR).0.len(), 100);
    }
}
