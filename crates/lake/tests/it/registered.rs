//! Registered views: built while the lake goes on, and the same as the definition over raw, at every sequence.

use crate::home::{EAGER, Home, lines};
use arrow::{
    array::{Array, StringArray},
    datatypes::{DataType, Field, Schema},
};
use control::{RegisteredView, RunState, ViewState};
use fhir::json;
use futures::TryStreamExt;
use keys::Zone;
use lake::{
    refinery::Refinery,
    registry::{self, Refused, ViewBuilds},
    table::{Table, TableId},
    upkeep::{Upkeep, UpkeepLimits},
};
use model::CommitSeq;
use object_store::ObjectStoreExt;
use simulate::Simulation;
use std::sync::Arc;
use views::View;

/// Every file of raw is a slice of its own.
const SLICE: i64 = 1;

const WEIGHTS: &str = r#"{"resourceType":"ViewDefinition","name":"weights","status":"active","resource":"Observation",
    "select":[{"column":[{"name":"id","path":"id"},{"name":"value","path":"value.ofType(Quantity).value"},
    {"name":"patient","path":"subject.getReferenceKey(Patient)"}]},
    {"forEach":"code.coding","column":[{"name":"code","path":"code"}]}],
    "where":[{"path":"code.coding.exists()"}]}"#;

/// The same name, other columns.
const WEIGHTS_AGAIN: &str = r#"{"resourceType":"ViewDefinition","name":"weights","status":"active","resource":"Observation",
    "select":[{"column":[{"name":"id","path":"id"},{"name":"status","path":"status"},
    {"name":"codes","path":"code.coding.code","collection":true}]}]}"#;

fn weight(id: usize, value: usize) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"w{id}","status":"final","subject":{{"reference":"Patient/p"}},
        "code":{{"coding":[{{"system":"http://loinc.org","code":"29463-7"}},{{"system":"http://loinc.org","code":"3141-9"}}]}},
        "valueQuantity":{{"value":{value}.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}}}"#
    )
}

/// Puts some new weights and updates of old ones, and publishes them.
async fn weigh(home: &mut Home, worker: &mut Refinery, round: usize) {
    for id in [0, 1, 100 + round] {
        home.put("gp", &weight(id, round)).await;
    }
    worker.drain().await.unwrap();
}

/// A lake with a region and some rounds of weights, in many files.
async fn populated(worker: &str) -> (Home, Refinery) {
    let mut home = Home::new().await;
    let mut worker = home.worker(worker);
    home.send_all(&Simulation::new(5, 4)).await;
    worker.drain().await.unwrap();
    for round in 0..3 {
        weigh(&mut home, &mut worker, round).await;
    }
    (home, worker)
}

async fn register(home: &Home, text: &str) -> View {
    registry::register(&home.control, views::builtin(), text.as_bytes()).await.unwrap().0
}

async fn newest(home: &Home) -> RegisteredView {
    home.control.views().await.unwrap().pop().unwrap()
}

