//! What a changed mart would publish, beside what is published.

use crate::{
    home::{Home, build_marts},
    links::patient,
};
use lake::models::{Difference, check_folder, diff, register};
use model::Timestamp;
use std::collections::BTreeMap;

fn files(columns: &str) -> BTreeMap<String, String> {
    let model = format!(
        "-- One row per patient.\n--\n-- Tests\n--   unique: id\n--   not null: gender\nselect {columns} from view.patient"
    );
    let head = "question = \"Who?\"".to_owned();
    BTreeMap::from([("mart.toml".to_owned(), head), ("people.sql".to_owned(), model)])
}

async fn differs(home: &Home, columns: &str) -> Difference {
    let files = files(columns);
    let mart = check_folder(&home.reader(), ("winter", &files)).await.unwrap().unwrap().mart;
    let parts = home.worker_parts("d");
    let (seq, mut differences) =
        diff(&home.reader(), &mart, (&parts.keys.project_mac, parts.clock.now())).await.unwrap();
    assert_eq!(seq, home.control.published().await.unwrap());
    assert_eq!(differences.len(), 1);
    differences.pop().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_and_columns_that_come_go_and_change_are_counted() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    for (id, number) in [("p0", "9434765919"), ("p1", "9434765870"), ("p2", "9434765927")] {
        home.put("gp", &patient(id, number, "01")).await;
    }
    worker.drain().await.unwrap();
    let first = "id, gender, 'a' as mark";
    let new = differs(&home, first).await;
    assert_eq!((new.published, new.before, new.after, new.added, new.any()), (false, 0, 3, 3, true));

    register(&home.reader(), ("winter", &files(first)), "test", Timestamp(0)).await.unwrap().unwrap();
    build_marts(&home, &mut worker, (Some("winter"), true)).await.unwrap();
    let published = home.control.published().await.unwrap();
    let same = differs(&home, first).await;
    assert_eq!((same.before, same.after, same.any()), (3, 3, false), "{same:?}");

    // One patient's row changes, another's goes, the third's is there twice.
    let ranked = "id, gender, case when n = 1 then 'b' else 'a' end as mark
        from (select id, gender, row_number() over (order by id) as n from view.patient) x where n < 3
        union all select id, gender, 'a' from (select id, gender, row_number() over (order by id) as n from view.patient) y
        where n = 2 --";
    let other = differs(&home, ranked).await;
    assert_eq!((other.after, other.added, other.gone, other.changed), (3, 2, 2, Some(1)), "{other:?}");
    assert!(other.failed.unwrap().contains("unique"));

    assert_eq!(differs(&home, "id, gender").await.columns, ["mark goes"]);
    let columns = differs(&home, "id, gender, 1 as mark, 'x' as sex").await;
    assert_eq!(columns.columns, ["mark becomes Int64, was Utf8", "sex comes (Utf8)"]);
    assert_eq!((columns.added, columns.gone, columns.changed), (0, 0, Some(0)));
    assert_eq!(home.control.published().await.unwrap(), published, "nothing was written");
}
