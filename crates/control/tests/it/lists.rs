//! Long lists, a page at a time.

use crate::{catalog::version, ground::Ground};
use control::{
    Cause, Ending, JobOrder, NewJob, NewPublication, PublicationKind, Queued, RunState, SavedQuery,
    TableKind, TableName, TableOrder, TableVersion, WhichJobs, WhichTables,
};
use model::{Clock as _, Timestamp};

const BY_HAND: Queued<'static> = Queued { cause: Cause::Command, actor: "ann", due: None, asked: "" };

#[tokio::test]
async fn a_job_has_the_state_of_its_newest_run() {
    let ground = Ground::new("lists_jobs").await;
    let control = &ground.control;
    for name in ["a", "b", "c"] {
        let job = NewJob { retries: 1, ..NewJob::by_command(&format!("mart.{name}"), "mart", name) };
        control.put_job(&job, None).await.unwrap();
    }
    let state = async |name: &str| control.job(name).await.unwrap().unwrap().last.map(|(_, state)| state);
    assert_eq!(state("mart.a").await, None);
    control.queue_run("mart.a", &BY_HAND).await.unwrap();
    assert_eq!(state("mart.a").await, Some(RunState::Queued));
    let first = control.claim_run(&["mart"], "one", 1_000).await.unwrap().unwrap();
    assert_eq!(state("mart.a").await, Some(RunState::Running));
    control.end_attempt(&first.lease, Ending::Again(ground.clock.now()), "", "").await.unwrap();
    assert_eq!(state("mart.a").await, Some(RunState::Queued));
    let again = control.claim_run(&["mart"], "one", 1_000).await.unwrap().unwrap();
    control.end_attempt(&again.lease, Ending::Over(RunState::Failed), "", "").await.unwrap();
    assert_eq!(state("mart.a").await, Some(RunState::Failed));
    let waits = control.queue_run("mart.b", &BY_HAND).await.unwrap().unwrap();
    control.cancel_run(waits).await.unwrap();
    assert_eq!(state("mart.b").await, Some(RunState::Cancelled));

    let names = async |which: WhichJobs<'_>| {
        let found = control.find_jobs(&WhichJobs { limit: 2, ..which }).await.unwrap();
        (found.rows.into_iter().map(|job| job.is.name).collect::<Vec<_>>(), found.total)
    };
    let all = WhichJobs::default();
    assert_eq!(names(all).await, (vec!["mart.a".into(), "mart.b".into()], 3));
    assert_eq!(names(WhichJobs { skip: 2, ..all }).await, (vec!["mart.c".into()], 3));
    assert_eq!(names(WhichJobs { text: "T.C", ..all }).await, (vec!["mart.c".into()], 1));
    assert_eq!(names(WhichJobs { text: "%", ..all }).await, (vec![], 0), "a sign of patterns is a letter");
    let failed = WhichJobs { state: Some(RunState::Failed), ..all };
    assert_eq!(names(failed).await, (vec!["mart.a".into()], 1));
    let last = WhichJobs { order: JobOrder::Last, descending: true, ..all };
    assert_eq!(names(last).await, (vec!["mart.b".into(), "mart.a".into()], 3));
    for order in [JobOrder::Name, JobOrder::Kind, JobOrder::Owner, JobOrder::Due, JobOrder::Last] {
        for descending in [false, true] {
            assert_eq!(names(WhichJobs { order, descending, ..all }).await.1, 3);
        }
    }
    let counts = control.count_jobs().await.unwrap();
    let counts: Vec<_> = counts.iter().map(|one| (one.kind.as_str(), one.state, one.jobs)).collect();
    assert_eq!(
        counts,
        [("mart", None, 1), ("mart", Some(RunState::Cancelled), 1), ("mart", Some(RunState::Failed), 1)]
    );
}

