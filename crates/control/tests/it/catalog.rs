//! The catalogue at its sequences.

use crate::ground::Ground;
use control::{
    Column, Control, ControlError, NewPublication, PublicationKind, TableKind, TableName, TableVersion,
    WorkerLease,
};
use expect_test::{Expect, expect};
use model::CommitSeq;

pub(crate) fn version(schema: &str, name: &str, version: i64) -> TableVersion {
    let column = |name: &str, data_type: &str| Column {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        nullable: false,
        description: String::new(),
    };
    TableVersion {
        table: TableName::new(schema, name),
        kind: TableKind::Raw,
        description: format!("Every {name}."),
        zone: schema.to_owned(),
        location: format!("{schema}/{name}"),
        columns: vec![column("id", "Utf8"), column("commit_seq", "Int64")],
        version,
        rows: version * 10,
        bytes: version * 1000,
        made_from: None,
    }
}

async fn publish(control: &Control, worker: &WorkerLease, tables: &[TableVersion]) -> CommitSeq {
    let new = NewPublication { kind: PublicationKind::Model, lanes: Vec::new(), detail: String::new() };
    let begun = control.begin_publication(worker, &new).await.unwrap();
    control.publish(worker, &begun, tables).await.unwrap()
}

async fn check(control: &Control, seq: i64, tables: Expect) {
    let found = match control.snapshot(CommitSeq(seq)).await {
        Ok(found) => found
            .iter()
            .map(|t| format!("{} v{} of {}\n", t.table.table, t.table.version, t.seq))
            .collect::<String>(),
        Err(error) => error.to_string(),
    };
    tables.assert_eq(&found);
}

#[tokio::test]
async fn a_snapshot_has_each_table_at_its_newest_version_so_far() {
    let ground = Ground::new("snapshot").await;
    let control = &ground.control;
    let worker = control.lease_worker("worker-1", 60_000).await.unwrap();
    check(control, 0, expect![[""]]).await;
    publish(control, &worker, &[version("raw", "patient", 4), version("raw", "encounter", 2)]).await;
    publish(control, &worker, &[version("raw", "patient", 5)]).await;
    publish(control, &worker, &[version("view", "patient", 1), version("raw", "encounter", 3)]).await;
    check(
        control,
        1,
        expect![[r#"
        raw.encounter v2 of 1
        raw.patient v4 of 1
    "#]],
    )
    .await;
    check(
        control,
        2,
        expect![[r#"
        raw.encounter v2 of 1
        raw.patient v5 of 2
    "#]],
    )
    .await;
    check(
        control,
        3,
        expect![[r#"
        raw.encounter v3 of 3
        raw.patient v5 of 2
        view.patient v1 of 3
    "#]],
    )
    .await;
    check(control, 4, expect!["sequence 4 is not readable: there are 0 to 3"]).await;

    control.retire_sequences_before(CommitSeq(2)).await.unwrap();
    control.retire_sequences_before(CommitSeq(1)).await.unwrap();
    assert_eq!(control.oldest_sequence().await.unwrap(), CommitSeq(2));
    check(control, 1, expect!["sequence 1 is not readable: there are 2 to 3"]).await;
    check(
        control,
        2,
        expect![[r#"
        raw.encounter v2 of 1
        raw.patient v5 of 2
    "#]],
    )
    .await;
    let ahead = control.retire_sequences_before(CommitSeq(4)).await;
    assert!(matches!(ahead, Err(ControlError::NotReadable { .. })));
    assert_eq!(control.tables().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_table_keeps_the_shape_it_had_at_each_sequence() {
    let ground = Ground::new("shape").await;
    let control = &ground.control;
    let worker = control.lease_worker("worker-1", 60_000).await.unwrap();
    let old = version("raw", "patient", 1);
    publish(control, &worker, std::slice::from_ref(&old)).await;
    let mut new = version("raw", "patient", 2);
    new.columns.pop();
    new.kind = TableKind::Mart;
    new.made_from = Some(CommitSeq(1));
    publish(control, &worker, std::slice::from_ref(&new)).await;
    let mut newer = new.clone();
    newer.version = 3;
    publish(control, &worker, std::slice::from_ref(&newer)).await;
    assert_eq!(control.snapshot(CommitSeq(1)).await.unwrap()[0].table, old);
    assert_eq!(control.snapshot(CommitSeq(2)).await.unwrap()[0].table, new);
    assert_eq!(control.table("raw", "patient").await.unwrap().unwrap().table, newer);
    assert_eq!(control.table("raw", "nothing").await.unwrap(), None);
}
