//! Crawls that follow each other over a folder that changes.

use control::{Control, ExternalTable, NewJob, Queued, TableName};
use crawl::{Classifier, Crawl, OnChange, OnGone, Plan, Properties, Report};
use model::{Clock, ManualClock, Timestamp};
use std::{fs, path::Path, sync::Arc};
use tempfile::TempDir;

struct Ground {
    folder: TempDir,
    control: Control,
    clock: Arc<ManualClock>,
    plan: Plan,
    classifiers: Vec<(String, String)>,
}

/// Stands in for a keyed hash: what matters here is that it is the same for the same.
fn hash(text: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    let (mut one, mut other) = (0xcbf2_9ce4_8422_2325_u64, 0x9e37_79b9_7f4a_7c15_u64);
    for byte in text {
        one = (one ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        other = (other ^ u64::from(*byte)).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(31);
    }
    hash[..8].copy_from_slice(&one.to_le_bytes());
    hash[8..16].copy_from_slice(&other.to_le_bytes());
    hash
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("out")).unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
        let url = format!("sqlite://{}", folder.path().join("control.db").display());
        let control = Control::open(&url, clock.clone()).await.unwrap();
        control
            .put_crawler(("c", "{}"), "me", (&NewJob::by_command("crawl.c", "crawl", "c"), None))
            .await
            .unwrap();
        let plan = Plan {
            targets: vec!["out".parse().unwrap()],
            database: "found".to_owned(),
            include: Vec::new(),
            exclude: Vec::new(),
            classifiers: Vec::new(),
            on_change: OnChange::Update,
            on_gone: OnGone::Mark,
        };
        Self { folder, control, clock, plan, classifiers: Vec::new() }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join("out").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.folder.path().join("out").join(path)).unwrap();
    }

    async fn crawl(&self) -> Report {
        self.clock.advance_ms(60_000);
        let queued = Queued { cause: control::Cause::Command, actor: "me", due: None, asked: "" };
        self.control.queue_run("crawl.c", &queued).await.unwrap().unwrap();
        let claimed = self.control.claim_run(&["crawl"], "w", 60_000).await.unwrap().unwrap();
        let properties = Properties::Folder { path: self.folder.path().join("out") };
        let own = self.classifiers.iter();
        let own = own.map(|(name, text)| Classifier::read(name, text).unwrap());
        let crawl = Crawl {
            name: "c",
            plan: &self.plan,
            sources: {
                let source = properties.open("out", None).await.unwrap();
                self.plan.targets.iter().map(|_| source.clone()).collect()
            },
            classifiers: own.collect(),
            hash: &hash,
            now: self.clock.now(),
        };
        let (change, report) = crawl.run(&self.control).await.unwrap();
        self.control.keep_crawl(&claimed.lease, "c", &change, (&report.told(), "")).await.unwrap();
        report
    }

    async fn table(&self, name: &str) -> ExternalTable {
        self.control.external_table(&TableName::new("found", name)).await.unwrap().unwrap()
    }

    async fn names(&self) -> Vec<String> {
        let tables = self.control.external_tables(Some("c")).await.unwrap();
        tables.into_iter().map(|table| table.table.name).collect()
    }

    async fn parts(&self, name: &str) -> Vec<(String, i64, bool)> {
        let parts = self.control.external_partitions(&TableName::new("found", name), 100).await.unwrap();
        parts.into_iter().map(|part| (part.values.join("/"), part.objects, part.gone.is_some())).collect()
    }
}

fn columns(table: &ExternalTable) -> String {
    let columns: Vec<_> = table.columns.iter().map(|it| format!("{} {}", it.name, it.data_type)).collect();
    columns.join(", ")
}

const PATIENT: &str = "{\"resourceType\":\"Patient\",\"id\":\"1\"}\n";

