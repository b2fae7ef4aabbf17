//! Registered views: what may follow what, and what stays readable meanwhile.

use crate::{catalog::version, ground::Ground};
use control::{
    BuildProgress, Control, ControlError, NewPublication, NewView, Publication, PublicationKind,
    RegisteredView, RunState, TableName, TableVersion, ViewChange, ViewState, WorkerLease,
};
use model::CommitSeq;

const KIND: PublicationKind = PublicationKind::View;

fn view(name: &str, definition: &str) -> NewView {
    NewView { name: name.to_owned(), resource: "Patient".to_owned(), definition: definition.to_owned() }
}

async fn begin(control: &Control, worker: &WorkerLease) -> Publication {
    let new = NewPublication { kind: KIND, lanes: Vec::new(), detail: String::new() };
    control.begin_publication(worker, &new).await.unwrap()
}

async fn newest(control: &Control) -> RegisteredView {
    control.views().await.unwrap().pop().unwrap()
}

fn at(location: &str, number: i64) -> TableVersion {
    TableVersion { location: location.to_owned(), ..version("view", "tall", number) }
}

/// Registers, builds and shows a view at once.
async fn show(control: &Control, worker: &WorkerLease, definition: &str, table: &TableVersion) -> CommitSeq {
    control.register_view(&view("tall", definition)).await.unwrap().unwrap();
    control.begin_view_build(worker, &newest(control).await).await.unwrap();
    let publication = begin(control, worker).await;
    let change = newest(control).await;
    control.publish_view(worker, &publication, ViewChange::Show(&change, table), "done").await.unwrap()
}

#[tokio::test]
async fn a_view_goes_from_waiting_to_current_and_is_replaced() {
    let ground = Ground::new("views").await;
    let control = &ground.control;
    let worker = control.lease_worker("worker-1", 60_000).await.unwrap();
    let before = control.views_changed().await.unwrap();
    assert!(control.register_view(&view("tall", "one")).await.unwrap().is_some());
    assert_eq!(control.register_view(&view("tall", "one")).await.unwrap(), None);
    assert_eq!(control.views_changed().await.unwrap(), before + 1);

    // The sequence is fixed between publications only.
    let publication = begin(control, &worker).await;
    let early = control.begin_view_build(&worker, &newest(control).await).await;
    assert!(matches!(early, Err(ControlError::PendingPublication(_))));
    control.publish(&worker, &publication, &[version("raw", "patient", 1)]).await.unwrap();
    let from = control.begin_view_build(&worker, &newest(control).await).await.unwrap();
    let building = newest(control).await;
    assert_eq!((from, building.state, building.from_seq), (CommitSeq(1), ViewState::Building, Some(from)));
    let twice = control.begin_view_build(&worker, &building).await;
    assert!(matches!(twice, Err(ControlError::NotFound { .. })));

    let progress = BuildProgress { done: 1, slices: 3, rows: 20, skipped: 2 };
    control.note_view_error(&building, "no").await.unwrap();
    control.note_view_progress(&building, progress, "1 of 3").await.unwrap();
    let building = newest(control).await;
    assert_eq!((building.progress, building.error.as_str()), (progress, ""));
    let job = control.runs(None, 1).await.unwrap().remove(0);
    assert_eq!((Some(job.id), job.state, job.detail.as_str()), (building.job, RunState::Running, "1 of 3"));

    let publication = begin(control, &worker).await;
    let table = at("view/tall@1", 5);
    let seq =
        control.publish_view(&worker, &publication, ViewChange::Show(&building, &table), "3 of 3").await;
    let job = control.runs(None, 1).await.unwrap().remove(0);
    assert_eq!(
        (job.state, job.seq, job.detail.as_str()),
        (RunState::Succeeded, Some(seq.unwrap()), "3 of 3")
    );
    assert_eq!(newest(control).await.state, ViewState::Current);

    show(control, &worker, "two", &at("view/tall@9", 2)).await;
    let states: Vec<_> = control.views().await.unwrap().iter().map(|view| view.state).collect();
    assert_eq!(states, [ViewState::Gone, ViewState::Current]);
    // Each place has versions of its own.
    let name = TableName::new("view", "tall");
    assert_eq!(control.oldest_version(&name, "view/tall@1").await.unwrap(), Some(5));
    assert_eq!(control.oldest_version(&name, "view/tall@9").await.unwrap(), Some(2));
    control.retire_sequences_before(CommitSeq(3)).await.unwrap();
    assert_eq!(control.oldest_version(&name, "view/tall@1").await.unwrap(), None);
}

#[tokio::test]
async fn a_removed_view_is_dropped_by_the_publication_that_says_so() {
    let ground = Ground::new("view_drop").await;
    let control = &ground.control;
    let worker = control.lease_worker("worker-1", 60_000).await.unwrap();
    let shown = show(control, &worker, "one", &at("view/tall@1", 1)).await;
    control.remove_view("tall").await.unwrap();
    assert!(matches!(control.remove_view("tall").await, Err(ControlError::NotFound { .. })));
    let leaving = newest(control).await;
    assert_eq!(leaving.state, ViewState::Leaving);
    assert!(control.table("view", "tall").await.unwrap().is_some());

    let publication = begin(control, &worker).await;
    let name = TableName::new("view", "tall");
    let change = ViewChange::Drop(&leaving, &name, "");
    let dropped = control.publish_view(&worker, &publication, change, "").await.unwrap();
    assert!(control.table("view", "tall").await.unwrap().is_none());
    assert!(control.snapshot(dropped).await.unwrap().is_empty());
    assert_eq!(control.snapshot(shown).await.unwrap().len(), 1);
    assert_eq!(control.oldest_version(&name, "view/tall@1").await.unwrap(), Some(1));
    control.forget_view(&newest(control).await).await.unwrap();
    assert!(control.views().await.unwrap().is_empty());
    // The name is free again.
    show(control, &worker, "one", &at("view/tall@7", 1)).await;
    assert!(control.table("view", "tall").await.unwrap().is_some());
}

#[tokio::test]
async fn a_build_keeps_its_sequence_readable_and_its_removal_ends_that() {
    let ground = Ground::new("view_held").await;
    let control = &ground.control;
    let worker = control.lease_worker("worker-1", 60_000).await.unwrap();
    let publish = async |number| {
        let publication = begin(control, &worker).await;
        control.publish(&worker, &publication, &[version("raw", "patient", number)]).await.unwrap()
    };
    publish(1).await;
    publish(2).await;
    control.register_view(&view("tall", "one")).await.unwrap();
    control.begin_view_build(&worker, &newest(control).await).await.unwrap();
    publish(3).await;
    publish(4).await;
    control.retire_sequences_before(CommitSeq(4)).await.unwrap();
    assert_eq!(control.oldest_sequence().await.unwrap(), CommitSeq(2));
    let building = newest(control).await;
    control.remove_view("tall").await.unwrap();
    let job = control.runs(None, 1).await.unwrap().remove(0);
    assert_eq!((job.state, job.detail.as_str()), (RunState::Failed, "the view was removed"));

    // A worker that has not seen it yet cannot show it any more.
    let publication = begin(control, &worker).await;
    let table = at("view/tall@1", 1);
    let late = control.publish_view(&worker, &publication, ViewChange::Show(&building, &table), "").await;
    assert!(matches!(late, Err(ControlError::NotFound { .. })));
    control.abandon_publication(&worker, &publication).await.unwrap();
    control.retire_sequences_before(CommitSeq(4)).await.unwrap();
    assert_eq!(control.oldest_sequence().await.unwrap(), CommitSeq(4));
}