#[tokio::test]
async fn tables_are_found_at_their_newest_version() {
    let ground = Ground::new("lists_tables").await;
    let control = &ground.control;
    let worker = control.lease_worker("worker-1", 60_000).await.unwrap();
    let publish = async |tables: &[TableVersion]| {
        let new = NewPublication { kind: PublicationKind::Model, lanes: Vec::new(), detail: String::new() };
        let begun = control.begin_publication(&worker, &new).await.unwrap();
        control.publish(&worker, &begun, tables).await.unwrap();
    };
    let hidden = TableVersion { kind: TableKind::Internal, ..version("work", "patient", 1) };
    publish(&[version("raw", "patient", 1), version("raw", "encounter", 5), hidden]).await;
    let mut wider = version("raw", "patient", 2);
    wider.columns[1].description = "The sequence of its Commit".to_owned();
    publish(&[wider, version("view", "patient", 3)]).await;
    let names = async |which: WhichTables<'_>| {
        let found = control.find_tables(&WhichTables { limit: 2, ..which }).await.unwrap();
        let row = |one: control::CatalogTable| format!("{} {}", one.table.table, one.table.version);
        (found.rows.into_iter().map(row).collect::<Vec<_>>().join(", "), found.total)
    };
    let all = WhichTables::default();
    assert_eq!(names(all).await, ("raw.encounter 5, raw.patient 2".into(), 3));
    assert_eq!(names(WhichTables { skip: 2, ..all }).await, ("view.patient 3".into(), 3));
    let most = WhichTables { order: TableOrder::Rows, descending: true, ..all };
    assert_eq!(names(most).await, ("raw.encounter 5, view.patient 3".into(), 3));
    let newest = WhichTables { order: TableOrder::Published, ..all };
    assert_eq!(names(newest).await, ("raw.encounter 5, raw.patient 2".into(), 3));
    assert_eq!(names(WhichTables { text: "its commit", ..all }).await, ("raw.patient 2".into(), 1));
    let raw = WhichTables { kind: Some(TableKind::Raw), order: TableOrder::Bytes, ..all };
    assert_eq!(names(raw).await, ("raw.patient 2, view.patient 3".into(), 3));
    assert_eq!(names(WhichTables { kind: Some(TableKind::Mart), ..all }).await, (String::new(), 0));
    assert_eq!(names(WhichTables { schema: "view", ..all }).await, ("view.patient 3".into(), 1));
    assert_eq!(control.schemas().await.unwrap(), ["raw", "view"]);
    let patient = TableName::new("raw", "patient");
    let past = control.past_versions(&patient, 10).await.unwrap();
    let past: Vec<_> = past.iter().map(|one| (one.seq.0, one.version, one.shape)).collect();
    assert_eq!(past, [(2, 2, 2), (1, 1, 1)]);
    assert_eq!(control.table_shapes(&patient).await.unwrap().len(), 2);
    assert_eq!(control.last_publication().await.unwrap(), Some(ground.clock.now()));
}

#[tokio::test]
async fn a_question_is_its_owners_to_change_and_everybodys_to_find_if_they_say_so() {
    let ground = Ground::new("lists_queries").await;
    let control = &ground.control;
    let query = |name: &str, owner: &str, shared| SavedQuery {
        name: name.to_owned(),
        owner: owner.to_owned(),
        shared,
        about: String::new(),
        sql: format!("select '{owner}'"),
        changed: Timestamp(0),
    };
    control.save_query(&query("beds", "ann", false)).await.unwrap();
    control.save_query(&query("falls", "ann", true)).await.unwrap();
    assert!(control.save_query(&query("falls", "max", true)).await.is_err(), "the name is ann's");
    let found = async |who| {
        let found = control.saved_queries(who).await.unwrap();
        found.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(
        (found("ann").await, found("max").await),
        (vec!["beds".into(), "falls".into()], vec!["falls".to_owned()])
    );
    assert!(control.saved_query("max", "beds").await.unwrap().is_none());
    assert!(control.forget_query("max", "falls").await.is_err());
    control.forget_query("ann", "falls").await.unwrap();
    assert_eq!(found("max").await, Vec::<String>::new());
}