#[tokio::test]
async fn only_what_is_new_or_has_changed_is_read() {
    let ground = Ground::new().await;
    ground.write("gp/2026-01-01/patient.ndjson", PATIENT);
    ground.write("gp/2026-01-02/patient.ndjson", PATIENT);
    ground.write("gp/2026-01-02/visits.csv", "id,seen\n1,2026-01-02\n");
    ground.write("gp/notes.md", "# nothing\n");
    ground.write("gp/_SUCCESS", "x");
    let first = ground.crawl().await;
    assert_eq!((first.objects.seen, first.objects.read, first.objects.new), (4, 4, 4));
    assert_eq!(first.tables.new, ["found.patient", "found.visits"]);
    assert_eq!((first.partitions.new, first.formats["unrecognised"]), (3, 1));
    let patient = ground.table("patient").await;
    assert_eq!(
        (patient.place.as_str(), patient.format.as_str(), patient.label.as_str()),
        ("out:gp/{date}", "fhir-ndjson", "Patient")
    );
    assert_eq!((patient.partitioned_by.as_slice(), patient.objects), (["date".to_owned()].as_slice(), 2));

    let second = ground.crawl().await;
    assert_eq!((second.objects.seen, second.objects.read), (4, 0));
    assert_eq!(second.tables, crawl::Tables::default());
    assert_eq!(ground.table("patient").await, patient, "nothing has changed, and nothing is written");

    ground.write("gp/2026-01-02/patient.ndjson", &PATIENT.repeat(2));
    ground.write("gp/2026-01-03/patient.ndjson", PATIENT);
    ground.remove("gp/2026-01-01/patient.ndjson");
    let third = ground.crawl().await;
    let objects = third.objects;
    assert_eq!((objects.read, objects.new, objects.changed, objects.gone), (2, 1, 1, 1));
    assert_eq!(
        third.partitions.named,
        [
            "gone found.patient (2026-01-01)",
            "changed found.patient (2026-01-02)",
            "new found.patient (2026-01-03)"
        ]
    );
    let parts = [("2026-01-01", 0, true), ("2026-01-02", 1, false), ("2026-01-03", 1, false)];
    assert_eq!(
        ground.parts("patient").await,
        parts.map(|(day, objects, gone)| (day.to_owned(), objects, gone))
    );

    ground.write("gp/2026-01-01/patient.ndjson", PATIENT);
    assert_eq!(ground.crawl().await.partitions.named, ["new found.patient (2026-01-01)"]);
}

#[tokio::test]
async fn columns_follow_what_is_found_as_far_as_the_plan_says() {
    for (on_change, after, version, taken) in [
        (OnChange::Update, "id Utf8, ward Utf8, beds Int64", 2, true),
        (OnChange::AddColumns, "id Int64, seen Date32, ward Utf8, beds Int64", 2, false),
        (OnChange::Record, "id Int64, seen Date32, ward Utf8", 1, false),
    ] {
        let mut ground = Ground::new().await;
        ground.plan.on_change = on_change;
        ground.write("visits.csv", "id,seen,ward\n1,2026-01-02,x\n");
        ground.crawl().await;
        ground.write("visits.csv", "id,ward,beds\na1,x,4\n");
        let report = ground.crawl().await;
        let [changed] = report.tables.changed.as_slice() else { panic!("{report:?}") };
        assert_eq!(changed.added, ["beds"]);
        assert_eq!(changed.removed, ["seen"]);
        assert_eq!(changed.retyped, ["id: Int64 → Utf8"]);
        assert_eq!(changed.taken, taken, "{on_change:?}");
        let table = ground.table("visits").await;
        assert_eq!((columns(&table).as_str(), table.version), (after, version), "{on_change:?}");
        let versions = ground.control.external_versions(&table.table).await.unwrap();
        assert_eq!(versions.len() as i64, version);
    }
}

#[tokio::test]
async fn what_is_gone_is_marked_removed_or_left_and_comes_back() {
    for (on_gone, there, gone) in
        [(OnGone::Mark, true, true), (OnGone::Remove, false, false), (OnGone::Ignore, true, false)]
    {
        let mut ground = Ground::new().await;
        ground.plan.on_gone = on_gone;
        ground.write("visits.csv", "id,ward\n1,x\n");
        ground.write("beds.csv", "ward,count\nx,1\n");
        ground.crawl().await;
        ground.remove("visits.csv");
        let report = ground.crawl().await;
        assert_eq!(report.tables.gone.len(), usize::from(on_gone != OnGone::Ignore), "{on_gone:?}");
        assert_eq!(ground.names().await.contains(&"visits".to_owned()), there, "{on_gone:?}");
        if there {
            assert_eq!(ground.table("visits").await.gone.is_some(), gone, "{on_gone:?}");
        }
        assert_eq!(ground.crawl().await.tables, crawl::Tables::default(), "it is told once");
        ground.write("visits.csv", "id,ward\n1,x\n");
        ground.crawl().await;
        let back = ground.table("visits").await;
        assert_eq!((back.gone, back.objects), (None, 1), "{on_gone:?}");
    }
}

#[tokio::test]
async fn a_table_is_what_lies_together_and_is_alike() {
    let ground = Ground::new().await;
    ground.write("omop/person.csv", "person_id,year_of_birth\n1,1970\n");
    ground.write("omop/visit.csv", "visit_id,start,end\n1,2026-01-02,2026-01-03\n");
    ground.write("lab/results_2026-01.csv", "id,code,value\n1,x,2\n");
    ground.write("lab/results_2026-02.csv", "id,code,value,unit\n1,x,2,g\n");
    ground.write("a/export/Patient.ndjson", PATIENT);
    ground.write("b/export/Patient.ndjson", PATIENT);
    ground.crawl().await;
    assert_eq!(ground.names().await, ["export_patient", "patient", "person", "results", "visit"]);
    let results = ground.table("results").await;
    assert_eq!(
        (results.objects, columns(&results).as_str()),
        (2, "id Int64, code Utf8, value Int64, unit Utf8")
    );
    ground.write("lab/results_2026-03.csv", "id,code,value\n1,x,2.5\n");
    let report = ground.crawl().await;
    assert_eq!(report.tables.changed[0].retyped, ["value: Int64 → Float64"]);
    assert_eq!(ground.table("results").await.objects, 3);
}