/// Finds the view's rows to be those that its definition makes of raw at the same sequence.
async fn agrees_at(home: &Home, view: &View, at: Option<CommitSeq>) -> usize {
    let session = home.reader().session(at).await.unwrap();
    let table = view.resource().to_ascii_lowercase();
    let mut rows = view.rows();
    for batch in session.rows(&format!("select cast(resource as varchar) from raw.{table}")).await.unwrap() {
        let texts = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8).unwrap();
        let texts = texts.as_any().downcast_ref::<StringArray>().unwrap().clone();
        for row in 0..texts.len() {
            // A row that cannot be made is left out of the table as well.
            let _ = rows.append(&json::parse(texts.value(row).as_bytes()).unwrap());
        }
    }
    let mut expected = lines(&[rows.finish().unwrap()]);
    let found = session.rows(&format!("select * from view.{}", view.name())).await.unwrap();
    let mut found = lines(&found);
    expected.sort();
    found.sort();
    assert!(found == expected, "view.{}: {} rows, not {}", view.name(), found.len(), expected.len());
    found.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_built_while_updates_come_in_and_tables_are_compacted() {
    let (mut home, mut worker) = populated("w").await;
    let mut upkeep = Upkeep::new(UpkeepLimits { keep_ms: 0, ..EAGER });
    let mut builds = ViewBuilds::of_slices(SLICE);
    let view = register(&home, WEIGHTS).await;
    let mut turns = 0;
    while builds.turn(&mut worker).await.unwrap() {
        assert!(
            newest(&home).await.state == ViewState::Current
                || home.try_rows("select * from view.weights").await.is_err()
        );
        turns += 1;
        weigh(&mut home, &mut worker, 10 + turns).await;
        home.clock.advance_ms(60_000);
        upkeep.tend(&mut worker).await.unwrap();
        weigh(&mut home, &mut worker, 50 + turns).await;
    }
    let built = newest(&home).await;
    assert!(turns > 4, "{turns} turns");
    assert_eq!((built.state, built.error.as_str()), (ViewState::Current, ""));
    assert_eq!((built.progress.done, built.progress.skipped), (built.progress.slices, 0));
    assert!(agrees_at(&home, &view, None).await > 100);
    // Updates and new resources come into it as into any other.
    for round in 200..206 {
        weigh(&mut home, &mut worker, round).await;
        agrees_at(&home, &view, None).await;
    }
    let rows = agrees_at(&home, &view, None).await;
    let folded = upkeep.tend(&mut worker).await.unwrap();
    assert!(folded.compacted > 0);
    assert_eq!(agrees_at(&home, &view, None).await, rows);
    assert_eq!(home.number("select count(*) from view.weights where value = 205.5").await, 6);
    crate::truth::agrees(&home).await;

    let job = &home.control.runs(None, 1).await.unwrap()[0];
    assert_eq!(
        (job.kind.as_str(), job.target.as_str(), job.state),
        ("view-build", "weights", RunState::Succeeded)
    );
    assert!(job.detail.contains("slices") && job.seq.is_some(), "{}", job.detail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_worker_goes_on_where_a_build_was_left() {
    let (mut home, mut worker) = populated("w").await;
    let view = register(&home, WEIGHTS).await;
    let mut builds = ViewBuilds::of_slices(SLICE);
    for _ in 0..3 {
        assert!(builds.turn(&mut worker).await.unwrap());
    }
    let left = newest(&home).await;
    assert_eq!((left.state, left.progress.done), (ViewState::Building, 2));
    drop((worker, builds));
    home.clock.advance_ms(2 * crate::home::LEASE_MS);
    let mut next = home.worker("next");
    weigh(&mut home, &mut next, 9).await;
    ViewBuilds::of_slices(SLICE).work_off(&mut next).await.unwrap();
    let built = newest(&home).await;
    assert_eq!((built.state, built.from_seq), (ViewState::Current, left.from_seq));
    agrees_at(&home, &view, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_definition_replaces_a_view_at_once() {
    let (mut home, mut worker) = populated("w").await;
    let mut builds = ViewBuilds::of_slices(SLICE);
    let first = register(&home, WEIGHTS).await;
    builds.work_off(&mut worker).await.unwrap();
    let (_, again) = registry::register(&home.control, views::builtin(), WEIGHTS.as_bytes()).await.unwrap();
    assert_eq!(again, None, "the same definition is no change");

    let second = register(&home, WEIGHTS_AGAIN).await;
    while newest(&home).await.state != ViewState::Current {
        agrees_at(&home, &first, None).await;
        assert!(builds.turn(&mut worker).await.unwrap());
        if newest(&home).await.state != ViewState::Current {
            weigh(&mut home, &mut worker, 7).await;
        }
    }
    let swapped = home.control.published().await.unwrap();
    agrees_at(&home, &second, Some(swapped)).await;
    // Who began before sees what was there before.
    agrees_at(&home, &first, Some(CommitSeq(swapped.0 - 1))).await;
    weigh(&mut home, &mut worker, 8).await;
    agrees_at(&home, &second, None).await;
    agrees_at(&home, &first, Some(CommitSeq(swapped.0 - 1))).await;

    // Once no readable sequence shows it, the first table is gone with its registration.
    let mut upkeep = Upkeep::new(UpkeepLimits { keep_ms: 1_000, ..EAGER });
    for round in 20..24 {
        weigh(&mut home, &mut worker, round).await;
        upkeep.tend(&mut worker).await.unwrap();
        home.clock.advance_ms(60_000);
    }
    upkeep.tend(&mut worker).await.unwrap();
    let left: Vec<_> = home.control.views().await.unwrap().iter().map(|view| view.state).collect();
    assert_eq!(left, [ViewState::Current]);
    agrees_at(&home, &second, None).await;
    let objects: Vec<_> = home.zone(Zone::View).list(None).try_collect().await.unwrap();
    let of =
        |number: &str| objects.iter().filter(|object| object.location.as_ref().starts_with(number)).count();
    assert_eq!(of("weights@1/"), 0);
    assert!(of(&format!("weights@{}/", newest(&home).await.number)) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_view_is_gone_from_the_next_sequence_on_and_can_come_back() {
    let (mut home, mut worker) = populated("w").await;
    let mut builds = ViewBuilds::default();
    let view = register(&home, WEIGHTS).await;
    builds.work_off(&mut worker).await.unwrap();
    let shown = home.control.published().await.unwrap();

    home.control.remove_view("weights").await.unwrap();
    // Until that is published the view goes on.
    weigh(&mut home, &mut worker, 4).await;
    agrees_at(&home, &view, None).await;
    builds.work_off(&mut worker).await.unwrap();
    assert!(home.try_rows("select * from view.weights").await.is_err());
    assert!(home.control.table("view", "weights").await.unwrap().is_none());
    agrees_at(&home, &view, Some(shown)).await;
    assert!(home.control.remove_view("weights").await.is_err());

    weigh(&mut home, &mut worker, 5).await;
    register(&home, WEIGHTS).await;
    builds.work_off(&mut worker).await.unwrap();
    agrees_at(&home, &view, None).await;
    agrees_at(&home, &view, Some(shown)).await;
    // One that is removed while it is built never shows.
    register(&home, WEIGHTS_AGAIN).await;
    assert!(builds.turn(&mut worker).await.unwrap());
    home.control.remove_view("weights").await.unwrap();
    builds.work_off(&mut worker).await.unwrap();
    assert!(home.control.table("view", "weights").await.unwrap().is_none());
    assert_eq!(newest(&home).await.state, ViewState::Gone);
    weigh(&mut home, &mut worker, 6).await;
    crate::truth::agrees(&home).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_without_rows_and_one_of_an_empty_lake_can_be_asked() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    let mut builds = ViewBuilds::default();
    let weights = register(&home, WEIGHTS).await;
    builds.work_off(&mut worker).await.unwrap();
    assert_eq!(home.number("select count(*) from view.weights").await, 0);
    weigh(&mut home, &mut worker, 1).await;
    assert_eq!(agrees_at(&home, &weights, None).await, 6);

    let none =
        WEIGHTS.replace("\"weights\"", "\"nothing\"").replace("code.coding.exists()", "status = 'unknown'");
    register(&home, &none).await;
    builds.work_off(&mut worker).await.unwrap();
    assert_eq!(home.number("select count(*) from view.nothing").await, 0);
    assert_eq!(newest(&home).await.progress.done, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_that_a_view_cannot_hold_are_passed_over_and_counted() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    let single = weight(7, 7).replace(r#",{"system":"http://loinc.org","code":"3141-9"}"#, "");
    home.put("gp", &single).await;
    for round in 0..3 {
        weigh(&mut home, &mut worker, round).await;
    }
    let text = r#"{"resourceType":"ViewDefinition","name":"one_code","status":"active","resource":"Observation",
        "select":[{"column":[{"name":"id","path":"id"},{"name":"code","path":"code.coding.code"}]}]}"#;
    let view = register(&home, text).await;
    ViewBuilds::default().work_off(&mut worker).await.unwrap();
    let built = newest(&home).await;
    // w0, w1 and three others have two codes.
    assert_eq!((built.state, built.progress.skipped), (ViewState::Current, 5));
    assert_eq!(agrees_at(&home, &view, None).await, 1);
    weigh(&mut home, &mut worker, 9).await;
    assert_eq!(agrees_at(&home, &view, None).await, 1);
    assert!(home.control.runs(None, 1).await.unwrap()[0].detail.contains("5 resources without a row"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_kept_as_a_table_is_refused() {
    let home = Home::new().await;
    let refused = async |text: &str| {
        registry::register(&home.control, views::builtin(), text.as_bytes()).await.unwrap_err()
    };
    assert!(matches!(refused("{").await, Refused::Json(_)));
    assert!(matches!(refused("{\"resource\":\"Patient\"}").await, Refused::Definition(_)));
    let named = |name: &str| WEIGHTS.replace("\"weights\"", &format!("\"{name}\""));
    assert!(matches!(refused(&named("a-b")).await, Refused::Definition(_)));
    assert!(matches!(refused(&named("Weights")).await, Refused::Capitals(_)));
    assert!(matches!(refused(&named("patient")).await, Refused::BuiltIn(_)));
    assert!(matches!(refused(&WEIGHTS.replace("\"value\"", "\"ID\"")).await, Refused::Columns(_)));
    assert!(home.control.views().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_that_fails_says_why_and_goes_on_later() {
    let (home, mut worker) = populated("w").await;
    let view = register(&home, WEIGHTS).await;
    let mut builds = ViewBuilds::of_slices(SLICE);
    for _ in 0..2 {
        assert!(builds.turn(&mut worker).await.unwrap());
    }
    // Every data file of raw is away for a while.
    let zone = home.zone(Zone::Raw);
    let folder = object_store::path::Path::from("observation");
    let mut files = Vec::new();
    for object in zone.list(Some(&folder)).try_collect::<Vec<_>>().await.unwrap() {
        if object.location.as_ref().ends_with(".parquet") {
            let bytes = zone.get(&object.location).await.unwrap().bytes().await.unwrap();
            zone.delete(&object.location).await.unwrap();
            files.push((object.location, bytes));
        }
    }
    assert!(!builds.turn(&mut worker).await.unwrap());
    let failed = newest(&home).await;
    assert_eq!((failed.state, failed.progress.done), (ViewState::Building, 1));
    assert!(!failed.error.is_empty());
    assert_eq!(home.control.runs(None, 1).await.unwrap()[0].detail, failed.error);
    for (location, bytes) in files {
        zone.put(&location, bytes.into()).await.unwrap();
    }
    // Not at once, so that what cannot succeed does not keep the worker from its other work.
    assert!(!builds.turn(&mut worker).await.unwrap());
    home.clock.advance_ms(30_001);
    builds.work_off(&mut worker).await.unwrap();
    let built = newest(&home).await;
    assert_eq!((built.state, built.error.as_str()), (ViewState::Current, ""));
    agrees_at(&home, &view, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_definition_that_is_not_understood_any_more_leaves_with_the_reason() {
    let (mut home, mut worker) = populated("w").await;
    let new = control::NewView {
        name: "later".to_owned(),
        resource: "Observation".to_owned(),
        definition: WEIGHTS.replace("code.coding.exists()", "code.fromTheFuture()"),
    };
    home.control.register_view(&new).await.unwrap();
    ViewBuilds::default().work_off(&mut worker).await.unwrap();
    let gone = newest(&home).await;
    assert_eq!(gone.state, ViewState::Gone);
    assert!(gone.error.contains("where[0].path"), "{}", gone.error);
    assert_eq!(home.control.runs(None, 1).await.unwrap()[0].state, RunState::Failed);
    assert!(home.control.table("view", "later").await.unwrap().is_none());
    weigh(&mut home, &mut worker, 5).await;
}

/// The built-in view over Observation as an earlier version of the program may have had it.
const EARLIER: &str = r#"{"resourceType":"ViewDefinition","name":"observation","status":"active","resource":"Observation",
    "select":[{"column":[{"name":"id","path":"id"},{"name":"status","path":"status"}]}]}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_built_in_view_that_an_earlier_version_made_with_other_columns_is_built_anew() {
    let mut home = Home::new().await;
    let mut parts = Arc::into_inner(home.worker_parts("earlier")).unwrap();
    let earlier = registry::compile(EARLIER.as_bytes()).unwrap();
    let place = parts.views.iter().position(|view| view.name() == "observation").unwrap();
    let view = std::mem::replace(&mut parts.views[place], earlier.clone());
    let mut worker = Refinery::new(Arc::new(parts));
    weigh(&mut home, &mut worker, 0).await;
    assert_eq!(agrees_at(&home, &earlier, None).await, 3);
    worker.close().await;

    let mut worker = home.worker("later");
    weigh(&mut home, &mut worker, 1).await;
    // Until it is built the rows of the table before it are seen, without what has been superseded since; also when the
    // tables are looked after before that is begun, as a command that imports does.
    assert_eq!(home.number("select count(*) from view.observation").await, 1);
    home.clock.advance_ms(60_000);
    Upkeep::new(UpkeepLimits { superseded_rows: 1, ..EAGER }).tend(&mut worker).await.unwrap();
    assert_eq!(home.number("select count(*) from view.observation").await, 1);
    let mut builds = ViewBuilds::of_slices(SLICE);
    builds.turn(&mut worker).await.unwrap();
    weigh(&mut home, &mut worker, 2).await;
    builds.work_off(&mut worker).await.unwrap();
    assert_eq!(agrees_at(&home, &view, None).await, 5);
    weigh(&mut home, &mut worker, 3).await;
    assert_eq!(agrees_at(&home, &view, None).await, 6);
    assert_eq!(home.control.views().await.unwrap().len(), 1);
}

/// Puts a table of other columns in the place of a registered view's.
async fn replace_table(home: &Home, view: &RegisteredView) {
    let (store, id) = (home.zone(Zone::View), TableId::registered(&view.name, view.number));
    let folder = object_store::path::Path::from(id.name());
    for object in store.list(Some(&folder)).try_collect::<Vec<_>>().await.unwrap() {
        store.delete(&object.location).await.unwrap();
    }
    let other = Schema::new(vec![Field::new("other", DataType::Utf8, true)]);
    Table::open_or_create(&home.stores(), &id, &Arc::new(other)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registered_view_that_an_earlier_version_made_with_other_columns_is_built_anew() {
    let states = async |home: &Home| {
        home.control.views().await.unwrap().iter().map(|view| view.state).collect::<Vec<_>>()
    };
    // While it is built.
    let (mut home, mut worker) = populated("w").await;
    let view = register(&home, WEIGHTS).await;
    let mut builds = ViewBuilds::of_slices(SLICE);
    builds.turn(&mut worker).await.unwrap();
    replace_table(&home, &newest(&home).await).await;
    weigh(&mut home, &mut worker, 7).await;
    assert_eq!(states(&home).await, [ViewState::Gone, ViewState::Waiting]);
    builds.work_off(&mut worker).await.unwrap();
    agrees_at(&home, &view, None).await;

    // When it is seen: it is not taken out before the new one is there.
    replace_table(&home, &newest(&home).await).await;
    worker.close().await;
    let mut worker = home.worker("later");
    weigh(&mut home, &mut worker, 8).await;
    assert_eq!(states(&home).await, [ViewState::Gone, ViewState::Current, ViewState::Waiting]);
    assert!(builds.turn(&mut worker).await.unwrap());
    assert_eq!(states(&home).await, [ViewState::Gone, ViewState::Current, ViewState::Building]);
    weigh(&mut home, &mut worker, 9).await;
    builds.work_off(&mut worker).await.unwrap();
    assert_eq!(states(&home).await, [ViewState::Gone, ViewState::Gone, ViewState::Current]);
    agrees_at(&home, &view, None).await;
    weigh(&mut home, &mut worker, 10).await;
    agrees_at(&home, &view, None).await;
}
