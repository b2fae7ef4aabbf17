//! Connections, crawlers, and the tables outside that they found.

use crate::ground::Ground;
use control::{
    Cause, Column, Connection, ControlError, CrawlChange, CrawledObject, ExternalPartition, ExternalTable,
    NewJob, Queued, RunLease, RunState, TableName, TableNote,
};
use model::{Clock, Timestamp};

const NOBODY: Queued<'_> = Queued { cause: Cause::Command, actor: "me", due: None, asked: "" };

fn table(name: &str, number: i64) -> ExternalTable {
    let column = Column {
        name: "id".to_owned(),
        data_type: "Int64".to_owned(),
        nullable: false,
        description: String::new(),
    };
    ExternalTable {
        table: TableName::new("found", name),
        crawler: "c".to_owned(),
        number,
        place: "out:gp/{date}".to_owned(),
        format: "csv".to_owned(),
        label: String::new(),
        description: String::new(),
        partitioned_by: vec!["date".to_owned()],
        columns: vec![column],
        version: 1,
        objects: 2,
        bytes: 20,
        rows: None,
        first_seen: Timestamp(1),
        changed: Timestamp(1),
        gone: None,
    }
}

fn object(name: u8, state: u8) -> CrawledObject {
    CrawledObject {
        name: [name; 16],
        state: [state; 16],
        table: 1,
        part: vec!["2026-01-02".to_owned()],
        bytes: 10,
        rows: Some(3),
    }
}

async fn run(ground: &Ground) -> RunLease {
    ground.control.queue_run("crawl.c", &NOBODY).await.unwrap().unwrap();
    ground.control.claim_run(&["crawl"], "w", 1_000).await.unwrap().unwrap().lease
}

async fn with_crawler(name: &str) -> Ground {
    let ground = Ground::new(name).await;
    let job = NewJob { retries: 3, ..NewJob::by_command("crawl.c", "crawl", "c") };
    ground.control.put_crawler(("c", "{}"), "me", (&job, None)).await.unwrap();
    ground
}

#[tokio::test]
async fn a_connection_is_kept_replaced_and_removed() {
    let ground = Ground::new("connection").await;
    let mut connection = Connection {
        name: "out".to_owned(),
        kind: "s3".to_owned(),
        said: "{}".to_owned(),
        secret: Some(vec![1, 2, 3]),
        actor: "me".to_owned(),
        changed: ground.clock.now(),
    };
    ground.control.put_connection(&connection).await.unwrap();
    assert_eq!(ground.control.connection("out").await.unwrap(), Some(connection.clone()));
    connection.secret = None;
    ground.control.put_connection(&connection).await.unwrap();
    assert_eq!(ground.control.connections().await.unwrap(), [connection]);
    ground.control.remove_connection("out").await.unwrap();
    assert!(matches!(ground.control.remove_connection("out").await, Err(ControlError::NotFound { .. })));
}

#[tokio::test]
async fn what_a_crawl_found_counts_with_the_end_of_its_run() {
    let ground = with_crawler("crawl_kept").await;
    let part = |objects, gone| ExternalPartition {
        values: vec!["2026-01-02".to_owned()],
        objects,
        bytes: 10 * objects,
        changed: Timestamp(1),
        gone,
    };
    let visits = table("visits", 1);
    let first = CrawlChange {
        new: vec![visits.clone()],
        partitions: vec![(visits.table.clone(), part(2, None))],
        objects: vec![object(1, 1), object(2, 1)],
        ..CrawlChange::default()
    };
    let lease = run(&ground).await;
    ground.control.keep_crawl(&lease, "c", &first, ("found", "{}")).await.unwrap();
    let ended = ground.control.run(lease.id).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.detail.as_str()), (RunState::Succeeded, "found"));
    assert_eq!(ground.control.external_tables(Some("c")).await.unwrap(), std::slice::from_ref(&visits));
    assert_eq!(ground.control.external_partitions(&visits.table, 9).await.unwrap(), [part(2, None)]);
    let mut objects = ground.control.crawled_objects("c").await.unwrap();
    objects.sort_by_key(|object| object.name);
    assert_eq!(objects, [object(1, 1), object(2, 1)]);

    let mut wider = ExternalTable { version: 2, objects: 1, changed: Timestamp(5), ..visits.clone() };
    wider.columns.push(Column { name: "ward".to_owned(), ..wider.columns[0].clone() });
    let second = CrawlChange {
        changed: vec![wider.clone()],
        partitions: vec![(visits.table.clone(), part(1, Some(Timestamp(5))))],
        objects: vec![object(1, 2)],
        gone: vec![[2; 16]],
        ..CrawlChange::default()
    };
    let lease = run(&ground).await;
    ground.control.keep_crawl(&lease, "c", &second, ("found", "{}")).await.unwrap();
    assert_eq!(ground.control.external_table(&visits.table).await.unwrap(), Some(wider));
    assert_eq!(ground.control.crawled_objects("c").await.unwrap(), [object(1, 2)]);
    let versions = ground.control.external_versions(&visits.table).await.unwrap();
    assert_eq!(
        versions.iter().map(|version| (version.version, version.columns.len())).collect::<Vec<_>>(),
        [(2, 2), (1, 1)]
    );

    ground.control.remove_crawler("c", "crawl.c").await.unwrap();
    assert_eq!(ground.control.external_tables(None).await.unwrap(), []);
    assert_eq!(ground.control.crawled_objects("c").await.unwrap(), []);
    assert_eq!(ground.control.job("crawl.c").await.unwrap(), None);
}

