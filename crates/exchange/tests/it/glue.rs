//! Glue as moto plays it: our client writes, boto3 reads.

use crate::{
    clients::{Server, ask, installed},
    fixture::{catalogue, client, client_with, column, months, table},
    patience,
};
use exchange::{
    catalogue::{Catalogue, Database},
    glue::{Changes, Client, GlueError, Options, Report, sync},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

fn options(dry_run: bool) -> Options {
    Options { lake: "example".to_owned(), prefix: "lake_".to_owned(), dry_run }
}

fn changes(created: usize, updated: usize, removed: usize, unchanged: usize) -> Changes {
    Changes { created, updated, removed, unchanged }
}

/// Glue, our client, and theirs.
struct Glue {
    clients: PathBuf,
    server: Server,
    client: Client,
}

impl Glue {
    fn start(clients: &Path) -> Self {
        let server = Server::start(clients, &["aws.py"]);
        let client = client(&server.url);
        Self { clients: clients.to_owned(), server, client }
    }

    async fn sync(&self, catalogue: &Catalogue) -> Report {
        sync(&self.client, catalogue, &options(false)).await.unwrap()
    }

    fn boto3(&self, arguments: &[&str]) -> Vec<String> {
        ask(&self.clients, &[&["glue.py", &self.server.url], arguments].concat(), "").unwrap()
    }

    fn read(&self) -> Value {
        serde_json::from_str(&self.boto3(&["read"])[0]).unwrap()
    }
}

fn types(columns: &Value) -> Vec<(&str, &str)> {
    let told = columns.as_array().unwrap().iter();
    told.map(|one| (one["Name"].as_str().unwrap(), one["Type"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn tables_and_partitions_are_registered_and_a_second_run_changes_nothing() {
    let Some(clients) = installed() else { return };
    let glue = Glue::start(&clients);
    let catalogue = catalogue();
    let dry = sync(&glue.client, &catalogue, &options(true)).await.unwrap();
    assert_eq!(glue.read(), json!({}), "a dry run only tells");
    let first = glue.sync(&catalogue).await;
    assert_eq!(first, dry);
    assert_eq!(first.databases, changes(2, 0, 0, 0));
    assert_eq!(first.tables, changes(3, 0, 0, 0));
    assert_eq!(first.partitions, changes(130, 0, 0, 0));
    let second = glue.sync(&catalogue).await;
    assert!(!second.any(), "{second:?}");
    assert_eq!(second.partitions.unchanged, 130);

    let found = glue.read();
    assert_eq!(found["lake_view"]["Description"], "Tables of the database view.");
    let encounter = &found["lake_view"]["Tables"]["encounter"];
    let expected = [
        ("id", "string"),
        ("start", "timestamp"),
        ("cost", "decimal(12,2)"),
        ("codes", "array<struct<system:string,code:string>>"),
        ("extra", "map<string,double>"),
        ("born", "date"),
        ("alive", "boolean"),
        ("visits", "int"),
        ("digest", "binary"),
    ];
    let storage = &encounter["StorageDescriptor"];
    assert_eq!(types(&storage["Columns"]), expected);
    assert_eq!(storage["Columns"][0]["Comment"], "What id means.");
    assert_eq!(storage["Columns"][0]["Parameters"], json!({ "carelake.classification": "pseudonym" }));
    assert_eq!(storage["Location"], "s3://lake/view/encounter");
    assert_eq!(encounter["TableType"], "EXTERNAL_TABLE");
    for (name, value) in [
        ("table_type", "DELTA"),
        ("spark.sql.sources.provider", "delta"),
        ("classification", "delta"),
        ("recordCount", "100"),
        ("carelake", "example"),
        ("carelake.version", "3"),
    ] {
        assert_eq!(encounter["Parameters"][name], value, "{name}");
    }
    let visits = &found["lake_mart"]["Tables"]["visits"];
    assert_eq!(types(&visits["PartitionKeys"]), [("month", "string"), ("place", "string")]);
    assert_eq!(types(&visits["StorageDescriptor"]["Columns"]), [("n", "bigint")]);
    assert_eq!(visits["Parameters"]["carelake.made_from"], "view.encounter");
    let partitions = visits["Partitions"].as_array().unwrap();
    assert_eq!(partitions.len(), 130);
    let first = partitions.iter().find(|one| one["Values"] == json!(["2015-01", "ward/1"])).unwrap();
    let place = "s3://lake/mart/visits/month=2015-01/place=ward%2F1";
    assert_eq!(first["StorageDescriptor"]["Location"], place);
    assert_eq!(first["Parameters"]["recordCount"], "10");
}

#[tokio::test]
async fn glue_follows_the_catalogue_and_keeps_what_others_have_added() {
    let Some(clients) = installed() else { return };
    let glue = Glue::start(&clients);
    let mut catalogue = catalogue();
    glue.sync(&catalogue).await;
    glue.boto3(&["say", "lake_view", "encounter", "crawler", "was here"]);
    assert!(!glue.sync(&catalogue).await.any(), "what others add is no difference");
    catalogue.databases[1].description = "Columns of resources.".to_owned();
    let encounter = &mut catalogue.databases[1].tables[0];
    encounter.columns.push(column("urgent", "Boolean"));
    encounter.tags.clear();
    catalogue.databases[1].tables.remove(1);
    let visits = &mut catalogue.databases[0].tables[0];
    visits.partitions = months(140).split_off(20);
    visits.partitions[0].rows = 11;
    let report = glue.sync(&catalogue).await;
    assert_eq!(report.databases, changes(0, 1, 0, 1));
    assert_eq!(report.tables, changes(0, 1, 1, 1));
    assert_eq!(report.partitions, changes(10, 1, 20, 109));
    assert!(!glue.sync(&catalogue).await.any());

    let found = glue.read();
    assert_eq!(found["lake_view"]["Description"], "Columns of resources.");
    let tables = &found["lake_view"]["Tables"];
    assert_eq!(tables.as_object().unwrap().len(), 1);
    let encounter = &tables["encounter"];
    assert_eq!(types(&encounter["StorageDescriptor"]["Columns"]).last(), Some(&("urgent", "boolean")));
    assert_eq!(encounter["Parameters"]["crawler"], "was here");
    assert_eq!(encounter["Parameters"]["carelake.tags"], Value::Null);
    let partitions = found["lake_mart"]["Tables"]["visits"]["Partitions"].as_array().unwrap();
    assert_eq!(partitions.len(), 120);
    let changed = partitions.iter().find(|one| one["Values"][0] == "2016-09").unwrap();
    assert_eq!(changed["Parameters"]["recordCount"], "11");
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone_and_told_of() {
    let Some(clients) = installed() else { return };
    let glue = Glue::start(&clients);
    glue.boto3(&["database", "lake_mart"]);
    glue.boto3(&["put", "lake_mart", "visits"]);
    glue.boto3(&["put", "lake_mart", "other"]);
    let mut catalogue = catalogue();
    catalogue.databases[0].tables.push(table("ours", "mart", vec![column("id", "Utf8")]));
    let report = glue.sync(&catalogue).await;
    assert_eq!(report.not_ours, ["lake_mart.visits"]);
    assert_eq!(report.databases, changes(1, 0, 0, 1));
    assert_eq!(report.partitions, Changes::default(), "no partitions of a table that is not ours");
    // Another lake in the same Glue takes nothing of this one's, and gives nothing up to it.
    let other = Options { lake: "another".to_owned(), ..options(false) };
    let nothing = Catalogue { databases: Vec::new(), ..catalogue.clone() };
    assert!(!sync(&glue.client, &nothing, &other).await.unwrap().any());
    catalogue.databases.clear();
    let report = glue.sync(&catalogue).await;
    assert_eq!(report.tables.removed, 3, "the one in somebody else's database, too");
    assert_eq!(report.databases.removed, 1);
    let found = glue.read();
    assert_eq!(found.as_object().unwrap().keys().collect::<Vec<_>>(), ["lake_mart"]);
    let left = found["lake_mart"]["Tables"].as_object().unwrap();
    assert_eq!(left.keys().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["other", "visits"]));
    assert_eq!(left["visits"]["Description"], "Not carelake's.");
}

#[tokio::test]
async fn what_was_done_and_not_heard_of_is_done_once() {
    let Some(clients) = installed() else { return };
    let glue = Glue::start(&clients);
    let deaf = client(&patience::losing_first_answers(&glue.server.url).await);
    let mut catalogue = catalogue();
    catalogue.databases[1].tables[1].tags.clear();
    for step in 0..4 {
        match step {
            0 => {}
            1 => {
                catalogue.databases[0].tables[0].partitions = months(140).split_off(20);
                catalogue.databases[0].tables[0].partitions[0].rows = 11;
                catalogue.databases[1].tables[0].rows = 7;
                catalogue.databases[1].tables.remove(1);
            }
            2 => catalogue.databases[0].tables[0].partitioned_by.reverse(),
            _ => drop(catalogue.databases.pop()),
        }
        sync(&deaf, &catalogue, &options(false)).await.unwrap();
        let again = glue.sync(&catalogue).await;
        assert!(!again.any(), "step {step}: {again:?}");
    }
    assert_eq!(glue.read().as_object().unwrap().keys().collect::<Vec<_>>(), ["lake_mart"]);
}

#[tokio::test]
async fn a_table_with_other_keys_is_made_anew() {
    let Some(clients) = installed() else { return };
    let glue = Glue::start(&clients);
    let mut catalogue = catalogue();
    glue.sync(&catalogue).await;
    let visits = &mut catalogue.databases[0].tables[0];
    visits.partitioned_by.truncate(1);
    visits.partitions = months(3);
    for (at, partition) in visits.partitions.iter_mut().enumerate() {
        partition.values.truncate(1);
        partition.values[0] = partition.values[0].take().filter(|_| at > 0);
    }
    let report = glue.sync(&catalogue).await;
    assert_eq!(report.tables.updated, 1);
    assert_eq!(report.partitions, changes(3, 0, 0, 0));
    assert!(!glue.sync(&catalogue).await.any());
    let found = glue.read();
    let visits = &found["lake_mart"]["Tables"]["visits"];
    assert_eq!(types(&visits["PartitionKeys"]), [("month", "string")]);
    let values: Vec<&Value> =
        visits["Partitions"].as_array().unwrap().iter().map(|one| &one["Values"][0]).collect();
    assert_eq!(values.len(), 3);
    assert!(values.contains(&&json!("__HIVE_DEFAULT_PARTITION__")), "{values:?}");
}

#[tokio::test]
async fn what_glue_cannot_say_is_refused_before_anything_is_changed() {
    // Nobody listens there: nothing is asked.
    let client = client("http://127.0.0.1:1");
    let refusal = async |change: fn(&mut Vec<Database>)| {
        let mut catalogue = catalogue();
        change(&mut catalogue.databases);
        sync(&client, &catalogue, &options(false)).await.unwrap_err()
    };
    let error =
        refusal(|databases| databases[0].tables[0].columns[2].data_type = "Time64(µs)".to_owned()).await;
    let expected = "register the column `n` of `lake_mart.visits`: Glue has no type for `Time64(µs)`";
    assert_eq!(error.to_string(), expected);
    let error = refusal(|databases| databases[1].tables[1].name = "Encounter".to_owned()).await;
    assert!(matches!(error, GlueError::SameName { table } if table == "lake_view.encounter"));
    let error = refusal(|databases| databases[0].tables[0].partitions[7].values.push(None)).await;
    assert!(matches!(error, GlueError::PartitionShape { table } if table == "lake_mart.visits"));
    let error = refusal(|_| ()).await.to_string();
    assert_eq!(error, "GetDatabases `all databases` in Glue", "the cause is its source");
}

#[tokio::test]
async fn botocore_signs_requests_as_they_are_signed() {
    let Some(clients) = installed() else { return };
    for token in [None, Some("session//token==")] {
        let arguments = [Some("signature.py"), Some("a/secret+key"), token];
        let arguments: Vec<&str> = arguments.into_iter().flatten().collect();
        let nothing = Catalogue { databases: Vec::new(), ..catalogue() };
        let server = Server::start(&clients, &arguments);
        let client = client_with(&server.url, token, 1);
        sync(&client, &nothing, &options(false)).await.unwrap();
        let wrong = Server::start(&clients, &["signature.py", "another secret"]);
        let error = sync(&client_with(&wrong.url, None, 1), &nothing, &options(false)).await.unwrap_err();
        assert!(error.to_string().contains("InvalidSignatureException"), "{error}");
    }
}
