//! The same again, in another order, and from two sources with equal ids.

use crate::{
    home::{Home, lines},
    links::patient,
    truth::{agrees, joins, people},
};
use landing::Status;
use simulate::{Expected, Message, Request, Simulation};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_again_adds_nothing() {
    let mut home = Home::new().await;
    let mut worker = home.worker("w");
    let region = Simulation::new(9, 3);
    home.send_all(&region).await;
    let first = worker.drain().await.unwrap();
    // The newest version of everything, once more, in submissions of another shape.
    let newest: Vec<_> = home
        .sent
        .resources
        .iter()
        .map(|((source, ..), versions)| {
            (source.to_string(), String::from_utf8(versions.last().unwrap().body.clone()).unwrap())
        })
        .collect();
    for (source, body) in newest.iter().take(400) {
        assert_eq!(home.put(source, body).await, Status::Unchanged);
    }
    assert_eq!(worker.step().await.unwrap(), None);
    assert_eq!(home.control.published().await.unwrap(), first.seq);
    agrees(&home).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sources_with_equal_ids_stay_apart() {
    let mut home = Home::new().await;
    for (source, number) in [("gp-one", "9434765919"), ("gp-two", "9990000018")] {
        assert_eq!(home.put(source, &patient("same", number, "01")).await, Status::Created);
        let body = format!(
            r#"{{"resourceType":"Condition","id":"same","subject":{{"reference":"Patient/same"}},
            "code":{{"text":"{source}","coding":[{{"system":"http://snomed.info/sct","code":"44054006"}}]}}}}"#
        );
        assert_eq!(home.put(source, &body).await, Status::Created);
    }
    home.worker("w").drain().await.unwrap();
    agrees(&home).await;
    joins(&home).await;
    assert_eq!(people(&home).await.len(), 2);
    let own =
        "select count(distinct c.patient) from view.condition c join view.patient p on p.id = c.patient";
    assert_eq!(home.number(own).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bundles_in_another_order_give_the_same_rows() {
    let new = |message: &Message| {
        matches!(message.expected, Expected::Accepted { updated: 0, unchanged: 0, .. })
            && matches!(message.request, Request::Bundle(_))
    };
    let messages: Vec<_> = Simulation::new(13, 6).messages().filter(new).collect();
    assert!(messages.len() > 20);
    let mut home = Home::new().await;
    for message in &messages {
        home.send(message).await;
    }
    home.worker("w").drain().await.unwrap();

    let mut shuffled = Home::with_keys(home.created.clone()).await;
    let mut worker = shuffled.worker("w");
    for (n, message) in messages.iter().rev().enumerate() {
        shuffled.send(message).await;
        if n % 9 == 0 {
            worker.drain().await.unwrap();
        }
    }
    worker.drain().await.unwrap();
    agrees(&shuffled).await;
    assert_eq!(people(&home).await, people(&shuffled).await);
    for table in home.control.tables().await.unwrap() {
        let name = format!("{}.{}", table.table.table.schema, table.table.table.name);
        let sql = match table.table.zone.as_str() {
            "raw" if name.contains("superseded") || name.contains("display") => continue,
            "raw" => format!("select id, version_id, source, patient, resource from {name} order by id"),
            "view" => format!("select * from {name}"),
            _ => continue,
        };
        let mut rows =
            [lines(&home.try_rows(&sql).await.unwrap()), lines(&shuffled.try_rows(&sql).await.unwrap())];
        rows.iter_mut().for_each(|rows| rows.sort());
        assert!(rows[0] == rows[1], "{name}");
    }
}