#[tokio::test]
async fn a_crawl_that_lost_its_run_changes_nothing() {
    let ground = with_crawler("crawl_lost").await;
    let found =
        CrawlChange { new: vec![table("visits", 1)], objects: vec![object(1, 1)], ..CrawlChange::default() };
    let late = run(&ground).await;
    ground.clock.advance_ms(2_000);
    let in_time = ground.control.claim_run(&["crawl"], "v", 60_000).await.unwrap().unwrap().lease;
    let lost = ground.control.keep_crawl(&late, "c", &found, ("late", "")).await;
    assert!(matches!(lost, Err(ControlError::NotFound { .. })));
    assert_eq!(ground.control.external_tables(None).await.unwrap(), []);
    assert_eq!(ground.control.crawled_objects("c").await.unwrap(), []);
    ground.control.keep_crawl(&in_time, "c", &found, ("in time", "")).await.unwrap();
    assert_eq!(ground.control.crawled_objects("c").await.unwrap(), [object(1, 1)]);
    // What the late one has put beside it counts for nobody, and goes with the next crawl.
}

#[tokio::test]
async fn a_table_that_was_written_down_has_its_name_alone() {
    let ground = with_crawler("crawl_written").await;
    let wards = ExternalTable { crawler: String::new(), number: 0, ..table("wards", 0) };
    ground.control.create_external_table(&wards).await.unwrap();
    let again = ground.control.create_external_table(&wards).await;
    assert!(matches!(again, Err(ControlError::AlreadyExists { .. })));
    let lease = run(&ground).await;
    let taken = CrawlChange { new: vec![table("wards", 1)], ..CrawlChange::default() };
    let kept = ground.control.keep_crawl(&lease, "c", &taken, ("", "")).await;
    assert!(matches!(kept, Err(ControlError::AlreadyExists { .. })));
    let found = async |text: &str| ground.control.find_external_tables(text, (0, 9)).await.unwrap().total;
    assert_eq!((found("WARDS").await, found("").await, found("b%").await), (1, 1, 0));
    let mut note = TableNote { owner: "Estates".to_owned(), ..TableNote::default() };
    note.tags.insert("beds".to_owned());
    ground.control.note_table(&wards.table, &note, "me").await.unwrap();
    assert_eq!((found("estates").await, found("beds").await), (1, 1));
    assert_eq!(ground.control.table_note(&wards.table).await.unwrap(), note);
    assert_eq!(ground.control.table_notes().await.unwrap().into_values().collect::<Vec<_>>(), [note]);
    ground.control.note_table(&wards.table, &TableNote::default(), "me").await.unwrap();
    assert_eq!(ground.control.table_note(&wards.table).await.unwrap(), TableNote::default());
    assert_eq!(found("estates").await, 0);
    ground.control.remove_external_table(&wards.table).await.unwrap();
    ground.control.keep_crawl(&lease, "c", &taken, ("", "")).await.unwrap();
    let found = ground.control.remove_external_table(&wards.table).await;
    assert!(matches!(found, Err(ControlError::NotFound { .. })), "a crawler's is the crawler's");
}
