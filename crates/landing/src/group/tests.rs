//! Cases of a group's decisions.

use super::*;
use crate::Change;
use control::LedgerEntry;
use fhir::ResourceType;
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};

type Answer = oneshot::Receiver<Result<Accepted, IntakeError>>;

/// What became of a job's changes: version and status of each.
type Decision = Result<Vec<(u32, Status)>, IntakeError>;

const LANE: LaneId = LaneId(1);
const PUT: Intent = Intent::Put { if_match: None, may_create: true, may_update: true };

fn hash(text: &str) -> [u8; 16] {
    let mut hash = [0; 16];
    hash[..text.len()].copy_from_slice(text.as_bytes());
    hash
}

/// A job that puts each `(id, content)` as `intent` says.
fn job(changes: &[(&str, &str, Intent)]) -> (Job, Answer) {
    let prepared = changes.iter().map(|(id, content, intent)| Prepared {
        key: hash(id),
        content: hash(content),
        change: Change {
            resource_type: ResourceType::parse("Basic").unwrap(),
            id: (*id).to_owned(),
            body: content.as_bytes().to_vec(),
            intent: *intent,
        },
        taken: false,
    });
    let (answer, answered) = oneshot::channel();
    let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
    (
        Job {
            source: "gp".parse().unwrap(),
            changes: prepared.collect(),
            files: Vec::new(),
            once: None,
            answer,
            _permit: permit,
        },
        answered,
    )
}

/// A ledger that knows `a` at version 4 with content `old`.
fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    let known = LedgerEntry { key: hash("a"), version: 4, content: hash("old") };
    ledger.apply(LANE, Ordinal(1), &[known]).unwrap();
    (folder, ledger)
}

/// Decides the jobs; what is stored as `id@version`, and each job's answer.
fn decide(jobs: &[&[(&str, &str, Intent)]]) -> (Vec<String>, Vec<Decision>) {
    let (_folder, ledger) = ledger();
    let (jobs, answers): (Vec<_>, Vec<_>) = jobs.iter().map(|changes| job(changes)).unzip();
    let group = Group::decide(jobs, &ledger, LANE, Timestamp(5));
    let stored = group.as_ref().map(|group| {
        group.stored().map(|(_, prepared, version)| format!("{}@{version}", prepared.change.id)).collect()
    });
    if let Some(group) = group {
        assert_eq!(group.count() as usize, group.ledger().len());
        assert_eq!(group.segment().count(), group.count());
        group.answer(LANE, Ordinal(2), &MacKey::generate().unwrap());
    }
    let entries = |accepted: Accepted| accepted.entries.iter().map(|e| (e.version, e.status)).collect();
    let answers = answers.into_iter().map(|mut answer| answer.try_recv().unwrap().map(entries)).collect();
    (stored.unwrap_or_default(), answers)
}

#[test]
fn jobs_of_one_group_see_each_others_versions() {
    let (stored, answers) =
        decide(&[&[("a", "x", PUT)], &[("a", "y", PUT), ("b", "1", PUT)], &[("b", "1", PUT)]]);
    assert_eq!(stored, ["a@5", "a@6", "b@1"]);
    assert_eq!(answers[0], Ok(vec![(5, Status::Updated)]));
    assert_eq!(answers[1], Ok(vec![(6, Status::Updated), (1, Status::Created)]));
    assert_eq!(answers[2], Ok(vec![(1, Status::Unchanged)]));
}

#[test]
fn a_job_is_refused_whole_and_leaves_no_trace_on_the_next() {
    let stale = Intent::Put { if_match: Some(3), may_create: true, may_update: true };
    let (stored, answers) = decide(&[&[("b", "1", PUT), ("a", "x", stale)], &[("b", "2", PUT)]]);
    assert_eq!(answers[0], Err(IntakeError::VersionConflict { index: 1 }));
    assert_eq!(answers[1], Ok(vec![(1, Status::Created)]));
    assert_eq!(stored, ["b@1"]);
}

#[test]
fn if_match_names_the_version_that_the_group_has_reached() {
    let expects = |version| Intent::Put { if_match: Some(version), may_create: true, may_update: true };
    let (stored, answers) =
        decide(&[&[("a", "x", expects(4))], &[("a", "y", expects(4))], &[("a", "z", expects(5))]]);
    assert_eq!(stored, ["a@5", "a@6"]);
    assert_eq!(answers[1], Err(IntakeError::VersionConflict { index: 0 }));
    // A version of what does not exist is never current.
    let (stored, answers) = decide(&[&[("new", "x", expects(1))]]);
    assert_eq!((stored.len(), &answers[0]), (0, &Err(IntakeError::VersionConflict { index: 0 })));
}

#[test]
fn grants_to_create_and_to_update_are_told_apart() {
    let may = |may_create, may_update| Intent::Put { if_match: None, may_create, may_update };
    let denied = Err(IntakeError::NotGranted { index: 0 });
    for (id, intent, expected) in [
        ("new", may(true, true), Ok(vec![(1, Status::Created)])),
        ("new", may(false, true), denied.clone()),
        ("new", may(true, false), denied.clone()),
        ("a", may(false, true), Ok(vec![(5, Status::Updated)])),
        ("a", may(true, false), denied.clone()),
        ("a", may(false, false), denied),
    ] {
        let (_, answers) = decide(&[&[(id, "x", intent)]]);
        assert_eq!(answers[0], expected, "{id} {intent:?}");
    }
}

#[test]
fn a_resource_repeated_in_an_import_becomes_its_versions_in_order() {
    let (stored, answers) =
        decide(&[&[("b", "1", PUT), ("b", "1", PUT), ("b", "2", PUT), ("a", "old", PUT)]]);
    assert_eq!(stored, ["b@1", "b@2"]);
    let expected =
        [(1, Status::Created), (1, Status::Unchanged), (2, Status::Updated), (4, Status::Unchanged)];
    assert_eq!(answers[0], Ok(expected.to_vec()));
}
