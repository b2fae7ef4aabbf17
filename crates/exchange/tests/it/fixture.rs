//! A catalogue of two databases, and a client of Glue.

use exchange::{
    catalogue::{
        About, Agent, Catalogue, Classification, Column, ColumnRef, Contact, Database, Partition, Period,
        Table, TableRef,
    },
    glue::{Access, Client, Retry},
};
use model::{SystemClock, Timestamp};
use std::{sync::Arc, time::Duration};

const EU: &str = "http://publications.europa.eu/resource/authority";

pub(crate) fn timestamp(instant: &str) -> Timestamp {
    Timestamp::parse(instant).unwrap()
}

pub(crate) fn about() -> About {
    let text = |text: &str| text.to_owned();
    About {
        address: text("https://lake.example.nhs.uk/catalogue"),
        title: text("Example lake"),
        description: text("Care records of the example trust, pseudonymised."),
        publisher: Agent {
            name: text("Example NHS Trust"),
            homepage: text("https://www.example.nhs.uk/"),
            email: text("data@example.nhs.uk"),
            ror: Some(text("https://ror.org/00j161312")),
        },
        publisher_type: Some(text(
            "http://healthdataportal.eu/resource/authority/publisher-type/healthcareSystem",
        )),
        trusted_data_holder: false,
        contact: Contact {
            name: text("Data access desk"),
            email: text("access@example.nhs.uk"),
            page: text("https://www.example.nhs.uk/data/contact"),
        },
        access_page: text("https://www.example.nhs.uk/data/access"),
        access_body: None,
        languages: vec![text("en"), text("cy")],
        spatial: vec![format!("{EU}/country/GBR")],
        legislation: vec![
            text("https://www.legislation.gov.uk/eur/2016/679"),
            text("http://data.europa.eu/eli/reg/2025/327/oj"),
        ],
        purposes: vec![text("https://w3id.org/dpv#ScientificResearch")],
        health_categories: vec![text("http://healthdataportal.eu/resource/authority/healthcategories/EHRS")],
        health_themes: vec![text(
            "http://healthdataportal.eu/resource/authority/health-theme/HEALTH_SYSTEMS",
        )],
        provenance: text("Taken from FHIR R4 resources that providers of care send."),
        sample_page: Some(text("https://www.example.nhs.uk/data/dictionary")),
    }
}

pub(crate) fn column(name: &str, data_type: &str) -> Column {
    Column {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        nullable: true,
        description: format!("What {name} means."),
        classification: None,
        made_from: Vec::new(),
    }
}

pub(crate) fn table(name: &str, kind: &str, columns: Vec<Column>) -> Table {
    Table {
        name: name.to_owned(),
        kind: kind.to_owned(),
        description: format!("The table {name}."),
        owner: Some("data-team".to_owned()),
        tags: vec!["care".to_owned()],
        columns,
        partitioned_by: Vec::new(),
        partitions: Vec::new(),
        rows: 100,
        bytes: 4096,
        persons: None,
        version: 3,
        published: timestamp("2026-11-22T09:30:00.000Z"),
        location: Some(format!("s3://lake/{kind}/{name}")),
        covers: None,
        made_from: Vec::new(),
    }
}

fn encounters() -> Table {
    let coding = r#"Struct("system": Utf8, "code": non-null Utf8)"#;
    let mut table = table(
        "encounter",
        "view",
        vec![
            column("id", "Utf8"),
            column("start", "Timestamp(µs, \"UTC\")"),
            column("cost", "Decimal128(12, 2)"),
            column("codes", &format!("List({coding})")),
            column(
                "extra",
                "Map(\"entries\": non-null Struct(\"key\": non-null Utf8, \"value\": Float64), unsorted)",
            ),
            column("born", "Date32"),
            column("alive", "Boolean"),
            column("visits", "Int32"),
            column("digest", "Binary"),
        ],
    );
    table.columns[0].classification = Some(Classification::Pseudonym);
    table.columns[6].classification = Some(Classification::Ordinary);
    table.persons = Some(42);
    table.covers = Some(Period {
        start: timestamp("2019-04-01T00:00:00Z"),
        end: Some(timestamp("2026-11-21T00:00:00Z")),
    });
    table
}

/// So many months from 2015 on, as partitions.
pub(crate) fn months(count: usize) -> Vec<Partition> {
    let month = |at: usize| Partition {
        values: vec![Some(format!("{}-{:02}", 2015 + at / 12, 1 + at % 12)), Some("ward/1".to_owned())],
        rows: 10,
        bytes: 400,
    };
    (0..count).map(month).collect()
}

fn visits() -> Table {
    let mut table =
        table("visits", "mart", vec![column("month", "Utf8"), column("place", "Utf8"), column("n", "Int64")]);
    let encounter = TableRef { database: "view".to_owned(), table: "encounter".to_owned() };
    table.columns[0].made_from = vec![ColumnRef { table: encounter.clone(), column: "start".to_owned() }];
    table.made_from = vec![encounter];
    table.partitioned_by = vec!["month".to_owned(), "place".to_owned()];
    table.partitions = months(130);
    table
}

pub(crate) fn catalogue() -> Catalogue {
    let database = |name: &str, tables: Vec<Table>| Database {
        name: name.to_owned(),
        title: format!("The {name}s"),
        description: format!("Tables of the database {name}."),
        tables,
    };
    let practitioner = table("practitioner", "view", vec![column("id", "Utf8")]);
    Catalogue {
        about: about(),
        databases: vec![database("mart", vec![visits()]), database("view", vec![encounters(), practitioner])],
    }
}

pub(crate) fn client_with(url: &str, token: Option<&str>, tries: u32) -> Client {
    // The first test of a process installs it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let variable = |name: &str| match name {
        "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("a/secret+key".to_owned()),
        "AWS_SESSION_TOKEN" => token.map(str::to_owned),
        "AWS_REGION" => Some("eu-west-2".to_owned()),
        _ => None,
    };
    let access = Access::from_environment(variable, Some(url)).unwrap();
    let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).no_proxy().build().unwrap();
    let retry = Retry { tries, first_wait_ms: 1, longest_wait_ms: 2 };
    Client::new(access, http, Arc::new(SystemClock), retry)
}

pub(crate) fn client(url: &str) -> Client {
    client_with(url, None, 3)
}
