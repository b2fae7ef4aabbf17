//! The decisions of one group: which version each change becomes, seen in order.

use crate::{
    Accepted, FilePart, IntakeError, Intent, ReceiptId, Record, SegmentWriter, Status, Stored,
    intake::storage,
    lane::{Job, Prepared},
    once,
};
use control::{FirstAnswer, ImportProgress, Known, Ledger, LedgerEntry};
use keys::{MacKey, SealingKey};
use model::{LaneId, Ordinal, Timestamp};
use std::collections::HashMap;

/// A job, and what becomes of each of its changes, or why none is taken.
struct Decided {
    job: Job,
    outcome: Result<Vec<(u32, Status)>, IntakeError>,
}

/// Jobs that are decided together.
pub(crate) struct Group {
    decided: Vec<Decided>,
    now: Timestamp,
}

impl Group {
    /// Decides the jobs in order, each seeing those before it, and answers those that are refused, unless that
    /// has to be kept. `None` if none is left.
    pub(crate) fn decide(jobs: Vec<Job>, ledger: &Ledger, lane: LaneId, now: Timestamp) -> Option<Self> {
        let mut seen: HashMap<[u8; 16], Known> = HashMap::new();
        let mut decided = Vec::with_capacity(jobs.len());
        for job in jobs {
            match decide_job(&job.changes, &mut seen, ledger, lane) {
                Err(error) if job.once.is_none() => drop(job.answer.send(Err(error))),
                outcome => decided.push(Decided { job, outcome }),
            }
        }
        (!decided.is_empty()).then_some(Self { decided, now })
    }

    /// The changes that are stored, with their versions.
    fn stored(&self) -> impl Iterator<Item = (&Job, &Prepared, u32)> {
        self.decided.iter().flat_map(|decided| {
            let entries = decided.outcome.as_deref().unwrap_or_default();
            let changes = decided.job.changes.iter().zip(entries);
            changes
                .filter(|(_, (_, status))| *status != Status::Unchanged)
                .map(move |(prepared, (version, _))| (&decided.job, prepared, *version))
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.stored().next().is_none()
    }

    /// Whose resources these are: a lane is one source's.
    pub(crate) fn source(&self) -> &str {
        self.decided.first().map_or("", |decided| decided.job.source.as_str())
    }

    pub(crate) fn count(&self) -> u32 {
        self.stored().count() as u32
    }

    pub(crate) fn ledger(&self) -> Vec<LedgerEntry> {
        self.stored()
            .map(|(_, prepared, version)| LedgerEntry {
                key: prepared.key,
                version,
                content: prepared.content,
            })
            .collect()
    }

    /// How far files are imported once this group is registered.
    pub(crate) fn imports(&self) -> Vec<ImportProgress> {
        let progress = |(job, part): (&Job, &FilePart)| ImportProgress {
            source: job.source.clone(),
            digest: part.digest,
            checker: part.checker.clone(),
            taken: part.from + part.resources as u64,
        };
        let jobs = self.decided.iter().map(|decided| &decided.job);
        jobs.flat_map(|job| job.files.iter().map(move |part| (job, part))).map(progress).collect()
    }

    pub(crate) fn segment(&self) -> SegmentWriter {
        let mut writer = SegmentWriter::default();
        for (job, prepared, version) in self.stored() {
            writer.push(&Record {
                source: &job.source,
                resource_type: prepared.change.resource_type,
                id: &prepared.change.id,
                version,
                last_updated: self.now,
                body: &prepared.change.body,
            });
        }
        writer
    }

    /// What is answered to requests that count once.
    pub(crate) fn answers_to_keep(&self, door: &SealingKey) -> Result<Vec<FirstAnswer>, IntakeError> {
        let mut answers = Vec::new();
        for Decided { job, outcome } in &self.decided {
            let Some(named) = &job.once else { continue };
            let outcome = outcome.as_deref().map(|entries| stored_by(&job.changes, entries, self.now));
            answers.extend(once::keep(door, named, outcome.as_deref().map_err(|error| *error))?);
        }
        Ok(answers)
    }

    /// Tells every sender what became of its changes, which are durable in segment `ordinal`.
    pub(crate) fn answer(self, lane: LaneId, ordinal: Ordinal, receipts: &MacKey) {
        let Self { decided, now } = self;
        for Decided { job, outcome } in decided {
            let answer = outcome.map(|entries| Accepted {
                receipt: ReceiptId::issue(receipts, &job.source, lane, ordinal, entries.len() as u32),
                entries: stored_by(&job.changes, &entries, now),
                repeated: false,
            });
            drop(job.answer.send(answer));
        }
    }

    /// Tells every sender that nothing was acknowledged.
    pub(crate) fn fail(self, error: &IntakeError) {
        for decided in self.decided {
            drop(decided.job.answer.send(Err(error.clone())));
        }
    }
}

fn stored_by(changes: &[Prepared], entries: &[(u32, Status)], now: Timestamp) -> Vec<Stored> {
    let stored = |(prepared, (version, status)): (&Prepared, &(u32, Status))| Stored {
        resource_type: prepared.change.resource_type,
        id: prepared.change.id.clone(),
        version: *version,
        last_updated: (*status != Status::Unchanged).then_some(now),
        status: *status,
    };
    changes.iter().zip(entries).map(stored).collect()
}

/// All of a job or nothing: `seen` takes up its changes only if none is refused.
fn decide_job(
    changes: &[Prepared],
    seen: &mut HashMap<[u8; 16], Known>,
    ledger: &Ledger,
    lane: LaneId,
) -> Result<Vec<(u32, Status)>, IntakeError> {
    let mut own: HashMap<[u8; 16], Known> = HashMap::with_capacity(changes.len());
    let mut entries = Vec::with_capacity(changes.len());
    for (index, prepared) in changes.iter().enumerate() {
        let known = match own.get(&prepared.key).or_else(|| seen.get(&prepared.key)) {
            Some(known) => Some(*known),
            None => ledger.get(lane, &prepared.key).map_err(storage)?,
        };
        let (version, status) = decide_change(index, prepared, known.as_ref())?;
        if status != Status::Unchanged {
            own.insert(prepared.key, Known { version, content: prepared.content });
        }
        entries.push((version, status));
    }
    seen.extend(own);
    Ok(entries)
}

fn decide_change(
    index: usize,
    prepared: &Prepared,
    known: Option<&Known>,
) -> Result<(u32, Status), IntakeError> {
    let (may_create, may_update) = match prepared.change.intent {
        Intent::Create => (true, true),
        Intent::Put { if_match, may_create, may_update } => {
            if if_match.is_some() && if_match != known.map(|known| known.version) {
                return Err(IntakeError::VersionConflict { index });
            }
            (may_create, may_update)
        }
    };
    match known {
        Some(known) if prepared.taken => Ok((known.version, Status::Unchanged)),
        None if !(may_create && may_update) => Err(IntakeError::NotGranted { index }),
        None => Ok((1, Status::Created)),
        Some(_) if !may_update => Err(IntakeError::NotGranted { index }),
        Some(known) if known.content == prepared.content => Ok((known.version, Status::Unchanged)),
        Some(known) => Ok((known.version + 1, Status::Updated)),
    }
}

#[cfg(test)]
mod tests;