#[tokio::test]
async fn what_two_targets_share_is_met_once() {
    let mut ground = Ground::new().await;
    ground.plan.targets = vec!["out".parse().unwrap(), "out:gp".parse().unwrap()];
    ground.write("gp/patient.ndjson", PATIENT);
    let report = ground.crawl().await;
    assert_eq!((report.objects.seen, report.objects.read), (1, 1));
    assert_eq!(ground.table("patient").await.objects, 1);
    assert_eq!(ground.crawl().await.objects.read, 0);
}

#[tokio::test]
async fn own_classifiers_come_first_and_changing_them_reads_again() {
    let mut ground = Ground::new().await;
    ground.write("letters/a.txt", "W1|20260102|seen\nW2|20260103|not seen\n");
    ground.write("bundle.json", r#"{"resourceType":"Bundle","type":"document","entry":[]}"#);
    assert_eq!(ground.crawl().await.tables.new, ["found.bundle"]);
    let letter = "label = \"letter\"\npattern = '^(?<ward>\\w+)\\|(?<day>\\d{8})\\|'";
    let document = "label = \"document\"\nfhirpath = \"type = 'document'\"";
    ground.classifiers = vec![("l".to_owned(), letter.to_owned()), ("d".to_owned(), document.to_owned())];
    let report = ground.crawl().await;
    assert_eq!(report.objects.read, 2);
    assert_eq!(report.tables.new, ["found.document", "found.letter"]);
    assert_eq!(report.tables.gone, ["found.bundle"]);
    let letters = ground.table("letter").await;
    assert_eq!((letters.format.as_str(), columns(&letters).as_str()), ("custom", "ward Utf8, day Utf8"));
}

#[tokio::test]
async fn a_delta_table_is_what_its_log_says() {
    let ground = Ground::new().await;
    let metadata = |fields: &str| {
        let schema = format!("{{\"type\":\"struct\",\"fields\":[{fields}]}}");
        let action = serde_json::json!({
            "metaData": { "id": "1", "schemaString": schema, "partitionColumns": ["day"] }
        });
        format!("{{\"commitInfo\":{{}}}}\n{action}\n")
    };
    let id = r#"{"name":"id","type":"long","nullable":false}"#;
    let day = r#"{"name":"day","type":"date","nullable":true}"#;
    ground.write("visits/_delta_log/00000000000000000000.json", &metadata(&format!("{id},{day}")));
    ground.write("visits/day=2026-01-02/part-0.parquet", "PAR1 and whatever");
    let report = ground.crawl().await;
    assert_eq!(
        (report.objects.seen, report.tables.new.as_slice()),
        (1, ["found.visits".to_owned()].as_slice())
    );
    let visits = ground.table("visits").await;
    assert_eq!((visits.format.as_str(), columns(&visits).as_str()), ("delta", "id Int64, day Date32"));
    assert_eq!(visits.partitioned_by, ["day"]);
    assert_eq!(ground.crawl().await.objects.read, 0);
    ground.write(
        "visits/_delta_log/00000000000000000001.json",
        "{\"add\":{\"path\":\"day=2026-01-03/part-1.parquet\"}}\n",
    );
    assert_eq!(ground.crawl().await.objects.changed, 1);
    assert_eq!(columns(&ground.table("visits").await), "id Int64, day Date32");
}

#[tokio::test]
async fn whoever_has_lost_the_run_keeps_nothing() {
    let ground = Ground::new().await;
    ground.write("visits.csv", "id,ward\n1,x\n");
    let queued = Queued { cause: control::Cause::Command, actor: "me", due: None, asked: "" };
    ground.control.queue_run("crawl.c", &queued).await.unwrap().unwrap();
    let first = ground.control.claim_run(&["crawl"], "w1", 1_000).await.unwrap().unwrap();
    ground.clock.advance_ms(2_000);
    let job = NewJob { retries: 3, ..NewJob::by_command("crawl.c", "crawl", "c") };
    ground.control.put_job(&job, None).await.unwrap();
    let second = ground.control.claim_run(&["crawl"], "w2", 60_000).await.unwrap().unwrap();
    let change = control::CrawlChange { gone: vec![[1; 16]], ..control::CrawlChange::default() };
    assert!(ground.control.keep_crawl(&first.lease, "c", &change, ("late", "")).await.is_err());
    ground.control.keep_crawl(&second.lease, "c", &change, ("in time", "")).await.unwrap();
    let run = ground.control.run(second.run.id).await.unwrap().unwrap();
    assert_eq!(run.detail, "in time");
}

#[tokio::test]
async fn a_folder_that_went_is_an_error_and_nothing_is_marked() {
    let error = Properties::Folder { path: Path::new("/no/such/folder").to_owned() }.open("out", None).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "the connection out: there is no such folder, or it must not be read"
    );
}
