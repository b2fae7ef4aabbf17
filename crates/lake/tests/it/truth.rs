//! Whether a lake says exactly what was sent to it, and no more.

use crate::home::{Home, lines};
use arrow::array::{Array, Int32Array, RecordBatch, StringArray};
use fhir::{
    ResourceType,
    json::{Limits, Value, parse, parse_with},
};
use futures::TryStreamExt;
use identity::{FRAGMENT_DEPTH, NhsClaim, Policy, join, split};
use keys::Zone;
use lake::refinery::Pseudonyms;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// What the newest versions of everything sent must come to.
#[derive(Default)]
struct Expected {
    raw: BTreeMap<ResourceType, Vec<String>>,
    pseudonymised: BTreeMap<ResourceType, Vec<Vec<u8>>>,
    people: BTreeMap<String, BTreeSet<String>>,
}

fn expected(home: &Home) -> Expected {
    let pseudonyms = Pseudonyms(home.created.ring.worker().unwrap().pseudonym_mac);
    let mut expected = Expected::default();
    for ((source, kind, id), versions) in &home.sent.resources {
        let newest = versions.last().unwrap();
        let split = split(Policy::builtin(), &pseudonyms, source, *kind, parse(&newest.body).unwrap());
        let pseudonym = home.pseudonym(source, kind.as_str(), id).to_string();
        let patient = split.patients.first().map(ToString::to_string).unwrap_or_default();
        let raw = split.raw.to_canonical();
        let text = String::from_utf8_lossy(&raw).into_owned();
        let at = newest.at.0 * 1000;
        let row = format!("{pseudonym}|{}|{at}|{source}|{patient}|{text}", versions.len());
        expected.raw.entry(*kind).or_default().push(row);
        expected.pseudonymised.entry(*kind).or_default().push(raw);
        if let (NhsClaim::Verified(number), "Patient") = (&split.nhs_number, kind.as_str()) {
            expected.people.entry(format!("{:?}", number.digits())).or_default().insert(pseudonym);
        }
    }
    expected
}

/// Finds raw, views and links to be exactly what was sent.
pub(crate) async fn agrees(home: &Home) {
    let expected = expected(home);
    let tables: BTreeSet<_> =
        home.control.tables().await.unwrap().into_iter().map(|table| table.table.table.name).collect();
    for (kind, mut rows) in expected.raw {
        let table = kind.as_str().to_ascii_lowercase();
        let columns = "id, version_id, cast(last_updated as bigint), source, patient, resource";
        let mut found = home.rows(&format!("select {columns} from raw.{table}")).await;
        rows.sort();
        found.sort();
        assert_eq!(found.len(), rows.len(), "rows of raw.{table}");
        assert!(found == rows, "raw.{table} holds other rows than were sent");
    }
    for view in views::builtin() {
        let mut rows = view.rows();
        let kind = ResourceType::parse(view.resource()).unwrap();
        for resource in expected.pseudonymised.get(&kind).into_iter().flatten() {
            rows.append(&parse(resource).unwrap()).unwrap();
        }
        let mut rows = lines(&[rows.finish().unwrap()]);
        let mut found = match tables.contains(view.name()) {
            true => home.rows(&format!("select * from view.{}", view.name())).await,
            false => Vec::new(),
        };
        rows.sort();
        found.sort();
        assert!(
            found == rows,
            "view.{} has {} rows, not the {} expected",
            view.name(),
            found.len(),
            rows.len()
        );
    }
    assert_eq!(people(home).await, expected.people.into_values().collect());
}

/// Which patients are one person, whatever the person is called.
pub(crate) async fn people(home: &Home) -> BTreeSet<BTreeSet<String>> {
    let tables = home.control.tables().await.unwrap();
    if tables.iter().all(|table| table.table.table.name != "person_link") {
        return BTreeSet::new();
    }
    let mut people: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in home.rows("select person, patient from person_link").await {
        let (person, patient) = row.split_once('|').unwrap();
        assert!(people.entry(person.to_owned()).or_default().insert(patient.to_owned()), "a link twice");
    }
    people.into_values().collect()
}

/// Joins every version of everything sent with its fragment, by the custodian's key. To be
/// called before anything superseded is folded away.
pub(crate) async fn joins(home: &Home) {
    let custodian = home.custodian();
    let mut fragments: HashMap<(ResourceType, String, u32), Vec<u8>> = HashMap::new();
    let mut stored = std::pin::pin!(custodian.all());
    while let Some((_, fragment)) = stored.try_next().await.unwrap() {
        fragments.insert((fragment.resource_type, fragment.id.to_string(), fragment.version), fragment.bytes);
    }
    let raw = raw_versions(home).await;
    let limits = Limits { depth: FRAGMENT_DEPTH };
    for ((source, kind, id), versions) in &home.sent.resources {
        let pseudonym = home.pseudonym(source, kind.as_str(), id).to_string();
        for (version, sent) in (1..).zip(versions) {
            let fragment = &fragments[&(*kind, pseudonym.clone(), version)];
            let fragment: Value<'_> = parse_with(fragment, limits).unwrap();
            let row = parse_with(raw[&(pseudonym.clone(), version as i32)].as_bytes(), limits).unwrap();
            assert!(join(row, fragment).unwrap().to_canonical() == sent.body, "{kind} version {version}");
        }
    }
}

/// Every row of raw as its files hold it, superseded ones included.
async fn raw_versions(home: &Home) -> HashMap<(String, i32), String> {
    let mut rows = HashMap::new();
    for batch in parquet_files(&home.zone(Zone::Raw)).await {
        let column = |name: &str| batch.column_by_name(name).cloned();
        let (Some(resources), Some(ids), Some(versions)) =
            (column("resource"), column("id"), column("version_id"))
        else {
            continue;
        };
        let text = |array: &Arc<dyn Array>, row| {
            array.as_any().downcast_ref::<StringArray>().unwrap().value(row).to_owned()
        };
        let versions = versions.as_any().downcast_ref::<Int32Array>().unwrap();
        for row in 0..batch.num_rows() {
            rows.insert((text(&ids, row), versions.value(row)), text(&resources, row));
        }
    }
    rows
}

/// The rows of every data file in a zone.
pub(crate) async fn parquet_files(store: &Arc<dyn ObjectStore>) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    for object in store.list(None).try_collect::<Vec<_>>().await.unwrap() {
        if object.location.as_ref().ends_with(".parquet") {
            let bytes = store.get(&object.location).await.unwrap().bytes().await.unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
            batches.extend(reader.map(Result::unwrap));
        }
    }
    batches
}
